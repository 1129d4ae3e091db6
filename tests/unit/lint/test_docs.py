"""Each rule is in the docs, with whether it is on, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import langsync
from langsync.rules import Rule

DOCS = (Path(langsync.__file__).parent / "docs" / "lint.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### (LS\d{3}: .+)\n\n(On|Off)\.", DOCS, flags=re.MULTILINE))


def test_docs_and_code_list_the_same_rules() -> None:
    """By code and title; in every section it says whether the rule is on."""
    listed = {f"{rule.code}: {rule.title}": "On" if rule.default else "Off" for rule in Rule}
    assert listed == SECTIONS
    assert len(re.findall(r"^### ", DOCS, flags=re.MULTILINE)) == len(SECTIONS)


def test_no_two_rules_have_one_code() -> None:
    """A code is three digits behind LS."""
    codes = [rule.code for rule in Rule]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"LS\d{3}", code) for code in codes)
