"""The bugs: each is one small change that a person could make by mistake.

A library of ready-made operators was tried first (mutmut 3.8). It does not remove statements or
terms of a condition, and leaves out everything that has a decorator, properties included; those are
the mistakes that matter here: a check that was forgotten, a cleanup that is not done.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

#: What no test need notice: words for the log, and what only says that it cannot happen.
_SILENT = ("logger.", "logging.", "AssertionError(")

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
}
_TWINS = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """One bug.

    Attributes:
        where: The function or class it is in, dotted.
        line: Of the original file.
        change: What was and what is there instead; with ``where`` it names the bug, whatever line
            it moves to.
        source: The whole file with it.
    """

    where: str
    line: int
    change: str
    source: str


#: A node, and what replaces it; None removes a statement.
_Replacement = tuple[ast.AST, ast.AST | None]


def mutants_of(source: str) -> list[Mutant]:
    """Every bug that can be put into a file, in the order of its lines."""
    tree = ast.parse(source)
    places = dict(_places(tree))
    found: dict[tuple[str, str, int], Mutant] = {}
    for node, where in places.items():
        for new in _replacements(node):
            change = f"`{_short(node)}` → `{'' if new is None else _short(new)}`"
            # A comprehension's own node has no line.
            line = getattr(getattr(node, "target", node), "lineno", 0)
            mutant = Mutant(where, line, change, _with(tree, node, new))
            found.setdefault((where, change, line), mutant)
    return sorted(found.values(), key=lambda mutant: mutant.line)


def _places(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Every node that may be changed, and the function or class it is in."""

    def walk(node: ast.AST, where: str) -> Iterator[tuple[ast.AST, str]]:
        for name, value in ast.iter_fields(node):
            # What a type checker reads is not run.
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            # How a record is laid out, such as that it is frozen.
            if name == "keywords" and isinstance(node, ast.ClassDef):
                continue
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST) or _is_silent(child):
                    continue
                inside = where
                if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    inside = f"{where}.{child.name}".lstrip(".")
                yield child, inside
                yield from walk(child, inside)

    return walk(tree, "")


def _is_silent(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return True
    if isinstance(node, ast.Expr | ast.Raise):
        return any(word in ast.unparse(node).split("\n")[0] for word in _SILENT)
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) in ("__slots__", "logger")
    return isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr)


def _replacements(node: ast.AST) -> Iterator[ast.AST | None]:
    for kind, operator in _OPERATORS:
        if isinstance(node, kind):
            yield from operator(node)


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for at, operator in enumerate(node.ops):
        if (other := _COMPARISONS.get(type(operator))) is not None:
            yield _changed(node, ops=[*node.ops[:at], other(), *node.ops[at + 1 :]])


def _boolean(node: ast.BoolOp) -> Iterator[ast.AST]:
    for at in range(len(node.values)):
        left = [*node.values[:at], *node.values[at + 1 :]]
        yield left[0] if len(left) == 1 else _changed(node, values=left)
    yield _changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _condition(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.AST]:
    # The others have operators of their own.
    if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
        yield _changed(node, test=ast.UnaryOp(ast.Not(), node.test))


def _guard(node: ast.If) -> Iterator[None]:
    """A case that was forgotten: what comes after it is done for everybody."""
    if not node.orelse and len(node.body) == 1 and isinstance(node.body[0], ast.Return):
        yield None


def _filter(node: ast.comprehension) -> Iterator[ast.AST]:
    for at in range(len(node.ifs)):
        yield _changed(node, ifs=[*node.ifs[:at], *node.ifs[at + 1 :]])


def _negation(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not):
        yield node.operand


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float):
        yield ast.Constant(node.value + 1)


def _statement(node: ast.stmt) -> Iterator[None]:
    """Removed as a whole."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        # Without a local name nothing that follows would run at all.
        if isinstance(target, ast.Name) and isinstance(node, ast.Assign):
            return
    yield None


def _arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    if (other := _ARITHMETIC.get(type(node.op))) is not None:
        yield _changed(node, op=other())


def _call(node: ast.Call) -> Iterator[ast.AST]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in _TWINS:
        yield _changed(node, func=ast.Name(_TWINS[function.id]))
        # The order of what they are given does not matter.
        return
    args, plain = node.args, ast.Name | ast.Attribute
    for at in range(len(args) - 1):
        if isinstance(args[at], plain) and isinstance(args[at + 1], plain):
            swapped = [*args[:at], args[at + 1], args[at], *args[at + 2 :]]
            yield _changed(node, args=swapped)
    for at in range(len(node.keywords) - 1):
        one, two = node.keywords[at], node.keywords[at + 1]
        if one.arg and two.arg and isinstance(one.value, plain) and isinstance(two.value, plain):
            new = [ast.keyword(one.arg, two.value), ast.keyword(two.arg, one.value)]
            yield _changed(node, keywords=[*node.keywords[:at], *new, *node.keywords[at + 2 :]])


_OPERATORS: list[
    tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[..., Iterator[ast.AST | None]]]
] = [
    (ast.Compare, _compare),
    (ast.BoolOp, _boolean),
    ((ast.If, ast.IfExp, ast.While), _condition),
    (ast.If, _guard),
    (ast.comprehension, _filter),
    (ast.UnaryOp, _negation),
    (ast.Constant, _constant),
    (
        (ast.Expr, ast.Raise, ast.Assign, ast.AugAssign, ast.Delete, ast.Continue, ast.Break),
        _statement,
    ),
    ((ast.BinOp, ast.AugAssign), _arithmetic),
    (ast.Call, _call),
]


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


class _Replace(ast.NodeTransformer):
    """A copy of a tree in which one node is another; the original stays."""

    def __init__(self, old: ast.AST, new: ast.AST | None) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._old:
            return ast.Pass() if self._new is None else self._new
        return self.generic_visit(copy.copy(node))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(
                    node,
                    name,
                    [self.visit(item) if isinstance(item, ast.AST) else item for item in value],
                )
            elif isinstance(value, ast.AST):
                setattr(node, name, self.visit(value))
        return node


def _with(tree: ast.Module, old: ast.AST, new: ast.AST | None) -> str:
    return ast.unparse(ast.fix_missing_locations(_Replace(old, new).visit(tree)))


def _short(node: ast.AST) -> str:
    """A node on one line; of a statement with others inside, its head."""
    text = ast.unparse(ast.fix_missing_locations(copy.deepcopy(node)))
    return " ".join(text.split("\n")[0].split()).replace("|", "\\|")
