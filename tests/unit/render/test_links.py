"""Where a resource can be looked at."""

from __future__ import annotations

import pytest

from langsync.model import Address, Project, Source
from langsync.render.links import Links, github_links, in_langfuse

WORKFLOW = {
    "GITHUB_SERVER_URL": "https://github.example",
    "GITHUB_REPOSITORY": "acme/prompts",
    "GITHUB_SHA": "abc123",
    "GITHUB_RUN_ID": "42",
}


@pytest.mark.parametrize(
    ("folder", "source", "found"),
    [
        ("", Source("prompts/a.yaml"), "/prompts/a.yaml"),
        ("apps/one two", Source("d/x.jsonl", 12), "/apps/one%20two/d/x.jsonl#L12"),
    ],
)
def test_a_workflow_knows_the_file_in_the_commit(folder: str, source: Source, found: str) -> None:
    """And its line, where that is known."""
    links = github_links(WORKFLOW, folder)
    assert links.file(source) == f"https://github.example/acme/prompts/blob/abc123{found}"
    assert links.run == "https://github.example/acme/prompts/actions/runs/42"


def test_where_nothing_is_known_nothing_is_linked() -> None:
    """Outside of a workflow, for what no file declares, and where the server is no address."""
    assert github_links({}) == Links()
    assert github_links({**WORKFLOW, "GITHUB_SERVER_URL": "javascript:alert(1)//"}) == Links()
    assert Links().file(Source("a")) == ""
    assert github_links(WORKFLOW).file(None) == ""


def test_a_name_cannot_leave_its_place_in_an_address() -> None:
    """Whatever is in it."""
    project = Project("p/1", "x", "https://eu.example/base/")
    page = in_langfuse(project, Address("prompt", "../a>(b)?c#d"))
    assert page == "https://eu.example/base/project/p%2F1/prompts/..%2Fa%3E%28b%29%3Fc%23d"
    assert in_langfuse(project, Address("dataset", "qa")) == ""
