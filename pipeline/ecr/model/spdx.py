"""SPDX licence expressions (SPDX 2.3, annex D), checked without loading a licence database.

A single identifier, nearly every case, is looked up in a list that ships with the package;
only a compound expression loads the ``license-expression`` library.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

_IDENTIFIER = re.compile(r"^[A-Za-z0-9.+-]+$", re.ASCII)
NO_ASSERTION = "NOASSERTION"
"""What a release says whose author states no licence (SPDX 2.3, 7.13)."""


@cache
def load_identifiers() -> dict[str, str]:
    """Return the SPDX licence identifiers, keyed by their lower-case form."""
    text = files("ecr.resources").joinpath("spdx-licenses.txt").read_text("utf-8")
    return {line.lower(): line for line in text.split()}


def explain_problem(expression: str) -> tuple[str, str] | None:
    """Return (message, hint) of what is wrong with a licence expression, or ``None``."""
    known = load_identifiers()
    if not expression.strip():
        return "no licence is given", "write an SPDX identifier, or NOASSERTION when none is stated"
    plain = " ".join(expression.split())
    if expression != plain:
        return f"'{plain[:80]}' is written with needless space", f"write '{plain[:80]}'"
    if expression == NO_ASSERTION or expression.startswith("LicenseRef-"):
        if _IDENTIFIER.fullmatch(expression):
            return None
        return f"'{expression[:80]}' is not an SPDX licence reference", "letters, digits, . and -"
    if _IDENTIFIER.fullmatch(expression):
        exact = known.get(expression.lower())
        if exact == expression:
            return None
        if exact:
            return f"'{expression[:80]}' is not spelled as SPDX does", f"write '{exact}'"
        near = get_close_matches(expression.lower(), known, n=1, cutoff=0.6)
        hint = f"did you mean '{known[near[0]]}'? " if near else ""
        return (
            f"'{expression[:80]}' is not an SPDX licence identifier",
            hint + "see https://spdx.org/licenses; write NOASSERTION when none is stated",
        )
    return _explain_compound(expression)


@cache
def _load_licensing() -> Any:
    from license_expression import get_spdx_licensing  # noqa: PLC0415 - slow to load, rarely used

    return get_spdx_licensing()


@lru_cache(maxsize=1024)
def _explain_compound(expression: str) -> tuple[str, str] | None:
    if len(expression) > 500:
        return "the licence expression is longer than 500 characters", "name the licences by id"
    try:
        errors = _load_licensing().validate(expression).errors
    except Exception:
        errors = ["it cannot be parsed"]
    if not errors:
        return None
    return (
        f"'{expression[:80]}' is not an SPDX licence expression",
        "join identifiers by AND, OR, WITH, such as 'MIT OR Apache-2.0'; "
        + "; ".join(str(error) for error in errors)[:200],
    )
