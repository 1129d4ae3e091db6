"""What a pull writes, for programs."""

from __future__ import annotations

import orjson

from langsync.model import FORMAT_VERSION, Pulled


def pulled(pulled: Pulled) -> str:
    """The files, how they change and what they will hold."""
    files = [
        {"path": file.path, "action": file.action, "old": file.old, "new": file.new}
        for file in pulled.files
    ]
    data = {
        "format_version": FORMAT_VERSION,
        "files": files,
        "warnings": pulled.warnings,
        "notes": pulled.notes,
        "left_alone": pulled.left_alone,
    }
    return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode() + "\n"
