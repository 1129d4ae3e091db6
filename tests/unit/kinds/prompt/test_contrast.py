"""Two contents of a prompt, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.kinds.prompt.contrast import Side, differences
from langsync.model import Json

Message = Mapping[str, Json]


def said(role: str, content: str) -> Message:
    return {"role": role, "content": content}


HISTORY: Message = {"type": "placeholder", "name": "history"}
A, B = said("system", "A"), said("user", "B")
A2, B2 = said("system", "A2"), said("user", "B2")
OK = said("assistant", "OK")

messages = st.lists(st.sampled_from([A, A2, B, B2, OK, HISTORY]), max_size=6)


def found(before: Sequence[Message], after: Sequence[Message]) -> list[tuple[str, Json, Json]]:
    """The differences of two chats."""
    sides = (Side("v1", "chat", list(one), {}, None) for one in (before, after))
    return [(one.path, one.before, one.after) for one in differences(*sides)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([A, B], [A2, B], [("prompt[0]", A, A2)]),
        ([A, B], [A, OK, B], [("prompt[1]", None, OK)]),
        ([A, HISTORY, B], [A, B], [("prompt[1]", HISTORY, None)]),
        (
            [A, B],
            [A2, OK, B2],
            [("prompt[0]", A, A2), ("prompt[1]", None, OK), ("prompt[2]", B, B2)],
        ),
        ([B], [OK], [("prompt[0]", B, None), ("prompt[0]", None, OK)]),
        (
            [HISTORY],
            [{**HISTORY, "name": "past"}],
            [("prompt[0]", HISTORY, {**HISTORY, "name": "past"})],
        ),
        ([said("placeholder", "history")], [HISTORY], None),
    ],
)
def test_messages_are_paired_by_what_they_say_then_by_role(
    before: list[Message], after: list[Message], expected: list[tuple[str, Json, Json]] | None
) -> None:
    """One that was put in between changes no other; a placeholder is no message of any role."""
    if expected is None:
        expected = [("prompt[0]", before[0], None), ("prompt[0]", None, after[0])]
    assert found(before, after) == expected


@given(messages, messages)
def test_what_differs_leads_from_one_side_to_the_other(
    before: list[Message], after: list[Message]
) -> None:
    """Nothing differs where both are the same; else what is taken and put accounts for it."""
    assert found(before, before) == []
    left = [repr(message) for message in before]
    for _, old, new in found(before, after):
        if old is not None:
            left.remove(repr(old))
        if new is not None:
            left.append(repr(new))
    assert sorted(left) == sorted(map(repr, after))
