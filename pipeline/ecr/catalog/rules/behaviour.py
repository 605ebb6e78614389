"""What a release asks for and gives: inputs, tests, hardware, licence, free-form values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecr.catalog.rules.registry import load_registry
from ecr.catalog.yaml_document import YamlNumberText
from ecr.model.spdx import NO_ASSERTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecr.catalog.rules.context import ReleaseContext
    from ecr.findings import Finding
    from ecr.model.release import Release


def check_inputs(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Check that inputs make sense."""
    for index, item in enumerate(release.inputs):
        if item.required and item.default is not None:
            message = f"input '{item.id}' is required and has a default"
            hint = "remove one: with a default it need not be given"
            yield context.find(("inputs", index, "required"), "W326", message, hint)


def check_tests(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Check that tests wait for measurements the release says it publishes."""
    published = {measurement.name for measurement in release.publishes}
    for index, test in enumerate(release.tests):
        for place, name in enumerate(test.expect.measurements):
            if name not in published:
                loc = ("tests", index, "expect", "measurements", place)
                message = f"'{name}' is not among the measurements under 'publishes'"
                yield context.find(loc, "W323", message, "add it there, so that users find it")


def check_needs(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Check that some hardware has the GPU capabilities that are asked for."""
    gpu = release.needs.gpu
    if gpu is None or not gpu.capabilities:
        return
    known = load_registry(context.root).capabilities
    for index, capability in enumerate(gpu.capabilities):
        if capability not in known:
            loc = ("needs", "gpu", "capabilities", index)
            message = f"no hardware of the registry has the capability '{capability}'"
            yield context.find(loc, "W327", message, "see the registry for those there are")


def check_licence(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Warn of code or data without a licence: nobody may use it."""
    hint = "ask the authors to choose one, see https://choosealicense.com"
    if release.license == NO_ASSERTION:
        yield context.find(("license",), "W321", "the code has no stated licence", hint)
    for index, data in enumerate(release.data):
        if data.license == NO_ASSERTION:
            message = f"the data '{data.name}' has no stated licence"
            yield context.find(("data", index, "license"), "W321", message, hint)


def check_spelling(context: ReleaseContext, release: Release) -> Iterator[Finding]:
    """Warn of numbers in free-form values that would be shown otherwise than written."""
    for key in ("metadata", "resources"):
        if getattr(release, key):
            yield from _check_numbers(context, (key,), context.document.data.get(key))


def _check_numbers(
    context: ReleaseContext, loc: tuple[str | int, ...], value: Any
) -> Iterator[Finding]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _check_numbers(context, (*loc, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _check_numbers(context, (*loc, index), inner)
    elif isinstance(value, YamlNumberText) and repr(float(value)) != value.text:
        message = f"{value.text} is read as the number {float(value)!r}"
        hint = f'quote it if it is text, such as a version: "{value.text}"'
        yield context.find(loc, "W322", message, hint)
