"""What an application gets: references put in, then variables and placeholders, as the SDKs do.

Langfuse's server resolves references; ``compile`` of the official SDKs does the rest
(``TextPromptClient`` and ``ChatPromptClient`` in ``langfuse.model``, version 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from langsync.kinds.prompt import references
from langsync.kinds.prompt.references import Reference, UnresolvedError, texts
from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
from langsync.kinds.prompt.state import LATEST, PromptText
from langsync.model import Address, Json, Resource

Values = Mapping[str, Json]
"""Values of variables, and lists of messages for placeholders, by name."""


def resolve(
    prompt: PromptText, declared: Mapping[Address, Resource]
) -> tuple[PromptText, tuple[str, ...]]:
    """Put the texts of other prompts in, as they are declared for one environment.

    Args:
        prompt: A text, or messages.
        declared: What the files declare for the environment.

    Returns:
        The prompt, and which references are left, each with the reason.
    """
    return references.resolve(prompt, lambda reference: _text(reference, declared))


def _text(reference: Reference, declared: Mapping[Address, Resource]) -> str:
    """The text that a reference means.

    Raises:
        UnresolvedError: It is not known from the files.
    """
    target = declared.get(Address("prompt", reference.name))
    if reference.version is not None:
        raise UnresolvedError("only Langfuse knows the versions of a prompt: name a label")
    if target is None:
        raise UnresolvedError("it is declared in no file")
    variant = labeled(target.content, str(reference.label))
    if variant is None:
        raise UnresolvedError("the files deploy no such label in this environment")
    if not isinstance(variant.prompt, str):
        raise UnresolvedError("it is a chat prompt, and only texts can be referred to")
    return variant.prompt


def labeled(declared: PromptSpec, label: str) -> PromptVariant | None:
    """The variant of a declared prompt that a label means in this environment."""
    if label != LATEST:
        return declared.with_label(label)
    drafts = [
        variant for variant in declared.variants if variant.is_draft or len(declared.variants) == 1
    ]
    return drafts[0] if drafts else None


def variables(text: str) -> Iterator[str]:
    """The names in ``{{name}}`` as the SDKs see them: any name, without the spaces around it."""
    return (name for name, _, _ in _places(text))


def _places(text: str) -> Iterator[tuple[str, int, int]]:
    position = 0
    while (start := text.find("{{", position)) >= 0 and (end := text.find("}}", start)) >= 0:
        position = end + 2
        yield text[start + 2 : end].strip(), start, position


def compile_text(text: str, values: Values) -> str:
    """Put values in the place of variables; one without a value stays as it is.

    Args:
        text: A text; it is scanned once, so that nothing inside a value is replaced.
        values: Values by name: None becomes an empty text, all else its ``str``.
    """
    pieces, position = [], 0
    for name, start, end in _places(text):
        value = values.get(name)
        put = "" if value is None else str(value)
        pieces += [text[position:start], put if name in values else text[start:end]]
        position = end
    return "".join([*pieces, text[position:]])


def compile_prompt(prompt: Json, values: Values) -> Json:
    """What ``compile(**values)`` of the official SDK returns for a prompt.

    Args:
        prompt: A text, or messages.
        values: Values of variables and placeholders.

    Returns:
        A text, or messages. A placeholder without messages stays; the messages that take the
        place of one may have variables and further keys.
    """
    if isinstance(prompt, str):
        return compile_text(prompt, values)
    compiled: list[Json] = []
    for message in prompt:
        if "role" in message:
            content = compile_text(message["content"], values)
            compiled.append({"role": message["role"], "content": content})
        elif message["name"] in values:
            compiled += _messages(values[message["name"]], values)
        else:
            compiled.append(message)
    return compiled


def _messages(value: Json, values: Values) -> Iterator[dict[str, Json]]:
    """The messages that take the place of a placeholder."""
    if not isinstance(value, list):
        yield {"role": "NOT_GIVEN", "content": str(value)}
        return
    for message in value:
        if not isinstance(message, dict):
            yield {"role": "NOT_GIVEN", "content": str(value)}
            continue
        content = compile_text(message.get("content", ""), values)
        yield {**message, "role": message.get("role", "NOT_GIVEN"), "content": content}


def missing(prompt: Json, values: Values) -> tuple[str, ...]:
    """The variables of a prompt, and of the messages put into it, that have no value."""
    names = [name for text in texts(prompt) for name in variables(text)]
    for message in prompt if isinstance(prompt, list) else ():
        value = values.get(message.get("name", ""))
        for inserted in value if "role" not in message and isinstance(value, list) else ():
            content = inserted.get("content") if isinstance(inserted, dict) else None
            names += variables(content) if isinstance(content, str) else ()
    return tuple(dict.fromkeys(name for name in names if name and name not in values))
