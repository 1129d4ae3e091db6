"""Variables that will not work are found; code, JSON, LaTeX and other templates are let alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Cli, write
from tests.unit.lint.findings import codes, findings, places, prompts

RIGHT = {
    "variables": "Hello {{name}}, {{company}}! {{history_1}} {{ñandú}} {{name}}{{name}}",
    "json": 'Answer as JSON: {"answer": "...", "tags": ["a"]}\n{"a": {"b": {"c": {{value}}}}}\n',
    "json in one line": '{"a":{"b":{"c":"{{value}}"}}}',
    "doubled for f-strings": 'Return {{"answer": "x"}} and {{"a": {{"b": 1}}}}',
    "fenced Python": '```python\ndef f(name):\n  return f"Hi {name} {{ x }}"\n```\n{{language}}',
    "Python": "def greet(name):\n    return f\"Hi {name}\"\nx = {name}\nprint(f'{name}')\n",
    "str.format": '"Hi {name}".format(name="x")',
    "JavaScript": "const a = `Hi ${name} and {name}`;\nfunction f() { return {a}; }\n",
    "JSX": '<div style={{ color: "red" }} id={name}>{/* c */}</div>',
    "LaTeX": "\\frac{ab}{cd} + x_{ij}^{nm} and \\sqrt{{value}} \\textbf{name}} $${xy}$$\n",
    "math": "The sum of ${xs}$ over f_{ij} and x^{2}; S = {a, b} and T = {x}",
    "Jinja": "{% for item in items %}{{ item }} {{ item.name }}{% endfor %}{# c #}",
    "Handlebars": "{{#each items}}{{ this }} {{{raw}}}{{/each}}",
    "Go": "{{ .Values.name }} {{- if .X }}{{ end }}",
    "shell": "echo ${HOME} ${path}; ls\nexport A=${name}\ncurl -d {name}\n",
    "a script": 'if [ -z "${webdir}" ]\ntest -n "${repository}"\ncd ${srcdir}/app\n',
    "JSDoc": " * @param {Number} width\n * @returns {string}\n* Returns: {Object}\n",
    "paths": "GET /users/{id}/orders/{order_id}?q={query}, {base}/v1, https://x.org/{name}",
    "workflow": "run: ${{ secrets.TOKEN }} on ${{ matrix.os }}",
    "CSS": ".a{color:red} .b { margin: 0 }",
    "SQL": "SELECT '{}' WHERE a = '{{value}}' -- {a comment}",
    "XML": '<context>\n{{context}}\n</context>\n<example>{"x": {"y": 1}}</example>',
    "BibTeX": "@article{key, title={Name}, year={2020}}",
    "Java": "public class A { void f() { int[] x = {ab}; } }\nMap<String, {type}>",
    "Rust": 'println!("{name} {}", x);\nformat!("{value}")',
    "C#": '$"Hi {name}" and string.Format("{0}", a)',
    "Ruby": '"Hi #{name}" and %{name}',
    "GraphQL": "query { user(id: 1) { name } }\nquery Q {user{name}}",
    "Mermaid": "graph TD; A{decision} --> B{{hexagon}}",
    "regular expressions": r"\d{3} a{n} [a-z]{min,max} (ab){times}",
    "a form to fill in": "{{question}} Answer in the form {verdict}: {reason}.",
}

WRONG = {
    "Hello {name}": ["LS103"],
    "<context>{context}</context>\nQ: {question}\n{question}": ["LS103", "LS103"],
    "Hello {{name}} and {name} again": ["LS103"],
    "Hello ${name}, welcome": ["LS104"],
    "Hello {{ name }} and {{ name }}": ["LS102"],
    "{{name }} {{\tplace}}": ["LS102", "LS102"],
    "Hello {{name}, how are you": ["LS101"],
    "Hello {name}}.": ["LS101"],
    "Hello {{name, how are you": ["LS101"],
    "Hello {{name": ["LS101"],
    "{{a}} and {{name and {{other}}": ["LS101"],
    "Hello {{{name}}}": ["LS105"],
}


def test_what_is_no_variable_is_let_alone(cli: Cli, repo: Path) -> None:
    """Prompts that look like those that people write."""
    prompts(repo, {name.replace("#", "sharp"): text for name, text in RIGHT.items()})
    assert findings(cli) == []


@pytest.mark.parametrize(("text", "expected"), WRONG.items(), ids=list(WRONG))
def test_what_nothing_fills_in_is_found(
    cli: Cli, repo: Path, text: str, expected: list[str]
) -> None:
    """Each name once."""
    prompts(repo, {"p": text})
    assert codes(cli) == expected


def test_a_message_says_what_to_write(cli: Cli, repo: Path) -> None:
    """The form that works."""
    prompts(repo, {"p": "Hello {name}"})
    [found] = findings(cli)
    assert found.message == "{name}: plain text to Langfuse: write {{name}} for a variable"


def test_a_template_is_told_of_its_own_form(cli: Cli, repo: Path) -> None:
    """``${name}`` in it may have been meant as ``${vars.name}``."""
    write(repo, {"langsync.yaml": "version: 1\n"})
    write(repo, {"prompts/p.yaml": "template: true\nprompt: Hello ${name}\n"})
    [found] = findings(cli)
    assert found.message.endswith("write {{name}} or ${vars.name} for a variable")


def test_all_messages_of_a_chat_tell_what_braces_mean(cli: Cli, repo: Path) -> None:
    """A variable in one message makes {form} in another one a form."""
    messages = "prompt:\n  - system: 'As {verdict}'\n  - user: '{{question}}'\n"
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": messages})
    assert codes(cli) == []


def test_a_name_that_the_ui_does_not_see_is_found_where_asked_for(cli: Cli, repo: Path) -> None:
    """The rule is off by default."""
    texts = {"p": "{{user-name}} {{user.name}} {{1st}} {{fine}}"}
    prompts(repo, texts)
    assert codes(cli) == []
    prompts(repo, texts, "version: 1\nlint: {enable: [LS107]}\n")
    assert codes(cli) == ["LS107"] * 3


PLACES = {
    "prompt: |\n  One\n\n    Two {name}\n  three {name}\n# {name}\n": "4:9",
    "prompt: >\n  One\n  and {name}\n# {name}\n": "3:7",
    'prompt: "One\\n\\\n  two {name}"\n# {name}\n': "2:7",
    "# {name}\nprompt: Hello {name}\n": "2:15",
    "prompt:\n  - system: Hi\n  - user: |-\n      a\n      {name}\n# {name}\n": "5:7",
}


@pytest.mark.parametrize(("text", "place"), PLACES.items())
def test_a_finding_has_its_line_and_column(cli: Cli, repo: Path, text: str, place: str) -> None:
    """However the text is written."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.yaml": text})
    assert places(cli) == [("LS103", f"prompts/p.yaml:{place}")]


def test_a_finding_in_an_included_file_has_its_place_there(cli: Cli, repo: Path) -> None:
    """And is told once, however many files include it."""
    write(repo, {"langsync.yaml": "version: 1\n", "prompts/p.md": "One\r\n\r\ntwo {name}\r\n"})
    write(repo, {f"prompts/{name}.yaml": "prompt: {file: p.md}\n" for name in "ab"})
    assert places(cli) == [("LS103", "prompts/p.md:3:5")]
