"""Score configs come home, as any kind does whose files say its fields one by one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.conftest import Cli, write
from tests.unit.git import repository
from tests.unit.pull.remote import agrees, patch_score_config, put_score_config, tree

CONFIG = {"langsync.yaml": "version: 1\n"}


def put_one_of_each(raw: httpx.Client) -> None:
    put_score_config(raw, "accuracy", description="How right", minValue=0, maxValue=0.5)
    put_score_config(raw, "any number")
    rated = [{"label": "good", "value": 1}, {"label": "bad", "value": 0}]
    put_score_config(raw, "Rating (1)", dataType="CATEGORICAL", categories=rated)
    put_score_config(raw, "yes", dataType="BOOLEAN")
    put_score_config(raw, "remark", dataType="TEXT", description="")


def test_the_first_pull_writes_tidy_files(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Without what goes without saying; they are valid, laid out, and a plan is empty."""
    put_one_of_each(raw)
    put_score_config(raw, "retired", isArchived=True)
    words = ("--yes", "--from-remote", "--no-github", "--no-pre-commit", "--no-vscode")
    assert cli("init", *words, "--environment", "production").code == 0
    assert {key: text for key, text in tree(repo).items() if key.startswith("score_configs")} == {
        "score_configs/accuracy.yaml": "data_type: numeric\n"
        "description: How right\n"
        "min_value: 0\n"
        "max_value: 0.5\n",
        "score_configs/any number.yaml": "data_type: numeric\n",
        "score_configs/Rating (1).yaml": "data_type: categorical\ncategories: {good: 1, bad: 0}\n",
        "score_configs/yes.yaml": "data_type: boolean\n",
        "score_configs/remark.yaml": "data_type: text\n",
    }
    for command in (("validate",), ("fmt", "--check")):
        assert cli(*command).code == 0
    agrees(cli, "--env", "production")


ACCURACY = """\
# Whether it is right
max_value: 0.5  # half
description: 'Right?'

data_type: "numeric"
min_value: 0
"""


