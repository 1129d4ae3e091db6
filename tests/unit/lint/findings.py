"""What ``langsync validate`` finds, as tests read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Cli, write

CONFIG = "version: 1\n"


@dataclass(frozen=True, order=True)
class Finding:
    """A warning: its code, its place and its words."""

    code: str
    place: str
    message: str = ""


def findings(cli: Cli, *words: str) -> list[Finding]:
    """What there is to find in the repository; nothing is wrong with it."""
    ended = cli("validate", "--format", "json", *words)
    data = json.loads(ended.out)
    assert data["errors"] == []
    assert ended.code == 0
    return [
        Finding(one["code"], f"{one['file']}:{one['line']}:{one['column']}", one["message"])
        for one in data["warnings"]
    ]


def codes(cli: Cli, *words: str) -> list[str]:
    """The codes of what there is to find."""
    return [one.code for one in findings(cli, *words)]


def places(cli: Cli, *words: str) -> list[tuple[str, str]]:
    """The codes of what there is to find, and where."""
    return [(one.code, one.place) for one in findings(cli, *words)]


def prompts(repo: Path, texts: Mapping[str, str], config: str = CONFIG) -> None:
    """Write text prompts, in quotes with escapes, so that any text can be one."""
    files = {
        f"prompts/{name}.yaml": f"prompt: {json.dumps(text)}\n" for name, text in texts.items()
    }
    write(repo, {"langsync.yaml": config, **files})
