"""Secrets are found wherever they stand, and never shown."""

from __future__ import annotations

import gzip
import json
import random
import string
from pathlib import Path

import pytest

from tests.conftest import Cli, write
from tests.unit.lint.findings import codes, findings, places, prompts

DICE = random.Random(7)


def drawn(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    """What a vendor would draw; no secret stands in this repository."""
    return "".join(DICE.choices(alphabet, k=length))


HEX = "0123456789abcdef"
KEYS = {
    "Langfuse": f"sk-lf-{drawn(8, HEX)}-{drawn(4, HEX)}-4{drawn(3, HEX)}-{drawn(12, HEX)}",
    "Anthropic": f"sk-ant-api03-{drawn(90)}AA",
    "OpenAI": f"sk-proj-{drawn(60)}",
    "OpenAI's old": f"sk-{drawn(20)}T3BlbkFJ{drawn(20)}",
    "OpenRouter": f"sk-or-v1-{drawn(64, HEX)}",
    "AWS": f"AKIA{drawn(16, string.ascii_uppercase + '234567')}",
    "GitHub": f"ghp_{drawn(36)}",
    "GitHub's fine-grained": f"github_pat_{drawn(22)}_{drawn(59)}",
    "GitLab": f"glpat-{drawn(20)}",
    "Google": f"AIza{drawn(35)}",
    "Hugging Face": f"hf_{drawn(34, string.ascii_letters)}",
    "SendGrid": f"SG.{drawn(22)}.{drawn(43)}",
    "Slack": f"xoxb-{drawn(12, string.digits)}-{drawn(24)}",
    "Slack's webhooks": f"https://hooks.slack.com/services/T{drawn(8)}/B{drawn(8)}/{drawn(24)}",
    "Stripe": f"sk_live_{drawn(24)}",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\n{drawn(64)}\n{drawn(64)}\n",
}
EXAMPLES = (
    "Keys begin with sk-..., sk-lf-..., pk-lf-1234, or are AKIAIOSFODNN7EXAMPLE and sk-lf-local.",
    "sk-ant-api03-XXXXXXXXXXXXXXXXXXXXXXXX, ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-proj-your-key-goes-here-and-nowhere-else, sk-0000000000000000000000000000000000000000",
    "risk-assessment of task-management: desk-lamps, disk-abcdefghijklmnopqrstuvwxyzabcdefghijkl",
    "-----BEGIN PRIVATE KEY----- begins a key, -----END PRIVATE KEY----- ends it",
    "AKIA is how keys of AWS begin; hf_ those of Hugging Face; a UUID is 9f1c2b3a-0000-4000-8000-1",
)


def test_a_secret_is_found_and_not_shown(cli: Cli, repo: Path) -> None:
    """Of each vendor: not in any format, and no long part of it either."""
    prompts(repo, {f"p{at}": f"Use {key} now" for at, key in enumerate(KEYS.values())})
    assert codes(cli) == ["LS201"] * len(KEYS)
    for name in ("text", "json", "markdown", "github"):
        ended = cli("validate", "--format", name)
        for key in KEYS.values():
            rest = key[-20:].strip()
            assert not any(
                rest[at : at + 6] in ended.out + ended.err for at in range(len(rest) - 6)
            )


def test_each_vendor_is_told(cli: Cli, repo: Path) -> None:
    """With how it begins and its length."""
    prompts(repo, {"p": KEYS["Anthropic"]})
    [found] = findings(cli)
    length = len(KEYS["Anthropic"])
    assert found.message.startswith(f"a key of Anthropic (sk-ant-…, {length} characters): revoke")


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_no_secret(cli: Cli, repo: Path, text: str) -> None:
    """Prompts write about keys."""
    prompts(repo, {"p": text})
    assert codes(cli) == []


def test_secrets_are_found_in_every_file_that_is_read(cli: Cli, repo: Path) -> None:
    """With line and column."""
    key = KEYS["Stripe"]
    row = json.dumps({"id": "a", "input": key})
    write(
        repo,
        {
            "langsync.yaml": f"version: 1\nenvironments:\n  one:\n    vars: {{key: {key}}}\n",
            "prompts/p.yaml": f"config:\n  api_key: {key}\nprompt: {{file: p.md}}\n",
            "prompts/p.md": f"One\ntwo {key}\n",
            "prompts/q.yaml": f"prompt: |\n  Hello\n  {key}\n# {key}\n",
            "datasets/d.yaml": f"description: {key}\nitems_from: [d.jsonl, d.csv, d.jsonl.gz]\n"
            "input_schema: {file: s.json}\n",
            "datasets/d.jsonl": f'{{"id": "b", "input": 1}}\n{row}\n',
            "datasets/d.csv": f"id,input\nc,1\nd,{key}\n",
            "datasets/d.jsonl.gz": gzip.compress(row.replace('"a"', '"z"').encode()),
            "datasets/s.json": json.dumps({"title": key}),
        },
    )
    assert places(cli) == [
        ("LS201", "datasets/d.csv:3:3"),
        ("LS201", "datasets/d.jsonl:2:23"),
        ("LS201", "datasets/d.jsonl.gz:1:23"),
        ("LS201", "datasets/d.yaml:1:14"),
        ("LS201", "datasets/s.json:1:12"),
        ("LS201", "langsync.yaml:4:17"),
        ("LS201", "prompts/p.md:2:5"),
        ("LS201", "prompts/p.yaml:2:12"),
        ("LS201", "prompts/q.yaml:3:3"),
    ]
