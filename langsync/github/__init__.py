"""GitHub: what a workflow is told, and what is written to pull requests and issues."""

from langsync.github.api import Api, GithubError
from langsync.github.event import Event
from langsync.github.threads import Sticky, close_issue, keep_comment, keep_issue
from langsync.github.workflow import Workflow

__all__ = [
    "Api",
    "Event",
    "GithubError",
    "Sticky",
    "Workflow",
    "close_issue",
    "keep_comment",
    "keep_issue",
]
