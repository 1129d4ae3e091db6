"""Plans, reports and drift as a page: read in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page, expect

from langsync.model import (
    Action,
    Address,
    Change,
    Drift,
    FieldDifference,
    Impact,
    Json,
    Origin,
    Outcome,
    Plan,
    Project,
    Provenance,
    Report,
    Result,
    Source,
)
from langsync.render import html
from langsync.render.links import Links
from langsync.render.shape import escape_control
from tests.unit.render.conftest import Open
from tests.unit.render.plans import CREATED, PLAN, PROJECT, REPLACED, REPORT, UPDATED, change
from tests.unit.strategies import TEXTS

LINES = [f"line {number} of the text" for number in range(40)]
LONG = change(
    "prompt/long",
    {"prompt": "\n".join(LINES)},
    {"prompt": "\n".join(LINES).replace("line 20 of", "line 20 and a half of")},
)
SYSTEM = {"role": "system", "content": "Be kind.\nBe honest."}
USER = {"role": "user", "content": "{{question}}"}
CHAT = change(
    "prompt/chat",
    {"prompt": [SYSTEM, USER], "config": {"top_p": 1}},
    {
        "prompt": [
            {"role": "system", "content": "Be kind and brief.\nBe honest."},
            {"role": "assistant", "content": "Sure."},
            USER,
        ],
        "config": {"top_p": 1.0, "stop": ["\n"]},
    },
)


def item(number: int, action: Action = Action.CREATE) -> Change:
    before: dict[str, Json] | None = {"input": {"q": f"Old {number}?"}, "expected_output": "a"}
    after: dict[str, Json] = {"input": {"q": f"Is {number} odd?"}, "expected_output": "a"}
    before = None if action is Action.CREATE else before
    one = change(f"dataset_item/qa/i{number}", before, after, action=action)
    return replace(one, needs=(Address("dataset", "qa"),))


ITEMS = tuple(map(item, range(250)))
IMPACT = Impact(Address("prompt", "parent"), ("production",), (LONG.address,), "a\nb", "a\nc")
FULL = Plan(
    PROJECT, "staging", (CREATED, UPDATED, REPLACED, LONG, CHAT, *ITEMS), impacts=(IMPACT,),
    warnings=("this server is old",), refusals=PLAN.refusals, notes=("by the way",),
)  # fmt: skip


def opened(page: Page, name: str) -> Page:
    """The page with one change open."""
    change = page.locator("#changes > details", has=page.locator(".name", has_text=name)).first
    change.locator("> summary").click()
    expect(change.locator("> .body")).to_be_visible()
    return page


def texts(page: Page, where: str) -> list[str]:
    return page.locator(where).all_inner_texts()


def test_a_page_says_what_a_plan_says(show: Open) -> None:
    """The counts, what is in the way, what to look out for, then each change on a line."""
    page = show(html.plan(FULL))
    assert page.title() == "langsync plan: my-app"
    assert texts(page, ".headline") == [
        "251 to create, 3 to update, 1 to replace, 0 unchanged: 255 requests."
    ]
    alerts = page.locator(".alert")
    expect(alerts.nth(0)).to_contain_text("Needs --allow-replace: prompt/kind")
    expect(alerts.nth(1)).to_contain_text("this server is old")
    names = texts(page, "#changes .name")
    assert names == [
        "prompt/greeting", "prompt/support", "prompt/kind", "prompt/long", "prompt/chat",
        "dataset/qa: 250 items", "prompt/parent",
    ]  # fmt: skip
    expect(page.locator("#changes > details").nth(1)).to_contain_text("production v1 → v2 (new)")
    expect(page.get_by_role("status")).to_have_text("256 changes")


def test_nothing_is_made_before_it_is_opened(show: Open) -> None:
    """Thousands of changes are as quick as a few."""
    text = "\n".join(LINES)
    many = tuple(
        change(f"prompt/p{n}", {"prompt": text}, {"prompt": f"{text}\n{n}"}) for n in range(5000)
    )
    page = show(html.plan(Plan(PROJECT, changes=many)))
    expect(page.get_by_role("status")).to_have_text("5000 changes")
    expect(page.locator("table")).to_have_count(0)
    expect(page.locator("#changes > details")).to_have_count(250)
    page.get_by_role("searchbox").fill("PROMPT/P4999")
    expect(page.get_by_role("status")).to_have_text("1 of 5000 changes")
    opened(page, "prompt/p4999")
    expect(page.locator("table.lines")).to_have_count(1)


def test_more_changes_are_shown_when_asked_for(show: Open) -> None:
    """And the focus goes on with them."""
    many = tuple(change(f"prompt/p{n}", {"a": 1}, {"a": 2}) for n in range(300))
    page = show(html.plan(Plan(PROJECT, changes=many)))
    page.get_by_role("button", name="Show more: 50 are left").click()
    expect(page.locator("#changes > details")).to_have_count(300)
    expect(page.locator("summary:focus")).to_contain_text("prompt/p250")
    expect(page.locator("#changes > .more")).to_be_hidden()


@pytest.mark.parametrize(("wide", "cells"), [(True, 4), (False, 4)])
def test_words_that_differ_are_marked_within_lines(show: Open, wide: bool, cells: int) -> None:  # noqa: FBT001 - a column
    """Side by side where there is room, else one below the other; what is the same is folded."""
    page = opened(
        show(html.plan(FULL), viewport={"width": 1300 if wide else 700, "height": 900}),
        "prompt/long",
    )
    assert texts(page, "td ins") == ["and a half "]
    expect(page.locator("table.beside")).to_have_count(int(wide))
    expect(page.locator("tr")).to_have_count(2 + 7 if wide else 2 + 8)
    page.get_by_role("button", name="unchanged lines").first.click()
    expect(page.locator("tr")).to_have_count(1 + 24 if wide else 1 + 25)
    page.get_by_role("button", name="Side by side").click()
    expect(page.locator("table.beside")).to_have_count(int(not wide))
    assert all(row.locator("td").count() == cells for row in page.locator("tr:not(.gap)").all())


def test_a_chat_is_shown_by_message(show: Open) -> None:
    """What was added in between does not make the others look changed."""
    page = opened(show(html.plan(FULL)), "prompt/chat")
    assert texts(page, ".chat .title, .chat summary") == [
        "system changed", "assistant added", "user unchanged",
    ]  # fmt: skip
    expect(page.locator(".chat table")).to_have_count(2)
    page.get_by_text("user unchanged").click()
    page.locator(".chat details table").wait_for()
    assert "{{question}}" in page.inner_text(".chat details")


def test_numbers_are_as_they_are_written(show: Open) -> None:
    """A browser would take 1.0 for 1."""
    both = change("prompt/a", {"config": {"n": 9007199254740993}}, {"config": {"n": 1.0}})
    page = opened(show(html.plan(Plan(PROJECT, changes=(both, LONG)))), "prompt/a")
    short = page.locator(".short")
    assert short.locator("del").inner_text().endswith("9007199254740993")
    assert short.locator("ins").inner_text().endswith("1.0")


def test_items_are_a_table(show: Open) -> None:
    """A hundred at once; one of them whole when it is opened."""
    page = opened(show(html.plan(FULL)), "dataset/qa: 250 items")
    rows = page.locator("table.items > tbody > tr")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="150 more items").click()
    expect(rows).to_have_count(200)
    assert '"Is 7 odd?"' in rows.nth(7).inner_text()
    button = page.get_by_role("button", name="i7", exact=True)
    button.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    assert page.locator("tr.whole h3").all_inner_texts() == ["input", "expected_output"]
    button.press("Enter")
    expect(page.locator("tr.whole")).to_have_count(0)


def test_a_composed_prompt_is_shown_as_callers_get_it(show: Open) -> None:
    """Although no request touches it."""
    page = opened(show(html.plan(FULL)), "prompt/parent")
    assert "Made of what changes: prompt/long" in page.inner_text(".reasons")
    assert texts(page, ".field h3") == ["as callers get it"]
    assert page.locator("td.ins").inner_text().endswith("c")


def test_kinds_and_actions_are_filtered(show: Open) -> None:
    """By boxes with counts; what is shown is said."""
    page = show(html.plan(FULL))
    page.get_by_role("checkbox", name="dataset item 250").uncheck()
    expect(page.get_by_role("status")).to_have_text("6 of 256 changes")
    page.get_by_role("checkbox", name="update").uncheck()
    assert texts(page, "#changes .name") == ["prompt/greeting", "prompt/kind", "prompt/parent"]
    page.get_by_role("checkbox", name="dataset item 250").check()
    page.get_by_role("searchbox").fill("is 7 odd")
    expect(page.get_by_role("status")).to_have_text("1 of 256 changes")
    assert texts(page, "#changes .name") == ["dataset/qa: 1 item"]


def test_what_was_open_stays_open(show: Open) -> None:
    """When others are filtered out and come back."""
    page = opened(show(html.plan(FULL)), "prompt/long")
    page.get_by_role("searchbox").fill("chat")
    expect(page.get_by_role("status")).not_to_have_text("256 changes")
    expect(page.get_by_role("status")).not_to_have_text("256 changes")
    page.get_by_role("searchbox").fill("")
    expect(page.get_by_role("status")).to_have_text("256 changes")
    assert page.locator("#changes > details[open] .name").all_inner_texts() == ["prompt/long"]


def test_a_keyboard_is_enough(show: Open) -> None:
    """A key to search, keys to go on and back, Enter opens; a link goes past what stands above."""
    page = show(html.plan(FULL))
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("To the changes")
    page.keyboard.press("/")
    page.keyboard.type("j/k prompt")
    expect(page.get_by_role("searchbox")).to_have_value("j/k prompt")
    expect(page.get_by_role("status")).to_have_text("0 of 256 changes")  # no search is left to come
    page.get_by_role("searchbox").fill("")
    expect(page.get_by_role("status")).to_have_text("256 changes")
    page.locator("h1").click()
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator("summary:focus")).to_contain_text("prompt/greeting")
    page.keyboard.press("Enter")
    expect(page.locator("#changes > details[open]")).to_have_count(1)


def test_what_can_be_used_has_a_name(show: Open) -> None:
    """So that a screen reader can say what it is; a diff says what was added and removed."""
    page = show(html.plan(FULL))
    page.get_by_role("button", name="Open all").click()
    expect(page.locator("table").first).to_be_visible()
    unnamed = re.compile(r"- (button|checkbox|searchbox|link|table|heading)(:|$)", re.MULTILINE)
    assert not unnamed.search(page.locator("body").aria_snapshot())
    assert page.get_by_role("table", name="prompt: what differs").count() >= 1
    expect(page.get_by_role("cell", name="added: line 20 and a half of the text")).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_it_is_dark_where_that_is_wanted(show: Open, scheme: str, dark: bool) -> None:  # noqa: FBT001 - a column
    """As the system says, and as a button says."""
    page = show(html.plan(FULL), color_scheme=scheme)

    def is_dark() -> bool:
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, color.removeprefix("rgb(").removesuffix(")").split(","))) < 3 * 128

    assert is_dark() is dark
    page.get_by_role("button", name="Light or dark").click()
    assert is_dark() is not dark


def test_a_narrow_window_is_no_wider_than_it_is(show: Open) -> None:
    """Everything wraps, or scrolls in its own box."""
    page = show(html.plan(FULL), viewport={"width": 360, "height": 700})
    page.get_by_role("button", name="Open all").click()
    expect(page.locator("table.items")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_report_tells_what_became_of_each(show: Open) -> None:
    """With the server's words; by outcome, too."""
    changes = (
        change("prompt/a", {"a": 1}, {"a": 2}),
        change("dataset/d", {"a": 1}, {"a": 2}),
        item(1),
    )
    results = (
        REPORT.results[0],
        REPORT.results[1],
        Result(changes[2].address, Action.CREATE, Outcome.SKIPPED, "because of dataset/d"),
    )
    made = Plan(PROJECT, changes=changes, refusals=PLAN.refusals)
    page = show(html.report(Report(PROJECT, "", results), made))
    assert page.inner_text(".headline") == "Applied in part: 1 applied, 1 failed, 1 skipped."
    expect(page.locator(".alert.refusal")).to_have_count(0)
    page.get_by_role("checkbox", name="applied").uncheck()
    expect(page.get_by_role("status")).to_have_text("2 of 3 changes")
    expect(opened(page, "dataset/d").locator(".failure")).to_have_text("too large | <b>")


