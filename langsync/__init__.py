"""langsync: Langfuse prompts and datasets as code.

The Python API, in which each name is imported when it is first used:

- `load`, `fetch`, `diff`, `plan`, `apply`, `pull`, `write`, and the `Repository` they work on;
- the data that they give, with the contents of each kind, and the errors that they raise.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langsync.config import Connection
    from langsync.diff import Differences
    from langsync.errors import (
        ApiError,
        ConfigError,
        InvalidFilesError,
        LangsyncError,
        Problem,
        RefusedError,
    )
    from langsync.fetch import Remote
    from langsync.kinds.dataset_item.dataset_spec import DatasetSpec, DatasetState
    from langsync.kinds.dataset_item.spec import ItemSpec
    from langsync.kinds.dataset_item.state import ItemState
    from langsync.kinds.prompt.spec import PromptSpec, PromptVariant
    from langsync.kinds.prompt.state import PromptState, PromptVersion
    from langsync.kinds.score_config.spec import ScoreConfigSpec
    from langsync.kinds.score_config.state import ScoreConfigState
    from langsync.library import (
        Permission,
        Repository,
        apply,
        diff,
        fetch,
        load,
        plan,
        pull,
        write,
    )
    from langsync.model import (
        UNMANAGED,
        Action,
        Address,
        Change,
        FileChange,
        LabelMove,
        Origin,
        Outcome,
        Plan,
        Pulled,
        Report,
        Resource,
    )
    from langsync.version import __version__

_HOMES = {
    "config": ("Connection",),
    "diff": ("Differences",),
    "errors": (
        "ApiError",
        "ConfigError",
        "InvalidFilesError",
        "LangsyncError",
        "Problem",
        "RefusedError",
    ),
    "fetch": ("Remote",),
    "kinds.dataset_item.dataset_spec": ("DatasetSpec", "DatasetState"),
    "kinds.dataset_item.spec": ("ItemSpec",),
    "kinds.dataset_item.state": ("ItemState",),
    "kinds.prompt.spec": ("PromptSpec", "PromptVariant"),
    "kinds.prompt.state": ("PromptState", "PromptVersion"),
    "kinds.score_config.spec": ("ScoreConfigSpec",),
    "kinds.score_config.state": ("ScoreConfigState",),
    "library": (
        "Permission",
        "Repository",
        "apply",
        "diff",
        "fetch",
        "load",
        "plan",
        "pull",
        "write",
    ),
    "model": (
        "UNMANAGED",
        "Action",
        "Address",
        "Change",
        "FileChange",
        "LabelMove",
        "Origin",
        "Outcome",
        "Plan",
        "Pulled",
        "Report",
        "Resource",
    ),
    "version": ("__version__",),
}
"""Where the names of the Python API come from."""

__all__ = [
    "UNMANAGED",
    "Action",
    "Address",
    "ApiError",
    "Change",
    "ConfigError",
    "Connection",
    "DatasetSpec",
    "DatasetState",
    "Differences",
    "FileChange",
    "InvalidFilesError",
    "ItemSpec",
    "ItemState",
    "LabelMove",
    "LangsyncError",
    "Origin",
    "Outcome",
    "Permission",
    "Plan",
    "Problem",
    "PromptSpec",
    "PromptState",
    "PromptVariant",
    "PromptVersion",
    "Pulled",
    "RefusedError",
    "Remote",
    "Report",
    "Repository",
    "Resource",
    "ScoreConfigSpec",
    "ScoreConfigState",
    "__version__",
    "apply",
    "diff",
    "fetch",
    "load",
    "plan",
    "pull",
    "write",
]


class _Package(ModuleType):
    """Keeps the names of the API for functions: ``langsync.load`` is one, and a module's name too.

    Python sets a package's attribute to a module when that is first imported.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


if not TYPE_CHECKING:  # a type checker knows the names, and what is none

    def __getattr__(name: str) -> object:
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(f"langsync.{home}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
