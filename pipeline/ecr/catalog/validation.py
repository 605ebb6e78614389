"""From a parsed document to a model: every error becomes a finding with its position."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from ecr.catalog.yaml_document import YamlDocument, YamlNumberText
from ecr.findings import Finding

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

ModelT = TypeVar("ModelT", bound=BaseModel)

_TYPE_NAMES = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "model_attributes": "a mapping",
    "date": "a day as YYYY-MM-DD",
    "date_from_datetime": "a day as YYYY-MM-DD",
    "datetime": "a time as YYYY-MM-DDTHH:MM:SSZ",
}


def validate_document(
    model: type[ModelT], document: YamlDocument
) -> tuple[ModelT | None, list[Finding]]:
    """Check a document against its model.

    Returns:
        The instance, or ``None`` when anything is wrong; and the findings, those of reading
        the file included, in no particular order.
    """
    findings = list(document.findings)
    if findings and document.data is None:
        return None, findings
    if not document.is_mapping:
        what = "is empty" if document.data is None else f"holds {_describe(document.data)}"
        findings.append(
            Finding(document.path, 1, 1, "E103", "", f"the file {what}, not a mapping", "")
        )
        return None, findings
    try:
        instance = model.model_validate(document.data)
    except ValidationError as error:
        findings += _translate(document, error, model)
        return None, findings
    return (None if findings else instance), findings


def _translate(
    document: YamlDocument, error: ValidationError, model: type[BaseModel]
) -> list[Finding]:
    found: dict[tuple[str, str], Finding] = {}
    for details in error.errors(include_url=False):
        finding = _to_finding(document, details, model)
        found.setdefault((finding.where, finding.code), finding)
    return list(found.values())


def _to_finding(
    document: YamlDocument, details: ErrorDetails, model: type[BaseModel]
) -> Finding:
    kind, loc, value = details["type"], details["loc"], details["input"]
    at_key = kind == "extra_forbidden" or (bool(loc) and loc[-1] == "[key]")
    position, where = document.locate(loc, key=at_key)
    code, message, hint = _explain(kind, details, loc, value, model)
    if code == "E102":
        where = f"{where}.{loc[-1]}" if where else str(loc[-1])
    return Finding(document.path, position.line, position.column, code, where, message, hint)


def _explain(  # noqa: PLR0911 - one return per kind of error reads best
    kind: str,
    details: ErrorDetails,
    loc: tuple[str | int, ...],
    value: Any,
    model: type[BaseModel],
) -> tuple[str, str, str]:
    if len(kind) == 4 and kind[0] == "E":
        return kind, details["msg"], str((details.get("ctx") or {}).get("hint", ""))
    if kind == "extra_forbidden":
        near = get_close_matches(str(loc[-1]), _known_keys(model, loc), n=1)
        hint = f"did you mean '{near[0]}'?" if near else "remove it, or see the reference"
        return "E101", f"key '{loc[-1]}' is not known here", hint
    if kind == "missing":
        return "E102", f"key '{loc[-1]}' is missing", "add it"
    if kind in ("string_type", "string_sub_type") and isinstance(value, int | float):
        written = _written(value)
        return "E105", f"{written} is read as a number, not as text", f"quote it: '{written}'"
    if kind.endswith("_type") or kind in ("is_instance_of", "date_from_datetime_parsing"):
        wanted = _TYPE_NAMES.get(kind.removesuffix("_type"), "another type")
        return "E103", f"{_describe(value)} stands where {wanted} is needed", f"write {wanted}"
    if kind in ("enum", "literal_error", "union_tag_invalid"):
        code = "E109" if len(loc) >= 3 and loc[0] == "inputs" and loc[-1] == "type" else "E114"
        expected = _expected(details)
        near = get_close_matches(str(value), expected, n=1) if isinstance(value, str) else []
        hint = f"did you mean '{near[0]}'?" if near else f"one of {', '.join(expected)}"
        return code, f"{_describe_value(value)} is not one of the allowed values", hint
    if kind == "union_tag_not_found":
        return "E102", "key 'kind' is missing", "write kind: container, script or binary"
    return "E114", f"{_describe_value(value)}: {details['msg'][:1].lower()}{details['msg'][1:]}", ""


def _expected(details: ErrorDetails) -> list[str]:
    context = details.get("ctx") or {}
    text = str(context.get("expected") or context.get("expected_tags") or "")
    return [part.strip().strip("'") for part in text.replace(" or ", ", ").split(",") if part]


def _known_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    if len(loc) == 1:
        return list(schema["properties"])
    names: set[str] = set()
    for definition in definitions.values():
        names.update(definition.get("properties", {}))
    return sorted(names)


def _written(value: Any) -> str:
    return value.text if isinstance(value, YamlNumberText) else str(value)


def _describe(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {_written(value)}"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _describe_value(value: Any) -> str:
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 80 else f"'{value[:79]}…'"
    return _describe(value)
