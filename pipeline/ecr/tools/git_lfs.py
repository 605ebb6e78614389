"""Git LFS: recognises pointers and downloads the files they stand for.

Speaks the batch API with the transfer ``basic`` (git-lfs, docs/api/batch.md); ``git-lfs`` itself is
not needed. A pointer names its file by SHA-256, so what comes is checked like any download.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
import requests
import urllib3

from ecr.errors import SourceGoneError, TransferError
from ecr.tools.download import Wanted, download, explain, open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

POINTER_LIMIT_BYTES = 1024
"""The specification's: a larger file is no pointer."""

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:([0-9a-f]{64})\nsize ([0-9]{1,15})\n?"
)
_TYPE = "application/vnd.git-lfs+json"
_BATCH = 100
_TIMEOUT_S = 60
_ANSWER_LIMIT_BYTES = 4 * 1024 * 1024
_LATER = (408, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True, order=True)
class Pointer:
    """What git holds in place of a large file."""

    sha256: str
    size_bytes: int


def parse_pointer(content: bytes) -> Pointer | None:
    """Return the pointer a small file is, or ``None`` when it is an ordinary file."""
    match = _POINTER.fullmatch(content)
    return None if match is None else Pointer(match[1].decode("ascii"), int(match[2]))


def download_large_files(
    repository_url: str,
    pointers: Sequence[Pointer],
    directory: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Path]:
    """Download the files of a repository's pointers.

    Args:
        repository_url: https address the repository was fetched from.
        pointers: What to download.
        directory: Where downloads are; see ``download``.
        progress: Told the bytes of the file at hand.

    Returns:
        The files, by SHA-256.

    Raises:
        SourceGoneError: The host has no such file any more, or does not give it out.
        TransferError: The host cannot be reached, is busy, or stopped half-way.
        IntegrityError: Something else came.
    """
    url = repository_url.removesuffix("/")
    endpoint = f"{url if url.endswith('.git') else f'{url}.git'}/info/lfs/objects/batch"
    files: dict[str, Path] = {}
    wanted = sorted(set(pointers))
    for start in range(0, len(wanted), _BATCH):
        for file in _ask_where(endpoint, wanted[start : start + _BATCH]):
            files[file.sha256] = download(file, directory, progress=progress)
    return files


def _ask_where(endpoint: str, pointers: Sequence[Pointer]) -> list[Wanted]:
    question = {
        "operation": "download",
        "transfers": ["basic"],
        "hash_algo": "sha256",
        "objects": [{"oid": pointer.sha256, "size": pointer.size_bytes} for pointer in pointers],
    }
    try:
        with open_session() as session:
            answer = session.post(
                endpoint,
                json=question,
                headers={"Accept": _TYPE, "Content-Type": _TYPE},
                timeout=_TIMEOUT_S,
                allow_redirects=False,
                stream=True,
            )
            content = answer.raw.read(_ANSWER_LIMIT_BYTES, decode_content=True)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        raise TransferError(
            f"{endpoint} cannot be reached: {explain(error)}", hint="run again later"
        ) from error
    if answer.status_code in _LATER:
        raise TransferError(f"{endpoint} answers {answer.status_code}", hint="run again later")
    if answer.status_code != 200:
        raise SourceGoneError(
            f"{endpoint} answers {answer.status_code} {answer.reason}",
            hint="the host has no Git LFS, or its quota is used up; ask the repository's owner",
        )
    try:
        described = {item["oid"]: item for item in orjson.loads(content)["objects"]}
        return [_describe(pointer, described[pointer.sha256]) for pointer in pointers]
    except (ValueError, KeyError, TypeError) as error:
        raise TransferError(f"{endpoint} answers with something else than Git LFS does") from error


def _describe(pointer: Pointer, item: dict[str, Any]) -> Wanted:
    if "error" in item:
        fault = item["error"]
        raise SourceGoneError(
            f"Git LFS has no file {pointer.sha256}: {fault['code']} {fault['message']}",
            hint="it was never uploaded or has been removed; ask the repository's owner",
        )
    action = item["actions"]["download"]
    if not action["href"].startswith("https://"):
        raise SourceGoneError(f"Git LFS leads to {action['href']}, which is not https")
    return Wanted(action["href"], pointer.sha256, pointer.size_bytes, action.get("header"))
