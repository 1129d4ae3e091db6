"""The rate limit."""

from __future__ import annotations

import httpx

from langsync.local import LocalProject, LocalServer, RateLimit
from langsync.local.rate_limits import RateLimiter

PROJECT = LocalProject()
KEYS = (PROJECT.public_key, PROJECT.secret_key)


def test_requests_past_the_limit_are_told_when_to_come_back() -> None:
    """A 429 in JSON with the headers of Langfuse Cloud; other paths are free."""
    limit = RateLimit(2, window=60, path="/v2/datasets")
    with (
        LocalServer(rate_limit=limit) as server,
        httpx.Client(base_url=f"{server.url}/api/public", auth=KEYS) as api,
    ):
        statuses = [api.get("/v2/datasets").status_code for _ in range(3)]
        answer = api.get("/v2/datasets")
        free = api.get("/v2/prompts").status_code
    assert (statuses, free) == ([200, 200, 429], 200)
    assert answer.json() == {"message": "Rate limit exceeded"}
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["x-ratelimit-limit"] == "2"
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.headers["x-ratelimit-reset"].endswith("GMT+0000 (Coordinated Universal Time)")


def test_a_window_begins_with_its_first_request_and_ends() -> None:
    """After it the count starts again."""
    times = iter((100.0, 105.0, 109.9, 110.0, 111.0))
    limiter = RateLimiter(RateLimit(1, window=10, path=""), clock=lambda: next(times))
    refused = [limiter.refusal("/x") is not None for _ in range(5)]
    assert refused == [False, True, True, False, True]


def test_health_is_not_limited_by_default() -> None:
    """Nor is what lies outside of the API."""
    limiter = RateLimiter(RateLimit(0))
    assert limiter.refusal("/api/public/health") is None
    assert limiter.refusal("/generated/api/openapi.yml") is None
    assert limiter.refusal("/api/public/projects") is not None


def test_a_reset_begins_a_new_window() -> None:
    """Tests that share a server do not use up each other's requests."""
    with LocalServer(rate_limit=RateLimit(1)) as server:
        url = f"{server.url}/api/public/projects"
        first, second = (httpx.get(url, auth=KEYS).status_code for _ in range(2))
        server.reset()
        third = httpx.get(url, auth=KEYS).status_code
    assert (first, second, third) == (200, 429, 200)
