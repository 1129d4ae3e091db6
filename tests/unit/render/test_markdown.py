"""Plans and reports as Markdown: read by a parser of it, so that nothing breaks out."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from langsync.errors import Problem
from langsync.model import Action, Address, Change, Outcome, Plan, Refusal, Report, Result
from langsync.render import markdown
from tests.unit.render.plans import CREATED, EMPTY, PROJECT, REPORT, UPDATED, change
from tests.unit.strategies import STORABLE

PARSER = MarkdownIt("commonmark").enable("table")


def plan_of(*changes: Change, warnings: tuple[str, ...] = ()) -> Plan:
    return Plan(PROJECT, "staging", changes, warnings=warnings, unchanged=3)


EXPECTED = """\
### langsync plan: my-app at https://langfuse.example

**1 to create, 1 to update, 0 unchanged: 2 requests.**

> ⚠️ old server
> ⛔ prompt/a: no with --allow-replace

| resource | action | origin | why |
|---|---|---|---|
| <code>prompt/greeting</code> | create | git | production → v1 \\(new\\) |
| <code>prompt/support</code> | update | git | production v1 → v2 \\(new\\) |

<details><summary>prompt/greeting</summary>

```diff
# type
-
+text
# prompt
-
+Hello
+there
# config
-
+{}
# labels
-
+{"production":1}
```

</details>

<details><summary>prompt/support</summary>

```diff
# config.temperature
-0.2
+0.5
# labels.production
-1
+2
# prompt
 one
-two
+2
 three
```

</details>
"""


def test_a_plan_is_a_table_and_its_differences() -> None:
    """The counts first; each change folded away, with its lines as a diff."""
    made = Plan(
        PROJECT,
        changes=(CREATED, UPDATED),
        warnings=("old server",),
        refusals=(Refusal("no", "--allow-replace", Address("prompt", "a")),),
    )
    assert markdown.plan(made) == EXPECTED


def test_an_empty_plan_is_two_lines() -> None:
    """Where it looked, and that nothing differs."""
    assert markdown.plan(EMPTY) == (
        "### langsync plan: my-app at https://langfuse.example\n\n"
        "**Nothing differs: 4 resources as declared.**\n"
    )


def test_a_report_lists_what_was_not_applied() -> None:
    """After the counts; nothing in it is markup."""
    assert markdown.report(REPORT) == (
        "### langsync apply: 1 applied, 1 failed, 1 skipped\n\n"
        "- **failed** <code>dataset/d</code>: too large \\| \\<b\\>\n"
        "- **skipped** <code>dataset&#95;item/d/i</code>: because of dataset/d\n"
    )
    assert markdown.report(Report(PROJECT, "", ())) == "### langsync apply: nothing to do\n"


def test_findings_have_their_places() -> None:
    """Errors, then warnings."""
    found = markdown.findings([Problem("a.yaml", "is *bad*", 1, 2)], [Problem("b.yaml", "odd")])
    assert found == (
        "### langsync validate: 1 errors, 1 warnings\n\n"
        "- ⛔ <code>a.yaml:1:2</code>: is \\*bad\\*\n"
        "- ⚠️ <code>b.yaml</code>: odd\n"
    )


def test_a_table_has_a_row_for_each() -> None:
    """A bar in a cell is no cell."""
    assert markdown.table([{"name": "a|b", "health": "ok"}, {"name": "c", "health": "x\ny"}]) == (
        "| name | health |\n|---|---|\n| a\\|b | ok |\n| c | x y |\n"
    )


def test_a_number_and_its_text_can_be_told_apart() -> None:
    """As they can on a terminal."""
    found = markdown.plan(plan_of(change("prompt/a", {"a": 1}, {"a": "1"})))
    assert '-1\n+"1"' in found


MARKUP = st.text(st.sampled_from("`~<>*_[]()!#|\\\n\r &;@-+=\"'ab1.:/"), max_size=24)
ANY = st.one_of(MARKUP, STORABLE, st.sampled_from(["</details>", "```\n</details>", "~~~", "````"]))


def blocks(text: str, kind: str) -> list[Token]:
    return [token for token in PARSER.parse(text) if token.type == kind]


@given(ANY, ANY)
def test_no_text_breaks_out_of_its_fence(before: str, after: str) -> None:
    """Whatever it holds: there is one block of code, and all of the text is in it."""
    made = plan_of(change("prompt/a", {"prompt": f"{before}?"}, {"prompt": f"{after}!"}))
    found = markdown.plan(made)
    (fence,) = blocks(found, "fence")
    assert fence.info == "diff"
    assert fence.content.startswith("# prompt\n")
    assert [token.content for token in blocks(found, "html_block")] == [
        "<details><summary>prompt/a</summary>\n",
        "</details>\n",
    ]


NAMES = ANY.map(lambda text: f"a{text}a")


@given(NAMES, ANY, ANY)
def test_no_name_and_no_reason_is_markup(name: str, reason: str, warning: str) -> None:
    """In the table, in the summary, in a warning: no link, no image, no HTML, no emphasis."""
    made = plan_of(change(f"prompt/{name}", {"a": 1}, {"a": 2}, reason), warnings=(warning,))
    tokens = PARSER.parse(markdown.plan(made))
    inner = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in inner}
    assert kinds <= {"text", "text_special", "softbreak", "html_inline", "strong_open",
                     "strong_close"}  # fmt: skip
    assert {t.content for t in inner if t.type == "html_inline"} <= {"<code>", "</code>"}
    assert sum(token.type == "strong_open" for token in inner) == 1
    assert len([token for token in tokens if token.type == "tr_open"]) == 2
    assert len([token for token in tokens if token.type == "td_open"]) == 4


@given(ANY)
def test_a_detail_stays_on_its_line(detail: str) -> None:
    """Of a list with one entry for each change that was not applied."""
    result = Result(Address("prompt", "a"), Action.CREATE, Outcome.FAILED, detail)
    tokens = PARSER.parse(markdown.report(Report(PROJECT, "", (result, result))))
    assert sum(token.type == "list_item_open" for token in tokens) == 2
    assert {token.type for token in tokens} <= {
        "heading_open", "inline", "heading_close", "bullet_list_open", "list_item_open",
        "paragraph_open", "paragraph_close", "list_item_close", "bullet_list_close",
    }  # fmt: skip


@given(NAMES)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    """Its spaces aside, and with what could hide in it spelt out."""
    found = markdown.plan(plan_of(change(f"prompt/{name}")))
    (shown,) = re.findall(r"<summary>(.*)</summary>", found)
    assert html.unescape(shown).startswith("prompt/a")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", found)
