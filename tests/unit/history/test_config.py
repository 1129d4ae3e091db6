"""Each commit is read by the ``langsync.yaml`` that it has."""

from __future__ import annotations

import pytest

from langsync.model import Json
from tests.unit.git import Repository
from tests.unit.history.conftest import Open, P, declarations, texts

PROMPT = {"prompts/p.yaml": "prompt: a\n"}


def labels(open_: Open, repo: Repository, env: str | None = None) -> list[Json]:
    return [
        [*one.resource.content.variants[0].labels] if one.resource else None
        for one in declarations(open_(repo.folder, env), "p")
    ]


def environments(**labels: str) -> dict[str, str]:
    rows = "".join(f"  {name}: {{labels: [{label}]}}\n" for name, label in labels.items())
    return {"langsync.yaml": f"version: 1\nenvironments:\n{rows}"}


def test_labels_are_those_that_the_environment_had(repo: Repository, opened: Open) -> None:
    """A commit that only changes an environment's labels changes what is declared."""
    repo.commit({**environments(live="old"), **PROMPT})
    repo.commit(environments(live="new", test="x"))
    assert labels(opened, repo, "live") == [["new"], ["old"]]


def test_an_environment_that_was_not_there_is_taken_as_it_is_now(
    repo: Repository, opened: Open
) -> None:
    """What it would have declared is what its files say."""
    repo.commit({"langsync.yaml": "version: 1\n", **PROMPT})
    repo.commit(environments(live="new", test="x"))
    assert labels(opened, repo, "live") == [["new"]]
    assert labels(opened, repo, "test") == [["x"]]


@pytest.mark.parametrize(
    "text", ["version: 2\n", "[", "", "version: 1\nfuture: x\n"], ids=["2", "yaml", "empty", "key"]
)
def test_a_langsync_yaml_that_cannot_be_read_is_taken_as_it_is_now(
    repo: Repository, opened: Open, text: str
) -> None:
    """A mistake in it, or another version of langsync, does not hide what was declared."""
    repo.commit({"langsync.yaml": text, "texts/p.yaml": "prompt: a\n"})
    repo.commit({"langsync.yaml": "version: 1\nprompts: texts/\n"})
    history = opened(repo.folder)
    assert texts(history, "p") == ["a"]
    assert not history.gap(P)


def test_folders_are_those_that_were_named(repo: Repository, opened: Open) -> None:
    """Moving the folder and its key together changes nothing, the key alone does."""
    repo.commit({"langsync.yaml": "version: 1\n", **PROMPT, "texts/p.yaml": "prompt: b\n"})
    repo.commit({"langsync.yaml": "version: 1\nprompts: texts\n"})
    repo.git("mv", "texts", "moved")
    repo.commit({"langsync.yaml": "version: 1\nprompts: ./moved/\n"})
    repo.commit({"langsync.yaml": "version: 1\nprompts: ../elsewhere\n"}, "leads outside")
    repo.commit({"langsync.yaml": "version: 1\nprompts: moved\n"})
    assert texts(opened(repo.folder), "p") == ["b", "a"]


def test_folders_may_lie_outside_of_the_root(repo: Repository, opened: Open) -> None:
    """A folder beside that of langsync.yaml is walked as well."""
    config = {"app/langsync.yaml": "version: 1\nprompts: ../prompts\n"}
    repo.commit({**config, **PROMPT, "README.md": "hello"})
    repo.commit({"prompts/p.yaml": "prompt: b\n"})
    repo.commit({"README.md": "unrelated"})
    history = opened(repo.folder / "app")
    assert texts(history, "p") == ["b", "a"]
    touched = history.touched(["../prompts/p.yaml"])
    assert touched is not None
    assert touched.subject == "commit 2"


def test_the_folder_itself_may_hold_the_documents(repo: Repository, opened: Open) -> None:
    """Then everything in it is walked, and langsync.yaml is no document."""
    repo.commit({"langsync.yaml": "version: 1\nprompts: .\n", "p.yaml": "prompt: a\n"})
    repo.commit({"p.yaml": "prompt: b\n", "deep/er/q.yaml": "prompt: x\n"})
    history = opened(repo.folder)
    assert texts(history, "p") == ["b", "a"]
    assert texts(history, "deep/er/q") == ["x", None]


def test_before_langsync_yaml_nothing_is_declared(repo: Repository, opened: Open) -> None:
    """Files alone declare nothing; under its other name the file counts."""
    repo.commit(PROMPT)
    repo.commit({"langsync.yml": "version: 1\n"})
    repo.commit({"langsync.yaml": "version: 1\n"}, without="langsync.yml")
    repo.commit({"prompts/p.yaml": "prompt: b\n"})
    assert texts(opened(repo.folder), "p") == ["b", "a", None]


def test_a_root_of_another_name_declared_nothing(repo: Repository, opened: Open) -> None:
    """The folder of langsync.yaml is followed by its path alone."""
    repo.commit({"old/langsync.yaml": "version: 1\n", "old/prompts/p.yaml": "prompt: a\n"})
    repo.git("mv", "old", "new")
    repo.commit()
    repo.commit({"new/prompts/p.yaml": "prompt: b\n"})
    assert texts(opened(repo.folder / "new"), "p") == ["b", "a", None]


def test_values_are_those_that_the_environment_had(repo: Repository, opened: Open) -> None:
    """Texts that are templates are filled with what their commit says."""
    config = "version: 1\nenvironments:\n  live:\n    labels: [live]\n    vars: {{who: {}}}\n"
    file = {"prompts/p.yaml": "template: true\nprompt: Ask ${vars.who}.\n"}
    repo.commit({"langsync.yaml": config.format("Ada"), **file})
    repo.commit({"langsync.yaml": config.format("Ben")})
    assert texts(opened(repo.folder), "p") == ["Ask Ben.", "Ask Ada."]
