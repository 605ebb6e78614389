"""One YAML file, read strictly, with the position of everything in it.

The values follow the JSON schema of YAML 1.2 (section 10.2 with the core schema's
spellings): ``yes``, ``on`` and dates stay text. Duplicate keys, tags, anchors and aliases
are findings. The C parser of PyYAML composes the nodes; its resolver and constructor,
which cost more than parsing, are not used. ``yaml_guard`` keeps from it what would harm it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isinf
from typing import TYPE_CHECKING, Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined] # the stubs leave it out

from ecr.catalog.yaml_guard import (
    MAX_DEPTH,
    find_invisible,
    find_suspicions,
    find_unreadable,
)
from ecr.findings import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SIZE_BYTES = 256 * 1024
"""A manifest is a few kilobytes; more is a mistake or an attack."""
MAX_FINDINGS = 100
"""Findings kept of one file: nobody reads more, and a hostile file could cause any number."""

_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
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
_MAX_INT_DIGITS = 18
"""Every such number fits 64 bits."""
_MAX_NUMBER_LENGTH = 400

_HINTS = (
    ("another document", "one file holds one document; remove the '---' and what follows"),
    ("mapping values are not allowed", "quote a value that holds ': ', or correct the indentation"),
    ("could not find expected ':'", "write 'key: value', or correct the indentation"),
    ("did not find expected key", "correct the indentation; quote a value that holds quotes"),
    ("did not find expected '-'", "start every item of a list with '- ' in the same column"),
    ("alphabetic or numeric", "quote a value that starts with '*', '&' or '!'"),
    ("did not find expected", "close every bracket and quote, and put ',' between items"),
    ("unknown escape character", r"write \\ for a backslash, or use single quotes"),
    ("unexpected end of stream", "close the quote"),
    ("tab character", "indent with spaces, not tabs"),
    ("cannot start any token", "indent with spaces, not tabs; quote a value that starts so"),
    ("tag", "write the plain value without '!'"),
)


class _Composer(CParser):
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
        text = self._decode(content)
        if text is not None and self._is_safe(text):
            self._parse(text)

    @property
    def is_mapping(self) -> bool:
        """Whether the document is a mapping, as every manifest must be."""
        return isinstance(self.data, dict)

    def locate(self, loc: Sequence[str | int], *, key: bool = False) -> tuple[Position, str]:
        """Return the position of a place, and its name such as ``platforms[1]``.

        Args:
            loc: Keys and indices from the root. Parts that are not in the document, such as
                missing keys, are passed over.
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
            # Some editors start a file with a byte order mark; it means nothing in UTF-8.
            return content.decode("utf-8").removeprefix("\ufeff")
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

    def _is_safe(self, text: str) -> bool:
        for line, column, name in find_invisible(text, MAX_FINDINGS + 1):
            message = f"the file holds an invisible character ({name})"
            hint = "remove it: it hides what a reader sees"
            self._add(Position(line, column), "E117", message, hint)
        safe = True
        for suspicion in find_suspicions(text):
            at = Position(suspicion.line, suspicion.column)
            if suspicion.kind == "depth":
                message = f"lists and mappings are nested deeper than {MAX_DEPTH} levels"
                self._add(at, "E005", message, "write it flatter")
            else:
                message = "anchors and aliases are not allowed"
                self._add(at, "E004", message, "write the value out where it is used")
            safe = safe and suspicion.kind == "anchor"
        return safe

    def _parse(self, text: str) -> None:
        parser = None
        try:
            parser = _Composer(text)
            self._root = parser.get_single_node()
            self.data = None if self._root is None else self._construct(self._root, 0)
        except yaml.reader.ReaderError:
            line, column, name = find_unreadable(text) or (1, 1, "unknown")
            message = f"the file holds a character YAML does not allow ({name})"
            self._add(Position(line, column), "E002", message, "remove it")
            self.data = None
        except yaml.MarkedYAMLError as error:
            self._add_syntax_error(error, text)
            self.data = None
        finally:
            if parser is not None:
                parser.dispose()

    def _add_syntax_error(self, error: yaml.MarkedYAMLError, text: str) -> None:
        mark = error.problem_mark or error.context_mark
        at = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
        written = text.rstrip()
        if mark and mark.line > written.count("\n"):
            # What is missing at the end is missing after the last thing that is there.
            at = Position(written.count("\n") + 1, len(written) - written.rfind("\n"))
        message = ", ".join(part for part in (error.context, error.problem) if part)
        hint = next(
            (hint for words, hint in _HINTS if words in message), "check indentation and quotes"
        )
        self._add(at, "E002", f"not valid YAML: {message}", hint)

    def _construct(self, node: yaml.Node, depth: int) -> Any:
        if type(node) is yaml.ScalarNode:
            return self._scalar(node)
        if depth > MAX_DEPTH:
            message = f"lists and mappings are nested deeper than {MAX_DEPTH} levels"
            self._add_at(node, "E005", message, "write it flatter")
            return None
        if node.tag:
            self._refuse_tag(node)
        if type(node) is yaml.SequenceNode:
            return [self._construct(item, depth + 1) for item in node.value]
        return self._mapping(node, depth)

    def _mapping(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if type(key_node) is not yaml.ScalarNode:
                self._add_at(key_node, "E006", "a key must be text", "write a plain word")
                continue
            if key_node.tag:
                self._refuse_tag(key_node)
            key = key_node.value
            if key in result:
                self._refuse_duplicate(node, key_node)
            else:
                result[key] = self._construct(value_node, depth + 1)
        return result

    def _refuse_duplicate(self, node: yaml.Node, key_node: yaml.Node) -> None:
        if len(self.findings) > MAX_FINDINGS:
            return
        first = next(key for key, _ in node.value if key.value == key_node.value)
        self._add_at(
            key_node,
            "E003",
            f"key '{_short(key_node.value)}' stands here a second time",
            f"it is on line {first.start_mark.line + 1} already; keep one of them",
        )

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
        return self._number(node, text)

    def _number(self, node: yaml.ScalarNode, text: str) -> Any:
        if _INT.fullmatch(text):
            digits = text.lstrip("+-")
            if len(digits) <= _MAX_INT_DIGITS and (digits[0] != "0" or digits == "0"):
                return int(text)
        elif not _FLOAT.fullmatch(text):
            return text
        number = None if len(text) > _MAX_NUMBER_LENGTH else YamlNumberText(text)
        if number is None or isinf(number):
            message = f"the number {_short(text)} is too large"
            self._add_at(node, "E007", message, "quote it when it is text")
            return text
        return number

    def _refuse_tag(self, node: yaml.Node) -> None:
        tag = _short(node.tag)
        self._add_at(node, "E004", f"tag '{tag}' is not allowed", "write the plain value")

    def _add_at(self, node: yaml.Node, code: str, message: str, hint: str) -> None:
        mark = node.start_mark
        self._add(Position(mark.line + 1, mark.column + 1), code, message, hint)

    def _add(self, at: Position, code: str, message: str, hint: str) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(self.path, at.line, at.column, code, "", message, hint))
        elif len(self.findings) == MAX_FINDINGS:
            self.findings.append(
                Finding(
                    self.path,
                    at.line,
                    at.column,
                    "W001",
                    "",
                    f"there are more than {MAX_FINDINGS} findings; the rest is not shown",
                    "correct these first",
                    Severity.WARNING,
                )
            )


def _short(text: str, limit: int = 80) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _step(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == part:
                return key_node, value_node
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None
