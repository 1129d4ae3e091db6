"""Prompts as files declare them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

import orjson
from pydantic import Discriminator, Field, RootModel, Tag, field_validator

from langsync.config import Environment
from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document, Shape, Steps, dotted, parse_leniently
from langsync.formats.included import read_included
from langsync.formats.values import canonical, flaws
from langsync.kinds.base import Context, Declared
from langsync.kinds.names import label_flaw, name_flaw
from langsync.kinds.prompt.references import malformed, placeholders, references, variables
from langsync.model import Address, Json, Resource

MAX_BODY = 1024 * 1024
"""Bytes that the server takes in one request (observed: 1 MB)."""

MAX_COMMIT_MESSAGE = 500
"""Characters of a commit message (recorded: prompt-bodies 6)."""

_PLACEHOLDER = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")


class IncludedFile(Shape):
    """A text that stands in a file of its own."""

    file: str = Field(description="Path of the text file, relative to this file.")


def _content_tag(value: Json) -> str:
    return "<file>" if isinstance(value, dict | IncludedFile) else "<text>"


Content = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[IncludedFile, Tag("<file>")],
    Discriminator(_content_tag),
]


class ShortMessage(RootModel[dict[str, Content]]):
    """A message as ``role: content``."""

    @field_validator("root")
    @classmethod
    def _one_role(cls, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) != 1:
            raise ValueError("a message has one role and its content: write 'role: content'")
        return value


class Message(Shape):
    """A message spelt out; Langfuse keeps role and content and drops every other key."""

    role: str
    content: Content


class ShortPlaceholder(Shape):
    """A place for messages that the caller passes, by its name."""

    placeholder: str


class Placeholder(Shape):
    """A place for messages that the caller passes, spelt out."""

    type: Literal["placeholder"]
    name: str


def _message_tag(value: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    if not isinstance(value, dict):
        return "<message>"
    if value.get("type") == "placeholder":
        return "<placeholder>"
    if "placeholder" in value:
        return "<short-placeholder>"
    return "<message>" if {"role", "content"} & value.keys() else "<short>"


AnyMessage = Annotated[
    Annotated[ShortMessage, Tag("<short>")]
    | Annotated[Message, Tag("<message>")]
    | Annotated[ShortPlaceholder, Tag("<short-placeholder>")]
    | Annotated[Placeholder, Tag("<placeholder>")],
    Discriminator(_message_tag),
]


def _prompt_tag(value: Json) -> str:
    return "<chat>" if isinstance(value, list) else _content_tag(value)


AnyPrompt = Annotated[
    Annotated[str, Tag("<text>")]
    | Annotated[IncludedFile, Tag("<file>")]
    | Annotated[list[AnyMessage], Tag("<chat>")],
    Discriminator(_prompt_tag),
]


class PromptFile(Shape):
    """One prompt."""

    name: str = Field(default="", description="Its name; by default the path below the folder.")
    type: Literal["text", "chat"] | None = Field(
        default=None, description="text or chat; by default what the prompt itself is."
    )
    tags: list[str] = Field(
        default_factory=list, description="Tags of the prompt; absent: not managed; []: none."
    )
    labels: list[str] = Field(
        default_factory=list,
        description="Where it is deployed; absent: the environment's first label; []: a draft.",
    )
    config: Any = Field(default_factory=dict, description="Any JSON, such as model parameters.")
    commit_message: str | None = Field(
        default=None, description="The message of versions that are created."
    )
    prompt: AnyPrompt = Field(description="A text, {file: …}, or a list of messages.")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns one document into a resource, and gathers what is wrong on the way."""

    document: Document
    context: Context
    declared: Declared

    def problem(self, steps: Steps, message: str, *, key: bool = False) -> None:
        self.declared.problems.append(self.document.problem(steps, message, key=key))

    def warning(self, steps: Steps, message: str) -> None:
        self.declared.warnings.append(self.document.problem(steps, message))

    def prompt(self, value: str | IncludedFile | list[Any]) -> Json:
        """The prompt as the server stores it."""
        if not isinstance(value, list):
            return self.content(value, ("prompt",))
        return [self.message(message, ("prompt", index)) for index, message in enumerate(value)]

    def message(self, value: Any, steps: Steps) -> dict[str, str]:  # noqa: ANN401 - a union
        if isinstance(value, Placeholder | ShortPlaceholder):
            name = value.name if isinstance(value, Placeholder) else value.placeholder
            if not _PLACEHOLDER.fullmatch(name):
                words = "a placeholder's name is a letter, then letters, digits and '_'"
                self.problem(steps, f"{words}: {name!r} is none")
            return {"type": "placeholder", "name": name}
        role, content = (
            (value.role, value.content) if isinstance(value, Message) else _only(value.root)
        )
        inner = (*steps, "content" if isinstance(value, Message) else role)
        return {"role": role, "content": self.content(content, inner)}

    def content(self, value: str | IncludedFile, steps: Steps) -> str:
        if isinstance(value, str):
            return value
        try:
            return read_included(self.document, value.file, steps, self.context.repository)
        except InvalidFilesError as error:
            self.declared.problems.extend(error.problems)
            return ""

    def labels(self, file: PromptFile) -> tuple[str, ...]:
        """The labels that this environment moves; ``latest`` alone stands for a draft."""
        environment = self.context.environment
        if "labels" not in file.model_fields_set:
            return self._default_label(environment)
        if not file.labels:
            return ("latest",)
        for index, label in enumerate(file.labels):
            if flaw := label_flaw(label):
                self.problem(("labels", index), flaw)
            elif self._is_unlisted(label):
                self.warning(("labels", index), f"no environment lists the label {label!r}")
        return tuple(dict.fromkeys(label for label in file.labels if _moves(environment, label)))

    def _default_label(self, environment: Environment) -> tuple[str, ...]:
        first = environment.labels[0] if environment.labels else "production"
        if label_flaw(first):
            self.problem(
                (),
                f"it names no labels, and the first label of environment {environment.name!r} "
                f"is the pattern {first!r}: name its labels",
            )
        return (first,)

    def _is_unlisted(self, label: str) -> bool:
        environments = self.context.environments
        return bool(environments) and not any(_moves(each, label) for each in environments)


