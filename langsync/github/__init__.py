"""GitHub: workflow commands, job summaries, comments on pull requests, and issues."""

from langsync.github.api import GithubApi, GithubError
from langsync.github.event import Event
from langsync.github.threads import Sticky, close_issue, keep_comment, keep_issue
from langsync.github.workflow import Workflow

__all__ = [
    "Event",
    "GithubApi",
    "GithubError",
    "Sticky",
    "Workflow",
    "close_issue",
    "keep_comment",
    "keep_issue",
]
