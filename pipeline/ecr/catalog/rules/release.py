"""Rules about one release: what its manifest says against itself and against its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecr.catalog.rules import behaviour, code, data, files, identity, repeats

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from ecr.catalog.rules.context import ReleaseContext
    from ecr.findings import Finding
    from ecr.model.release import Release

    Rule = Callable[[ReleaseContext, Release], Iterable[Finding]]

_RULES: tuple[tuple[Rule, frozenset[str]], ...] = (
    (code.check_code, frozenset({"code"})),
    (code.check_binary_platforms, frozenset({"code", "platforms"})),
    (data.check_data, frozenset({"data"})),
    (data.check_profiling, frozenset({"data", "profiling"})),
    (behaviour.check_inputs, frozenset({"inputs"})),
    (behaviour.check_tests, frozenset({"tests", "publishes"})),
    (behaviour.check_needs, frozenset({"needs"})),
    (behaviour.check_licence, frozenset({"license", "data"})),
    (behaviour.check_spelling, frozenset({"metadata", "resources"})),
    (files.check_unexpected, frozenset({"code", "data"})),
)
"""Each rule with the keys of the manifest it reads."""

FILLERS = {
    "schema_version": 1,
    "namespace": "x",
    "name": "x",
    "version": "0.0.0",
    "title": "x",
    "summary": "x",
    "authors": [{"name": "x"}],
    "license": "MIT",
    "code": {
        "kind": "container",
        "source": {"git": "https://example.org/x", "commit": "0" * 40},
    },
    "platforms": ["linux/amd64"],
}
"""Stand in for required keys that are missing or wrong, so that the others can be looked at."""


def check_release(
    context: ReleaseContext, release: Release | None, faulty: Collection[str] = ()
) -> list[Finding]:
    """Check one release.

    Args:
        context: The release and its files.
        release: The manifest; ``None`` when there is nothing in it to be looked at.
        faulty: Keys of the manifest that are not as they should be; whatever needs them is
            left out, so that one fault is not reported as several.
    """
    expected = context.expected
    findings = list(identity.check_identity(context.document, expected._asdict()))
    if release is not None:
        findings += repeats.check_release_repeats(context, release, faulty)
        for rule, keys in _RULES:
            if not faulty or keys.isdisjoint(faulty):
                findings += rule(context, release)
    return findings
