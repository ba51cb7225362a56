"""Load generators in processes of their own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from tests.support.servers import ROOT

T = TypeVar("T")


class Generator:
    """A running generator that is told when to take the next step."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def step(self) -> None:
        """Let it go on."""
        if self._process.stdin is None:
            raise RuntimeError("the generator has no input")
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def answer(self, type: type[T]) -> T:
        """What it says next."""
        if self._process.stdout is None:
            raise RuntimeError("the generator has no output")
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the load generator failed")
        return msgspec.json.decode(line, type=type)


@contextmanager
def generator(module: str, plan: msgspec.Struct) -> Iterator[Generator]:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(msgspec.json.encode(plan))
        file.flush()
        process = subprocess.Popen(
            [sys.executable, "-m", f"tests.benchmarks.{module}", file.name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield Generator(process)
        finally:
            process.kill()
            process.communicate()


def generate(module: str, plan: msgspec.Struct, type: type[T]) -> T:
    """What a generator says that takes its one step by itself."""
    with generator(module, plan) as running:
        return running.answer(type)
