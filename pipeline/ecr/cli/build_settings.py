"""Settings of builds, from ``mkdocs.yml``, the environment and the command line, in this order.

In ``mkdocs.yml`` they stand under ``extra.build``: ``base``, an image scripts are built on, and
``debian``, the lines of ``sources.list`` for bases that are made here.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecr.errors import UsageError
from ecr.stages.build.settings import DEBIAN_SOURCES, LOCAL_BUILDER, BuildSettings
from ecr.stages.publish.settings import CONFIGURATION, load_settings, read_configuration

if TYPE_CHECKING:
    from collections.abc import Mapping


def load_build_settings(
    root: Path,
    environment: Mapping[str, str],
    *,
    base: str | None = None,
    time_limit_s: float = 3600,
    use_cache: bool = True,
    use_bases: bool = True,
) -> BuildSettings:
    """Return the settings of a run.

    Args:
        root: The catalog.
        environment: Environment variables.
        base: Base image named on the command line.
        time_limit_s: Time limit of one platform.
        use_cache: Whether layers of earlier builds may be used.
        use_bases: Whether bases that were made earlier may be used.

    Raises:
        UsageError: ``extra.build`` does not say what it should.
    """
    site = load_settings(root, ())
    values = (read_configuration(root).get("extra") or {}).get("build") or {}
    where = f"{root / CONFIGURATION}: extra.build"
    if not isinstance(values, dict) or set(values) - {"base", "debian"}:
        raise UsageError(f"{where} may hold 'base' and 'debian'", hint="see publish/images.md")
    named = base or environment.get("ECR_BASE") or values.get("base")
    return BuildSettings(
        site_url=site.site_url,
        repository_url=site.repository_url,
        registry=site.registry,
        cache=find_cache(environment),
        base=None if named is None else str(named),
        debian_sources=_check_sources(values.get("debian"), where),
        time_limit_s=time_limit_s,
        use_cache=use_cache,
        use_bases=use_bases,
        builder=find_builder(environment),
    )


def find_cache(environment: Mapping[str, str]) -> Path:
    """Return the directory of what can be made again: bases and layers, shared by all catalogs."""
    own = environment.get("ECR_CACHE")
    if own:
        return Path(own).absolute()
    shared = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(shared, "ecr")


def find_builder(environment: Mapping[str, str]) -> str:
    """Return the URI of who builds: the workflow on GitHub Actions, else this machine."""
    workflow = environment.get("GITHUB_WORKFLOW_REF")
    if environment.get("GITHUB_ACTIONS") == "true" and workflow:
        server = environment.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
        return f"{server}/{workflow}"
    return LOCAL_BUILDER


def _check_sources(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return DEBIAN_SOURCES
    if not isinstance(value, list) or not all(
        isinstance(line, str) and line.startswith("deb ") for line in value
    ):
        raise UsageError(
            f"{where}.debian is not a list of lines of sources.list",
            hint="such as: deb http://deb.debian.org/debian {suite} main",
        )
    return tuple(value)
