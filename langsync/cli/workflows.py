"""The example workflows, adapted to a repository's environments and folders."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from langsync.cli.demo import examples

_JOB = re.compile(r"^  (?P<name>[\w-]+):")
_COMMAND = re.compile(r"^(?P<indent> +)command: (?P<name>\w+)$")
USUAL = ("review", "deploy", "drift")
"""The workflows that a repository begins with."""

NAMES = (*USUAL, "promote", "sync-back", "many-projects")
"""Every workflow there is."""

_MATRIX = "${{ matrix.environment }}"


def workflow(name: str, branch: str, inputs: dict[str, str], environments: Sequence[str]) -> str:
    """Returns one of ``examples/workflows``, such as ``review``.

    Args:
        name: Its file's name without the ending.
        branch: The branch that is deployed.
        inputs: Inputs that each use of the Action gets, such as ``working-directory``.
        environments: Those to deploy to, in order: several become jobs of a matrix, one after
            another if something is sent. One empty name if none is declared.
    """
    text = (examples() / "workflows" / f"{name}.yml").read_text("utf-8")
    return "".join(f"{line}\n" for line in _lines(name, text, branch, inputs, environments))


def _lines(
    name: str, text: str, branch: str, inputs: dict[str, str], environments: Sequence[str]
) -> Iterator[str]:
    if name == "many-projects":  # it discovers projects by itself
        yield from text.replace("[main]", f"[{json.dumps(branch)}]").splitlines()
        return
    several = len(environments) > 1 and name in USUAL
    chosen = _MATRIX if several else environments[0]
    ends = f"--from {environments[0]} --to {environments[-1]}"
    text = text.replace("--from staging --to production", ends) if len(environments) > 1 else text
    job = ""
    for line in text.splitlines():
        job = match["name"] if (match := _JOB.match(line)) else job
        if line == "    branches: [main]":
            yield f"    branches: [{json.dumps(branch)}]"
        elif line.startswith("    environment: langfuse") and chosen:
            yield line.replace("langfuse", chosen)
        elif line.startswith("    environment: production") and environments[-1]:
            yield line.replace("production", environments[-1])
        else:
            yield line
        if several and job != "validate" and line.startswith("    timeout-minutes:"):
            yield from _matrix(environments, one_by_one=job == "deploy")
        if used := _COMMAND.match(line):
            environment = environments[0] if used["name"] == "validate" else chosen
            named = environment and used["name"] != "promote"  # that has --from and --to
            settings = {**inputs, **({"environment": environment} if named else {})}
            yield from (f"{used['indent']}{key}: {value}" for key, value in settings.items())


def _matrix(environments: Sequence[str], *, one_by_one: bool) -> Iterator[str]:
    yield "    strategy:"
    yield (
        "      max-parallel: 1 # the next one only once this one is done"
        if one_by_one
        else ("      fail-fast: false")
    )
    yield "      matrix:"
    yield f"        environment: [{', '.join(environments)}]"
