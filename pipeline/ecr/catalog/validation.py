"""From a parsed document to a model: every error becomes a finding with its position."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from ecr.catalog.yaml_document import MAX_FINDINGS
from ecr.findings import Finding, Severity

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from ecr.catalog.yaml_document import YamlDocument

ModelT = TypeVar("ModelT", bound=BaseModel)


def validate_document(
    model: type[ModelT], document: YamlDocument
) -> tuple[ModelT | None, list[Finding]]:
    """Check a document against its model.

    Returns:
        The instance, or ``None`` when anything is wrong; and the findings, those of reading
        the file included, in no particular order.
    """
    instance, findings, _ = validate_partly(model, document)
    return instance, findings


def validate_partly(
    model: type[ModelT], document: YamlDocument
) -> tuple[ModelT | None, list[Finding], frozenset[str]]:
    """Check a document against its model, and say how far it can be relied on.

    Returns:
        As ``validate_document``; and the top-level keys that are missing, unknown or not
        valid: all keys of the model when nothing can be relied on.
    """
    findings = list(document.findings)
    every_key = frozenset(model.model_fields)
    if findings and document.data is None:
        return None, findings, every_key
    if not document.is_mapping:
        return None, [*findings, _not_a_mapping(document)], every_key
    findings += _check_schema_version(document)
    try:
        instance = model.model_validate(document.data)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        faulty = frozenset(str(details["loc"][0]) for details in errors if details["loc"])
        merged = _merge(document, findings, errors, model)
        return None, merged, faulty or every_key
    return (None if findings else instance), findings, frozenset()


def _check_schema_version(document: YamlDocument) -> list[Finding]:
    version = document.data.get("schema_version", 1)
    if not isinstance(version, bool | float):
        return []
    # Python, and so pydantic, takes 1.0 and true for equal to 1.
    at, where = document.locate(("schema_version",))
    message, hint = "the schema's version is a whole number", "write 1"
    return [Finding(document.path, at.line, at.column, "E103", where, message, hint)]


def _follows_from_items(details: ErrorDetails) -> bool:
    """Say whether a list is too short only because pydantic left out the items that are wrong."""
    if details["type"] != "too_short":
        return False
    return len(details["input"]) >= int(details["ctx"]["min_length"])


def _not_a_mapping(document: YamlDocument) -> Finding:
    what = "is empty"
    if document.data is not None:
        what = "holds a list" if isinstance(document.data, list) else "holds one value"
    hint = "write it as 'key: value' lines"
    return Finding(document.path, 1, 1, "E103", "", f"the file {what}, not a mapping", hint)


def _merge(
    document: YamlDocument,
    findings: list[Finding],
    errors: list[ErrorDetails],
    model: type[BaseModel],
) -> list[Finding]:
    """Add the findings of a failed validation to those of reading, each place and code once."""
    # Loaded only when something is wrong: explaining takes more code than checking.
    from ecr.catalog.explanations import explain  # noqa: PLC0415

    found: dict[tuple[str, str], Finding] = {}
    hidden = any(finding.code == "E117" for finding in findings)
    for details in errors:
        if _follows_from_items(details):
            continue
        finding = explain(document, details, model)
        if hidden and finding.code == "E117":
            continue
        if len(found) == MAX_FINDINGS:
            found["", "W001"] = _too_many(document.path, finding)
            break
        # Each member of a union complains for itself; the first to know a rule by name counts.
        found.setdefault((finding.where, finding.code), finding)
    return [*findings, *found.values()]


def _too_many(path: str, at: Finding) -> Finding:
    message = f"there are more than {MAX_FINDINGS} findings; the rest is not shown"
    hint = "correct these first"
    return Finding(path, at.line, at.column, "W001", "", message, hint, Severity.WARNING)
