"""Which environment a command works on."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.config import Config, Environment, choose_environment
from langsync.errors import ConfigError


def config(*names: str, default: str | None = None) -> Config:
    """What a ``langsync.yaml`` with some environments says."""
    environments = {name: Environment(name) for name in names}
    here = Path()
    return Config(
        here / "langsync.yaml", here, here, environments=environments, default_environment=default
    )


THREE = config("dev", "staging", "production", default="staging")


@pytest.mark.parametrize(
    ("given", "variables", "chosen"),
    [
        ("production", {"LANGSYNC_ENV": "dev"}, "production"),
        (None, {"LANGSYNC_ENV": "dev"}, "dev"),
        (None, {}, "staging"),
        (None, {"LANGSYNC_ENV": ""}, "staging"),
        ("", {}, "staging"),
    ],
)
def test_the_option_wins_over_the_variable_over_the_default(
    given: str | None, variables: dict[str, str], chosen: str
) -> None:
    """An empty variable is none."""
    assert choose_environment(THREE, given, variables).name == chosen


def test_the_only_one_needs_no_name() -> None:
    """Whatever it is called."""
    assert choose_environment(config("eu"), None, {}).name == "eu"


def test_with_none_declared_there_is_one_without_a_name() -> None:
    """It takes every label that a file names."""
    environment = choose_environment(config(), None, {})
    assert (environment.name, environment.labels) == ("", None)


def test_several_without_a_choice_are_an_error_that_lists_them() -> None:
    """And says how to choose."""
    with pytest.raises(ConfigError, match="--env or LANGSYNC_ENV: dev, production"):
        choose_environment(config("dev", "production"), None, {})


@pytest.mark.parametrize(("given", "variables"), [("prod", {}), (None, {"LANGSYNC_ENV": "prod"})])
def test_an_unknown_one_is_an_error_that_lists_what_there_is(
    given: str | None, variables: dict[str, str]
) -> None:
    """Never a fallback to another."""
    with pytest.raises(ConfigError, match="no environment 'prod': dev, staging, production"):
        choose_environment(THREE, given, variables)
    with pytest.raises(ConfigError, match=r"'prod': langsync\.yaml declares none"):
        choose_environment(config(), given, variables)
