"""What a static host needs besides the files: its rules, and the answer to a wrong address.

``_headers`` and ``_redirects`` are read by Cloudflare Pages and Netlify, ``_redirects`` by
GitLab Pages too; nginx and ``ecr serve`` have the same rules built in.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from ecr.stages.publish.outputs import OutputFile

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_FOUND_PATH = "api/404.html"
"""JSON in spite of its name: hosts look for the nearest ``404.html`` when a file is missing."""
NOT_FOUND = b'{"error":"Resource not found in this catalog"}\n'


def render_host_files() -> Iterator[OutputFile]:
    """Yield ``_headers``, ``_redirects`` and the API's answer to a wrong address."""
    shipped = files("ecr.resources").joinpath("hosting")
    for name in ("_headers", "_redirects"):
        yield OutputFile(name, shipped.joinpath(name).read_bytes())
    yield OutputFile(NOT_FOUND_PATH, NOT_FOUND)
