"""Lists in which nothing may stand twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.rules.context import report_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from ecr.catalog.rules.context import ReleaseContext
    from ecr.catalog.yaml_document import YamlDocument
    from ecr.findings import Finding
    from ecr.model.release import Release


_NAMED = {
    "platforms": None,
    "keywords": None,
    "data": "name",
    "inputs": "id",
    "tests": "name",
    "publishes": "name",
    "authors": "orcid",
    "contributors": "orcid",
}
"""Lists of a release, each with the key of its items that must differ; ``None`` for text."""


def check_repeats(
    document: YamlDocument, loc: tuple[str, ...], values: Sequence[str], field: str | None = None
) -> Iterator[Finding]:
    """Report every value that stands in a list for the second time.

    Args:
        document: The document.
        loc: Place of the list.
        values: The values, as they are compared.
        field: Key of the item that holds the value, when items are mappings.
    """
    if len(set(values)) == len(values):
        return
    first: dict[str, int] = {}
    for index, value in enumerate(values):
        if value not in first:
            first[value] = index
            continue
        name = ".".join(loc)
        yield report_at(
            document,
            (*loc, index) if field is None else (*loc, index, field),
            "E301",
            f"'{value[:80]}' stands twice in {name}",
            f"it is at {name}[{first[value]}] already; keep one of them",
        )


def check_release_repeats(
    context: ReleaseContext, release: Release, faulty: Collection[str]
) -> Iterator[Finding]:
    """Check the lists of a release that name things.

    Args:
        context: The release.
        release: Its manifest.
        faulty: Keys that are not as they should be, and are left out.
    """
    document = context.document
    for key, field in _NAMED.items():
        items = getattr(release, key)
        if len(items) > 1 and key not in faulty:
            values = [getattr(item, field) if field else item.casefold() for item in items]
            if field == "orcid":
                # People without one are not the same person.
                values = [value or f"#{index}" for index, value in enumerate(values)]
            yield from check_repeats(document, (key,), values, field)
