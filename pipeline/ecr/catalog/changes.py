"""What a difference between two states of the repository means for the catalog.

Says which bundles and releases have to be looked at again, and finds what must not have
changed: a release is frozen once it is merged, a measured profile once it is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.rules.context import report
from ecr.model.identity import BundleId, ReleaseId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ecr.findings import Finding

_MAY_CHANGE = frozenset({layout.STATUS_FILE, layout.BUILD_FILE, layout.DOI_FILE})
"""Files beside a manifest that are written after its release."""
_NEW_RELEASE = "restore it, and make the change in a new release"


@dataclass(slots=True)
class Targets:
    """What is to be looked at.

    Attributes:
        everything: Whether all of the catalog is.
        bundles: Versions to look at, by bundle; ``None`` for all of a bundle's.
        namespaces: Namespaces whose own file is to be looked at.
        strays: Files where none belong.
    """

    everything: bool = False
    bundles: dict[BundleId, set[str] | None] = field(default_factory=dict)
    namespaces: set[str] = field(default_factory=set)
    strays: set[str] = field(default_factory=set)

    def add_bundle(self, namespace: str, name: str) -> None:
        """Add a bundle with all its releases."""
        self.bundles[BundleId(namespace, name)] = None

    def add(self, path: str) -> None:
        """Add what a file or directory belongs to.

        Args:
            path: Path relative to the catalog's root, with ``/``.
        """
        parts = path.strip("/").split("/")
        if parts[0] != layout.BUNDLES:
            return
        if len(parts) == 1:
            self.everything = True
        elif len(parts) == 3 and parts[2] == layout.NAMESPACE_FILE:
            self.namespaces.add(parts[1])
        elif len(parts) > 2:
            versions = self.bundles.setdefault(BundleId(parts[1], parts[2]), set())
            if len(parts) > 4 and parts[3] != layout.MEDIA and versions is not None:
                versions.add(parts[3])


def find_targets(changes: Iterable[tuple[str, str]]) -> Targets:
    """Say what has to be looked at after a change.

    Args:
        changes: (status letter, path), as ``git diff --name-status`` tells them.
    """
    targets = Targets()
    for status, path in changes:
        parts = path.split("/")
        # The registry of hardware is what every profile is compared with.
        if path == "hardware.yaml":
            targets.everything = True
        misplaced = len(parts) == 2 or (len(parts) == 3 and parts[2] != layout.NAMESPACE_FILE)
        if parts[0] == layout.BUNDLES and misplaced:
            if status != "D":
                targets.strays.add(path)
        else:
            targets.add(path)
    return targets


def check_frozen(
    changes: Iterable[tuple[str, str]], exists: Callable[[str], bool]
) -> Iterator[Finding]:
    """Report changes to what was released or recorded before.

    Args:
        changes: (status letter, path), as ``git diff --name-status`` tells them.
        exists: Says whether a path is a file in the state after the change.
    """
    by_release: dict[ReleaseId, dict[str, str]] = {}
    for status, path in changes:
        parts = path.split("/", 4)
        if len(parts) == 5 and parts[0] == layout.BUNDLES and parts[3] != layout.MEDIA:
            release = ReleaseId(parts[1], parts[2], parts[3])
            by_release.setdefault(release, {})[parts[4]] = status
    for release, files in sorted(by_release.items()):
        yield from _check_release(release, files, exists)


def _check_release(
    release: ReleaseId, files: dict[str, str], exists: Callable[[str], bool]
) -> Iterator[Finding]:
    directory = f"{layout.BUNDLES}/{release.namespace}/{release.name}/{release.version}"
    manifest = files.get(layout.RELEASE_FILE)
    if manifest == "A" or (manifest is None and not exists(f"{directory}/{layout.RELEASE_FILE}")):
        return
    if manifest == "D":
        hint = "restore it; to withdraw a release, set 'yanked' in status.yaml"
        message = f"{release} was released and is deleted"
        yield report(f"{directory}/{layout.RELEASE_FILE}", "E203", message, hint)
        return
    for name, status in sorted(files.items()):
        path = f"{directory}/{name}"
        verb = {"A": "added", "D": "deleted"}.get(status, "changed")
        if name.startswith(f"{layout.PROFILES}/"):
            if status != "A":
                message = f"a profile that was recorded is {verb}"
                hint = "restore it; a new measurement is a new file"
                yield report(path, "E214", message, hint)
        elif name == layout.RELEASE_FILE:
            yield report(path, "E203", f"{release} was released and is changed", _NEW_RELEASE)
        elif name not in _MAY_CHANGE:
            message = f"{release} was released, and a file of it is {verb}"
            yield report(path, "E203", message, _NEW_RELEASE)
