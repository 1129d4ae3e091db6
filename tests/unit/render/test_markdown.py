"""Plans and reports as Markdown: read by a parser of it, so that nothing breaks out."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from langsync.errors import Problem
from langsync.model import (
    Action,
    Address,
    Change,
    Drift,
    LabelMove,
    Origin,
    Outcome,
    Permission,
    Plan,
    Provenance,
    Refusal,
    Report,
    Result,
    Source,
)
from langsync.render import markdown
from langsync.render.links import Links
from tests.unit.render.plans import CREATED, EMPTY, PLAN, PROJECT, REPORT, UPDATED, change
from tests.unit.strategies import STORABLE

PARSER = MarkdownIt("gfm-like", {"html": True})
"""As forges read it: with tables, and with links made of whatever looks like one."""


def plan_of(*changes: Change, warnings: tuple[str, ...] = ()) -> Plan:
    return Plan(PROJECT, "staging", changes, warnings=warnings, unchanged=3)


EXPECTED = """\
### langsync plan: [my-app](<https://langfuse.example/project/p1>) at `https://langfuse.example`

**1 to create, 1 to update, 0 unchanged: 2 requests.**

> [!CAUTION]
> - Needs --allow-replace: prompt/a: no

> [!WARNING]
> - Production changes: prompt/greeting, prompt/support
> - old server

