"""What a YAML text may not hold, and where the refusal points."""

from __future__ import annotations

import pytest

from langsync.errors import InvalidFilesError
from langsync.formats.limits import ALIASED_VALUES, NESTING
from langsync.formats.yaml import read


def refusal(text: str) -> str:
    """What is wrong with a text, as a user reads it, without the file's name."""
    with pytest.raises(InvalidFilesError) as caught:
        read(text, "a.yaml")
    (problem,) = caught.value.problems
    return str(problem).removeprefix("a.yaml:")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1: duplicate key 'a'"),
        ('x:\n  - {a: 1, "a": 2}\n', "2:12: duplicate key 'a'"),
        ("a: 1\n? a\n: 2\n", "2:3: duplicate key 'a'"),
        ("&k a: 1\n*k : 2\n", "2:1: duplicate key 'a'"),
    ],
)
def test_a_key_stands_once_in_a_mapping(text: str, words: str) -> None:
    """However the second one is spelt; the place is the second one's."""
    assert refusal(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1: x\n", '1:1: a key must be a string: write "1" in quotes'),
        ("a:\n  true: x\n", '2:3: a key must be a string: write "true" in quotes'),
        ("~: x\n", '1:1: a key must be a string: write "~" in quotes'),
        ("{a: 1, 1.5: x}\n", '1:8: a key must be a string: write "1.5" in quotes'),
        ("? [a]\n: b\n", "1:3: a key must be a string"),
        ("? {a: 1}\n: b\n", "1:3: a key must be a string"),
        ("a: &x 1\n*x : 2\n", "2:1: a key must be a string"),
    ],
)
def test_keys_are_strings(text: str, words: str) -> None:
    """As in JSON; what to write instead is said where it can be."""
    assert refusal(text) == words


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: !!str 1\n", "1:4"),
        ("a: ! 1\n", "1:4"),
        ("- b\n- !secret x\n", "2:3"),
        ("a: !!set {x}\n", "1:4"),
        ("!!map\na: 1\n", "1:1"),
        ("a: [!!python/object:os.system x]\n", "1:5"),
        ("!k a: 1\n", "1:1"),
    ],
)
def test_tags_are_refused(text: str, place: str) -> None:
    """Values have JSON's types; nothing is constructed."""
    words = refusal(text)
    assert words.startswith(f"{place}: tags are not read: remove ")
    assert words.endswith("(values have JSON's types)")


@pytest.mark.parametrize(("text", "place"), [("a:\n  <<: {b: 1}\n", "2:3"), ("{<<: [x]}\n", "1:2")])
def test_merge_keys_are_refused(text: str, place: str) -> None:
    """They are no part of YAML 1.2, and readers differ on them."""
    assert refusal(text) == (
        f"{place}: merge keys (<<) are not part of YAML 1.2: write the keys out"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: .inf\n", "1:4: .inf is no JSON number"),
        ("- -.INF\n", "1:3: -.INF is no JSON number"),
        ("a: .nan\n", "1:4: .nan is no JSON number"),
        ("a: 1e400\n", "1:4: 1e400 is too large for a number"),
    ],
)
def test_numbers_are_finite(text: str, words: str) -> None:
    """JSON has no infinity."""
    assert refusal(text) == words


@pytest.mark.parametrize("text", [f"n: 0x1\na: 1{'0' * 4000}\n", f"a: 1{'0' * 4000}\n"])
def test_a_number_has_a_length_that_can_be_dealt_with(text: str) -> None:
    """Python refuses to print one of more than 4,300 digits."""
    assert refusal(text).endswith(": a number of more than 4,000 digits")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: *x\n", "1:4"),
        ("a: &x [1, *x]\n", "1:11"),
        ("&x {a: *x}\n", "1:8"),
        ("a: &x {b: {c: [*x]}}\n", "1:16"),
        ("a: &x 1\n---\nb: *x\n", "3:4"),
    ],
)
def test_an_alias_needs_a_finished_anchor_above_it(text: str, place: str) -> None:
    """In the same document; a value cannot hold itself."""
    assert refusal(text) == f"{place}: alias *x has no finished anchor above it"


def test_an_anchor_given_again_inside_itself_is_not_its_old_value() -> None:
    """The inner alias would be a circle, whatever the name stood for before."""
    assert refusal("a: &x 1\nb: &x [*x]\n").startswith("2:8: alias *x")


def test_aliases_that_expand_to_too_much_are_refused() -> None:
    """Ten lines that would be ten thousand million values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]" for n in range(9)]
    assert refusal("\n".join(lines)).endswith(ALIASED_VALUES.exceeded())


@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", ""), ("[{a: ", "}]")]
)
def test_nesting_has_a_limit(opening: str, closing: str) -> None:
    """Up to it values are read; past it, however far, they are refused."""
    levels = NESTING.most // 2 if opening == "[{a: " else NESTING.most
    assert read(opening * levels + "1" + closing * levels, "a.yaml")
    for more in (1, 200):
        words = refusal(opening * (levels + more) + "1" + closing * (levels + more))
        assert words.endswith(f"nested more than {NESTING.most} levels")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1, 2\n", "2:1: not valid YAML: expected ',' or ']'"),
        ('a: "x\n', "2:1: not valid YAML: found unexpected end of stream"),
        ("a: 1\n b: 2\n", "2:3: not valid YAML: mapping values are not allowed here"),
        ("a: - b\n", "1:4: not valid YAML: sequence entries are not allowed here"),
        ("a: @x\n", "1:4: not valid YAML: found character '@'"),
        ("a: {{name}}\n", "1:5: a key must be a string"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_place(text: str, words: str) -> None:
    """In the words of the reader that knows lines and columns."""
    assert refusal(text).startswith(words)


def test_only_yaml_1_2_is_read() -> None:
    """A file that asks for 1.1 would mean other things by the same text."""
    assert refusal("%YAML 1.1\n---\na: yes\n").endswith(
        "only YAML 1.2 is read: remove the %YAML line"
    )


def test_an_unknown_version_of_yaml_is_refused() -> None:
    """Like any other that is not 1.2."""
    assert refusal("%YAML 1.2017\n---\na: yes\n").startswith("1:1: not valid YAML: version")


def test_a_control_character_is_refused_with_its_place() -> None:
    """It cannot be seen, so that the place matters; in quotes it can be written as an escape."""
    assert refusal("a: 1\nb: x\x07y\n") == (
        "2:5: the control character U+0007 has to be escaped, in double quotes"
    )
    assert read('a: "x\\ay"\n', "a.yaml") == [{"a": "x\x07y"}]
