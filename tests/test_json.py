"""What commands print with ``--format json`` is what their sections of the docs show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from langsync import errors
from langsync.cli import app
from tests.shapes.scene import Scene, play, scene
from tests.test_docs import COMMANDS, sections

EXAMPLE = re.compile(
    r"^(?:`([^`]+)` as|As) JSON[^\n]*:\n\n```json\n(.*?)\n```", re.MULTILINE | re.DOTALL
)
DOCUMENTED = {
    label or name: json.loads(text)
    for name, section in sections().items()
    for label, text in EXAMPLE.findall(section)
}
STANDARD = {"schema"}
"""What prints something of a form of its own, JSON Schemas."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """What all commands print."""
    folder = tmp_path_factory.mktemp("shapes")
    with scene(folder) as at:
        play(at, folder)
        yield at


def gaps(shown: Any, found: list[Any], at: str = "result") -> Iterator[str]:  # noqa: ANN401 - JSON
    """Where an example and what was printed do not go together.

    Args:
        shown: The example, or a part of it.
        found: All values that were printed in its place.
        at: That place.
    """
    found = [one for one in found if one is not None]
    if shown is None:
        return
    if not all(_alike(shown, one) for one in found):
        yield f"{at} is not always like {shown!r}: {found[:3]}"
    elif isinstance(shown, dict) and shown:
        yield from _gaps_in_objects(shown, found, at)
    elif isinstance(shown, list) and shown:
        items = [item for one in found for item in one]
        if not items:
            yield f"{at} is always empty here"
        yield from gaps(shown[0], items, f"{at}[]")


def _gaps_in_objects(shown: dict[str, Any], found: list[Any], at: str) -> Iterator[str]:
    first = next(iter(shown))
    if first.isupper():
        yield from gaps(shown[first], [value for one in found for value in one.values()], at)
        return
    printed = {name for one in found for name in one}
    if "…" not in shown:
        yield from (f"{at}.{name} is not in the docs" for name in sorted(printed - {*shown}))
    for name, value in shown.items():
        if name in printed:
            yield from gaps(value, [one.get(name) for one in found], f"{at}.{name}")
        elif name != "…":
            yield f"{at}.{name} is never printed"


def _alike(one: object, other: object) -> bool:
    """Whether two values are of one type of JSON."""
    numbers = (int, float)
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool)
    if isinstance(one, numbers):
        return isinstance(other, numbers)
    return type(one) is type(other)


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_a_command_prints_what_the_docs_show(name: str, played: Scene) -> None:
    """Each key, and no other one."""
    assert name in played.printed, "no test runs it"
    assert list(gaps(DOCUMENTED[name], played.printed[name])) == []


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its words."""
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        yield from (
            {f"{name} {key}": one for key, one in inner.items()}.items()
            if inner
            else ((name, command),)
        )


def test_every_command_has_json_and_shows_it(played: Scene) -> None:
    """But the tour."""
    speaking = {words for words, one in commands() if "--format" in _options(one)}
    assert {words for words, _ in commands()} - speaking == {"demo"}
    assert speaking - STANDARD <= {*DOCUMENTED}
    assert {*played.printed} == {*DOCUMENTED} | STANDARD


def _options(command: Any) -> set[str]:  # noqa: ANN401 - typer's
    return {option for one in command.params for option in one.opts}


BARE = {"api", "traces", "observations", "scores", "sessions", "metrics", "projects", "keys"}
"""Commands that print what Langfuse's API has."""


def test_what_is_ours_has_a_version_and_what_is_of_others_has_none(played: Scene) -> None:
    """As the docs say."""
    others = {*BARE, "render", "schema", "environments --format github-matrix"}
    for name, values in played.printed.items():
        bare = name in others or name.split()[0] in BARE
        for value in values:
            assert (isinstance(value, dict) and value.get("format_version") == 1) is not bare, name


def test_the_docs_list_the_kinds_of_errors() -> None:
    """All that there are, and no others."""
    table = COMMANDS.split("| `kind` |")[1].split("\n\n")[0]
    listed = [kind for row in table.splitlines() for kind in _kinds(row)]
    classes = [one for one in vars(errors).values() if isinstance(one, type)]
    raised = [one for one in classes if issubclass(one, errors.LangsyncError)]
    names = [re.sub("(?<!^)(?=[A-Z])", "_", one.__name__.removesuffix("Error")) for one in raised]
    expected = {name.lower() for name in names} - {"langsync"}
    assert sorted(listed) == sorted(expected | {"error", "interrupted", "unexpected"})


def _kinds(row: str) -> list[str]:
    return re.findall(r"`([a-z_]+)`", row.split("|")[1])


@pytest.mark.parametrize(
    ("shown", "found", "gap"),
    [
        ({"a": 1}, [{"a": 2, "b": 3}], "result.b is not in the docs"),
        ({"a": 1, "b": 2}, [{"a": 2}], "result.b is never printed"),
        ({"a": [{"b": 1}]}, [{"a": [{"b": 1, "c": 2}]}], "result.a[].c is not in the docs"),
        ({"a": "x"}, [{"a": 1}], "result.a is not always like 'x': [1]"),
        ({"a": ["x"]}, [{"a": []}], "result.a is always empty here"),
        ({"KIND": {"a": 1}}, [{"x": {"b": 1, "a": 1}}], "result.b is not in the docs"),
    ],
)
def test_a_gap_is_found(shown: Any, found: list[Any], gap: str) -> None:  # noqa: ANN401 - JSON
    """In both directions, at any depth."""
    assert list(gaps(shown, found)) == [gap]


def test_what_is_open_is_left_open() -> None:
    """Null, empty values, more keys of the API, names."""
    shown = {"a": None, "b": {}, "c": {"d": 1, "…": "…"}, "e": {"KIND": 1}}
    found = [{"a": 1, "b": {"x": 1}, "c": {"d": 1, "y": 2}, "e": {"p": 1, "q": 2}}]
    assert list(gaps(shown, found)) == []
