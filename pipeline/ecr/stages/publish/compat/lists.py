"""The lists of all apps and repositories, joined from the rows kept of each bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.stages.publish.compat.bundle import wrap_list
from ecr.stages.publish.outputs import OutputFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecr.stages.publish.outputs import BundleSummary, SiteSettings


def render_compat_lists(
    _settings: SiteSettings, summaries: Sequence[BundleSummary]
) -> Iterator[OutputFile]:
    """Yield what ``GET /api/apps`` and ``GET /api/repositories`` answer."""
    rows = [row for summary in summaries for row in summary.compat]
    apps = ",".join(row["apps"] for row in rows).encode()
    yield OutputFile("api/apps/index.json", wrap_list(apps))
    repositories = ",".join(row["repository"] for row in rows)
    yield OutputFile("api/repositories/index.json", f'{{"data":[{repositories}]}}'.encode())
