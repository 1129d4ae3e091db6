"""What a prompt file says for one environment only."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from tests.unit.repository import problems, resources

CONFIG = """
    version: 1
    environments:
      staging: {labels: [staging], vars: {x: 1}}
      production: {labels: [production, prod-a, prod-b]}
    """
BASE = """tags: [a, b]
commit_message: Why
config: {model: m, params: {temperature: 1, stop: [x, y]}}
prompt: Base
"""


def content(folder: Path, override: str, env: str, base: str = BASE) -> PromptSpec:
    """What the prompt ``a`` declares with an override for production."""
    text = f"{base}overrides:\n  production: {override}\n"
    files = {"langsync.yaml": CONFIG, "prompts/a.yaml": text, "prompts/p.md": "From a file\n"}
    found = resources(folder, files, env)["prompt/a"].content
    assert isinstance(found, PromptSpec)
    return found


def violations(folder: Path, text: str, env: str = "production") -> list[str]:
    """What is wrong with one prompt file, without its name."""
    found = problems(folder, {"langsync.yaml": CONFIG, "prompts/a.yaml": text}, env)
    return [one.removeprefix("prompts/a.yaml:") for one in found]


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("{}", "prompt", "Base"),
        ("{prompt: Mine}", "prompt", "Mine"),
        ("{prompt: {file: p.md}}", "prompt", "From a file"),
        ("{type: chat, prompt: [{user: Mine}]}", "prompt", [{"role": "user", "content": "Mine"}]),
        (
            "{config: {params: {temperature: 0}}}",
            "config",
            {"model": "m", "params": {"temperature": 0, "stop": ["x", "y"]}},
        ),
        (
            "{config: {params: {stop: [z]}, new: 1}}",
            "config",
            {"model": "m", "params": {"temperature": 1, "stop": ["z"]}, "new": 1},
        ),
        ("{config: {params: 5}}", "config", {"model": "m", "params": 5}),
        ("{config: null}", "config", {}),
        ("{config: [1]}", "config", [1]),
        ("{commit_message: Because}", "commit_message", "Because"),
        ("{commit_message: null}", "commit_message", None),
        ("{labels: [prod-b]}", "labels", ("prod-b",)),
        ("{labels: [prod-b]}", "is_draft", False),
        ("{labels: []}", "labels", ()),
        ("{labels: []}", "is_draft", True),
    ],
)
def test_mappings_are_merged_and_the_rest_is_replaced(
    folder: Path, override: str, key: str, value: object
) -> None:
    """For that environment; every other one has the file as it is."""
    assert getattr(content(folder, override, "production").variants[0], key) == value
    config = {"model": "m", "params": {"temperature": 1, "stop": ["x", "y"]}}
    plain = PromptVariant("Base", config, ("staging",), commit_message="Why")
    assert content(folder, override, "staging").variants == (plain,)


def test_tags_and_variants_are_lists_and_replaced(folder: Path) -> None:
    """Not added to."""
    assert content(folder, "{tags: [c]}", "production").tags == ("c",)
    base = "variants: [{prompt: x, labels: [staging, production]}]\n"
    override = "{variants: [{prompt: y, labels: [prod-a]}, {prompt: z, labels: [prod-b]}]}"
    found = content(folder, override, "production", base)
    assert [one.prompt for one in found.variants] == ["y", "z"]
    assert found.known_labels == ("prod-a", "prod-b", "production", "staging")


def test_labels_of_overrides_are_known_in_every_environment(folder: Path) -> None:
    """Somebody declares them."""
    assert "extra" in content(folder, "{labels: [extra]}", "staging").known_labels


def test_a_file_can_leave_the_prompt_to_the_overrides(folder: Path) -> None:
    """It is missing only where no override gives it."""
    text = "overrides:\n  production: {prompt: x}\n"
    assert violations(folder, text) == []
    assert violations(folder, text, "staging") == [
        "1:1: prompt is missing: write prompt, or variants"
    ]


@pytest.mark.parametrize("env", ["staging", "production"])
@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("{lables: [x]}", "3:16: unknown key 'lables': did you mean 'labels'?"),
        ("{name: x}", "3:16: name is the same in every environment: move it out"),
        ("{renamed_from: x}", "3:16: renamed_from is the same in every environment"),
        ("{template: true}", "3:16: template is the same in every environment"),
        ("{overrides: {}}", "3:16: overrides is the same in every environment"),
        ("{prompt: 5}", "3:24: prompt must be a string, not the number 5"),
        ("{prompt: [{user: 5}]}", "3:32: prompt[0].user must be a string, not the number 5"),
        ("{labels: [Bad]}", "3:25: label 'Bad' is refused by Langfuse"),
        ("{labels: [langsync.x]}", "3:25: label 'langsync.x': langsync keeps labels"),
        ("{type: json}", "3:22: type must be 'text' or 'chat'"),
        ("5", "3:15: overrides.production must be a mapping, not the number 5"),
    ],
)
def test_overrides_are_checked_in_every_environment(
    folder: Path, override: str, words: str, env: str
) -> None:
    """Their keys, types and labels, with the place in the override."""
    (found,) = violations(folder, f"prompt: x\noverrides:\n  production: {override}\n", env)
    assert found.startswith(words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prompt: x\noverrides:\n  production:\n    type: chat\n", "4:11: type is chat, but"),
        (
            "type: text\nprompt: x\noverrides:\n  production: {prompt: []}\n",
            "1:7: type is text, but the prompt is a list of messages",
        ),
        (
            'prompt: x\nconfig: {a: 1}\noverrides:\n  production: {config: {b: ["\\0"]}}\n',
            "4:29: config.b[0]: the text has a NUL",
        ),
        (
            'prompt: x\nconfig: {a: ["\\0"]}\noverrides:\n  production: {config: {b: 1}}\n',
            "2:14: config.a[0]: the text has a NUL",
        ),
        (
            "prompt: {file: a.md}\noverrides:\n  production: {prompt: {file: b.md}}\n",
            "3:24: there is no file 'b.md'",
        ),
        (
            "variants: [{prompt: x, labels: [a]}]\noverrides:\n  production: {prompt: y}\n",
            "3:16: prompt stands beside variants",
        ),
        (
            "template: true\nprompt: x\noverrides:\n  production: {prompt: 'a ${vars.y}'}\n",
            "4:24: environment 'production' has no value 'y'",
        ),
    ],
)
def test_what_is_wrong_is_placed_where_it_comes_from(folder: Path, text: str, words: str) -> None:
    """In the override, or in the rest of the file."""
    (found,) = violations(folder, text)
    assert found.startswith(words)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (CONFIG, "there is no environment 'prod': staging, production"),
        ("version: 1\n", "there is no environment 'prod': langsync.yaml declares none"),
    ],
)
def test_an_override_is_for_an_environment_that_there_is(
    folder: Path, config: str, words: str
) -> None:
    """Those that there are, are listed."""
    files = {"langsync.yaml": config, "prompts/a.yaml": "prompt: x\noverrides: {prod: {}}\n"}
    env = "staging" if "environments" in config else None
    assert problems(folder, files, env) == [f"prompts/a.yaml:2:13: {words}"]
