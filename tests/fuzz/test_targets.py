"""Each target passes over its corpus, and over small changes of it, without atheris."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tests.action.runner import TOP
from tests.fuzz.targets import TARGETS, corpus

INPUTS = [(name, path) for name in TARGETS for path in sorted(corpus(name).iterdir())]
SEEDS = {name: [path.read_bytes() for of, path in INPUTS if of == name] for name in TARGETS}
LONGEST = 1_000
"""Bytes of an input that is changed: a longer one is in the corpus for its length."""


@pytest.mark.parametrize(("name", "path"), INPUTS, ids=[f"{n}-{p.stem}" for n, p in INPUTS])
def test_a_target_passes_over_its_corpus(name: str, path: Path) -> None:
    """Each file shows a form, or once showed a fault."""
    TARGETS[name](path.read_bytes())


@st.composite
def changed(draw: st.DrawFn, name: str) -> bytes:
    """An input of a corpus with a piece of another one, or any bytes, in the place of a piece."""
    seeds = st.sampled_from([seed for seed in SEEDS[name] if len(seed) <= LONGEST])
    whole, other = draw(seeds), draw(seeds)
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(other))] * 2)))
    piece = draw(st.one_of(st.just(other[first:last]), st.binary(max_size=3)))
    return whole[:start] + piece + whole[end:]


@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_a_target_passes_over_changes_of_its_corpus(name: str, data: st.DataObject) -> None:
    """A little of what the scheduled workflow does for longer."""
    TARGETS[name](data.draw(changed(name)))


def test_the_workflow_runs_each_target() -> None:
    """None is left out."""
    path = TOP / ".github" / "workflows" / "fuzz.yml"
    workflow = YAML(typ="safe").load(path.read_text("utf-8"))
    assert workflow["jobs"]["fuzz"]["strategy"]["matrix"]["target"] == [*TARGETS]
