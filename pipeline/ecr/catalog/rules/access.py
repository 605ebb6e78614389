"""Who may do what: grants that make no sense, and people named twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.rules.context import report_at
from ecr.catalog.rules.repeats import check_repeats
from ecr.model.bundle import Access, Bundle
from ecr.model.namespace import Permission

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecr.catalog.yaml_document import YamlDocument
    from ecr.findings import Finding
    from ecr.model.namespace import Grant, Namespace

_EVERYONE = "everyone"


def check_namespace_access(document: YamlDocument, namespace: Namespace) -> Iterator[Finding]:
    """Check owners and grants of a namespace."""
    yield from _check_people(document, "owners", namespace.owners)
    yield from _check_grants(document, namespace.grants)


def check_bundle_access(document: YamlDocument, bundle: Bundle) -> Iterator[Finding]:
    """Check maintainers and grants of a bundle."""
    yield from _check_people(document, "maintainers", bundle.maintainers)
    yield from _check_grants(document, bundle.grants)
    if bundle.access is Access.PROTECTED:
        for index, grant in enumerate(bundle.grants):
            if grant.to == _EVERYONE and grant.permission is Permission.READ:
                message = "the bundle is protected and grants READ to everyone"
                hint = "remove the grant, or write access: public"
                yield report_at(document, ("grants", index), "E305", message, hint)


def _check_people(document: YamlDocument, key: str, people: Sequence[str]) -> Iterator[Finding]:
    yield from check_repeats(document, (key,), [person.casefold() for person in people])
    for index, person in enumerate(people):
        if person == _EVERYONE:
            message = f"'everyone' cannot be one of the {key}"
            hint = "name users or teams, such as user:ada or team:waggle/edge"
            yield report_at(document, (key, index), "E305", message, hint)


def _check_grants(document: YamlDocument, grants: Sequence[Grant]) -> Iterator[Finding]:
    pairs = [f"{grant.permission} to {grant.to}" for grant in grants]
    yield from check_repeats(document, ("grants",), pairs)
    for index, grant in enumerate(grants):
        if grant.to == _EVERYONE and grant.permission is not Permission.READ:
            loc = ("grants", index, "permission")
            message = f"{grant.permission} cannot be granted to everyone"
            yield report_at(document, loc, "E305", message, "everyone may only READ")
