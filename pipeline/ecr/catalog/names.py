"""Names across the catalog: which could be taken for another, and which name nothing."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ecr.catalog import layout
from ecr.catalog.rules.context import report
from ecr.findings import Finding, sort_findings
from ecr.model.identity import BundleId, lookalike_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from ecr.catalog.layout import Layout


def check_layout(catalog: Layout) -> list[Finding]:
    """Check what can only be seen from the whole catalog.

    Names that look alike, successors that are not there, namespaces without a bundle, and
    files where none belong. Nothing is loaded that ``load_bundle`` looks at as well.
    """
    ids = [files.id for files in catalog.bundles]
    used = {bundle.namespace for bundle in ids}
    idle = {name: stamp for name, stamp in catalog.namespaces.items() if name not in used}
    return sort_findings(
        [
            *check_names(ids, catalog.namespaces),
            *check_successors(catalog.root, ids, set(ids)),
            *check_strays(catalog.root, catalog.strays),
            *_check_idle_namespaces(catalog.root, idle),
        ]
    )


def check_names(
    bundles: Collection[BundleId],
    namespaces: Iterable[str],
    only: Collection[BundleId] | None = None,
) -> Iterator[Finding]:
    """Report names that differ only by case or by characters that look alike.

    Of two such names the later in the alphabet is reported, or the one that is looked at.

    Args:
        bundles: Every bundle of the catalog, sorted.
        namespaces: Every namespace, sorted.
        only: Bundles to report; all when ``None``.
    """
    spaces = None if only is None else {bundle.namespace for bundle in only}
    for name, other in _find_twins(namespaces, spaces):
        path = f"{layout.BUNDLES}/{name}/{layout.NAMESPACE_FILE}"
        message = f"namespace '{name}' could be taken for '{other}'"
        yield report(path, "E202", message, "choose a name that cannot be confused")
    alike: dict[str, list[BundleId]] = {}
    for bundle in bundles:
        alike.setdefault(lookalike_key(bundle.name), []).append(bundle)
    for group in alike.values():
        if len(group) > 1:
            yield from _check_group(group, only)


def check_successors(
    root: Path, bundles: Iterable[BundleId], known: Collection[BundleId]
) -> Iterator[Finding]:
    """Check that the successors bundles name are there, and that following them ends.

    Args:
        root: The catalog's root.
        bundles: Bundles to check.
        known: Every bundle of the catalog.
    """
    for bundle in bundles:
        content = _read_bundle_file(root, bundle)
        if content is not None and b"successor" in content:
            yield from _check_successor(root, bundle, content, known)


def check_strays(root: Path, paths: Iterable[str]) -> Iterator[Finding]:
    """Report files directly in ``bundles`` or in a namespace."""
    for path in paths:
        if os.path.islink(root / path):  # noqa: PTH114 - the path may not be UTF-8
            message = "a link stands where a directory of the catalog is expected"
            yield report(path, "E206", message, "put a directory here")
        elif path.count("/") > 1 or not path.endswith("README.md"):
            hint = "a namespace has namespace.yaml and a directory per bundle"
            yield report(path, "W221", "no such file is expected here", hint)


def _find_twins(names: Iterable[str], only: Collection[str] | None) -> Iterator[tuple[str, str]]:
    """Yield (name, another it looks like)."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(lookalike_key(name), []).append(name)
    for group in alike.values():
        for name in group if len(group) > 1 else ():
            other = next(one for one in group if one != name)
            if only is None:
                if other < name:
                    yield name, other
            elif name in only and (other not in only or other < name):
                yield name, other


def _check_group(group: list[BundleId], only: Collection[BundleId] | None) -> Iterator[Finding]:
    """Check bundles whose names have the same key."""
    for bundle in group:
        if only is not None and bundle not in only:
            continue
        others = [
            other
            for other in group
            if other.name != bundle.name
            and (other < bundle or (only is not None and other not in only))
        ]
        inside = [other for other in others if other.namespace == bundle.namespace]
        path = f"{layout.BUNDLES}/{bundle}/{layout.BUNDLE_FILE}"
        hint = "choose a name that cannot be confused"
        if inside:
            message = f"'{bundle.name}' could be taken for '{inside[0].name}' of the same namespace"
            yield report(path, "E202", message, hint)
        elif others:
            yield report(path, "W225", f"'{bundle}' could be taken for '{others[0]}'", hint)


def _read_bundle_file(root: Path, bundle: BundleId) -> bytes | None:
    # Opened for every bundle at every publication, so by the shortest way.
    try:
        path = f"{root}/{layout.BUNDLES}/{bundle.namespace}/{bundle.name}/{layout.BUNDLE_FILE}"
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        return os.read(descriptor, 1 << 18)
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _check_successor(
    root: Path, bundle: BundleId, content: bytes, known: Collection[BundleId]
) -> Iterator[Finding]:
    from ecr.catalog.rules.context import report_at  # noqa: PLC0415 - few bundles have one
    from ecr.catalog.yaml_document import YamlDocument  # noqa: PLC0415

    path = f"{layout.BUNDLES}/{bundle}/{layout.BUNDLE_FILE}"
    document = YamlDocument(layout.printable(path), content)
    if not document.is_mapping:
        return
    successor = _parse_successor(document.data.get("successor"))
    if successor is None:
        if document.data.get("successor") is None and document.data.get("successor_reason"):
            loc, message = ("successor_reason",), "there is a reason but no successor"
            yield report_at(document, loc, "E304", message, "add 'successor', or remove it")
        return
    problem, hint = "", ""
    if successor == bundle:
        problem, hint = "a bundle cannot be its own successor", "name another bundle"
    elif successor not in known:
        problem = f"there is no bundle '{successor}' in the catalog"
        hint = "correct the name, or add that bundle in the same change"
    elif (end := _follow(root, bundle, successor)) is not None:
        problem, hint = f"the successors lead back here from '{end}'", "let one of them be the last"
    if problem:
        yield report_at(document, ("successor",), "E304", problem, hint)


def _follow(root: Path, start: BundleId, successor: BundleId) -> BundleId | None:
    """Return the bundle that names ``start`` again, when following successors comes back to it."""
    from ecr.catalog.yaml_document import YamlDocument  # noqa: PLC0415

    seen, at = {start}, successor
    while at not in seen:
        seen.add(at)
        content = _read_bundle_file(root, at)
        document = YamlDocument("", content or b"")
        following = (
            _parse_successor(document.data.get("successor")) if document.is_mapping else None
        )
        if following is None:
            return None
        if following == start:
            return at
        at = following
    return None


def _parse_successor(value: object) -> BundleId | None:
    if not isinstance(value, str) or value.count("/") != 1:
        return None
    namespace, name = value.split("/")
    return BundleId(namespace, name)


def _check_idle_namespaces(
    root: Path, namespaces: Mapping[str, layout.FileStamp | None]
) -> Iterator[Finding]:
    if not namespaces:
        return
    from ecr.catalog.loader import load_namespace  # noqa: PLC0415 - rarely needed

    for name, stamp in namespaces.items():
        yield from load_namespace(root, name, stamp)[1]
