"""The files of one bundle for today's clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ecr.model.bundle import Access
from ecr.stages.publish.compat.app import DESCRIPTION, make_app
from ecr.stages.publish.outputs import OutputFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecr.catalog.entries import BundleEntry
    from ecr.stages.publish.outputs import SiteSettings


def render_bundle_compat(
    entry: BundleEntry, settings: SiteSettings
) -> tuple[list[OutputFile], list[dict[str, Any]]]:
    """Return a public bundle's files below ``api/apps`` and ``api/repositories``, and a row.

    The science description is written beside the pictures, as the author wrote it: today's
    clients fetch Markdown.

    There is one row, or none when every release is yanked. It holds finished JSON text:
    ``apps`` (the apps, joined by commas) and ``repository`` (its row in the list).
    """
    if entry.manifest.access is not Access.PUBLIC:
        raise AssertionError(f"{entry.id} is {entry.manifest.access}; it must not be published")
    owner = name_owner(entry.namespace.owners)
    namespace, name = entry.id
    apps: list[bytes] = []
    files: list[OutputFile] = []
    for release in entry.releases:
        if release.status.yanked is not None:
            continue
        app = orjson.dumps(make_app(release, entry.media, owner, settings))
        files.append(OutputFile(f"api/apps/{namespace}/{name}/{release.manifest.version}", app))
        apps.append(app)
    if not apps:
        return [], []
    joined = b",".join(apps)
    repository = {
        "type": "repository",
        "namespace": namespace,
        "name": name,
        "owner_id": owner,
        "description": entry.newest.manifest.summary,
        "external_link": entry.newest.manifest.homepage or "",
        # The portal asks for these when it shows which repositories are public; all here are.
        "permissions": [
            {
                "grantee": "AllUsers",
                "granteeType": "GROUP",
                "permission": "READ",
                "resourceName": f"{namespace}/{name}",
                "resourceType": "repository",
            }
        ],
    }
    versions = orjson.Fragment(b"[" + joined + b"]")
    files.append(
        OutputFile(
            f"api/repositories/{namespace}/{name}",
            orjson.dumps({**repository, "versions": versions}),
        )
    )
    files.append(OutputFile(f"api/apps/{namespace}/{name}/index.json", wrap_list(joined)))
    if entry.media.description is not None:
        files.append(
            OutputFile(
                f"bundles/{namespace}/{name}/media/{DESCRIPTION}",
                entry.media.description.encode(),
            )
        )
    row = {"apps": joined.decode(), "repository": orjson.dumps(repository).decode()}
    return files, [row]


def wrap_list(joined: bytes) -> bytes:
    """Return a list of apps as today's ECR does; there is no second page."""
    return b'{"pagination":{"continuationToken":"N/A"},"data":[' + joined + b"]}"


def name_owner(owners: Sequence[str]) -> str:
    """Return one name for the owners: the first, without ``user:`` or ``team:``."""
    return owners[0].partition(":")[2] or owners[0]
