"""A small catalog with the project's own documentation around it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecr.catalog.hardware import load_hardware
from ecr.stages.publish.settings import load_settings

if TYPE_CHECKING:
    from ecr.stages.publish.outputs import SiteSettings

PROJECT = Path(__file__).parents[2]

RELEASE = """\
schema_version: 1
namespace: {namespace}
name: {name}
version: "{version}"
title: {title}
summary: Says how much of the sky is cloudy
authors:
  - name: Ada Lovelace
license: BSD-3-Clause
keywords: [clouds, sky]
code:
  kind: container
  source:
    git: https://example.org/{name}
    commit: "0123456789012345678901234567890123456789"
platforms: [linux/amd64, linux/arm64]
needs:
  memory: 300Mi
"""


def add_release(root: Path, bundle: str, version: str, *, title: str = "Cloud cover") -> Path:
    """Write a release, with its bundle and namespace when they are new; return its directory."""
    namespace, name = bundle.split("/")
    home = root / "bundles" / namespace
    directory = home / name / version
    directory.mkdir(parents=True)
    (home / "namespace.yaml").write_text(
        f"schema_version: 1\nnamespace: {namespace}\ntitle: {namespace}\nowners: [user:ada]\n"
    )
    (home / name / "bundle.yaml").write_text(
        f"schema_version: 1\nnamespace: {namespace}\nname: {name}\n"
    )
    (directory / "release.yaml").write_text(
        RELEASE.format(namespace=namespace, name=name, version=version, title=title)
    )
    (directory / "status.yaml").write_text("schema_version: 1\nadded: 2026-11-01\n")
    return directory


def make_catalog(root: Path) -> Path:
    """Write a catalog of three bundles with four releases."""
    root.mkdir(parents=True)
    shutil.copy(PROJECT / "mkdocs.yml", root)
    shutil.copytree(PROJECT / "site_src", root / "site_src")
    add_release(root, "sage/cloud-cover", "1.0.0")
    add_release(root, "sage/cloud-cover", "1.1.0", title="Cloud cover, improved")
    add_release(root, "sage/river-depth", "0.1.0", title="River depth")
    add_release(root, "beekeepers/hive-hum", "2.0.0-rc.1", title="Hum of a hive")
    return root


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """A fresh catalog in a directory of its own."""
    return make_catalog(tmp_path / "catalog")


def settings_of(root: Path) -> SiteSettings:
    """Return the settings ``ecr publish`` would use."""
    return load_settings(root, load_hardware(root))


def digest_tree(tree: Path) -> dict[str, str]:
    """Return the sha256 of every file below ``tree`` by relative path."""
    return {
        path.relative_to(tree).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }
