"""Runs a command and measures it and everything it starts: wall time, CPU time, memory.

CPU time is the kernel's own account (``wait4``) of the process and of every descendant that
was waited for. Memory is sampled from ``/proc``: the sum of the resident sets of the tree,
which counts what forked processes share once for each of them, and, less often because it is
costly to read, the sum of their proportional sets, which counts it once.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SAMPLE_INTERVAL_S = 0.05
_PROPORTIONAL_EVERY = 6
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_MIB = 2**20


class RunFailedError(Exception):
    """A measured command failed."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one run took.

    Attributes:
        wall_s: Wall time in seconds.
        cpu_s: User and system time of the tree in seconds.
        peak_rss_mib: Largest sum of resident sets seen.
        peak_pss_mib: Largest sum of proportional sets seen.
        max_rss_mib: Largest resident set of any single process, as the kernel counts it.
        stdout: What the command printed.
    """

    wall_s: float
    cpu_s: float
    peak_rss_mib: float
    peak_pss_mib: float
    max_rss_mib: float
    stdout: str = ""


def run_measured(
    argv: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str] | None = None
) -> Measurement:
    """Run a command to its end and measure it.

    Raises:
        RunFailedError: It ended with another status than 0; holds its last lines.
    """
    # What earlier runs wrote must not be written back at this one's expense.
    os.sync()
    log, errors = cwd / ".bench-stdout", cwd / ".bench-stderr"
    with log.open("wb") as stdout, errors.open("wb") as stderr:
        start = time.perf_counter()
        process = subprocess.Popen(
            [os.fspath(part) for part in argv],
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
        )
        sampler = _Sampler(process.pid)
        sampler.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        finally:
            wall_s = time.perf_counter() - start
            sampler.stop()
    process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text("utf-8", "replace")
    if process.returncode:
        tail = "\n".join((errors.read_text("utf-8", "replace") or text).splitlines()[-5:])
        command = " ".join(str(part) for part in argv)
        raise RunFailedError(f"exit status {process.returncode}: {command}\n{tail}")
    log.unlink()
    errors.unlink()
    return Measurement(
        wall_s=wall_s,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_rss_mib=max(sampler.peak_rss_bytes / _MIB, usage.ru_maxrss / 1024),
        peak_pss_mib=sampler.peak_pss_bytes / _MIB,
        max_rss_mib=usage.ru_maxrss / 1024,
        stdout=text,
    )


def take_median(runs: Sequence[Measurement]) -> Measurement:
    """Return the median of each quantity; of the memory the largest."""
    return Measurement(
        wall_s=median(run.wall_s for run in runs),
        cpu_s=median(run.cpu_s for run in runs),
        peak_rss_mib=max(run.peak_rss_mib for run in runs),
        peak_pss_mib=max(run.peak_pss_mib for run in runs),
        max_rss_mib=max(run.max_rss_mib for run in runs),
        stdout=runs[-1].stdout,
    )


class _Sampler(threading.Thread):
    """Samples the memory of a process and its descendants until stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_rss_bytes = 0
        self.peak_pss_bytes = 0
        self._pid = pid
        self._stopped = threading.Event()

    def run(self) -> None:
        count = 0
        while not self._stopped.wait(_SAMPLE_INTERVAL_S):
            tree = _list_tree(self._pid)
            self.peak_rss_bytes = max(self.peak_rss_bytes, sum(map(_read_rss, tree)))
            if count % _PROPORTIONAL_EVERY == 0:
                self.peak_pss_bytes = max(self.peak_pss_bytes, sum(map(_read_pss, tree)))
            count += 1

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def _list_tree(pid: int) -> list[int]:
    """Return the process and its descendants, as far as they exist now."""
    tree = [pid]
    for parent in tree:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                tree += map(int, (task / "children").read_text("ascii").split())
        except OSError:
            continue
    return tree


def _read_rss(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def _read_pss(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
