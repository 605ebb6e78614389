"""Says what pydantic found in the words of the person who wrote the file."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ecr.catalog.places import Place, find_place
from ecr.catalog.yaml_document import YamlNumberText
from ecr.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

    from ecr.catalog.yaml_document import YamlDocument

_WANTED = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "finite_number": "a number",
    "bool": "true or false",
    "tuple": "a list",
    "list": "a list",
    "dict": "a mapping",
    "model": "a mapping",
    "model_attributes": "a mapping",
    "date": "a day",
}
_HOW_TO_WRITE = {
    "text": "write text",
    "a whole number": "write a whole number, without quotes",
    "a number": "write a number, without quotes",
    "true or false": "write true or false, without quotes",
    "a list": "write a list: one item per line, each after '- '",
    "a mapping": "write 'key: value' lines, indented further",
    "a day": "write it as YYYY-MM-DD",
}
_LIMITS = {
    "too_short": "has {actual_length} items, but needs at least {min_length}",
    "too_long": "has more than {max_length} items",
    "string_too_long": "has more than {max_length} characters",
    "string_too_short": "has fewer than {min_length} characters",
    "greater_than": "is not more than {gt}",
    "greater_than_equal": "is less than {ge}",
    "less_than_equal": "is more than {le}",
    "less_than": "is not less than {lt}",
    "string_pattern_mismatch": "is not written as it has to be",
}
_INPUT_TYPES = {
    "str": "string",
    "text": "string",
    "bool": "boolean",
    "integer": "int",
    "number": "float",
    "path": "File",
}

Words = tuple[str, str, str]
"""Code, message, hint."""


def explain(document: YamlDocument, details: ErrorDetails, model: type[BaseModel]) -> Finding:
    """Turn one error of pydantic into a finding."""
    kind, loc = details["type"], details["loc"]
    context: dict[str, Any] = details.get("ctx") or {}
    place = find_place(model, loc)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        place = replace(place, loc=(*place.loc, str(context["discriminator"]).strip("'")))
    at = str(context.get("at") or "") if _is_code(kind) else ""
    code, message, hint = _explain(kind, details, place, at)
    position, where = document.locate(
        (*place.loc, at) if at else place.loc,
        key=kind == "extra_forbidden" or (bool(loc) and loc[-1] == "[key]"),
    )
    if code == "E102":
        where = f"{where}.{place.loc[-1]}".lstrip(".")
    return Finding(document.path, position.line, position.column, code, where, message, hint)


def _explain(kind: str, details: ErrorDetails, place: Place, at: str) -> Words:
    value: Any = details["input"]
    context: dict[str, Any] = details.get("ctx") or {}
    if _is_code(kind):
        return kind, _as_written(str(context["message"]), value, at), str(context["hint"])
    if kind == "extra_forbidden":
        return _explain_unknown_key(str(place.loc[-1]), place.keys)
    if kind in ("missing", "union_tag_not_found"):
        hint = f"add '{place.loc[-1]}': {place.description}".removesuffix(": ")
        return "E102", f"key '{place.loc[-1]}' is missing", _shorten(hint, 200)
    if kind in ("enum", "literal_error", "union_tag_invalid"):
        return _explain_choice(value, context, place)
    if kind in _LIMITS:
        message = f"{_describe_value(value)} {_LIMITS[kind].format(**context)}"
        return "E114", message, _shorten(place.description, 200)
    return _explain_type(kind, value, place)


def _explain_unknown_key(key: str, known: Sequence[str]) -> Words:
    near = get_close_matches(key[:100], known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}"
    return "E101", f"key '{_shorten(key)}' is not known here", _shorten(hint, 200)


def _explain_choice(value: Any, context: dict[str, Any], place: Place) -> Words:
    text = str(context.get("expected") or context.get("expected_tags") or "")
    allowed = [part.strip().strip("'") for part in text.replace(" or ", ", ").split(",") if part]
    is_input = len(place.loc) == 3 and (place.loc[0], place.loc[2]) == ("inputs", "type")
    code = "E109" if is_input else "E114"
    if isinstance(value, dict):
        value = value.get(place.loc[-1])
    near: list[str] = []
    if isinstance(value, str):
        near = get_close_matches(value[:100], allowed, n=1)
        if is_input and value in _INPUT_TYPES:
            near = [_INPUT_TYPES[value]]
    hint = f"did you mean '{near[0]}'?" if near else f"one of {', '.join(allowed)}"
    what = "a type of input" if is_input else "one of the allowed values"
    return code, f"{_describe_value(value)} is not {what}", hint


def _explain_type(kind: str, value: Any, place: Place) -> Words:
    base = kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_sub")
    wanted = _WANTED.get(base, "something else")
    if place.choices:
        return "E103", f"{_describe(value)} stands where one plain value is needed", "write one"
    if wanted == "text" and isinstance(value, int | float) and not isinstance(value, bool):
        written = _written(value)
        return "E105", f"{written} is read as a number, not as text", f'quote it: "{written}"'
    if "date" in kind:
        return "E114", f"{_describe_value(value)} is not a day", "write it as YYYY-MM-DD"
    hint = _HOW_TO_WRITE.get(wanted, _shorten(place.description, 200))
    if value is None:
        hint = "write a value, or remove the key"
    return "E103", f"{_describe(value)} stands where {wanted} is needed", hint


def _is_code(kind: str) -> bool:
    return len(kind) == 4 and kind[0] == "E"


def _as_written(message: str, value: Any, at: str) -> str:
    """Put a number back into a message as the file has it."""
    raw = value.get(at) if isinstance(value, dict) else None
    if isinstance(raw, YamlNumberText):
        return message.replace(repr(float(raw)), raw.text, 1)
    return message


def _written(value: Any) -> str:
    return value.text if isinstance(value, YamlNumberText) else str(value)


def _describe(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {_written(value)}"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _describe_value(value: Any) -> str:
    if isinstance(value, str):
        return f"'{_shorten(value)}'"
    description = _describe(value)
    return description.replace("a ", "the ", 1) if description.startswith("a ") else description


def _shorten(text: str, limit: int = 80) -> str:
    plain = "".join(char if char.isprintable() else "?" for char in text[: limit + 1])
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
