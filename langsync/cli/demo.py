"""``langsync demo``."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.text import Text

from langsync.cli import console
from langsync.cli.option_groups import option
from langsync.errors import LangsyncError

if TYPE_CHECKING:
    from langsync.local import LocalServer

EDITED = "prompts/support/greeting.yaml"
"""The example that the demo edits; a text prompt."""


def command(
    *,
    keep: Annotated[
        bool, option("--keep", "Keep the example repository and say where it is.")
    ] = False,
) -> int:
    """See it work: a tour with an embedded server and an example repository.

    Needs no account, no keys, no Git identity and no network. Runs the real commands on a copy
    of the examples in a temporary folder and cleans up after itself.

    Examples:
        langsync demo
        langsync demo --keep
    """
    from langsync.local import LocalServer
    from langsync.source.git import find_program

    git = find_program()
    if git is None:
        raise LangsyncError("the demo needs git, which is not installed")
    folder = Path(tempfile.mkdtemp(prefix="langsync-demo-"))
    try:
        with LocalServer() as server:
            _Tour(folder / "support-assistant", server, git).walk()
        if keep:
            console.notice(f"\nThe repository is in {folder / 'support-assistant'}")
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def examples() -> Path:
    """The example repository: in the wheel beside this package, else in the checkout."""
    import langsync

    package = Path(langsync.__file__).parent
    for folder in (package / "examples", package.parent / "examples"):
        if (folder / "langsync.yaml").is_file():
            return folder
    raise LangsyncError("the examples are not installed")


@dataclass(slots=True)
class _Tour:
    """The steps of the demo.

    Args:
        folder: Where the repository is made.
        server: The embedded server, running.
        program: The path of Git.
    """

    folder: Path
    server: LocalServer
    program: str
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        project = self.server.projects[0]
        own = ("LANGFUSE_", "LANGSYNC_", "GIT_")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(own)},
            "LANGFUSE_PUBLIC_KEY": project.public_key,
            "LANGFUSE_SECRET_KEY": project.secret_key,
            "LANGSYNC_CACHE": str(self.folder.parent / "cache"),
            "XDG_STATE_HOME": str(self.folder.parent / "state"),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{
                f"GIT_{who}_{part}": value
                for who in ("AUTHOR", "COMMITTER")
                for part, value in (("NAME", "langsync demo"), ("EMAIL", "demo@example.invalid"))
            },
        }

    def walk(self) -> None:
        """Walk through all of it."""
        self.say("An example repository: the prompts and test datasets of a support assistant.")
        ignored = shutil.ignore_patterns(".git", "__pycache__")
        shutil.copytree(examples(), self.folder, ignore=ignored)
        self.git("init", "-q", "-b", "main")
        self.commit("The assistant as it is today")
        self.langsync("validate")
        self.say("Langfuse is empty still. What would change?")
        self.langsync("plan")
        self.say("Apply it. In CI, --yes takes the place of the question.")
        self.langsync("apply", "--yes", quiet=True)
        self.say("Somebody edits a prompt, in Git, where it can be reviewed …")
        self.edit("friendly", "warm and brief")
        self.git("--no-pager", "diff", "--unified=0", "--color=never")
        self.commit("Keep greetings short")
        self.say("… and somebody else changes another one in Langfuse, behind Git's back.")
        self.change_in_langfuse("support/escalation")
        self.say("Drift is what no commit knows of; what Git has and is not deployed is none.")
        self.langsync("drift", expect=2)
        self.say("Apply shows its plan and refuses to undo that unseen: nothing at all is sent.")
        self.langsync("apply", "--yes", expect=3)
        self.say("'langsync pull' would bring it into the files. This one is to go.")
        self.langsync("apply", "--yes", "--overwrite-drift", quiet=True)
        self.say("Langfuse is what Git says: one label moved back, one new version.")
        self.langsync("plan", "--detailed-exitcode")
        count = len(self.server.requests)
        self.say(f"That is all: {count} requests, and nothing is left behind.")
        console.show(Text("Next: langsync --help, and the README's five-minute tour.", "bold"))

    def say(self, text: str) -> None:
        console.show(Text(f"\n# {text}", "bold cyan"))
        sys.stdout.flush()

    def run(self, *arguments: str, shown: str, expect: int = 0, quiet: bool = False) -> None:
        """Run one program in the repository, its output passed on as it comes."""
        console.show(Text.assemble(("$ ", "dim"), shown))
        sys.stdout.flush()
        ended = subprocess.run(  # noqa: S603 - our own words
            arguments,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if quiet else None,
            check=False,
        )
        if ended.returncode != expect:
            raise LangsyncError(f"the demo stopped: {shown} ended with {ended.returncode}")

    def langsync(self, command: str, *arguments: str, expect: int = 0, quiet: bool = False) -> None:
        shown = " ".join(["langsync", command, *arguments])
        hidden = ("--host", self.server.url) if command != "validate" else ()
        program = (sys.executable, "-m", "langsync", command, *arguments, *hidden)
        self.run(*program, shown=shown, expect=expect, quiet=quiet)

    def git(self, *arguments: str, shown: str = "") -> None:
        self.run(self.program, *arguments, shown=shown or " ".join(["git", *arguments]))

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message, shown=f"git commit -m {message!r}")

    def edit(self, old: str, new: str) -> None:
        file = self.folder / EDITED
        text = file.read_text("utf-8")
        if old not in text:
            raise LangsyncError(f"the demo stopped: {EDITED} does not say {old!r}")
        file.write_text(text.replace(old, new, 1), "utf-8")

    def change_in_langfuse(self, name: str) -> None:
        """Do what a person does in Langfuse's web page: save a new version and deploy it."""
        from langsync.client import Client
        from langsync.config import Connection
        from langsync.model import Request

        project = self.server.projects[0]
        connection = Connection(self.server.url, project.public_key, project.secret_key)

        async def change() -> None:
            async with Client(connection) as client:
                path = f"/v2/prompts/{name.replace('/', '%2F')}"
                prompt = await client.get(path, resolve="false")
                body = {
                    "name": name,
                    "type": prompt["type"],
                    "prompt": f"{prompt['prompt']}\nOffer a 20 % voucher if the customer is upset.",
                    "config": prompt["config"],
                    "labels": ["production"],
                }
                await client.send(Request("POST", "/v2/prompts", body, repeatable=False))

        asyncio.run(change())
