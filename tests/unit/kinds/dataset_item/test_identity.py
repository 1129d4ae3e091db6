"""What an item is called that gives no id."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given

from langsync.kinds.dataset_item.identity import id_of_input, id_of_key
from tests.unit.strategies import STORABLE, json_of

ANY = json_of(STORABLE, STORABLE)


@pytest.mark.parametrize(
    ("id_", "expected"),
    [
        (
            id_of_input("qa", {"question": "How long can I return an item?"}),
            "qa-how-long-can-i-return-an-item-bd09aca8968fa24c",
        ),
        (id_of_input("qa", 5), "qa-4e48b7ba379c765e"),
        (id_of_input("support/faq", "Größe?"), "support-faq-gr-e-fd8885184a21ae07"),
        (id_of_input("", None), "c3a310bc2a4f31ef"),
        (id_of_key("qa", "refund-window"), "qa-refund-window-193e87100e33fa17"),
        (id_of_key("qa", ["Bonn", 4711]), "qa-bonn-4711-eed0cf096bbf123a"),
        (id_of_key("qa", 12345678901234567890123), "qa-12345678901234567890123-995f3f84e9bc2a02"),
        (
            id_of_key("d" * 300, "k" * 300),
            "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd-kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk-d337dbe5d90b6650",
        ),
    ],
)
def test_an_id_stays_for_good(id_: str, expected: str) -> None:
    """Another one would be another item in Langfuse: these must never change."""
    assert id_ == expected


def test_an_id_is_the_same_in_every_process() -> None:
    """Python's own hashes are not."""
    code = (
        "from langsync.kinds.dataset_item.identity import id_of_key\n"
        "print(id_of_key('qa', {'shop': 'Bonn', 'number': 4711}))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@given(STORABLE, ANY)
def test_an_id_fits_and_can_be_sent(dataset: str, key: object) -> None:
    """At most 255 characters, plain letters: in a path, a shell and a spreadsheet."""
    for made in (id_of_key(dataset * 20, key), id_of_input(dataset * 20, key)):
        assert len(made) <= 255
        assert made.isascii()
        assert made.replace("-", "").isalnum()


@given(STORABLE, STORABLE, ANY, ANY)
def test_an_id_is_one_of_its_dataset_and_key(
    dataset: str, other: str, key: object, another: object
) -> None:
    """The same key in two datasets is two items, and so are two keys in one."""
    assert (id_of_key(dataset, key) == id_of_key(other, key)) is (dataset == other)
    assert (id_of_key(dataset, key) == id_of_key(dataset, another)) is (key == another)
    assert id_of_key(dataset, key) != id_of_input(dataset, key)


def test_the_order_of_the_keys_of_a_key_does_not_count() -> None:
    """An export may write them in any order."""
    one, other = {"shop": "Bonn", "number": 4711}, {"number": 4711, "shop": "Bonn"}
    assert id_of_key("d", one) == id_of_key("d", other)
    assert id_of_key("d", one).startswith("d-4711-bonn-")
    assert id_of_key("d", ["a", "b"]) != id_of_key("d", ["b", "a"])


def test_names_that_look_alike_have_ids_of_their_own() -> None:
    """The readable part is the same, the digest is not."""
    made = {id_of_key(name, "x") for name in ("Q A", "q-a", "q/a", "q_a")}
    assert {one[:-16] for one in made} == {"q-a-x-"}
    assert len(made) == 4
