"""The page of a release that was archived and not built yet."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from ecr.model.build import Build
from ecr.stages.publish.pages import Frame, PageRenderer

if TYPE_CHECKING:
    from pathlib import Path

    from ecr.catalog.entries import BundleEntry
    from ecr.stages.publish.outputs import SiteSettings

SWHID = "swh:1:dir:" + "0" * 40


def test_it_names_the_archive_and_does_not_say_it_was_built(
    frame: Frame, settings: SiteSettings, catalog: Path, entries: dict[str, BundleEntry]
):
    bundle = entries["sage/image-sampler"]
    release = bundle.releases[0]
    record = {
        "schema_version": 1,
        "id": str(release.id),
        "swhids": [SWHID],
        "archives": [
            {"name": "source", "role": "source", "digest": "sha256:" + "a" * 64, "size_bytes": 10}
        ],
    }
    archived = replace(release, build=Build.model_validate_json(json.dumps(record)))
    renderer = PageRenderer(frame, settings, catalog)
    files = renderer.render_bundle(replace(bundle, releases=(archived, *bundle.releases[1:])))
    place = f"bundles/sage/image-sampler/{release.manifest.version}/index.html"
    html = next(file.content for file in files if file.path == place).decode()
    assert SWHID in html
    assert "<dt>Archive: source</dt>" in html
    assert "<dt>Built</dt>" not in html