def _only(root: dict[str, Any]) -> tuple[str, Any]:
    return next(iter(root.items()))


def _moves(environment: Environment, label: str) -> bool:
    if environment.labels is None:
        return True
    return any(fnmatchcase(label, glob) for glob in environment.labels)


def declare(document: Document, name: str, context: Context) -> Declared:
    """Read one prompt; see `Kind.declare`."""
    declared = Declared()
    file, problems = parse_leniently(PromptFile, document)
    declared.problems.extend(problems)
    if file is None:
        return declared
    reader = _Reader(document, context, declared)
    name = file.name or name
    if not name:
        reader.problem((), "name is missing: a file of several prompts names each of them")
        return declared
    prompt = reader.prompt(file.prompt)
    kind = "chat" if isinstance(file.prompt, list) else "text"
    for text in malformed(prompt):
        reader.warning(("prompt",), f"{text!r} is no reference to Langfuse, but plain text")
    for steps, message in _file_flaws(file, name, prompt, kind):
        reader.problem(steps, message)
    variant: dict[str, Json] = {
        "prompt": prompt,
        "config": {} if file.config is None else canonical(file.config),
        "labels": list(reader.labels(file)),
        "commit_message": file.commit_message,
    }
    content: dict[str, Json] = {"type": kind, "variants": [variant]}
    if "tags" in file.model_fields_set:
        content["tags"] = list(dict.fromkeys(file.tags))
    declared.resources.append(
        Resource(
            Address("prompt", name),
            content,
            context.source(document),
            tuple(Address("prompt", reference.name) for reference in references(prompt)),
        )
    )
    return declared


def _file_flaws(
    file: PromptFile, name: str, prompt: Json, kind: str
) -> Iterator[tuple[Steps, str]]:
    if name != name.strip().strip("\ufeff"):
        yield ("name",), f"Langfuse would cut the spaces around {name!r}: remove them"
    elif (flaw := name_flaw(name, what="prompt")) or (flaw := _reserved(name)):
        yield ("name",), flaw
    if file.type is not None and file.type != kind:
        yield ("type",), f"type is {file.type}, but the prompt is {_article(kind)}"
    yield from _repeated_names(prompt)
    for key, value in (("prompt", prompt), ("config", file.config), ("tags", file.tags)):
        for steps, flaw in flaws(value, (key,)):
            yield steps, f"{dotted(steps)}: {flaw}"
    message = file.commit_message or ""
    if len(message.encode("utf-16-le", "surrogatepass")) // 2 > MAX_COMMIT_MESSAGE:
        yield ("commit_message",), f"at most {MAX_COMMIT_MESSAGE} characters, not {len(message)}"
    if any(True for _ in flaws(message)):
        yield ("commit_message",), "the text has a character that Langfuse cannot store"
    yield from _size_flaw(name, prompt, file)


def _reserved(name: str) -> str:
    # recorded: prompt-names 4 to 7
    if name in ("new", "metrics", "prompt-detail"):
        return f"Langfuse keeps the name {name!r} for itself: choose another"
    return "prompt name must not have a '|'" if "|" in name else ""


def _article(kind: str) -> str:
    return "a list of messages" if kind == "chat" else "a text"


def _repeated_names(prompt: Json) -> Iterator[tuple[Steps, str]]:
    """A name that is a variable and a placeholder is refused (recorded: prompt-chat 3)."""
    both = sorted(set(variables(prompt)) & set(placeholders(prompt)))
    if both:
        yield ("prompt",), f"{', '.join(both)}: a variable and a placeholder have one name"


def _size_flaw(name: str, prompt: Json, file: PromptFile) -> Iterator[tuple[Steps, str]]:
    try:
        size = len(orjson.dumps([name, prompt, file.config, file.tags, file.commit_message]))
    except TypeError:
        return  # one of the flaws above
    if size + 1024 > MAX_BODY:
        yield ("prompt",), f"{size:,} bytes: Langfuse takes at most 1 MB for one prompt"


__all__ = ["MAX_BODY", "Problem", "PromptFile", "declare"]
