"""The first pull of a project writes a whole, tidy repository."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.conftest import Cli, write
from tests.unit.pull.remote import agrees, put_dataset, put_prompt, tree

CONFIG = {"langsync.yaml": "version: 1\n"}


def pulled(cli: Cli, repo: Path, config: str = "version: 1\n") -> dict[str, str]:
    """Pull everything into an empty folder; gives the files."""
    write(repo, {"langsync.yaml": config})
    ended = cli("pull", "--yes")
    assert ended.code == 0, ended.err
    files = tree(repo)
    del files["langsync.yaml"]
    return files


def test_prompts_are_in_folders_by_name(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Text and chat, with config, tags and labels as deployed; a plan is empty then."""
    put_prompt(raw, "support/greeting", "Hello {{name}}\nand welcome.", tags=["support"])
    messages = [
        {"role": "system", "content": "You answer."},
        {"type": "placeholder", "name": "history"},
        {"role": "content", "content": "yes"},
    ]
    put_prompt(raw, "answer", messages, config={"model": "gpt-4o", "stop": ["a", "b"]})
    assert pulled(cli, repo) == {
        "prompts/answer.yaml": "labels: [production]\n"
        "config: {model: gpt-4o, stop: [a, b]}\n"
        "prompt:\n"
        "  - system: You answer.\n"
        "  - placeholder: history\n"
        "  - role: content\n"
        '    content: "yes"\n',
        "prompts/support/greeting.yaml": "tags: [support]\n"
        "labels: [production]\n"
        "prompt: |-\n"
        "  Hello {{name}}\n"
        "  and welcome.\n",
    }
    agrees(cli)


