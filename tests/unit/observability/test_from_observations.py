"""Items made of observations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langsync.cli import run
from langsync.local.sample import observations, scores
from tests.unit.observability.conftest import SAMPLE, Run

MADE = list(observations(SAMPLE))
SCORES = list(scores(SAMPLE))
COMMAND = ("dataset", "from-observations", "seen.jsonl")
LLM = ("--name", "llm", "--input", "input[1].content", "--repeat-inputs", "--limit", "1000")


def rows() -> list[dict[str, object]]:
    """What is in the file."""
    return [json.loads(line) for line in Path("seen.jsonl").read_text("utf-8").splitlines()]


def test_observations_become_items(langsync: Run) -> None:
    """With where they come from, on both servers the same."""
    langsync(*COMMAND, *LLM, "--expected-output", "output", "--metadata", '{"model": "model"}')
    made = [one for one in MADE if one.fields["name"] == "llm"]
    assert [row["source_observation_id"] for row in rows()] == [
        one.id for one in sorted(made, key=lambda one: one.start_time, reverse=True)
    ]
    by_id = {one.id: one for one in made}
    for row in rows():
        one = by_id[str(row["source_observation_id"])]
        assert row["input"] == json.loads(one.fields["input"])[1]["content"]
        assert row["expected_output"] == one.fields["output"]
        assert row["metadata"] == {"model": one.fields["model"]}
        assert row["source_trace_id"] == one.trace_id
        assert row["id"] == f"seen-{one.id}"


def test_nothing_comes_twice(langsync: Run) -> None:
    """Neither an observation, nor an input; what was there stays as it was."""
    mine = '{"id": "mine", "input": "Do you ship to Norway?"}'
    Path("seen.jsonl").write_text(mine, "utf-8")  # and no line end
    words = ("--name", "llm", "--input", "input[1].content", "--limit", "1000")
    langsync(*COMMAND, *words)
    inputs = [row["input"] for row in rows()]
    assert len(inputs) == len(set(map(str, inputs))) == 5
    assert Path("seen.jsonl").read_text("utf-8").startswith(mine + "\n")
    before = Path("seen.jsonl").read_bytes()
    found = json.loads(langsync(*COMMAND, *words, "--format", "json"))
    assert found["added"] == 0
    assert found["known"] == 4
    assert Path("seen.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    ("condition", "name", "holds"),
    [
        ("quality<0.5", "quality", lambda one: one.value < 0.5),
        ("quality>=0.5", "quality", lambda one: one.value >= 0.5),
        ("helpful=true", "helpful", lambda one: one.value == 1),
        ("helpful=1", "helpful", lambda one: one.value == 1),
        ("helpful!=1", "helpful", lambda one: one.value != 1),
        ("tone=rude", "tone", lambda one: one.string_value == "rude"),
        ("tone!=rude", "tone", lambda one: one.string_value != "rude"),
        ("helpful", "helpful", lambda one: True),
    ],
)
def test_scores_choose(langsync: Run, condition: str, name: str, holds: object) -> None:
    """An observation's own, or those of its trace."""
    langsync(*COMMAND, *LLM, "--score", condition)
    good = [one for one in SCORES if one.name == name and holds(one)]  # type: ignore[operator]
    on = {one.observation_id or one.trace_id for one in good}
    wanted = {one.id for one in MADE if one.fields["name"] == "llm" and {one.id, one.trace_id} & on}
    assert {row["source_observation_id"] for row in rows()} == wanted
    assert wanted


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("seen.csv",), "ends .jsonl"),
        (("seen.jsonl", "--input", "a["), "no JMESPath"),
        (("seen.jsonl", "--score", "tone<rude"), "only numbers"),
        (("seen.jsonl", "--since", "yesterday"), "is no time"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(
    there: Path, words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No server is there."""
    assert run(["dataset", "from-observations", *words, "--host", "http://127.0.0.1:9"]) == 1
    assert message in capsys.readouterr().err
    assert not (there / "seen.jsonl").exists()


def test_a_file_that_is_no_json_lines_is_left_alone(langsync: Run, there: Path) -> None:
    """With the line that is wrong."""
    (there / "seen.jsonl").write_text("{nonsense\n", "utf-8")
    assert "seen.jsonl:1" in langsync(*COMMAND, code=1)
    assert (there / "seen.jsonl").read_text("utf-8") == "{nonsense\n"


def test_the_items_are_planned(langsync: Run, there: Path) -> None:
    """The file is one that a dataset can name."""
    (there / "langsync.yaml").write_text("version: 1\n", "utf-8")
    (there / "datasets").mkdir()
    (there / "datasets" / "qa.yaml").write_text("items_from: [seen.jsonl]\n", "utf-8")
    langsync("dataset", "from-observations", "datasets/seen.jsonl", *LLM)
    plan = json.loads(langsync("plan", "--format", "json"))
    created = [one for one in plan["changes"] if one["address"].startswith("dataset_item/")]
    assert len(created) == sum(one.fields["name"] == "llm" for one in MADE)
