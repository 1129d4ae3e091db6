"""ruamel.yaml's pure parser, with the rule of YAML 1.2 for the first lines of a block."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scanner import Scanner, ScannerError

_BREAKS = "\r\n\x85\u2028\u2029"


class _Scanner(Scanner):
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
    """A parser that gives events and keeps no state between texts."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _Scanner
    return yaml
