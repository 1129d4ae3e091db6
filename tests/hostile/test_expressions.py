"""No text makes a regular expression backtrack: each would take minutes on these, and more."""

from __future__ import annotations

import subprocess
import sys

SECONDS = 60
"""Of CPU, for all of them; it stands against hangs alone."""

_RUN = f"""
import resource
resource.setrlimit(resource.RLIMIT_CPU, ({SECONDS}, {SECONDS}))
from pathlib import Path
from tempfile import TemporaryDirectory
from langsync.cli import complete, runners
from langsync.formats import yaml_layout, yaml_spans
from langsync.kinds import names
from langsync.kinds.prompt import contract, references
from langsync.lint import spaces, suppressions, variables
from langsync.local import javascript

LENGTH = 400_000
blank, spaces_, digits = "\\n" * LENGTH, " " * LENGTH, "0" * LENGTH
assert runners.without_commands(blank + "x") == blank + "x"
assert runners.without_commands(blank + "::x") == blank + "\\\\u003a:x"
assert yaml_layout._tidy(spaces_ + "x" + spaces_) == spaces_ + "x"
[root] = yaml_spans.spans("a: |\\n  x\\n" + "\\n" * 30_000 + "  y\\n\\n\\n")
assert root.children["a"].end == 30_000 + len("a: |\\n  x\\n  y")
[root] = yaml_spans.spans("- a\\n#" + " -" * LENGTH + "\\n- b\\n")
assert root.dashes == [0, len("- a\\n#") + 2 * LENGTH + 1]
assert names.name_violation("<" * LENGTH, what="prompt") == ""
assert names.name_violation("<<a>", what="prompt")
assert list(contract.broken_names("{{{{" * LENGTH, "")) == []
many = "".join("{{{{a%s}}}}" % number for number in range(40_000))
assert len(list(contract.broken_names("", many))) == 40_000
assert not references._NUMBER.fullmatch(spaces_ + "x")
assert not references._NUMBER.fullmatch(digits + "x")
assert references._NUMBER.fullmatch(" 12.50e1 ")
assert not javascript._DECIMAL.match(digits + "x")
assert javascript._DECIMAL.match("-1.e5") and javascript._DECIMAL.match(".5")
assert not variables._CODE.search(spaces_ + "x")
assert variables._CODE.search("  * Returns:")
assert not complete._LABEL.findall("_" * LENGTH)
assert complete._LABEL.findall("_a, b-1 _") == ["_a", "b-1"]
assert not list(complete._LABELS.finditer("labels:[" * (LENGTH // 8)))
assert not complete._COMMENT.search(blank)
named = complete._NAME.finditer("name: a" + spaces_ + "b\\nname: 'c' # d\\n")
assert [found[2] for found in named] == ["c"]
suppressions._ALONE.match(spaces_ + "x")
for expression in (suppressions._COMMENT, spaces._TRAILING):
    expression.search(spaces_ + "x")
"""


def test_no_expression_backtracks() -> None:
    """What they find in short texts is what they found before."""
    ended = subprocess.run(
        [sys.executable, "-c", _RUN], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-1_000:]
