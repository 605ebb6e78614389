"""Files, pictures, permissions, decisions and records of a bundle."""

# ruff: noqa: E501 - messages are asserted in full

import json
import os
from pathlib import Path

import pytest

from tests.unit.catalog.sample import (
    BUNDLE_PATH,
    RELEASE_PATH,
    SampleCatalog,
    make_jpeg,
    make_png,
)

MEDIA = f"{BUNDLE_PATH}/media"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">{}</svg>'
DIGEST = "sha256:" + "a" * 64
STATISTIC = {"p50": 1.0, "p95": 2.0, "p99": 2.0, "max": 2.0}
PROFILE = {
    "schema_version": 1,
    "id": "sage/cloud-cover:1.2.0",
    "image": DIGEST,
    "platform": "linux/arm64",
    "machine": {
        "hardware": "xaviernx",
        "cpu": "Carmel",
        "cores": 6,
        "memory_bytes": 8589934592,
        "kernel": "5.10",
        "engine": "docker 27",
    },
    "emulated": False,
    "virtual_waggle": False,
    "measured": "2026-02-01T00:00:00Z",
    "operator": "Ada Example",
    "tool": "ecr 0.1.0",
    "runs": 3,
    "duration_s": STATISTIC,
    "cpu_millicores": STATISTIC,
    "memory_bytes": STATISTIC,
    "exit_status": 0,
    "raw_log": DIGEST,
}


def shorten(lines: list[str]) -> list[str]:
    """Leave out line and column, which are 1:1 for findings about whole files."""
    return [line.replace(":1:1 ", " ") for line in lines]


def test_a_sound_catalog_has_no_findings(sample: SampleCatalog):
    assert sample.show() == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "bundles/sage/namespace.yaml",
            "namespace.yaml E204: the file 'namespace.yaml' is missing",
        ),
        (f"{BUNDLE_PATH}/bundle.yaml", "bundle.yaml E204: the file 'bundle.yaml' is missing"),
        (f"{RELEASE_PATH}/release.yaml", "release.yaml E204: the file 'release.yaml' is missing"),
        (f"{RELEASE_PATH}/status.yaml", "status.yaml E204: the file 'status.yaml' is missing"),
    ],
)
def test_a_missing_file(sample: SampleCatalog, path: str, expected: str):
    (sample.root / path).unlink()
    assert shorten(sample.show()) == [expected]


def test_a_bundle_without_a_release(sample: SampleCatalog):
    for name in ("release.yaml", "status.yaml"):
        (sample.root / RELEASE_PATH / name).unlink()
    (sample.root / RELEASE_PATH).rmdir()
    assert shorten(sample.show()) == ["bundle.yaml E205: the bundle has no release"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("bundles/notes.txt", "W221: no such file is expected here"),
        ("bundles/sage/notes.txt", "W221: no such file is expected here"),
        (f"{BUNDLE_PATH}/notes.txt", "W221: no such file is expected in a bundle"),
        (f"{MEDIA}/icon.jpeg", "W221: no such file is expected in 'media'"),
        (f"{MEDIA}/icon.jpg", "W221: 'icon.png' is shown, so this file is not used"),
        (f"{RELEASE_PATH}/notes.txt", "W221: nothing in release.yaml refers to this file"),
        (f"{RELEASE_PATH}/a:b.txt", "E216: the file's name does not work on every system"),
        (f"{RELEASE_PATH}/März.txt", "E216: the file's name does not work on every system"),
        (f"{RELEASE_PATH}/a .txt /b", "E216: the file's name does not work on every system"),
        (f"{RELEASE_PATH}/dot.", "E216: the file's name does not work on every system"),
        (f"{RELEASE_PATH}/two\nlines", "E216: the file's name does not work on every system"),
        (
            f"{RELEASE_PATH}/Release.yaml",
            "E216: the file's name differs only by case from 'bundles/sage/cloud-cover/1.2.0/Release.yaml'",
        ),
    ],
)
def test_a_file_that_does_not_belong(sample: SampleCatalog, path: str, expected: str):
    sample.write(path, make_jpeg(512, 512) if path.endswith("icon.jpg") else "x\n")
    shown = [line.split(" ", 1)[1] for line in shorten(sample.show())]
    assert expected in shown
    assert len(shown) <= 2


