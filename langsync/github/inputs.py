"""The inputs of the Action."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from langsync.errors import ConfigError

COMMANDS = ("validate", "plan", "apply", "promote", "drift", "pull")
DETAILS = ("full", "summary")

_TRUE, _FALSE = frozenset({"true", "yes", "1", "on"}), frozenset({"false", "no", "0", "off"})


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of the Action.

    Args:
        command: The command to run.
        environment: The environment; empty for the default.
        config: The ``langsync.yaml``; empty for the nearest one.
        host: Langfuse's base URL, which overrides that of the files; empty for theirs.
        public_key: The public key; empty for that of the environment variables.
        secret_key: The secret key; likewise.
        comment: Whether a pull request gets a comment, and drift an issue.
        texts: Whether texts of prompts are shown in comments, summaries and the log.
        summary: Whether the job summary is written.
        artifact: Whether the plan and the HTML report are uploaded as an artifact.
        fail_on_drift: Whether drift fails the step.
        fail_on_changes: Whether a plan with changes fails the step.
        plan_file: The file in which ``plan`` saves its plan, or that ``apply`` applies.
        page: The file of the HTML report.
        args: Further arguments of the command.
        github_token: The token for comments and issues; empty for none.
    """

    command: str
    environment: str = ""
    config: str = ""
    host: str = ""
    public_key: str = ""
    secret_key: str = ""
    comment: bool = True
    texts: bool = True
    summary: bool = True
    artifact: bool = False
    fail_on_drift: bool = False
    fail_on_changes: bool = False
    plan_file: str = ""
    page: str = ""
    args: tuple[str, ...] = ()
    github_token: str = ""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Inputs:
        """Reads the inputs from variables such as ``INPUT_COMMENT_DETAIL``.

        Raises:
            ConfigError: An input has an invalid value.
        """

        def text(name: str) -> str:
            return variables.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()

        command = _one_of("command", text("command") or "plan", COMMANDS)
        try:
            args = tuple(shlex.split(text("args")))
        except ValueError as error:
            raise ConfigError(f"input args: {error}") from None
        plan_file = text("plan-file")
        folder = Path(variables.get("RUNNER_TEMP") or ".") / "langsync"
        if command == "plan" and not plan_file:
            plan_file = os.fspath(folder / "plan.json")
        return cls(
            command=command,
            environment=text("environment"),
            config=text("config"),
            host=text("host"),
            public_key=text("public-key"),
            secret_key=text("secret-key"),
            comment=_switch("comment", text("comment"), default=True),
            texts=_one_of("comment-detail", text("comment-detail") or "full", DETAILS) == "full",
            summary=_switch("summary", text("summary"), default=True),
            artifact=_switch("artifact", text("artifact"), default=False),
            fail_on_drift=_switch("fail-on-drift", text("fail-on-drift"), default=False),
            fail_on_changes=_switch("fail-on-changes", text("fail-on-changes"), default=False),
            plan_file=plan_file,
            page=os.fspath(folder / "report.html"),
            args=args,
            github_token=text("github-token"),
        )

    @property
    def command_line(self) -> list[str]:
        """The arguments of langsync."""
        arguments = [self.command]
        if self.command == "apply":
            arguments += [self.plan_file] if self.plan_file else []
            arguments += ["--yes"]
        if self.command == "plan":
            arguments += ["--out", self.plan_file]
        if self.command in ("pull", "promote"):
            arguments += ["--yes"]
        if self.command in ("plan", "apply", "drift", "promote"):
            arguments += ["--html", self.page]
        options = {"--config": self.config}
        if self.command != "promote":  # it has --from and --to
            options["--env"] = self.environment
        if self.command != "validate":  # it is offline
            options["--host"] = self.host
        for name, value in options.items():
            arguments += [name, value] if value else []
        arguments += [] if self.texts else ["--quiet"]
        return [*arguments, *self.args]


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ConfigError(f"input {name}: {value!r} is none of {', '.join(allowed)}")
    return value


def _switch(name: str, value: str, *, default: bool) -> bool:
    lowered = value.lower()
    if not lowered:
        return default
    if lowered not in _TRUE | _FALSE:
        raise ConfigError(f"input {name}: {value!r} is neither true nor false")
    return lowered in _TRUE
