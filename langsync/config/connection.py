"""The address of the Langfuse server, and the keys for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from langsync.config.environment import Environment
from langsync.config.hosts import parse_base_url
from langsync.config.trust import HOST_VARIABLES, REGIONS, Trust, check_origin
from langsync.config.variables import Variables
from langsync.errors import ConfigError

LOCAL_PORT = 3030
"""The port of ``langsync serve``."""

LOCAL_KEYS = {"LANGFUSE_PUBLIC_KEY": "pk-lf-local", "LANGFUSE_SECRET_KEY": "sk-lf-local"}
"""The keys of ``langsync serve``, known to everybody and good for nothing else.

They are used where an environment names a host on this machine and no variable holds a key.
"""

_HEADERS = "LANGFUSE_ADDITIONAL_HEADERS"

_NO_TRUST = Trust()


@dataclass(frozen=True, slots=True)
class Connection:
    """The address of a Langfuse server and the credentials for it.

    Args:
        host: Base URL without a final slash.
        public_key: The public key, the user name of Basic auth.
        secret_key: The secret key, its password; never shown.
        headers: Further headers for every request, for access proxies.
    """

    host: str
    public_key: str
    secret_key: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the host is the machine that langsync runs on."""
        return is_this_machine(self.host)


def connect(
    environment: Environment,
    variables: Mapping[str, str],
    host: str | None = None,
    *,
    trust: Trust = _NO_TRUST,
    keys: tuple[str, str] | None = None,
) -> Connection:
    """Find host and keys: every connection whose host or keys a file may name is made here.

    Args:
        environment: The chosen environment.
        variables: See `read_variables`; others count as set by the user.
        host: The host that the user named on the command line; it wins.
        trust: Which hosts the user trusts beside those that the variables name.
        keys: A public and a secret key to use in place of the environment's.

    Raises:
        ConfigError: Something is missing, with where to get it.
        UntrustedHostError: A file names the host, and nothing says that the user trusts it.
        InsecureHostError: Keys would leave this machine unencrypted.
    """
    if not isinstance(variables, Variables):
        variables = Variables(variables)
    chosen = _chosen_host(environment, variables, host)
    try:
        origin, path = parse_base_url(chosen)
    except ValueError as error:
        raise ConfigError(f"host {error}") from None
    public_key, secret_key = keys or _keys(environment, variables, host)
    headers = _headers(variables)
    secrets = frozenset(() if keys else _key_variables(environment))
    secrets |= {_HEADERS} if headers else set()
    user = variables.set_by_user(secrets)
    named_by = _named_by(environment, variables, host, user)
    check_origin(origin, named_by, user, trust)
    return Connection(f"{origin}{path}", public_key, secret_key, headers)


def check_connection(connection: Connection, variables: Mapping[str, str], trust: Trust) -> None:
    """Make sure that a connection that a program made itself does not send keys unencrypted.

    Args:
        connection: The connection.
        variables: The variables of the process.
        trust: What the user allows.

    Raises:
        InsecureHostError: It would.
    """
    try:
        origin, _ = parse_base_url(connection.host)
    except ValueError as error:
        raise ConfigError(f"host {error}") from None
    check_origin(origin, "", variables, trust)


def _chosen_host(environment: Environment, variables: Mapping[str, str], host: str | None) -> str:
    by_variable = (variables.get(name) for name in HOST_VARIABLES)
    chosen = next(filter(None, (host, environment.host, *by_variable)), None)
    if chosen is None:
        regions = "\n".join(f"  {region}: {url}" for region, url in REGIONS.items())
        raise ConfigError(
            "no host: set LANGFUSE_BASE_URL (or host: in the environment, or --host). "
            f"Langfuse Cloud:\n{regions}\n  on this machine: http://127.0.0.1:3030 (langsync serve)"
        )
    return chosen


def _named_by(
    environment: Environment, variables: Variables, host: str | None, user: Mapping[str, str]
) -> str:
    """The file that names the host; empty where the user named it."""
    if host:
        return ""
    if environment.host:
        return f"environment {environment.name!r} of {environment.host_place or 'langsync.yaml'}"
    name = next(name for name in HOST_VARIABLES if variables.get(name))
    return "" if user.get(name) == variables[name] else f"{name} in {variables.shown}"


def host_violation(host: str) -> str:
    """Why a host cannot be used, to follow the word "host"; empty if it can."""
    try:
        parse_base_url(host)
    except ValueError as error:
        return str(error)
    return ""


def is_this_machine(host: str) -> bool:
    """Whether a host is the machine that langsync runs on."""
    try:
        return parse_base_url(host)[0].is_loopback
    except ValueError:
        return False


def _key_variables(environment: Environment) -> tuple[str, str]:
    public, secret = LOCAL_KEYS
    return environment.public_key_env or public, environment.secret_key_env or secret


def uses_local_keys(
    environment: Environment, variables: Mapping[str, str], host: str | None = None
) -> bool:
    """Whether the keys are the embedded server's: no variable holds one of a pair.

    Args:
        environment: The chosen environment.
        variables: See `read_variables`.
        host: The host that the user named on the command line.
    """
    return (
        not host
        and environment.host is not None
        and is_this_machine(environment.host)
        and environment.public_key_env is None
        and environment.secret_key_env is None
        and not any(variables.get(name) for name in LOCAL_KEYS)
    )


def _keys(
    environment: Environment, variables: Mapping[str, str], host: str | None
) -> tuple[str, str]:
    if host in (None, "", environment.host) and uses_local_keys(environment, variables):
        return LOCAL_KEYS["LANGFUSE_PUBLIC_KEY"], LOCAL_KEYS["LANGFUSE_SECRET_KEY"]
    public, secret = _key_variables(environment)
    return (
        _key("public", public, environment.public_key_env, environment, variables),
        _key("secret", secret, environment.secret_key_env, environment, variables),
    )


def _key(
    which: str,
    variable: str,
    named: str | None,
    environment: Environment,
    variables: Mapping[str, str],
) -> str:
    value = (variables.get(variable) or "").strip()
    if value and not _HEADER_VALUE.fullmatch(value):
        raise ConfigError(f"{variable} holds characters that no key has: copy the key again")
    if value:
        return value
    whose = (
        f"environment {environment.name!r} names it as its {which} key"
        if named
        else (f"it holds the {which} key")
    )
    raise ConfigError(
        f"{variable} is not set: {whose}. Keys are made in Langfuse under "
        "Project Settings, API Keys; 'langsync doctor' checks them"
    )


_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"|[!-~]|[!-~][ -~]*[!-~]")


def _headers(variables: Mapping[str, str]) -> dict[str, str]:
    text = variables.get(_HEADERS)
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ConfigError(
            "LANGFUSE_ADDITIONAL_HEADERS must be a JSON object of texts, "
            """such as {"X-Access-Token": "…"}"""
        )
    for name, content in value.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(content):
            raise ConfigError(
                f"LANGFUSE_ADDITIONAL_HEADERS: {name!r} cannot be sent: a header is one line of "
                "ASCII without spaces around it"
            )
    return value
