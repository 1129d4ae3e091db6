"""YAML: two readers and ruamel.yaml's agree, and a layout keeps what a text says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.tokens import ScalarToken

from langsync.errors import InvalidFilesError
from langsync.formats import yaml
from langsync.formats import yaml_exact as exact
from langsync.formats.files import ended_alike, normal
from langsync.formats.values import canonical
from langsync.formats.yaml_layout import laid_out
from langsync.formats.yaml_scanner import parser
from langsync.formats.yaml_spans import EditError
from langsync.kinds.prompt.files import PromptFile
from langsync.model import Json

ORDER: Final = tuple(PromptFile.model_fields)
_COMMENT = re.compile(r"(?<![^\s\]}])#.*")
"""To ruamel.yaml one can stand right behind a value in brackets or quotes."""


def readers(data: bytes) -> None:
    """What the fast reader decides the exact one reads alike, and ruamel.yaml agrees with both."""
    text = _text(data)
    if text is None:
        return
    values = _values(text)
    fast = yaml._fast(exact.ended(text))
    if fast is not None and not _has_tabs_that_ruamel_refuses(text):
        assert repr(fast or [None]) == repr(_exact(text) or [None])
    if values is None:
        return
    for number, value in enumerate(values):
        for path in _paths(value):
            assert yaml.locate(text, number, path) >= (1, 1)
    theirs = _texts_of_ruamel(text)
    if theirs is not None:
        assert all(map(_agrees, values or [None], theirs or [""]))
        assert len(values or [None]) == len(theirs or [""])


def layout(data: bytes) -> None:
    """A file that is laid out says the same, has the same comments, and is laid out already."""
    raw = _text(data)
    if raw is None or _values(text := normal(raw)) is None:
        return
    try:
        new = ended_alike(raw, laid_out(text, ORDER))
    except EditError:
        return
    assert _meaning(normal(new)) == _meaning(text)
    assert _comments(normal(new)) == _comments(text)
    assert ended_alike(new, laid_out(normal(new), ORDER)) == new


def _text(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _values(text: str) -> list[Json] | None:
    """The documents of a text; None where it is refused."""
    try:
        return yaml.read(text, "a.yaml")
    except InvalidFilesError:
        return None


def _exact(text: str) -> object:
    try:
        return [node.value for node in exact.nodes(exact.ended(text))]
    except exact.ReadError as error:
        return str(error)


def _has_tabs_that_ruamel_refuses(text: str) -> bool:
    return "\t" in text and "'\\t'" in str(_exact(text))


def _meaning(text: str) -> str:
    """The values of a text as Langfuse keeps them."""
    return json.dumps(canonical(yaml.read(text, "a.yaml")), sort_keys=True)


def _paths(value: Json) -> Iterator[tuple[str | int, ...]]:
    yield ()
    if isinstance(value, dict | list):
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from ((step, *rest) for rest in _paths(value[step]))


def _comments(text: str) -> list[str]:
    """The comments of a text: what begins with ``#`` outside of ruamel.yaml's scalars."""
    pieces, last = [], 0
    plain = text.replace("\t", " ") if _has_tabs_that_ruamel_refuses(text) else text
    for token in parser().scan(exact.disguised(exact.ended(plain))):
        if isinstance(token, ScalarToken):
            start, end = token.start_mark.index, token.end_mark.index
            if block := token.style in ("|", ">"):
                start = text.find("\n", start)  # a comment may stand behind its sign
            pieces += [text[last:start], "\n" if block else "x" if token.plain else "]"]
            last = max(end, start)
    found = _COMMENT.findall("".join([*pieces, text[last:]]))
    return sorted(one.rstrip() for one in found)


def _texts_of_ruamel(text: str) -> list[Any] | None:
    """The documents as ruamel.yaml reads them, each scalar a text; None where it refuses them.

    It breaks lines at more characters than YAML 1.2 does.
    """
    if set(text) & set("\x85\u2028\u2029"):
        return None
    loader = YAML(typ="base", pure=True)
    loader.Scanner = parser().Scanner
    try:
        return list(loader.load_all(exact.ended(text)))
    except (YAMLError, AssertionError, ValueError, TypeError):
        return None


def _agrees(value: Json, text: Any) -> bool:  # noqa: ANN401 - what ruamel.yaml reads
    """Whether a value is the one that ruamel.yaml has as texts."""
    if isinstance(value, dict):
        same = isinstance(text, dict) and [*value] == [*map(_paired, text)]
        return same and all(map(_agrees, value.values(), text.values()))
    if isinstance(value, list):
        return isinstance(text, list) and len(value) == len(text) and all(map(_agrees, value, text))
    if not isinstance(text, str):
        return value is None and text is None
    if isinstance(value, str):
        return value == _paired(text)
    if isinstance(value, bool) or value is None:
        return text.lower() in (("null", "~", "") if value is None else (str(value).lower(),))
    if isinstance(value, float):
        return value == float(text)
    return bool(value == int(text, 0 if text[:2] in ("0o", "0x") else 10))


def _paired(text: str) -> str:
    """A text in which two halves of a surrogate pair are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
