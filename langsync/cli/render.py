"""``langsync render``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from langsync.cli import complete, console
from langsync.cli.option_groups import option
from langsync.cli.options import PlaceOptions, PromptArgument, TextOrJson, TextOrJsonOption
from langsync.errors import ConfigError
from langsync.model import Address, Json, Resource, State
from langsync.render.shape import escape_control, value_text

if TYPE_CHECKING:
    from langsync.kinds.prompt.spec import PromptSpec, PromptVariant


@dataclass(frozen=True, kw_only=True)
class ValueOptions:
    """Values of variables and placeholders.

    Args:
        var: ``NAME=VALUE`` each.
        vars: A file of values by name.
        placeholder: ``NAME=JSON`` each.
    """

    var: Annotated[
        list[str] | None,
        option(
            "--var NAME=VALUE", "The value of a variable; @FILE takes it from a file. Repeatable."
        ),
    ] = None
    vars: Annotated[
        Path | None, option("--vars FILE", "A YAML or JSON file of values by name.")
    ] = None
    placeholder: Annotated[
        list[str] | None,
        option(
            "--placeholder NAME=JSON",
            "The messages of a placeholder, a JSON list; @FILE reads them. Repeatable.",
        ),
    ] = None

    def given(self) -> dict[str, Json]:
        """Returns the values that the command line itself gives.

        Raises:
            ConfigError: A value is invalid.
        """
        return {**dict(_pairs("--var", self.var)), **dict(_messages(self.placeholder))}


def command(
    *,
    name: PromptArgument,
    values: ValueOptions,
    label: Annotated[
        str | None,
        option(
            "--label LABEL",
            "The variant with this label; else the first one that is deployed.",
            autocompletion=complete.labels,
        ),
    ] = None,
    workspace: PlaceOptions,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Show a prompt as an application gets it, offline.

    Puts in the references to other prompts, as the files declare them for the environment, then
    variables and placeholders, exactly as compile() of the official SDK does. Nothing is sent.

    Examples:
        langsync render support/greeting --var company=Acme
        langsync render support/greeting --vars values.yaml --label staging
        langsync render chat --placeholder history=@history.json
    """
    from langsync.kinds.prompt.compiled import compile_prompt, resolve

    supplied = values.given()
    every = {**_values(values.vars), **supplied}
    state = workspace.open().loaded.state
    resource = _find(name, state)
    prompt, left = resolve(_variant(resource, label).prompt, state)
    if left:
        raise ConfigError("\n".join(f"reference to {reason}" for reason in left))
    _check_contents(prompt, every)
    compiled = compile_prompt(prompt, every)
    for notice in _notices(prompt, every, supplied):
        console.notice(notice, "yellow")
    if format is TextOrJson.JSON:
        console.write(json.dumps(compiled, ensure_ascii=False, indent=2) + "\n")
    else:
        console.write(escape_control(_text(compiled)) + "\n")
    return 0


def _pairs(option: str, texts: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    """Yields names and values of a repeatable option, with those in files read."""
    from langsync.source import WorkTree
    from langsync.source.documents import read_text

    for word in texts or ():
        name, equals, value = word.partition("=")
        if not (equals and name.strip()):
            raise ConfigError(f"{option} {word!r}: write NAME=VALUE, or NAME=@FILE")
        if value.startswith("@"):
            path = Path(value[1:])
            tree = WorkTree.below(path.parent)
            value = read_text(tree, path, f"{option} {name.strip()}: {path}").removesuffix("\n")
        yield name.strip(), value


def _messages(texts: Sequence[str] | None) -> Iterator[tuple[str, Json]]:
    for name, text in _pairs("--placeholder", texts):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"--placeholder {name}: this is not JSON: {error}") from None
        if not isinstance(value, list) or not all(isinstance(message, dict) for message in value):
            raise ConfigError(f"--placeholder {name}: give a list of messages: {_EXAMPLE}")
        yield name, value


