"""What an item is called that gives no id itself."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

import orjson

from langsync.model import Json


def id_of_input(dataset: str, input: Json) -> str:  # noqa: A002 - the field's name
    """An id from an item's input; if that changes, it is a new item, and the old one stays."""
    return _id(dataset, input, next(_texts(input), ""))


def id_of_key(dataset: str, key: Json) -> str:
    """An id from what identifies an item within its dataset, whatever else changes."""
    return _id(dataset, {"key": key}, " ".join(_key_texts(key)))


def _id(dataset: str, origin: Json, text: str) -> str:
    """Stable, readable in front, unique in the project."""
    try:
        packed = orjson.dumps([dataset, origin], option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a number in the key is too long for orjson
        packed = json.dumps([dataset, origin], sort_keys=True).encode()
    parts = [
        _slug(dataset)[:60],
        _slug(text)[:40].strip("-"),
        hashlib.sha256(packed).hexdigest()[:16],
    ]
    return "-".join(part for part in parts if part)


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _key_texts(key: Json) -> Iterator[str]:
    """The values in a key, in the order of their sorted names."""
    if isinstance(key, dict):
        key = [key[name] for name in sorted(key)]
    if isinstance(key, list):
        for element in key:
            yield from _key_texts(element)
    else:
        yield str(key)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        inner = [value[key] for key in sorted(value)] if isinstance(value, dict) else value
        for item in inner:
            yield from _texts(item)
