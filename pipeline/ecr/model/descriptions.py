"""What the text below each field of a model says; read from the source when it is asked for.

Pydantic can collect the same while classes are made (``use_attribute_docstrings``), but then
every command pays for parsing sources that only schemas and hints need.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


@cache
def read_descriptions(model: type[BaseModel]) -> dict[str, str]:
    """Return the description of each field of a model, inherited ones included."""
    descriptions: dict[str, str] = {}
    for ancestor in reversed(model.__mro__):
        if hasattr(ancestor, "model_fields"):
            descriptions |= _read_classes(ancestor.__module__).get(ancestor.__qualname__, {})
    return {name: text for name, text in descriptions.items() if name in model.model_fields}


@cache
def _read_classes(module: str) -> dict[str, dict[str, str]]:
    """Return the descriptions in a module, by class and field."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, TypeError):
        # No source, as in a frozen application: schemas go without descriptions.
        return {}
    return {
        node.name: _read_fields(node) for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    }


def _read_fields(node: ast.ClassDef) -> dict[str, str]:
    fields: dict[str, str] = {}
    for statement, following in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
            and isinstance(following.value.value, str)
        ):
            fields[statement.target.id] = inspect.cleandoc(following.value.value)
    return fields
