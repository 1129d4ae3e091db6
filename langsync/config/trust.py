"""Which servers receive keys: those that the user named, never those that a repository names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import platformdirs

from langsync.config.hosts import ServerOrigin, parse_base_url, parse_origin
from langsync.errors import ConfigError, InsecureHostError, LangsyncError, UntrustedHostError
from langsync.source.files import write_file

TRUSTED_HOSTS = "LANGSYNC_TRUSTED_HOSTS"
"""The variable that lists servers which may receive keys, separated by commas."""

HOST_VARIABLES = ("LANGFUSE_BASE_URL", "LANGFUSE_HOST")
"""The variables that name the server, the first one wins: those of Langfuse's own SDKs."""

REGIONS = {
    "EU": "https://cloud.langfuse.com",
    "US": "https://us.cloud.langfuse.com",
    "Japan": "https://jp.cloud.langfuse.com",
    "HIPAA": "https://hipaa.cloud.langfuse.com",
}
"""Langfuse Cloud's regions; keys of one are unknown to the others."""

_CLOUD = frozenset(parse_origin(url) for url in REGIONS.values())


@dataclass(frozen=True, slots=True)
class Trust:
    """What the user allows in addition to the variables.

    Args:
        origins: The servers that this user trusted before; HTTP among them is allowed.
        insecure: Whether HTTP is allowed past loopback, to whatever server.
    """

    origins: frozenset[ServerOrigin] = frozenset()
    insecure: bool = False

    @classmethod
    def remembered(cls, repository: Path | None, *, insecure: bool = False) -> Trust:
        """What this user trusted before.

        Args:
            repository: See `TrustedHosts.of_user`.
            insecure: Whether HTTP is allowed past loopback, to whatever server.

        Raises:
            ConfigError: The file that holds it cannot be read.
        """
        hosts = TrustedHosts.of_user(repository)
        return cls(hosts.read() if hosts.is_accessible else frozenset(), insecure)


@dataclass(frozen=True, slots=True)
class TrustedHosts:
    """The servers that a user trusts, in a file of the user's own.

    Args:
        file: The file, which need not exist; None where there is no place for it.
    """

    file: Path | None

    @classmethod
    def of_user(cls, repository: Path | None) -> TrustedHosts:
        """Those of the user that runs this process.

        Args:
            repository: The repository that langsync works on, if any, without links in its path.
                A file in it would be its own, as where a job of CI has its checkout for ``HOME``.
        """
        try:
            folder = platformdirs.user_config_path("langsync", appauthor=False)
        except RuntimeError:  # there is no home; where platformdirs is older, the path is relative
            return cls(None)
        # a relative one would be resolved inside the repository
        if not folder.is_absolute() or (repository and folder.resolve().is_relative_to(repository)):
            return cls(None)
        return cls(folder / "trusted-hosts.json")

    @property
    def is_accessible(self) -> bool:
        """Whether the file could be there: a container's user may not own the home it is given."""
        return self.file is not None and os.access(self.file.parent, os.R_OK | os.X_OK)

    def read(self) -> frozenset[ServerOrigin]:
        """All of them; none where there is no file.

        Raises:
            ConfigError: The file cannot be read: then nothing is trusted by mistake.
        """
        if self.file is None:
            return frozenset()
        try:
            return _origins(self.file.read_bytes())
        except FileNotFoundError:
            return frozenset()
        except OSError as error:
            raise ConfigError(f"{self.file} cannot be read: {error.strerror}") from None
        except (ValueError, TypeError):
            message = f"{self.file} is not what 'langsync trust' writes: fix or delete it"
            raise ConfigError(message) from None

    def add(self, origin: ServerOrigin) -> None:
        """Trust a server from now on.

        Raises:
            LangsyncError: The file cannot be read or written.
        """
        self._write(self.read() | {origin})

    def remove(self, origin: ServerOrigin) -> bool:
        """Trust a server no more; whether it was trusted.

        Raises:
            LangsyncError: The file cannot be read or written.
        """
        known = self.read()
        if origin in known:
            self._write(known - {origin})
        return origin in known

    def _write(self, origins: Iterable[ServerOrigin]) -> None:
        data = {"format_version": 1, "hosts": sorted(map(str, origins))}
        text = orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()
        if self.file is None:
            raise LangsyncError(
                "there is no folder for a user's configuration outside the repository: set HOME or "
                f"XDG_CONFIG_HOME, or list the host in {TRUSTED_HOSTS}"
            )
        write_file(self.file, f"{text}\n", private=True)


def _origins(data: bytes) -> frozenset[ServerOrigin]:
    """The servers in a file of `TrustedHosts`."""
    match orjson.loads(data):
        case {"hosts": [*hosts]}:
            return frozenset(parse_origin(host) for host in hosts)
    raise TypeError("no list of hosts")


def listed_origins(variables: Mapping[str, str]) -> frozenset[ServerOrigin]:
    """The servers that ``LANGSYNC_TRUSTED_HOSTS`` lists.

    Raises:
        ConfigError: An entry is not a server.
    """
    origins = set()
    for entry in filter(None, map(str.strip, variables.get(TRUSTED_HOSTS, "").split(","))):
        if "*" in entry:
            raise ConfigError(f"{TRUSTED_HOSTS}: host names are no patterns: list each one")
        try:
            origins.add(parse_origin(entry))
        except ValueError as error:
            raise ConfigError(f"{TRUSTED_HOSTS}: host {error}") from None
    return frozenset(origins)


def named_origins(variables: Mapping[str, str]) -> frozenset[ServerOrigin]:
    """The servers that variables name: the one to use, and those that are trusted.

    Raises:
        ConfigError: An entry of ``LANGSYNC_TRUSTED_HOSTS`` is not a server.
    """
    origins = set(listed_origins(variables))
    for url in filter(None, map(variables.get, HOST_VARIABLES)):
        try:
            origins.add(parse_base_url(url)[0])
        except ValueError:
            continue  # an error where it is used
    return frozenset(origins)


def is_trusted_by_all(origin: ServerOrigin) -> bool:
    """Whether a server may receive keys whoever names it: this machine, and Langfuse Cloud."""
    return origin.is_loopback or origin in _CLOUD


def check_origin(
    origin: ServerOrigin, named_by: str, variables: Mapping[str, str], trust: Trust
) -> None:
    """Make sure that a server may receive keys.

    Args:
        origin: The server.
        named_by: The file that names it, such as ``environment 'production' of langsync.yaml:9``;
            empty where the user named it.
        variables: The variables that the user set.
        trust: What else the user allows.

    Raises:
        UntrustedHostError: A file names it, and nothing says that the user trusts it.
        InsecureHostError: Keys would leave this machine unencrypted.
    """
    trusted = trust.origins | named_origins(variables)
    if named_by and not (is_trusted_by_all(origin) or origin in trusted):
        similar = min((str(known) for known in trusted if known.host == origin.host), default="")
        raise UntrustedHostError(str(origin), named_by, TRUSTED_HOSTS, similar)
    if origin.is_insecure and not (
        trust.insecure or origin in trust.origins or origin in listed_origins(variables)
    ):
        raise InsecureHostError(str(origin), TRUSTED_HOSTS)
