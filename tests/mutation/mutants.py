"""The mutants of a module: each one small edit of its text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
}
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.Mod: "+",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit of a module.

    Args:
        start: Where the replaced text begins, in bytes of UTF-8.
        end: Where it ends.
        text: What takes its place.
        line: The line on which it begins, from 1.
    """

    start: int
    end: int
    text: str
    line: int

    def apply(self, source: bytes) -> bytes:
        """The module with the edit."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def describe(self, source: bytes) -> str:
        """The edit in one line: what is there, and what takes its place."""
        before = source[self.start : self.end].decode()
        old, new = (" ".join(text.split()) for text in (before, self.text))
        return f"{old} → {new or '(nothing)'}"


def mutants(source: bytes) -> list[Mutant]:
    """All mutants of a module, in the order of its text; each of them can be compiled.

    Docstrings, annotations, decorators and imports are left alone, as is text for people: a string
    with a space in it.
    """
    found = {one.apply(source): one for one in _Module(source).visit(ast.parse(source))}
    found.pop(source, None)
    valid = [one for text, one in found.items() if _compiles(text)]
    return sorted(valid, key=lambda one: (one.start, one.end, one.text))


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


class _Module:
    """The text of a module, and the edits that its syntax allows."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.lines = [0]
        for line in source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))

    def visit(self, node: ast.AST) -> Iterator[Mutant]:
        """The mutants of a node and of all below it."""
        if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr):
            return
        yield from self._of(node)
        hidden = {"annotation", "returns", "decorator_list", "type_params", "bases"}
        for name, value in ast.iter_fields(node):
            if name not in hidden:
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST):
                        yield from self.visit(child)

    def _of(self, node: ast.AST) -> Iterator[Mutant]:
        match node:
            case ast.Compare():
                yield from self._comparisons(node)
            case ast.BoolOp(values=values):
                swapped, idle = ("or", "True") if isinstance(node.op, ast.And) else ("and", "False")
                for left, right in pairwise(values):
                    yield self._between(left, right, swapped)
                yield from (self._edit(value, idle) for value in values)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                yield self._between(left, right, _ARITHMETIC[type(op)])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self._edit(node, f"({self._text(operand)})")
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if _is_plain(test):
                yield self._edit(test, f"(not ({self._text(test)}))")
            case ast.comprehension(ifs=tests):
                yield from (self._edit(test, "True") for test in tests)
            case ast.Constant():
                yield from self._constants(node)
            case ast.Tuple(elts=parts, ctx=ast.Load()) | ast.List(elts=parts) | ast.Set(elts=parts):
                yield from self._dropped(parts)
            case ast.Call(keywords=keywords):
                yield from self._dropped([*node.args, *keywords], first=len(node.args))
            case ast.Return(value=ast.expr() as value):
                yield self._edit(value, "None")
            case ast.Continue():
                yield self._edit(node, "break")
            case ast.Break():
                yield self._edit(node, "continue")
            case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Delete() if not _is_text(node):
                yield self._edit(node, "pass")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield self._edit(node, "pass")

    def _comparisons(self, node: ast.Compare) -> Iterator[Mutant]:
        sides = [node.left, *node.comparators]
        for left, right, op in zip(sides, sides[1:], node.ops, strict=False):
            for text in _COMPARISONS[type(op)]:
                yield self._between(left, right, text)

    def _constants(self, node: ast.Constant) -> Iterator[Mutant]:
        match node.value:
            case bool() as value:
                yield self._edit(node, str(not value))
            case int() | float() as value:
                yield self._edit(node, str(value + 1))
            case str() as value if value and " " not in value:
                yield self._edit(node, '"?"')

    def _dropped(
        self, parts: Sequence[ast.expr | ast.keyword], *, first: int = 0
    ) -> Iterator[Mutant]:
        """Leave out one of several parts with what separates it from its neighbor."""
        for index in range(first, len(parts)):
            start, end = self._span(parts[index])
            if index + 1 < len(parts):
                end = self._span(parts[index + 1])[0]
            elif index:
                start = self._span(parts[index - 1])[1]
            yield Mutant(start, end, "", parts[index].lineno)

    def _between(self, left: ast.expr, right: ast.expr, text: str) -> Mutant:
        """Replace the operator between two operands, and keep the parentheses around them."""
        start, end = self._span(left)[1], self._span(right)[0]
        gap = self.source[start:end].decode()
        closing, opening = gap[: gap.rfind(")") + 1], gap[gap.find("(") :] if "(" in gap else ""
        return Mutant(start, end, f"{closing} {text} {opening}", left.end_lineno or left.lineno)

    def _edit(self, node: ast.expr | ast.stmt, text: str) -> Mutant:
        return Mutant(*self._span(node), text, node.lineno)

    def _text(self, node: ast.expr) -> str:
        start, end = self._span(node)
        return self.source[start:end].decode()

    def _span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self.lines[node.lineno - 1] + node.col_offset
        return start, self.lines[node.end_lineno - 1] + node.end_col_offset


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_plain(test: ast.expr) -> bool:
    """Whether a condition has no operator whose change turns it around."""
    return not isinstance(test, ast.UnaryOp) and not (
        isinstance(test, ast.Compare) and len(test.ops) == 1
    )
