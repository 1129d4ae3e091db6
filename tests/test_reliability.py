"""The page on reliability says what the suites hold."""

from __future__ import annotations

from pathlib import Path

from tests.reliability import CASES_BEGIN, PAGE, cases, promises


def test_promises_and_faults_are_those_of_the_suites() -> None:
    """Written anew by ``python -m tests.reliability RESULTS``."""
    text = PAGE.read_text("utf-8")
    assert text.partition(CASES_BEGIN)[0] == promises()
    assert "| `tests/faults/test_seeds.py` |" in text


def test_results_are_counted_by_file(tmp_path: Path) -> None:
    """Failures apart; other suites are left out."""
    results = tmp_path / "results.xml"
    results.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="tests.faults.test_seeds" name="a"/>'
        '<testcase classname="tests.faults.test_seeds" name="b"><failure/></testcase>'
        '<testcase classname="tests.unit.test_apply" name="c"/>'
        "</testsuite></testsuites>"
    )
    assert cases(results).splitlines()[-1] == "| `tests/faults/test_seeds.py` | 1 | 1 |"
