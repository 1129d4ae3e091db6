"""What every rendering of prompts shares: who, when and why; messages; lines that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import orjson

from langsync.kinds.prompt.contrast import Side
from langsync.kinds.prompt.versions import Versions
from langsync.model import FieldDifference, Json, Project
from langsync.render.shape import counted, line_differences, value_text, value_texts


def where(project: Project | None) -> str:
    """``my-app at https://…``; empty where nothing was asked."""
    return f"{project.name} at {project.host}" if project is not None else ""


def when(time: str) -> str:
    """A time to the minute, in UTC: Langfuse gives times in UTC, Git in the committer's zone."""
    try:
        return f"{datetime.fromisoformat(time).astimezone(UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return time


def facts(prompt: Versions) -> str:
    """``chat, 7 versions, tags support, tone``."""
    parts = [prompt.type]
    if prompt.count is not None:
        parts.append(counted(prompt.count, "version"))
    if prompt.tags:
        parts.append(f"{'tag' if len(prompt.tags) == 1 else 'tags'} {', '.join(prompt.tags)}")
    return ", ".join(parts)


def left_out(prompt: Versions) -> str:
    """``12 older versions are left out: --all shows them.``; empty if none are."""
    number = (prompt.count or 0) - len(prompt.versions)
    if number <= 0:
        return ""
    are = "is left out: --all shows it" if number == 1 else "are left out: --all shows them"
    return f"{counted(number, 'version', 'older ')} {are}."


def origin(by: str, time: str, commit: str, message: str) -> str:
    """``by API on 2026-11-23 14:05: Warmer tone (checkout 1a2b3c4d5e6f)``.

    The message may be that of an older commit, the last one that touched the prompt.
    """
    made = " ".join(part for part in (by and f"by {by}", time and f"on {when(time)}") if part)
    parts = ": ".join(part for part in (made, message) if part)
    hash, plus, _ = commit.partition("+dirty")  # noqa: A001 - what it is
    checkout = f"(checkout {hash}{' with uncommitted changes' if plus else ''})" if commit else ""
    return " ".join(part for part in (parts, checkout) if part)


def same(before: Side, after: Side) -> str:
    """The sentence for no difference."""
    both = f": both are {before.title}" if before.title == after.title else ""
    return f"No difference{both}."


def side(side: Side) -> str:
    """Where a side comes from: its file, its labels, who made it, when and why."""
    labels = f"label{'' if len(side.labels) == 1 else 's'} {', '.join(side.labels)}"
    made = origin(side.by, side.at, side.commit, side.message)
    return ", ".join(part for part in (side.file, labels if side.labels else "", made) if part)


def messages(prompt: Json) -> Iterator[tuple[str, str]]:
    """The messages of a chat, each as its role and its text; a text has no role."""
    if isinstance(prompt, str):
        yield "", prompt
        return
    for message in prompt:
        if "role" in message:
            yield message["role"], message["content"]
        else:
            yield f"placeholder {message['name']}", ""


def chat(prompt: Json) -> str:
    """A prompt as one text: of a chat, each role and its content."""
    if isinstance(prompt, str):
        return prompt
    return "\n\n".join("\n".join(filter(None, (f"[{a}]", b))) for a, b in messages(prompt))


def config_text(config: Json) -> str:
    """A config as JSON, a key on a line, in the order in which it is stored."""
    return orjson.dumps(config, option=orjson.OPT_INDENT_2).decode()


def path(difference: FieldDifference) -> str:
    """The path of a difference, with the role of a message."""
    if not _is_message(difference):
        return difference.path
    message = difference.before if difference.after is None else difference.after
    return f"{difference.path} {message.get('role', 'placeholder')}"


def changed_lines(difference: FieldDifference) -> Iterable[tuple[str, str]]:
    """The lines of a difference, each with its sign; see `line_differences`."""
    before, after = difference.before, difference.after
    if _is_message(difference):
        before, after = _message_content(before), _message_content(after)
    elif difference.path == "prompt":
        before, after = chat(before), chat(after)
    if before is None or after is None:
        sign, value = ("+", after) if before is None else ("-", before)
        return [(sign, line) for line in value_text(value).split("\n")]
    return line_differences(*value_texts(before, after))


def _is_message(difference: FieldDifference) -> bool:
    return difference.path.startswith("prompt[")


def _message_content(message: Json) -> Json:
    """The content of a message; the name of a placeholder."""
    return message and message.get("content", message.get("name"))
