"""Names and versions as this catalog writes them, from how today's apps write them."""

from __future__ import annotations

import re

from ecr.model.identity import NAME_PATTERN, SEMVER_PATTERN

_SEMVER = re.compile(SEMVER_PATTERN, re.ASCII)
_NAME = re.compile(NAME_PATTERN, re.ASCII)
_LONGEST_NAME = 100
_LONGEST_VERSION = 64


def make_name(text: str) -> str | None:
    """Return the valid name nearest to ``text``, or ``None`` when there is none."""
    if _NAME.match(text) and len(text) <= _LONGEST_NAME:
        return text
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-")
    return slug or None


def make_title(name: str) -> str:
    """Return a title for people: ``cloud-motion`` -> ``Cloud motion``; others as written."""
    if re.search(r"[A-Z ]", name):
        return name.replace("_", " ").strip()
    words = re.sub(r"[-_]+", " ", name).strip()
    return words[:1].upper() + words[1:]


def make_version(text: str) -> str | None:
    """Return the semantic version ``text`` means, or ``None`` when that is not clear.

    ``v1.2`` -> ``1.2.0``; date-like ``0.25.02.04`` -> ``0.25.204``, which keeps the order of
    versions: the last two numbers become one.
    """
    plain = re.sub(r"^[vV]\.?\s*", "", text.strip()).partition("+")[0]
    if _SEMVER.match(plain) and len(plain) <= _LONGEST_VERSION:
        return plain
    match = re.fullmatch(
        r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,2}))?"
        r"(?:(?:[-_ ](?=[0-9A-Za-z])|(?=[A-Za-z]))([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?",
        plain,
        re.ASCII,
    )
    if match is None:
        return None
    major, minor, patch = (int(part or 0) for part in match.group(1, 2, 3))
    if match[4] is not None:
        patch = patch * 100 + int(match[4])
    version = f"{major}.{minor}.{patch}"
    if match[5] is not None:
        identifiers = [
            part.lstrip("0") or "0" if part.isdigit() else part for part in match[5].split(".")
        ]
        version += "-" + ".".join(identifiers)
    return version if _SEMVER.match(version) and len(version) <= _LONGEST_VERSION else None


def make_development_version(commit: str) -> str:
    """Return the version of a commit that has none: a pre-release that sorts below all others."""
    return f"0.0.0-g{commit[:12]}"
