"""What a git difference means."""

import pytest

from ecr.catalog.changes import check_frozen, find_targets
from ecr.model.identity import BundleId

RELEASE = "bundles/sage/clouds/1.0.0"


def frozen(*changes: tuple[str, str], there: tuple[str, ...] = ()) -> list[str]:
    found = check_frozen(changes, lambda path: path in there)
    return [f"{one.code} {one.path.removeprefix(RELEASE)}: {one.message}" for one in found]


@pytest.mark.parametrize(
    ("changes", "there", "expected"),
    [
        ((("A", f"{RELEASE}/release.yaml"), ("A", f"{RELEASE}/source/a.py")), (), []),
        (
            (("M", f"{RELEASE}/release.yaml"),),
            (),
            ["E203 /release.yaml: sage/clouds:1.0.0 was released and is changed"],
        ),
        (
            (("T", f"{RELEASE}/release.yaml"),),
            (),
            ["E203 /release.yaml: sage/clouds:1.0.0 was released and is changed"],
        ),
        (
            (("D", f"{RELEASE}/release.yaml"), ("D", f"{RELEASE}/status.yaml")),
            (),
            ["E203 /release.yaml: sage/clouds:1.0.0 was released and is deleted"],
        ),
        (
            (
                ("M", f"{RELEASE}/status.yaml"),
                ("M", f"{RELEASE}/build.json"),
                ("A", f"{RELEASE}/doi.json"),
                ("A", f"{RELEASE}/profiles/a.json"),
            ),
            (f"{RELEASE}/release.yaml",),
            [],
        ),
        (
            (("A", f"{RELEASE}/source/b.py"), ("M", f"{RELEASE}/source/a.py")),
            (f"{RELEASE}/release.yaml",),
            [
                "E203 /source/a.py: sage/clouds:1.0.0 was released, and a file of it is changed",
                "E203 /source/b.py: sage/clouds:1.0.0 was released, and a file of it is added",
            ],
        ),
        (
            (("M", f"{RELEASE}/profiles/a.json"), ("D", f"{RELEASE}/profiles/b.json")),
            (f"{RELEASE}/release.yaml",),
            [
                "E214 /profiles/a.json: a profile that was recorded is changed",
                "E214 /profiles/b.json: a profile that was recorded is deleted",
            ],
        ),
        ((("A", f"{RELEASE}/source/a.py"),), (), []),
        ((("M", "bundles/sage/clouds/bundle.yaml"), ("M", "README.md")), (), []),
        ((("M", "bundles/sage/clouds/media/icon.png"),), (), []),
    ],
    ids=[
        "a new release",
        "a changed manifest",
        "a manifest that became a link",
        "a deleted release is told once",
        "what may change after a release",
        "code of a release",
        "profiles are only added",
        "files of a release that never was",
        "a bundle may change",
        "pictures may change",
    ],
)
def test_what_was_released_stays(
    changes: tuple[tuple[str, str], ...], there: tuple[str, ...], expected: list[str]
):
    assert frozen(*changes, there=there) == expected


def test_what_has_to_be_looked_at():
    targets = find_targets(
        [
            ("M", "README.md"),
            ("A", "bundles/stray.txt"),
            ("D", "bundles/gone.txt"),
            ("A", "bundles/sage/stray.txt"),
            ("M", "bundles/sage/namespace.yaml"),
            ("A", f"{RELEASE}/release.yaml"),
            ("A", f"{RELEASE}/profiles/a.json"),
            ("D", "bundles/sage/clouds/1.1.0/release.yaml"),
            ("M", "bundles/sage/rain/bundle.yaml"),
            ("M", "bundles/sage/snow/media/icon.png"),
        ]
    )
    assert not targets.everything
    assert targets.strays == {"bundles/stray.txt", "bundles/sage/stray.txt"}
    assert targets.namespaces == {"sage"}
    assert targets.bundles == {
        BundleId("sage", "clouds"): {"1.0.0", "1.1.0"},
        BundleId("sage", "rain"): set(),
        BundleId("sage", "snow"): set(),
    }


def test_another_hardware_registry_means_everything():
    assert find_targets([("M", "hardware.yaml")]).everything
