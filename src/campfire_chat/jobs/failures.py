"""Who is told when work of the background fails, beside the log."""

from __future__ import annotations

from collections.abc import Callable

#: Is told of the error of a job, a hook or a consumer. What happens next goes on as always.
OnFailure = Callable[[Exception], None]


def nobody(_: Exception) -> None:
    """The log is enough."""
