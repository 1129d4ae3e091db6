"""Nothing that is printed is a command to a runner of CI."""

from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from langsync.cli import console
from langsync.cli.runners import InertStream, without_commands
from langsync.errors import ConfigError, Problem, RefusedError

PIECES = ["::", "##", "[", "]", "#", ":", " ", "\t", "\n", "\x1b[1m", "error", "vso", "a", "\u3000"]
COMMAND = re.compile(r"##[a-zA-Z]*\[")


def is_command(line: str) -> bool:
    """What the runners of GitHub, Azure Pipelines and TeamCity look for in a line."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", line)
    return plain.lstrip().startswith("::") or COMMAND.search(line) is not None


@given(st.lists(st.sampled_from(PIECES)).map("".join))
@example(":\x1b[1m:")
@example(":\x1b[1m\x1b[1m:error")
def test_no_line_is_a_command(text: str) -> None:
    """Whatever it is made of; what is none stays as it is."""
    inert = without_commands(text)
    assert not any(map(is_command, inert.split("\n")))
    assert without_commands(inert) == inert
    if not any(map(is_command, text.split("\n"))):
        assert inert == text


@given(st.lists(st.lists(st.sampled_from(PIECES)).map("".join)))
def test_json_means_the_same(texts: list[str]) -> None:
    """What is spelt out is an escape there."""
    for packed in (json.dumps(texts), json.dumps(texts, indent=2)):
        assert json.loads(without_commands(packed)) == texts


def test_a_stream_passes_the_rest_on() -> None:
    """What it is asked for is what the stream has."""
    below = io.StringIO()
    stream = InertStream(below)
    stream.write("  ::error::x\nplain\n")
    assert below.getvalue() == "  \\u003a:error::x\nplain\n"
    assert not stream.isatty()


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_a_name_takes_one_line(capsys: pytest.CaptureFixture[str], line_break: str) -> None:
    """Whichever line break it holds, in whatever is told."""
    name = f"a{line_break}::error::b"
    console.notice(f"name {name}")
    console.print_error(ConfigError(f"name {name}"))
    console.print_error(RefusedError([f"name {name}"]))
    console.warn(Problem(f"{name}.yaml", f"name {name}", 1, 1), counts=True)
    console.mistake(Problem(f"{name}.yaml", f"name {name}", 1, 1))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 6
    assert not any(map(is_command, lines))


def test_a_message_of_several_lines_indents_them(capsys: pytest.CaptureFixture[str]) -> None:
    """So that no line of it can be taken for another message."""
    console.print_error(ConfigError("wrong:\n  this\n  that\nerror: forged"))
    console.notice("\nNext:")
    assert capsys.readouterr().err == "error: wrong:\n  this\n  that\\nerror: forged\n\nNext:\n"
