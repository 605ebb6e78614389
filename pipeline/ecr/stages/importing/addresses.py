"""Addresses as this catalog writes them: https, without user, suffix or trailing slash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ecr.stages.importing.checks import fits

_SSH = re.compile(r"^(?:ssh://)?(?:[\w.-]+@)([\w.-]+)[:/](?:[0-9]+/)?(.+)$")
_TREE = re.compile(r"^(https://[^/]+/[^/]+/[^/]+)/(?:-/)?(?:tree|blob)/([^/]+)(?:/(.*))?$")


@dataclass(frozen=True, slots=True)
class GitAddress:
    """Where a repository is.

    Attributes:
        url: https URL to clone.
        ref: Branch or tag, when the address was of a page that shows one.
        directory: Directory in the repository, when the address was of a page that shows one.
    """

    url: str
    ref: str | None = None
    directory: str | None = None


def parse_git_address(text: str) -> GitAddress | None:
    """Return the https form of a repository's address, or ``None`` when there is none.

    ``git@host:owner/name.git``, ``http://``, ``git://``, ``ssh://``, a missing scheme, a user
    and ``/tree/BRANCH/DIRECTORY`` at the end are understood.
    """
    plain = text.strip()
    ssh = _SSH.match(plain)
    if ssh is not None and not re.match(r"^(https?|git)://", plain):
        plain = f"https://{ssh[1]}/{ssh[2]}"
    url = _to_https(plain)
    if url is None:
        return None
    tree = _TREE.match(url)
    if tree is not None:
        directory = (tree[3] or "").strip("/") or None
        if directory is not None and not fits("RelativePath", directory):
            return None
        return GitAddress(_trim(tree[1]), tree[2], directory)
    url = _trim(url)
    return GitAddress(url) if fits("HttpsUrl", url) and urlsplit(url).path.strip("/") else None


def parse_web_address(text: str) -> str | None:
    """Return the https form of a page's address, or ``None`` when there is none."""
    plain = text.strip()
    if fits("HttpsUrl", plain):
        return plain
    url = _to_https(plain)
    return url if url is not None and fits("HttpsUrl", url) else None


def same_repository(one: str, other: str) -> bool:
    """Say whether two https URLs are of one repository; hosts ignore case, and so does GitHub."""
    return _trim(one).casefold() == _trim(other).casefold()


def name_owner(url: str) -> str | None:
    """Return the owner in ``https://host/owner/name``, or ``None``."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return parts[0] if len(parts) >= 2 else None


def name_repository(url: str) -> str | None:
    """Return the last part of a repository's URL, or ``None``."""
    parts = [part for part in urlsplit(url).path.split("/") if part]
    return parts[-1].removesuffix(".git") if parts else None


def _to_https(text: str) -> str | None:
    url = re.sub(r"^(?:git\+)?(?:https?|git|ssh)://(?:[^/@\s]+@)?", "https://", text)
    if not re.match(r"^[A-Za-z][A-Za-z0-9+.-]*://", url) and re.match(
        r"^[\w-]+(\.[\w-]+)+(:[0-9]+)?/", url
    ):
        url = "https://" + url
    return url if fits("HttpsUrl", url) else None


def _trim(url: str) -> str:
    return url.rstrip("/").removesuffix(".git")
