"""What a program prints: looked through as it comes, and kept only in part.

A program may print without end. The log keeps the beginning and the end; texts a test waits for are
found wherever they are.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from ecr.stages.trial.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_LOG_BYTES = 8 << 20
_END_BYTES = 64 << 10
_TAIL_LINES = 20
_MOST_TAIL_CHARS = 4000


class OutputLog:
    """Takes the output of one run."""

    def __init__(self, log: IO[bytes], texts: Sequence[str]) -> None:
        """Look for ``texts``, and write to ``log``."""
        self._log = log
        self._waited = {text: text.encode() for text in texts}
        self._overlap = max((len(text) for text in self._waited.values()), default=1) - 1
        self._carried = b""
        self._end = b""
        self.size_bytes = 0

    def add(self, part: bytes) -> None:
        """Take the next part."""
        window = self._carried + part
        for text in [text for text, wanted in self._waited.items() if wanted in window]:
            del self._waited[text]
        self._carried = window[-self._overlap :] if self._overlap else b""
        room = max(0, _MOST_LOG_BYTES - self.size_bytes)
        self._log.write(part[:room])
        self._end = (self._end + part)[-_END_BYTES:]
        self.size_bytes += len(part)

    def close(self) -> None:
        """Write the end to the log, if it went over the limit."""
        beyond = self.size_bytes - _MOST_LOG_BYTES
        if beyond > 0:
            end = self._end[-beyond:]
            gap = f"\n[{beyond - len(end):,} bytes are left out here]\n"
            self._log.write(gap.encode() + end)
        self._log.flush()

    @property
    def missing(self) -> tuple[str, ...]:
        """Texts that did not come."""
        return tuple(self._waited)

    def list_last_lines(self) -> tuple[str, ...]:
        """Return the last lines, fit to be shown."""
        lines: list[str] = []
        room = _MOST_TAIL_CHARS
        for line in reversed(self._end.decode("utf-8", "replace").strip().splitlines()):
            shown = clean(line)
            room -= len(shown)
            if len(lines) == _TAIL_LINES or room < 0:
                break
            lines.append(shown)
        return tuple(reversed(lines))
