"""From the modules a script imports to the packages pip knows them by."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@cache
def load_packages() -> dict[str, str]:
    """Return the package of each module that is known, by the module's dotted name."""
    text = files("ecr.resources").joinpath("python-packages.txt").read_text("utf-8")
    pairs = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return dict(pairs)


def list_packages(modules: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the packages of imported modules, and those that are only a guess.

    Args:
        modules: Dotted names as they are imported; the standard library is passed over.
    """
    known = load_packages()
    packages: dict[str, None] = {}
    guesses: dict[str, None] = {}
    for module in sorted(set(modules)):
        top = module.partition(".")[0]
        if top in sys.stdlib_module_names or top == "__future__":
            continue
        package = known.get(".".join(module.split(".")[:2])) or known.get(top)
        if package is None:
            guesses[top] = None
        packages[package or top] = None
    return list(packages), list(guesses)


def pin_packages(packages: Iterable[str], requirements: str) -> list[str]:
    """Return each package as a requirements file beside the script states it, if it does."""
    stated: dict[str, str] = {}
    for line in requirements.splitlines():
        plain = line.partition(" #")[0].strip()
        match = _NAME.match(plain)
        if match is not None and not plain.startswith(("#", "-")) and "://" not in plain:
            stated[_normalise(match[1])] = plain.partition(" --hash")[0].strip()
    return [stated.get(_normalise(package), package) for package in packages]


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
