"""The files of a new repository, from the templates in the package."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path

from langsync.cli.schemas import schemas
from langsync.cli.workflows import USUAL, workflow
from langsync.config import FILE_NAME, Config
from langsync.config.connection import is_this_machine
from langsync.kinds import all_kinds, folder
from langsync.source import WorkTree
from langsync.version import __version__

SCHEMAS = ".langsync/schemas"
"""Where the JSON Schemas for editors are, beside ``langsync.yaml``."""

_MARK = re.compile(r"__([A-Z]+(?:_[A-Z]+)*)__")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new repository gets.

    Args:
        host: Langfuse's base URL.
        project: The name or id of its project; empty for no guard.
        environments: The names of the environments, each also the label that it moves.
        github: Whether workflows for GitHub Actions are written.
        workflows: Which of them, as `workflows.NAMES` calls them.
        pre_commit: Whether a configuration for pre-commit is written.
        vscode: Whether settings for VS Code are written.
    """

    host: str
    project: str = ""
    environments: tuple[str, ...] = ("production",)
    github: bool = True
    pre_commit: bool = True
    vscode: bool = True
    workflows: tuple[str, ...] = USUAL


@dataclass(frozen=True, slots=True)
class Site:
    """Where the files go.

    Args:
        root: The folder of ``langsync.yaml``.
        repository: The Git work tree around it, or the same.
        branch: The branch that is deployed.
        config: The existing ``langsync.yaml``, if any.
    """

    root: Path
    repository: Path
    branch: str = "main"
    config: Config | None = None

    def folder(self, key: str) -> Path:
        """Returns the folder of a kind's files."""
        return self.root / (self.config.folders[key] if self.config else key)


def scaffold(site: Site, answers: Answers, *, examples: bool = True) -> Iterator[tuple[Path, str]]:
    """Yields the files and their content, ``langsync.yaml`` first.

    Examples are included only if nothing is declared yet.
    """
    marks = _mark_values(site, answers)
    yield site.config.file if site.config else site.root / FILE_NAME, _filled(FILE_NAME, marks)
    for kind in ("prompt", "dataset") if examples else ():
        where = site.folder(f"{kind}s")
        if not any(folder.files(where, WorkTree.below(where))):
            own = {**marks, "SCHEMAS": _relative(site.root / SCHEMAS, where)}
            yield where / "example.yaml", _filled(f"examples/{kind}.yaml", own)
    for name, schema in schemas().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False)
        yield site.root / SCHEMAS / f"{name}.json", f"{text}\n"
    if answers.github:
        for name in answers.workflows:
            path = site.repository / ".github" / "workflows" / f"langsync-{name}.yml"
            yield path, workflow(name, site.branch, _inputs(site), _deployed(name, site, answers))
    if answers.pre_commit:
        path = site.repository / ".pre-commit-config.yaml"
        yield path, _filled("pre-commit-config.yaml", marks)
    for name in ("settings", "extensions") if answers.vscode else ():
        path = site.repository / ".vscode" / f"{name}.json"
        yield path, _filled(f"vscode-{name}.json", marks)


def _mark_values(site: Site, answers: Answers) -> dict[str, str]:
    """Returns the values of the marks in templates."""
    root = _relative(site.root, site.repository)
    prefix = "" if root == "." else f"{root}/"
    config = site.config.file.name if site.config else FILE_NAME
    where = {
        kind.name: _relative(site.folder(kind.folder), site.root)
        for kind in all_kinds().values()
        if kind.folder
    }
    names = environments_of(site, answers)
    project = f"project: {json.dumps(answers.project)}" if answers.project else "# project: my-app"
    return {
        "CONFIG": f"{prefix}{config}",
        "EDITOR_SCHEMAS": ",\n".join(_editor_schemas(f"{prefix}{config}", prefix, where)),
        "ENVIRONMENTS": "\n".join(_environment(name, answers.host) for name in names),
        "FIRST": names[0],
        "FOLDERS": "|".join(where.values()),
        "LABELS": ", ".join(reversed(names)),
        "PREFIX": prefix,
        "PROJECT": project,
        "SCHEMAS": SCHEMAS,
        "VERSION": __version__,
    }


def _editor_schemas(config: str, prefix: str, where: Mapping[str, str]) -> Iterator[str]:
    """Yields the settings of VS Code that say which files each schema is for."""
    files = {
        "langsync": config,
        **{kind: f"{prefix}{folder_name}/**/*.{{yaml,yml}}" for kind, folder_name in where.items()},
    }
    for name, glob in files.items():
        yield f"    {json.dumps(f'./{prefix}{SCHEMAS}/{name}.json')}: {json.dumps(glob)}"


def environments_of(site: Site, answers: Answers) -> tuple[str, ...]:
    """Returns the environments to deploy to, in order."""
    return _environments(site.config) if site.config else answers.environments


def pushes_past_promotion(site: Site, answers: Answers) -> Iterator[str]:
    """Yields a warning for each workflow that deploys on push what should be promoted by hand."""
    last = environments_of(site, answers)[-1]
    folder = site.repository / ".github" / "workflows"
    if not answers.github or "promote" not in answers.workflows:
        return
    for name in ("deploy", "many-projects"):
        path = folder / f"langsync-{name}.yml"
        text = path.read_text("utf-8", "replace") if path.exists() else ""
        if (name == "many-projects" and text) or re.search(rf"\b{re.escape(last)}\b", text):
            yield f"{path.name} deploys to {last} on every push: take it out there, to promote"


def _deployed(workflow: str, site: Site, answers: Answers) -> tuple[str, ...]:
    """Returns the environments of a workflow: on push the last is left to a promotion, if any."""
    names = environments_of(site, answers)
    folder = site.repository / ".github" / "workflows"
    promotes = "promote" in answers.workflows or (folder / "langsync-promote.yml").exists()
    return names[:-1] if workflow == "deploy" and promotes and len(names) > 1 else names


def _inputs(site: Site) -> dict[str, str]:
    """Returns the inputs of the Action that say where the files are."""
    inputs = {}
    if (folder := _relative(site.root, site.repository)) != ".":
        inputs["working-directory"] = json.dumps(folder)
    if site.config and site.config.file.name != FILE_NAME:
        inputs["config"] = json.dumps(site.config.file.name)
    return inputs


def _environments(config: Config) -> tuple[str, ...]:
    """Returns those to deploy to, the default one first; an empty name if none is declared."""
    names = [
        name
        for name, environment in config.environments.items()
        if not (environment.host and is_this_machine(environment.host))
    ]
    names.sort(key=lambda name: name != config.default_environment)
    return tuple(names) or ("",)


def _environment(name: str, host: str) -> str:
    return f"  {name}:\n    host: {host}\n    labels: [{name}]"


def _relative(path: Path, start: Path) -> str:
    return Path(os.path.relpath(path, start)).as_posix()


def _filled(template: str, marks: Mapping[str, str]) -> str:
    text = (resources("langsync") / "templates" / template).read_text("utf-8")
    return _MARK.sub(lambda mark: marks[mark[1]], text)
