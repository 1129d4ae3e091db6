"""``--fix`` changes no value; ``--fix-texts`` changes texts, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langsync.formats import yaml
from langsync.lint.layout import layout_lines, without
from tests.conftest import Cli, write
from tests.unit.lint.findings import codes

LAYOUT = "type: text \n\t\nconfig: {}  # one \nprompt: |\n  Hello \n  {{ name }}\n \n# end \n"
MENDED = "type: text\n\nconfig: {}  # one\nprompt: |\n  Hello \n  {{ name }}\n\n# end\n"
TEXTS = "type: text\n\nconfig: {}  # one\nprompt: |\n  Hello\n  {{name}}\n\n# end\n"


def test_fix_changes_layout_alone(cli: Cli, repo: Path) -> None:
    """What is in a text is data."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": LAYOUT})
    ended = cli("validate", "--fix")
    assert (repo / "prompts/p.yaml").read_text() == MENDED
    assert "Fixed prompts/p.yaml" in ended.err
    assert codes(cli) == ["LS402", "LS102"]
    assert "Fixed" not in cli("validate", "--fix").err


def test_nothing_is_written_unasked(cli: Cli, repo: Path) -> None:
    """Not even where it would do no harm."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": LAYOUT})
    cli("validate")
    assert (repo / "prompts/p.yaml").read_text() == LAYOUT


def test_fix_texts_changes_texts_as_well(cli: Cli, repo: Path) -> None:
    """Where that was asked for by name."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": MENDED})
    cli("validate", "--fix-texts")
    assert (repo / "prompts/p.yaml").read_text() == TEXTS
    assert codes(cli) == []


def test_fix_texts_mends_included_files(cli: Cli, repo: Path) -> None:
    """Line ends, a byte order mark and a missing final newline stay."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": "prompt: {file: p.md}\n"})
    write(repo, {"prompts/p.md": b"\xef\xbb\xbfone \r\ntwo  \r\n{{ x }} and {{y}}\t"})
    cli("validate", "--fix-texts")
    assert (repo / "prompts/p.md").read_bytes() == b"\xef\xbb\xbfone\r\ntwo  \r\n{{x}} and {{y}}"


LEFT = {
    "silenced": "prompt: |  # langsync: ignore LS4\n  one \n  two\n",
    "an anchor": "config: {a: &a 'x {{ y }}'}\nprompt: *a\n",
    "escapes": 'prompt: "one \\n two"\n',
}


@pytest.mark.parametrize("text", LEFT.values(), ids=list(LEFT))
def test_what_cannot_be_mended_is_left(cli: Cli, repo: Path, text: str) -> None:
    """Or must not be."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": text})
    assert cli("validate", "--fix", "--fix-texts").code == 0
    assert (repo / "prompts/p.yaml").read_text() == text


def test_a_config_that_looks_like_a_text_is_left(cli: Cli, repo: Path) -> None:
    """Only the texts of prompts are mended."""
    text = "config: {a: '{{ x }}'}\nprompt: |\n  {{ x }}\n"
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": text})
    cli("validate", "--fix-texts")
    mended = "config: {a: '{{ x }}'}\nprompt: |\n  {{x}}\n"
    assert (repo / "prompts/p.yaml").read_text() == mended


FORMS = {
    "a block": ("prompt: |\n  a {{ x }} \n  \n    b \n", "prompt: |\n  a {{x}}\n\n    b\n"),
    "code": ("prompt: |\n  {{ x }}\n  ```\n  {{ y }}\n  ```\n", None),
    "quotes": ("prompt: 'Hello {{ x }} '  # x\n", "prompt: 'Hello {{x}}'  # x\n"),
    "plain": ("prompt: Hello {{ x }}\n", "prompt: Hello {{x}}\n"),
    "a message": ("prompt:\n- user: |-\n    a \n    b\n", "prompt:\n- user: |-\n    a\n    b\n"),
    "an override": (
        "prompt: x\noverrides: {one: {prompt: 'y '}}\n",
        "prompt: x\noverrides: {one: {prompt: 'y'}}\n",
    ),
    "folded": ("prompt: >\n  a\n  b {{ x }}\n", "prompt: >\n  a\n  b {{ x }}\n"),
}


@pytest.mark.parametrize(("before", "after"), FORMS.values(), ids=list(FORMS))
def test_a_text_is_mended_however_it_is_written(
    cli: Cli, repo: Path, before: str, after: str | None
) -> None:
    """Or left as it is; code is no variable."""
    config = "version: 1\nenvironments: {one: {labels: [one]}}\n"
    write(repo, {"langsync.yaml": config, "prompts/p.yaml": before})
    cli("validate", "--fix-texts")
    expected = after or before.replace("{{ x }}", "{{x}}")
    assert (repo / "prompts/p.yaml").read_text() == expected


def test_a_link_stays_a_link(cli: Cli, repo: Path) -> None:
    """What it leads to is mended."""
    write(repo, {"langsync.yaml": "version: 1\n", "texts/p.md": "one \ntwo\n"})
    write(repo, {"prompts/p.yaml": "prompt: {file: p.md}\n"})
    (repo / "prompts/p.md").symlink_to("../texts/p.md")
    cli("validate", "--fix-texts")
    assert (repo / "prompts/p.md").is_symlink()
    assert (repo / "texts/p.md").read_text() == "one\ntwo\n"


LINES = st.sampled_from(
    [
        "a: 1",
        "b: x ",
        "c: |",
        "  t ",
        "  u",
        "",
        " ",
        "d: >-",
        "e: 'q ",
        "  r '",
        "# c ",
        "f: [1, ",
        "]",
    ]
)


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(st.lists(LINES, max_size=12).map("\n".join))
def test_no_value_changes(text: str) -> None:
    """Whatever a file holds."""
    try:
        before = yaml.read(text, "f")
    except Exception:  # noqa: BLE001 - no YAML
        assert layout_lines(text) == []
        return
    assert yaml.read(without(text, layout_lines(text)), "f") == before