| resource | action | deployment | origin | why |
|---|---|---|---|---|
| `prompt/greeting` | create | production → v1 (new) | git |  |
| [`prompt/support`](<https://langfuse.example/project/p1/prompts/support>) | update | production v1 → v2 (new) | git |  |

<details><summary><code>prompt/greeting</code> create</summary>

```diff
# prompt
+Hello
+there
```

</details>

<details><summary><code>prompt/support</code> update</summary>

```diff
# prompt
 one
-two
+2
 three
# config.temperature
-0.2
+0.5
```

</details>
"""  # noqa: E501 - a row of a table is a line


def test_a_plan_is_a_table_and_its_differences() -> None:
    """The counts first; each change folded away, with its lines as a diff."""
    made = Plan(
        PROJECT,
        changes=(CREATED, UPDATED),
        warnings=("old server",),
        refusals=(Refusal("no", Permission.ALLOW_REPLACE, Address("prompt", "a")),),
    )
    assert markdown.plan(made) == EXPECTED


def test_an_empty_plan_is_two_lines() -> None:
    """Where it looked, and that nothing differs."""
    assert markdown.plan(EMPTY).splitlines()[1:] == [
        "",
        "**Nothing differs: 4 resources as declared.**",
    ]


def test_a_report_lists_what_was_not_applied() -> None:
    """After the counts; nothing in it is markup; what was applied is folded away."""
    assert markdown.report(REPORT).splitlines()[2:] == [
        "**Applied in part: 1 applied, 1 failed, 1 skipped.**",
        "",
        "- **failed** `dataset/d`: too large \\| \\<b\\>",
        "- **skipped** `dataset_item/d/i`: because of dataset/d",
        "",
        "<details><summary>1 applied</summary>",
        "",
        "- create [`prompt/a`](<https://langfuse.example/project/p1/prompts/a>)",
        "",
        "</details>",
    ]
    assert markdown.report(Report(PROJECT, "", ())).endswith("\n\n**Nothing to do.**\n")


def test_findings_have_their_places() -> None:
    """Errors, then warnings."""
    found = markdown.findings([Problem("a.yaml", "is *bad*", 1, 2)], [Problem("b.yaml", "odd")])
    assert found == (
        "### langsync validate: 1 error, 1 warning\n\n"
        "- ⛔ `a.yaml:1:2`: is \\*bad\\*\n"
        "- ⚠️ `b.yaml`: odd\n"
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


def test_a_chat_is_one_diff_by_role() -> None:
    """A message in between moves the others, and they do not count as changed."""
    said = [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "{{q}}"}]
    more = [said[0], {"role": "assistant", "content": "Hi"}, said[1]]
    found = markdown.plan(plan_of(change("prompt/a", {"prompt": said}, {"prompt": more})))
    assert "# prompt\n system: Be kind\n+assistant: Hi\n user: {{q}}\n```" in found


def test_a_resource_leads_to_its_file_and_its_page() -> None:
    """A name with a slash is one step of the page's address; items have no page of their own."""
    declared = Change(
        Address("prompt", "a/b c"),
        Action.UPDATE,
        {"a": 1},
        {"a": 2},
        source=Source("p/ü x.yaml", 7),
    )
    links = Links("https://forge.example/o/r/blob/abc")
    row = next(line for line in markdown.plan(plan_of(declared), links=links).splitlines() if
               line.startswith("| ["))  # fmt: skip
    assert row.startswith(
        "| [`prompt/a/b c`](<https://langfuse.example/project/p1/prompts/a%2Fb%20c>) "
        "([file](<https://forge.example/o/r/blob/abc/p/%C3%BC%20x.yaml#L7>)) |"
    )


def test_many_items_of_a_dataset_are_one_section() -> None:
    """With a line for each item in it, and one row in the table."""
    items = [
        change(f"dataset_item/d/{n}", None, {"input": n}, action=Action.CREATE) for n in range(9)
    ]
    found = markdown.plan(plan_of(*items))
    assert found.count("<details>") == 1
    assert "| `9 dataset items` | create |" in found
    assert "@@ dataset_item/d/8 @@\n# input\n+8\n" in found


def test_what_is_at_stake_is_said() -> None:
    """What cannot be undone, and what overwrites somebody; not twice where it is refused."""
    gone = change("prompt/a", {"prompt": "x"}, action=Action.DELETE)
    theirs = Change(Address("prompt", "b"), Action.UPDATE, {}, {}, origin=Origin.REMOTE)
    found = markdown.plan(plan_of(gone, theirs))
    assert "> - Cannot be undone: prompt/a\n" in found
    assert "> - Overwrites what was changed in Langfuse: prompt/b\n" in found
    refused = tuple(Refusal("no", None, one.address) for one in (gone, theirs))
    found = markdown.plan(Plan(PROJECT, changes=(gone, theirs), refusals=refused))
    assert "[!WARNING]" not in found


def test_drift_reads_from_the_files_to_langfuse() -> None:
    """What somebody added has a plus, and what is missing says so."""
    made = Provenance("production", Origin.REMOTE, 2, "Ada", "2026-11-23T14:05:00Z")
    touched = Change(
        UPDATED.address, Action.UPDATE, UPDATED.before, UPDATED.after, UPDATED.differences,
        origin=Origin.REMOTE, provenance=(made,),
    )  # fmt: skip
    found = markdown.drift(Drift(PROJECT, "", (touched, CREATED), unchanged=2))
    assert "-2\n+two\n" in found
    assert "| changed | production v2: by Ada on 2026-11-23 14:05, in no commit |" in found
    assert "| `prompt/greeting` | missing |" in found


MARKUP = st.text(st.sampled_from("`~<>*_[]()!#|\\\n\r &;@-+=\"'ab1.:/$"), max_size=24)
TRAPS = st.sampled_from(
    ["</details>", "```\n</details>", "~~~", "````", "@octocat", "#123", "GH-12", "o/r#1",
     "o/r@abc", "https://evil.example", "www.evil.example", "a@evil.example",
     "mailto:a@evil.example", "&#64;octocat", "&lt;b&gt;", "[x](https://evil.example)",
     "![x](//evil.example)",
     "<https://evil.example>", "<!-- langsync -->", "-->", "- x", "1. x", "1) x", "    x", "| a |",
     "\n\n# x", "===", "<script>alert(1)</script>", "\\@octocat", "\\"]
)  # fmt: skip
ANY = st.one_of(MARKUP, STORABLE, TRAPS, st.tuples(TRAPS, MARKUP).map(" ".join))
NAMES = ANY.map(lambda text: f"a{text}a")


def blocks(text: str, kind: str) -> list[Token]:
    return [token for token in PARSER.parse(text) if token.type == kind]


def inner(text: str) -> Iterator[Token]:
    return (child for token in PARSER.parse(text) for child in token.children or ())


def prose(text: str) -> str:
    """What stands outside of code, as a forge looks through it for mentions."""
    return "\n".join(
        "".join(one.content if one.type != "code_inline" else " " for one in token.children or ())
        for token in PARSER.parse(text)
    )


@given(ANY, ANY)
def test_no_text_breaks_out_of_its_fence(before: str, after: str) -> None:
    """Whatever it holds: there is one block of code, and all of the text is in it."""
    made = plan_of(change("prompt/a", {"prompt": f"{before}?"}, {"prompt": f"{after}!"}))
    found = markdown.plan(made)
    (fence,) = blocks(found, "fence")
    assert fence.info == "diff"
    assert fence.content.startswith("# prompt\n")
    assert all(line[:1] in set("#+- @") for line in fence.content.splitlines())
    assert [token.content for token in blocks(found, "html_block")] == [
        "<details><summary><code>prompt/a</code> update</summary>\n",
        "</details>\n",
    ]


def test_a_sentence_that_reads_like_the_move_of_a_label_is_a_reason() -> None:
    """A prompt may be called so; only `Change.moves` is where labels go."""
    sentence = "production v1 → v2 stays in Langfuse: --allow-delete deletes it"
    moves = (LabelMove("production", None, 1, creates_version=True),)
    after = {"prompt": "x", "labels": {"production": 1}}
    made = change("prompt/a", None, after, sentence, action=Action.CREATE, moves=moves)
    row = f"| `prompt/a` | create | production → v1 (new) | git | {sentence} |"
    assert row in markdown.plan(plan_of(made)).splitlines()


@given(NAMES, ANY, ANY)
def test_no_name_and_no_reason_is_markup(name: str, reason: str, warning: str) -> None:
    """In the table, in the summary, in a warning: no link, no image, no HTML, no mention."""
    made = plan_of(change(f"prompt/{name}", {"a": 1}, {"a": 2}, reason), warnings=(warning,))
    found = markdown.plan(made)
    tokens = PARSER.parse(found)
    kinds = {token.type for token in inner(found)}
    assert kinds <= {"text", "text_special", "softbreak", "strong_open", "strong_close",
                     "code_inline", "link_open", "link_close"}  # fmt: skip
    assert sum(token.type == "strong_open" for token in inner(found)) == 1
    assert len([token for token in tokens if token.type == "tr_open"]) == 2
    assert len([token for token in tokens if token.type == "td_open"]) == 5
    assert len([token for token in tokens if token.type == "list_item_open"]) == bool(
        warning.strip()
    )
    hrefs = [str(token.attrs["href"]) for token in inner(found) if token.type == "link_open"]
    assert len(hrefs) == 2
    assert all(href.startswith("https://langfuse.example/project/p1") for href in hrefs)
    assert not re.search(r"[@#]\w|\bGH-\d", prose(found), re.IGNORECASE)


@given(ANY)
def test_a_detail_stays_on_its_line(detail: str) -> None:
    """Of a list with one entry for each change that was not applied."""
    result = Result(Address("prompt", "a"), Action.CREATE, Outcome.FAILED, detail)
    found = markdown.report(Report(PROJECT, "", (result, result)))
    tokens = PARSER.parse(found)
    assert sum(token.type == "list_item_open" for token in tokens) == 2
    assert {token.type for token in tokens} <= {
        "heading_open", "inline", "heading_close", "bullet_list_open", "list_item_open",
        "paragraph_open", "paragraph_close", "list_item_close", "bullet_list_close",
    }  # fmt: skip
    assert sum(token.type == "link_open" for token in inner(found)) == 1


@given(NAMES)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    """Its spaces aside, and with what could hide in it spelt out."""
    found = markdown.plan(plan_of(change(f"prompt/{name}", {"a": 1}, {"a": 2})))
    (shown,) = re.findall(r"<summary><code>(.*)</code> update</summary>", found)
    (cell,) = [one.content for one in inner(found) if one.type == "code_inline"][1:]
    assert html.unescape(shown) == cell
    assert cell.startswith("prompt/a")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", found)


def test_a_plan_of_everything_is_read_as_it_is_meant() -> None:
    """One table with three rows, a section for each change, two boxes, one list."""
    tokens = PARSER.parse(markdown.plan(PLAN))
    count = [token.type for token in tokens].count
    assert (count("table_open"), count("tr_open"), count("fence")) == (1, 4, 3)
    assert (count("blockquote_open"), count("bullet_list_open")) == (2, 3)
