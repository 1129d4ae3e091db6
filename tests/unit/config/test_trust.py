"""Which hosts receive keys, and where that is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.config import REGIONS, Environment, Trust, TrustedHosts, connect, read_variables
from langsync.config.hosts import parse_origin
from langsync.config.variables import key_variable_violation
from langsync.errors import ConfigError, InsecureHostError, LangsyncError, UntrustedHostError

KEYS = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
OWN = "https://langfuse.example.com"
NAMED = Environment("production", host=OWN)


@pytest.mark.parametrize("host", [*REGIONS.values(), "http://127.0.0.1:3030", "http://localhost"])
def test_the_cloud_and_this_machine_need_no_trust(host: str) -> None:
    """A file may name them."""
    assert connect(Environment("a", host=host), KEYS).host == host


@pytest.mark.parametrize(
    "variables",
    [
        {"LANGFUSE_BASE_URL": f"{OWN}/"},
        {"LANGFUSE_HOST": OWN.upper().replace("HTTPS", "https")},
        {"LANGFUSE_BASE_URL": "https://other.example", "LANGFUSE_HOST": OWN},
        {"LANGSYNC_TRUSTED_HOSTS": f" https://other.example ,{OWN}:443,"},
        {"LANGSYNC_TRUSTED_HOSTS": "langfuse.example.com"},
    ],
)
def test_a_host_that_variables_name_is_trusted(variables: dict[str, str]) -> None:
    """Under any name of the same server."""
    assert connect(NAMED, {**KEYS, **variables}).host == OWN


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"LANGFUSE_BASE_URL": "http://langfuse.example.com"},
        {"LANGFUSE_BASE_URL": "langfuse.example.com"},
        {"LANGSYNC_TRUSTED_HOSTS": f"{OWN}:8443"},
        {"LANGSYNC_TRUSTED_HOSTS": "example.com"},
        {"LANGSYNC_TRUSTED_HOSTS": "https://langfuse.example.com.evil.example"},
    ],
)
def test_no_other_host_of_a_file_receives_keys(variables: dict[str, str]) -> None:
    """The error names the environment, the command and the variable."""
    with pytest.raises(UntrustedHostError) as caught:
        connect(NAMED, {**KEYS, **variables})
    assert caught.value.exit_code == 3
    words = ("'production' of langsync.yaml", f"langsync trust {OWN}", f"_TRUSTED_HOSTS={OWN}")
    assert all(word in str(caught.value) for word in words)


def test_what_the_user_trusted_before_is_trusted() -> None:
    """And the option wins over the file."""
    trust = Trust(frozenset({parse_origin(OWN)}))
    assert connect(NAMED, KEYS, trust=trust).host == OWN
    assert connect(NAMED, KEYS, "https://o.example").host == "https://o.example"


@pytest.mark.parametrize("entry", ["*.example.com", "https://u:hunter2@x", "ftp://x", "a b"])
def test_an_entry_that_is_no_host_is_an_error(entry: str) -> None:
    """Which does not show a password."""
    with pytest.raises(ConfigError, match=r"^LANGSYNC_TRUSTED_HOSTS: host ") as caught:
        connect(NAMED, {**KEYS, "LANGSYNC_TRUSTED_HOSTS": entry})
    assert "hunter2" not in str(caught.value)


COMPOSE = "http://langfuse-web:3000"


@pytest.mark.parametrize("named", ["option", "variable"])
def test_http_past_this_machine_has_to_be_allowed(named: str) -> None:
    """Whoever names the host."""
    option = COMPOSE if named == "option" else None
    variables = {**KEYS, "LANGFUSE_BASE_URL": COMPOSE}
    with pytest.raises(InsecureHostError, match=f"trust --insecure {COMPOSE}"):
        connect(Environment(), variables, option)
    allowed = [
        ({}, Trust(insecure=True)),
        ({}, Trust(frozenset({parse_origin(COMPOSE)}))),
        ({"LANGSYNC_TRUSTED_HOSTS": COMPOSE}, Trust()),
    ]
    for more, trust in allowed:
        assert connect(Environment(), {**variables, **more}, option, trust=trust).host == COMPOSE


def test_what_allows_http_trusts_no_host() -> None:
    """``--insecure`` is about the way, not about who is at its end."""
    with pytest.raises(UntrustedHostError):
        connect(Environment("a", host=COMPOSE), KEYS, trust=Trust(insecure=True))


def test_hosts_are_remembered_in_a_file_of_the_user(tmp_path: Path) -> None:
    """Each once, in order; what is removed is forgotten."""
    hosts = TrustedHosts(tmp_path / "langsync" / "trusted-hosts.json")
    assert hosts.read() == frozenset()
    for host in (OWN, COMPOSE, f"{OWN}/"):
        hosts.add(parse_origin(host))
    assert sorted(map(str, hosts.read())) == [COMPOSE, OWN]
    assert hosts.remove(parse_origin(OWN))
    assert not hosts.remove(parse_origin(OWN))
    assert hosts.read() == {parse_origin(COMPOSE)}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"hosts": "x"}', '{"hosts": ["*"]}', '{"hosts": [1]}', '{"hosts": 1}']
)
def test_a_file_that_is_something_else_trusts_nothing(text: str, tmp_path: Path) -> None:
    """It is an error, which names the file."""
    file = tmp_path / "trusted-hosts.json"
    file.write_text(text)
    with pytest.raises(
        ConfigError, match=r"trusted-hosts\.json is not what 'langsync trust' writes"
    ):
        TrustedHosts(file).read()


@pytest.mark.parametrize("place", ["relative", "none"])
def test_without_a_home_nothing_of_the_repository_is_taken_for_it(
    place: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older versions of platformdirs give a relative folder then, newer ones raise."""

    def configuration(*_: object, **__: object) -> Path:
        if place == "none":
            raise RuntimeError
        return Path(".config")

    monkeypatch.setattr("platformdirs.user_config_path", configuration)
    (folder / ".config").mkdir()
    (folder / ".config" / "trusted-hosts.json").write_text(f'{{"hosts": ["{OWN}"]}}')
    assert Trust.remembered(None) == Trust()
    with pytest.raises(LangsyncError, match="set HOME"):
        TrustedHosts.of_user(None).add(parse_origin(OWN))


