"""The rules that files are checked by beyond what is an error, each with its code.

What each one is about, with examples, is in ``docs/lint.md``; a test holds that both list the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Rule(Enum):
    """One rule.

    Args:
        code: How it is named in output, in ``langsync.yaml`` and in comments.
        title: What it finds.
        default: Whether it is on unless configured.
    """

    UNKNOWN_CODE = "LS001", "a comment ignores a rule that does not exist"

    UNCLOSED_VARIABLE = "LS101", "the braces of a variable do not match"
    SPACED_VARIABLE = "LS102", "a variable has spaces inside its braces"
    SINGLE_BRACES = "LS103", "a variable is written as {name}"
    DOLLAR_BRACES = "LS104", "a variable is written as ${name}"
    TRIPLE_BRACES = "LS105", "a variable is written as {{{name}}}"
    NO_TEMPLATE = "LS106", "${vars.NAME} stands in a file that is no template"
    UNSEEN_NAME = "LS107", "a variable has a name that Langfuse's UI does not see", False

    SECRET = "LS201", "a key or another secret stands in a file"

    PINNED_VERSION = "LS301", "a reference pins a version"
    UNDECLARED_TARGET = "LS302", "a reference leads to a prompt that no file declares"
    NO_REFERENCE = "LS303", "what looks like a reference is plain text to Langfuse"
    UNLISTED_LABEL = "LS304", "no environment lists a label"

    EMPTY_TEXT = "LS401", "a text is empty"
    TRAILING_SPACES = "LS402", "a line of a text ends in spaces"
    BIDIRECTIONAL = "LS403", "a character changes the direction of what follows"
    HIDDEN_CHARACTER = "LS404", "a text has a control character, or one that nobody sees"
    TRAILING_LAYOUT = "LS405", "a line of a file ends in spaces that are in no text"

    EMPTY_FILE = "LS501", "a file declares nothing"
    UNREACHABLE_FILE = "LS502", "a file is named by no other"
    MISSING_FOLDER = "LS503", "a folder that langsync.yaml names is not there"

    UNNAMED_ITEM = "LS601", "an item has neither an id nor a key"
    CHANGED_VALUE = "LS602", "Langfuse stores something else than is written"
    EMPTY_INPUT = "LS603", "a mapping finds no input in a row"
    UNUSED_FIELD = "LS604", "a mapping leaves out what has the name of an item's field"

    def __init__(self, code: str, title: str, default: bool = True) -> None:  # noqa: FBT001, FBT002
        self.code = code
        self.title = title
        self.default = default


CODES = frozenset(rule.code for rule in Rule)
"""Every code."""


def is_selector(text: str) -> bool:
    """Whether a text names rules: a code, or how codes begin, such as ``LS4``."""
    return text.startswith("LS") and any(code.startswith(text) for code in CODES)


def selects(selectors: Iterable[str], code: str) -> bool:
    """Whether a code is among those that some texts name."""
    return any(code.startswith(selector) for selector in selectors)
