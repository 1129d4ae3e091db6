"""What somebody else changes in Langfuse during an apply is seen, and never written over."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

import langsync
from langsync.apply import Watch, apply
from langsync.client import Client
from langsync.config import Connection
from langsync.engine import rechecking
from langsync.engine.planning import compare_all
from langsync.errors import NotFoundError
from langsync.local import Fault, LocalServer
from langsync.model import Json, Outcome, Report, Request, Result
from tests.unit.calls import create, run, seen
from tests.unit.repository import Files, write

WRITES = 10
"""Writes between two checks in these tests, so that they take few."""

MANY = 3 * WRITES


@pytest.fixture(autouse=True)
def few_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a check due after few writes."""
    monkeypatch.setattr(rechecking, "WRITES", WRITES)


@dataclass
class Applying:
    """An apply beside which somebody else writes.

    Args:
        connection: The way to the server.
        repository: What is declared.
        seconds: How far the clock goes on each time it is asked.
        before: What somebody does between the plan and the first write.
        follow: Called with the client and what follows the apply.
        during: What somebody does after so many results.
    """

    connection: Connection
    repository: langsync.Repository
    seconds: float = 11.0
    before: Callable[[], None] = lambda: None
    follow: Callable[[Client, Watch], None] = lambda client, watch: None
    during: dict[int, Callable[[], None]] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    report: Report | None = None

    def run(self) -> Report:
        """Plan and apply; gives the report."""
        self.report = run(self.connection, self._work)
        self.results = {str(one.address): one for one in self.report.results}
        return self.report

    async def _work(self, client: Client) -> Report:
        workspace = self.repository.workspace
        plan, view = await compare_all(client, workspace, fresh=True)
        ticks = count(step=self.seconds)
        checks = rechecking.Recheck(
            client, workspace, view, plan.changes, clock=lambda: next(ticks)
        )
        assert await checks.movements(plan.changes) == {}
        self.before()
        done = count(1)
        watch = Watch(lambda _: self.during.get(next(done), lambda: None)())
        self.follow(client, watch)
        return await apply(client, plan, concurrency=4, watch=watch, checks=checks)

    def outcomes(self, outcome: Outcome) -> list[str]:
        """The addresses of that outcome."""
        return [name for name, one in self.results.items() if one.outcome is outcome]


@pytest.fixture
def applying(connection: Connection, folder: Path) -> Callable[[Files], Applying]:
    """Makes an apply of files to the embedded server."""

    def make(files: Files) -> Applying:
        write(folder, {"langsync.yaml": "version: 1\n", **files})
        return Applying(connection, langsync.load(folder, connection=connection))

    return make


def items(value: int, many: int = MANY) -> Files:
    listed = "".join(f"  - {{id: i{number:03}, input: {value}}}\n" for number in range(many))
    return {"datasets/d.yaml": f"items:\n{listed}"}


def prompts(text: str) -> Files:
    return {f"prompts/p{number:03}.yaml": f"prompt: {text}\n" for number in range(MANY)}


def item(name: str, value: Json, **fields: Json) -> Json:
    return {"datasetName": "d", "id": name, "input": value, **fields}


def in_turn(writes: Sequence[Callable[[], None]]) -> Callable[[], None]:
    """Several writes as one."""

    def each() -> None:
        for one in writes:
            one()

    return each


def stored(connection: Connection, path: str, **params: str | int) -> Json:
    return run(connection, lambda client: client.get(path, **params))


def send(connection: Connection, method: str, path: str, body: Json = None) -> None:
    request = Request(method, path, body)  # type: ignore[arg-type]
    run(connection, lambda client: client.send(request))


@pytest.fixture
def theirs(connection: Connection) -> Iterator[Callable[..., Callable[[], None]]]:
    """Makes a write of somebody else, from another thread, since an event loop runs already."""
    with ThreadPoolExecutor(1) as pool:

        def make(method: str, path: str, body: Json = None) -> Callable[[], None]:
            return lambda: pool.submit(send, connection, method, path, body).result()

        yield make


Theirs = Callable[..., Callable[[], None]]
Make = Callable[[Files], Applying]


@pytest.mark.parametrize("verb", ["changed", "created"])
def test_an_item_that_is_edited_during_an_apply_is_not_written_over(
    applying: Make, connection: Connection, theirs: Theirs, verb: str
) -> None:
    """Neither one that was there when it was read, nor one that was created since."""
    if verb == "changed":
        applying(items(1)).run()
    work = applying(items(2))
    work.during[WRITES + 2] = theirs("POST", "/dataset-items", item("i029", "Theirs"))
    report = work.run()
    assert work.outcomes(Outcome.STALE) == ["dataset_item/d/i029"]
    assert work.results["dataset_item/d/i029"].detail.startswith(f"was {verb} in Langfuse")
    assert len(work.outcomes(Outcome.APPLIED)) == len(report.results) - 1
    assert report.outcome == "partial"
    assert stored(connection, "/dataset-items/i029")["input"] == "Theirs"
    assert stored(connection, "/dataset-items/i028")["input"] == 2


