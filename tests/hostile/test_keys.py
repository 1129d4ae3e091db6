"""Keys go only where the user said: nothing that a repository holds can name another place."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

import langsync
from langsync.config import Connection, TrustedHosts
from langsync.errors import InsecureHostError, UntrustedHostError
from tests.conftest import Cli, Ended, RecordingServer
from tests.hostile.conftest import Trap
from tests.unit.git import Repository as GitRepository
from tests.unit.repository import write

PROMPTS = {"prompts/a.yaml": "prompt: Hi\n"}

COMMANDS = [
    ("plan",),
    ("apply", "--yes"),
    ("drift",),
    ("pull", "--yes"),
    ("promote", "a", "--from", "evil", "--to", "other", "--yes"),
    ("doctor",),
    ("show", "a"),
    ("diff", "a", "evil"),
    ("list", "--remote"),
    ("api",),
    ("api", "GET", "/v2/prompts"),
    ("api", "projects_get"),
    ("export", "scores", "out.jsonl"),
    ("projects",),
    ("keys", "list"),
    ("keys", "create"),
    ("traces", "list"),
    ("observations", "list"),
    ("scores", "list"),
    ("sessions", "list"),
    ("metrics", "observations"),
]


def repository(folder: Path, host: str, more: str = "") -> None:
    """Somebody's repository whose environments name a host."""
    config = f"""
        version: 1
        default_environment: evil
        environments:
          evil: {{host: "{host}", labels: [evil]{more}}}
          other: {{host: "{host}", labels: [other]{more}}}
        """
    write(folder, {"langsync.yaml": config, **PROMPTS})


def assert_nothing_got_out(ended: Ended, trap: Trap) -> None:
    """The trap was not even connected to, and no output holds any secret."""
    assert (trap.accepted, trap.received) == (0, [])
    assert "h0stile" not in ended.out + ended.err


def person(process: pytest.MonkeyPatch, *, answer: bool) -> list[str]:
    """Put a person before the terminal; gives the questions that they are asked."""
    asked: list[str] = []
    terminal = SimpleNamespace(isatty=lambda: True)
    streams = SimpleNamespace(stdin=terminal, stderr=terminal)
    process.setattr("langsync.cli.connecting.sys", streams)

    def confirm(text: str, **_: object) -> bool:
        asked.append(text)
        return answer

    process.setattr("typer.confirm", confirm)
    return asked


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("option", [(), ("--insecure", "--verbose")], ids=["", "insecure"])
@pytest.mark.usefixtures("secrets")
def test_no_command_sends_keys_to_a_host_that_a_file_names(
    words: tuple[str, ...], option: tuple[str, ...], repo: Path, trap: Trap, cli: Cli
) -> None:
    """It refuses without a connection, and names the variable that would allow it."""
    repository(repo, trap.url)
    ended = cli(*words, *option)
    assert ended.code == (1 if words == ("doctor",) else 3)
    assert f"LANGSYNC_TRUSTED_HOSTS={trap.url}" in ended.out + ended.err
    assert_nothing_got_out(ended, trap)


