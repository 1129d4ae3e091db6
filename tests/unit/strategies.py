"""Values for property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
"""Texts that UTF-8 can hold: no halves of surrogate pairs."""

STORABLE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
"""Texts that Langfuse can store: no NUL besides."""

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)


def json_of(
    scalars: st.SearchStrategy[Any], keys: st.SearchStrategy[str]
) -> st.SearchStrategy[Any]:
    """JSON values of some scalars and keys."""
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)
        ),
        max_leaves=12,
    )


JSON = json_of(SCALARS, TEXTS)
"""Any JSON value."""
