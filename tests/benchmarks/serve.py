"""uvicorn with Python's cyclic collector as docs/how-to/deploy.md advises for many sockets.

By default CPython looks through every container object of the process whenever their number has
grown by a quarter. With 10,000 connections that is half a second in which nobody is answered, in
every framework alike, and it says more about Python than about any of them.
"""

from __future__ import annotations

import gc
import runpy

gc.set_threshold(10_000, 20, 50)

if __name__ == "__main__":
    runpy.run_module("uvicorn", run_name="__main__", alter_sys=True)
