"""Every resource knows the files that it is made of."""

from __future__ import annotations

from pathlib import Path

from tests.unit.repository import resources

FILES = {
    "prompts/a.yaml": "prompt: {file: ../texts/a.md}\n",
    "texts/a.md": "A",
    "datasets/x/qa.yaml": "items: [{id: one}]\nitems_from: [rows.*]\n",
    "datasets/x/rows.jsonl": '{"id": "two"}\n',
    "datasets/x/rows.csv": "id,input\nthree,x\n",
}


def test_a_resource_knows_the_files_that_it_is_made_of(folder: Path) -> None:
    """The one that declares it first; relative to the configuration, with slashes."""
    found = {address: one.files for address, one in resources(folder, FILES).items()}
    owner = "datasets/x/qa.yaml"
    assert found == {
        "prompt/a": ("prompts/a.yaml", "texts/a.md"),
        "dataset/x/qa": (owner,),
        "dataset_item/x/qa/one": (owner,),
        "dataset_item/x/qa/two": ("datasets/x/rows.jsonl", owner),
        "dataset_item/x/qa/three": ("datasets/x/rows.csv", owner),
    }
