"""Text files that a document names."""

from __future__ import annotations

from pathlib import Path

import pytest

from langsync.errors import InvalidFilesError
from langsync.formats.documents import Document
from langsync.source import WorkTree
from langsync.source.documents import read_documents, read_included


@pytest.fixture
def document(tmp_path: Path) -> Document:
    """A document in a folder of a repository, which is a folder of the test's."""
    path = tmp_path / "repository" / "prompts" / "a.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("prompt: {file: a.md}\n")
    return read_documents(WorkTree.below(path.parent), path, "a.yaml")[0]


def read(document: Document, name: str) -> str:
    """Read a file that the document names."""
    steps = ("prompt", "file")
    return read_included(WorkTree.below(document.path.parent.parent), document, name, steps)


def refused(document: Document, name: str) -> str:
    """Why a file that the document names is not read."""
    with pytest.raises(InvalidFilesError) as caught:
        read(document, name)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"x\n", "x"),
        (b"x", "x"),
        (b"x\n\n", "x\n"),
        (b"\n", ""),
        (b"", ""),
        (b" x \r\ny\r\n", " x \ny"),
        (b"\xef\xbb\xbfx\n", "x"),
        ("é 😀\t{{x}}\n".encode(), "é 😀\t{{x}}"),
    ],
)
def test_a_text_is_the_file_without_its_final_newline(
    document: Document, data: bytes, text: str
) -> None:
    """One of them; CRLF is LF, a byte order mark is nothing, all else stays."""
    (document.path.parent / "a.md").write_bytes(data)
    assert read(document, "a.md") == text


@pytest.mark.parametrize("name", ["../shared/a.md", "./../shared//a.md", "deep/../../shared/a.md"])
def test_a_path_is_relative_to_the_document(document: Document, name: str) -> None:
    """It may lead up, as long as it stays in the repository."""
    folder = document.path.parent.parent / "shared"
    folder.mkdir()
    (folder / "a.md").write_text("shared")
    assert read(document, name) == "shared"


@pytest.mark.parametrize("name", ["../../secret", "/etc/hostname", "../../repository2/x"])
def test_nothing_outside_the_repository_is_read(document: Document, name: str) -> None:
    """Neither by a path that leads up nor by an absolute one, whether it is there or not."""
    (document.path.parent.parent.parent / "secret").write_text("secret")
    assert refused(document, name) == (
        f"a.yaml:1:16: {name!r} is outside the repository: only files inside it are read"
    )


@pytest.mark.parametrize("linked", ["secret", "folder"])
def test_no_link_leads_out_of_the_repository(document: Document, linked: str) -> None:
    """Neither one to a file nor one to a folder above it."""
    outside = document.path.parent.parent.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    link = document.path.parent / "link"
    link.symlink_to(outside / "secret" if linked == "secret" else outside)
    name = "link" if linked == "secret" else "link/secret"
    assert "is outside the repository" in refused(document, name)


def test_a_link_inside_the_repository_is_followed(document: Document) -> None:
    """Shared texts may be linked."""
    folder = document.path.parent
    (folder / "real.md").write_text("real")
    (folder / "link.md").symlink_to(folder / "real.md")
    assert read(document, "link.md") == "real"


@pytest.mark.parametrize("name", ["none.md", ".", "..", ""])
def test_what_is_no_file_is_a_problem_of_its_place(document: Document, name: str) -> None:
    """A missing file, a folder."""
    assert refused(document, name) == f"a.yaml:1:16: there is no file {name!r}"


@pytest.mark.parametrize(
    "name",
    ["a\0b", "x" * 5000, "loop"],
)
def test_an_impossible_path_is_a_problem(document: Document, name: str) -> None:
    """NUL, a name too long, a link to itself: no crash."""
    loop = document.path.parent / "loop"
    loop.symlink_to(loop)
    assert refused(document, name).startswith("a.yaml:1:16: ")


def test_a_text_that_is_no_utf_8_is_a_problem(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the text file, named from where langsync was started, by its line."""
    monkeypatch.chdir(document.path.parent)
    (document.path.parent / "a.md").write_bytes(b"x\n\xff\n")
    assert refused(document, "a.md") == "a.md:2: this is not UTF-8"


def test_a_file_that_git_lfs_keeps_is_a_problem(document: Document) -> None:
    """Else a prompt would be deployed that says where its text is."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n"
    (document.path.parent / "kept.md").write_text(pointer)
    with pytest.raises(InvalidFilesError, match="git lfs pull"):
        read(document, "kept.md")
