"""What a program published and handed over for upload, from the files it left.

The files are a stranger's. A line that a node would not take as a message is counted and not
looked at further; values are shortened, lists are cut.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecr.model.trial import PublishedMeasurement, UploadedFile
from ecr.stages.trial.node import LOGGED_UPLOADS, MESSAGES, UPLOADS
from ecr.stages.trial.texts import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecr.tools.containers import LeftFile

_NAME = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*", re.ASCII)
_LONGEST_NAME = 128
_LONGEST_LINE = 64 << 10
_LONGEST_VALUE = 100
_MOST_NAMES = 100
_MOST_UPLOADS = 100
_UPLOAD = "upload"
"""Name pywaggle reserves for the message about an upload."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was published.

    Attributes:
        measurements: By name, in the order of first appearance.
        left_out: Messages under further names.
        malformed: Lines that are no message.
        names: Every name, those left out too.
    """

    measurements: tuple[PublishedMeasurement, ...]
    left_out: int
    malformed: int
    names: frozenset[str]


@dataclass(slots=True)
class _Series:
    first: float | str
    last: float | str
    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, value: float | str) -> None:
        self.count += 1
        self.last = value
        if isinstance(value, float):
            self.minimum = min(self.minimum, value)
            self.maximum = max(self.maximum, value)

    def describe(self, name: str) -> PublishedMeasurement:
        numbers = self.minimum <= self.maximum
        return PublishedMeasurement(
            name=name,
            count=self.count,
            first=self.first,
            last=self.last,
            minimum=self.minimum if numbers else None,
            maximum=self.maximum if numbers else None,
        )


def read_messages(files: Iterable[LeftFile]) -> Published:
    """Read the messages a program published.

    Timestamps are not looked at: pywaggle writes whole seconds in a way nothing reads.
    """
    found = next((file for file in files if file.path == MESSAGES), None)
    if found is None:
        return Published((), 0, 0, frozenset())
    lines = found.content.split(b"\n")
    if len(found.content) < found.size_bytes:
        lines.pop()  # cut in the middle
    series: dict[str, _Series] = {}
    malformed = 0
    for line in lines:
        if not line.strip():
            continue
        message = _parse_message(line)
        if message is None:
            malformed += 1
            continue
        name, value = message
        if name != _UPLOAD:
            series.setdefault(name, _Series(value, value)).add(value)
    listed = list(series.items())[:_MOST_NAMES]
    return Published(
        tuple(one.describe(name) for name, one in listed),
        sum(one.count for one in series.values()) - sum(one.count for _, one in listed),
        malformed,
        frozenset(series),
    )


def _parse_message(line: bytes) -> tuple[str, float | str] | None:
    if len(line) > _LONGEST_LINE:
        return None
    try:
        message = json.loads(line)
        name, value = message["name"], _simplify(message["value"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return None
    if not isinstance(name, str) or len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return None
    return name, value


def _simplify(value: Any) -> float | str:
    """Return a value as it can be recorded: a finite number, or a short text."""
    if isinstance(value, str):
        return clean(value, _LONGEST_VALUE)
    if not isinstance(value, int | float):
        raise TypeError("only numbers and texts can be published")
    number = float(value)
    return number if math.isfinite(number) else str(number)


def list_uploads(files: Sequence[LeftFile]) -> tuple[tuple[UploadedFile, ...], int]:
    """Return the files handed over for upload, and how many more there were.

    pywaggle puts each into a directory ``<time>-<checksum>`` as ``data``, beside it ``meta`` with
    the file's name, and leaves a copy in its log. Programs that do without pywaggle may put files
    there plainly.
    """
    names = {file.path.rpartition("/")[0]: _read_name(file) for file in files if _is_meta(file)}
    uploads: list[UploadedFile] = []
    seen: set[tuple[str, str]] = set()
    for file in files:
        directory, _, last = file.path.rpartition("/")
        if not file.path.startswith(f"{UPLOADS}/") or _is_meta(file):
            continue
        name = names.get(directory) if last == "data" else None
        if name is not None:
            seen.add((directory.rpartition("/")[2].partition("-")[0], name))
        shown = name or file.path.removeprefix(f"{UPLOADS}/")
        uploads.append(UploadedFile(name=clean(shown), size_bytes=file.size_bytes))
    for file in files:
        if file.path.startswith(f"{LOGGED_UPLOADS}/"):
            time, _, name = file.path.removeprefix(f"{LOGGED_UPLOADS}/").partition("-")
            if (time, name) not in seen:
                uploads.append(UploadedFile(name=clean(name or time), size_bytes=file.size_bytes))
    uploads.sort(key=lambda upload: upload.name)
    return tuple(uploads[:_MOST_UPLOADS]), max(0, len(uploads) - _MOST_UPLOADS)


def _is_meta(file: LeftFile) -> bool:
    return file.path.startswith(f"{UPLOADS}/") and file.path.endswith("/meta")


def _read_name(file: LeftFile) -> str | None:
    try:
        name = json.loads(file.content)["labels"]["filename"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return name if isinstance(name, str) and name else None