def test_later_pulls_edit_in_place(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Comments, order and quotes stay; a bound that is gone leaves, a new one comes."""
    write(repo, {**CONFIG, "score_configs/accuracy.yaml": ACCURACY})
    assert cli("apply", "--yes").code == 0
    patch_score_config(raw, "accuracy", maxValue=9)
    assert cli("pull", "--check").code == 2
    assert tree(repo / "score_configs") == {"accuracy.yaml": ACCURACY}
    assert cli("pull", "--yes").code == 0
    assert tree(repo / "score_configs") == {
        "accuracy.yaml": ACCURACY.replace("max_value: 0.5", "max_value: 9")
    }
    agrees(cli)
    patch_score_config(raw, "accuracy", isArchived=True)
    put_score_config(raw, "accuracy", maxValue=9)  # as a bound cannot be taken away
    assert cli("pull", "--yes", "score_config/accuracy").code == 0
    wanted = ACCURACY.replace("max_value: 0.5", "max_value: 9").replace("min_value: 0\n", "")
    assert tree(repo)["score_configs/accuracy.yaml"] == wanted.replace("'Right?'", '""')
    agrees(cli)


@pytest.mark.parametrize(
    ("labels", "after"),
    [
        ("abc", "categories:\n  a: 3 # best\n  b: 2\n  c: 1\n"),
        ("ac", "categories:\n  a: 2 # best\n  c: 1\n"),
        ("ba", "categories: {b: 2, a: 1}\n"),
        ("bca", "categories: {b: 3, c: 2, a: 1}\n"),
    ],
)
def test_the_order_of_categories_comes_too(
    repo: Path, cli: Cli, raw: httpx.Client, labels: str, after: str
) -> None:
    """It is that of the UI; where it differs, they are written anew."""
    text = "data_type: categorical\ncategories:\n  a: 1 # best\n  b: 0\n# the end\n"
    write(repo, {**CONFIG, "score_configs/rating.yaml": text})
    assert cli("apply", "--yes").code == 0
    count = len(labels)
    pairs = [{"label": label, "value": count - at} for at, label in enumerate(labels)]
    patch_score_config(raw, "rating", categories=pairs)
    assert cli("pull", "--yes").code == 0
    found = tree(repo)["score_configs/rating.yaml"]
    assert found == f"data_type: categorical\n{after}# the end\n"
    agrees(cli)


def test_archived_and_active_again(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """The status comes home; one that no file declares comes only by its name."""
    write(repo, {**CONFIG, "score_configs/accuracy.yaml": "data_type: numeric # n\n"})
    assert cli("apply", "--yes").code == 0
    patch_score_config(raw, "accuracy", isArchived=True)
    assert cli("pull", "--yes").code == 0
    path = "score_configs/accuracy.yaml"
    assert tree(repo)[path] == "data_type: numeric # n\nstatus: archived\n"
    agrees(cli)
    patch_score_config(raw, "accuracy", isArchived=False)
    assert cli("pull", "--yes").code == 0
    assert tree(repo)[path] == "data_type: numeric # n\nstatus: active\n"
    agrees(cli)
    put_score_config(raw, "old", isArchived=True)
    assert cli("pull", "--check", "--all").code == 0
    assert cli("pull", "--check", "--all", "score_config/old").code == 2
    assert cli("pull", "--yes", "score_config/old").code == 0
    assert tree(repo)["score_configs/old.yaml"] == "data_type: numeric\nstatus: archived\n"
    agrees(cli)


def test_new_ones_come_by_name_or_all_of_them(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Of several of one name the oldest comes, and a warning names the others."""
    put_one_of_each(raw)
    write(repo, {**CONFIG, "score_configs/yes.yaml": "data_type: boolean\n"})
    assert cli("pull", "--check").code == 0
    assert cli("pull", "--yes", "score_config/a*").code == 0
    assert sorted(tree(repo / "score_configs")) == ["accuracy.yaml", "any number.yaml", "yes.yaml"]
    ids = [put_score_config(raw, "twice"), put_score_config(raw, "twice", maxValue=1)]
    ended = cli("pull", "--yes", "score_config/twice")
    assert ended.code == 0
    assert f"the oldest ({ids[0]}) counts, not {ids[1]}" in ended.err
    assert tree(repo)["score_configs/twice.yaml"] == "data_type: numeric\n"
    assert cli("pull", "--check").code == 0
    assert cli("pull", "--yes", "--all").code == 0
    assert len(tree(repo / "score_configs")) == 6
    agrees(cli)


def test_another_type_makes_it_another_one(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """All of it is said then; comments and what is the same stay."""
    text = "# Mine\ndata_type: boolean # y\nstatus: active\n"
    write(repo, {**CONFIG, "score_configs/accuracy.yaml": text})
    assert cli("apply", "--yes").code == 0
    patch_score_config(raw, "accuracy", isArchived=True)
    rated = [{"label": "good", "value": 1}, {"label": "bad", "value": 0}]
    put_score_config(raw, "accuracy", dataType="CATEGORICAL", categories=rated, description="D")
    assert cli("pull", "--yes").code == 0
    assert tree(repo)["score_configs/accuracy.yaml"] == (
        "# Mine\ndata_type: categorical # y\ndescription: D\n"
        "categories: {good: 1, bad: 0}\nstatus: active\n"
    )
    agrees(cli)


def test_prune_takes_out_what_is_not_there(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """Only then; one that is renamed is not there."""
    files = {f"score_configs/{name}.yaml": "data_type: numeric\n" for name in ("kept", "gone")}
    write(repo, {**CONFIG, **files})
    assert cli("apply", "--yes").code == 0
    patch_score_config(raw, "gone", name="other")
    ended = cli("pull", "--yes")
    assert "score_config/gone is not in Langfuse: its file stays (see --prune)" in ended.err
    assert len(tree(repo / "score_configs")) == 2
    assert cli("pull", "--yes", "--prune").code == 0
    assert list(tree(repo / "score_configs")) == ["kept.yaml"]
    agrees(cli)


def test_drift_is_gone_once_it_is_pulled(repo: Path, cli: Cli, raw: httpx.Client) -> None:
    """What drift and plan advise helps."""
    files = {**CONFIG, "score_configs/accuracy.yaml": "data_type: numeric\nmax_value: 1\n"}
    git = repository(repo)
    git.commit(files)
    assert cli("apply", "--yes").code == 0
    assert cli("drift").code == 0
    patch_score_config(raw, "accuracy", maxValue=5)
    ended = cli("drift")
    assert (ended.code, "score_config/accuracy" in ended.out) == (2, True)
    refused = cli("apply", "--yes")
    assert (refused.code, "langsync pull score_config/accuracy" in refused.err) == (3, True)
    assert cli("pull", "--yes", "score_config/accuracy").code == 0
    git.commit()
    assert cli("drift").code == 0
    agrees(cli)
