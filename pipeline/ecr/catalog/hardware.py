"""Loads the hardware registry: the catalog's own, or the one that ships with the package."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from ecr.errors import UsageError
from ecr.model.hardware import HardwareRegistry

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.model.hardware import Hardware

REGISTRY_FILE = "hardware.yaml"


def load_hardware(root: Path) -> tuple[Hardware, ...]:
    """Return the boards of ``hardware.yaml`` at the catalog's root, else of the package.

    Raises:
        UsageError: The registry is no valid registry.
    """
    own = root / REGISTRY_FILE
    if own.is_file():
        return parse_hardware(own.read_text("utf-8"), str(own))
    text = files("ecr.resources").joinpath(REGISTRY_FILE).read_text("utf-8")
    return parse_hardware(text, REGISTRY_FILE)


def parse_hardware(text: str, name: str) -> tuple[Hardware, ...]:
    """Return the boards of a registry.

    Args:
        text: The registry as YAML.
        name: What to call it in messages.

    Raises:
        UsageError: The text is no valid registry.
    """
    try:
        value: Any = yaml.load(text, yaml.CSafeLoader)
        registry = HardwareRegistry.model_validate(value)
    except yaml.YAMLError as error:
        raise UsageError(f"{name} is not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise UsageError(
            f"{name} is not a hardware registry: {where}: {first['msg']}",
            hint="compare it with the registry that ships with ecr",
        ) from error
    seen: set[str] = set()
    for board in registry.hardware:
        if board.id in seen:
            raise UsageError(f"{name} has two boards with the id '{board.id}'")
        seen.add(board.id)
    return registry.hardware