def test_drift_reads_from_the_files_to_langfuse(show: Open) -> None:
    """What somebody added is added."""
    made = Provenance("production", Origin.REMOTE, 2, "Ada", "2026-11-23T14:05:00Z")
    touched = replace(UPDATED, origin=Origin.REMOTE, provenance=(made,))
    found = Drift(PROJECT, "", (touched, CREATED), pending=(Address("prompt", "new"),))
    page = opened(show(html.drift(found)), "prompt/support")
    assert page.locator("td.ins").inner_text().endswith("two")
    assert "by Ada on 2026-11-23 14:05" in page.inner_text(".reasons")
    assert texts(page, "#changes .badge:not(.origin)") == ["changed", "missing"]
    assert "not deployed yet: prompt/new" in page.locator(".alert.note").text_content()  # type: ignore[operator]


EVIL = """window.hit = 1; document.title = 'hit'; fetch('https://evil.example'); alert(1)"""
TRAPS = [
    f"</script><script>{EVIL}</script>",
    f"<!--<script>{EVIL}",
    f"]]></style><script>{EVIL}</script>",
    f"<img src=x onerror=\"{EVIL}\"><svg onload=\"{EVIL}\"></svg>",
    f"<iframe srcdoc='<script>parent.hit=1</script>'></iframe><details open ontoggle=\"{EVIL}\">",
    f"javascript:{EVIL}",
    "{{data}}{{script}}{{policy}}${1}`${window.hit=1}`",
    "\u2028\u2029\u202e\x00\x1b]8;;https://evil.example\x07",
    "__proto__",
    "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<style>@import 'https://evil.example'</style><link rel=stylesheet href=https://evil.example>",
]  # fmt: skip


