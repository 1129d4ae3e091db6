"""One layout for YAML files."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from langsync.formats import yaml, yaml_write
from langsync.formats.yaml_layout import laid_out
from langsync.formats.yaml_spans import EditError
from tests.hostile import TEXTS
from tests.unit.strategies import JSON, STORABLE

ORDER = ("name", "tags", "config", "prompt")

UNTIDY = """\
# header

prompt: |
    Hello {{name}},
      how are you?
# its name
name:   'support'   # really
config:   # of the model
    # which
    model: "gpt-4o"   # cheap
    stop: ["a", 'b: c']
    deep:
    - x:  1.0


      y: 0x1f
    # last
    -   z
    -
      - it's
tags: &tags
- support
- "yes"
more: *tags
# the end
---
prompt: "two\\nlines"
"""
TIDY = """\
# header

# its name
name: support  # really
tags: &tags
  - support
  - "yes"
config:  # of the model
  # which
  model: gpt-4o  # cheap
  stop: [a, "b: c"]
  deep:
    - x: 1.0

      y: 0x1f
    # last
    - z
    - - it's
prompt: |
  Hello {{name}},
    how are you?
more: *tags
# the end
---
prompt: |-
  two
  lines
"""


def test_a_file_is_laid_out() -> None:
    """Order, indentation, quotes, blocks; comments where they belong, texts as they are."""
    untidy, tidy = (text.replace("you?", "you?  ") for text in (UNTIDY, TIDY))
    assert laid_out(untidy, ORDER) == tidy
    assert laid_out(tidy, ORDER) == tidy


@pytest.mark.parametrize(
    "text",
    [
        "prompt: |2\n   a\n",
        "prompt: # a\n  b\n",
        "&all\nprompt: a\n",
        "prompt: |+\n  a\n\n# b\rname: c\n",
        "a\tb: 1\n",
        "a\u2028b: 1\n",
    ],
)
def test_what_would_lose_something_is_left_alone(text: str) -> None:
    """With the reason."""
    with pytest.raises(EditError, match=r"a comment stands|indentation|anchor|return alone|a tab"):
        laid_out(text, ORDER)


@pytest.mark.parametrize(
    "text",
    [
        "prompt: {a: 1,\n  # b\n  c: 2}\n",
        "prompt: | # why\n  a\n",
        "prompt: a  # b\n",
        "config:  # Q&A &c\n  # of R&D\n  a: 1\n",
        "config: &x  # Q&A\n  # &x\n  a: 1\n",
    ],
)
def test_comments_in_values_stay(text: str) -> None:
    """So does all that is around them."""
    assert laid_out(text, ORDER) == text


@pytest.mark.parametrize("text", ["---\n...\n# b\n", "# a\n", "---\n", "~\n"])
def test_a_file_of_nothing_stays(text: str) -> None:
    """Whether or not it has a document."""
    assert laid_out(text, ORDER) == text


def written(value: dict[str, Any], style: int) -> str:
    """A document as different tools write it."""
    if style == 0:
        return yaml_write.document(value)
    if style == 1:
        return yaml_write.flow(value) + "\n"
    import io

    out = io.StringIO()
    dumper = YAML(typ="safe", pure=True)
    dumper.default_flow_style = style == 2
    dumper.indent(mapping=style, sequence=style + 1, offset=style - 1)
    dumper.dump(value, out)
    return out.getvalue()


DOCUMENTS = st.dictionaries(
    st.one_of(st.sampled_from([*ORDER, "other"]), STORABLE), JSON, min_size=1, max_size=5
)


@given(DOCUMENTS, st.integers(0, 4))
def test_meaning_and_comments_stay_and_once_is_enough(value: dict[str, Any], style: int) -> None:
    """For any value, as any tool writes it, with a comment above each of its lines that can be."""
    try:
        text = written(value, style)
        read = yaml.read(text, "")
        new = laid_out(f"# first\n{text}# last\n", ORDER)
    except Exception:  # noqa: BLE001 - other tools write what langsync does not read
        return
    assert yaml.read(new, "") == read
    assert new.startswith("# first\n")
    assert new.endswith("# last\n")
    assert laid_out(new, ORDER) == new


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_keeps_what_it_says(text: str) -> None:
    """As a value, in a list and in a map; none of them is left alone."""
    value = {"prompt": text, "config": {"a": [text, {"b": text}]}, "name": "x"}
    new = laid_out(yaml_write.document(value), ORDER)
    assert yaml.read(new, "") == [value]
    assert list(yaml.read(new, "")[0]) == ["name", "config", "prompt"]
