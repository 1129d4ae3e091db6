"""The JSON Schemas of files and the loader accept and refuse the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import jsonschema_rs
import pytest

from langsync.cli.schemas import schemas
from langsync.config import FILE_NAMES, config_model
from langsync.errors import InvalidFilesError
from langsync.formats import yaml
from langsync.formats.documents import Document, parse_leniently
from langsync.kinds import all_kinds, folders

CASES = Path(__file__).parent / "cases"
EXAMPLES = Path(__file__).parents[1] / "examples"

MODELS = {"langsync": config_model(folders())} | {
    kind.name: kind.model for kind in all_kinds().values() if kind.model is not None
}
FOLDERS = {kind.folder: kind.name for kind in all_kinds().values() if kind.folder}


def corpus() -> Iterator[tuple[str, str, str]]:
    """Files of golden cases, of bad input and of the examples: name, schema, text."""
    for top in (CASES, EXAMPLES):
        for path in sorted(top.rglob("*.y*ml")):
            if name := schema_of(PurePosixPath(path.relative_to(top))):
                yield path.relative_to(top).as_posix(), name, path.read_text("utf-8")
    for path in sorted((CASES / "bad-input").glob("*.yaml")):
        for case in yaml.read(path.read_text("utf-8"), ""):
            for file, text in (case.get("files") or {}).items():
                if isinstance(text, str) and (name := schema_of(PurePosixPath(file))):
                    yield f"{path.name}: {case['about']} {file}", name, text


def schema_of(path: PurePosixPath) -> str:
    """The schema that a file is held against, by where it is; empty for none."""
    if path.name in FILE_NAMES:
        return "langsync"
    if path.suffix not in (".yaml", ".yml"):
        return ""
    return next((FOLDERS[one] for one in path.parts[:-1] if one in FOLDERS), "")


def documents() -> Iterator[Any]:
    for where, name, text in corpus():
        try:
            values = yaml.read(text, where)
        except InvalidFilesError:
            continue
        for index, value in enumerate(values):
            if value is not None:
                document = Document(Path(where), where, text, index, value)
                yield pytest.param(name, document, id=f"{where}[{index}]")


DOCUMENTS = list(documents())
VALIDATORS = {name: jsonschema_rs.validator_for(one) for name, one in schemas().items()}


def accepted(name: str, document: Document) -> bool:
    """Whether the loader finds the right shape in a document."""
    if not isinstance(document.value, dict):
        return False
    return not parse_leniently(MODELS[name], document)[1]


@pytest.mark.parametrize(("name", "document"), DOCUMENTS)
def test_a_schema_and_the_loader_agree(name: str, document: Document) -> None:
    """On the shape of each document."""
    assert VALIDATORS[name].is_valid(document.value) == accepted(name, document)


def test_the_corpus_has_both() -> None:
    """For each kind of file, many that are right, and some that are not."""
    verdicts: dict[str, list[bool]] = {}
    for one in DOCUMENTS:
        name, document = one.values
        verdicts.setdefault(name, []).append(accepted(name, document))
    assert verdicts.keys() == MODELS.keys()
    assert all(sum(found) >= 3 for found in verdicts.values())
    assert sum(not verdict for found in verdicts.values() for verdict in found) >= 20
