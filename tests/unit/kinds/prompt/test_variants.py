"""Several contents of one prompt at once, and which labels each of them gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.model import Address
from tests.unit.repository import Files, loaded, problems, resources

ENVIRONMENTS = """
    version: 1
    environments:
      staging: {labels: [staging, "dev-*"]}
      production: {labels: [production, prod-a, prod-b]}
    """


def content(folder: Path, files: Files, env: str | None = None) -> PromptSpec:
    """What the prompt ``a`` declares."""
    found = resources(folder, files, env)["prompt/a"].content
    assert isinstance(found, PromptSpec)
    return found


def violations(folder: Path, text: str) -> list[str]:
    """What is wrong with one prompt file, without its name."""
    found = problems(folder, {"prompts/a.yaml": text})
    return [one.removeprefix("prompts/a.yaml:") for one in found]


def test_variants_share_what_they_do_not_say_themselves(folder: Path) -> None:
    """Type and tags are the prompt's; config and commit message are defaults."""
    text = """
        tags: [x]
        config: {model: m, temperature: 1}
        commit_message: Why
        variants:
          - prompt: One
            labels: [prod-a]
          - prompt: {file: two.md}
            config: {model: n}
            labels: [prod-b, production, prod-b]
            commit_message: Because
          - {prompt: Three, config: null, labels: []}
        """
    found = content(folder, {"prompts/a.yaml": text, "prompts/two.md": "Two\n"})
    config = {"model": "m", "temperature": 1}
    labels = ("prod-b", "production")
    variants = (
        PromptVariant("One", config, ("prod-a",), commit_message="Why"),
        PromptVariant("Two", {"model": "n"}, labels, commit_message="Because"),
        PromptVariant("Three", {}, is_draft=True, commit_message="Why"),
    )
    assert found == PromptSpec("text", variants, ("x",))
    assert found.known_labels == ("prod-a", "prod-b", "production")


@pytest.mark.parametrize(
    ("env", "labels"),
    [("staging", [["staging"], []]), ("production", [["production"], ["prod-b"]])],
)
def test_the_labels_of_variants_are_cut_to_the_environment(
    folder: Path, env: str, labels: list[list[str]]
) -> None:
    """One that this environment deploys nowhere keeps its place, without a label."""
    text = """
        variants:
          - {prompt: One, labels: [production, staging]}
          - {prompt: Two, labels: [prod-b]}
        """
    files = {"langsync.yaml": ENVIRONMENTS, "prompts/a.yaml": text}
    assert [[*one.labels] for one in content(folder, files, env).variants] == labels
    assert not any(one.is_draft for one in content(folder, files, env).variants)


def test_a_prompt_needs_what_any_of_its_variants_refers_to(folder: Path) -> None:
    """Each once, in their order."""
    tag = "@@@langfusePrompt:name={}|label=production@@@".format
    variants = f"""
        variants:
          - {{prompt: "{tag("c")}", labels: [x]}}
          - {{prompt: "{tag("b")}{tag("c")}", labels: [y]}}
        """
    files = {
        "prompts/a.yaml": variants,
        "prompts/b.yaml": "prompt: x\n",
        "prompts/c.yaml": "prompt: x\n",
    }
    needs = resources(folder, files)["prompt/a"].needs
    assert list(map(str, needs)) == ["prompt/c", "prompt/b"]


