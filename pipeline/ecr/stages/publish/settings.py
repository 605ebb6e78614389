"""Settings of the site, from ``mkdocs.yml``: one file says where the catalog is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from ecr.errors import UsageError
from ecr.stages.publish.outputs import SiteSettings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecr.model.hardware import Hardware

CONFIGURATION = "mkdocs.yml"
_DEFAULT_REGISTRY = "localhost"


def load_settings(
    root: Path, hardware: Sequence[Hardware], *, site_url: str | None = None
) -> SiteSettings:
    """Read ``site_url``, ``repo_url`` and ``extra.registry`` of ``mkdocs.yml``.

    Args:
        root: The catalog.
        hardware: The hardware registry.
        site_url: Used in place of the file's.

    Raises:
        UsageError: There is no such file, or it names no ``site_url``.
    """
    values = read_configuration(root)
    url = site_url or values.get("site_url")
    if not isinstance(url, str) or not url:
        raise UsageError(
            f"{root / CONFIGURATION} has no site_url", hint="write where the site will be published"
        )
    extra = values.get("extra") or {}
    return SiteSettings(
        site_url=url.rstrip("/") + "/",
        repository_url=values.get("repo_url"),
        registry=str(extra.get("registry", _DEFAULT_REGISTRY)),
        hardware=tuple(hardware),
    )


def read_configuration(root: Path) -> dict[str, Any]:
    """Return the values of ``mkdocs.yml``.

    Raises:
        UsageError: There is no such file.
    """
    path = root / CONFIGURATION
    if not path.is_file():
        raise UsageError(
            f"{path} is missing", hint="copy it from the catalog's template; it names the site"
        )
    # The file may hold Python tags of Markdown extensions, which are not for us to resolve.
    values: dict[str, Any] = yaml.load(path.read_text("utf-8"), _PlainLoader) or {}  # noqa: S506
    return values


class _PlainLoader(yaml.CSafeLoader):
    """Reads YAML and takes what has a foreign tag for nothing."""


_PlainLoader.add_multi_constructor("", lambda _loader, _suffix, _node: None)
