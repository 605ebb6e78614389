"""One JSON record, checked against its model, with findings instead of exceptions."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from ecr.findings import Finding

MAX_SIZE_BYTES = 8 * 1024 * 1024

ModelT = TypeVar("ModelT", bound=BaseModel)


def validate_record(
    model: type[ModelT], path: str, content: bytes
) -> tuple[ModelT | None, list[Finding]]:
    """Parse and check a record the pipeline wrote.

    Records are machine-written, so a finding names the place by its keys, not by line.
    """
    if len(content) > MAX_SIZE_BYTES:
        message = f"the record has {len(content)} bytes; at most {MAX_SIZE_BYTES} are read"
        return None, [Finding(path, 1, 1, "E005", "", message, "write the record again")]
    try:
        return model.model_validate_json(content), []
    except ValidationError as error:
        return None, [
            Finding(
                path,
                1,
                1,
                "E208",
                ".".join(str(part) for part in details["loc"]),
                f"the record does not follow its schema: {details['msg']}",
                "records are written by the pipeline; write it again, do not edit it",
            )
            for details in error.errors(include_url=False)
        ]
