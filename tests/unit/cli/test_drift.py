"""drift and the refusal of apply: what somebody changed in Langfuse, in every format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Cli, RecordingServer
from tests.unit.git import repository

FILES = {
    "langsync.yaml": "version: 1\n",
    "prompts/p.yaml": "prompt: Hello.\n",
    "prompts/q.yaml": "prompt: Hi.\n",
}


@pytest.fixture
def touched(
    langfuse: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> RecordingServer:
    """Somebody made a version of one of two prompts, and a prompt that no file declares."""
    repo = repository(tmp_path / "repo")
    repo.commit(FILES, "Say hello")
    process.chdir(repo.folder)
    assert cli("apply", "--yes").code == 0
    edited = {"name": "p", "prompt": "Hacked.", "labels": ["production"]}
    for body in (edited, {"name": "theirs", "prompt": "x", "labels": ["production"]}):
        raw.post("/v2/prompts", json=body).raise_for_status()
    repo.commit({"prompts/newer.yaml": "prompt: New.\n"}, "Add one")
    langfuse.received.clear()
    return langfuse


def found(cli: Cli, *words: str) -> dict[str, Any]:
    """What drift finds, as JSON."""
    ended = cli("drift", "--format", "json", *words)
    assert ended.code == 2
    answer: dict[str, Any] = json.loads(ended.out)
    return answer


def test_each_change_says_who_when_and_on_which_version(touched: RecordingServer, cli: Cli) -> None:
    """What Git is ahead with is listed apart; nothing is written."""
    drift = found(cli)
    [change] = drift["changes"]
    assert (change["address"], change["origin"]) == ("prompt/p", "remote")
    [one] = change["provenance"]
    assert (one["what"], one["version"], one["by"], one["commit"]) == ("production", 2, "API", "")
    assert one["at"].startswith("20")
    assert drift["pending"] == ["prompt/newer"]
    assert not drift["unmanaged"]
    assert not touched.writes


def test_all_adds_what_no_file_declares(touched: RecordingServer, cli: Cli) -> None:
    """With names and number; without it neither."""
    everything, declared = found(cli, "--all"), found(cli)
    assert everything["unmanaged"] == {"prompt": ["theirs"]}
    assert everything["unmanaged_count"]["prompt"] == 1
    assert (declared["unmanaged"], declared["unmanaged_count"]) == ({}, {})


def test_what_was_deployed_and_is_gone_was_deleted_in_langfuse(
    touched: RecordingServer, raw: httpx.Client, cli: Cli
) -> None:
    """What was never deployed waits, as before."""
    raw.delete("/v2/prompts/q").raise_for_status()
    changes = {one["address"]: one for one in found(cli)["changes"]}
    assert changes.keys() == {"prompt/p", "prompt/q"}
    gone = changes["prompt/q"]
    assert (gone["action"], gone["origin"]) == ("create", "remote")
    assert [(one["what"], one["origin"]) for one in gone["provenance"]] == [("prompt/q", "remote")]


def test_a_label_that_was_deployed_and_is_gone_was_taken_away_in_langfuse(
    touched: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """And one that no commit before this one has waits to be deployed."""
    repo = repository(tmp_path / "other")
    prompt = "variants:\n- {prompt: A, labels: [a]}\n- {prompt: B, labels: [b]}\n"
    repo.commit({"langsync.yaml": "version: 1\n", "prompts/v.yaml": prompt})
    process.chdir(repo.folder)
    assert cli("apply", "--yes").code == 0
    raw.delete("/v2/prompts/v", params={"label": "b"}).raise_for_status()
    repo.commit({"prompts/v.yaml": f"{prompt}- {{prompt: C, labels: [c]}}\n"})
    [change] = found(cli)["changes"]
    assert {one["what"]: one["origin"] for one in change["provenance"]} == {
        "b": "remote",
        "c": "git",
    }


def test_an_item_of_one_dataset_is_not_deployed_by_one_of_another(
    langfuse: RecordingServer,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """That a commit was applied to one dataset does not make what another lacks a deletion."""
    repo = repository(tmp_path / "repo")
    datasets = ("datasets/d.yaml", "datasets/e.yaml")
    repo.commit({"langsync.yaml": "version: 1\n", **dict.fromkeys(datasets, "items: []\n")})
    process.chdir(repo.folder)
    assert cli("apply", "--yes").code == 0
    repo.commit({name: f"items: [{{id: {name[9]}1, input: 1}}]\n" for name in datasets})
    assert cli("apply", "--yes", "--target", "dataset_item/e/e1").code == 0
    ended = cli("drift", "--format", "json")
    assert (ended.code, json.loads(ended.out)["pending"]) == (0, ["dataset_item/d/d1"])


def test_text_and_markdown_say_the_same(touched: RecordingServer, cli: Cli) -> None:
    """What was changed, by whom, what is to do, what waits."""
    text, markdown = (cli("drift", *words) for words in ((), ("--format", "markdown")))
    for ended in (text, markdown):
        assert ended.code == 2
        for words in ("prompt/p", "production v2: by API on ", "in no commit", "prompt/newer"):
            assert words in ended.out
    assert "1 resource was changed in Langfuse" in text.out
    assert "-Hello." in markdown.out
    assert "+Hacked." in markdown.out


def test_the_way_out_works(touched: RecordingServer, cli: Cli) -> None:
    """Once the files are right again, nothing is found."""
    ended = cli("apply", "--yes", "--format", "json")
    assert ended.code == 3
    plan = json.loads(ended.out)
    assert {one["address"] for one in plan["changes"]} == {"prompt/newer", "prompt/p"}
    assert [one["allow"] for one in plan["refusals"]] == ["--overwrite-drift"]
    assert "langsync pull prompt/p" in ended.err
    assert not touched.writes
    refused = cli("apply", "--yes", "--format", "markdown")
    assert "prompt/p" in refused.out
    assert cli("apply", "--yes", "--overwrite-drift").code == 0
    ended = cli("drift")
    assert (ended.code, "No drift: 3 resources as deployed." in ended.out) == (0, True)


def test_a_page_can_be_had_beside_the_result(
    touched: RecordingServer, cli: Cli, tmp_path: Path
) -> None:
    """Of drift, of a plan, of one that is refused, and of what was applied; for its owner only."""
    pages = [tmp_path / "pages" / f"{name}.html" for name in ("drift", "plan", "refused", "apply")]
    ended = [
        cli(*words, "--html", str(page), "--format", "json")
        for words, page in zip(
            (["drift"], ["plan"], ["apply", "--yes"], ["apply", "--yes", "--overwrite-drift"]),
            pages,
            strict=True,
        )
    ]
    assert [one.code for one in ended] == [2, 0, 3, 0]
    assert all(json.loads(one.out)["format_version"] for one in ended)
    titles = [page.read_text().split("<title>")[1].split(":")[0] for page in pages]
    assert titles == ["langsync drift", "langsync plan", "langsync plan", "langsync apply"]
    assert "Hacked." in pages[3].read_text()
    assert {page.stat().st_mode & 0o777 for page in pages} == {0o600}
    assert [one.name for one in pages[0].parent.iterdir() if one not in pages] == []


def test_a_page_that_cannot_be_saved_is_an_error(
    touched: RecordingServer, cli: Cli, tmp_path: Path
) -> None:
    """Said after the result, which is not lost."""
    ended = cli("plan", "--html", str(tmp_path), "--format", "json")
    assert ended.code == 1
    assert f"{tmp_path} cannot be written" in ended.err
    assert json.loads(ended.out)["changes"]


def test_many_edited_items_are_folded_wherever_they_are_told(
    langfuse: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """By drift, by a plan and by the refusal of apply; as JSON each is there."""
    repo = repository(tmp_path / "repo")
    rows = "".join(json.dumps({"id": f"i{n}", "input": n}) + "\n" for n in range(30))
    repo.commit(
        {
            "langsync.yaml": "version: 1\n",
            "datasets/d.yaml": "items_from: [d.jsonl]\n",
            "datasets/d.jsonl": rows,
        },
        "Ask",
    )
    process.chdir(repo.folder)
    assert cli("apply", "--yes").code == 0
    for number in range(30):
        body = {"datasetName": "d", "id": f"i{number}", "input": "edited"}
        raw.post("/dataset-items", json=body).raise_for_status()
    ended = cli("drift")
    assert (ended.code, ended.out.count("! dataset_item/d/")) == (2, 6)
    assert cli("drift", "--full").out.count("! dataset_item/d/") == 30
    assert cli("plan").out.count("Needs --overwrite-drift: ") == 1
    ended = cli("apply", "--yes", "--format", "json")
    assert ended.code == 3
    assert len(json.loads(ended.out)["refusals"]) == 30
    [reason] = json.loads(ended.err.splitlines()[-1])["error"]["reasons"]
    assert reason.startswith("30 items of dataset/d (i0, i1, i2, …) are in no commit as Langfuse ")
    assert cli("pull", "dataset/d", "--yes").code == 0  # the way out that was told
    assert "30 items" not in cli("plan").out


def test_what_pruning_will_delete_is_nothing_that_git_has(
    touched: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """An item that no file declares is drift with ``--all``, and never waits to be deployed."""
    repo = repository(tmp_path / "other")
    text = "prune: delete\nitems: [{id: ours, input: 1}]\n"
    repo.commit({"langsync.yaml": "version: 1\n", "datasets/d.yaml": text})
    process.chdir(repo.folder)
    assert cli("apply", "--yes").code == 0
    for number in range(2):
        body = {"datasetName": "d", "id": f"theirs{number}", "input": number}
        raw.post("/dataset-items", json=body).raise_for_status()
    plan = json.loads(cli("plan", "--format", "json").out)
    assert {one["action"] for one in plan["changes"]} == {"delete"}
    ended = cli("drift", "--format", "json")
    assert (ended.code, json.loads(ended.out)["pending"]) == (0, [])


@pytest.mark.parametrize("form", ["text", "markdown", "json", "html"])
def test_warnings_are_about_what_was_done_in_langfuse(
    form: str,
    touched: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A variable that somebody took out is gone, and one that somebody put in is new."""
    repo = repository(tmp_path / "other")
    repo.commit(
        {"langsync.yaml": "version: 1\n", "prompts/v.yaml": 'prompt: "{{a}} {{b}} {{c}}"\n'}
    )
    process.chdir(repo.folder)
    assert cli("apply", "--yes").code == 0
    edited = {"name": "v", "prompt": "{{a}} {{d}}", "labels": ["production"]}
    raw.post("/v2/prompts", json=edited).raise_for_status()
    page = tmp_path / "drift.html"
    if form == "html":
        assert cli("drift", "--html", str(page)).code == 2
        data = page.read_text().split('id="data"', 1)[1].split(">", 1)[1].split("</script>", 1)[0]
        [change] = json.loads(data)["changes"]
        effects = "\n".join(change["warnings"])
    elif form == "json":
        effects = "\n".join(found(cli)["effects"]["prompt/v"])
    else:
        lines = cli("drift", "--format", form).out.replace("\\", "").splitlines()
        effects = "\n".join(line for line in lines if "variable" in line)
    for name, word in (("b", "gone"), ("c", "gone"), ("d", "new")):
        assert f"variable {{{{{name}}}}} is {word}" in effects
    assert effects.count("variable") == 3


def test_items_are_counted_by_what_was_done_to_them(
    touched: RecordingServer,
    raw: httpx.Client,
    cli: Cli,
    process: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """One that was archived in Langfuse is archived, one that was made active again is that."""
    repo = repository(tmp_path / "other")
    status = {"one": "active", "two": "active", "three": "archived"}
    items = [{"id": name, "input": name, "status": value} for name, value in status.items()]
    repo.commit({"langsync.yaml": "version: 1\n", "datasets/d.yaml": json.dumps({"items": items})})
    process.chdir(repo.folder)
    assert cli("apply", "--yes").code == 0
    for name, value in (("one", "ARCHIVED"), ("two", "ARCHIVED"), ("three", "ACTIVE")):
        body = {"datasetName": "d", "id": name, "status": value}
        raw.post("/dataset-items", json=body).raise_for_status()
    ended = cli("drift")
    assert ended.code == 2
    assert "dataset/d: 2 items archived, 1 made active again" in ended.out
