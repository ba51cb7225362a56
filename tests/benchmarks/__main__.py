"""``python -m tests.benchmarks``: measures, and prints a report in Markdown.

Everything takes an hour and a half and wants a machine with nothing else to do; ``--quick`` takes
two minutes and shows that the instruments work. Needs the extras ``test`` and ``benchmarks``.
"""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

from tests.benchmarks import idle, messages, profiling, report
from tests.benchmarks.contenders import CONTENDERS
from tests.benchmarks.servers import Backends


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=list(report.SECTIONS), nargs="+", default=[])
    parser.add_argument("--quick", action="store_true", help="small and once; no figures to quote")
    parser.add_argument(
        "--database", help="sqlite, postgresql, or the URL of a PostgreSQL server: that one only"
    )
    parser.add_argument(
        "--bus", help="between our processes: redis, postgresql, nats, memory, or a URL"
    )
    parser.add_argument("--report", type=Path, help="a file that the report goes to as well")
    parser.add_argument(
        "--profile",
        choices=[name for name in CONTENDERS if name.startswith("campfire")],
        help="only show where that server's time goes under the load of `messages`; with "
        "`--only idle`, while ten thousand sockets connect",
    )
    options = parser.parse_args()
    # Like Ctrl+C, so that the servers that were started are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.profile:
        with Backends(bus=options.bus) as backends:
            if options.only == ["idle"]:
                print(profiling.connecting(options.profile, backends, idle.FULL))
            else:
                print(profiling.talking(options.profile, backends, messages.FULL))
        return
    text = report.run(options.only, quick=options.quick, database=options.database, bus=options.bus)
    print(text)
    if options.report is not None:
        options.report.write_text(text + "\n")


if __name__ == "__main__":
    main()