def test_a_name_that_is_not_utf_8_is_reported_and_shown(sample: SampleCatalog):
    path = os.fsencode(sample.root / RELEASE_PATH) + b"/a\xff.txt"
    Path(os.fsdecode(path)).write_bytes(b"x")
    findings = sample.check()
    assert [finding.code for finding in findings] == ["E216", "W221"]
    assert findings[0].path == f"{RELEASE_PATH}/a\\udcff.txt"
    assert findings[0].path.encode()


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (f"{RELEASE_PATH}/status.yaml", "/etc/passwd"),
        (f"{BUNDLE_PATH}/bundle.yaml", "../other.yaml"),
        (f"{RELEASE_PATH}/source", "/etc"),
        (f"{BUNDLE_PATH}/1.3.0", "1.2.0"),
        ("bundles/sage/namespace.yaml", "cloud-cover/bundle.yaml"),
        (f"{MEDIA}/icon.png", "science-image.jpg"),
        ("bundles/other", "sage"),
        ("bundles/sage/other", "cloud-cover"),
        (f"{RELEASE_PATH}/dangling", "nowhere"),
    ],
)
def test_a_link_is_reported_and_not_followed(sample: SampleCatalog, link: str, target: str):
    path = sample.root / link
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    findings = [finding for finding in sample.check() if finding.code != "W222"]
    assert [(finding.code, finding.path) for finding in findings] == [("E206", link)]


def test_a_repository_inside_a_bundle(sample: SampleCatalog):
    sample.write(f"{RELEASE_PATH}/source/.git/config", "[core]\n")
    sample.write(f"{RELEASE_PATH}/other/.GIT", "gitdir: elsewhere\n")
    assert shorten(sample.show()) == [
        ".GIT E206: a git repository or submodule stands in a bundle",
        ".git E206: a git repository or submodule stands in a bundle",
    ]


def test_directories_without_end_are_reported_and_left(sample: SampleCatalog):
    sample.write(f"{RELEASE_PATH}/{'d/' * 600}x", "x")
    (finding,) = sample.check()
    assert finding.code == "E206"
    assert finding.path == f"{RELEASE_PATH}/{'d/' * 30}".rstrip("/")


def test_a_large_file(sample: SampleCatalog):
    path = sample.write(f"{RELEASE_PATH}/source/model.bin", "")
    with path.open("wb") as file:
        file.truncate(11 * 1024 * 1024)
    assert "W224" in sample.codes()