@pytest.mark.parametrize("entry", [f"{OWN}:8443", OWN.replace("https", "http")])
def test_a_trusted_host_of_the_same_name_is_told(entry: str) -> None:
    """What differs is easily overlooked: the scheme or the port."""
    with pytest.raises(UntrustedHostError, match=rf"\(only {entry}: scheme and port count\)"):
        connect(NAMED, {**KEYS, "LANGSYNC_TRUSTED_HOSTS": f"https://a.example,{entry}"})


def test_there_are_no_patterns_of_trusted_hosts() -> None:
    """The error says what to write."""
    with pytest.raises(ConfigError, match="host names are no patterns: list each one"):
        connect(NAMED, {**KEYS, "LANGSYNC_TRUSTED_HOSTS": "*"})


@pytest.mark.parametrize(
    ("name", "fitting"),
    [
        ("PROD_PUBLIC_KEY", "LANGFUSE_PROD_PUBLIC_KEY"),
        ("AWS_SECRET_ACCESS_KEY", "LANGFUSE_AWS_SECRET_ACCESS_KEY"),
        ("GITHUB_TOKEN", "LANGFUSE_TOKEN"),
        ("GITHUB_LANGFUSE_KEY", "LANGFUSE_KEY"),
        ("github_actions_langsync_key", "langsync_key"),
        ("INPUT_SECRET_KEY", "LANGFUSE_SECRET_KEY"),
        ("RUNNER_LANGFUSE_HOST", "LANGFUSE_HOST_KEY"),
        ("ACTIONS_RUNTIME_TOKEN", "LANGFUSE_RUNTIME_TOKEN"),
        ("GITHUB_", "LANGFUSE_KEY"),
    ],
)
def test_the_error_gives_a_name_that_works(name: str, fitting: str) -> None:
    """A name of a key variable says that it is meant for Langfuse."""
    assert key_variable_violation(name).endswith(f"not {name}, but {fitting}")
    assert key_variable_violation(fitting) == ""


@pytest.mark.parametrize(
    "name", ["LANGFUSE_HOST", "langfuse_base_url", "LANGSYNC_TRUSTED_HOSTS", "LANGSYNC_CACHE"]
)
def test_no_variable_of_another_meaning_holds_a_key(name: str) -> None:
    """The Action would set it, and messages would show it."""
    assert "holds no key" in key_variable_violation(name)


@pytest.mark.parametrize("inside", [".git", "langsync.yaml", ""])
def test_a_file_in_a_checkout_is_not_the_users_word(inside: str, tmp_path: Path) -> None:
    """Only for the keys that it holds itself."""
    (tmp_path / "sub").mkdir()
    if inside == ".git":
        (tmp_path / inside).mkdir()
    elif inside:
        (tmp_path / inside).write_text("version: 1\n")
    file = tmp_path / "sub" / "keys.env"
    file.write_text(f"LANGFUSE_BASE_URL={OWN}\nLANGFUSE_PUBLIC_KEY=x\n")
    variables = read_variables(file, KEYS)
    if not inside:
        assert connect(Environment(), variables).host == OWN
        return
    with pytest.raises(UntrustedHostError, match="LANGFUSE_BASE_URL in "):
        connect(Environment(), variables)
    again = read_variables(file, {**KEYS, "LANGFUSE_BASE_URL": OWN})
    assert connect(Environment(), again).host == OWN
