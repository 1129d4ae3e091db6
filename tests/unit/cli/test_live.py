"""serve --live: an application with the official SDK on the work tree."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest
from langfuse import Langfuse
from langfuse.api import NotFoundError

from langsync.engine import workspace as work
from langsync.engine.following import Live
from langsync.local import LocalServer
from langsync.local.watch import Watched, edits
from tests.conftest import Cli, client_of, write

GREETING = "prompts/greeting.yaml"


@dataclass
class Served:
    """A repository that a process serves, and an application."""

    folder: Path
    sdk: Langfuse
    variables: dict[str, str]
    said: list[str] = field(default_factory=list)

    def text(self, name: str, label: str | None = None) -> str:
        """What the application gets."""
        try:
            found = self.sdk.get_prompt(name, label=label, cache_ttl_seconds=0, max_retries=0)
        except NotFoundError:
            return "not found"
        return str(found.prompt)

    def edit(self, name: str, content: str) -> None:
        write(self.folder, {name: content})

    def becomes(self, wanted: str, look: Callable[[], str]) -> None:
        """Wait until something is as it should be."""
        while look() != wanted:  # the time that a test may take ends it
            time.sleep(0.02)

    def says(self, words: str) -> None:
        """Wait until the server has said something."""
        self.becomes("said", lambda: "said" if words in "".join(self.said) else "nothing yet")


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[Served]:
    """Serve a folder, with keys of its own: the SDK shares clients by public key."""
    key = uuid4().hex
    program = [sys.executable, "-m", "langsync", "serve", "--live", "--port", "0"]
    program += ["--project", f"mine:pk-{key}:sk-{key}", *words]
    variables = {name: text for name, text in os.environ.items() if "LANGFUSE_" not in name}
    run = subprocess.Popen(program, cwd=folder, env=variables, stderr=subprocess.PIPE, text=True)
    with run:
        assert run.stderr is not None
        said = [run.stderr.readline()]
        found = re.search(r"http://127\.0\.0\.1:\d+", said[0])
        assert found, said[0] + run.stderr.read()
        sdk = Langfuse(
            public_key=f"pk-{key}",
            secret_key=f"sk-{key}",
            host=found[0],
            tracing_enabled=False,
        )
        listener = threading.Thread(target=lambda: said.extend(run.stderr or ()))
        listener.start()
        try:
            keys = {"LANGFUSE_PUBLIC_KEY": f"pk-{key}", "LANGFUSE_SECRET_KEY": f"sk-{key}"}
            yield Served(folder, sdk, {**variables, "LANGFUSE_HOST": found[0], **keys}, said)
        finally:
            run.send_signal(signal.SIGINT)
            assert run.wait(20) == 0
            listener.join()
            sdk.shutdown()


@pytest.fixture
def served(repo: Path) -> Iterator[Served]:
    files = {
        "langsync.yaml": "version: 1\n",
        GREETING: "prompt: Hello {{name}}\n",
        "datasets/qa.yaml": "description: d\nitems: [{id: a, input: 1}, {id: b, input: 2}]\n",
    }
    write(repo, files)
    with serving(repo) as running:
        yield running


def test_an_application_gets_what_was_edited(served: Served) -> None:
    """Through the official SDK, by the label that it asks for."""
    assert served.text("greeting") == "Hello {{name}}"
    served.edit(GREETING, "prompt: Hi {{name}}\nlabels: [production, beta]\n")
    served.becomes("Hi {{name}}", lambda: served.text("greeting", "beta"))
    assert served.text("greeting") == "Hi {{name}}"
    served.edit(GREETING, "prompt: Hi {{name}}\nlabels: [production]\n")
    served.becomes("not found", lambda: served.text("greeting", "beta"))


def test_an_application_needs_nothing_but_variables(served: Served) -> None:
    """The host, the keys, and that prompts are not kept for a minute: the next call but one, a
    second later, has the edit, since the SDK hands out what it has and asks behind the scenes.
    """
    program = """if True:
        import time
        from langfuse import Langfuse
        sdk, said = Langfuse(), ""
        for _ in range(100):
            text = sdk.get_prompt("greeting").compile(name="Ada")
            if text != said:
                print(said := text, flush=True)
            time.sleep(0.1)"""
    own = {"LANGFUSE_PROMPT_CACHE_DEFAULT_TTL_SECONDS": "0", "LANGFUSE_TRACING_ENABLED": "false"}
    words, variables = [sys.executable, "-c", program], {**served.variables, **own}
    with subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, text=True) as application:
        assert application.stdout
        assert application.stdout.readline() == "Hello Ada\n"
        served.edit(GREETING, "prompt: Hi {{name}}\n")
        assert application.stdout.readline() == "Hi Ada\n"
        application.kill()


def test_each_edit_arrives(served: Served) -> None:
    """One after the other."""
    for number in range(5):
        served.edit(GREETING, f"prompt: edit {number}\n")
        served.becomes(f"edit {number}", lambda: served.text("greeting"))


def test_a_broken_file_leaves_what_was_served_and_shows_the_error(served: Served) -> None:
    """Until it is right again; other files are followed all the same."""
    served.edit(GREETING, "prompt: [\n")
    served.says("greeting.yaml:2:1: error: not valid YAML")
    assert served.text("greeting") == "Hello {{name}}"
    served.edit("prompts/other.yaml", "prompt: Other\n")
    served.becomes("Other", lambda: served.text("other"))
    assert served.text("greeting") == "Hello {{name}}"
    served.edit(GREETING, "prompt: Mended\n")
    served.becomes("Mended", lambda: served.text("greeting"))
    served.says("Everything is right again.")


def test_what_is_renamed_or_deleted_follows(served: Served) -> None:
    """Prompts, also in a folder that is new; the folder itself."""
    (served.folder / "prompts" / "new").mkdir()
    (served.folder / GREETING).rename(served.folder / "prompts/new/welcome.yaml")
    served.becomes("Hello {{name}}", lambda: served.text("new/welcome"))
    assert served.text("greeting") == "not found"
    (served.folder / "prompts").rename(served.folder / "elsewhere")
    served.becomes("not found", lambda: served.text("new/welcome"))
    served.edit("langsync.yaml", "version: 1\nprompts: elsewhere\n")
    served.becomes("Hello {{name}}", lambda: served.text("new/welcome"))
    served.edit("elsewhere/late.yaml", "prompt: late\n")
    served.becomes("late", lambda: served.text("late"))


def test_a_text_that_a_prompt_includes_is_followed(served: Served) -> None:
    """Wherever it is in the repository."""
    served.edit("texts/long.md", "one\n")
    served.edit(GREETING, "prompt: {file: ../texts/long.md}\n")
    served.becomes("one", lambda: served.text("greeting"))
    served.edit("texts/long.md", "two\n")
    served.becomes("two", lambda: served.text("greeting"))


def test_items_follow_too(served: Served) -> None:
    """Edited, moved to another dataset, gone; an input that breaks the old schema."""

    def items() -> str:
        found = served.sdk.get_dataset("qa").items
        return " ".join(sorted(f"{item.id}={item.input}" for item in found))

    assert items() == "a=1 b=2"
    schema = "input_schema: {type: string}\n"
    served.edit("datasets/qa.yaml", f"{schema}items: [{{id: a, input: x}}]\n")
    served.becomes("a=x", items)
    assert served.sdk.get_dataset("qa").description is None
    served.edit("datasets/other.yaml", "items: [{id: a, input: 3}]\n")
    served.edit("datasets/qa.yaml", "items: [{id: b, input: 2}]\n")
    served.becomes("b=2", items)
    assert [item.input for item in served.sdk.get_dataset("other").items] == [3]


def test_score_configs_follow_too(repo: Path) -> None:
    """Each once, as it is declared now, or not at all."""
    with LocalServer() as server, client_of(server) as api:
        write(repo, {"langsync.yaml": "version: 1\n", "score_configs/a.yaml": "data_type: text\n"})
        live = Live(server.app, None, None, work.read(None))
        assert not live.follow().problems
        for text, types in (("boolean", ["BOOLEAN"]), ("", [])):
            write(repo, {"score_configs/a.yaml": f"data_type: {text}\n"})
            if not text:
                (repo / "score_configs/a.yaml").unlink()
            assert not live.follow().problems
            rows = api.get("/score-configs").json()["data"]
            assert [one["dataType"] for one in rows] == types


def test_items_of_any_id_follow_too(repo: Path) -> None:
    """Their names have slashes and percent signs in another form."""
    id_ = "a/b%2F%25c"
    with LocalServer() as server, client_of(server) as api:
        write(repo, {"langsync.yaml": "version: 1\n"})
        live = Live(server.app, None, None, work.read(None))
        for ids in ([id_, "d"], ["d"], [id_]):
            write(repo, {"datasets/x.yaml": json.dumps({"items": [{"id": one} for one in ids]})})
            assert not live.follow().problems
            rows = api.get("/dataset-items").json()["data"]
            assert {one["id"] for one in rows} == set(ids)


def test_a_prompt_stays_while_others_refer_to_it(served: Served) -> None:
    """Removing it breaks them, so nothing changes until they are mended."""
    served.edit("prompts/tone.yaml", "prompt: kind\n")
    served.edit(GREETING, "prompt: Be @@@langfusePrompt:name=tone|label=production@@@\n")
    served.becomes("Be kind", lambda: served.text("greeting"))
    (served.folder / "prompts/tone.yaml").unlink()
    served.says("greeting.yaml:1:9: error: tone (label production) is neither declared")
    assert served.text("greeting") == "Be kind"
    served.edit(GREETING, "prompt: [\n")
    served.says("greeting.yaml:2:1: error: not valid YAML")
    assert served.text("greeting") == "Be kind"
    served.edit(GREETING, "prompt: Be brief\n")
    served.becomes("Be brief", lambda: served.text("greeting"))
    assert served.text("tone") == "not found"


def test_each_environment_is_served_under_its_labels(repo: Path) -> None:
    """Unless one is named: an application asks for the label that it was given."""
    write(
        repo,
        {
            "langsync.yaml": "version: 1\nenvironments:\n"
            "  staging: {labels: [staging], vars: {who: testers}}\n"
            "  live: {labels: [production], vars: {who: customers}}\n",
            GREETING: "template: true\nprompt: Hello ${vars.who}\n",
        },
    )
    with serving(repo) as served:
        assert served.text("greeting", "staging") == "Hello testers"
        assert served.text("greeting") == "Hello customers"
    with serving(repo, "--env", "live") as served:
        assert served.text("greeting", "staging") == "not found"
        assert served.text("greeting") == "Hello customers"


def test_a_repository_may_begin_broken_or_empty(repo: Path) -> None:
    """What is added and mended is served."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    with serving(repo) as served:
        served.edit("prompts/a.yaml", "prompt: first\n")
        served.becomes("first", lambda: served.text("a"))
    write(repo, {"prompts/a.yaml": "prompt: [\n"})
    with serving(repo) as served:
        served.says("a.yaml:2:1: error")
        served.edit("prompts/a.yaml", "prompt: mended\n")
        served.becomes("mended", lambda: served.text("a"))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--live"], "no langsync.yaml"),
        (["--live", "--data", "d"], "--live serves the files in one project"),
        (["--env", "x"], "say what --live serves"),
    ],
)
def test_options_that_do_not_go_together(
    cli: Cli, repo: Path, words: list[str], reason: str
) -> None:
    """Nothing is served."""
    ended = cli("serve", "--port", "0", *words)
    assert ended.code == 1
    assert reason in ended.err


def test_an_edit_during_the_work_on_the_last_one_is_not_lost(tmp_path: Path) -> None:
    """The watch goes on while its caller reads."""
    stop = threading.Event()
    file = tmp_path / "folder" / "a"
    write(tmp_path, {"folder/a": "0"})
    seen = []
    for _ in edits(lambda: Watched(frozenset([tmp_path / "folder"]), frozenset()), stop):
        seen.append(file.read_text("utf-8"))
        if len(seen) < 4:
            file.write_text(str(len(seen)), "utf-8")
        if seen[-1] == "3":
            stop.set()
    assert seen == ["0", "1", "2", "3"]
