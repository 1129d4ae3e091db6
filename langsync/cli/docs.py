"""``langsync docs``."""

from __future__ import annotations

import sys
from importlib.resources import files as resources
from typing import Annotated

import typer

from langsync.cli import console
from langsync.cli.options import TextOrJson, TextOrJsonOption
from langsync.errors import ConfigError


def command(
    *,
    topic: Annotated[
        str | None, typer.Argument(help="The guide, such as files. By default a list of them.")
    ] = None,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Read the guides that come with langsync, for this version and without network.

    In a terminal they are laid out; elsewhere they are the Markdown that they are written in.

    Examples:
        langsync docs
        langsync docs files
    """
    guides = _guides()
    if topic is not None and topic not in guides:
        raise ConfigError(f"there is no guide {topic!r}: {', '.join(guides)}")
    if format is TextOrJson.JSON:
        from langsync.render import json

        chosen = guides if topic is None else {topic: guides[topic]}
        rows = [{"topic": name, "text": text} for name, text in chosen.items()]
        console.write(json.rows("guides", rows))
        return 0
    if topic is None:
        width = max(map(len, guides))
        for name, text in guides.items():
            console.write(f"{name:<{width}}  {text.splitlines()[0].lstrip('# ')}\n")
        console.notice("Read one: langsync docs files")
        return 0
    if sys.stdout.isatty():
        from rich.markdown import Markdown

        console.show(Markdown(guides[topic]))
    else:
        console.write(guides[topic], verbatim=True)  # no text of anybody else
    return 0


def _guides() -> dict[str, str]:
    """The guides by name."""
    folder = resources("langsync") / "docs"
    files = {file.name.removesuffix(".md"): file for file in folder.iterdir()}
    return {name: files[name].read_text("utf-8") for name in sorted(files)}
