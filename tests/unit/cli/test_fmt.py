"""``langsync fmt`` and ``langsync schema``."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import jsonschema_rs
import pytest

from langsync.cli.demo import examples
from langsync.formats import yaml
from tests.conftest import Cli, write
from tests.hostile import TEXTS
from tests.unit.pull.remote import put_dataset, put_prompt, tree

CONFIG = "version: 1\n"


def test_files_are_laid_out_in_place(repo: Path, cli: Cli) -> None:
    """Only what langsync reads; a second run changes nothing."""
    write(
        repo,
        {
            "langsync.yaml": "settings: {}\nversion:   1\n",
            "prompts/a.yaml": "prompt: 'Hi'\r\nname:  a\r\n",
            "prompts/b.yaml": "prompt: Hi\n",
            "other/c.yaml": "b:   1\n",
            "datasets/d.yaml": "items:\n- {id: x,   input: 1}\n",
        },
    )
    (repo / "prompts" / "a.yaml").chmod(0o640)
    write(repo, {"langsync.yaml": CONFIG})
    ended = cli("fmt")
    assert (ended.code, sorted(ended.out.splitlines())) == (
        0,
        ["changed  datasets/d.yaml", "changed  prompts/a.yaml"],
    )
    assert tree(repo) == {
        "langsync.yaml": CONFIG,
        "prompts/a.yaml": "name: a\r\nprompt: Hi\r\n",
        "prompts/b.yaml": "prompt: Hi\n",
        "other/c.yaml": "b:   1\n",
        "datasets/d.yaml": "items:\n  - {id: x, input: 1}\n",
    }
    assert (repo / "prompts" / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert cli("fmt", "--check").code == 0


def test_check_and_diff_write_nothing(repo: Path, cli: Cli) -> None:
    """The one with exit 2, the other with the lines."""
    write(repo, {"langsync.yaml": CONFIG, "prompts/a.yaml": "prompt:   Hi\n"})
    before = tree(repo)
    checked, shown = cli("fmt", "--check"), cli("fmt", "--diff")
    assert (checked.code, checked.out) == (2, "would change  prompts/a.yaml\n")
    assert shown.code == 0
    assert "-prompt:   Hi\n+prompt: Hi\n" in shown.out
    assert tree(repo) == before


def test_only_what_is_named_is_laid_out(repo: Path, cli: Cli) -> None:
    """In several repositories at once; files of none are left out."""
    for name in ("one", "two"):
        write(repo, {f"{name}/langsync.yaml": CONFIG, f"{name}/prompts/a.yaml": "prompt:  a\n"})
    write(repo, {"one/prompts/b.yaml": "prompt:  b\n", "else.yaml": "a:   1\n"})
    ended = cli("fmt", "one/prompts/a.yaml", "two", "else.yaml")
    assert ended.out.splitlines() == ["changed  one/prompts/a.yaml", "changed  two/prompts/a.yaml"]
    assert (repo / "one/prompts/b.yaml").read_text() == "prompt:  b\n"


def test_no_yaml_is_an_error_and_nothing_is_written(repo: Path, cli: Cli) -> None:
    """With its place."""
    files = {"prompts/a.yaml": "prompt:  a\n", "prompts/b.yaml": "prompt: [a\n"}
    write(repo, {"langsync.yaml": CONFIG, **files})
    ended = cli("fmt")
    assert ended.code == 1
    assert "prompts/b.yaml:" in ended.err
    assert (repo / "prompts/a.yaml").read_text() == files["prompts/a.yaml"]


def test_what_pull_writes_is_laid_out_already(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Whatever the texts are."""
    for number, text in enumerate(TEXTS):
        put_prompt(raw, f"text/{number}", text, tags=["b", "a"], config={"t": [text, 1]})
        put_prompt(raw, f"chat/{number}", [{"role": "system", "content": text}])
        put_dataset(raw, f"d{number}", {"id": f"i{number}", "input": {"q": text}})
    write(repo, {"langsync.yaml": CONFIG})
    assert cli("pull", "--yes").code == 0
    ended = cli("fmt", "--check")
    assert (ended.code, ended.out) == (0, "")
    assert "left as it is" not in ended.err


@pytest.mark.parametrize("kind", ["langsync", "prompt", "dataset", "score_config"])
def test_a_schema_is_printed(cli: Cli, repo: Path, kind: str) -> None:
    """One that takes the examples, with a description for each key."""
    schema = json.loads(cli("schema", kind).out)
    validator = jsonschema_rs.validator_for(schema)
    where = "langsync.yaml" if kind == "langsync" else f"{kind}s/**/*.yaml"
    found = [value for file in examples().glob(where) for value in yaml.read(file.read_text(), "")]
    assert found
    assert all(validator.is_valid(value) for value in found)
    assert all("description" in one for one in schema["properties"].values() if "$ref" not in one)
    assert cli("schema", kind, "--out", str(repo)).code == 0
    assert json.loads((repo / f"{kind}.json").read_text()) == schema
    assert json.loads(cli("schema").out)[kind] == schema


def test_a_schema_that_does_not_exist(cli: Cli) -> None:
    """The error lists those that do."""
    ended = cli("schema", "prompts")
    assert ended.code == 1
    assert "langsync, dataset, prompt, score_config" in ended.err
