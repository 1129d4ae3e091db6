"""ruamel.yaml's pure parser, with rules of YAML 1.2 that it breaks.

They are about the first lines of a block (8.1.1.1), and about ``?`` and ``:`` in brackets (7.3.3,
7.4.2).
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scanner import Scanner, ScannerError, SimpleKey
from ruamel.yaml.tokens import FlowMappingEndToken, FlowSequenceEndToken, ScalarToken

_BREAKS = "\r\n\x85\u2028\u2029"
_END = f"\0 \t{_BREAKS}"
_BRACKETS = ",[]{}"
_KEY_LENGTH = 1024
"""Characters of a key, as YAML 1.2 (7.4.2) has it for all but braces."""


class _Scanner(Scanner):
    def check_key(self) -> bool:
        """Whether a ``?`` marks a key."""
        return self._is_mark()

    def check_value(self) -> bool:
        """Whether a ``:`` marks a value; without a space after it, only behind ``"key"``."""
        last = self.tokens[-1] if self.flow_level and self.tokens else None
        quoted = isinstance(last, ScalarToken) and not last.plain
        return (
            quoted
            or isinstance(last, FlowMappingEndToken | FlowSequenceEndToken)
            or self._is_mark()
        )

    def check_plain(self) -> bool:
        """Whether a plain text begins."""
        if self.reader.peek() in "-?:":
            return not self._is_mark()
        return bool(super().check_plain())

    def stale_possible_simple_keys(self) -> None:
        """Forget tokens that can no longer become keys; in braces a key may take several lines.

        One that is not a scalar has at most `_KEY_LENGTH` characters, so that little is held back.
        """
        keys = self.possible_simple_keys
        in_braces = {
            level: key
            for level, key in keys.items()
            if level and self.flow_context[level - 1] == "{" and self._may_go_on(key)
        }
        self.possible_simple_keys = {level: keys[level] for level in keys.keys() - in_braces}
        super().stale_possible_simple_keys()
        self.possible_simple_keys.update(in_braces)

    def _may_go_on(self, key: SimpleKey) -> bool:
        is_last = self.tokens_taken + len(self.tokens) <= key.token_number + 1
        return is_last or bool(self.reader.index - key.index <= _KEY_LENGTH)

    def scan_plain(self) -> ScalarToken:
        """A plain text."""
        chunks: list[str] = []
        spaces: list[str] = []
        start = end = self.reader.get_mark()
        indent = self.indent + 1
        while self.reader.peek() != "#" and (length := self._plain_length()):
            self.allow_simple_key = False
            chunks += [*spaces, self.reader.prefix(length)]
            self.reader.forward(length)
            end = self.reader.get_mark()
            spaces = self.scan_plain_spaces(indent, start)
            if not spaces or (not self.flow_level and self.reader.column < indent):
                break
        return ScalarToken("".join(chunks), True, start, end)  # noqa: FBT003 - ruamel's

    def _plain_length(self) -> int:
        """The number of characters of a plain text up to a space or its end."""
        length = 0
        stops = _END + _BRACKETS if self.flow_level else _END
        while (character := self.reader.peek(length)) not in stops:
            if character == ":" and self._is_mark(length):
                break
            length += 1
        return length

    def _is_mark(self, offset: int = 0) -> bool:
        """Whether a ``-``, ``?`` or ``:`` is not followed directly by more text."""
        behind = self.reader.peek(offset + 1)
        return behind in _END or bool(self.flow_level and behind in _BRACKETS)

    def scan_block_scalar_indentation(self) -> tuple[list[Any], int, Any]:
        """The empty lines at the beginning of a block, its indentation, and where they end.

        ruamel.yaml refuses a block whose first empty line has fewer spaces than the text below
        it; YAML 1.2 (8.1.1.1) forbids only more.
        """
        chunks: list[Any] = []
        widest = 0
        end = self.reader.get_mark()
        while (character := self.reader.peek()) in f" {_BREAKS}":
            if character == " ":
                self.reader.forward()
                continue
            widest = max(widest, self.reader.column)
            chunks.append(self.scan_line_break())
            end = self.reader.get_mark()
        column = self.reader.column
        if widest > column and character != "\0":
            message = "an empty line at the beginning of a block has more spaces than its text"
            raise ScannerError(
                "while scanning a block scalar", None, message, self.reader.get_mark()
            )
        return chunks, max(widest, column), end


def parser() -> YAML:
    """A parser that yields events and keeps no state between texts."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Scanner
    return yaml
