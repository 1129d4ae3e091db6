"""Where Langfuse is and which keys open it."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.config import (
    LOCAL_KEYS,
    REGIONS,
    Connection,
    Environment,
    Variables,
    connect,
    read_variables,
)
from langsync.errors import ConfigError

KEYS = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
EXAMPLE = "https://langfuse.example"


@pytest.mark.parametrize(
    ("option", "named", "variables", "host"),
    [
        ("https://o.example", "https://e.example", {}, "https://o.example"),
        (None, REGIONS["US"], {"LANGFUSE_BASE_URL": EXAMPLE}, REGIONS["US"]),
        (None, None, {"LANGFUSE_BASE_URL": EXAMPLE, "LANGFUSE_HOST": "https://h.example"}, EXAMPLE),
        (None, None, {"LANGFUSE_HOST": EXAMPLE}, EXAMPLE),
        (None, None, {"LANGFUSE_BASE_URL": "", "LANGFUSE_HOST": EXAMPLE}, EXAMPLE),
    ],
)
def test_the_option_wins_over_the_environment_over_the_variables(
    option: str | None, named: str | None, variables: dict[str, str], host: str
) -> None:
    """The newer variable's name wins over the older one's."""
    assert connect(Environment(host=named), {**KEYS, **variables}, option).host == host


@pytest.mark.parametrize(
    "host", [EXAMPLE, f"{EXAMPLE}/", f"{EXAMPLE}/api/public", f"{EXAMPLE}/api/public/"]
)
def test_a_host_is_cut_to_its_base(host: str) -> None:
    """As people copy it from elsewhere."""
    assert connect(Environment(), KEYS, host).host == EXAMPLE


def test_a_host_keeps_its_path() -> None:
    """A server can stand below one."""
    host = f"{EXAMPLE}:8443/langfuse"
    assert connect(Environment(), KEYS, f"{host}/").host == host


def test_no_host_is_an_error_that_names_the_regions() -> None:
    """And the embedded server."""
    with pytest.raises(ConfigError) as caught:
        connect(Environment(), KEYS)
    assert all(url in str(caught.value) for url in [*REGIONS.values(), "langsync serve"])


@pytest.mark.parametrize("host", ["langfuse.example", "ftp://x", "https://", "https://x:port", "x"])
def test_a_host_that_is_no_url_is_an_error(host: str) -> None:
    """Wherever it comes from."""
    with pytest.raises(ConfigError, match="is no URL"):
        connect(Environment(), {**KEYS, "LANGFUSE_HOST": host})


def test_keys_are_not_taken_from_the_host() -> None:
    """They would show in logs and messages, and are not shown here either."""
    with pytest.raises(ConfigError, match="must not hold a user name or password") as caught:
        connect(Environment(), KEYS, "https://pk:hunter2@langfuse.example")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("which", ["PUBLIC", "SECRET"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_key_is_an_error_with_where_to_get_it(which: str, value: str | None) -> None:
    """Empty and blank ones are missing."""
    variables = {**KEYS, f"LANGFUSE_{which}_KEY": value}
    given = {name: text for name, text in variables.items() if text is not None}
    with pytest.raises(ConfigError, match=f"^LANGFUSE_{which}_KEY is not set: .*API Keys"):
        connect(Environment(), given, EXAMPLE)


def test_spaces_around_a_key_do_not_count() -> None:
    """As a copied line has them."""
    variables = {"LANGFUSE_PUBLIC_KEY": " pk\n", "LANGFUSE_SECRET_KEY": "sk\t"}
    connection = connect(Environment(), variables, EXAMPLE)
    assert (connection.public_key, connection.secret_key) == ("pk", "sk")


OWN = Environment("prod", host=REGIONS["EU"], public_key_env="PROD_PK", secret_key_env="PROD_SK")


def test_an_environment_takes_the_keys_that_it_names() -> None:
    """Not the usual ones."""
    connection = connect(OWN, {**KEYS, "PROD_PK": "pk-prod", "PROD_SK": "sk-prod"})
    assert (connection.public_key, connection.secret_key) == ("pk-prod", "sk-prod")


@pytest.mark.parametrize("host", [EXAMPLE, "http://127.0.0.1:3030"])
@pytest.mark.parametrize("missing", ["PROD_PK", "PROD_SK"])
def test_a_named_key_that_is_not_set_is_never_another_one(host: str, missing: str) -> None:
    """Neither the usual ones nor the embedded server's: that could be the wrong project."""
    variables = {**KEYS, "PROD_PK": "pk-prod", "PROD_SK": "sk-prod", missing: ""}
    environment = Environment("prod", None, host, "PROD_PK", "PROD_SK")
    with pytest.raises(ConfigError, match=f"^{missing} is not set: environment 'prod' names it"):
        connect(environment, variables)


