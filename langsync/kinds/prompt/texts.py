"""The texts of a prompt file, as Langfuse will store them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from langsync.errors import InvalidFilesError, Problem
from langsync.formats.documents import Document, Steps
from langsync.kinds.base import Context, Declared, Text
from langsync.kinds.prompt import templates
from langsync.kinds.prompt.messages import IncludedFile, Message, Placeholder, ShortPlaceholder
from langsync.kinds.prompt.state import PromptText
from langsync.model import Json, Source
from langsync.rules import Rule
from langsync.source.documents import inside, read_included

NO_TEMPLATE = "this file is no template: add template: true, or ${vars.…} stays as it is"

_PLACEHOLDER = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True)
class ContentReader:
    """Turns the content of one document into what is stored, and collects the problems.

    Args:
        document: The document.
        context: What declaring needs to know.
        declared: Where problems and warnings go.
        template: Whether the environment's values are put into texts and configs.
        files: The included files that were read, relative to the folder of ``langsync.yaml``.
        places: The place of each text that was read, in order.
    """

    document: Document
    context: Context
    declared: Declared
    template: bool = False
    files: list[str] = field(default_factory=list)
    places: list[Source] = field(default_factory=list)

    def problem(self, steps: Steps, message: str, *, key: bool = False) -> None:
        """Report a problem with the value at the given steps."""
        self.declared.problems.append(self.document.problem(steps, message, key=key))

    def warning(self, warning: Problem) -> None:
        """Report a warning, unless it was reported before."""
        if warning not in self.declared.warnings:
            self.declared.warnings.append(warning)

    def prompt(self, value: str | IncludedFile | list[Any], steps: Steps) -> PromptText:
        """A prompt as the server stores it."""
        if not isinstance(value, list):
            return self._content(value, steps)
        return [self._message(message, (*steps, index)) for index, message in enumerate(value)]

    def _message(self, value: Any, steps: Steps) -> dict[str, str]:  # noqa: ANN401 - a union
        if isinstance(value, Placeholder | ShortPlaceholder):
            name = value.name if isinstance(value, Placeholder) else value.placeholder
            if not _PLACEHOLDER.fullmatch(name):
                rule = "a placeholder's name is a letter, then letters, digits and '_'"
                self.problem(steps, f"{rule}: {name!r} is none")
            return {"type": "placeholder", "name": name}
        role, content = (
            (value.role, value.content) if isinstance(value, Message) else _only(value.root)
        )
        inner = (*steps, "content" if isinstance(value, Message) else role)
        return {"role": role, "content": self._content(content, inner)}

    def _content(self, value: str | IncludedFile, steps: Steps) -> str:
        if isinstance(value, str):
            self.places.append(self.context.source(self.document, self.document.placed(steps)))
            self.declared.texts.append(Text(value, self.document, self.document.placed(steps)))
            return self._filled(value, lambda _, message: self.document.problem(steps, message))
        try:
            path = inside(self.context.tree, self.document, value.file, steps)
            text = read_included(self.context.tree, self.document, value.file, steps)
        except InvalidFilesError as error:
            self.declared.problems.extend(error.problems)
            return ""
        self.files.append(self.context.relative(path))
        self.places.append(Source(self.files[-1], line=1))
        shown = self.context.shown(path)
        self.declared.files.append(self.files[-1])
        self.declared.texts.append(
            Text(text, self.document, self.document.placed(steps), included=shown)
        )
        return self._filled(text, lambda line, message: Problem(shown, message, line))

    def _filled(self, text: str, problem: Callable[[int, str], Problem]) -> str:
        """A text with the environment's values in it; ``problem`` places one by its line."""
        environment = self.context.environment
        labeled, violations = templates.fill_labels(text, environment)
        problems = [problem(_line(text, offset), message) for offset, message in violations]
        filled = labeled
        if self.template:
            filled, violations = templates.fill(labeled, environment)
            problems += [problem(_line(labeled, offset), message) for offset, message in violations]
        elif (offset := text.find(templates.SIGN)) >= 0:
            self._no_template(problem(_line(text, offset), NO_TEMPLATE))
        self.declared.problems.extend(problems)
        return filled

    def _no_template(self, warning: Problem) -> None:
        self.warning(replace(warning, code=Rule.NO_TEMPLATE.code))

    def config(self, value: Json, steps: Steps) -> Json:
        """A config with the environment's values in it."""
        if not self.template:
            for inner, text in templates.texts(value, steps):
                if templates.SIGN in text:
                    self._no_template(self.document.problem(inner, NO_TEMPLATE))
            return value
        filled, violations = templates.fill_config(value, self.context.environment, steps)
        for inner, message in violations:
            self.problem(inner, message)
        return filled


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _only(root: dict[str, Any]) -> tuple[str, Any]:
    return next(iter(root.items()))
