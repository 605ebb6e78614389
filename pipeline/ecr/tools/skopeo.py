"""Skopeo: copies images between a layout on this machine and a registry, by digest.

Registries, mirrors and credentials are those of the machine (``registries.conf``, ``auth.json``).
A registry on this machine itself needs no TLS, as with Docker.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from ecr.tools.oci_layout import digest_of
from ecr.tools.process import run_program

if TYPE_CHECKING:
    from pathlib import Path

INSTALL_HINT = "install it with: sudo apt-get install skopeo"
_ASK_S = 120.0
_RETRIES = "2"


def push_image(layout: Path, name: str, target: str, *, timeout_s: float, index: bool) -> str:
    """Push an image of a layout and return the digest the registry has it under.

    Args:
        layout: Directory of the OCI layout.
        name: Name of the image in it.
        target: Where to: registry, repository and tag.
        timeout_s: Time limit in seconds.
        index: Whether it is an index whose images the registry has already; only the index
            itself is pushed then.

    Raises:
        ToolMissingError: Skopeo is not installed.
        ToolFailedError: The registry refuses, or cannot be reached.
        ToolTimeoutError: It did not end in time.
    """
    run_program(
        [
            "skopeo", "copy", "--quiet", "--preserve-digests", "--retry-times", _RETRIES,
            "--multi-arch", "index-only" if index else "all",
            *_list_tls_options(target, "--dest-"), f"oci:{layout}:{name}", f"docker://{target}",
        ],
        timeout_s=timeout_s,
        missing_hint=INSTALL_HINT,
    )  # fmt: skip
    return find_digest(target)


def pull_image(source: str, layout: Path, name: str, *, timeout_s: float) -> None:
    """Copy an image, or an index with all its images, from a registry into a layout."""
    run_program(
        [
            "skopeo", "copy", "--quiet", "--preserve-digests", "--retry-times", _RETRIES,
            "--multi-arch", "all",
            *_list_tls_options(source, "--src-"), f"docker://{source}", f"oci:{layout}:{name}",
        ],
        timeout_s=timeout_s,
        missing_hint=INSTALL_HINT,
    )  # fmt: skip


def find_digest(reference: str) -> str:
    """Return the digest a registry has an image under: of its index where there is one.

    Raises:
        ToolError: There is no such image, or the registry cannot be asked.
    """
    outcome = run_program(
        [
            "skopeo", "inspect", "--raw", "--retry-times", _RETRIES,
            *_list_tls_options(reference, "--"), f"docker://{reference}",
        ],
        timeout_s=_ASK_S,
        missing_hint=INSTALL_HINT,
    )  # fmt: skip
    return digest_of(outcome.stdout)


def is_on_this_machine(reference: str) -> bool:
    """Say whether an image reference names a registry on this machine."""
    host = re.sub(r":\d+$", "", reference.partition("/")[0]).strip("[]")
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _list_tls_options(reference: str, prefix: str) -> list[str]:
    return [f"{prefix}tls-verify=false"] if is_on_this_machine(reference) else []
