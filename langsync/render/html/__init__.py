"""Plans, reports and drift as one page that needs nothing else: no network, no other file.

The data stand in the page as JSON, in a script that no browser runs; ``page.js`` and its companions
show what is opened. Only scripts and styles whose digests stand in the page's security policy work,
and none of them can make markup of a text.
"""

from __future__ import annotations

import base64
import hashlib
import html
from functools import cache
from pathlib import Path

import orjson

from langsync.model import Drift, Json, Plan, Report
from langsync.render.html import data
from langsync.render.links import Links

_SCRIPTS = ("dom.js", "compare.js", "lines.js", "fields.js", "items.js", "page.js")
_NO_LINKS = Links()


def plan(plan: Plan, *, links: Links = _NO_LINKS) -> str:
    """A plan: every change with its differences, and what it affects.

    Args:
        plan: The plan.
        links: Where files and the run can be looked at.
    """
    return _page("langsync plan", data.plan(plan, links))


def report(report: Report, plan: Plan, *, links: Links = _NO_LINKS) -> str:
    """An applied plan: the page of the plan, with the outcome of each change.

    Args:
        report: The report.
        plan: The plan that was sent.
        links: Where files and the run can be looked at.
    """
    return _page("langsync apply", data.report(report, plan, links))


def drift(drift: Drift, *, links: Links = _NO_LINKS) -> str:
    """Drift: how each resource was changed in Langfuse.

    Args:
        drift: The drift.
        links: Where files and the run can be looked at.
    """
    return _page("langsync drift", data.drift(drift, links))


def _page(title: str, content: dict[str, Json]) -> str:
    style, script = _file("page.css"), _script()
    policy = (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)}; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
        "trusted-types 'none'"
    )
    parts = {
        "policy": html.escape(policy),
        "title": html.escape(f"{title}: {content['project']['name']}"),
        "style": style,
        "data": _harmless(content),
        "script": script,
    }
    first, *rest = _file("page.html").split("{{")
    pieces = (piece.split("}}", 1) for piece in rest)
    return first + "".join(parts[name] + text for name, text in pieces)


def _harmless(content: dict[str, Json]) -> str:
    """JSON in which no script ends and no comment begins."""
    packed = orjson.dumps(content).decode()
    for character in "<>&\u2028\u2029":
        packed = packed.replace(character, f"\\u{ord(character):04x}")
    return packed


def _digest(text: str) -> str:
    packed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{packed}'"


@cache
def _script() -> str:
    return "".join(["(() => {\n'use strict';\n", *map(_file, _SCRIPTS), "})();\n"])


@cache
def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")
