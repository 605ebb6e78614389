"""One sage.yaml converted, and what was said about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecr.stages.importing.conversion import Choices, convert_app
from ecr.stages.importing.ledger import Ledger
from ecr.stages.importing.places import Place
from ecr.stages.importing.sage_document import SageDocument

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecr.model.release import Release

REPOSITORY = "https://github.com/ada/engine"
COMMIT = "0123456789abcdef0123456789abcdef01234567"

CLEAN = """\
name: engine
namespace: ada
version: 0.1.0
description: Computes.
authors: Ada Lovelace <ada@example.edu>
license: MIT
source:
  architectures: [linux/arm64]
"""


@dataclass(frozen=True)
class Case:
    """The outcome of a conversion."""

    release: Release | None
    said: list[str]

    @property
    def parts(self) -> dict[str, Any]:
        """The release as plain values, without defaults."""
        assert self.release is not None, self.said
        return self.release.model_dump(mode="json", exclude_defaults=True)


def convert(
    text: str,
    *,
    place: Place | None = None,
    choices: Choices | None = None,
    resolve_ref: Callable[[str, str], str | None] | None = None,
) -> Case:
    content = text.encode("utf-8")
    if place is None:
        place = Place("sage.yaml", content, REPOSITORY, COMMIT)
    ledger = Ledger(SageDocument("sage.yaml", content))
    release = convert_app(ledger, place, choices or Choices(), resolve_ref)
    said = [
        f"{f.line}:{f.column} {f.severity}[{f.code}] {f.where}: {f.message}"
        for f in ledger.findings
    ]
    return Case(release, said)
