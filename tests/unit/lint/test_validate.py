"""``langsync validate`` as a whole: files, silence, environments, formats, speed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Cli, RecordingServer, write
from tests.unit.lint.findings import codes, findings, places, prompts
from tests.work import calls

ONE = "version: 1\n"


def test_files_that_nothing_names_are_found(cli: Cli, repo: Path) -> None:
    """Texts, schemas and rows; not notes, hidden files, or what belongs to another project."""
    write(
        repo,
        {
            "langsync.yaml": ONE,
            "prompts/a.yaml": "prompt: {file: a.md}\n",
            "prompts/a.md": "a\n",
            "prompts/old.md": "b\n",
            "prompts/README.md": "c\n",
            "prompts/.draft.md": "d\n",
            "prompts/tool.py": "e\n",
            "prompts/other/langsync.yaml": ONE,
            "prompts/other/f.md": "f\n",
            "datasets/d.yaml": "items_from: ['rows/*.jsonl']\ninput_schema: {file: s.json}\n",
            "datasets/rows/1.jsonl": '{"id": "1", "input": 1}\n',
            "datasets/rows/2.csv": "id\n2\n",
            "datasets/s.json": "{}\n",
            "datasets/t.json": "{}\n",
        },
    )
    assert places(cli) == [
        ("LS502", "datasets/rows/2.csv:0:0"),
        ("LS502", "datasets/t.json:0:0"),
        ("LS502", "prompts/old.md:0:0"),
    ]


def test_a_file_that_another_environment_names_is_reached(cli: Cli, repo: Path) -> None:
    """With --env as well, where that is not known."""
    config = "version: 1\nenvironments: {one: {labels: [a]}, two: {labels: [b]}}\n"
    prompt = "prompt: x\noverrides: {two: {prompt: {file: two.md}}}\n"
    write(repo, {"langsync.yaml": config, "prompts/p.yaml": prompt, "prompts/two.md": "y\n"})
    assert codes(cli) == []
    assert codes(cli, "--env", "one") == []
    write(repo, {"prompts/three.md": "z\n"})
    assert codes(cli) == ["LS502"]


def test_a_folder_that_holds_everything_is_let_alone(cli: Cli, repo: Path) -> None:
    """Where prompts lie beside langsync.yaml, so do other files."""
    write(
        repo, {"langsync.yaml": f"{ONE}prompts: .\n", "docs/x.md": "x\n", "p.yaml": "prompt: x\n"}
    )
    assert codes(cli) == []


COMMENTED = {
    "on its line": "prompt: Hello {name}  # langsync: ignore LS103\n",
    "with others": "prompt: Hello {name}  # langsync: ignore LS401, LS1\n",
    "before it": "# langsync: ignore LS103\nprompt: Hello {name}\n",
    "where a block begins": "prompt: |  # langsync: ignore LS103\n  One\n  {name}\n",
    "at one message": "prompt:\n  # langsync: ignore LS103\n  - user: >\n      One\n      {name}\n",
}


@pytest.mark.parametrize("text", COMMENTED.values(), ids=list(COMMENTED))
def test_a_comment_silences(cli: Cli, repo: Path, text: str) -> None:
    """Beside the text, or alone above."""
    write(repo, {"langsync.yaml": ONE, "prompts/p.yaml": text})
    assert codes(cli) == []


HEARD = {
    "another rule": "prompt: Hello {name}  # langsync: ignore LS104\n",
    "no rule": "prompt: Hello {name}  # langsync: ignore\n",
    "another line": "type: text  # langsync: ignore LS103\nprompt: Hello {name}\n",
    "inside a text": "prompt: |\n  # langsync: ignore LS103\n  {name}  # langsync: ignore LS103\n",
}


@pytest.mark.parametrize("text", HEARD.values(), ids=list(HEARD))
def test_a_comment_silences_nothing_else(cli: Cli, repo: Path, text: str) -> None:
    """What stands in a text is text."""
    write(repo, {"langsync.yaml": ONE, "prompts/p.yaml": text})
    assert codes(cli) == ["LS103"]


def test_a_comment_silences_an_included_file(cli: Cli, repo: Path) -> None:
    """Where it is named, wherever that is."""
    silent = "prompt: {file: p.md}  # langsync: ignore LS106\n"
    write(repo, {"langsync.yaml": ONE, "prompts/p.md": "${vars.x}\n", "prompts/a.yaml": silent})
    assert codes(cli) == []
    write(repo, {"prompts/b.yaml": silent})
    assert codes(cli) == []


def test_a_comment_for_no_rule_is_found(cli: Cli, repo: Path) -> None:
    """It would silence nothing."""
    write(repo, {"langsync.yaml": ONE, "prompts/p.yaml": "prompt: x  # langsync: ignore LS999\n"})
    [found] = findings(cli)
    assert (found.code, found.place) == ("LS001", "prompts/p.yaml:1:0")


def test_the_config_silences(cli: Cli, repo: Path) -> None:
    """A rule, all that begin so, or in some files."""
    texts = {"a/p": "Hello {name} ", "b/p": "Hello {name} "}
    prompts(repo, texts)
    assert codes(cli) == ["LS402", "LS103"] * 2
    prompts(repo, texts, f"{ONE}lint: {{ignore: [LS103]}}\n")
    assert codes(cli) == ["LS402"] * 2
    prompts(repo, texts, f"{ONE}lint: {{ignore: [LS4], files: {{'prompts/a/*': [LS1]}}}}\n")
    assert places(cli) == [("LS103", "prompts/b/p.yaml:1:16")]


def test_the_config_names_rules_that_exist(cli: Cli, repo: Path) -> None:
    """With the place of what is none."""
    write(repo, {"langsync.yaml": f"{ONE}lint:\n  ignore: [LS101, LS9, X]\n  files: {{a: [L]}}\n"})
    ended = cli("validate")
    assert ended.code == 1
    assert [line.split(" error: ")[0] for line in ended.err.splitlines()[:-1]] == [
        "langsync.yaml:3:19:",
        "langsync.yaml:3:24:",
        "langsync.yaml:4:15:",
    ]


def test_what_is_silenced_is_silent_in_a_plan(
    cli: Cli, repo: Path, langfuse: RecordingServer
) -> None:
    """One place to say it."""
    config = "version: 1\nenvironments: {one: {labels: [one]}}\n"
    prompt = "prompt: x\nlabels: [one, two]"
    write(repo, {"langsync.yaml": config, "prompts/p.yaml": f"{prompt}\n"})
    assert len(json.loads(cli("plan", "--format", "json").out)["warnings"]) == 1
    write(repo, {"prompts/p.yaml": f"{prompt}  # langsync: ignore LS304\n"})
    assert json.loads(cli("plan", "--format", "json").out)["warnings"] == []
    write(
        repo,
        {"prompts/p.yaml": f"{prompt}\n", "langsync.yaml": f"{config}lint: {{ignore: [LS3]}}\n"},
    )
    assert json.loads(cli("plan", "--format", "json").out)["warnings"] == []


TWO = """\
version: 1
environments:
  staging: {labels: [staging], vars: {company: Acme}}
  production: {labels: [production]}
