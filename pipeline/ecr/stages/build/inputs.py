"""What an image depends on, as one digest: the same inputs are not built again.

Versions of the programs that build are left out on purpose: a newer Buildah is no reason to build a
released image anew. What Debian or PyPI publish on the day is not an input either; a release that
needs the same packages for good names them with hashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.model.release import BinaryCode, ScriptCode
from ecr.stages.archive.source import find_source_archive
from ecr.stages.build.base import choose_program_base, choose_python_base
from ecr.stages.build.errors import BuildError
from ecr.tools.oci_layout import digest_of, render_json

if TYPE_CHECKING:
    from ecr.catalog.entries import ReleaseEntry
    from ecr.model.build import Build
    from ecr.stages.build.base import BaseRecipe
    from ecr.stages.build.settings import BuildSettings

_SCHEME = 1
"""Number of the way images are made; a new one builds everything again."""


def choose_base(entry: ReleaseEntry, settings: BuildSettings) -> BaseRecipe | None:
    """Return the base a release may be built on; ``None`` when its Dockerfile says.

    Raises:
        BuildError: No base has what the manifest asks for.
    """
    code = entry.manifest.code
    if isinstance(code, ScriptCode):
        return choose_python_base(settings, code.python)
    return choose_program_base(settings) if isinstance(code, BinaryCode) else None


def find_source_digest(entry: ReleaseEntry, build: Build | None) -> str:
    """Return the digest of a release's archived files.

    Raises:
        BuildError: The source is not archived.
    """
    archive = find_source_archive(build)
    if archive is None:
        raise BuildError(
            "its source is not archived", hint=f"archive it first: ecr archive {entry.id}"
        )
    return archive.content_digest or archive.digest


def find_created(entry: ReleaseEntry, build: Build) -> int:
    """Return the time an image bears, in seconds since 1970.

    That of the commit; for code that lives in the catalog, the day the release was added.
    """
    if build.commit is not None and build.source_time_s is not None:
        return build.source_time_s
    day = entry.status.added
    return (day.toordinal() - 719_163) * 86_400


def digest_inputs(entry: ReleaseEntry, build: Build, platform: str, settings: BuildSettings) -> str:
    """Return the digest of everything an image depends on."""
    base = choose_base(entry, settings)
    inputs = {
        "scheme": _SCHEME,
        "manifest": digest_of(entry.manifest_text),
        "source": find_source_digest(entry, build),
        "created_s": find_created(entry, build),
        "platform": platform,
        "base": None if base is None else base.key(platform),
        "site_url": settings.site_url,
        "repository_url": settings.repository_url,
    }
    return digest_of(render_json(inputs))
