"""Base images of scripts and programs: one that is named, or a small Debian made here.

The one made here needs nothing but a Debian mirror. It is kept by what it was made from, so that it
is made once for a platform and not once for a release; where it has come from shows in its digest.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from ecr.stages.build.errors import BuildError
from ecr.stages.build.finish import describe_platform, format_time
from ecr.stages.build.layer import pack_layer
from ecr.stages.build.settings import FILE_TIME_S
from ecr.tools.disk import open_locked
from ecr.tools.mmdebstrap import DebianRequest, make_root
from ecr.tools.oci_layout import CONFIG, MANIFEST, OciLayout
from ecr.tools.skopeo import find_digest

if TYPE_CHECKING:
    from ecr.stages.build.settings import BuildSettings
    from ecr.tools.buildah import Buildah

_RECIPE = 1
"""Number of the way a base is made here; a new one makes new bases."""
_NAME = "base"
_PYTHON_SUITES = {"3.11": "bookworm", "3.13": "trixie"}
_PROGRAM_SUITE = "bookworm"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_TIME_LIMIT_S = 1800


@dataclass(frozen=True, slots=True)
class BaseRecipe:
    """What a base is to be.

    Attributes:
        name: What it is called in records: the image that is named, or the one made here.
        suite: Debian release, for one that is made here; ``None`` for one that is named.
        packages: Packages put into it.
        sources: Lines of ``sources.list``.
    """

    name: str
    suite: str | None = None
    packages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def key(self, platform: str) -> str:
        """Return a short digest of everything a base is made from."""
        recipe = [_RECIPE, self.name, self.suite, self.packages, self.sources, platform]
        return sha256(orjson.dumps(recipe)).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Base:
    """A base image that is ready to be built on.

    Attributes:
        name: What it is called in records.
        reference: What ``FROM`` says.
        digest: Digest of its manifest, or of its index.
    """

    name: str
    reference: str
    digest: str


def choose_python_base(settings: BuildSettings, python: str) -> BaseRecipe:
    """Return the base for scripts of a Python version.

    Raises:
        BuildError: No base has that version.
    """
    if settings.base is not None:
        return BaseRecipe(settings.base.replace("{python}", python))
    suite = _PYTHON_SUITES.get(python)
    if suite is None:
        versions = " and ".join(_PYTHON_SUITES)
        raise BuildError(
            f"no Debian base has Python {python}; there are {versions}",
            hint="or name a base that has it: --base 'docker.io/library/python:{python}-slim'",
        )
    return _make_recipe(settings, suite, f"python{python}", ("ca-certificates", "python3"))


def choose_program_base(settings: BuildSettings) -> BaseRecipe:
    """Return the base for programs that are linked with the system's libraries."""
    return _make_recipe(settings, _PROGRAM_SUITE, "libc", ("ca-certificates", "libstdc++6"))


def _make_recipe(
    settings: BuildSettings, suite: str, what: str, packages: tuple[str, ...]
) -> BaseRecipe:
    sources = tuple(line.replace("{suite}", suite) for line in settings.debian_sources)
    return BaseRecipe(f"localhost/ecr/debian:{suite}-{what}", suite, packages, sources)


def prepare_base(
    recipe: BaseRecipe,
    platform: str,
    buildah: Buildah,
    cache: Path,
    *,
    log: Path,
    use_cache: bool,
) -> Base:
    """Bring a base to where Buildah finds it.

    Args:
        recipe: What it is to be.
        platform: OCI platform.
        buildah: Storage to put it into.
        cache: Directory of bases that were made here.
        log: File to add output to.
        use_cache: Whether one that was made earlier will do.

    Raises:
        ToolError: It cannot be made, or its registry cannot be asked.
    """
    if recipe.suite is None:
        name, _, digest = recipe.name.partition("@")
        digest = digest or find_digest(recipe.name)
        return Base(recipe.name, f"{_without_tag(name)}@{digest}", digest)
    directory = cache / recipe.key(platform)
    with open_locked(cache / f"{directory.name}.lock"):
        if not (use_cache and directory.is_dir()):
            _make_base(recipe, recipe.suite, platform, directory, log)
    digest = OciLayout(directory).resolve(_NAME).digest
    reference = f"localhost/ecr/base:{digest.removeprefix('sha256:')}"
    if not buildah.has(reference):
        buildah.load(directory, _NAME, platform, reference)
    return Base(recipe.name, reference, digest)


def _without_tag(name: str) -> str:
    """Drop the tag of an image name: with a digest beside it, Buildah takes none."""
    path, _, last = name.rpartition("/")
    last = last.partition(":")[0]
    return f"{path}/{last}" if path else last


def _make_base(recipe: BaseRecipe, suite: str, platform: str, directory: Path, log: Path) -> None:
    directory.parent.mkdir(parents=True, exist_ok=True)
    for left in directory.parent.glob(f".{directory.name}-*"):
        shutil.rmtree(left, ignore_errors=True)  # by a run that was killed; we hold the lock
    work = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    work.chmod(0o755)  # programs in it run as other users, too
    try:
        root = work / "root.tar"
        request = DebianRequest(suite, platform, recipe.packages, recipe.sources, FILE_TIME_S)
        make_root(request, root, log=log, timeout_s=_TIME_LIMIT_S)
        layout = OciLayout(work / "layout").create()
        _write_image(layout, root, recipe, platform)
        if directory.exists():
            directory.rename(work / "old")
        layout.directory.rename(directory)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_image(layout: OciLayout, root: Path, recipe: BaseRecipe, platform: str) -> None:
    layer, plain_digest = pack_layer(layout, root)
    created = format_time(FILE_TIME_S)
    config = {
        "created": created,
        **describe_platform(platform),
        "config": {"Env": [f"PATH={_PATH}"]},
        "rootfs": {"type": "layers", "diff_ids": [plain_digest]},
        "history": [{"created": created, "created_by": f"mmdebstrap {recipe.suite}"}],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.put_json(config, CONFIG).to_json(),
        "layers": [layer.to_json()],
    }
    layout.set_names({_NAME: layout.put_json(manifest, MANIFEST)})