"""


@pytest.mark.parametrize("default", ["", "default_environment: staging\n"])
def test_every_environment_is_checked(
    cli: Cli, repo: Path, process: pytest.MonkeyPatch, default: str
) -> None:
    """Unless one is named; a problem of several is told once."""
    prompt = "template: true\nprompt: At ${vars.company}\n"
    write(repo, {"langsync.yaml": TWO + default, "prompts/p.yaml": prompt})
    ended = cli("validate")
    assert ended.code == 1
    assert ended.err.count("has no value 'company'") == 1
    assert cli("validate", "--env", "staging").out == "Valid: 1 prompt.\n"
    process.setenv("LANGSYNC_ENV", "staging")
    assert cli("validate").code == 0
    assert cli("validate", "--env", "production").code == 1


def test_environments_that_are_right_are_counted(cli: Cli, repo: Path) -> None:
    """Each resource once."""
    files = {"prompts/p.yaml": "prompt: x\n", "datasets/d.yaml": "items: [{id: a, input: 1}]\n"}
    write(repo, {"langsync.yaml": TWO, **files})
    assert cli("validate").out == "Valid in 2 environments: 1 dataset, 1 dataset item, 1 prompt.\n"
    assert json.loads(cli("validate", "--format", "json").out)["resources"] == 3
    assert cli("validate", "--target", "prompt/*").out == "Valid in 2 environments: 1 prompt.\n"


def test_strict_ends_with_1_where_there_is_a_warning(cli: Cli, repo: Path) -> None:
    """For hooks and jobs."""
    prompts(repo, {"p": "Hello {name}"})
    assert cli("validate").code == 0
    assert cli("validate", "--strict").code == 1
    prompts(repo, {"p": "Hello {{name}}"})
    assert cli("validate", "--strict").code == 0


def test_annotations_name_files_from_the_top_of_the_repository(
    cli: Cli, repo: Path, process: pytest.MonkeyPatch
) -> None:
    """As GitHub does; nothing in a message or a name is a command."""
    (repo / ".git").mkdir()
    write(repo, {"app/langsync.yaml": ONE, "app/prompts/a,b: c.yaml": "prompt: Hello {name}\n"})
    process.chdir(repo / "app")
    assert cli("validate", "--format", "github").out == (
        "::warning file=app/prompts/a%2Cb%3A c.yaml,line=1,col=15,title=langsync LS103::"
        "{name}: plain text to Langfuse: write {{name}} for a variable\n"
    )
    write(repo, {"app/prompts/a,b: c.yaml": "prompt: x\ntags: ['a\\n::error::%b']\nb%0A::c: 1\n"})
    ended = cli("validate", "--format", "github")
    assert ended.code == 1
    assert ended.out.startswith("::error file=app/prompts/a%2Cb%3A c.yaml,line=3,col=1,title=")
    assert "'b%250A::c'" in ended.out
    assert ended.out.count("\n") == 1


def test_the_rules_are_less_work_than_reading(cli: Cli, repo: Path) -> None:
    """Counted for each further prompt, so that it holds for any number of them."""
    body = "\n".join(
        f"  The customer {{{{name}}}} asks for {n} of {{{{thing}}}}." for n in range(20)
    )
    write(repo, {"langsync.yaml": ONE})
    with_rules, without = [], []
    for count in (50, 250):
        write(repo, {f"prompts/{n}.yaml": f"prompt: |\n{body}\n" for n in range(count)})
        for words in (("validate",), ("render", "0")):
            assert cli(*words).code == 0  # what is loaded and remembered once is not counted
        with_rules.append(calls(lambda: cli("validate")))
        without.append(calls(lambda: cli("render", "0")))
    assert 0 < with_rules[1] - with_rules[0] < 2 * (without[1] - without[0])
