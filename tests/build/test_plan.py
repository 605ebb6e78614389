"""What a machine says it can build, before it builds anything."""

from __future__ import annotations

import shutil

import pytest

from ecr.model.fields import Platform
from ecr.stages.build.plan import Outlook, PlatformOutlook, list_buildable
from ecr.tools.qemu import Ability, Means
from tests.build.conftest import digest_of, make_exit_program


@pytest.fixture
def without_qemu(monkeypatch, native):
    def find(platform: str) -> Ability:
        if platform == native:
            return Ability(Platform(platform), Means.NATIVE)
        return Ability(Platform(platform), Means.MISSING, reason="no handler", hint="install one")

    monkeypatch.setattr("ecr.stages.build.plan.find_ability", find)


def add_script(catalog, platforms):
    return catalog.add(
        "sky/script:1.0.0",
        {"kind": "script", "entrypoint": "main.py"},
        {"main.py": "print(1)\n"},
        platforms=platforms,
    )


def look(catalog, entry) -> tuple[PlatformOutlook, ...]:
    (buildable,) = list_buildable(catalog.root, [entry], catalog.settings)
    return buildable.platforms


def test_each_platform_says_how_it_would_be_built(catalog, native, foreign, require_tool):
    require_tool("mmdebstrap", hint="apt-get install mmdebstrap")
    entry = add_script(catalog, [native, foreign])
    assert look(catalog, entry) == (
        PlatformOutlook(native, Outlook.NATIVE),
        PlatformOutlook(foreign, Outlook.EMULATED),
    )
    (buildable,) = list_buildable(catalog.root, [entry], catalog.settings)
    assert buildable.waiting == (native, foreign)


def test_what_cannot_be_built_says_why_and_how_to_enable_it(
    catalog, native, without_qemu, require_tool
):
    require_tool("mmdebstrap", hint="apt-get install mmdebstrap")
    other = "linux/arm/v7"
    assert look(catalog, add_script(catalog, [native, other])) == (
        PlatformOutlook(native, Outlook.NATIVE),
        PlatformOutlook(other, Outlook.IMPOSSIBLE, "no handler", "install one"),
    )


@pytest.mark.parametrize("missing", ["buildah", "mmdebstrap"])
def test_a_missing_program_is_named(catalog, native, monkeypatch, missing):
    which = shutil.which
    monkeypatch.setattr(
        "ecr.stages.build.plan.shutil.which",
        lambda name: None if name == missing else which(name) or f"/usr/bin/{name}",
    )
    (outlook,) = look(catalog, add_script(catalog, [native]))
    assert outlook.outlook is Outlook.IMPOSSIBLE
    assert outlook.reason == f"{missing} is not installed"
    assert str(outlook.hint).startswith(f"install it with: sudo apt-get install {missing}")


def test_a_version_of_python_nobody_has_is_told(catalog, native):
    entry = catalog.add(
        "sky/script:1.0.0",
        {"kind": "script", "entrypoint": "main.py", "python": "3.12"},
        {"main.py": "print(1)\n"},
        platforms=[native],
    )
    (outlook,) = look(catalog, entry)
    assert outlook.outlook is Outlook.IMPOSSIBLE
    assert outlook.reason == "no Debian base has Python 3.12; there are 3.11 and 3.13"


def test_a_static_program_needs_no_qemu(catalog, native, foreign, without_qemu):
    content = make_exit_program(foreign)
    entry = catalog.add(
        "sky/level:1.0.0",
        {
            "kind": "binary",
            "files": {
                foreign: {
                    "path": "program",
                    "sha256": digest_of(content),
                    "size_bytes": len(content),
                }
            },
        },
        {"program": content},
        platforms=[foreign],
    )
    assert look(catalog, entry) == (PlatformOutlook(foreign, Outlook.NATIVE),)
    catalog.build(entry)
    assert look(catalog, entry) == (PlatformOutlook(foreign, Outlook.DONE),)


def test_what_is_built_is_done_until_something_changes(catalog, native):
    def add(text: str):
        return catalog.add(
            "sky/app:1.0.0",
            {"kind": "container"},
            {"Dockerfile": "FROM scratch\nCOPY . /\n", "text": text},
            platforms=[native],
        )

    entry = add("one")
    assert [item.outlook for item in look(catalog, entry)] == [Outlook.NATIVE]
    catalog.build(entry)
    assert [item.outlook for item in look(catalog, entry)] == [Outlook.DONE]
    manifest = catalog.root / entry.path / "release.yaml"
    manifest.write_text(manifest.read_text().replace("Cloud cover", "Cloud cover 2"))
    assert [item.outlook for item in look(catalog, catalog.load("sky/app:1.0.0"))] == [
        Outlook.NATIVE
    ]


def test_a_yanked_release_is_not_built(catalog, native):
    entry = add_script(catalog, [native])
    status = catalog.root / entry.path / "status.yaml"
    status.write_text(
        status.read_text() + "yanked:\n  by: ada\n  on: 2026-05-02\n  reason: It burns the node.\n"
    )
    assert list_buildable(catalog.root, [catalog.load(str(entry.id))], catalog.settings) == []
