"""References to one version of a prompt, which no deployment of it reaches."""

from __future__ import annotations

from collections.abc import Iterator

from langsync.kinds.base import Text
from langsync.kinds.prompt.references import references
from langsync.lint.places import TextFinding
from langsync.rules import Rule


def check(text: Text) -> Iterator[TextFinding]:
    """References that pin a version."""
    for reference in references(text.text) if "@@@langfusePrompt" in text.text else ():
        if reference.version is not None:
            message = (
                f"the reference to {reference.name} is pinned to version {reference.version}: "
                "edits of that prompt do not reach this one; refer to a label"
            )
            offset = text.text.find(reference.tag)
            yield TextFinding(Rule.PINNED_VERSION, message, text, max(0, offset), reference.tag)
