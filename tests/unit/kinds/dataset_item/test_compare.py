"""How an item is made right: one upsert, with every field that has to be said."""

from __future__ import annotations

import pytest

from langsync.kinds.base import Proposal, View
from langsync.kinds.dataset_item import KIND
from langsync.kinds.dataset_item.spec import ItemSpec
from langsync.kinds.dataset_item.state import ItemState
from langsync.kinds.dataset_item.values import item_address
from langsync.model import Action, Address, Json, Request, Resource, State


def declared(**fields: Json) -> Resource[ItemSpec]:
    """A declared item."""
    needs = (Address("dataset", "d"),)
    return Resource(item_address("d", "i"), ItemSpec(**fields, id="i"), needs=needs)


def fetched(dataset: str = "d", **fields: Json) -> Resource[ItemState]:
    """A fetched item."""
    return Resource(item_address("d", "i"), ItemState("i", dataset, **fields))


def propose(want: Resource[ItemSpec], there: Resource[ItemState] | None) -> Proposal | None:
    return KIND.compare(want, there, View(State([want]), State()))


def body(proposal: Proposal | None) -> Json:
    """The body of the one upsert, without what is always the same."""
    assert proposal is not None
    (request,) = proposal.requests
    expected = Request("POST", "/dataset-items", request.body, repeatable=False)
    assert (request, proposal.closing) == (expected, ())
    fields = dict(request.body)
    assert (fields.pop("datasetName"), fields.pop("id")) == ("d", "i")
    return fields


@pytest.mark.parametrize(
    ("want", "sent"),
    [
        ({"input": {"q": 1}}, {"input": {"q": 1}, "status": "ACTIVE"}),
        ({}, {"input": "", "status": "ACTIVE"}),
        ({"input": False, "expected_output": 0}, {"input": False, "expectedOutput": 0,
                                                  "status": "ACTIVE"}),
        (
            {"input": "a", "metadata": [], "status": "archived", "source_trace_id": "t"},
            {"input": "a", "metadata": [], "status": "ARCHIVED", "sourceTraceId": "t"},
        ),
    ],
)  # fmt: skip
def test_an_item_that_is_not_there_is_created(want: dict[str, Json], sent: dict[str, Json]) -> None:
    """An input must not be null, but an empty text is stored as that."""
    proposal = propose(declared(**want), None)
    assert body(proposal) == sent
    assert proposal is not None
    assert (proposal.action, proposal.before) == (Action.CREATE, None)


@pytest.mark.parametrize(
    ("want", "there"),
    [
        ({"input": {"a": 1, "b": 2}}, {"input": {"b": 2, "a": 1}}),
        ({"input": "x"}, {"input": "x", "source_trace_id": "t", "source_observation_id": "o"}),
        ({"status": "archived"}, {"status": "archived"}),
    ],
)
def test_nothing_is_sent_where_nothing_differs(
    want: dict[str, Json], there: dict[str, Json]
) -> None:
    """The order of keys, and what is not managed, do not count."""
    assert propose(declared(**want), fetched(**there)) is None


@pytest.mark.parametrize(
    ("want", "there", "sent"),
    [
        ({"input": 1}, {"input": 2}, {"input": 1, "status": "ACTIVE"}),
        ({"input": 1}, {"input": True}, {"input": 1, "status": "ACTIVE"}),
        ({"input": "5x"}, {"input": 5}, {"input": "5x", "status": "ACTIVE"}),
        ({"input": 1}, {"input": 1, "metadata": 2}, {"input": 1, "metadata": "",
                                                     "status": "ACTIVE"}),
        ({}, {"input": 1, "expected_output": 2}, {"input": "", "expectedOutput": "",
                                                  "status": "ACTIVE"}),
        ({"input": 1}, {"input": 1, "status": "archived"}, {"input": 1, "status": "ACTIVE"}),
        ({"input": 1, "source_trace_id": "b"}, {"input": 1, "source_trace_id": "a"},
         {"input": 1, "sourceTraceId": "b", "status": "ACTIVE"}),
    ],
)  # fmt: skip
def test_an_item_that_differs_is_sent_whole(
    want: dict[str, Json], there: dict[str, Json], sent: dict[str, Json]
) -> None:
    """What is null now is cleared by an empty text: left out, it would stay (item-upsert-merge)."""
    proposal = propose(declared(**want), fetched(**there))
    assert body(proposal) == sent
    assert proposal is not None
    assert proposal.action is Action.UPDATE


@pytest.mark.parametrize(
    ("before", "after", "action"),
    [
        ("active", "archived", Action.ARCHIVE),
        ("archived", "active", Action.UPDATE),
        ("archived", "archived", Action.UPDATE),
        ("active", "active", Action.UPDATE),
    ],
)
def test_archiving_is_an_action_of_its_own(before: str, after: str, action: Action) -> None:
    """Also with another change; an archived item that changes is updated."""
    want = declared(input=1, status=after)
    proposal = propose(want, fetched(input=2, status=before))
    assert proposal is not None
    assert proposal.action is action


def test_an_id_of_another_dataset_in_langfuse_is_a_violation() -> None:
    """Ids are unique in the whole project (recorded: item-ids 4)."""
    (violation,) = KIND.verify(View(State([declared()]), State([fetched("other")])))
    assert violation.resource == declared()
    assert violation.message.startswith("id 'i' belongs to dataset 'other' in Langfuse")
    assert list(KIND.verify(View(State([declared()]), State([fetched()])))) == []
