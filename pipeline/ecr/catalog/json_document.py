"""One JSON record, checked against its model, with findings instead of exceptions."""

from __future__ import annotations

import re
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ecr.findings import Finding

MAX_SIZE_BYTES = 8 * 1024 * 1024
MAX_FINDINGS = 20
"""Findings kept of one record: they all say that it has to be written again."""

ModelT = TypeVar("ModelT", bound=BaseModel)

_REDO = "records are written by the pipeline; have it written again, do not edit it"
_JSON_PLACE = re.compile(r" at line (\d+) column (\d+)$")


def validate_record(
    model: type[ModelT], path: str, content: bytes
) -> tuple[ModelT | None, list[Finding]]:
    """Parse and check a record the pipeline wrote.

    Records are machine-written, so a finding names the place by its keys, not by line.
    """
    if len(content) > MAX_SIZE_BYTES:
        message = f"the record has {len(content)} bytes; at most {MAX_SIZE_BYTES} are read"
        return None, [Finding(path, 1, 1, "E005", "", message, _REDO)]
    try:
        return model.model_validate_json(content), []
    except ValidationError as error:
        details = error.errors(include_url=False)[:MAX_FINDINGS]
        return None, [_to_finding(path, one["loc"], one["msg"]) for one in details]


def _to_finding(path: str, loc: tuple[int | str, ...], problem: str) -> Finding:
    place = _JSON_PLACE.search(problem)
    line, column = (int(place[1]), max(int(place[2]), 1)) if place else (1, 1)
    where = ".".join(str(part) for part in loc)[:200]
    message = f"the record does not follow its schema: {_JSON_PLACE.sub('', problem)[:300]}"
    return Finding(path, line, column, "E208", where, message, _REDO)
