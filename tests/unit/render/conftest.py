"""A real browser for the pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

_TIMEOUT = 120_000
"""Milliseconds: a hang ends, and a slow machine is none."""

Open = Callable[..., Page]
"""Opens a page: its HTML, then options of the browser such as ``color_scheme``."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    expect.set_options(timeout=_TIMEOUT)
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield running
        running.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """A function that opens a page from a file; nothing but that file may be asked for."""
    file = tmp_path / "page of a plan.html"
    asked: list[str] = []
    wrong: list[str] = []
    opened: list[Page] = []

    def show_page(text: str, **options: object) -> Page:
        file.write_text(text, "utf-8")
        page = browser.new_page(**options)  # type: ignore[arg-type]
        opened.append(page)
        page.set_default_timeout(_TIMEOUT)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(dialog.message))
        page.goto(file.as_uri())
        return page

    yield show_page
    for page in opened:
        page.close()
    assert set(asked) <= {file.as_uri()}
    assert wrong == []