def test_a_manifest_too_large_to_read_is_not_read(sample: SampleCatalog):
    path = sample.root / RELEASE_PATH / "release.yaml"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    shown = shorten(sample.show())
    assert "release.yaml E005: the file has 1099511627776 bytes; at most 262144 are read" in shown


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("icon.png", make_png(512, 512), []),
        ("icon.png", make_png(100, 100), ["icon.png W223: the picture has 100 x 100 pixels; less than 128 x 128 looks blurred"]),
        ("icon.png", make_png(512, 400), ["icon.png W223: the icon has 512 x 400 pixels and is not square"]),
        ("icon.png", make_png(9000, 9000), ["icon.png E211: the picture has 9000 x 9000 pixels; at most 6000 a side"]),
        ("icon.png", make_jpeg(512, 512), ["icon.png E212: the file is a JPG picture, not the PNG its name says"]),
        ("icon.png", b"<svg/>", ["icon.png E212: the file is no PNG or JPEG picture, not the PNG its name says"]),
        ("icon.png", make_png(512, 512)[:20], ["icon.png E212: the picture is damaged: its size cannot be read"]),
        ("icon.png", make_png(0, 0), ["icon.png E212: the picture is damaged: its size cannot be read"]),
        ("icon.png", make_png(512, 512) + bytes(300_000), ["icon.png E211: the file has 300045 bytes; at most 262144 are allowed"]),
        ("science-image.jpg", make_jpeg(1920, 1080), []),
        ("science-image.jpg", make_jpeg(320, 240), ["science-image.jpg W223: the picture has 320 x 240 pixels; less than 640 x 360 looks blurred"]),
        ("science-image.jpg", b"\xff\xd8\xff" + bytes(50), ["science-image.jpg E212: the picture is damaged: its size cannot be read"]),
        ("science-image.jpg", b"\xff\xd8" + b"\xff\xe0\x00\x02" * 200, ["science-image.jpg E212: the picture is damaged: its size cannot be read"]),
        ("science-image.jpg", b"\xff\xd8" + b"\xff" * 200, ["science-image.jpg E212: the picture is damaged: its size cannot be read"]),
        ("science-image.jpg", b"\xff\xd8\xff\xe0\x00\x00" + bytes(50), ["science-image.jpg E212: the picture is damaged: its size cannot be read"]),
        ("science-description.md", b"Caf\xe9", ["science-description.md E001: the file is not UTF-8 text"]),
        ("science-description.md", "a\u202eb".encode(), ["science-description.md E117: the file holds an invisible character (U+202E)"]),
        ("science-description.md", b"x" * 200_000, ["science-description.md E211: the file has 200000 bytes; at most 131072 are allowed"]),
    ],
)  # fmt: skip
def test_media(sample: SampleCatalog, name: str, content: bytes, expected: list[str]):
    sample.write(f"{MEDIA}/{name}", content)
    assert shorten(sample.show()) == expected


def test_missing_media_are_named_in_one_warning(sample: SampleCatalog):
    (sample.root / MEDIA / "science-image.jpg").unlink()
    (sample.root / MEDIA / "science-description.md").unlink()
    assert shorten(sample.show()) == [
        "bundle.yaml W222: the bundle has no science image or science description"
    ]
    (sample.root / MEDIA / "icon.png").unlink()
    assert shorten(sample.show()) == [
        "bundle.yaml W222: the bundle has no icon, science image or science description"
    ]


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (SVG.format('<circle r="6" fill="url(#g)" style="stroke:url( #h )"/><a href="#x"/>'), []),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<!-- drawn -->\n' + SVG.format("<g/>"), []),
        (SVG.format('<image href="data:image/png;base64,AAAA"/>'), []),
        (SVG.format("<script>alert(1)</script>"), ["E213: the picture holds an element 'script'"]),
        (SVG.format("<x:script xmlns:x='urn:x'/>"), ["E213: the picture holds an element 'script'"]),
        (SVG.format("<foreignObject/>"), ["E213: the picture holds an element 'foreignobject'"]),
        (SVG.format('<g onload="alert(1)"/>'), ["E213: the picture holds a handler 'onload'"]),
        (SVG.format('<a href=" JavaScript:alert(1)"/>'), ["E213: the picture holds a reference to outside in 'href'"]),
        (SVG.format('<image xlink:href="https://a.org/b.png" xmlns:xlink="http://www.w3.org/1999/xlink"/>'), ["E213: the picture holds a reference to outside in 'href'"]),
        (SVG.format('<image href="data:image/svg+xml;base64,AAAA"/>'), ["E213: the picture holds a reference to outside in 'href'"]),
        (SVG.format("<style>@import url(https://a.org/b.css)</style>"), ["E213: the picture holds a style that reaches outside"]),
        (SVG.format('<g style="fill: u\\72l(https://a.org)"/>'), ["E213: the picture holds an attribute 'style' that reaches outside"]),
        (SVG.format('<g fill="url(https://a.org/x)"/>'), ["E213: the picture holds an attribute 'fill' that reaches outside"]),
        (SVG.format('<set attributeName="href" to="#b"/>'), ["E213: the picture holds an animation of a reference"]),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG.format("&a;"), ["E213: the picture holds '<!DOCTYPE', which could load or run something"]),
        ('<?xml-stylesheet href="a.css"?>' + SVG.format(""), ["E213: the picture holds '<?', which could load or run something"]),
        (SVG.format("<g>"), ["E212: the file is not well-formed XML, so no SVG picture"]),
        ("<html xmlns='http://www.w3.org/1999/xhtml'/>", ["E212: the file is not an SVG picture"]),
        ("<svg/>", ["E212: the file is not an SVG picture"]),
        ("\ufffe", ["E212: the file is not well-formed XML, so no SVG picture"]),
        (SVG.format("<g>" * 15_000 + "</g>" * 15_000), []),
    ],
)  # fmt: skip
def test_an_svg_icon_only_draws(sample: SampleCatalog, picture: str, expected: list[str]):
    (sample.root / MEDIA / "icon.png").unlink()
    sample.write(f"{MEDIA}/icon.svg", picture)
    assert [line.removeprefix("icon.svg ") for line in shorten(sample.show())] == expected


