"""``langsync schema``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from langsync.cli import console
from langsync.cli.option_groups import option
from langsync.cli.options import TextOrJson, TextOrJsonOption
from langsync.errors import ConfigError


def command(
    *,
    name: Annotated[
        str | None, typer.Argument(help="langsync, for langsync.yaml, or a kind, such as prompt.")
    ] = None,
    out: Annotated[
        Path | None, option("--out FOLDER", "Write NAME.json files there instead.")
    ] = None,
    format: TextOrJsonOption = TextOrJson.TEXT,
) -> int:
    """Print the JSON Schema of langsync.yaml or of a kind's files, for editors.

    Without a name all of them, as one object by name. 'langsync init' writes them beside
    langsync.yaml, with the settings that make editors use them.

    Examples:
        langsync schema prompt
        langsync schema --out .langsync/schemas
    """
    from langsync.cli.schemas import schemas
    from langsync.source.files import write_file

    all_schemas = schemas()
    if name is not None and name not in all_schemas:
        raise ConfigError(f"there is no schema {name!r}: {', '.join(all_schemas)}")
    chosen = {name: all_schemas[name]} if name else all_schemas
    if out is None:
        console.write(_text(chosen[name] if name else chosen))
        return 0
    out.mkdir(parents=True, exist_ok=True)
    files = {out / f"{kind}.json": schema for kind, schema in chosen.items()}
    for path, schema in files.items():
        write_file(path, _text(schema))
        console.notice(f"Wrote {path}")
    if format is TextOrJson.JSON:
        from langsync.render import json as render

        console.write(render.result({"wrote": [str(path) for path in files]}))
    return 0


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
