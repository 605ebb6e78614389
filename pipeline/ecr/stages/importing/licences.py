"""Licence texts of today's apps as SPDX expressions, where it is clear which one is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecr.model.spdx import explain_problem, load_identifiers

_VERSION = r"[ ,]*(?:version|ver\.?|v\.?)?[ -]*"
_TABLE = [
    (r"mit", "MIT"),
    (r"(?:the )?mit expat|expat", "MIT"),
    (rf"apache(?: software)?{_VERSION}2(?:\.0)?", "Apache-2.0"),
    (r"(?:new |modified |revised )?bsd[ -]*3(?:[ -]*clause)?|3[ -]clause bsd|(?:new|modified) bsd",
     "BSD-3-Clause"),
    (r"(?:simplified )?bsd[ -]*2(?:[ -]*clause)?|2[ -]clause bsd|simplified bsd", "BSD-2-Clause"),
    (rf"(?:gnu )?(?:lgpl|lesser general public){_VERSION}2\.1", "LGPL-2.1-only"),
    (rf"(?:gnu )?(?:lgpl|lesser general public){_VERSION}3(?:\.0)?", "LGPL-3.0-only"),
    (rf"(?:gnu )?(?:agpl|affero general public){_VERSION}3(?:\.0)?", "AGPL-3.0-only"),
    (rf"(?:gnu )?(?:gpl|general public){_VERSION}3(?:\.0)?", "GPL-3.0-only"),
    (rf"(?:gnu )?(?:gpl|general public){_VERSION}2(?:\.0)?", "GPL-2.0-only"),
    (rf"(?:mozilla public|mpl){_VERSION}2(?:\.0)?", "MPL-2.0"),
    (r"isc", "ISC"),
    (r"(?:the )?unlicense", "Unlicense"),
    (r"cc0(?:[ -]1\.0)?|cc zero", "CC0-1.0"),
]  # fmt: skip
_NOISE = re.compile(r"\b(?:the|licen[sc]ed?|international|under)\b", re.IGNORECASE)
_CREATIVE = {
    "attribution": "BY", "by": "BY",
    "noncommercial": "NC", "nc": "NC",
    "sharealike": "SA", "sa": "SA",
    "noderivatives": "ND", "noderivs": "ND", "nd": "ND",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Licence:
    """An SPDX expression, and whether the text was that already."""

    expression: str
    exact: bool


def parse_licence(text: str) -> Licence | None:
    """Return the SPDX expression a text means, or ``None`` when that is not clear."""
    plain = re.sub(r"\s+", " ", text).strip()
    if explain_problem(plain) is None:
        return Licence(plain, exact=True)
    one = _find(plain)
    if one is not None:
        return Licence(one, exact=False)
    parts = [_find(part) for part in re.split(r"\s*[,;+]\s*|\s+and\s+", plain)]
    if len(parts) > 1 and all(parts):
        joined = " AND ".join(dict.fromkeys(part for part in parts if part))
        return Licence(joined, exact=False)
    return None


def detect_licence(text: str) -> str | None:
    """Return the SPDX identifier of a licence file's text, when it is one of the usual ones."""
    words = " ".join(text.lower().split())[:20_000]
    if "permission is hereby granted, free of charge" in words:
        return "MIT"
    if "apache license version 2.0" in words:
        return "Apache-2.0"
    if "redistribution and use in source and binary forms" in words:
        return "BSD-3-Clause" if "neither the name of" in words else "BSD-2-Clause"
    for title, identifier in (
        ("gnu affero general public license version 3", "AGPL-3.0-only"),
        ("gnu lesser general public license version 3", "LGPL-3.0-only"),
        ("gnu general public license version 3", "GPL-3.0-only"),
        ("gnu general public license version 2", "GPL-2.0-only"),
        ("mozilla public license version 2.0", "MPL-2.0"),
    ):
        if words.startswith(title) or f" {title}" in words[:400]:
            return identifier
    return None


def _find(text: str) -> str | None:
    """Return the identifier one licence's name means; a remark in brackets is passed over."""
    without = re.sub(r"\([^()]*\)", " ", text)
    known = load_identifiers().get(without.strip().lower())
    if known is not None:
        return known
    creative = _find_creative(without)
    if creative is not None:
        return creative
    plain = " ".join(_NOISE.sub(" ", without).split()).strip(" ,.-")
    for pattern, identifier in _TABLE:
        if re.fullmatch(pattern, plain, re.IGNORECASE):
            return identifier
    return load_identifiers().get(plain.lower().replace(" ", "-"))


def _find_creative(text: str) -> str | None:
    """Return the identifier of a Creative Commons licence: it needs terms and a version."""
    if not re.match(r"\s*(?:creative commons|cc)\b", text, re.IGNORECASE):
        return None
    words = re.findall(r"[a-z]+", text.lower())
    terms = [_CREATIVE[word] for word in words if word in _CREATIVE]
    version = re.search(r"\b([1-4]\.[05])\b", text)
    if not terms or version is None or terms[0] != "BY":
        return None
    return load_identifiers().get("-".join(["CC", *terms, version[1]]).lower())
