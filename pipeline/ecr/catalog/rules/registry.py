"""What the rules know of the hardware registry; read only when something refers to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Registry:
    """Names of the hardware registry.

    Attributes:
        ids: Ids of its boards.
        capabilities: Capabilities any of them has.
    """

    ids: frozenset[str]
    capabilities: frozenset[str]


@lru_cache(maxsize=4)
def load_registry(root: Path) -> Registry:
    """Return the names of the registry that holds for a catalog.

    Raises:
        UsageError: The registry is no valid registry.
    """
    from ecr.catalog.hardware import load_hardware  # noqa: PLC0415 - most releases need none

    boards = load_hardware(root)
    capabilities = {capability for board in boards for capability in board.capabilities}
    return Registry(frozenset(board.id for board in boards), frozenset(capabilities))
