"""Prompts as files declare them."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.model import UNMANAGED, Source
from tests.unit.repository import loaded, problems, resources

NO_REFERENCE = "is no reference to Langfuse, but plain text"


def content(folder: Path, text: str) -> PromptSpec:
    """What one prompt file declares."""
    (resource,) = resources(folder, {"prompts/a.yaml": text}).values()
    assert isinstance(resource.content, PromptSpec)
    return resource.content


def variant(folder: Path, text: str) -> PromptVariant:
    """The one variant that a prompt file declares."""
    (found,) = content(folder, text).variants
    return found


def violations(folder: Path, text: str) -> list[str]:
    """What is wrong with one prompt file, without its name."""
    found = problems(folder, {"prompts/a.yaml": text})
    return [one.removeprefix("prompts/a.yaml:") for one in found]


def test_the_least_that_a_file_can_say(folder: Path) -> None:
    """A text, deployed to production, tags not managed."""
    found = content(folder, "prompt: Hello\n")
    assert found == PromptSpec("text", (PromptVariant("Hello", {}, ("production",)),))
    assert found.tags is UNMANAGED
    assert found.known_labels == ("production",)


def test_everything_that_a_file_can_say(folder: Path) -> None:
    """Numbers have one form; tags and labels are each there once."""
    text = """
        name: support/greeting
        type: text
        tags: [b, a, b]
        labels: [staging, production, staging]
        config: {temperature: 1.0, list: [null]}
        commit_message: Why
        prompt: Hello
        """
    (resource,) = resources(folder, {"prompts/a.yaml": text}).values()
    assert str(resource.address) == "prompt/support/greeting"
    variant = PromptVariant(
        "Hello",
        {"temperature": 1, "list": [None]},
        ("staging", "production"),
        commit_message="Why",
    )
    assert resource.content == PromptSpec("text", (variant,), ("b", "a"))
    assert resource.content.known_labels == ("production", "staging")


def test_messages_can_be_written_in_four_ways(folder: Path) -> None:
    """Short and spelt out, messages and placeholders."""
    text = """
        prompt:
          - system: You are {{x}}
          - {role: tool, content: ""}
          - placeholder: history
          - {type: placeholder, name: h_2}
          - {role: role, content: content}
          - any role: "{{q}}"
        """
    declared = content(folder, text)
    assert declared.type == "chat"
    assert declared.variants[0].prompt == [
        {"role": "system", "content": "You are {{x}}"},
        {"role": "tool", "content": ""},
        {"type": "placeholder", "name": "history"},
        {"type": "placeholder", "name": "h_2"},
        {"role": "role", "content": "content"},
        {"role": "any role", "content": "{{q}}"},
    ]


@pytest.mark.parametrize(("text", "prompt"), [("prompt: []", []), ("prompt: ''", "")])
def test_an_empty_prompt_is_one(folder: Path, text: str, prompt: object) -> None:
    """A list is a chat, a string is a text."""
    assert variant(folder, text).prompt == prompt


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("{file: a.md}", "from a file"),
        ("[{system: {file: a.md}}]", [{"role": "system", "content": "from a file"}]),
        (
            "[{role: user, content: {file: a.md}}]",
            [{"role": "user", "content": "from a file"}],
        ),
    ],
)
def test_a_text_can_stand_in_a_file_of_its_own(folder: Path, prompt: str, expected: object) -> None:
    """The whole prompt, or one message."""
    files = {"prompts/a.yaml": f"prompt: {prompt}\n", "prompts/a.md": "from a file\n"}
    (resource,) = resources(folder, files).values()
    assert resource.content.variants[0].prompt == expected


@pytest.mark.parametrize(
    ("config", "expected"), [("null", {}), ("[1.0]", [1]), ("x", "x"), ("0", 0), ("{}", {})]
)
def test_a_config_is_any_json(folder: Path, config: str, expected: object) -> None:
    """Nothing is an empty one."""
    assert variant(folder, f"prompt: x\nconfig: {config}\n").config == expected


def test_a_resource_knows_its_place_and_what_it_needs(folder: Path) -> None:
    """The prompts that it refers to come first, each once."""
    tag = "@@@langfusePrompt:name=b|label=production@@@"
    text = f"prompt: x\n---\nname: c\nprompt: '{tag} {tag}'\n"
    files = {
        "prompts/x/a.yaml": f"name: d\n{text}",
        "prompts/b.yaml": "prompt: b\n",
    }
    found = resources(folder, files)
    assert found["prompt/c"].source == Source("prompts/x/a.yaml", 0, 1)
    assert list(map(str, found["prompt/c"].needs)) == ["prompt/b"]
    assert found["prompt/b"].needs == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("labels: [a]\n", "1:1: prompt is missing"),
        ("prompt: 5\n", "1:9: prompt must be a string, not the number 5"),
        ("prompt:\n  fil: x\n", "2:3: unknown key 'fil'"),
        ("type: chat\nprompt: x\n", "1:7: type is chat, but the prompt is a text"),
        ("type: text\nprompt: []\n", "1:7: type is text, but the prompt is a list of messages"),
        ("type: json\nprompt: x\n", "1:7: type must be 'text' or 'chat'"),
        ("prompt: x\nlables: []\n", "2:1: unknown key 'lables': did you mean 'labels'?"),
        ("prompt: x\nlabels: [Bad]\n", "2:10: label 'Bad' is refused by Langfuse"),
        ("prompt: x\nlabels: [a, latest]\n", "2:13: 'latest' is put on the newest version"),
        ("prompt: x\nname: ' a'\n", "2:7: Langfuse would cut the spaces around ' a'"),
        ("prompt: x\nname: new\n", "2:7: Langfuse keeps the name 'new' for itself"),
        ("prompt: x\nname: a|b\n", "2:7: prompt name must not have a '|'"),
        ("prompt: x\nname: a//b\n", "2:7: prompt name must not have two slashes in a row"),
        ('prompt: "a\\0"\n', "1:9: prompt: the text has a NUL character"),
        ('prompt: x\nconfig: {a: ["\\0"]}\n', "2:14: config.a[0]: the text has a NUL"),
        ('prompt: x\ntags: ["\\0"]\n', "2:8: tags[0]: the text has a NUL character"),
        ("prompt: x\nconfig: {a: 9007199254740993}\n", "2:13: config.a: 9007199254740993 is past"),
        ("prompt: {file: none.md}\n", "1:9: there is no file 'none.md'"),
        ("prompt: [user]\n", "1:10: prompt[0] must be a mapping, not a string"),
        ("prompt:\n  - {user: a, system: b}\n", "2:5: prompt[0]: a message has one role"),
        ("prompt:\n  - {}\n", "2:5: prompt[0]: a message has one role and its content"),
        ("prompt:\n  - {role: a}\n", "2:5: content is missing"),
        ("prompt:\n  - {role: a, content: b, name: c}\n", "2:27: unknown key 'name'"),
        ("prompt:\n  - user: 5\n", "2:11: prompt[0].user must be a string, not the number 5"),
        ("prompt:\n  - user:\n", "prompt[0].user must be a string, not nothing"),
        ("prompt:\n  - placeholder: 1x\n", "2:5: a placeholder's name is a letter"),
        ("prompt:\n  - {type: placeholder}\n", "2:5: name is missing"),
        (
            "prompt:\n  - placeholder: a\n  - user: '{{a}}'\n",
            "2:3: a: a variable and a placeholder have one name",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_with_its_place(folder: Path, text: str, words: str) -> None:
    """In words that say what to do."""
    assert any(words in one for one in violations(folder, text))


@pytest.mark.parametrize(("size", "fine"), [(1024 * 1024 - 2048, True), (1024 * 1024, False)])
def test_a_prompt_has_a_largest_size(folder: Path, size: int, fine: bool) -> None:  # noqa: FBT001 - a column
    """The server takes 1 MB."""
    found = violations(folder, f"prompt: {'x' * size}\n")
    assert (found == []) is fine
    assert fine or "Langfuse takes at most 1 MB for one prompt" in found[0]


@pytest.mark.parametrize(("length", "fine"), [(250, True), (251, False)])
def test_a_commit_message_has_a_largest_length(folder: Path, length: int, fine: bool) -> None:  # noqa: FBT001 - a column
    """Counted as JavaScript does (recorded: prompt-bodies 6)."""
    found = violations(folder, f"prompt: x\ncommit_message: {'😀' * length}\n")
    assert (found == []) is fine
    assert fine or "at most 500 characters" in found[0]


def test_the_documents_of_one_file_have_names(folder: Path) -> None:
    """There is one path for all of them."""
    assert violations(folder, "prompt: x\n---\nname: b\nprompt: y\n") == [
        "1:1: name is missing: a file of several prompts names each of them"
    ]


ENVIRONMENTS = """
    version: 1
    environments:
      dev: {labels: ["dev-*", staging]}
      staging: {labels: [staging]}
      production: {labels: [production, prod-a]}
      any: {}
    """


@pytest.mark.parametrize(
    ("declared", "env", "labels"),
    [
        ("labels: [staging, production]", "staging", ["staging"]),
        ("labels: [staging, production]", "production", ["production"]),
        ("labels: [dev-1, x, dev-2]", "dev", ["dev-1", "dev-2"]),
        ("labels: [x]", "production", []),
        ("labels: [prod-a, production]", "production", ["prod-a", "production"]),
        ("labels: [x, y]", "any", ["x", "y"]),
        ("labels: []", "production", []),
        ("tags: []", "production", ["production"]),
        ("tags: []", "staging", ["staging"]),
        ("tags: []", "any", ["production"]),
    ],
)
def test_an_environment_moves_only_its_labels(
    folder: Path, declared: str, env: str, labels: list[str]
) -> None:
    """A file's are cut to those; one that names none gets the first; none at all is a draft."""
    files = {"langsync.yaml": ENVIRONMENTS, "prompts/a.yaml": f"prompt: x\n{declared}\n"}
    (resource,) = resources(folder, files, env).values()
    (variant,) = resource.content.variants
    assert (variant.labels, variant.is_draft) == (tuple(labels), declared == "labels: []")