LOOPBACK = ["http://127.0.0.1:3030", "http://localhost:3030", "http://[::1]:3030"]


@pytest.mark.parametrize("host", LOOPBACK)
def test_the_embedded_server_needs_no_keys(host: str) -> None:
    """Where the environment itself names a host on this machine."""
    connection = connect(Environment(host=host), {"LANGFUSE_PUBLIC_KEY": ""})
    assert [connection.public_key, connection.secret_key] == [*LOCAL_KEYS.values()]


@pytest.mark.parametrize("host", LOOPBACK)
def test_the_keys_of_the_embedded_server_are_for_no_other_way_to_name_it(host: str) -> None:
    """An option or a variable may name a tunnel to another server."""
    for variables, option in (({}, host), ({"LANGFUSE_HOST": host}, None)):
        with pytest.raises(ConfigError, match="LANGFUSE_PUBLIC_KEY is not set"):
            connect(Environment(), variables, option)
        with pytest.raises(ConfigError, match="LANGFUSE_PUBLIC_KEY is not set"):
            connect(Environment(host=EXAMPLE), {}, host)


@pytest.mark.parametrize(
    "host", [EXAMPLE, "http://127.0.0.1.example", "http://localhost.example", "http://10.0.0.1"]
)
def test_no_other_host_gets_the_keys_of_the_embedded_server(host: str) -> None:
    """However alike its name looks."""
    with pytest.raises(ConfigError, match="LANGFUSE_PUBLIC_KEY is not set"):
        connect(Environment(host=host), {})


@pytest.mark.parametrize("name", KEYS)
def test_the_two_keys_never_come_from_two_places(name: str) -> None:
    """One variable that is set is half a pair: the other is missing."""
    (other,) = KEYS.keys() - {name}
    with pytest.raises(ConfigError, match=f"^{other} is not set"):
        connect(Environment(host=LOOPBACK[0]), {name: "x"})


def test_keys_that_are_set_win_over_those_of_the_embedded_server() -> None:
    """Someone runs a real server on this machine."""
    assert connect(Environment(host=LOOPBACK[0]), KEYS).public_key == "pk"


def test_headers_come_as_json() -> None:
    """For access proxies."""
    variables = {**KEYS, "LANGFUSE_ADDITIONAL_HEADERS": '{"X-Token": "t", "X-Other": "o"}'}
    assert connect(Environment(), variables, EXAMPLE).headers == {"X-Token": "t", "X-Other": "o"}
    assert connect(Environment(), KEYS, EXAMPLE).headers == {}


@pytest.mark.parametrize("text", ["X-Token: hunter2", '["hunter2"]', '{"hunter2": 1}', '"hunter2"'])
def test_headers_that_are_no_object_of_texts_are_an_error(text: str) -> None:
    """Which does not show them."""
    with pytest.raises(ConfigError, match="must be a JSON object of texts") as caught:
        connect(Environment(), {**KEYS, "LANGFUSE_ADDITIONAL_HEADERS": text}, EXAMPLE)
    assert "hunter2" not in str(caught.value)


def test_secrets_are_in_no_representation() -> None:
    """Logs and tracebacks show those."""
    connection = Connection(EXAMPLE, "pk", "hunter2", {"X-Token": "hunter3"})
    assert "hunter" not in repr(connection)
    assert "hunter" not in str(connection)
    assert "pk" in repr(connection)


def test_a_file_of_variables_wins_over_the_process(tmp_path: Path) -> None:
    """Both keys of a pair come from it; what it lacks comes from the process."""
    file = tmp_path / "keys.env"
    file.write_text("export A='x y'  # why\nB=$A\nC\n\n# no\nLANGFUSE_PUBLIC_KEY=file\n")
    process = {"LANGFUSE_PUBLIC_KEY": "process", "PATH": "/bin", "C": "c"}
    assert dict(read_variables(file, process)) == {
        "A": "x y",
        "B": "$A",
        "C": "c",
        "LANGFUSE_PUBLIC_KEY": "file",
        "PATH": "/bin",
    }


def test_no_file_of_variables_is_read_unasked(folder: Path) -> None:
    """Not even one that other tools read."""
    (folder / ".env").write_text("LANGFUSE_PUBLIC_KEY=x\n")
    assert read_variables(None, {"A": "1"}) == Variables({"A": "1"})


def test_a_file_of_variables_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """So is a folder."""
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ConfigError, match=r"--env-file .*: there is no such file"):
            read_variables(path, {})


def test_a_file_of_variables_that_is_no_utf_8_is_an_error(tmp_path: Path) -> None:
    """Which does not show what it holds."""
    (tmp_path / "keys.env").write_bytes(b"A=hunter2\xff\n")
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        read_variables(tmp_path / "keys.env", {})
    assert "hunter2" not in str(caught.value)
