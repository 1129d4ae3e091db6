"""Starting, stopping and keeping data."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from langsync.errors import LocalServerError, MissingExtraError
from langsync.local import LocalProject, LocalServer, serve
from langsync.local.server import FILE_NAME, database_file

if TYPE_CHECKING:
    from pathlib import Path

KEYS = (LocalProject().public_key, LocalProject().secret_key)
PROMPT = {"name": "p", "prompt": "x", "labels": ["production"]}


def test_a_server_starts_on_a_free_port() -> None:
    """It answers as soon as it is entered."""
    with LocalServer() as server:
        assert httpx.get(f"{server.url}/api/public/health").json()["status"] == "OK"


def test_a_stopped_server_does_not_answer_and_has_no_url() -> None:
    """The port is free again."""
    with LocalServer() as server:
        url = server.url
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with pytest.raises(LocalServerError, match="not running"):
        _ = server.url


def test_a_taken_port_is_an_error_that_names_it() -> None:
    """It says what to do."""
    with LocalServer() as server:
        port = int(server.url.rsplit(":", 1)[1])
        with pytest.raises(LocalServerError, match=rf"Port {port} .* choose another"):
            LocalServer(port).start()
        with pytest.raises(LocalServerError, match=f"Port {port} "):
            serve(port)


def test_data_in_a_file_outlives_the_server(tmp_path: Path) -> None:
    """A folder holds the database under a fixed name."""
    with LocalServer(data=tmp_path) as server:
        httpx.post(f"{server.url}/api/public/v2/prompts", json=PROMPT, auth=KEYS)
    assert (tmp_path / FILE_NAME).is_file()
    with LocalServer(data=tmp_path / FILE_NAME) as server:
        answer = httpx.get(f"{server.url}/api/public/v2/prompts/p", auth=KEYS)
    assert answer.json()["prompt"] == "x"


def test_data_in_memory_is_gone_with_the_server() -> None:
    """Each server begins empty."""
    with LocalServer() as server:
        httpx.post(f"{server.url}/api/public/v2/prompts", json=PROMPT, auth=KEYS)
    with LocalServer() as server:
        assert httpx.get(f"{server.url}/api/public/v2/prompts/p", auth=KEYS).status_code == 404


def test_a_name_with_a_suffix_is_a_file(tmp_path: Path) -> None:
    """What exists is taken as what it is."""
    (tmp_path / "v1.2").mkdir()
    (tmp_path / "plain").touch()
    names = ["data.sqlite", "folder", "v1.2", "plain"]
    assert [database_file(tmp_path / name).relative_to(tmp_path).as_posix() for name in names] == [
        "data.sqlite",
        f"folder/{FILE_NAME}",
        f"v1.2/{FILE_NAME}",
        "plain",
    ]


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    """It is left as it is."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to be read as one" * 100)
    with pytest.raises(LocalServerError, match=r"notes\.txt: cannot be used as a database"):
        LocalServer(data=file)


def test_another_programs_database_is_an_error(tmp_path: Path) -> None:
    """Its tables are not touched."""
    file = tmp_path / "other.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE precious (x)")
    connection.close()
    with pytest.raises(LocalServerError, match="made by something else"):
        LocalServer(data=file)


def test_a_reset_forgets_everything(server: LocalServer, api: httpx.Client) -> None:
    """Data of every kind, the log of requests, and ids that were bound."""
    api.post("/v2/prompts", json=PROMPT)
    for name in ("d", "e"):
        api.post("/v2/datasets", json={"name": name})
    api.post("/dataset-items", json={"datasetName": "d", "id": "i", "input": 1})
    api.post("/score-configs", json={"name": "c", "dataType": "TEXT"})
    server.reset()
    assert server.requests == []
    for path in ("/v2/prompts", "/v2/datasets", "/dataset-items", "/score-configs"):
        assert api.get(path).json()["meta"]["totalItems"] == 0
    api.post("/v2/datasets", json={"name": "e"})
    item = {"datasetName": "e", "id": "i", "input": 1}
    assert api.post("/dataset-items", json=item).status_code == 200


def test_creates_of_one_prompt_at_once_get_versions_of_their_own(server: LocalServer) -> None:
    """No version is lost or given twice, and one has the label."""
    url, made = f"{server.url}/api/public/v2/prompts", list[int]()

    def create() -> None:
        for _ in range(5):
            made.append(httpx.post(url, json=PROMPT, auth=KEYS).json()["version"])

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == list(range(1, 21))
    assert httpx.get(f"{url}/p", auth=KEYS).json()["version"] == 20


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_module_serves_in_the_foreground_until_a_signal(
    tmp_path: Path, stop: signal.Signals
) -> None:
    """It says nothing and ends with 0; its data is kept."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "langsync.local", "--port", str(port)]
    command += ["--data", str(tmp_path), "--public-key", "pk", "--secret-key", "sk"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        url = f"http://127.0.0.1:{port}/api/public"
        _wait_for(f"{url}/health")
        assert httpx.post(f"{url}/v2/prompts", json=PROMPT, auth=("pk", "sk")).status_code == 201
        process.send_signal(stop)
        output, _ = process.communicate()
    assert (process.returncode, output) == (0, b"")
    assert (tmp_path / FILE_NAME).is_file()


def _wait_for(url: str) -> None:
    while True:  # the time that a test may take ends it
        try:
            httpx.get(url)
        except httpx.ConnectError:
            time.sleep(0.05)
        else:
            return


def test_without_its_packages_the_import_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    import importlib

    for name in [name for name in sys.modules if name.startswith("langsync.local")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"langsync\[local\]"):
        importlib.import_module("langsync.local")
