"""Every operation of a real server's API reference: listed, described, called with an example."""

from __future__ import annotations

import json
import shlex

import pytest
import typer.main

from langsync.api import Operation, prepare
from langsync.cli import app
from langsync.cli.api import OWN
from langsync.cli.api_describing import example
from langsync.errors import ConfigError
from tests.unit.api.conftest import Run, real


def text(value: object) -> str:
    """A value as a command line has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def given(one: Operation) -> dict[str, list[str]]:
    """Examples of the parameters that it needs."""
    schemas = real().schemas
    return {p.name: [text(schemas.example(p.schema))] for p in one.parameters if p.required}


def test_all_operations_are_there() -> None:
    """As many as the document has, each with a name of its own."""
    count = sum(len(methods) for methods in real().document["paths"].values())
    assert len(real().operations) == count == 114


@pytest.mark.parametrize("name", sorted(real().operations))
def test_an_example_of_each_operation_is_a_good_call(name: str) -> None:
    """And without a parameter that it needs, or with one that it has not, it is none."""
    one, schemas = real().find(name), real().schemas
    assert one.summary
    body = None if one.body is None else schemas.example(one.body)
    call = prepare(real(), one, given(one), body)
    assert "{" not in call.path
    found = real().find_at(call.method, call.path)
    assert found is not None
    assert found.id == name or found.path.count("{") >= one.path.count("{")
    with pytest.raises(ConfigError, match="there is no --nonsense"):
        prepare(real(), one, {**given(one), "nonsense": ["1"]}, body)
    for missing in given(one):
        fewer = {key: value for key, value in given(one).items() if key != missing}
        with pytest.raises(ConfigError, match=f"--{missing} is missing"):
            prepare(real(), one, fewer, body)


def test_every_operation_is_listed(real_api: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a line that fits, with what to use instead where it goes away."""
    for width in (80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = real_api()[0].splitlines()
        assert max(map(len, lines)) <= width
        listed = {line.split()[0]: line for line in lines if line.startswith("  ")}
        assert listed.keys() == real().operations.keys()
        assert all(
            ("deprecated" in listed[o.id]) is o.deprecated for o in real().operations.values()
        )
    assert listed["trace_list"].endswith("/traces            deprecated: use observations_getMany")
    rows = json.loads(real_api("list", "--format", "json")[0])
    assert [row["operation"] for row in rows] == list(real().operations)


@pytest.mark.parametrize("name", sorted(real().operations))
def test_every_operation_is_described(
    name: str, real_api: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it, on lines that fit, but for the example, which can be copied."""
    one = real().find(name)
    for width in (80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        out, err = real_api("describe", name)
        assert not err
        text, _, shown = out.partition("\nExample\n")
        assert max(map(len, text.splitlines())) <= min(width, 100)
        assert not any(line != line.rstrip() for line in text.splitlines())
        assert "**" not in text
        assert shown.strip() == example(real(), one, OWN)
    for p in one.parameters:
        option = f"-p {p.name}=…" if p.name in OWN else f"--{p.name}"
        assert f"  {option}{'*' if p.required else ''}: " in text
    found = json.loads(real_api("describe", name, "--format", "json")[0])
    assert found["parameters"] == [
        {**row, "required": p.required, "in": p.place}
        for row, p in zip(found["parameters"], one.parameters, strict=True)
    ]
    assert bool(found["body"]) == (one.body is not None)
    assert f"{one.method} {one.path}" in text


@pytest.mark.parametrize("name", sorted(real().operations))
def test_the_example_of_each_operation_is_a_good_command_line(
    name: str, real_api: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed as it is shown it passes all checks, and is sent."""
    sent: list[str] = []

    async def send(_way: object, call: object, *_: object) -> None:
        sent.append(str(call))

    monkeypatch.setattr("langsync.cli.api_calling._send", send)
    words = shlex.split(example(real(), real().find(name), OWN))
    assert words[:2] == ["langsync", "api"]
    real_api(*words[2:])
    assert len(sent) == 1


def test_the_options_of_the_command_are_known() -> None:
    """A parameter of such a name cannot be given by its name."""
    command = typer.main.get_command(app).commands["api"]  # type: ignore[attr-defined]
    names = {option for one in command.params for option in one.opts if option[:2] == "--"}
    assert names | {"--help"} == {f"--{name}" for name in OWN}


@pytest.mark.parametrize("name", [n for n, o in sorted(real().operations.items()) if o.body])
def test_a_body_lacks_nothing_that_it_needs(name: str) -> None:
    """Each required field is missed."""
    one, schemas = real().find(name), real().schemas
    body = schemas.example(one.body or {})
    for field in schemas.required(one.body or {}):
        fewer = {key: value for key, value in body.items() if key != field}
        with pytest.raises(ConfigError, match=field):
            prepare(real(), one, given(one), fewer)
    with pytest.raises(ConfigError, match="body"):
        prepare(real(), one, given(one), None)
    with pytest.raises(ConfigError, match="body"):
        prepare(real(), one, given(one), 5)


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("scores_get-many", "scoresV3_getManyV3"),
        ("legacy_observationsV1_getMany", "observations_getMany"),
        ("legacy_metricsV1_metrics", "metrics_metrics"),
        ("datasets_getRuns", "experiments_list"),
        ("trace_list", "observations_getMany"),
        ("ingestion_batch", "opentelemetry_exportTraces"),
        ("datasets_deleteRun", ""),
        ("prompts_list", ""),
    ],
)
def test_a_deprecated_operation_names_its_successor(name: str, successor: str) -> None:
    """The operation at the path that its description names."""
    assert real().successor(real().find(name)) == successor


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("observations_getMany", {"limit": ["many"]}),
        ("observations_getMany", {"level": ["WARN"]}),
        ("observations_getMany", {"isRootObservation": ["maybe"]}),
        ("observations_getMany", {"limit": ["1", "2"]}),
        ("observations_getMany", {"limit": [None]}),
        ("observations_getMany", {"limit": ["1_0"]}),
        ("observations_getMany", {"limit": ["nan"]}),
        ("observations_getMany", {"name": [None]}),
        ("observations_getMany", {"fromStartTime": ["yesterday"]}),
        ("observations_getMany", {"fromStartTime": ["2026-01-31"]}),
        ("observations_getMany", {"limmit": ["1"]}),
    ],
)
def test_a_parameter_of_another_type_is_refused(
    name: str, words: dict[str, list[str | None]]
) -> None:
    """With its name, and what is allowed or near."""
    with pytest.raises(ConfigError, match=f"--{next(iter(words))}"):
        prepare(real(), real().find(name), words, None)


def test_a_name_that_is_near_is_named() -> None:
    """And the case of a name is of no matter."""
    with pytest.raises(ConfigError, match="did you mean trace_list"):
        real().find("trace_lst")
    assert real().find("TRACE_LIST").id == "trace_list"
