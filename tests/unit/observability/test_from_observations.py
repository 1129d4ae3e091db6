"""Items made of observations."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from langsync import observability
from langsync.cli import from_observations, run
from langsync.client import Client
from langsync.local import LocalServer
from langsync.local.sample import observations, scores
from langsync.observability.items import ScoreCondition
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
        assert str(row["id"]).startswith(f"seen-{one.id}-")


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
        (("seen.jsonl", "--score", "quality<true"), "only numbers"),
        (("seen.jsonl", "--since", "yesterday"), "is no time"),
        (("seen.jsonl", "--type", "NOPE", "--score", "s"), "there are SPAN, GENERATION"),
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


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        ("s=1", 1, True),
        ("s=1", True, True),
        ("s!=1", True, False),
        ("s>0", True, True),
        ("s=True", True, True),
        ("s=false", 0.0, True),
        ("s!=true", 2, True),
        ("s=7", "7", True),
        ("s!=7", "7", False),
        ("s=true", "true", True),
        ("s=nan", "nan", True),
        ("s=rude", 1, False),
        ("s!=rude", 1, True),
        ("s<2", "1", False),
        ("s", None, True),
        ("s=1", None, False),
    ],
)
def test_values_of_scores_are_compared_as_what_they_are(
    condition: str,
    value: object,
    holds: object,
) -> None:
    """A boolean is a number, as Langfuse has it; a text is compared as it was written."""
    assert ScoreCondition.parse(condition).test(value) is holds


def test_a_type_is_one_in_small_letters_too(langsync: Run) -> None:
    """The same as in capitals."""
    langsync(*COMMAND, "--type", "retriever", "--limit", "3")
    assert len(rows()) == 3


@pytest.mark.parametrize("more", [[], ["--since", "1h"]])
def test_a_score_that_there_is_not_is_an_error(langsync: Run, there: Path, more: list[str]) -> None:
    """Whatever the time: it is a slip of the pen."""
    assert "no score is called 'helpfull'" in langsync(
        *COMMAND, "--score", "helpfull", *more, code=1
    )
    assert not (there / "seen.jsonl").exists()


@pytest.mark.parametrize(
    "words",
    [("--name", "nobody"), ("--score", "tone=rood"), ("--score", "tone", "--from", "2200-01-01")],
)
def test_that_nothing_matches_is_told(
    langsync: Run, words: tuple[str, ...], capfd: pytest.CaptureFixture[str], server: LocalServer
) -> None:
    """It is no error: there may be some tomorrow."""
    assert json.loads(langsync(*COMMAND, *words, "--format", "json"))["added"] == 0
    run([*COMMAND, *words, "--host", server.url])
    assert "No observation matches" in capfd.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("--input", "inpt.question"),
        ("--input", '{"question": "inpt.question", "model": "model"}'),
        ("--expected-output", "output.anser"),
    ],
)
def test_an_expression_that_finds_nothing_in_any_observation_is_an_error(
    langsync: Run, there: Path, words: tuple[str, ...]
) -> None:
    """Nothing is written."""
    message = langsync(*COMMAND, "--limit", "50", *words, code=1)
    assert f"{words[0]}: " in message
    assert "finds nothing in any row" in message
    assert not (there / "seen.jsonl").exists()


@pytest.mark.parametrize("selector", ["input.question", '{"question": "input.question"}'])
def test_observations_without_an_input_make_no_items(langsync: Run, selector: str) -> None:
    """They are counted, and are not called equal."""
    words = ("--input", selector, "--limit", "1000", "--format", "json")
    found = json.loads(langsync(*COMMAND, *words))
    assert found["added"] == len(rows()) == 5
    assert found["empty"] == sum(one.parent_id is not None for one in MADE)
    assert found["equal"] == len(MADE) - found["empty"] - 5


def test_the_limit_counts_what_is_added(langsync: Run) -> None:
    """Not what is there already."""
    for there in (2, 4, 5, 5):
        langsync(*COMMAND, "--name", "llm", "--input", "input[1].content", "--limit", "2")
        assert len(rows()) == there


def test_one_observation_has_an_id_for_each_file(langsync: Run, there: Path) -> None:
    """Ids are unique in a project, and files of one name can stand in several folders."""
    (there / "langsync.yaml").write_text("version: 1\n", "utf-8")
    (there / "datasets").mkdir()
    for folder in ("a", "b"):
        (there / "datasets" / f"{folder}.yaml").write_text(f"items_from: [{folder}/*]\n", "utf-8")
        langsync("dataset", "from-observations", f"datasets/{folder}/seen.jsonl", *LLM)
    assert run(["validate"]) == 0


def test_ids_of_long_names_differ(langsync: Run, there: Path) -> None:
    """However long the name of a file is."""
    file = there / f"{'x' * 249}.jsonl"
    langsync("dataset", "from-observations", file.name, *LLM)
    ids = [json.loads(line)["id"] for line in file.read_text("utf-8").splitlines()]
    assert len(ids) == len(set(ids)) == sum(one.fields["name"] == "llm" for one in MADE)
    assert max(map(len, ids)) <= 255


def test_an_id_is_never_there_twice(langsync: Run) -> None:
    """Where somebody took out where an item comes from, its id still tells."""
    langsync(*COMMAND, *LLM)
    made = rows()
    for row in made:
        del row["source_observation_id"]
    Path("seen.jsonl").write_text("".join(json.dumps(row) + "\n" for row in made), "utf-8")
    assert json.loads(langsync(*COMMAND, *LLM, "--format", "json"))["known"] == len(made)
    assert rows() == made


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Does something between reading the file and writing it."""
    read_items = observability.read_items

    def do(something: Callable[[], object]) -> None:
        async def items(client: Client, wanted: observability.ItemSelection) -> AsyncIterator[Any]:
            async for item in read_items(client, wanted):
                yield item
            something()

        monkeypatch.setattr(observability, "read_items", items)

    return do


