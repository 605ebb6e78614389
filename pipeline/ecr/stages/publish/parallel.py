"""Runs a function over many items in forked processes.

The function is handed over by fork, not pickled, so it may hold compiled templates and
whatever else is costly to send. Where there is no fork, or little to do, it runs here.
"""

from __future__ import annotations

import gc
import multiprocessing
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNK = 20

# Set in each forked worker by the pool's initializer, and never in the parent.
_function: Callable[[Any], Any] | None = None


def map_forked(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    *,
    chunk: int = _CHUNK,
) -> Iterator[Result]:
    """Yield ``function(item)`` for every item, in any order.

    Args:
        function: Must not depend on being run in this process; what it returns is pickled.
        items: What to work on; pickled.
        workers: Processes to use at most.
        chunk: Items handed over at once; with no more items than this nothing is forked.
    """
    if workers < 2 or len(items) <= chunk or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(function, items)
        return
    # What exists now is never garbage: keep the collector from looking at it, and from
    # writing to its pages, which the processes share.
    gc.collect()
    gc.freeze()
    context = multiprocessing.get_context("fork")
    chunks = [items[start : start + chunk] for start in range(0, len(items), chunk)]
    try:
        with context.Pool(workers, _install, (function,)) as pool:
            for results in pool.imap_unordered(_run_chunk, chunks):
                yield from results
    finally:
        gc.unfreeze()


def _install(function: Callable[[Any], Any]) -> None:
    global _function  # noqa: PLW0603 - see above
    _function = function
    gc.disable()


def _run_chunk(items: Sequence[Any]) -> list[Any]:
    assert _function is not None  # noqa: S101 - the pool's initializer ran before
    return [_function(item) for item in items]
