"""Reads a ``sage.yaml``: strictly, except that a key may stand twice.

Today's ECR loads duplicate keys without a word and keeps the last, so the last is what was
meant to count here too; each one that is passed over is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecr.catalog.yaml_document import Position, YamlDocument

if TYPE_CHECKING:
    import yaml


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key whose earlier value was passed over.

    Attributes:
        at: Place of the earlier key.
        key: The key.
        line: Line of the later one, which counts.
    """

    at: Position
    key: str
    line: int


class SageDocument(YamlDocument):
    """A ``sage.yaml`` with the position of everything in it.

    Attributes:
        duplicates: Keys that stand twice, in the order of the file.
    """

    def __init__(self, path: str, content: bytes) -> None:
        """Parse ``content``; nothing is raised for bad input, see ``findings``."""
        self.duplicates: list[Duplicate] = []
        super().__init__(path, content)

    def _mapping(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        last: dict[str, int] = {}
        for index, (key_node, _) in enumerate(node.value):
            if isinstance(key_node.value, str):
                last[key_node.value] = index
        kept = []
        for index, (key_node, value_node) in enumerate(node.value):
            winner = last.get(key_node.value, index) if isinstance(key_node.value, str) else index
            if winner == index:
                kept.append((key_node, value_node))
                continue
            mark = key_node.start_mark
            self.duplicates.append(
                Duplicate(
                    Position(mark.line + 1, mark.column + 1),
                    key_node.value,
                    node.value[winner][0].start_mark.line + 1,
                )
            )
        node.value = kept
        return super()._mapping(node, depth)