@pytest.mark.parametrize(
    ("config", "text", "known"),
    [
        ("version: 1\n", "prompt: x\n", ["production"]),
        ("version: 1\n", "prompt: x\nlabels: []\n", []),
        ("version: 1\n", "prompt: x\nlabels: [b, a]\n", ["a", "b"]),
        (
            ENVIRONMENTS,
            "prompt: x\nlabels: [extra]\n",
            ["dev-*", "extra", "prod-a", "prod-b", "production", "staging"],
        ),
        (
            "version: 1\nenvironments: {staging: {}, other: {labels: [o]}}\n",
            "prompt: x\n",
            ["o", "production"],
        ),
    ],
)
def test_known_labels_are_those_that_somebody_declares(
    folder: Path, config: str, text: str, known: list[str]
) -> None:
    """The file, uncut, and every environment, patterns as they are."""
    files = {"langsync.yaml": config, "prompts/a.yaml": text}
    env = "staging" if "environments" in config else None
    assert content(folder, files, env).known_labels == tuple(known)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{prompt: x, labels: [a]}, {prompt: y, labels: [b, a]}", "variants[0] has the label 'a'"),
        ("{prompt: x, labels: []}, {prompt: y, labels: []}", "variants[0] is a draft already"),
        ("{prompt: x, labels: [a]}, {prompt: [], labels: [b]}", "all variants have one type"),
        ("{prompt: x}", "labels is missing"),
        ("{labels: [a]}", "prompt is missing"),
        ("{prompt: x, labels: [a], tags: [b]}", "unknown key 'tags'"),
        ("{prompt: x, labels: [Bad]}", "label 'Bad' is refused by Langfuse"),
        ("{prompt: x, labels: [latest]}", "'latest' is put on the newest version"),
        ("{prompt: 5, labels: [a]}", "variants[0].prompt must be a string, not the number 5"),
        ("", "variants is empty: give one at least, or prompt"),
    ],
)
def test_what_is_wrong_among_variants_is_told(folder: Path, text: str, words: str) -> None:
    """In words that say what to do."""
    (found,) = violations(folder, f"variants: [{text}]\n")
    assert words in found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("variants:\n  - {prompt: x, labels: [a]}\n  - {prompt: y, labels: [b, a]}\n", "3:29"),
        ("variants:\n  - {prompt: x, labels: []}\n  - {prompt: y, labels: []}\n", "3:25"),
        ("variants:\n  - {prompt: x, labels: [a]}\n  - {prompt: [], labels: [b]}\n", "3:14"),
        ('variants:\n  - {prompt: x, config: ["\\0"], labels: [a]}\n', "2:26"),
        ('config: ["\\0"]\nvariants:\n  - {prompt: x, labels: [a]}\n', "1:10"),
        ("variants:\n  - {prompt: x, labels: [a]}\nprompt: y\n", "3:1"),
        ("labels: []\nvariants:\n  - {prompt: x, labels: [a]}\n", "1:1"),
        ("tags: []\n", "1:1"),
        ("type: chat\nvariants:\n  - {prompt: x, labels: [a]}\n", "1:7"),
    ],
)
def test_what_is_wrong_among_variants_has_its_place(folder: Path, text: str, place: str) -> None:
    """Line and column, in the variant or where the default stands."""
    (found,) = violations(folder, text)
    assert found.startswith(f"{place}: ")


def test_labels_are_compared_before_they_are_cut(folder: Path) -> None:
    """A label in two variants is wrong in every environment, not only where it is moved."""
    text = "variants:\n- {prompt: x, labels: [prod-a]}\n- {prompt: y, labels: [prod-a]}\n"
    files = {"langsync.yaml": ENVIRONMENTS, "prompts/a.yaml": text}
    (found,) = problems(folder, files, "staging")
    assert "variants[0] has the label 'prod-a' already: a label is on one version" in found


def test_a_label_of_a_variant_that_no_environment_lists_is_worth_a_look(folder: Path) -> None:
    """As that of a prompt is."""
    text = "variants:\n- {prompt: x, labels: [staging, stagin]}\n"
    files = {"langsync.yaml": ENVIRONMENTS, "prompts/a.yaml": text}
    assert list(map(str, loaded(folder, files, "staging").warnings)) == [
        "prompts/a.yaml:2:33: no environment lists the label 'stagin'"
    ]


@pytest.mark.parametrize("label", ["langsync.production", "langsync."])
def test_labels_of_langsync_itself_cannot_be_declared(folder: Path, label: str) -> None:
    """They mark where langsync put a label last."""
    (found,) = violations(folder, f"prompt: x\nlabels: [{label}]\n")
    assert found.startswith(f"2:10: label {label!r}: langsync keeps labels")
    config = f"version: 1\nenvironments:\n  a:\n    labels: [{label}]\n"
    (found,) = problems(folder, {"langsync.yaml": config})
    assert found.startswith(f"langsync.yaml:4:14: label {label!r}: langsync keeps labels")


def test_a_name_from_before_is_kept(folder: Path) -> None:
    """It is what the prompt replaces."""
    files = {"prompts/a.yaml": "prompt: x\nrenamed_from: old/name\n"}
    [one] = resources(folder, files).values()
    assert one.replaces == (Address("prompt", "old/name"),)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a", "2:15: renamed_from is the name it has: 'a' is no other prompt"),
        ("x//y", "2:15: renamed_from: prompt name must not have two slashes in a row"),
        ("a|b", "2:15: renamed_from: prompt name must not have a '|'"),
        ("''", "2:15: renamed_from: prompt name is empty"),
        ("5", "2:15: renamed_from must be a string, not the number 5"),
    ],
)
def test_a_name_from_before_is_the_valid_name_of_another(
    folder: Path, name: str, words: str
) -> None:
    """Anything else is an error with its place."""
    (found,) = violations(folder, f"prompt: x\nrenamed_from: {name}\n")
    assert found.startswith(words)


def test_a_prompt_knows_the_files_that_it_is_made_of(folder: Path) -> None:
    """Its own first, then the included ones, each once, relative to the configuration."""
    text = """
        variants:
          - prompt: [{system: {file: ../texts/a.md}}, {user: {file: b.md}}]
            labels: [x]
          - {prompt: [{system: {file: ../texts/a.md}}], labels: [y]}
        """
    files = {"prompts/a.yaml": text, "texts/a.md": "A", "prompts/b.md": "B"}
    found = resources(folder, files)["prompt/a"].files
    assert found == ("prompts/a.yaml", "texts/a.md", "prompts/b.md")
