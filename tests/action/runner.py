"""Runs the composite action's own steps, one after the other, as GitHub's runner does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.action.github import REPOSITORY, TOKEN, Github

TOP = Path(__file__).parents[2]
ACTION: dict[str, Any] = YAML(typ="safe").load((TOP / "action.yml").read_text())
EXPRESSION = re.compile(r"\$\{\{ (.*?) \}\}")


@dataclass
class Ran:
    """What a run of the action did.

    Args:
        code: How its last step ended.
        outputs: Those of the action.
        log: What its steps printed.
        summary: The job's summary.
        uploads: The files that were uploaded.
    """

    code: int
    outputs: dict[str, str]
    log: str
    summary: str
    uploads: list[str]


@dataclass
class Runner:
    """A runner with one checkout.

    Args:
        folder: Where everything is; its name has a space.
        github: The stand-in for GitHub.
        event: What the workflow runs for.
        variables: More variables of the process.
    """

    folder: Path
    github: Github
    event: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    count: int = 0

    @property
    def workspace(self) -> Path:
        made = self.folder / "work space" / "prompts"
        made.mkdir(parents=True, exist_ok=True)
        return made

    def run(self, **inputs: str) -> Ran:
        """Run the action with inputs, hyphens in their names written as underscores."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= ACTION["inputs"].keys()
        self.count += 1
        temp = self.folder / f"temp {self.count}"
        (temp / "langsync" / "cache").mkdir(parents=True)
        context = _Context(self._inputs(given), temp)
        log, uploads, code = "", [], 0
        for step in ACTION["runs"]["steps"]:
            if "if" in step and not context.holds(step["if"]):
                continue
            if "run" in step:
                code, out = self._shell(step, context)
                log += out
                if code:
                    break
            elif step["uses"].startswith("actions/setup-python@"):
                context.steps[step["id"]] = {"python-path": sys.executable}
            elif step["uses"].startswith("actions/upload-artifact@"):
                paths = context.fill(step["with"]["path"])
                uploads += [line for line in paths.splitlines() if line]
        summary = temp / "summary.md"
        return Ran(
            code,
            {name: context.fill(one["value"]) for name, one in ACTION["outputs"].items()},
            log,
            summary.read_text() if summary.exists() else "",
            uploads,
        )

    def _inputs(self, given: Mapping[str, str]) -> dict[str, str]:
        defaults = {name: one["default"] for name, one in ACTION["inputs"].items()}
        return {**defaults, "github-token": TOKEN, **given}

    def _shell(self, step: Mapping[str, Any], context: _Context) -> tuple[int, str]:
        assert not EXPRESSION.search(step["run"])
        assert step["shell"] == "bash"
        output = context.temp / f"output-{step.get('id', 'last')}"
        output.touch()
        event = context.temp / "event.json"
        event.write_text(json.dumps(self.event))
        folder = self.workspace / context.fill(step.get("working-directory", "."))
        if step.get("id") == "install":
            # what it would build from a checkout with internet is in this environment already
            bin_folder = Path(sys.executable).parent
            context.steps["install"] = {"langsync": os.fspath(bin_folder / "langsync")}
            return 0, ""
        script = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
        process = subprocess.run(
            script,
            cwd=folder,
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("LANGFUSE_")},
                **self.variables,
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": self.github.url,
                "GITHUB_SERVER_URL": "https://github.example",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_RUN_ID": "99",
                "GITHUB_SHA": "0" * 40,
                "GITHUB_WORKSPACE": os.fspath(self.workspace),
                "GITHUB_EVENT_PATH": os.fspath(event),
                "GITHUB_OUTPUT": os.fspath(output),
                "GITHUB_STEP_SUMMARY": os.fspath(context.temp / "summary.md"),
                "RUNNER_TEMP": os.fspath(context.temp),
                "PYTHONPATH": os.fspath(TOP),
                **{name: context.fill(text) for name, text in step.get("env", {}).items()},
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        context.steps[step.get("id", "last")] = read_outputs(output.read_text())
        return process.returncode, process.stdout


@dataclass
class _Context:
    """What expressions can name."""

    inputs: dict[str, str]
    temp: Path
    steps: dict[str, dict[str, str]] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        return EXPRESSION.sub(lambda found: self.value(found[1]), text)

    def value(self, expression: str) -> str:
        first, _, otherwise = expression.partition(" || ")
        if found := re.fullmatch(r"inputs\.([\w-]+)", first):
            return self.inputs[found[1]] or otherwise.strip("'")
        if found := re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", first):
            return self.steps.get(found[1], {}).get(found[2], "")
        return {
            "runner.temp": os.fspath(self.temp),
            "runner.os": "Linux",
            "github.action_path": os.fspath(TOP),
            "github.run_id": "99",
            "github.run_attempt": "1",
        }[first]

    def holds(self, condition: str) -> bool:
        """The one condition that the action has: ands and ors of comparisons."""
        text = re.sub(r"(inputs|steps)[\w.-]+", lambda found: repr(self.value(found[0])), condition)
        return bool(eval(text.replace("&&", " and ").replace("||", " or ")))


def read_outputs(text: str) -> dict[str, str]:
    """Step outputs, read as the runner reads the file."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        if match := re.fullmatch(r"([^=<]+)<<(.+)", line):
            value = []
            for part in lines:
                if part == match[2]:
                    break
                value.append(part)
            found[match[1]] = "\n".join(value)
        else:
            name, _, value_text = line.partition("=")
            found[name] = value_text
    return found