def test_an_edit_below_a_page_of_own_writes_is_seen(
    applying: Make, theirs: Theirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are read until one shows what was there before the last check."""
    monkeypatch.setattr(rechecking, "WRITES", 150)
    applying(items(1, 200)).run()
    work = applying(items(2, 200))
    work.during[5] = theirs("POST", "/dataset-items", item("i199", "Theirs"))
    work.run()
    assert work.outcomes(Outcome.STALE) == ["dataset_item/d/i199"]


def test_an_item_that_is_deleted_during_an_apply_is_not_brought_back(
    applying: Make, connection: Connection, theirs: Theirs
) -> None:
    """The list does not show it, but it is shorter than what this apply did to it explains."""
    applying(items(1)).run()
    work = applying(items(2))
    work.during[WRITES + 2] = theirs("DELETE", "/dataset-items/i029")
    work.run()
    assert work.outcomes(Outcome.STALE) == ["dataset_item/d/i029"]
    with pytest.raises(NotFoundError):
        stored(connection, "/dataset-items/i029")


def test_a_label_that_is_moved_during_an_apply_stays_there(
    applying: Make, connection: Connection, theirs: Theirs
) -> None:
    """The list with ``fromUpdatedAt`` shows it; a draft that somebody makes counts as well."""
    applying(prompts("One")).run()
    create(connection, {"name": "p029", "prompt": "Draft", "labels": []})
    work = applying(prompts("Two"))
    move = {"newLabels": ["production"]}
    work.during[WRITES + 2] = theirs("PATCH", "/v2/prompts/p029/versions/2", move)
    work.run()
    assert work.outcomes(Outcome.STALE) == ["prompt/p029"]
    assert stored(connection, "/v2/prompts/p029")["prompt"] == "Draft"


def test_own_writes_are_not_somebody_elses(applying: Make, server: LocalServer) -> None:
    """What the apply itself creates and edits makes nothing stale, and warns of nothing."""
    for value in (1, 2):
        work = applying({**items(value), **prompts(f"Text {value}")})
        report = work.run()
        assert (report.outcome, report.warnings) == ("complete", ())
    assert any("fromUpdatedAt" in request for request in seen(server))


@pytest.mark.parametrize(("seconds", "checks"), [(11.0, 2), (0.01, 0)])
def test_a_check_is_due_after_enough_writes_and_seconds(
    applying: Make, server: LocalServer, seconds: float, checks: int
) -> None:
    """Both; before the first write there is one in any case, and afterwards one for each label."""
    work = applying(prompts("One"))
    work.seconds = seconds
    work.run()
    lists = [one for one in seen(server) if one.startswith("GET /v2/prompts?")]
    assert sum("label=" in one for one in lists) == 1
    assert sum("fromUpdatedAt" in one for one in lists) == 2 + checks


def test_a_check_that_is_interrupted_fails_nothing(applying: Make, server: LocalServer) -> None:
    """Ctrl-C while it waits for a rate limit: what is left is skipped, and was not sent."""
    work = applying(items(0))
    limit = {f"X-RateLimit-{name}": "1" for name in ("Limit", "Remaining", "Reset")}
    body = {"message": "rate limit exceeded"}
    headers = {**limit, "Retry-After": "300"}
    work.before = lambda: server.faults.add(
        Fault("GET", "/dataset-items", times=None, status=429, headers=headers, body=body)
    )

    def follow(client: Client, watch: Watch) -> None:
        def interrupt(limited: str, seconds: float) -> None:
            watch.stopping.set()
            client.stop()

        client.on_wait = interrupt

    work.follow = follow
    report = work.run()
    assert (report.outcome, report.count(Outcome.FAILED)) == ("partial", 0)
    skipped = [work.results[name] for name in work.outcomes(Outcome.SKIPPED)]
    assert {(one.detail, one.requests) for one in skipped} == {("interrupted", 0)}
    assert report.count(Outcome.APPLIED) + len(skipped) == MANY + 1


def test_a_rollback_never_deploys_a_foreign_text(
    applying: Make, connection: Connection, theirs: Theirs
) -> None:
    """Its version was deleted and made again since the check: the label does not move there."""
    applying({"prompts/p.yaml": "prompt: One\n"}).run()
    applying({"prompts/p.yaml": "prompt: Two\n"}).run()
    work = applying({"prompts/p.yaml": "prompt: One\n"})
    again = [
        theirs("DELETE", "/v2/prompts/p"),
        theirs("POST", "/v2/prompts", {"name": "p", "prompt": "Foreign", "labels": []}),
    ]
    work.before = in_turn(again)
    work.run()
    assert work.outcomes(Outcome.STALE) == ["prompt/p"]
    assert "version 1 is another one" in work.results["prompt/p"].detail
    assert work.report is not None
    assert work.report.outcome == "none"
    assert stored(connection, "/v2/prompts/p", label="latest")["labels"] == ["latest"]


def test_what_needs_what_moved_is_skipped(
    applying: Make, connection: Connection, theirs: Theirs
) -> None:
    """A prompt that refers to a rolled back one whose version is gone."""
    parent = "See @@@langfusePrompt:name=p|label=production@@@"
    applying({"prompts/p.yaml": "prompt: One\n"}).run()
    applying({"prompts/p.yaml": "prompt: Two\n"}).run()
    work = applying({"prompts/p.yaml": "prompt: One\n", "prompts/q.yaml": f"prompt: '{parent}'\n"})
    work.before = theirs("DELETE", "/v2/prompts/p?version=1")
    work.run()
    assert work.results["prompt/p"].outcome is Outcome.STALE
    assert work.results["prompt/q"].detail == "because of prompt/p"


def test_an_archived_item_is_fetched_before_it_is_written(
    applying: Make, connection: Connection, theirs: Theirs
) -> None:
    """No list has it, so that no list shows that somebody edited it."""
    applying({"datasets/d.yaml": "items: [{id: a, input: 1}]\n"}).run()
    create(connection, item("a", 1, status="ARCHIVED"), path="/dataset-items")
    work = applying({"datasets/d.yaml": "items: [{id: a, input: 2}]\n"})
    work.before = theirs("POST", "/dataset-items", item("a", "Theirs"))
    work.run()
    assert work.outcomes(Outcome.STALE) == ["dataset_item/d/a"]
    assert work.results["dataset_item/d/a"].detail == "input changed in Langfuse since it was read"


def test_where_no_versions_of_items_are_kept_each_is_fetched_before_it_is_written(
    folder: Path,
) -> None:
    """On such a server no list shows an edit; a new item costs no such request."""
    with LocalServer(knows_item_versions=False) as server:
        project = server.projects[0]
        connection = Connection(server.url, project.public_key, project.secret_key)
        for value in (1, 2):
            files = {"datasets/d.yaml": f"items: [{{id: a, input: {value}}}]\n"}
            write(folder, {"langsync.yaml": "version: 1\n", **files})
            server.requests.clear()
            report = Applying(connection, langsync.load(folder, connection=connection)).run()
            assert report.ok
            fetched = seen(server).count("GET /dataset-items/a 200")
            assert fetched == value - 1


def test_a_label_that_is_moved_after_it_was_put_is_a_warning(
    applying: Make, connection: Connection, theirs: Theirs
) -> None:
    """The apply did what it says, and somebody else changed it before it ended."""
    applying({"prompts/p.yaml": "prompt: One\n"}).run()
    files = {"prompts/p.yaml": "prompt: Two\n", "prompts/q.yaml": "prompt: One\n"}
    work = applying(files)
    move = {"newLabels": ["production"]}
    work.during[2] = theirs("PATCH", "/v2/prompts/p/versions/1", move)
    report = work.run()
    assert report.outcome == "complete"
    assert report.warnings == (
        "prompt/p: this apply put production on version 2, and somebody else moved it to version 1",
    )


def test_a_version_that_somebody_makes_in_between_is_a_warning(
    applying: Make, theirs: Theirs
) -> None:
    """What was planned as one version got the next number."""
    work = applying({"prompts/p.yaml": "prompt: One\n"})
    body = {"name": "p", "prompt": "Theirs", "labels": []}
    work.before = theirs("POST", "/v2/prompts", body)
    [warning] = work.run().warnings
    assert warning == (
        "prompt/p: what was planned as version 1 is version 2, since somebody else wrote versions "
        "of it meanwhile"
    )


def test_items_and_others_that_somebody_else_wrote_afterwards_are_warnings(
    applying: Make, connection: Connection, theirs: Theirs
) -> None:
    """An item by the first page of its dataset, a dataset and a score config by reading it."""
    files = {
        "datasets/d.yaml": "description: Ours\nitems: [{id: a, input: 1}, {id: b, input: 1}]\n",
        "score_configs/s.yaml": "data_type: numeric\ndescription: Ours\n",
    }
    work = applying(files)
    last = [
        theirs("POST", "/dataset-items", item("a", "Theirs")),
        theirs("POST", "/dataset-items", item("b", 1)),  # the same again
        theirs("POST", "/v2/datasets", {"name": "d", "description": "Theirs"}),
    ]
    work.during[4] = in_turn(last)
    report = work.run()
    assert sorted(report.warnings) == [
        "dataset/d is not as this apply wrote it: somebody else wrote it meanwhile",
        "dataset_item/d/a: somebody else changed input meanwhile",
    ]


def test_a_score_config_that_somebody_creates_at_the_same_moment_is_a_warning(
    applying: Make, theirs: Theirs
) -> None:
    """Names are not unique, and what this apply wrote is as it wrote it; known ones are none."""
    work = applying({"score_configs/s.yaml": "data_type: numeric\ndescription: Ours\n"})
    body = {"name": "s", "dataType": "NUMERIC", "description": "Ours"}
    work.during[1] = theirs("POST", "/score-configs", body)
    [warning] = work.run().warnings
    assert warning == (
        "score_config/s is not as this apply wrote it: somebody else wrote it meanwhile"
    )
    again = applying({"score_configs/s.yaml": "data_type: numeric\ndescription: New\n"}).run()
    assert (again.outcome, again.warnings) == ("complete", ())