def _check_contents(prompt: Json, values: Mapping[str, Json]) -> None:
    """Check that messages of placeholders have text content: the SDK breaks on anything else."""
    from langsync.kinds.prompt.references import placeholders

    for name in placeholders(prompt):
        value = values.get(name)
        for index, message in enumerate(value if isinstance(value, list) else ()):
            if isinstance(message, dict) and not isinstance(message.get("content", ""), str):
                problem = f"the content of message {index} must be a text"
                raise ConfigError(f"placeholder {name!r}: {problem}")


_EXAMPLE = '[{"role": "user", "content": "Hello"}]'


def _values(path: Path | None) -> dict[str, Json]:
    from langsync.source import WorkTree
    from langsync.source.documents import read_documents

    if path is None:
        return {}
    documents = read_documents(WorkTree.below(path.parent), path, f"--vars {path}")
    value = documents[0].value if len(documents) == 1 else None
    if not isinstance(value, dict):
        raise ConfigError(f"--vars {path}: give a mapping of names to values")
    return value


def _find(name: str, state: State) -> Resource:
    names = [resource.address.name for resource in state.of_kind("prompt")]
    for candidate in (name, name.removeprefix("prompt/")):
        if candidate in names:
            return state[Address("prompt", candidate)]
    near = get_close_matches(name.removeprefix("prompt/"), names, n=3, cutoff=0.5)
    if near:
        hint = f"did you mean {' or '.join(map(repr, near))}?"
    else:
        hint = "'langsync validate' counts what there is" if names else "there are no prompts"
    raise ConfigError(f"no file declares a prompt {name!r}: {hint}")


def _variant(resource: Resource[PromptSpec], label: str | None) -> PromptVariant:
    from langsync.kinds.prompt.compiled import labeled
    from langsync.kinds.prompt.state import LATEST

    declared = resource.content
    if label is not None:
        variant = labeled(declared, label)
        if variant is None:
            labels = ", ".join(placement or LATEST for placement in declared.placements) or "none"
            problem = f"{resource.address} has no label {label!r} in this environment"
            raise ConfigError(f"{problem}: its labels are {labels}")
        return variant
    deployed = (variant for variant in declared.variants if variant.labels)
    return next(deployed, declared.variants[0])


def _notices(prompt: Json, values: Mapping[str, Json], supplied: Iterable[str]) -> Iterator[str]:
    """Yields notices of missing values and of unused ones."""
    from langsync.kinds.prompt.compiled import missing
    from langsync.kinds.prompt.references import placeholders

    if names := missing(prompt, values):
        yield f"no value for {_listed(names)}: such variables stay as they are (--var NAME=VALUE)"
    places = dict.fromkeys(placeholders(prompt))
    if names := tuple(name for name in places if name not in values):
        kept = "such placeholders stay as they are (--placeholder NAME=JSON)"
        yield f"no messages for {_listed(names)}: {kept}"
    for name in places:
        if name in values and not isinstance(values[name], list):
            yield f"{name!r} is a placeholder: it takes a list of messages (--placeholder)"
    known = {*places, *missing(prompt, {key: values[key] for key in places if key in values})}
    if unused := [name for name in supplied if name not in known]:
        yield f"the prompt has no {_listed(unused)}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))


def _text(compiled: Json) -> str:
    """Returns a compiled prompt as text: of a chat, each role and its message."""
    if isinstance(compiled, str):
        return compiled
    return "\n\n".join(map(_message, compiled))


def _message(message: dict[str, Json]) -> str:
    if "role" not in message:
        return f"[placeholder {message['name']}]"
    rest = [f"{key}: {value_text(message[key])}" for key in message if key not in _SHOWN]
    content = [message["content"]] if message["content"] else []
    return "\n".join([f"[{message['role']}]", *content, *rest])


_SHOWN = frozenset({"role", "content"})