def test_an_svg_icon_in_another_encoding(sample: SampleCatalog):
    (sample.root / MEDIA / "icon.png").unlink()
    sample.write(f"{MEDIA}/icon.svg", SVG.format("<script/>").encode("utf-16"))
    assert shorten(sample.show()) == ["icon.svg E212: the file is not an SVG picture in UTF-8"]


@pytest.mark.parametrize(
    ("name", "snippet", "expected"),
    [
        ("bundle.yaml", "grants: [{to: everyone, permission: READ}]", []),
        (
            "bundle.yaml",
            "grants: [{to: everyone, permission: WRITE}]",
            ["E305 grants[0].permission: WRITE cannot be granted to everyone"],
        ),
        (
            "bundle.yaml",
            "access: protected\ngrants: [{to: everyone, permission: READ}]",
            ["E305 grants[0]: the bundle is protected and grants READ to everyone"],
        ),
        (
            "bundle.yaml",
            "maintainers: ['user:Ada', 'user:ada', everyone]",
            [
                "E301 maintainers[1]: 'user:ada' stands twice in maintainers",
                "E305 maintainers[2]: 'everyone' cannot be one of the maintainers",
            ],
        ),
        (
            "namespace.yaml",
            "owners: [everyone]",
            ["E305 owners[0]: 'everyone' cannot be one of the owners"],
        ),
        (
            "namespace.yaml",
            "grants: [{to: 'user:b', permission: READ}, {to: 'user:b', permission: READ}]",
            ["E301 grants[1]: 'READ to user:b' stands twice in grants"],
        ),
        (
            "namespace.yaml",
            "namespace: waggle",
            ["E201 namespace: namespace 'waggle' is not the directory's name 'sage'"],
        ),
        (
            "bundle.yaml",
            "name: clouds",
            ["E201 name: name 'clouds' is not the directory's name 'cloud-cover'"],
        ),
        (
            "status.yaml",
            (
                "added: 2026-03-01\napprovals: [{by: a, on: 2026-03-02, reason: b, deployment: c}, "
                "{by: a, on: 2026-02-01, reason: b, deployment: c}]"
            ),
            ["E307 approvals[1].on: 2026-02-01 is before 2026-03-01, when the release was added"],
        ),
        (
            "status.yaml",
            "added: 2026-03-01\nyanked: {by: a, on: 2026-02-28, reason: b}",
            ["E307 yanked.on: 2026-02-28 is before 2026-03-01, when the release was added"],
        ),
        (
            "bundle.yaml",
            "successor: sage/cloud-height",
            ["E304 successor: there is no bundle 'sage/cloud-height' in the catalog"],
        ),
        (
            "bundle.yaml",
            "successor: sage/cloud-cover",
            ["E304 successor: a bundle cannot be its own successor"],
        ),
        (
            "bundle.yaml",
            "successor_reason: Faster.",
            ["E304 successor_reason: there is a reason but no successor"],
        ),
    ],
)
def test_permissions_decisions_and_successors(
    sample: SampleCatalog, name: str, snippet: str, expected: list[str]
):
    sample.overlay(name, snippet)
    assert [line.split(" ", 1)[1] for line in sample.show()] == expected