def hostile(one: str, other: str) -> Plan:
    """A plan in which every text is one of two."""
    before, after = ({one: text, "prompt": f"{text}\n!"} for text in (one, other))
    prompt = replace(
        change(f"prompt/{one}", before, after, one),
        warnings=(one,), source=Source(one), origin=Origin.REMOTE,
        provenance=(Provenance(one, Origin.REMOTE, 1, one, one, one),),
    )  # fmt: skip
    said = {"prompt": [{"role": one, "content": one}, {"type": "placeholder", "name": other}]}
    chat = change("prompt/chat", None, {**said, one: {one: [other]}}, action=Action.CREATE)
    named = change(
        f"dataset_item/{one}", None, {"input": one, "metadata": {one: one}}, action=Action.CREATE
    )
    project = Project(one, one, f"https://{one}")
    impact = Impact(Address("prompt", one), (one,), (Address("prompt", one),), one, other, (one,))
    return Plan(
        project, one, (prompt, chat, named), {"prompt": (one,)}, {"prompt": 1}, {one: (one,)},
        (impact,), warnings=(one,), refusals=PLAN.refusals, notes=(one,),
    )  # fmt: skip


def all_open(page: Page) -> None:
    """Open whatever can be opened."""
    page.get_by_role("button", name="Open all").click()
    expect(page.locator("#changes .field").first).to_be_visible()
    for one in page.locator("button.item").all():
        one.click()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")


