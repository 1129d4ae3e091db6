"""Where a resource can be looked at: in Langfuse, and its file in the commit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from langsync.model import Address, Project, Source


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses on a forge; empty where they are not known.

    Args:
        files: The folder of ``langsync.yaml`` in the commit.
        run: The run that made this.
    """

    files: str = ""
    run: str = ""

    def file(self, source: Source | None) -> str:
        """Where a resource is declared; empty if that is not known."""
        if not self.files or source is None:
            return ""
        line = f"#L{source.line}" if source.line else ""
        return f"{self.files}/{quote(source.file)}{line}"


def github_links(variables: Mapping[str, str], folder: str = "") -> Links:
    """The links that a workflow of GitHub knows from its environment.

    Args:
        variables: The environment variables.
        folder: The folder of ``langsync.yaml`` in the repository, with ``/``.
    """
    server, repository = (
        variables.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY")
    )
    commit, run = (variables.get(f"GITHUB_{name}", "") for name in ("SHA", "RUN_ID"))
    if not (server.startswith(("https://", "http://")) and repository):
        return Links()
    top = f"{quote(server.rstrip('/'), safe=_ADDRESS)}/{quote(repository)}"
    files = "/".join(part for part in (top, "blob", quote(commit), quote(folder)) if part)
    return Links(files if commit else "", f"{top}/actions/runs/{quote(run)}" if run else "")


def in_langfuse(project: Project, address: Address | None = None) -> str:
    """The page of a project or of a prompt; empty where it cannot be derived from the name."""
    host = quote(project.host.rstrip("/"), safe=_ADDRESS)
    top = f"{host}/project/{quote(project.id, safe='')}"
    if address is None:
        return top
    return f"{top}/prompts/{quote(address.name, safe='')}" if address.kind == "prompt" else ""


_ADDRESS = ":/%[]"
