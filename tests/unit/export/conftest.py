"""The servers and the command line of the tests of observations."""

from tests.unit.observability.conftest import langsync, server, servers, there

__all__ = ["langsync", "server", "servers", "there"]