def test_a_pattern_is_no_label_to_begin_with(folder: Path) -> None:
    """A file that names none cannot get it."""
    files = {"langsync.yaml": ENVIRONMENTS, "prompts/a.yaml": "prompt: x\n"}
    (problem,) = problems(folder, files, "dev")
    assert problem.startswith("prompts/a.yaml:1:1: it names no labels, and the first label of")


def test_a_label_that_no_environment_lists_is_worth_a_look(folder: Path) -> None:
    """A warning with its place, unless some environment takes every label."""
    text = "prompt: x\nlabels: [staging, stagin]\n"
    without_any = ENVIRONMENTS.replace("any: {}", "")
    files = {"langsync.yaml": without_any, "prompts/a.yaml": text}
    assert list(map(str, loaded(folder, files, "staging").warnings)) == [
        "prompts/a.yaml:2:19: no environment lists the label 'stagin'"
    ]
    files = {"langsync.yaml": ENVIRONMENTS, "prompts/a.yaml": text}
    assert loaded(folder, files, "staging").warnings == ()
    files = {"langsync.yaml": "version: 1\n", "prompts/a.yaml": text}
    assert loaded(folder, files).warnings == ()


def test_what_only_looks_like_a_reference_is_worth_a_look(folder: Path) -> None:
    """To Langfuse it is plain text (recorded: prompt-composition 7)."""
    text = "prompt: '@@@langfusePrompt:name=tone@@@'\n"
    assert list(map(str, loaded(folder, {"prompts/a.yaml": text}).warnings)) == [
        f"prompts/a.yaml:1:9: '@@@langfusePrompt:name=tone@@@' {NO_REFERENCE}"
    ]
