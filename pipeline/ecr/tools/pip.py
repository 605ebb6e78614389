"""The pip that installs packages into images, and how this machine reaches the package index.

ECR brings its own pip, at a locked version, and shows it to the build: so images need none, and all
of them are installed by the same one.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import certifi

from ecr.errors import ToolMissingError
from ecr.tools.process import run_program

_FORWARDED = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
_TRUST = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def find_pip() -> Path:
    """Return the directory of the package ``pip``.

    Raises:
        ToolMissingError: There is none beside ECR.
    """
    found = find_spec("pip")
    if found is None or found.origin is None:
        raise ToolMissingError(
            "pip is not installed beside ecr",
            hint=f"install it with: {sys.executable} -m ensurepip",
        )
    return Path(found.origin).parent


def find_pip_version() -> str:
    """Return pip's version."""
    try:
        return version("pip")
    except PackageNotFoundError:
        return "unknown"


def render_pip_configuration() -> str:
    """Return a ``pip.conf`` with which a build reaches the index as this machine does.

    Places on this machine's disk are left out: a build does not see them.
    """
    listed = run_program([sys.executable, "-m", "pip", "config", "list"], timeout_s=60).text
    values: dict[str, str] = {}
    # Variables of the environment (":env:") come last, and win as they do in pip.
    for name, quoted in re.findall(
        r"^(?:global|install|:env:)\.([a-z-]+)=(.+)$", listed, re.MULTILINE
    ):
        words = str(ast.literal_eval(quoted)).split()
        kept = [word for word in words if not word.startswith(("file:", "/", "."))]
        if name in _FORWARDED and kept:
            values[name] = "\n    ".join(kept)
    lines = [f"{name} = {value}" for name, value in sorted(values.items())]
    return "\n".join(["[global]", *lines, ""])


def find_trust() -> Path:
    """Return the file of certificates that connections from this machine trust."""
    for name in _TRUST:
        file = os.environ.get(name)
        if file and Path(file).is_file():
            return Path(file)
    return Path(certifi.where())
