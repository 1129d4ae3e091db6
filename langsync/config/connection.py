"""Where Langfuse is and which keys open it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import orjson
from dotenv import dotenv_values

from langsync.config.environment import Environment
from langsync.errors import ConfigError

REGIONS = {
    "EU": "https://cloud.langfuse.com",
    "US": "https://us.cloud.langfuse.com",
    "Japan": "https://jp.cloud.langfuse.com",
    "HIPAA": "https://hipaa.cloud.langfuse.com",
}
"""Langfuse Cloud's regions; keys of one are unknown to the others."""


LOCAL_PORT = 3030
"""The port of ``langsync serve``."""

LOCAL_KEYS = {"LANGFUSE_PUBLIC_KEY": "pk-lf-local", "LANGFUSE_SECRET_KEY": "sk-lf-local"}
"""The keys of ``langsync serve``, known to everybody and good for nothing else.

They are used where an environment names a host on this machine and no variable holds a key.
"""


@dataclass(frozen=True, slots=True)
class Connection:
    """Where Langfuse is and how to be let in.

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


def read_variables(env_file: Path | None, process: Mapping[str, str]) -> dict[str, str]:
    """The variables to take credentials from.

    Args:
        env_file: A file of ``NAME=value`` lines that the user named. What it sets wins, so that
            the two keys of a pair never come from two places. None is ever looked for unasked.
        process: The process's own variables.

    Raises:
        ConfigError: The file cannot be read.
    """
    if env_file is None:
        return dict(process)
    if not env_file.is_file():
        raise ConfigError(f"--env-file {env_file}: there is no such file")
    try:
        values = dotenv_values(env_file, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--env-file {env_file} cannot be read: {error}") from None
    return {**process, **{key: value for key, value in values.items() if value is not None}}


def connect(
    environment: Environment, variables: Mapping[str, str], host: str | None = None
) -> Connection:
    """Find host and keys.

    Args:
        environment: The chosen environment.
        variables: See `read_variables`.
        host: The host that the user named on the command line; it wins.

    Raises:
        ConfigError: Something is missing, with where to get it.
    """
    chosen = (
        host
        or environment.host
        or variables.get("LANGFUSE_BASE_URL")
        or variables.get("LANGFUSE_HOST")
    )
    if not chosen:
        regions = "\n".join(f"  {region}: {url}" for region, url in REGIONS.items())
        raise ConfigError(
            "no host: set LANGFUSE_BASE_URL (or host: in the environment, or --host). "
            f"Langfuse Cloud:\n{regions}\n  on this machine: http://127.0.0.1:3030 (langsync serve)"
        )
    if flaw := host_flaw(chosen):
        raise ConfigError(f"host {flaw}")
    if chosen == environment.host and is_this_machine(chosen):
        variables = _with_local_keys(variables)
    return Connection(
        host=chosen.rstrip("/").removesuffix("/api/public").rstrip("/"),
        public_key=_key("public", environment.public_key_env, environment, variables),
        secret_key=_key("secret", environment.secret_key_env, environment, variables),
        headers=_headers(variables),
    )


def host_flaw(host: str) -> str:
    """Why a host cannot be used, to follow the word "host"; empty if it can."""
    if "@" in host:
        return "must not hold a user name or password: keys are read from variables"
    try:
        parts = urlsplit(host)
        _ = parts.port
    except ValueError:
        return f"{host!r} is no URL"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return f"{host!r} is no URL: it begins with https:// or http://"
    return ""


def _key(
    which: str, named: str | None, environment: Environment, variables: Mapping[str, str]
) -> str:
    variable = named or f"LANGFUSE_{which.upper()}_KEY"
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


def is_this_machine(host: str) -> bool:
    """Whether a host is the machine that langsync runs on."""
    return urlsplit(host).hostname in ("127.0.0.1", "localhost", "::1")


def _with_local_keys(variables: Mapping[str, str]) -> Mapping[str, str]:
    """The embedded server's own keys, where no variable holds one of a pair."""
    if any(variables.get(name) for name in LOCAL_KEYS):
        return variables
    return {**variables, **LOCAL_KEYS}


_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"|[!-~]|[!-~][ -~]*[!-~]")


def _headers(variables: Mapping[str, str]) -> dict[str, str]:
    text = variables.get("LANGFUSE_ADDITIONAL_HEADERS")
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