def check_harmless(page: Page) -> None:
    """Nothing ran, and there is nothing that could."""
    assert page.evaluate("window.hit") is None
    assert page.title().startswith("langsync plan")
    expect(page.locator("script")).to_have_count(2)
    kinds = "img, svg, iframe, object, embed, base, link, style, meta, script"
    expect(page.locator("body").locator(kinds)).to_have_count(2)
    hrefs = page.evaluate("[...document.links].map(one => one.href)")
    assert all(href.startswith(("https://", "file:///")) for href in hrefs)
    attributes = "[...document.querySelectorAll('*')].flatMap(one => one.getAttributeNames())"
    assert not [name for name in page.evaluate(attributes) if name.startswith("on")]


@pytest.mark.parametrize("trap", TRAPS)
def test_content_full_of_script_runs_none(show: Open, trap: str) -> None:
    """Wherever it stands: no dialog, no request, no element of its own; it is shown as it is."""
    page = show(
        html.plan(hostile(trap, f"{trap} again"), links=Links(f"https://forge.example/{trap}"))
    )
    all_open(page)
    check_harmless(page)
    assert " ".join(escape_control(trap).split()) in " ".join(page.inner_text("#changes").split())


PARTS = ["<", "</", "script", ">", "<!--", "&", "{{data}}", "\\", '"', "\n", "a"]
MARKUP = st.lists(st.sampled_from(PARTS)).map("".join)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(MARKUP | TEXTS)
def test_any_text_is_shown_as_it_is(show: Open, text: str) -> None:
    """Line by line, with what could hide in it spelt out."""
    created = change("prompt/a", None, {"prompt": f"{text}\nend"}, action=Action.CREATE)
    made = Plan(PROJECT, changes=(created,))
    page = show(html.plan(made))
    expect(page.locator(".field")).to_be_visible()
    found = page.evaluate(
        "[...document.querySelectorAll('tr > td.ins')].map(one => [...one.childNodes]"
        ".filter(part => part.className !== 'unseen').map(part => part.textContent).join(''))"
    )
    assert found == escape_control(f"{text}\nend").split("\n")
    check_harmless(page)


def test_a_page_is_the_same_each_time() -> None:
    """It can be compared, and its differences come from the plan alone."""
    difference = FieldDifference("a", 1, 2)
    made = Plan(PROJECT, changes=(Change(Address("x", "y"), Action.UPDATE, {}, {}, (difference,)),))
    assert html.plan(made) == html.plan(made)
    assert "{{" not in html.plan(made)
