"""Values of the environment in texts and configs."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langsync.config import Environment
from langsync.kinds.prompt.spec import PromptVariant
from langsync.kinds.prompt.templates import fill, fill_config, fill_labels
from tests.unit.repository import Files, loaded, problems, resources
from tests.unit.strategies import STORABLE

CONFIG = """
    version: 1
    environments:
      staging:
        labels: [staging]
        vars:
          {company: Acme, limit: 5, ratio: 2.0, on: true, none: null, stop: [a, b], deep: {x: 1}}
      production: {labels: [production], vars: {company: "Acme Inc."}}
      pattern: {labels: ["dev-*"]}
      any: {}
    """
NO_TEMPLATE = "this file is no template: add template: true, or ${vars.…} stays as it is"
TAG = "@@@langfusePrompt:name=tone|label=${environment.label}@@@"


def variant(folder: Path, files: Files, env: str = "staging") -> PromptVariant:
    """The variant of the prompt ``a``."""
    found = resources(folder, {"langsync.yaml": CONFIG, **files}, env)["prompt/a"]
    (only,) = found.content.variants
    assert isinstance(only, PromptVariant)
    return only


def text(folder: Path, written: str, env: str = "staging") -> str:
    """What becomes of the text of a template."""
    files = {"prompts/a.yaml": "template: true\nlabels: []\nprompt: {file: a.md}\n"}
    found = variant(folder, {**files, "prompts/a.md": written}, env).prompt
    assert isinstance(found, str)
    return found


def violations(folder: Path, files: Files, env: str = "staging") -> list[str]:
    """What is wrong with some files."""
    return problems(folder, {"langsync.yaml": CONFIG, **files}, env)


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("Hello from ${vars.company}!", "Hello from Acme!"),
        ("${vars.limit} ${vars.ratio} ${vars.on}", "5 2 true"),
        ("${vars.company}${vars.company}", "AcmeAcme"),
        ("$${vars.company} $$${vars.company}", "${vars.company} $${vars.company}"),
        ("$${vars.no such thing}", "${vars.no such thing}"),
        ("$5 {{vars.company}} ${HOME} $HOME ${env.HOME} {vars.company}", None),
        ("${vars.company ${environment.label} ${vars\n.company}", None),
    ],
)
def test_values_are_put_into_texts(folder: Path, written: str, filled: str | None) -> None:
    """By one form only; two dollars write it literally, and nothing else is replaced."""
    assert text(folder, written) == (written if filled is None else filled)


def test_each_environment_has_its_own_values(folder: Path) -> None:
    """Inline texts, messages and variants are filled as included files are."""
    files = {
        "prompts/a.yaml": """
            template: true
            labels: []
            prompt:
              - system: You work for ${vars.company}.
              - {role: user, content: {file: q.md}}
            """,
        "prompts/q.md": "What is ${vars.company}?\n",
    }
    assert variant(folder, files, "production").prompt == [
        {"role": "system", "content": "You work for Acme Inc.."},
        {"role": "user", "content": "What is Acme Inc.?"},
    ]


def test_a_text_of_a_config_that_is_one_value_becomes_it(folder: Path) -> None:
    """Its type is kept; inside other words it is a text; keys stay as they are."""
    files = {
        "prompts/a.yaml": """
            template: true
            prompt: x
            config:
              n: ${vars.limit}
              list: ["${vars.stop}", {deep: "${vars.deep}", none: "${vars.none}"}]
              words: at most ${vars.limit}
              literal: $${vars.limit}
              ${vars.company}: 1
            """
    }
    assert variant(folder, files).config == {
        "n": 5,
        "list": [["a", "b"], {"deep": {"x": 1}, "none": None}],
        "words": "at most 5",
        "literal": "${vars.limit}",
        "${vars.company}": 1,
    }


def test_a_whole_config_can_be_a_value(folder: Path) -> None:
    """It is a text like any other until it is filled."""
    files = {"prompts/a.yaml": "template: true\nprompt: x\nconfig: ${vars.deep}\n"}
    assert variant(folder, files).config == {"x": 1}


def test_variables_of_the_process_never_reach_a_text(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even one that is named as a value would be."""
    monkeypatch.setenv("secret", "s3cret")
    assert text(folder, "${secret} $secret ${env.secret}") == "${secret} $secret ${env.secret}"
    files = {"prompts/a.yaml": "template: true\nprompt: ${vars.secret}\n"}
    assert "has no value 'secret'" in violations(folder, files)[0]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "prompt: x ${vars.compny}",
            "2:9: environment 'staging' has no value 'compny': its vars are company, limit, ratio",
        ),
        (
            "prompt:\n  - user: ${vars.no}",
            "prompts/a.yaml:3:11: environment 'staging' has no value 'no'",
        ),
        (
            "prompt: x\nconfig: {a: [1, '${vars.b}']}",
            "prompts/a.yaml:3:17: environment 'staging' has no value 'b'",
        ),
        ("prompt: ${vars.stop}", "2:9: vars.stop is a list: in a text only"),
        ("prompt: ${vars.deep}", "2:9: vars.deep is a mapping: in a text only"),
        ("prompt: ${vars.none}", "2:9: vars.none is nothing: in a text only"),
        ("prompt: x\nconfig: {a: 'x${vars.stop}'}", "3:13: vars.stop is a list: in a text only"),
        ("prompt: ${vars.}", "2:9: environment 'staging' has no value ''"),
        (
            "variants:\n  - {prompt: '${vars.x}', labels: []}",
            "3:14: environment 'staging' has no value 'x'",
        ),
    ],
)
def test_a_value_that_is_not_there_is_an_error_with_its_place(
    folder: Path, written: str, words: str
) -> None:
    """It names the environment and the values that there are."""
    (found,) = violations(folder, {"prompts/a.yaml": f"template: true\n{written}\n"})
    assert words in found


