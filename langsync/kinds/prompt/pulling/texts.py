"""Edits of the texts and configs of a prompt file after which they match Langfuse."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langsync.formats.line_ends import ended_alike, normal
from langsync.kinds.prompt.pulling.new import is_long, message_form
from langsync.kinds.prompt.pulling.values import Form, aligned
from langsync.kinds.writing import Files
from langsync.model import Json


@dataclass(frozen=True, slots=True)
class Texts:
    """Writes texts where a file has them: in itself, or in files that it names.

    Args:
        form: How the file writes values.
        files: The files as they will be.
        path: The prompt's file, relative to the folder of ``langsync.yaml``.
        used: How many declarations name each included file.
        own: Whether what the file names is this environment's alone.
        written: The files that were written.
    """

    form: Form
    files: Files
    path: str
    used: Counter[str]
    own: bool
    written: set[str] = field(default_factory=set)

    def prompt(self, raw: Json, before: Json, target: Json, hint: str) -> Json:
        """What to write for a prompt.

        Args:
            raw: What is written now.
            before: The prompt that it evaluates to.
            target: The prompt that it is to evaluate to.
            hint: The name for a file of its own.
        """
        if isinstance(target, str):
            return self._text(raw if isinstance(raw, str | dict) else "", target, hint)
        if not (isinstance(raw, list) and isinstance(before, list) and len(raw) == len(before)):
            return [self.form.message(message) for message in target]
        return [
            self.form.message(message)
            if index is None
            else self._message(raw[index], message, hint)
            for index, message in aligned(before, target)
        ]

    def _message(self, raw: dict[str, Any], target: dict[str, str], hint: str) -> Json:
        if "content" not in target:
            same = target["name"] in (raw.get("placeholder"), raw.get("name"))
            return raw if same else message_form(target)
        key = "content" if "content" in raw and "role" in raw else target["role"]
        role = raw.get("role") if key == "content" else key
        if role != target["role"] or key not in raw:
            return self.form.message(target)
        own = f"{hint}.{role}" if hint else str(role)
        return {**raw, key: self._text(raw[key], target["content"], own)}

    def _text(self, raw: str | dict[str, str], target: str, hint: str) -> Json:
        if isinstance(raw, str):
            return self.form.text(raw, target)
        path = self.included(raw)
        text = self.read(path)
        new = self.form.text(text, target)
        if new == text:
            return raw
        fits = "\r" not in new and not new.startswith("\ufeff")
        if fits and self.own and self.used[path] < 2:
            self._write(path, ended_alike(self.files.read(path), f"{new}\n"))
            return raw
        return {"file": self._placed(new, hint)} if is_long(new) else new

    def _placed(self, text: str, hint: str) -> str:
        """A new file beside the prompt's."""
        folder = self.files.relative(self.files.folder("prompts"))
        stem = os.path.relpath(os.path.splitext(self.path)[0], folder).replace(os.sep, "/")  # noqa: PTH122
        made = self.files.place("prompts", f"{stem}.{hint}" if hint else stem, ".md")
        path = self.files.relative(self.files.folder("prompts") / made)
        self._write(path, f"{text}\n")
        return os.path.relpath(path, os.path.dirname(self.path) or ".").replace(os.sep, "/")  # noqa: PTH120

    def _write(self, path: str, text: str) -> None:
        self.files.write(path, text)
        self.written.add(path)

    def included(self, raw: dict[str, str]) -> str:
        """The path of a file that the prompt's file names."""
        return os.path.normpath(Path(self.path).parent / raw["file"]).replace(os.sep, "/")

    def read(self, path: str) -> str:
        """The text of an included file, one final newline left out."""
        return normal(self.files.read(path)).removesuffix("\n")


def substituted(value: Json, texts: Texts) -> Json:
    """A document's value with the new texts of included files that were written."""
    if isinstance(value, dict):
        if value.keys() == {"file"} and texts.included(value) in texts.written:
            return texts.read(texts.included(value))
        return {key: substituted(item, texts) for key, item in value.items()}
    return [substituted(item, texts) for item in value] if isinstance(value, list) else value
