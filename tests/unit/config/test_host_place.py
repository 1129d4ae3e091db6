"""A host that a file names is told with its file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.config.connection import connect
from langsync.errors import UntrustedHostError
from tests.unit.repository import config_of

FILE = "version: 1\nenvironments:\n  prod:\n    labels: [a]\n    host: https://trap.example\n"


def test_an_untrusted_host_is_told_with_its_line(tmp_path: Path) -> None:
    """So that a reviewer finds who named it."""
    config = config_of(tmp_path.resolve(), {"langsync.yaml": FILE})
    keys = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
    with pytest.raises(UntrustedHostError, match=r"environment 'prod' of \S*langsync.yaml:5 names"):
        connect(config.environments["prod"], keys)
