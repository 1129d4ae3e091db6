"""One server and one proxy for the tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.scene import World, world


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world")) as running:
        yield running
