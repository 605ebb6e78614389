"""Building again and comparing: with the real Buildah, and image by image."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ecr.catalog.record_writer import read_build
from ecr.stages.build.errors import BuildError
from ecr.stages.build.finish import AddedFile, Finish, finish_image
from ecr.stages.build.reproduction import Reproduction, compare_images, reproduce
from ecr.tools.oci_layout import CONFIG, MANIFEST, Descriptor, OciLayout
from ecr.tools.qemu import find_ability

SHELL = """\
FROM scratch
COPY --chmod=755 busybox /bin/busybox
SHELL ["/bin/busybox", "sh", "-c"]
"""


def build_and_check(catalog, native, busybox, dockerfile: str) -> Reproduction:
    entry = catalog.add(
        "sky/app:1.0.0",
        {"kind": "container"},
        {"Dockerfile": SHELL + dockerfile, "busybox": busybox},
        platforms=[native],
    )
    build = catalog.build(entry).record
    return reproduce(
        catalog.root, entry, build, find_ability(native), catalog.store, catalog.settings
    )


def test_a_dockerfile_that_depends_on_nothing_else_is_reproduced(catalog, native, busybox):
    outcome = build_and_check(catalog, native, busybox, "RUN echo same > /file; touch /other\n")
    assert outcome.same
    assert outcome.differences == ()


def test_what_differs_is_named_file_by_file(catalog, native, busybox):
    outcome = build_and_check(
        catalog, native, busybox, "RUN cat /proc/sys/kernel/random/uuid > /id; echo a > /same\n"
    )
    assert not outcome.same
    assert outcome.differences == ("/id: other content, 37 bytes became 37",)


def test_without_an_image_there_is_nothing_to_compare_with(catalog, native, busybox):
    entry = catalog.add(
        "sky/app:1.0.0",
        {"kind": "container"},
        {"Dockerfile": SHELL, "busybox": busybox},
        platforms=[native],
    )
    catalog.build(entry)
    build = read_build(catalog.root, entry)
    assert build is not None
    with pytest.raises(BuildError) as caught:
        reproduce(
            catalog.root,
            entry,
            build.model_copy(update={"images": {}}),
            find_ability(native),
            catalog.store,
            catalog.settings,
        )
    assert str(caught.value) == (f"sky/app:1.0.0 for {native}: there is no image to compare with")


@pytest.fixture
def layout(tmp_path) -> OciLayout:
    return OciLayout(tmp_path / "images").create()


START = Finish("linux/amd64", 0, {"a": "1"}, files=(AddedFile("/x/file", b"one"),))


def make_image(layout: OciLayout, finish: Finish) -> Descriptor:
    config = {
        "os": "linux",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    manifest = {"config": layout.put_json(config, CONFIG).to_json(), "layers": []}
    return finish_image(layout, layout.put_json(manifest, MANIFEST), {}, finish)


@pytest.mark.parametrize(
    ("changes", "differences"),
    [
        ({}, []),
        (
            {"files": (AddedFile("/x/file", b"three"),)},
            ["/x/file: other content, 3 bytes became 5"],
        ),
        ({"files": (AddedFile("/x/file", b"one", 0o755),)}, ["/x/file: mode 644 became 755"]),
        ({"files": (AddedFile("/x/file", None),)}, ["/x/file: file became directory"]),
        (
            {"files": (AddedFile("/x/file", b"one"), AddedFile("/x/more", b""))},
            ["/x/more: only in the new image"],
        ),
        (
            {"files": (AddedFile("/x/other", b"one"),)},
            ["/x/file: only in the recorded image", "/x/other: only in the new image"],
        ),
        (
            {"arguments": ("--once",)},
            ["configuration.config.Cmd: None became ['--once']"],
        ),
        (
            {"created_s": 1},
            ["configuration.created: '1970-01-01T00:00:00Z' became '1970-01-01T00:00:01Z'"],
        ),
    ],
    ids=[
        "nothing",
        "a file's content",
        "its mode",
        "its kind",
        "one more",
        "another name",
        "arguments",
        "the time",
    ],
)
def test_differences_are_said_in_words(layout, changes, differences):
    old, new = make_image(layout, START), make_image(layout, replace(START, **changes))
    assert compare_images(layout, old.digest, layout, new.digest) == differences
    assert (old.digest == new.digest) is (not differences)
