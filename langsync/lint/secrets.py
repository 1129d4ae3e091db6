"""Keys and other secrets in files: a repository is read by many, and a prompt by a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from langsync.config import LOCAL_KEYS


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """What secrets of one kind look like.

    Args:
        description: What it is.
        begins: How it begins; a text without this is not searched further.
        pattern: All of it.
    """

    description: str
    begins: str
    pattern: re.Pattern[str]


def _pattern(description: str, begins: str, rest: str) -> SecretPattern:
    pattern = rf"(?<![A-Za-z0-9_-]){re.escape(begins)}{rest}(?![A-Za-z0-9])"
    return SecretPattern(description, begins, re.compile(pattern, re.ASCII))


_PATTERNS = (
    _pattern("a secret key of Langfuse", "sk-lf-", r"[A-Za-z0-9-]{8,}"),
    _pattern("a key of Anthropic", "sk-ant-", r"[A-Za-z0-9_-]{20,}"),
    _pattern("a key of OpenAI", "sk-", r"(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}"),
    _pattern("a key of OpenAI", "sk-", r"[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"),
    _pattern("a key of OpenAI", "sk-", r"[A-Za-z0-9]{32,}"),
    _pattern("a key of OpenRouter", "sk-or-", r"v1-[0-9a-f]{40,}"),
    _pattern("an access key of AWS", "AKIA", r"[A-Z0-9]{16}"),
    _pattern("an access key of AWS", "ASIA", r"[A-Z0-9]{16}"),
    _pattern("a token of GitHub", "gh", r"[pousr]_[A-Za-z0-9]{36,}"),
    _pattern("a token of GitHub", "github_pat_", r"[A-Za-z0-9_]{50,}"),
    _pattern("a token of GitLab", "glpat-", r"[A-Za-z0-9_-]{20,}"),
    _pattern("a key of Google", "AIza", r"[A-Za-z0-9_-]{35}"),
    _pattern("a token of Hugging Face", "hf_", r"[A-Za-z]{30,}"),
    _pattern("a token of npm", "npm_", r"[A-Za-z0-9]{36}"),
    _pattern("a key of SendGrid", "SG.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _pattern("a token of Slack", "xox", r"[abeoprs]-[A-Za-z0-9-]{10,}"),
    _pattern("a token of Slack", "xapp-", r"[0-9]-[A-Za-z0-9-]{10,}"),
    _pattern("a webhook of Slack", "hooks.slack.com/services/", r"T\w+/B\w+/\w{16,}"),
    _pattern("a key of Stripe", "sk_live_", r"[A-Za-z0-9]{16,}"),
    _pattern("a key of Stripe", "rk_live_", r"[A-Za-z0-9]{16,}"),
    _pattern("a key of Stripe", "sk_test_", r"[A-Za-z0-9]{16,}"),
    _pattern("a webhook secret of Stripe", "whsec_", r"[A-Za-z0-9+/]{24,}"),
    SecretPattern(
        "a private key",
        "PRIVATE KEY",
        re.compile(
            r"-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY(?: BLOCK)?-----(?:\s|\\n)+[A-Za-z0-9+/=]{16}"
        ),
    ),
)

_EXAMPLE = re.compile(r"example|xxx|000000|your|placeholder|redacted", re.IGNORECASE)
_DIVERSE = 8
"""Different characters that a real key has behind its beginning; made-up ones have fewer."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a text.

    Args:
        description: What it is.
        offset: At which character it begins.
        text: The secret itself; never to be shown.
    """

    description: str
    offset: int
    text: str

    @property
    def message(self) -> str:
        """What is reported: how it begins, and nothing that helps to guess the rest."""
        return (
            f"{self.description} ({self._shown}): revoke it, it is in Git's history once it is "
            "committed; keep keys in variables"
        )

    @property
    def _shown(self) -> str:
        if self.text.startswith("-----"):
            return f"{self.text.split('-----')[1]}…"
        begins = next(
            (pattern.begins for pattern in _PATTERNS if self.text.startswith(pattern.begins)), ""
        )
        return f"{begins}…, {len(self.text)} characters"


def secrets(text: str) -> Iterator[Secret]:
    """The secrets in a text; examples of documentation are none."""
    taken: set[int] = set()
    for pattern in _PATTERNS:
        if pattern.begins not in text:
            continue
        for match in pattern.pattern.finditer(text):
            if match.start() not in taken and not _is_example(match[0], pattern.begins):
                taken.add(match.start())
                yield Secret(pattern.description, match.start(), match[0])


def _is_example(secret: str, begins: str) -> bool:
    if begins == "PRIVATE KEY":
        return False
    rest = secret.removeprefix(begins)
    known = secret in LOCAL_KEYS.values()
    if known or _EXAMPLE.search(rest):
        return True
    needed = 5 if begins == "sk-lf-" else _DIVERSE
    return len(set(rest)) < needed or not any(c.isdigit() or c.isupper() for c in rest)
