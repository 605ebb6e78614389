"""The ``inputs`` of a ``sage.yaml``: types and defaults as this catalog knows them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ecr.catalog.yaml_document import YamlNumberText
from ecr.findings import Severity
from ecr.model.release import InputType, fits_input_type
from ecr.stages.importing.ledger import is_empty
from ecr.stages.importing.texts import clean_line, read_text, write_scalar

if TYPE_CHECKING:
    from ecr.stages.importing.ledger import Ledger

MAX_INPUTS = 200
_TYPES = {kind.value: kind for kind in InputType}
_ALIASES = {
    "bool": InputType.BOOLEAN,
    "flag": InputType.BOOLEAN,
    "integer": InputType.INT,
    "int32": InputType.INT,
    "int64": InputType.LONG,
    "number": InputType.DOUBLE,
    "float32": InputType.FLOAT,
    "float64": InputType.DOUBLE,
    "str": InputType.STRING,
    "text": InputType.STRING,
    "path": InputType.FILE,
} | {kind.value.lower(): kind for kind in InputType}
_FIELDS = ("id", "type", "description", "default", "required")
_YES = {"true": True, "yes": True, "y": True, "on": True, "1": True}
_NO = {"false": False, "no": False, "n": False, "off": False, "0": False}
_WORDS = _YES | _NO


def convert_inputs(ledger: Ledger) -> list[dict[str, Any]]:
    """Return the parts of each ``Input``."""
    value = ledger.get("inputs")
    if is_empty(value):
        ledger.carry("inputs")
        return []
    if isinstance(value, dict) and all(isinstance(item, dict) for item in value.values()):
        message = "a mapping stands where a list is needed; its keys were taken for ids"
        ledger.note("I013", ("inputs",), message, "write a list of mappings with 'id' and 'type'")
        places: list[tuple[str | int, str | None]] = [(key, key) for key in value]
    elif isinstance(value, list):
        places = [(index, None) for index in range(len(value))]
    else:
        ledger.keep("I013", ("inputs",), "no list of inputs; kept under metadata.sage")
        return []
    inputs: list[dict[str, Any]] = []
    for place, name in places:
        converted = _Input(ledger, place).convert(name, {entry["id"] for entry in inputs})
        if converted is not None and len(inputs) < MAX_INPUTS:
            inputs.append(converted)
        elif converted is not None:
            message = f"only {MAX_INPUTS} inputs are possible; kept under metadata.sage"
            ledger.keep("I052", ("inputs", place), message)
    return inputs


class _Input:
    """Converts one input."""

    def __init__(self, ledger: Ledger, place: str | int) -> None:
        self.ledger = ledger
        self.loc = ("inputs", place)

    def convert(self, name: str | None, taken: set[str]) -> dict[str, Any] | None:
        value = self.ledger.get(*self.loc)
        if is_empty(value):
            self.ledger.note("I052", self.loc, "an empty input was left out")
            return None
        if not isinstance(value, dict):
            return self._convert_bare(value, taken)
        fields = self._match_fields(value)
        written = name if "id" not in fields else write_scalar(value[fields["id"]])
        identifier = self._make_id(written, fields.get("id"), taken)
        if identifier is None:
            return None
        if "id" in fields:
            self.ledger.carry(*self.loc, fields["id"])
        kind = self._convert_type(fields.get("type"))
        converted: dict[str, Any] = {"id": identifier, "type": kind.value}
        if (written or "").strip() == f"-{identifier}":
            converted["flag"] = f"-{identifier}"
        if "description" in fields:
            converted["description"] = read_text(self.ledger, (*self.loc, fields["description"]))
        if "default" in fields:
            self._convert_default(fields["default"], kind, converted)
        if "required" in fields:
            self._convert_required(fields["required"], converted)
        return converted

    def _match_fields(self, value: dict[str, Any]) -> dict[str, str]:
        """Return which key states which field: exact names first, then likely misspellings."""
        fields = {key: key for key in value if key in _FIELDS}
        for key in value:
            near = get_close_matches(key.lower(), _FIELDS, n=1, cutoff=0.8)
            if key not in fields and near and near[0] not in fields:
                fields[near[0]] = key
                self.ledger.note(
                    "I013", (*self.loc, key), f"'{key}' was read as '{near[0]}'", key=True
                )
        return fields

    def _convert_bare(self, value: Any, taken: set[str]) -> dict[str, Any] | None:
        text = write_scalar(value)
        identifier = self._make_id(text, None, taken)
        if identifier is None:
            return None
        self.ledger.note(
            "I052",
            self.loc,
            f"'{text}' has no type; it was taken for the id of an input of type string",
            "write id, type and description",
        )
        return {"id": identifier, "type": InputType.STRING.value}

    def _make_id(self, written: str | None, key: str | None, taken: set[str]) -> str | None:
        identifier = re.sub(r"[^A-Za-z0-9_.-]+", "-", (written or "").strip()).lstrip("-.")[:100]
        loc = self.loc if key is None else (*self.loc, key)
        if not identifier:
            message = "an input without an id; kept under metadata.sage"
            self.ledger.keep("I052", self.loc, message, "give it an id: the argument's name")
            return None
        if identifier in taken:
            message = f"a second input '{identifier}'; kept under metadata.sage"
            self.ledger.keep("I052", self.loc, message, "keep one of them")
            return None
        if identifier != written:
            # Leading dashes are how the argument is written, not part of its name.
            harmless = identifier == (written or "").strip().lstrip("-")
            self.ledger.note(
                "I052",
                loc,
                f"id '{written}' was written as '{identifier}'",
                severity=Severity.NOTE if harmless else None,
            )
        return identifier

    def _convert_type(self, key: str | None) -> InputType:
        if key is None:
            message = "the input has no type; it was taken for string"
            self.ledger.note("I050", self.loc, message, f"one of {', '.join(_TYPES)}")
            return InputType.STRING
        loc = (*self.loc, key)
        written = write_scalar(self.ledger.get(*loc))
        if written is None:
            self.ledger.keep("I050", loc, "the type is no text; it was taken for string")
            return InputType.STRING
        self.ledger.carry(*loc)
        kind = _TYPES.get(written)
        if kind is not None:
            return kind
        kind = _ALIASES.get(written.strip().lower(), InputType.STRING)
        known = written.strip().lower() in _ALIASES
        self.ledger.note(
            "I050",
            loc,
            f"type '{clean_line(written)}' was read as {kind}",
            "" if known else f"it is none of {', '.join(_TYPES)}",
        )
        return kind

    def _convert_default(self, key: str, kind: InputType, converted: dict[str, Any]) -> None:
        loc = (*self.loc, key)
        value = self.ledger.get(*loc)
        if value is None:
            self.ledger.carry(*loc)
            return
        if isinstance(value, str):
            text = read_text(self.ledger, loc) if value else ""
            value = text if text != value.strip() else value
        if fits_input_type(value, kind):
            self.ledger.carry(*loc)
            converted["default"] = value
            return
        changed = _coerce(value, kind)
        if changed is None:
            message = f"the default is not of type {kind}; kept under metadata.sage"
            self.ledger.keep("I051", loc, message, f"write a {kind}, or change the type")
            return
        self.ledger.note("I051", loc, f"default {_show(value)} was read as {_show(changed)}")
        converted["default"] = changed

    def _convert_required(self, key: str, converted: dict[str, Any]) -> None:
        loc = (*self.loc, key)
        value = self.ledger.get(*loc)
        changed = value if isinstance(value, bool) else _coerce(value, InputType.BOOLEAN)
        if isinstance(changed, bool):
            self.ledger.carry(*loc)
            converted["required"] = changed
        else:
            self.ledger.keep("I013", loc, "'required' is neither true nor false")


def _show(value: Any) -> str:
    text = write_scalar(value) or ""
    return f"'{clean_line(text)}'" if isinstance(value, str) else text


def _coerce(value: Any, kind: InputType) -> bool | int | float | str | None:
    """Return ``value`` as the type the input says, or ``None`` when it cannot be."""
    text = write_scalar(value)
    if text is None:
        return None
    if kind in (InputType.STRING, InputType.FILE):
        return text
    plain = text.strip()
    if kind is InputType.BOOLEAN:
        return _WORDS.get(plain.lower())
    candidate: int | float | None = None
    if re.fullmatch(r"[-+]?[0-9]{1,18}(\.0+)?", plain, re.ASCII):
        candidate = int(plain.partition(".")[0])
    elif re.fullmatch(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?", plain, re.ASCII):
        candidate = float(YamlNumberText(plain))
    if candidate is None or not fits_input_type(candidate, kind):
        return None
    return candidate