def test_a_name_that_ends_with_a_dash(sample: SampleCatalog):
    (sample.root / BUNDLE_PATH).rename(sample.root / "bundles/sage/cloud-")
    for name in ("bundle.yaml", "1.2.0/release.yaml"):
        path = sample.root / "bundles/sage/cloud-" / name
        path.write_text(path.read_text().replace("name: cloud-cover", "name: cloud-"))
    assert [line.split(" ", 1)[1] for line in sample.show()] == [
        "E306 name: name 'cloud-' ends with '-'"
    ] * 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        (
            {"id": "sage/cloud-cover:1.1.0"},
            ["E210 id: the record is of 'sage/cloud-cover:1.1.0', not of 'sage/cloud-cover:1.2.0'"],
        ),
        (
            {"platform": "linux/arm/v7"},
            ["E210 platform: it ran on 'linux/arm/v7', which the release is not for"],
        ),
        (
            {"machine": {**PROFILE["machine"], "hardware": "my-desk"}},  # type: ignore[dict-item]
            ["E308 machine.hardware: hardware 'my-desk' is not in the registry"],
        ),
        (
            {"runs": "three"},
            ["E208 runs: the record does not follow its schema: Input should be a valid integer"],
        ),
        (
            {"surprise": 1},
            [
                "E208 surprise: the record does not follow its schema: Extra inputs are not permitted"
            ],
        ),
    ],
)
def test_a_profile(sample: SampleCatalog, changes: dict[str, object], expected: list[str]):
    sample.write(f"{RELEASE_PATH}/profiles/a.json", json.dumps({**PROFILE, **changes}))
    assert [line.split(" ", 1)[1] for line in shorten(sample.show())] == expected


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 100_000, b'{"a":' * 50_000, b"\xff", b"null", b'{"runs": 1e999999}', b"\0"],
    ids=["nothing", "half", "brackets", "objects", "no UTF-8", "null", "a huge number", "NUL"],
)
def test_a_record_that_is_no_record(sample: SampleCatalog, content: bytes):
    sample.write(f"{RELEASE_PATH}/build.json", content)
    sample.write(f"{RELEASE_PATH}/profiles/a.json", content)
    assert sample.codes() == ["E208"]


def test_damaged_json_is_told_with_its_place(sample: SampleCatalog):
    sample.write(f"{RELEASE_PATH}/build.json", '{\n  "id": oops\n}\n')
    assert sample.show() == [
        "build.json:2:9 E208: the record does not follow its schema: Invalid JSON: expected value"
    ]


def test_a_build_of_another_release_or_platform(sample: SampleCatalog):
    image = {
        "digest": DIGEST,
        "size_bytes": 1,
        "emulated": False,
        "builder": "buildah 1.40",
        "duration_s": 1.0,
    }
    build = {
        "schema_version": 1,
        "id": "sage/cloud-cover:1.1.0",
        "built": "2026-02-01T00:00:00Z",
        "images": {"linux/arm/v7": image},
    }
    sample.write(f"{RELEASE_PATH}/build.json", json.dumps(build))
    assert [line.split(" ", 1)[1] for line in shorten(sample.show())] == [
        "E210 id: the record is of 'sage/cloud-cover:1.1.0', not of 'sage/cloud-cover:1.2.0'",
        "E210 images.linux/arm/v7: there is an image for 'linux/arm/v7', which the release is not for",
    ]
