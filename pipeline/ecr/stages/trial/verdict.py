"""Compares what a run showed with what its test expects."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from ecr.stages.trial.texts import clean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ecr.model.release import Expectation
    from ecr.model.trial import TrialLimits
    from ecr.tools.containers import RunOutcome


def list_problems(
    expected: Expectation,
    outcome: RunOutcome,
    limits: TrialLimits,
    *,
    published: Collection[str],
    missing_texts: Collection[str],
) -> Iterator[str]:
    """Yield what is not as expected, the cause before what follows from it.

    Args:
        expected: What the test expects.
        outcome: How the run ended.
        limits: What it was allowed.
        published: Names something was published under.
        missing_texts: Texts the output should have contained.
    """
    if outcome.start_error is not None:
        yield f"it could not be started: {clean(outcome.start_error)}"
        return
    if outcome.out_of_memory:
        yield f"it used more memory than it may: {_show_bytes(limits.memory_bytes)}"
    if outcome.timed_out:
        yield f"it did not end within {limits.time_s} s"
    elif outcome.exit_status != expected.exit_status:
        yield f"{_show_status(outcome.exit_status)} instead of {expected.exit_status}"
    for name in expected.measurements:
        if name not in published:
            yield f"nothing was published as '{name}'"
    for text in missing_texts:
        yield f"the output does not contain '{clean(text)}'"


def _show_status(status: int | None) -> str:
    shown = f"exit status {status}"
    if status is not None and status > 128:
        try:
            return f"{shown} ({signal.Signals(status - 128).name})"
        except ValueError:
            pass
    return shown


def _show_bytes(size: int | None) -> str:
    if size is None:
        return "the machine has"
    return f"{size // (1 << 20)} MiB" if size >= 1 << 20 else f"{size} bytes"
