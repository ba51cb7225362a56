"""No test asserts how long something took: on a busy machine the same thing takes longer.

A test waits for a condition, with patience, or brings a clock of its own (tests/support/clocks.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TESTS = Path(__file__).parents[1]

#: What reads a clock.
CLOCKS = ("monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "time", "time_ns")
#: They measure and report; what they must hold is about ratios and rates, over many seconds.
MEASURING = {"benchmarks", "faults"}


def _reads_clock(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS
        and not node.args
    )


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


class _Function:
    """Which names of a function hold moments, and which durations."""

    def __init__(self, function: ast.AST) -> None:
        self.moments: set[str] = set()
        self.durations: set[str] = set()
        self._function = function
        for _ in range(3):
            for node in ast.walk(function):
                self._learn(node)

    def _learn(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {name for target in targets for name in _names(target)}
            if self.is_duration(node.value):
                self.durations |= names
            elif self._is_moment(node.value):
                self.moments |= names
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("append", "add")
            and any(self.is_duration(argument) for argument in node.args)
        ):
            self.durations |= _names(node.func.value)

    def _is_moment(self, node: ast.AST) -> bool:
        """A clock's reading, or a name that holds one; a deadline is one as well."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return self._is_moment(node.left) or self._is_moment(node.right)
        return _reads_clock(node) or (isinstance(node, ast.Name) and node.id in self.moments)

    def is_duration(self, node: ast.AST) -> bool:
        """Whether there is a difference of two readings in it."""
        return any(
            (isinstance(part, ast.Name) and part.id in self.durations)
            or (
                isinstance(part, ast.BinOp)
                and isinstance(part.op, ast.Sub)
                and (self._is_moment(part.left) or self._is_moment(part.right))
            )
            for part in ast.walk(node)
        )

    def assertions(self) -> Iterator[ast.Assert]:
        """Assertions on durations. ``assert now() < deadline`` in a loop is patience, not one."""
        for node in ast.walk(self._function):
            if isinstance(node, ast.Assert) and self.is_duration(node.test):
                yield node


def elapsed(source: str) -> list[tuple[str, int]]:
    """Function and line of each assertion on elapsed time."""
    return sorted(
        {
            (function.name, found.lineno)
            for function in ast.walk(ast.parse(source))
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
            for found in _Function(function).assertions()
        }
    )


def test_no_test_asserts_elapsed_time() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{line} {function}"
        for path in sorted(TESTS.rglob("*.py"))
        if path.relative_to(TESTS).parts[0] not in MEASURING
        for function, line in elapsed(path.read_text("utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    "body",
    [
        "began = time.monotonic(); work(); assert time.monotonic() - began < 5",
        "began = loop.time(); work(); took = loop.time() - began; assert 0.3 < took < 3",
        "a = time.perf_counter(); delays.append(time.perf_counter() - a); assert max(delays) < 1",
        "began = time.monotonic(); assert len(x) <= 9 + 5 * (time.monotonic() - began)",
    ],
)
def test_such_an_assertion_is_found(body: str) -> None:
    assert elapsed(f"def test():\n    {body}")


def test_patience_is_none() -> None:
    source = "deadline = time.monotonic() + 5\n    while x(): assert time.monotonic() < deadline"
    assert elapsed(f"def test():\n    {source}") == []


def test_hypothesis_does_not_watch_the_clock() -> None:
    profile = settings()
    assert profile.deadline is None
    assert HealthCheck.too_slow in profile.suppress_health_check
