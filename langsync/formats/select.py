"""Values picked out of rows by name or by JMESPath."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from langsync.model import Json

Selector = str | dict[str, Any] | list[Any]
"""What is picked: a key or a JMESPath expression, or a mapping or list of such."""


class Selection:
    """Picks a value out of rows.

    A text that is a key of the row means that; every other is JMESPath, where ``@`` is the row.

    Args:
        selector: What to pick.

    Raises:
        ValueError: It is no JMESPath.
    """

    def __init__(self, selector: Selector) -> None:
        self.missing = True
        """Whether nothing was ever found."""
        self._text = ""
        self._parts: dict[str, Selection] | list[Selection] = []
        if isinstance(selector, dict):
            self._parts = {key: Selection(one) for key, one in selector.items()}
        elif isinstance(selector, list):
            self._parts = [Selection(one) for one in selector]
        else:
            self._text = selector
            self._expression = _compiled(selector)

    def of(self, row: Mapping[str, Json]) -> Json:
        """The value that a row has.

        Raises:
            ValueError: A function of the expression cannot take what the row has.
        """
        if isinstance(self._parts, dict):
            return {key: one.of(row) for key, one in self._parts.items()}
        if not self._text:
            return [one.of(row) for one in self._parts]
        if self._text in row:
            found = row[self._text]
        else:
            try:
                found = self._expression.search(row)
            except JMESPathError as error:
                raise ValueError(f"{self._text}: {error}") from None
        self.missing = self.missing and found is None
        return found

    def never_found(self) -> list[str]:
        """The expressions that found nothing in any row."""
        if self._text:
            return [self._text] if self.missing else []
        parts = self._parts.values() if isinstance(self._parts, dict) else self._parts
        return [text for one in parts for text in one.never_found()]


def _compiled(text: Json) -> ParsedResult:
    if not isinstance(text, str) or not text:
        raise ValueError(f"{text!r} is neither a key nor JMESPath: write a literal as '`{text}`'")
    try:
        return jmespath.compile(text)
    except JMESPathError as error:
        why = str(error).splitlines()[0]
        raise ValueError(f"{text!r} is neither a key nor JMESPath: {why}") from None
