"""The table of situations: what plan, apply and drift do in each."""

from __future__ import annotations

import pytest
from langfuse import Langfuse

from tests.situations import commits, contents, datasets, environments, files, labels
from tests.situations.checks import hold
from tests.situations.scene import Scene
from tests.situations.situation import Situation

TABLE = {
    "labels": labels.ROWS,
    "commits": commits.ROWS,
    "contents": contents.ROWS,
    "environments": environments.ROWS,
    "files": files.ROWS,
    "datasets": datasets.ROWS,
}


def _params() -> list[object]:
    return [
        pytest.param(
            row,
            id=f"{part}: {row.name}",
            marks=[pytest.mark.xfail(strict=True, reason=row.wrong)] if row.wrong else [],
        )
        for part, rows in TABLE.items()
        for row in rows
    ]


@pytest.mark.parametrize("situation", _params())
def test_situation(situation: Situation, scene: Scene, sdk: Langfuse) -> None:
    """Each row says in one sentence what langsync does."""
    hold(situation, scene, sdk)
