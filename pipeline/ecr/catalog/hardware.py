"""Loads the hardware registry: the catalog's own, or the one that ships with the package."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from ecr.catalog.validation import validate_document
from ecr.catalog.yaml_document import YamlDocument
from ecr.errors import UsageError
from ecr.findings import sort_findings
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
    registry, findings = validate_document(HardwareRegistry, YamlDocument(name, text.encode()))
    if registry is None:
        first = sort_findings(findings)[0]
        place = f"{name}:{first.line}:{first.column}"
        raise UsageError(
            f"{place}: {f'{first.where}: ' if first.where else ''}{first.message}",
            hint=first.hint or "compare it with the registry that ships with ecr",
        )
    seen: set[str] = set()
    for board in registry.hardware:
        if board.id in seen:
            raise UsageError(f"{name} has two boards with the id '{board.id}'")
        seen.add(board.id)
    return registry.hardware