@pytest.mark.usefixtures("secrets")
def test_the_trap_catches_what_is_sent(
    repo: Path, trap: Trap, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """Once the user says so, keys and headers arrive: the tests here would see it."""
    repository(repo, trap.url)
    process.setenv("LANGSYNC_TRUSTED_HOSTS", f"https://other.example, {trap.url}")
    assert cli("plan").code == 1
    assert b"Authorization: Basic" in trap.received[0]
    assert b"h0stile-header" in trap.received[0]


@pytest.mark.parametrize("name", ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "GITHUB_LANGFUSE_KEY"])
@pytest.mark.usefixtures("secrets")
def test_no_other_secret_of_the_process_can_be_named_as_a_key(
    name: str, repo: Path, trap: Trap, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """Not even for a host that is trusted."""
    process.setenv("LANGSYNC_TRUSTED_HOSTS", trap.url)
    more = f", public_key_env: LANGFUSE_PUBLIC_KEY, secret_key_env: {name}"
    repository(repo, trap.url, more)
    ended = cli("plan")
    assert ended.code == 1
    assert f"not {name}, but LANGFUSE_" in ended.err
    assert_nothing_got_out(ended, trap)


@pytest.mark.parametrize("command", ["plan", "apply", "drift", "pull", "promote"])
@pytest.mark.usefixtures("secrets")
def test_the_action_sends_its_keys_nowhere_else(
    command: str, repo: Path, trap: Trap, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """A pull request that changes the host gets nothing, whatever variables it names."""
    own = ", public_key_env: MY_LANGFUSE_PK, secret_key_env: MY_LANGFUSE_SK"
    repository(repo, trap.url, own)
    process.setenv("RUNNER_TEMP", str(repo.parent / "temp"))
    process.setenv("INPUT_COMMAND", command)
    process.setenv("INPUT_PUBLIC_KEY", "pk-lf-h0stile-input")
    process.setenv("INPUT_SECRET_KEY", "sk-lf-masked")
    process.setenv("INPUT_COMMENT", "false")
    process.setenv("INPUT_ARGS", "a --from evil --to other" if command == "promote" else "")
    ended = cli("github", "run", "--format", "json")
    assert ended.code == 3
    assert "LANGSYNC_TRUSTED_HOSTS" in ended.err
    assert (trap.accepted, trap.received) == (0, [])


@pytest.mark.parametrize("kind", ["tracked", "untracked", "link"])
@pytest.mark.usefixtures("secrets")
def test_a_file_of_variables_in_the_checkout_names_no_host_for_other_keys(
    kind: str, repo: Path, trap: Trap, cli: Cli
) -> None:
    """Whether Git tracks it or not, or a link that leads out; nor can it trust that host itself."""
    text = f"LANGFUSE_BASE_URL={trap.url}\nLANGSYNC_TRUSTED_HOSTS={trap.url}\n"
    write(repo, {"langsync.yaml": "version: 1\n", "keys.env": text, **PROMPTS})
    git = GitRepository(repo)
    git.git("init", "--quiet")
    if kind == "tracked":
        git.commit()
    if kind == "link":
        (repo / "keys.env").rename(repo.parent / "other.env")
        (repo / "keys.env").symlink_to(repo.parent / "other.env")
    ended = cli("plan", "--env-file", "keys.env", "--insecure")
    assert ended.code == 3
    assert "LANGFUSE_BASE_URL in keys.env names the host" in ended.err
    assert_nothing_got_out(ended, trap)


def test_a_file_of_variables_may_name_the_host_of_its_own_keys(
    repo: Path, trap: Trap, cli: Cli
) -> None:
    """Host and keys belong together, so that the usual file of a developer works unasked."""
    keys = "LANGFUSE_PUBLIC_KEY=pk-own\nLANGFUSE_SECRET_KEY=sk-own\n"
    write(repo, {"keys.env": f"LANGFUSE_BASE_URL={trap.url}\n{keys}", **PROMPTS})
    repository(repo, trap.url)
    assert cli("plan", "--env-file", "keys.env", "--insecure").code == 1
    assert trap.accepted == 1


@pytest.mark.usefixtures("secrets")
def test_headers_of_the_process_do_not_follow_the_keys_of_a_file(
    repo: Path, trap: Trap, cli: Cli
) -> None:
    """They are a secret like the keys."""
    keys = "LANGFUSE_PUBLIC_KEY=pk-own\nLANGFUSE_SECRET_KEY=sk-own\n"
    text = f"LANGFUSE_BASE_URL={trap.url}\n{keys}"
    write(repo, {"langsync.yaml": "version: 1\n", "keys.env": text, **PROMPTS})
    ended = cli("plan", "--env-file", "keys.env", "--insecure")
    assert ended.code == 3
    assert_nothing_got_out(ended, trap)


@pytest.mark.usefixtures("secrets", "user_folder")
def test_a_person_is_asked_once(
    repo: Path, trap: Trap, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """A yes is remembered, in a file that only its owner can read."""
    repository(repo, trap.url)
    asked = person(process, answer=True)
    for _ in range(2):
        assert cli("plan", "--insecure").code == 1
    assert asked == [f"May keys be sent to {trap.url}, unencrypted, from now on?"]
    assert trap.accepted == 2
    file = TrustedHosts.of_user(repo).file
    assert file is not None
    assert file.stat().st_mode & 0o777 == 0o600
    assert cli("trust", "--list").out == f"{trap.url}\n"


@pytest.mark.usefixtures("secrets", "user_folder")
def test_a_no_sends_nothing_and_is_asked_again(
    repo: Path, trap: Trap, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """It is not remembered."""
    repository(repo, trap.url)
    asked = person(process, answer=False)
    for _ in range(2):
        ended = cli("plan")
        assert ended.code == 3
        assert_nothing_got_out(ended, trap)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "words", [("--host", "{url}"), ("--host", "{url}", "--config", "langsync.yaml")]
)
@pytest.mark.usefixtures("secrets")
def test_http_past_this_machine_is_refused(
    words: tuple[str, ...], repo: Path, trap: Trap, cli: Cli
) -> None:
    """Even to a host that the user names, unless it is allowed."""
    write(repo, {"langsync.yaml": "version: 1\n", **PROMPTS})
    named = [word.format(url=trap.url) for word in words]
    ended = cli("plan", *named)
    assert ended.code == 3
    assert "is not encrypted" in ended.err
    assert_nothing_got_out(ended, trap)
    assert cli("plan", *named, "--insecure").code == 1
    assert trap.accepted == 1


@pytest.mark.usefixtures("secrets", "user_folder")
@pytest.mark.parametrize("way", ["variable", "trust"])
def test_http_is_allowed_for_one_host(
    way: str, repo: Path, trap: Trap, cli: Cli, process: pytest.MonkeyPatch
) -> None:
    """As for a service of a Compose network; by an entry with its scheme alone."""
    write(repo, {"langsync.yaml": "version: 1\n", **PROMPTS})
    process.setenv("LANGFUSE_BASE_URL", trap.url)
    name = trap.url.removeprefix("http://")
    if way == "variable":
        process.setenv("LANGSYNC_TRUSTED_HOSTS", name)  # that is https://
        assert cli("plan").code == 3
        process.setenv("LANGSYNC_TRUSTED_HOSTS", trap.url)
    else:
        assert cli("trust", trap.url).code == 1
        assert cli("trust", name).code == 0  # that is https://
        assert cli("plan").code == 3
        assert cli("trust", "--insecure", trap.url).code == 0
    assert trap.accepted == 0
    assert cli("plan").code == 1
    assert trap.accepted == 1


@pytest.mark.usefixtures("secrets")
def test_the_python_api_asks_nobody_and_refuses(
    repo: Path, trap: Trap, process: pytest.MonkeyPatch
) -> None:
    """Not even at a terminal; a connection of the program's own must be encrypted, too."""
    repository(repo, trap.url)
    asked = person(process, answer=True)
    with pytest.raises(UntrustedHostError):
        langsync.plan(langsync.load())
    with pytest.raises(InsecureHostError):
        langsync.plan(langsync.load(connection=Connection(trap.url, "pk", "sk")))
    assert (asked, trap.accepted) == ([], 0)
    process.setenv("LANGSYNC_TRUSTED_HOSTS", trap.url)
    with pytest.raises(langsync.ApiError):
        langsync.plan(langsync.load(connection=Connection(trap.url, "pk", "sk")))
    assert trap.accepted == 1


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("proxy", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.usefixtures("secrets")
def test_what_stays_on_this_machine_takes_no_proxy(
    proxy: str,
    name: str,
    repo: Path,
    langfuse: RecordingServer,
    trap: Trap,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """It would read the keys, which are sent unencrypted because they do not leave the machine."""
    url = langfuse.url.replace("127.0.0.1", name)
    repository(repo, url)
    process.setenv(proxy, f"http://127.0.0.1:{trap.port}")
    assert cli("plan").code == 0
    assert langfuse.received
    assert (trap.accepted, trap.received) == (0, [])


@pytest.mark.parametrize("git", [True, False])
@pytest.mark.usefixtures("secrets")
def test_a_checkout_that_is_the_home_of_the_user_trusts_nothing(
    git: bool,  # noqa: FBT001 - a column
    repo: Path,
    trap: Trap,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """As in a job of CI whose container has no user: what it holds is the repository's."""
    repository(repo, trap.url)
    write(repo, {".config/langsync/trusted-hosts.json": f'{{"hosts": ["{trap.url}"]}}'})
    if git:
        GitRepository(repo).git("init", "--quiet")
    process.setenv("XDG_CONFIG_HOME", str(repo / ".config"))
    for words in (("plan",), ("plan", "--host", trap.url)):
        ended = cli(*words)
        assert ended.code == 3
        assert_nothing_got_out(ended, trap)
    ended = cli("trust", "https://langfuse.example")
    assert ended.code == 1
    assert "outside the repository: set HOME or XDG_CONFIG_HOME" in ended.err
    assert cli("trust", "--list").out == ""


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.usefixtures("secrets")
def test_a_server_elsewhere_is_reached_through_the_proxy(
    direct: bool,  # noqa: FBT001 - a column
    repo: Path,
    trap: Trap,
    cli: Cli,
    process: pytest.MonkeyPatch,
) -> None:
    """Unless ``NO_PROXY`` names it; the trap is the proxy here, and the server does not exist."""
    host = "http://langfuse.internal:3000"
    repository(repo, host)
    process.setenv("LANGSYNC_TRUSTED_HOSTS", host)
    process.setenv("HTTP_PROXY", f"http://127.0.0.1:{trap.port}")
    process.setenv("NO_PROXY", "langfuse.internal" if direct else "")
    assert cli("plan").code == 1
    assert (trap.accepted == 0) is direct
