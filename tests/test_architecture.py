"""The layers of the package hold, and its files and functions stay small.

``cli → engine → stages → kinds → client, formats → model → errors``: read from the imports in the
source, those inside functions and under ``TYPE_CHECKING`` included.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import langsync

PACKAGE = Path(langsync.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))

BASE = {"errors", "model", "rules"}
STAGES = {
    "load",
    "fetch",
    "diff",
    "plan",
    "saved",
    "apply",
    "pull",
    "history",
    "drift",
    "lint",
    "observability",
    "api",
}
RENDERERS = {"text", "markdown", "html", "json", "annotations"}
BELOW_STAGES = {*BASE, "formats", "config", "client", "kinds"}

ALLOWED = {
    "errors": set[str](),
    "rules": set[str](),
    "model": {"errors", "model"},
    "formats": {*BASE, "formats"},
    "config": {*BASE, "formats", "config"},
    "client": {*BASE, "client", "config"},
    "kinds": {*BASE, "formats", "config", "client", "kinds"},
    **{stage: {*BELOW_STAGES, stage} for stage in STAGES},
    "engine": {*BELOW_STAGES, *STAGES, "local", "version", "engine"},
    "export": {*BELOW_STAGES, "observability", "export"},
    "render": {*BELOW_STAGES, "render"},
    "github": {*BELOW_STAGES, "render", "github"},
    "local": {*BASE, "formats", "config", "local"},
}
"""What each part may import of the package; ``cli`` and the Python API may import all of it."""

TOP = {"cli", "library", "version", "__init__", "__main__"}

ONLY = {
    "httpx": {"client", "github"},
    "deepdiff": {"diff"},
    "typer": {"cli"},
    "rich": {"cli", "render"},
    "yaml_rs": {"formats"},
    "ruamel": {"formats"},
    "dotenv": {"config"},
    "jsonschema_rs": {"formats", "local"},
    "uvicorn": {"local"},
    "watchfiles": {"local"},
    "sqlite3": {"client", "local", "model"},
    "subprocess": {"history", "cli"},
    "platformdirs": {"config", "engine"},
    "pyarrow": {"export"},
}
"""Where a package from outside may be imported."""


@dataclass(frozen=True)
class Import:
    """One name that a file imports: ``module`` whole, ``name`` where it is taken from it."""

    file: Path
    line: int
    module: str
    name: str
    lazy: bool

    @property
    def part(self) -> str:
        """The part of langsync that is imported, or nothing."""
        steps = f"{self.module}.{self.name}".split(".")
        if steps[0] != "langsync":
            return ""
        return steps[1] if len(steps) > 1 and steps[1] in {*ALLOWED, *TOP} else "__init__"

    def __str__(self) -> str:
        place = self.file.relative_to(PACKAGE.parent).as_posix()
        return f"{place}:{self.line} imports {self.module}.{self.name}".rstrip(".")


def part_of(file: Path) -> str:
    """The part of the package that a file belongs to: the first step of its path."""
    return file.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


@cache
def imports(file: Path) -> tuple[Import, ...]:
    """All imports of a file."""
    top = {id(node) for node in tree(file).body}
    return tuple(
        Import(file, line, module, name, id(node) not in top)
        for node in ast.walk(tree(file))
        for line, module, name in _names(node, file)
    )


def _names(node: ast.AST, file: Path) -> Iterator[tuple[int, str, str]]:
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name, "") for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
        yield from ((node.lineno, node.module or "", alias.name) for alias in node.names)


def all_imports() -> Iterator[Import]:
    return (one for file in FILES for one in imports(file))


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for file in FILES:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield file, node


def test_every_file_belongs_to_a_known_part() -> None:
    """A new part of the package has to be placed in a layer here."""
    assert {part_of(file) for file in FILES} <= {*ALLOWED, *TOP}
    assert len(FILES) > 40


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_a_part_imports_only_what_lies_below_it(part: str) -> None:
    """Errors import nothing, the model only errors, stages no other stage, and so on up."""
    wrong = [
        str(one)
        for one in all_imports()
        if part_of(one.file) == part and one.part and one.part not in ALLOWED[part]
    ]
    assert wrong == []


def test_renderers_do_not_import_each_other() -> None:
    """Each output is a leaf; what they share is in its own module."""
    wrong = [
        str(one)
        for one in all_imports()
        if part_of(one.file) == "render"
        and one.file.stem in RENDERERS
        and f"{one.module}.{one.name}".startswith("langsync.render")
        and {*one.module.split("."), one.name} & (RENDERERS - {one.file.stem})
    ]
    assert wrong == []


def test_the_client_takes_of_the_configuration_only_where_and_who() -> None:
    """``Connection`` and ``REGIONS``: it knows neither files nor environments."""
    taken = {
        one.name for one in all_imports() if part_of(one.file) == "client" and one.part == "config"
    }
    assert taken <= {"Connection", "REGIONS"}


def test_every_connection_is_checked() -> None:
    """Hosts out of files meet keys in one function, which is called in two places."""
    made, opened = set(), set()
    for file in FILES:
        calls = {ast.unparse(one.func) for one in ast.walk(tree(file)) if isinstance(one, ast.Call)}
        place = file.relative_to(PACKAGE).as_posix()
        made |= {place} if "Connection" in calls else set()
        opened |= {place} if "connect" in calls else set()
    assert made == {"config/connection.py", "cli/demo.py"}  # the latter's is the embedded server
    assert opened == {"cli/connecting.py", "library.py"}


@pytest.mark.parametrize("outside", sorted(ONLY))
def test_a_package_from_outside_has_its_one_place(outside: str) -> None:
    """HTTP in the client, comparing in diff, printing in the CLI, and so on."""
    users = {part_of(one.file) for one in all_imports() if one.module.split(".")[0] == outside}
    assert users <= ONLY[outside]


def test_rich_is_used_by_the_text_renderer_alone() -> None:
    """Markdown and JSON are texts; only a terminal has styles."""
    users = {
        one.file.name
        for one in all_imports()
        if part_of(one.file) == "render" and one.module.split(".")[0] == "rich"
    }
    assert users == {"text.py"}


def test_the_embedded_server_is_imported_only_when_a_command_needs_it() -> None:
    """Its packages are an extra: langsync works without them."""
    eager = [
        str(one)
        for one in all_imports()
        if one.part == "local" and part_of(one.file) != "local" and not one.lazy
    ]
    assert eager == []


def test_nothing_but_the_cli_prints() -> None:
    """Neither ``print`` nor the process's own streams are used below it."""
    wrong = [
        f"{file.name}:{node.lineno}"
        for file in FILES
        if part_of(file) != "cli"
        for node in ast.walk(tree(file))
        if (isinstance(node, ast.Name) and node.id == "print")
        or (isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"))
    ]
    assert wrong == []


def test_no_file_is_longer_than_350_lines() -> None:
    """A file fits in the head."""
    lengths = {str(file): len(file.read_text("utf-8").splitlines()) for file in FILES}
    assert {file: length for file, length in lengths.items() if length > 350} == {}


def test_no_function_is_longer_than_45_lines() -> None:
    """Its signature counts, its docstring does not."""
    lengths = {f"{file.name}:{node.name}": _length(node) for file, node in functions()}
    assert {name: length for name, length in lengths.items() if length > 45} == {}


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = len((ast.get_docstring(node, clean=False) or "").splitlines())
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def test_no_module_is_named_for_being_a_drawer() -> None:
    """Stages are named by verbs, kinds by nouns."""
    drawers = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "core", "base"}
    names = {file.relative_to(PACKAGE).as_posix() for file in FILES if file.stem in drawers}
    assert names <= {"kinds/base.py"}


