"""Asks the model whether a value is good, so that importing has no second opinion."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ecr.model import fields


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(getattr(fields, name))


def fits(name: str, value: object) -> bool:
    """Say whether ``value`` is valid as the field type ``name`` of ``ecr.model.fields``."""
    try:
        _adapter(name).validate_python(value)
    except ValidationError:
        return False
    return True
