"""One YAML file, read strictly, with the position of everything in it.

The values follow the JSON schema of YAML 1.2 (section 10.2 with the core schema's
spellings): ``yes``, ``on`` and dates stay text. Duplicate keys, tags, anchors and aliases
are findings. The C parser of PyYAML composes the nodes; its resolver and constructor,
which cost more than parsing, are not used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from yaml.cyaml import CParser

from ecr.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SIZE_BYTES = 256 * 1024
"""A manifest is a few kilobytes; more is a mistake or an attack."""
MAX_DEPTH = 20

_INT = re.compile(r"^[-+]?[0-9]+$", re.ASCII)
_FLOAT = re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", re.ASCII)
_WORDS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER_START = frozenset("0123456789+-.")
_MAX_INT_DIGITS = 19


class _Composer(CParser):  # type: ignore[misc]
    """Composes nodes and leaves every decision about tags to the caller."""

    def resolve(self, _kind: object, _value: object, _implicit: object) -> str:
        return ""

    def descend_resolver(self, _node: object, _index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, both counted from 1."""

    line: int
    column: int


class YamlNumberText(float):
    """A number that remembers how it was written, so that ``1.10`` is never shown as ``1.1``."""

    text: str

    def __new__(cls, text: str) -> YamlNumberText:
        """Keep ``text`` beside the value."""
        number = super().__new__(cls, text)
        number.text = text
        return number


class YamlDocument:
    """A parsed file: plain values, findings of the reading, and positions on demand.

    Attributes:
        path: File, relative to the catalog's root.
        data: Mappings, lists, text, numbers, booleans, ``None``; ``None`` as well when the
            file could not be parsed (then there are findings).
        findings: What is wrong with the YAML itself.
    """

    def __init__(self, path: str, content: bytes) -> None:
        """Parse ``content``; nothing is raised for bad input, see ``findings``."""
        self.path = path
        self.data: Any = None
        self.findings: list[Finding] = []
        self._root: yaml.Node | None = None
        self._seen: set[int] | None = set() if b"*" in content else None
        text = self._decode(content)
        if text is not None:
            self._parse(text)

    @property
    def is_mapping(self) -> bool:
        """Whether the document is a mapping, as every manifest must be."""
        return isinstance(self.data, dict)

    def locate(self, loc: Sequence[str | int], *, key: bool = False) -> tuple[Position, str]:
        """Return the position of a place, and its name such as ``platforms[1]``.

        Args:
            loc: Keys and indices from the root. Parts that are not in the document (tags of
                unions, missing keys) end the walk or are passed over.
            key: Whether to point at the key instead of the value.
        """
        node, name = self._root, ""
        mark = node.start_mark if node is not None else None
        for part in loc:
            found = _step(node, part)
            if found is None:
                continue
            key_node, node = found
            mark = key_node.start_mark if key and key_node is not None else node.start_mark
            name += f"[{part}]" if key_node is None else f".{part}" if name else str(part)
        if mark is None:
            return Position(1, 1), name
        return Position(mark.line + 1, mark.column + 1), name

    def _decode(self, content: bytes) -> str | None:
        if len(content) > MAX_SIZE_BYTES:
            self._add(
                Position(1, 1),
                "E005",
                f"the file has {len(content)} bytes; at most {MAX_SIZE_BYTES} are read",
                "keep data in files of its own and refer to them",
            )
            return None
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError as error:
            before = content[: error.start]
            line_start = before.rfind(b"\n") + 1
            column = len(before[line_start:].decode("utf-8", "replace")) + 1
            self._add(
                Position(before.count(b"\n") + 1, column),
                "E001",
                "the file is not UTF-8 text",
                "save it with the encoding UTF-8",
            )
            return None

    def _parse(self, text: str) -> None:
        try:
            root = _Composer(text).get_single_node()
            self._root = root
            self.data = None if root is None else self._construct(root, 0)
        except yaml.reader.ReaderError as error:
            position = int(error.position or 0)
            line_start = text.rfind("\n", 0, position) + 1
            at = Position(text.count("\n", 0, position) + 1, position - line_start + 1)
            self._add(at, "E002", "the file holds a character YAML does not allow", "remove it")
            self.data = None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            at = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
            message = " ".join(p for p in (error.context, error.problem) if p)
            self._add(at, "E002", f"not valid YAML: {message}", "check indentation and quotes")
            self.data = None
        except yaml.YAMLError as error:
            reason = str(error).splitlines()[0] if str(error) else "cannot be read"
            self._add(Position(1, 1), "E002", f"not valid YAML: {reason}", "check the file")
            self.data = None

    def _construct(self, node: yaml.Node, depth: int) -> Any:
        if type(node) is yaml.ScalarNode:
            return self._scalar(node)
        if depth > MAX_DEPTH:
            self._add_at(node, "E005", f"nested deeper than {MAX_DEPTH} levels", "flatten it")
            return None
        if node.tag:
            self._refuse_tag(node)
        if self._seen is not None:
            if id(node) in self._seen:
                self._add_at(
                    node,
                    "E004",
                    "anchors and aliases are not allowed",
                    "write the value out where it is used",
                )
                return None
            self._seen.add(id(node))
        if type(node) is yaml.SequenceNode:
            return [self._construct(item, depth + 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if type(key_node) is not yaml.ScalarNode:
                self._add_at(key_node, "E006", "a key must be text", "write a plain word")
                continue
            key = key_node.value
            if key in result:
                first = next(k for k, _ in node.value if k.value == key)
                self._add_at(
                    key_node,
                    "E003",
                    f"key '{key}' stands here a second time",
                    f"it is on line {first.start_mark.line + 1} already; keep one of them",
                )
                continue
            result[key] = self._construct(value_node, depth + 1)
        return result

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.tag:
            self._refuse_tag(node)
            return text
        if node.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in _NUMBER_START:
            return text
        if _INT.match(text):
            if len(text) > _MAX_INT_DIGITS:
                return text
            if text.lstrip("+-")[0] == "0" and text.lstrip("+-") != "0":
                return YamlNumberText(text)
            return int(text)
        return YamlNumberText(text) if _FLOAT.match(text) else text

    def _refuse_tag(self, node: yaml.Node) -> None:
        self._add_at(node, "E004", f"tag '{node.tag}' is not allowed", "write the plain value")

    def _add_at(self, node: yaml.Node, code: str, message: str, hint: str) -> None:
        mark = node.start_mark
        self._add(Position(mark.line + 1, mark.column + 1), code, message, hint)

    def _add(self, at: Position, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding(self.path, at.line, at.column, code, "", message, hint))


def _step(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == part:
                return key_node, value_node
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None
