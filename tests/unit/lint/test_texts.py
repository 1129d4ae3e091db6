"""Characters, spaces and references of texts that are probably not meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Cli, write
from tests.unit.lint.findings import codes, findings, places, prompts

RIGHT = {
    "a line break of Markdown": "line one  \nline two  \nend {{x}}",
    "Arabic": "شكرا \u200f جدا \u2067abc\u2069 \u202babc\u202c",
    "a family": "👨\u200d👩\u200d👧",
    "a flag": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "Persian": "\u0645\u06cc\u200c\u062e\u0648",
    "Thai": "ภาษา\u200bไทย",
    "tabs": "a\tb\n\tc\r\nd",
    "accents": "e\u0301 ñ ß \u00a0 “quoted” …",
}
WRONG = {
    "one \ntwo": ["LS402"],
    "one\t\ntwo \n \nthree": ["LS402"],
    "Answer: ": ["LS402"],
    "Answer:  ": ["LS402"],
    "a\x07b": ["LS404"],
    "a\x1b[31mb\x9b": ["LS404"],
    "pass\u200bword": ["LS404"],
    "a \ufeff b": ["LS404"],
    "hi\U000e0068\U000e0069": ["LS404"],
    "access \u202etxt.exe": ["LS403"],
    "if \u2066 x \u2069": ["LS403"],
    "שלום \u202eabc": ["LS403"],
    "": ["LS401"],
    " \n ": ["LS401"],
}


def test_what_is_meant_is_let_alone(cli: Cli, repo: Path) -> None:
    """Languages need characters that English does not."""
    prompts(repo, RIGHT)
    assert findings(cli) == []


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=[ascii(text) for text in WRONG])
def test_what_is_not_meant_is_found(cli: Cli, repo: Path, text: str, expected: list[str]) -> None:
    """Once for a text."""
    prompts(repo, {"p": text})
    assert codes(cli) == expected


def test_a_character_is_named_and_not_printed(cli: Cli, repo: Path) -> None:
    """With how many more there are."""
    prompts(repo, {"p": "a \u202e b \u202d"})
    [found] = findings(cli)
    assert found.message.startswith("U+202E, right-to-left override: ")
    assert found.message.endswith("(and 1 more)")
    assert "\u202e" not in cli("validate", "--format", "json").out


def test_messages_are_looked_at_one_by_one(cli: Cli, repo: Path) -> None:
    """Each at its place."""
    messages = "prompt:\n  - system: ''\n  - user: |\n      one\n      two \n      three\n"
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": messages})
    assert places(cli) == [("LS401", "prompts/p.yaml:2:13"), ("LS402", "prompts/p.yaml:5:7")]


def test_spaces_outside_of_texts_are_found_apart(cli: Cli, repo: Path) -> None:
    """They change nothing."""
    text = "type: text \n\nconfig: {}  # one \n \nprompt: >\n  Hello  \n  you \n"
    write(repo, {"langsync.yaml": "version: 1 \n", "prompts/p.yaml": text})
    found = findings(cli)
    assert [(one.code, one.place) for one in found] == [
        ("LS405", "langsync.yaml:1:0"),
        ("LS405", "prompts/p.yaml:1:0"),
        ("LS402", "prompts/p.yaml:5:9"),  # folded: no line of the file is one of the text
    ]
    assert found[1].message == "this line ends in spaces (and 2 more): --fix removes them"


def test_a_pinned_version_is_found(cli: Cli, repo: Path) -> None:
    """A label is what to refer to."""
    tag = "@@@langfusePrompt:name=b|version=3@@@"
    prompts(
        repo, {"a": f"x {tag}", "b": "y @@@langfusePrompt:name=c|label=production@@@", "c": "z"}
    )
    [found] = findings(cli)
    assert (found.code, found.place) == ("LS301", "prompts/a.yaml:1:12")
    assert found.message.startswith("the reference to b is pinned to version 3: ")


def test_the_warnings_of_the_loader_have_codes(cli: Cli, repo: Path) -> None:
    """Each is a rule like any other."""
    write(
        repo,
        {
            "langsync.yaml": "version: 1\ndatasets: data\nprompts: prompts\n"
            "environments: {one: {labels: [one]}}\n",
            "prompts/a.yaml": "prompt: ${vars.x} @@@langfusePrompt:name=z|label=one@@@\n"
            "labels: [one, two]\n",
            "prompts/b.yaml": "prompt: '@@@langfusePrompt:b@@@'\n",
            "prompts/c.yaml": "# nothing\n",
        },
    )
    assert codes(cli) == ["LS503", "LS106", "LS302", "LS304", "LS303", "LS501"]
    write(repo, {"data/d.yaml": "items: [{input: 'true'}]\n"})
    assert {"LS601", "LS602"} < set(codes(cli))
