"""Keeps account of a ``sage.yaml``: which fields found a place, and what is to be said.

Nothing can be dropped in silence: whatever no conversion has accounted for when all are done
is kept as metadata and named in a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecr.findings import Finding, Severity, has_errors, sort_findings
from ecr.stages.importing.notes import NOTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecr.catalog.yaml_document import Position
    from ecr.stages.importing.sage_document import SageDocument

Loc = tuple[str | int, ...]


class Ledger:
    """The account of one file.

    Attributes:
        document: The file.
        kept: What has no place of its own in a release, by its path in the file.
    """

    def __init__(self, document: SageDocument) -> None:
        self.document = document
        self.kept: dict[str, Any] = {}
        self._findings: list[Finding] = []
        self._accounted: set[Loc] = set()

    @property
    def findings(self) -> list[Finding]:
        """Everything noted so far, sorted."""
        return sort_findings(self._findings)

    def is_refused(self) -> bool:
        """Say whether a note says that no release can be made."""
        return has_errors(self._findings)

    def get(self, *loc: str | int) -> Any:
        """Return the value at a place, or ``None``; nothing is accounted for."""
        value = self.document.data
        for part in loc:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def carry(self, *loc: str | int) -> Any:
        """Return the value at a place, and account for it: it has a place in the release."""
        self._accounted.add(loc)
        return self.get(*loc)

    def note(
        self,
        code: str,
        loc: Loc,
        message: str,
        hint: str = "",
        *,
        key: bool = False,
        severity: Severity | None = None,
    ) -> None:
        """Say something about a place; a single value is then accounted for."""
        value = self.get(*loc)
        if not (isinstance(value, dict | list) and value):
            self._accounted.add(loc)
        at, _ = self.document.locate(loc, key=key)
        self._findings.append(
            Finding(
                self.document.path,
                at.line,
                at.column,
                code,
                name_place(loc),
                message,
                hint,
                severity or NOTES[code].severity,
            )
        )

    def note_at(self, code: str, at: Position, where: str, message: str, hint: str = "") -> None:
        """Say something about a position that is no place in the document."""
        severity = NOTES[code].severity
        path = self.document.path
        self._findings.append(
            Finding(path, at.line, at.column, code, where, message, hint, severity)
        )

    def add(self, findings: list[Finding]) -> None:
        """Take over findings that were made elsewhere."""
        self._findings += findings

    def keep(self, code: str, loc: Loc, message: str, hint: str = "") -> None:
        """Keep a value as metadata, and say so."""
        self.kept[name_place(loc)] = self.carry(*loc)
        self.note(code, loc, message, hint, key=True)

    def keep_rest(self) -> None:
        """Keep whatever has not been accounted for."""
        for loc in list(self._find_rest((), self.document.data)):
            self.keep(
                "I011",
                loc,
                f"'{name_place(loc)}' is not known; it was kept under metadata.sage",
                "move it to the field it belongs to, or remove it",
            )

    def _find_rest(self, loc: Loc, value: Any) -> Iterator[Loc]:
        if loc in self._accounted:
            return
        if loc and not any(seen[: len(loc)] == loc for seen in self._accounted):
            yield loc
            return
        if isinstance(value, dict):
            for key, below in value.items():
                yield from self._find_rest((*loc, key), below)
        elif isinstance(value, list):
            for index, below in enumerate(value):
                yield from self._find_rest((*loc, index), below)


def name_place(loc: Loc) -> str:
    """Return the name of a place: ``inputs[2].default``."""
    name = ""
    for part in loc:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def is_empty(value: Any) -> bool:
    """Say whether a value states nothing: absent, an empty text, list or mapping."""
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {})