Meanwhile = Callable[[Callable[[], object]], None]


def test_what_others_add_meanwhile_stays(langsync: Run, there: Path, meanwhile: Meanwhile) -> None:
    """A line of a person, and those of another run, which do not come again."""
    langsync(*COMMAND, *LLM)
    others = rows()[:3]
    file = there / "seen.jsonl"
    file.write_text('{"id": "first"}\n', "utf-8")

    def add() -> None:
        with file.open("a", encoding="utf-8") as end:
            end.write("".join(json.dumps(row) + "\n" for row in others))
            end.write('{"id": "last"}')

    meanwhile(add)
    found = json.loads(langsync(*COMMAND, *LLM, "--format", "json"))
    assert rows()[:5] == [{"id": "first"}, *others, {"id": "last"}]
    assert found["known"] == 3
    assert found["added"] == len(rows()) - 5
    ids = [row["id"] for row in rows()]
    assert len(ids) == len(set(ids)) == sum(one.fields["name"] == "llm" for one in MADE) + 2


def test_two_runs_take_turns(langsync: Run, there: Path, server: LocalServer) -> None:
    """The second one sees what the first one wrote."""
    langsync(*COMMAND, *LLM)
    file = there / "seen.jsonl"
    made = file.read_bytes()
    file.unlink()
    with ThreadPoolExecutor() as pool:
        with from_observations._growing(file) as out:
            second = pool.submit(run, [*COMMAND, *LLM, "--host", server.url])
            with pytest.raises(TimeoutError):
                second.result(timeout=3)
            out.write(made)
        assert second.result() == 0
    assert file.read_bytes() == made


def test_a_file_that_is_replaced_while_it_is_written_gets_all(
    langsync: Run, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Editors put a new file in its place."""
    file, append = there / "seen.jsonl", from_observations._append
    file.write_text('{"id": "old"}\n', "utf-8")

    def replace(*words: Any) -> None:
        monkeypatch.setattr(from_observations, "_append", append)
        (there / "new").write_text('{"id": "new"}\n', "utf-8")
        (there / "new").replace(file)
        append(*words)

    monkeypatch.setattr(from_observations, "_append", replace)
    found = json.loads(langsync(*COMMAND, *LLM, "--format", "json"))
    assert rows()[0] == {"id": "new"}
    assert found["added"] == len(rows()) - 1 > 0


def test_a_full_disk_leaves_the_file_as_it_was(
    langsync: Run, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row is never there in part."""

    class Full(io.FileIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            return super().write(data[:100])

    def on_a_full_disk(_out: io.FileIO, path: Path, items: list[dict[str, Any]]) -> None:
        with Full(path, "ab") as out:
            append(out, path, items)

    file = there / "seen.jsonl"
    file.write_text('{"id": "old"}\n', "utf-8")
    append = from_observations._append
    monkeypatch.setattr(from_observations, "_append", on_a_full_disk)
    assert "seen.jsonl cannot be written" in langsync(*COMMAND, *LLM, code=1)
    assert file.read_text("utf-8") == '{"id": "old"}\n'


def test_a_link_is_followed(langsync: Run, there: Path) -> None:
    """What it leads to gets the items and keeps its mode; it may not exist yet."""
    target = there / "elsewhere" / "rows.jsonl"
    (there / "seen.jsonl").symlink_to(target)
    langsync(*COMMAND, *LLM, "--limit", "1")
    target.chmod(0o640)
    langsync(*COMMAND, *LLM, "--limit", "1")
    assert (there / "seen.jsonl").is_symlink()
    assert len(target.read_text("utf-8").splitlines()) == 2
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("last", [b"\r\n", b""])
def test_line_ends_stay(langsync: Run, there: Path, last: bytes) -> None:
    """Those that the file has, also where the last line has none."""
    before = b'\xef\xbb\xbf{"id": "a"}\r\n{"id": "b"}'
    (there / "seen.jsonl").write_bytes(before + last)
    langsync(*COMMAND, *LLM)
    found = (there / "seen.jsonl").read_bytes()
    assert found.startswith(before + b"\r\n{")
    assert found.endswith(b"}\r\n")
    assert found.count(b"\n") == found.count(b"\r\n")


def test_inputs_are_compared_as_langfuse_stores_them(langsync: Run, there: Path) -> None:
    """A text that is JSON is what it says; what cannot be compared is no reason to stop."""
    lines = [
        json.dumps({"id": "a", "input": MADE[0].fields["input"]}),
        f'{{"id": "b", "input": {"[" * 300}{"]" * 300}}}',
    ]
    (there / "seen.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    words = ("--name", "support-chat", "--limit", "1000", "--format", "json")
    assert json.loads(langsync(*COMMAND, *words))["added"] == 4