def test_every_package_that_is_imported_is_declared() -> None:
    """What pip installs is what langsync needs; the embedded server's and Parquet's are extras."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
    needs = project["project"]["dependencies"]
    extras = project["project"]["optional-dependencies"]
    extra, needs = extras["local"], [*needs, *extras["parquet"]]
    assert _distributions(outside_local=True) <= {_name(need) for need in needs}
    assert _distributions(outside_local=False) <= {_name(need) for need in [*needs, *extra]}


def _name(requirement: str) -> str:
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return name.lower().replace("_", "-")


def _distributions(*, outside_local: bool) -> set[str]:
    """The distributions that the package imports from, without those that others bring along."""
    modules = {
        one.module.split(".")[0]
        for one in all_imports()
        if (part_of(one.file) != "local") is outside_local
    } - {*sys.stdlib_module_names, "langsync", "pydantic_core"}
    return {_name(packages_distributions()[module][0]) for module in modules}


def test_no_module_keeps_changing_state_of_its_own() -> None:
    """There is no ``global`` statement."""
    wrong = [
        f"{file.name}:{node.lineno}"
        for file in FILES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Global)
    ]
    assert wrong == []


def test_whoever_reads_of_langfuse_says_what_is_expected() -> None:
    """Each `get`, `pages` and `each_page` of a client names a schema, so that nothing else is read.

    The demo asks its own server.
    """
    unchecked = [
        f"{file.relative_to(PACKAGE)}:{node.lineno}"
        for file in FILES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "pages", "each_page")
        and ast.unparse(node.func.value).rpartition(".")[2] in ("api", "_api", "client")
        and len(node.args) < 2
    ]
    assert [place for place in unchecked if not place.startswith("cli/demo.py")] == []
