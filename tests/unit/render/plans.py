"""Plans and reports to render."""

from __future__ import annotations

from rich.console import Console, RenderableType

from langsync.diff import differences
from langsync.model import (
    Action,
    Address,
    Change,
    Json,
    LabelMove,
    Outcome,
    Permission,
    Plan,
    Project,
    Refusal,
    Report,
    Request,
    Result,
)

PROJECT = Project("p1", "my-app", "https://langfuse.example")
ITEM = Address("dataset_item", "d/i")
REQUEST = Request("POST", "/v2/prompts", {})


def change(
    name: str = "prompt/a",
    before: dict[str, Json] | None = None,
    after: dict[str, Json] | None = None,
    *details: str,
    action: Action = Action.UPDATE,
    moves: tuple[LabelMove, ...] = (),
) -> Change:
    """A change with one request, its differences as `diff` finds them."""
    found = differences(before, after)
    return Change(
        Address.parse(name),
        action,
        before,
        after,
        found,
        moves=moves,
        details=details,
        requests=(REQUEST,),
    )


CREATED = change(
    "prompt/greeting",
    None,
    {"type": "text", "prompt": "Hello\nthere", "config": {}, "labels": {"production": 1}},
    action=Action.CREATE,
    moves=(LabelMove("production", None, 1, creates_version=True),),
)
UPDATED = change(
    "prompt/support",
    {"prompt": "one\ntwo\nthree", "config": {"temperature": 0.2}, "labels": {"production": 1}},
    {"prompt": "one\n2\nthree", "config": {"temperature": 0.5}, "labels": {"production": 2}},
    moves=(LabelMove("production", 1, 2, creates_version=True),),
)
REPLACED = change(
    "prompt/kind",
    {"type": "text", "prompt": "x"},
    {"type": "chat", "prompt": [{"role": "user", "content": "x"}]},
    "type text → chat: Langfuse cannot change a prompt's type",
    action=Action.REPLACE,
)
PLAN = Plan(
    PROJECT,
    "staging",
    (CREATED, UPDATED, REPLACED),
    {"prompt": ("old", "older")},
    {"prompt": 2, "dataset": 1},
    unchanged=3,
    warnings=("this server is old",),
    refusals=(
        Refusal("it deletes all versions", Permission.ALLOW_REPLACE, Address("prompt", "kind")),
    ),
)
EMPTY = Plan(PROJECT, unchanged=4)
REPORT = Report(
    PROJECT,
    "staging",
    (
        Result(Address("prompt", "a"), Action.CREATE, Outcome.APPLIED),
        Result(Address("dataset", "d"), Action.UPDATE, Outcome.FAILED, "too large | <b>"),
        Result(
            Address("dataset_item", "d/i"), Action.CREATE, Outcome.SKIPPED, "because of dataset/d"
        ),
    ),
)


def shown(result: RenderableType) -> str:
    """A result as a terminal shows it, without styles."""
    console = Console(width=100, color_system=None, force_terminal=False, soft_wrap=True)
    with console.capture() as capture:
        console.print(result)
    return capture.get()
