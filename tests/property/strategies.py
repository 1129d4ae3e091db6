"""Strategies for hypothesis: what a repository may declare."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")

NAMES = st.sampled_from(
    ["a", "b", "a/b", "a b", "ünï 文", "a%2Fb", "a?b#c", "../../x", "CON", "a:b", ".hi", "B", "x."]
)
LABELS = st.sampled_from(["production", "staging", "prod-b", "a.b_c", "canary"])
ODD_STRINGS = st.sampled_from(
    ["", "5", "true", "null", '"5"', '"\\"5\\""', '{"a": 1}', "1e5", "0123", "NaN", " 5 ",
     "plain", "\u0007", "a\u0007b", "\u0007[1]", "line\nline\r\ntab\t", "- x", "{{x}}", "yes",
     "2020-01-01"]
)  # fmt: skip
TEXTS = st.one_of(ODD_STRINGS, st.text(_CHARACTERS, max_size=30))
KEYS = st.one_of(
    st.sampled_from(["a", "b", "q", "1", "", "a.b", "<<", "__x"]), st.text(_CHARACTERS, max_size=8)
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(-1e15, 1e15),
    st.sampled_from([1e300, -1e17, 5e-324, 0.1 + 0.2, 2.0**53, -0.0, 12345678901234570000.0]),
    TEXTS,
)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
_SAFE_TEXTS = TEXTS.filter(lambda text: "@@@" not in text)
MESSAGES = st.one_of(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "tool", "odd role"]), "content": _SAFE_TEXTS}
    ),
    st.fixed_dictionaries(
        {"type": st.just("placeholder"), "name": st.sampled_from(["history", "h2"])}
    ),
)


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


PROMPTS = st.builds(
    lambda prompt, rest: {"prompt": prompt, **rest},
    st.one_of(_SAFE_TEXTS, st.lists(MESSAGES, max_size=4)),
    _optional(
        config=JSON,
        tags=st.lists(TEXTS, max_size=3),
        labels=st.lists(LABELS, max_size=3),
        commit_message=TEXTS,
    ),
)
SCHEMAS = st.sampled_from(
    [
        None,
        {},
        {"type": "object"},
        {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]},
        {"type": ["object", "null"]},
        {"not": {"type": "array"}},
    ]
)
ITEMS = _optional(
    input=JSON,
    expected_output=JSON,
    metadata=JSON,
    status=st.sampled_from(["active", "archived"]),
    source_trace_id=st.sampled_from(["t1", "t2"]),
)


@st.composite
def datasets(draw: st.DrawFn, prefix: str) -> dict[str, Any]:
    """A dataset whose item ids begin with a prefix of its own, as they are unique in a project."""
    ids = draw(st.lists(st.sampled_from(["1", "2", "a/b c?d", "%", "ü"]), unique=True, max_size=4))
    rest = draw(
        _optional(
            description=TEXTS,
            metadata=JSON.filter(lambda value: value is not None),
            input_schema=SCHEMAS,
            expected_output_schema=SCHEMAS,
        )
    )
    return {**rest, "items": [{"id": f"{prefix}-{one}", **draw(ITEMS)} for one in ids]}


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, dict[str, dict[str, Any]]]:
    """What a repository declares: prompts and datasets by name."""
    prompts = draw(st.dictionaries(NAMES, PROMPTS, max_size=3))
    names = draw(st.lists(NAMES, unique=True, max_size=2))
    return {
        "prompts": prompts,
        "datasets": {name: draw(datasets(f"{len(name)}{name[:2]}")) for name in names},
    }
