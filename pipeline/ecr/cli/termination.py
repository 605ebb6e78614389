"""Being asked to end (SIGTERM) as being interrupted (Ctrl-C): what was started ends as well."""

from __future__ import annotations

import signal


def end_on_terminate() -> None:
    """Have SIGTERM raise ``KeyboardInterrupt`` in this process from now on."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
