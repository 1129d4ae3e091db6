"""What this team holds of its prompts, as tests: `pytest` in this folder; needs no keys."""

from pathlib import Path

import pytest

import langsync


@pytest.fixture(scope="module")
def repository() -> langsync.Repository:
    """All files, checked as `langsync validate` does."""
    return langsync.load(Path(__file__).parent)


def test_nothing_deserves_a_look(repository: langsync.Repository) -> None:
    """No warning slips through."""
    assert repository.warnings == ()


def test_no_prompt_is_creative(repository: langsync.Repository) -> None:
    """Support answers customers the same way every day."""
    for prompt in repository.declared.of_kind("prompt"):
        for variant in prompt.content.variants:
            assert variant.config.get("temperature", 0) < 1, prompt.address
