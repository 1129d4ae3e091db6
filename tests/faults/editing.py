"""People who change something in Langfuse while an apply runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults import invariants
from tests.faults.invariants import Run
from tests.faults.proxy import Exchange
from tests.faults.scene import STORIES, World
from tests.faults.state import Row
from tests.faults.stories import Person
from tests.faults.trial import Scene, Verdict

GREETING = "a%2Fgreeting"

MINE = "Edited by a person"
"""What a person puts in the place of what was deployed."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Something that a person does to one address.

    Args:
        address: The address.
        field: The field by which it is seen that it is still so.
        value: What it has then.
        people: What the person does.
        label: The label of the version whose field that is, of a prompt.
        leaves_no_trace: Whether nothing shows it any more once it was overwritten: what is written
            in place. It has to be seen up to the check before the first write, and may be later.
    """

    address: str
    field: str
    value: object
    people: tuple[Person, ...]
    label: str = ""
    leaves_no_trace: bool = False

    def is_kept(self, rows: list[Row]) -> bool:
        """Whether what the person did is still so."""
        shown = [row for row in rows if not self.label or self.label in row["labels"]]
        return [row[self.field] for row in shown] == [self.value]


def _version(name: str, prompt: object, *labels: str) -> Person:
    body = {"name": name, "prompt": prompt, "labels": list(labels)}
    return Person("POST", "/v2/prompts", body)


EDITS = {
    "new version": Edit(
        "prompt/tone", "prompt", MINE, (_version("tone", MINE, "production"),), "production"
    ),
    "prompt made again": Edit(
        "prompt/a/greeting",
        "prompt",
        MINE,
        (
            Person("DELETE", f"/v2/prompts/{GREETING}"),
            _version("a/greeting", "Not deployed"),
            _version("a/greeting", MINE, "production"),
        ),
        "production",
    ),
    "item": Edit(
        "dataset_item/qa/qa-1",
        "input",
        MINE,
        (Person("POST", "/dataset-items", {"datasetName": "qa", "id": "qa-1", "input": MINE}),),
        leaves_no_trace=True,
    ),
    "item to be deleted": Edit(
        "dataset_item/qa/qa-8",
        "input",
        MINE,
        (Person("POST", "/dataset-items", {"datasetName": "qa", "id": "qa-8", "input": MINE}),),
        leaves_no_trace=True,
    ),
    "dataset": Edit(
        "dataset/qa",
        "description",
        MINE,
        (Person("POST", "/v2/datasets", {"name": "qa", "description": MINE}),),
        leaves_no_trace=True,
    ),
}
"""What people do, by a name for it."""

NOT_YET = frozenset[str]()
"""Edits that are overwritten in silence today, where they come after they were read."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """An apply, and a person's edit before one of its requests.

    Args:
        story: The name of the story.
        edit: The name of the edit.
        number: The request before which it happens, from 1.
    """

    story: str
    edit: str
    number: int

    def __str__(self) -> str:
        return f"{self.edit} before request {self.number} of an apply in {self.story!r}"


def meetings(world: World) -> Iterator[Meeting]:
    """Each edit before each request of an apply; before the first only where it is not yet held."""
    for story in ("second", "back"):
        for number in range(1, world.reference(STORIES[story], "apply").requests + 1):
            for name in EDITS:
                held = name not in NOT_YET or number == 1
                if held and (story, name) != ("back", "item to be deleted"):
                    yield Meeting(story, name, number)


def attempt(world: World, meeting: Meeting) -> Verdict:
    """Let an apply and a person meet, and judge what became of the edit.

    Args:
        world: The server and the proxy.
        meeting: Which.
    """
    edit = EDITS[meeting.edit]
    scene = Scene(world, STORIES[meeting.story], "apply")

    def at_boundary(exchange: Exchange) -> None:
        if exchange.number == meeting.number:
            world.act(*edit.people)

    world.proxy.reset(before=at_boundary)
    run = scene.run(scene.start("--concurrency", "1").wait())
    problems = [*_broken(run, edit, meeting.number)]
    scene.leave()
    return Verdict(str(meeting), run, problems)


def _broken(run: Run, edit: Edit, number: int) -> Iterator[str]:
    """What is left of a person's edit, or else the apply says that it is gone."""
    for rule in (invariants.ends, invariants.says_no_traceback, invariants.spares_others):
        yield from rule(run)
    if edit.is_kept(run.after.at(edit.address)) or run.ended.code:
        return
    warned = [*(run.printed or {}).get("warnings", ())]
    if any(edit.address in text for text in warned):
        return
    if number <= _listed(run, edit) or (edit.leaves_no_trace and number > _first_write(run)):
        return
    yield f"{edit.address}: an edit was overwritten, and nothing was said"


def _listed(run: Run, edit: Edit) -> int:
    """The request by which the plan learned of what it is to delete, and showed that; else 0."""
    is_deleted = not run.reference.after.at(edit.address)
    listing = "/dataset-items?datasetName=qa&"
    lists = (one.number for one in run.exchanges if listing in one.request.target)
    return next(lists, 0) if is_deleted else 0


def _first_write(run: Run) -> int:
    return next((one.number for one in run.exchanges if one.request.is_write), 0)
