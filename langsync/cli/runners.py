"""Escapes what CI runners would take for commands in the output.

GitHub's runner reads each line of a step's output: a line that begins with ``::``, after spaces, is
a command (``ActionCommand.TryParseV2``), and so is ``##[name …]`` anywhere in a line
(``ActionCommand.TryParse``). Azure Pipelines reads ``##vso[…]`` and ``##[…]``, TeamCity
``##teamcity[…]``. The text of a prompt or a name must set no output, mask nothing and forge no
annotation.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

_UNESCAPED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
"""What JSON does not escape of that which ends lines, steers terminals or turns the direction."""
_COLOR = r"\x1b\[[0-9;]*m"
_COMMAND = re.compile(
    rf"^((?:[^\S\n]|{_COLOR})*):(?=(?:{_COLOR})*:)|#(?=#[A-Za-z]*\[)", re.MULTILINE
)


def without_commands(text: str) -> str:
    r"""Returns a text without commands: the first sign of each is escaped, as ``\u003a``.

    So are the characters that `escape_control` spells out and JSON does not escape. JSON stays
    what it is: in it these signs stand in strings alone, where that is their escape.
    """
    lines = _UNESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return _COMMAND.sub(
        lambda match: "\\u0023" if match[1] is None else f"{match[1]}\\u003a", lines
    )


class InertStream:
    """A stream that lets no command through.

    Args:
        stream: Receives the output, in whole lines.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text without commands."""
        self._stream.write(without_commands(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - what the stream has
        return getattr(self._stream, name)
