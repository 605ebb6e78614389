"""Shows on standard error how far long work is: one line in place, or a few on a log."""

from __future__ import annotations

import sys
from time import monotonic

_INTERVAL_S = 0.1
_LOG_INTERVAL_S = 5.0


class ProgressLine:
    """A line that says what is being done; call it as often as you like."""

    def __init__(self, *, quiet: bool = False) -> None:
        """Write nothing at all when ``quiet``."""
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._step = ""
        self._last = 0.0
        self._width = 0

    def __call__(self, step: str, done: int, total: int) -> None:
        """Say that ``done`` of ``total`` parts of ``step`` are done."""
        if self._quiet:
            return
        now = monotonic()
        interval = _INTERVAL_S if self._terminal else _LOG_INTERVAL_S
        if step == self._step and now - self._last < interval and done < total:
            return
        if not self._terminal and step == self._step and done < total and total < 100:
            return
        self._step, self._last = step, now
        text = f"{step}: {done:,} of {total:,}" if total > 1 else f"{step} …"
        if self._terminal:
            padding = " " * max(0, self._width - len(text))
            sys.stderr.write(f"\r{text}{padding}")
            self._width = len(text)
        else:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Remove the line from a terminal."""
        if self._terminal and self._width:
            sys.stderr.write(f"\r{' ' * self._width}\r")
            sys.stderr.flush()
        self._width = 0
