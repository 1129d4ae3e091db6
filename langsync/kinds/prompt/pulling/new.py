"""A prompt that no file declares, as a file declares it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from langsync.formats.values import equal
from langsync.kinds.prompt.labels import first_label, moved
from langsync.kinds.prompt.pulling.versions import Deployed, deployed, labels_of, newest
from langsync.kinds.prompt.state import PromptState
from langsync.kinds.writing import Environments
from langsync.model import Json

MOST_LINES = 30
"""Lines of a text that stands in the prompt's own file."""

MOST_CHARACTERS = 2000
"""Characters of a text that stands in the prompt's own file."""


def prompt_value(remote: PromptState, environments: Environments) -> dict[str, Any]:
    """What a file says of a prompt, without its name.

    Versions that differ by label are variants where there are no environments, or where one
    environment has several; else overrides. A prompt without labels is a draft.

    Args:
        remote: The prompt, all of its labels read.
        environments: For whom.
    """
    value: dict[str, Any] = {}
    if remote.tags:
        value["tags"] = list(remote.tags)
    labels = labels_of(remote)
    if not labels:
        draft = newest(remote)
        return {**value, "labels": [], **_content(draft)} if draft else value
    if environments.declared:
        return value | _for_environments(remote, labels, environments)
    return value | _labeled(deployed(remote, labels), labels)


def _labeled(contents: list[Deployed], labels: list[str]) -> dict[str, Any]:
    """One content with labels, or several as variants."""
    if len(contents) == 1:
        return {"labels": labels, **_content(contents[0])}
    return {"variants": [{"labels": content.labels, **_content(content)} for content in contents]}


def _content(content: Deployed) -> dict[str, Any]:
    config = {} if equal(content.config, {}) else {"config": content.config}
    return {**config, "prompt": prompt_form(content.prompt)}


def prompt_form(prompt: Json) -> Json:
    """A stored prompt as files write it."""
    return prompt if isinstance(prompt, str) else [message_form(message) for message in prompt]


def message_form(message: dict[str, str]) -> dict[str, Json]:
    """A stored message as files write it."""
    if message.get("type") == "placeholder":
        return {"placeholder": message["name"]}
    if message["role"] in ("role", "content", "placeholder", "type"):
        return {"role": message["role"], "content": message["content"]}
    return {message["role"]: message["content"]}


def _for_environments(
    remote: PromptState, labels: list[str], environments: Environments
) -> dict[str, Any]:
    own = {sibling.name: moved(sibling, labels) for sibling in environments.siblings}
    ours = [
        label for label in labels if any(label in moved_labels for moved_labels in own.values())
    ] or labels
    deployments = {
        name: deployed(remote, moved_labels) for name, moved_labels in own.items() if moved_labels
    }
    if not deployments or any(len(versions) > 1 for versions in deployments.values()):
        return _labeled(deployed(remote, ours), ours)
    contents = {name: versions[0] for name, versions in deployments.items()}
    value = _overridden(contents, environments.chosen.name)
    defaults = {sibling.name: [first_label(sibling)] for sibling in environments.siblings}
    if own == defaults:
        return value
    named = dict.fromkeys([*ours, *_default_labels(ours, environments)])
    return {"labels": list(named), **value}


def _default_labels(ours: list[str], environments: Environments) -> list[str]:
    """What environments of other projects get that move none of the labels of this one.

    Labels that environments of this project move are not among them: they would deploy it.
    """
    siblings = environments.siblings
    names = {sibling.name for sibling in siblings}
    others = [
        environment
        for environment in environments.declared
        if environment.name not in names and not moved(environment, ours)
    ]
    labels = dict.fromkeys(first_label(other) for other in others)
    return [label for label in labels if not any(moved(sibling, [label]) for sibling in siblings)]


def _overridden(contents: dict[str, Deployed], chosen: str) -> dict[str, Any]:
    """What most environments have, or the chosen one, and what differs from it in the others."""

    def rank(name: str) -> tuple[int, bool]:
        alike = sum(contents[name].is_like(content) for content in contents.values())
        return alike, name == chosen

    base = contents[max(contents, key=rank)]
    fits = all(can_merge(base.config, content.config) for content in contents.values())
    overrides: dict[str, Any] = {}
    for name, content in contents.items():
        different: dict[str, Any] = {}
        if not fits:
            different["config"] = content.config
        elif not equal(content.config, base.config):
            different["config"] = difference(base.config, content.config)
        if content.prompt != base.prompt:
            different["prompt"] = prompt_form(content.prompt)
        if different:
            overrides[name] = different
    value = _content(base)
    if not fits:
        value.pop("config", None)
    return {**value, "overrides": overrides} if overrides else value


def can_merge(base: Json, over: Json) -> bool:
    """Whether some override turns a base into a value: no key of the base is lost."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return True
    return all(key in over and can_merge(base[key], over[key]) for key in base)


def difference(base: Json, over: Json) -> Json:
    """What to merge over a value to have another one."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return over
    return {
        key: difference(base[key], value) if key in base else value
        for key, value in over.items()
        if key not in base or not equal(base[key], value)
    }


Outsource = Callable[[str, str], str]
"""Puts a text into a file of its own, by a hint at what it is; gives the file's path."""


def with_files(value: dict[str, Any], outsource: Outsource) -> dict[str, Any]:
    """A prompt file whose long texts are in files of their own."""
    outsourced = dict(value)
    for hint, holder in _holders(value):
        moved_out = {**holder, "prompt": _out(holder["prompt"], hint, outsource)}
        if holder is value:
            outsourced["prompt"] = moved_out["prompt"]
        elif hint.startswith("="):
            outsourced["overrides"] = {**outsourced["overrides"], hint[1:]: moved_out}
        else:
            variants = outsourced["variants"]
            outsourced["variants"] = [
                moved_out if variant is holder else variant for variant in variants
            ]
    return outsourced


def _holders(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects that hold a prompt, each with a hint for naming its file."""
    if "prompt" in value:
        yield "", value
    for variant in value.get("variants", ()):
        yield (variant["labels"] or ["draft"])[0], variant
    for name, override in value.get("overrides", {}).items():
        if "prompt" in override:
            yield f"={name}", override


def _out(prompt: Json, hint: str, outsource: Outsource) -> Json:
    hint = hint.removeprefix("=")
    if isinstance(prompt, str):
        return {"file": outsource(prompt, hint)} if is_long(prompt) else prompt
    return [
        {
            key: {"file": outsource(text, f"{hint}.{key}" if hint else key)}
            if key not in ("role", "placeholder") and is_long(text)
            else text
            for key, text in message.items()
        }
        for message in prompt
    ]


def is_long(text: str) -> bool:
    """Whether a text is better kept in a file of its own, and can be: CR would be lost there."""
    several = text.count("\n") >= MOST_LINES or ("\n" in text and len(text) > MOST_CHARACTERS)
    return several and "\r" not in text and not text.startswith("\ufeff")
