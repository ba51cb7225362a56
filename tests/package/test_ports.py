"""Servers of tests that run side by side never get the same port."""

from __future__ import annotations

import subprocess
import sys

from tests.support.ports import FIRST, LAST, free_port
from tests.support.servers import ROOT, ended

ASK = (
    "from tests.support.ports import free_port\n"
    "print(*(free_port() for _ in range(60)), flush=True)\n"
    # What it has it keeps until it ends.
    "input()\n"
)


def test_a_port_is_one_processs_alone() -> None:
    processes: list[subprocess.Popen[bytes]] = []
    with ended(processes):
        for _ in range(3):
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", ASK],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
        ports = [free_port() for _ in range(60)]
        for process in processes:
            assert process.stdout is not None
            ports += map(int, process.stdout.readline().split())
    assert len(ports) == 240
    assert len(set(ports)) == 240
    assert all(FIRST <= port < LAST for port in ports)