def test_a_long_text_has_a_file_of_its_own(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """With one final newline more; the one with CR stays, in quotes."""
    text = "line\n" * 40
    put_prompt(raw, "long/text", text)
    put_prompt(raw, "chat", [{"role": "system", "content": text}])
    put_prompt(raw, "cr", "a\r\n" * 40)
    files = pulled(cli, repo)
    assert files["prompts/long/text.md"] == f"{text}\n"
    assert files["prompts/long/text.yaml"] == "labels: [production]\nprompt: {file: text.md}\n"
    assert files["prompts/chat.system.md"] == f"{text}\n"
    assert '"a\\r\\na\\r\\n' in files["prompts/cr.yaml"]
    agrees(cli)


def test_versions_that_differ_by_label_are_variants(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """Where there are no environments; a prompt without labels is a draft."""
    put_prompt(raw, "a/b", "One", labels=["production", "prod-a"])
    put_prompt(raw, "a/b", "Two", labels=["prod-b"], config={"k": 1})
    put_prompt(raw, "idea", "Maybe", labels=[])
    assert pulled(cli, repo) == {
        "prompts/a/b.yaml": "variants:\n"
        "  - labels: [production, prod-a]\n"
        "    prompt: One\n"
        "  - labels: [prod-b]\n"
        "    config: {k: 1}\n"
        "    prompt: Two\n",
        "prompts/idea.yaml": "labels: []\nprompt: Maybe\n",
    }
    agrees(cli)


ENVIRONMENTS = """\
version: 1
default_environment: staging
environments:
  staging: {labels: [staging]}
  production: {labels: [production]}
"""


def test_versions_that_differ_by_environment_are_overrides(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """Plans of both are empty then."""
    put_prompt(raw, "p", "One", labels=["production"], config={"a": 1, "b": {"c": 1}})
    put_prompt(raw, "p", "Two", labels=["staging"], config={"a": 1, "b": {"c": 2}})
    put_prompt(raw, "same", labels=["production", "staging"])
    put_prompt(raw, "only", labels=["production"])
    put_prompt(raw, "fewer", labels=["production"], config={"a": 1})
    put_prompt(raw, "fewer", labels=["staging"], config={"b": 1})
    assert pulled(cli, repo, ENVIRONMENTS) == {
        "prompts/p.yaml": "config:\n"
        "  a: 1\n"
        "  b: {c: 2}\n"
        "prompt: Two\n"
        "overrides:\n"
        "  production:\n"
        "    config:\n"
        "      b: {c: 1}\n"
        "    prompt: One\n",
        "prompts/same.yaml": "prompt: Hello.\n",
        "prompts/only.yaml": "labels: [production]\nprompt: Hello.\n",
        "prompts/fewer.yaml": "prompt: Hello.\n"
        "overrides:\n"
        "  staging:\n"
        "    config: {b: 1}\n"
        "  production:\n"
        "    config: {a: 1}\n",
    }
    agrees(cli, "--env", "staging")
    agrees(cli, "--env", "production")


def test_datasets_with_many_items_have_them_as_rows(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """51 are many; 50 stand in the dataset's own file."""
    for name, count in (("few", 50), ("many", 51)):
        items = ({"id": f"{name}-{number:02}", "input": {"q": number}} for number in range(count))
        put_dataset(raw, name, *items, description=f"The {name}", metadata={"owner": "ada"})
    files = pulled(cli, repo)
    assert sorted(files) == ["datasets/few.yaml", "datasets/many.jsonl", "datasets/many.yaml"]
    assert files["datasets/many.yaml"] == (
        "description: The many\nmetadata: {owner: ada}\nitems_from: [many.jsonl]\n"
    )
    rows = files["datasets/many.jsonl"].split("\n")
    assert (rows[0], len(rows)) == ('{"id": "many-00", "input": {"q": 0}}', 52)
    assert "\n  - id: few-00\n    input: {q: 0}\n" in files["datasets/few.yaml"]
    agrees(cli)


def test_check_and_no_terminal_write_nothing(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """The one says so with 2, the other one with what to do."""
    put_prompt(raw, "p")
    write(repo, CONFIG)
    checked = cli("pull", "--check")
    assert (checked.code, "+ prompts/p.yaml  create" in checked.out) == (2, True)
    asked = cli("pull")
    assert (asked.code, "say --yes" in asked.err) == (1, True)
    assert tree(repo) == CONFIG


def test_later_pulls_bring_new_things_only_when_told(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """By their address, or all of them."""
    put_prompt(raw, "old")
    pulled(cli, repo)
    put_prompt(raw, "newest")
    put_prompt(raw, "newer")
    assert cli("pull", "--check").code == 0
    assert cli("pull", "--yes", "prompt/newest").code == 0
    assert sorted(tree(repo / "prompts")) == ["newest.yaml", "old.yaml"]
    assert cli("pull", "--yes", "--all").code == 0
    assert sorted(tree(repo / "prompts")) == ["newer.yaml", "newest.yaml", "old.yaml"]
    agrees(cli)


def test_an_address_that_is_nowhere_is_an_error(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """So is what is no address."""
    put_prompt(raw, "p")
    write(repo, CONFIG)
    for address, words in (("prompt/nope", "neither in the files"), ("p", "is no address")):
        ended = cli("pull", "--yes", address)
        assert (ended.code, words in ended.err) == (1, True)


THREE = """version: 1
default_environment: staging
environments:
  local: {host: 'http://127.0.0.1:3030', labels: [production, staging]}
  staging: {labels: [staging]}
  production: {labels: [production]}
"""


def test_a_prompt_of_one_environment_is_not_deployed_to_another(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """Whatever environments there are on this machine; a plan of each is empty."""
    put_prompt(raw, "both", "One", labels=["staging", "production"])
    put_prompt(raw, "judge", "Two", labels=["staging"])
    put_prompt(raw, "old", "Three", labels=["production"])
    files = pulled(cli, repo, THREE)
    assert files["prompts/judge.yaml"] == "labels: [staging]\nprompt: Two\n"
    assert files["prompts/old.yaml"] == "labels: [production]\nprompt: Three\n"
    for name in ("staging", "production"):
        agrees(cli, "--env", name)


def test_an_environment_on_this_machine_keeps_nothing_old(
    repo: Path, cli: Cli, raw: httpx.Client
) -> None:
    """It is for trying what the files say: no override keeps it as it was."""
    put_prompt(raw, "p", "One", labels=["production"], config={"model": "a", "top_p": 1})
    pulled(cli, repo, THREE)
    put_prompt(raw, "p", "Two", labels=["production"], config={"model": "b"})
    assert cli("pull", "--yes", "--env", "production").code == 0
    assert tree(repo)["prompts/p.yaml"] == (
        "labels: [production]\nconfig: {model: b}\nprompt: Two\n"
    )
