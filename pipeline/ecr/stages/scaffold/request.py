"""What a person asks for when starting a bundle."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ecr.errors import UsageError
from ecr.model.fields import Person

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ecr.model.identity import BundleId


class Kind(StrEnum):
    """What a bundle's code is."""

    CONTAINER = "container"
    SCRIPT = "script"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class ScriptFile:
    """A script to start from, and what lies beside it.

    Attributes:
        name: File name.
        content: Its bytes.
        requirements: Text of the ``requirements.txt`` beside it, or empty.
        neighbours: Names of the Python modules beside it.
    """

    name: str
    content: bytes
    requirements: str = ""
    neighbours: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted.

    Attributes:
        kind: What its code is.
        bundle: Namespace and name.
        version: Version of the first release.
        author: Who wrote it.
        today: Day it enters the catalog.
        title: Name for people; made from the name when ``None``.
        owner: Grantee that owns the namespace, should it be new.
        script: Script to start from.
        binaries: Compiled programs by platform.
        sample: Whether the binaries are of the sample source.
    """

    kind: Kind
    bundle: BundleId
    version: str
    author: Person
    today: date
    title: str | None = None
    owner: str | None = None
    script: ScriptFile | None = None
    binaries: Mapping[str, bytes] = field(default_factory=dict)
    sample: bool = False


def parse_author(text: str) -> Person:
    """Return the person ``Name <email>`` or ``Name`` names.

    Raises:
        UsageError: The text is neither.
    """
    match = re.fullmatch(r"\s*([^<>]+?)\s*(?:<([^<>]*)>)?\s*", text)
    try:
        if match is None:
            raise UsageError(f"'{text}' is not an author", hint='write "Name <email>"')
        return Person(name=match[1], email=match[2] or None)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise UsageError(f"'{text}' is not an author: {reason}", hint='"Name <email>"') from error
