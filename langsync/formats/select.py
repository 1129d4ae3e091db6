"""Values picked out of rows by name or by JMESPath."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import jmespath
import orjson
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult

from langsync.formats.limits import EXPRESSION_GROWTH, EXPRESSION_LENGTH
from langsync.model import Json

Selector = str | dict[str, Any] | list[Any]
"""What is picked: a key or a JMESPath expression, or a mapping or list of such."""


class Selection:
    """Picks a value out of rows.

    A text that is a key of the row means that; every other is JMESPath, where ``@`` is the row.
    Only rows tell whether a text that is not JMESPath, such as ``Question (en)``, is a key.

    Args:
        selector: What to pick.

    Raises:
        ValueError: It holds something other than a text.
    """

    def __init__(self, selector: Selector) -> None:
        self.why = ""
        """Why a text is not JMESPath; empty if it is."""
        self._asked = self._found = False
        self.text = ""
        """The key or expression; empty for a mapping or list."""
        self._parts: dict[str, Selection] | list[Selection] = []
        if isinstance(selector, dict):
            self._parts = {key: Selection(part) for key, part in selector.items()}
        elif isinstance(selector, list):
            self._parts = [Selection(part) for part in selector]
        else:
            self.text = selector
            self._expression, self.why = _compiled(selector)

    def of(self, row: Mapping[str, Json]) -> Json:
        """The value that a row has.

        Raises:
            ValueError: A function of the expression does not accept the row's value.
        """
        if isinstance(self._parts, dict):
            return {key: part.of(row) for key, part in self._parts.items()}
        if not self.text:
            return [part.of(row) for part in self._parts]
        self._asked = True
        if self.text in row:
            self._found = True
            return row[self.text]
        if self._expression is None:
            return None
        try:
            result = self._expression.search(row)
        except _FAILURES as error:
            self._found = True  # one mistake is one problem
            raise ValueError(f"{self.text}: {error}") from None
        self._found = self._found or result is not None
        return result

    def never_found(self) -> list[str]:
        """A message for each expression that matched nothing in any row, if there were rows."""
        if self.text:
            more = f", and is no JMESPath: {self.why}" if self.why else ""
            message = f"{self.text!r} finds nothing in any row{more}"
            return [message] if self._asked and not self._found else []
        parts = self._parts.values() if isinstance(self._parts, dict) else self._parts
        return [text for part in parts for text in part.never_found()]


_FAILURES = (JMESPathError, ValueError, TypeError, ArithmeticError, RecursionError)
"""What functions of JMESPath raise for values that they do not accept."""


def _compiled(text: Json) -> tuple[ParsedResult | None, str]:
    """An expression, or the reason why the text is not one."""
    if not isinstance(text, str) or not text:
        literal = orjson.dumps(text).decode()
        raise ValueError(
            f"{literal} is neither a key nor JMESPath: write a literal as '`{literal}`'"
        )
    try:
        return compile_expression(text), ""
    except JMESPathError as error:
        return None, str(error).splitlines()[0].rstrip(":, ")
    except RecursionError:
        return None, "it is nested too deeply"


def compile_expression(text: str) -> ParsedResult:
    """A JMESPath expression whose results are bounded by the size of its input.

    Raises:
        ValueError: It is past a limit.
        JMESPathError: It is not JMESPath.
        RecursionError: It is nested too deeply.
    """
    if len(text) > EXPRESSION_LENGTH.most:
        raise ValueError(EXPRESSION_LENGTH.exceeded())
    parsed = jmespath.compile(text)
    if _growth(parsed.parsed) > EXPRESSION_GROWTH.most:
        raise ValueError(f"{text[:80]!r}: {EXPRESSION_GROWTH.exceeded()}")
    return parsed


def _growth(node: Mapping[str, Any]) -> int:
    """How many copies of its input an expression can put into its result."""
    inner = [_growth(child) for child in node["children"] if isinstance(child, Mapping)]
    if node["type"] in ("multi_select_list", "multi_select_dict", "function_expression"):
        return max(1, sum(inner))
    return prod(inner)  # the input of each step is the result of the one before
