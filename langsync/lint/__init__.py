"""Checks valid files for what is probably a mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from langsync.config import Config
from langsync.errors import Problem
from langsync.kinds.base import Text
from langsync.lint import characters, layout, pins, spaces, variables
from langsync.lint.places import TextFinding
from langsync.lint.sources import Sources
from langsync.lint.suppressions import Suppressions
from langsync.rules import Rule

Finding = tuple[Problem, TextFinding | Problem]
"""What is reported, and what it was made of."""


def lint(
    config: Config,
    warnings: Iterable[Problem],
    texts: Sequence[Text],
    named: frozenset[str],
    *,
    whole: bool = True,
) -> list[Finding]:
    """Everything that deserves a look and is not suppressed.

    Args:
        config: What ``langsync.yaml`` says.
        warnings: What was noticed as the files were read.
        texts: The texts that they hold, each once for each environment that was read.
        named: The files that documents name, relative to the folder of ``langsync.yaml``.
        whole: Whether that is known for every environment.

    Returns:
        The findings in the order of their places, each with what it was made of.
    """
    once = list({(text.file, text.document.index, text.steps): text for text in texts}.values())
    suppressions = Suppressions(config, once)
    sources = Sources(config, named, {text.document.file: text.document.text for text in once})
    looked = (*_in_texts(once), *_in_files(sources, once, whole=whole))
    findings = suppressions.unsuppressed((*warnings, *looked, *suppressions.unknown_codes()))
    return sorted(dict(findings).items(), key=lambda finding: _order(finding[0]))


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    return problem.file, problem.line, problem.column, problem.code, problem.message


def unsuppressed(
    config: Config, warnings: Iterable[Problem], texts: Sequence[Text]
) -> tuple[Problem, ...]:
    """Those of the loader's warnings that are not suppressed."""
    listed = tuple(warnings)
    return (
        tuple(problem for problem, _ in Suppressions(config, texts).unsuppressed(listed))
        if listed
        else ()
    )


def _in_texts(texts: Sequence[Text]) -> Iterator[TextFinding]:
    yield from variables.check(texts)
    for text in texts:
        yield from pins.check(text)
        yield from spaces.check(text)
        yield from characters.check(text)


def _in_files(
    sources: Sources, texts: Sequence[Text], *, whole: bool
) -> Iterator[TextFinding | Problem]:
    yield from _secrets(sources, texts)
    if whole:  # else another environment may name it
        yield from sources.unreachable()
    for file, content in sources.documents.items():
        yield from layout.check(file, content)


def _secrets(sources: Sources, texts: Sequence[Text]) -> Iterator[TextFinding | Problem]:
    """Secrets, in the text that holds them where one does."""
    for file, secret, line, column in sources.secrets():
        holder = next(
            (text for text in texts if text.file == file and secret.text in text.text), None
        )
        if holder is not None:
            offset = holder.text.find(secret.text)
            fragment = secret.text.split("\n")[0]
            yield TextFinding(Rule.SECRET, secret.message, holder, offset, fragment)
        else:
            yield Problem(file, secret.message, line, column, Rule.SECRET.code)


__all__ = ["Finding", "lint", "unsuppressed"]
