"""Texts and configs of a prompt file, so that they stand for what Langfuse has."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langsync.formats.files import ended_alike
from langsync.model import Json
from langsync.pull.files import Draft
from langsync.pull.new_prompts import is_long, message_form
from langsync.pull.values import Form, aligned


@dataclass(frozen=True, slots=True)
class Texts:
    """Writes texts where a file has them: in itself, or in files that it names.

    Args:
        form: How the file writes values.
        draft: The files as they will be.
        path: The prompt's file, relative to the folder of ``langsync.yaml``.
        used: How many declarations name each included file.
        own: Whether what the file names is this environment's alone.
    """

    form: Form
    draft: Draft
    path: str
    used: Counter[str]
    own: bool

    def prompt(self, raw: Json, before: Json, wanted: Json, hint: str) -> Json:
        """What to write for a prompt.

        Args:
            raw: What is written now.
            before: What that stands for.
            wanted: What it is to stand for.
            hint: What a file of its own is called after.
        """
        if isinstance(wanted, str):
            return self._text(raw if isinstance(raw, str | dict) else "", wanted, hint)
        if not (isinstance(raw, list) and isinstance(before, list) and len(raw) == len(before)):
            return [self.form.message(one) for one in wanted]
        return [
            self.form.message(message) if at is None else self._message(raw[at], message, hint)
            for at, message in aligned(before, wanted)
        ]

    def _message(self, raw: dict[str, Any], wanted: dict[str, str], hint: str) -> Json:
        if "content" not in wanted:
            same = wanted["name"] in (raw.get("placeholder"), raw.get("name"))
            return raw if same else message_form(wanted)
        key = "content" if "content" in raw and "role" in raw else wanted["role"]
        role = raw.get("role") if key == "content" else key
        if role != wanted["role"] or key not in raw:
            return self.form.message(wanted)
        own = f"{hint}.{role}" if hint else str(role)
        return {**raw, key: self._text(raw[key], wanted["content"], own)}

    def _text(self, raw: str | dict[str, str], wanted: str, hint: str) -> Json:
        if isinstance(raw, str):
            return self.form.text(raw, wanted)
        path = self.included(raw)
        text = self.read(path)
        new = self.form.text(text, wanted)
        if new == text:
            return raw
        fits = "\r" not in new and not new.startswith("\ufeff")
        if fits and self.own and self.used[path] < 2:
            self.draft.write(path, ended_alike(self.draft.read(path), f"{new}\n"))
            return raw
        return {"file": self._placed(new, hint)} if is_long(new) else new

    def _placed(self, text: str, hint: str) -> str:
        """A new file beside the prompt's."""
        folder = self.draft.relative(self.draft.folder("prompts"))
        stem = os.path.relpath(os.path.splitext(self.path)[0], folder).replace(os.sep, "/")  # noqa: PTH122
        made = self.draft.place("prompts", f"{stem}.{hint}" if hint else stem, ".md")
        path = self.draft.relative(self.draft.folder("prompts") / made)
        self.draft.write(path, f"{text}\n")
        return os.path.relpath(path, os.path.dirname(self.path) or ".").replace(os.sep, "/")  # noqa: PTH120

    def included(self, raw: dict[str, str]) -> str:
        """The path of a file that the prompt's file names."""
        return os.path.normpath(Path(self.path).parent / raw["file"]).replace(os.sep, "/")

    def read(self, path: str) -> str:
        """The text of an included file, one final newline left out."""
        return normal(self.draft.read(path)).removesuffix("\n")


def normal(raw: str) -> str:
    """A file's text as langsync reads it: no byte order mark, lines ended by LF."""
    return raw.removeprefix("\ufeff").replace("\r\n", "\n")


def substituted(value: Json, texts: Texts, changed: Collection[str]) -> Json:
    """A document's value in which files that are to change stand with their new texts."""
    if isinstance(value, dict):
        if value.keys() == {"file"} and texts.included(value) in changed:
            return texts.read(texts.included(value))
        return {key: substituted(one, texts, changed) for key, one in value.items()}
    return [substituted(one, texts, changed) for one in value] if isinstance(value, list) else value