def test_an_included_file_is_named_with_its_line(folder: Path) -> None:
    """The place is where the value is missing, not where the file is named."""
    files = {
        "prompts/a.yaml": "template: true\nprompt: {file: a.md}\n",
        "prompts/a.md": f"one\n{TAG}\n${{vars.a}}\n",
        "prompts/tone.yaml": "prompt: x\n",
    }
    (found,) = violations(folder, files)
    assert found.startswith("prompts/a.md:3: environment 'staging' has no value 'a'")


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("any", "environment 'any' has no value 'company': it has no vars"),
        (None, "there is no value 'company': langsync.yaml declares no environments"),
    ],
)
def test_an_environment_without_values_says_so(folder: Path, env: str | None, words: str) -> None:
    """So does none at all."""
    files = {"prompts/a.yaml": "template: true\nprompt: ${vars.company}\n"}
    config = {"langsync.yaml": CONFIG} if env else {}
    (found,) = problems(folder, {**config, **files}, env)
    assert words in found


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("prompt: a ${vars.company}\n", "prompts/a.yaml:1:9"),
        ("prompt: {file: a.md}\n", "prompts/a.md:2"),
        ("prompt: x\nconfig: {a: ['${vars.company}']}\n", "prompts/a.yaml:2:14"),
    ],
)
def test_without_template_nothing_is_replaced(folder: Path, written: str, place: str) -> None:
    """What looks as if it should be is worth a look, with its place."""
    files = {"prompts/a.yaml": written, "prompts/a.md": "x\n${vars.company} ${vars.x}"}
    found = loaded(folder, {"langsync.yaml": CONFIG, **files}, "staging")
    assert list(map(str, found.warnings)) == [f"{place}: {NO_TEMPLATE}"]
    (variant,) = next(iter(found.state.values())).content.variants
    assert "${vars.company}" in f"{variant.prompt}{variant.config}"


@pytest.mark.parametrize(
    ("env", "label"), [("staging", "staging"), ("production", "production"), ("any", "production")]
)
def test_a_reference_can_name_the_environments_label(folder: Path, env: str, label: str) -> None:
    """Without template as well; outside of references it is plain text."""
    files = {
        "prompts/a.yaml": f"prompt: '{TAG} ${{environment.label}}'\n",
        "prompts/tone.yaml": "prompt: x\n",
    }
    expected = f"@@@langfusePrompt:name=tone|label={label}@@@ ${{environment.label}}"
    assert variant(folder, files, env).prompt == expected


def test_without_environments_the_label_is_production(folder: Path) -> None:
    """What SDKs fetch when they are asked for nothing else."""
    files = {"prompts/a.yaml": f"prompt: '{TAG}'\n", "prompts/tone.yaml": "prompt: x\n"}
    found = resources(folder, files)["prompt/a"]
    assert found.content.variants[0].prompt.endswith("|label=production@@@")
    assert list(map(str, found.needs)) == ["prompt/tone"]


def test_a_pattern_is_no_label_for_a_reference(folder: Path) -> None:
    """The place is that of the text."""
    files = {"prompts/a.yaml": f"prompt: 'a {TAG}'\nlabels: [dev-1]\n"}
    (found,) = violations(folder, files, "pattern")
    assert found.startswith("prompts/a.yaml:1:9: ${environment.label}: the first label of")
    assert "environment 'pattern' is the pattern 'dev-*'" in found
    assert (
        violations(folder, {"prompts/a.yaml": "prompt: '${environment.label}'\nlabels: []\n"}) == []
    )


def test_a_value_can_stand_in_a_reference(folder: Path) -> None:
    """A reference is found after the text is filled."""
    tag = "@@@langfusePrompt:name=${vars.company}|label=${environment.label}@@@"
    files = {
        "prompts/a.yaml": f"template: true\nprompt: '{tag}'\n",
        "prompts/Acme.yaml": "prompt: x\n",
    }
    assert variant(folder, files).prompt == "@@@langfusePrompt:name=Acme|label=staging@@@"


@given(STORABLE, STORABLE)
def test_values_are_put_in_as_they_are(before: str, value: str) -> None:
    """Nothing in a value is replaced, whatever it looks like."""
    environment = Environment("e", vars={"x": value, "y": "never"})
    if "${vars." in before or before.endswith("$"):
        return
    assert fill(f"{before}${{vars.x}}", environment) == (before + value, [])


@given(st.sampled_from(["${vars.y}", "$${vars.x}", "@@@langfusePrompt:${environment.label}@@@"]))
def test_a_value_that_looks_like_a_template_stays(value: str) -> None:
    """One pass, never two."""
    environment = Environment("e", vars={"x": value, "y": "never"})
    assert fill("${vars.x}", environment) == (value, [])
    assert fill_config(["${vars.x}"], environment, ()) == ([value], [])


@given(STORABLE)
def test_a_text_without_references_has_no_label(written: str) -> None:
    """Nothing is put in its place."""
    if "@@@" not in written:
        assert fill_labels(written, Environment()) == (written, [])
