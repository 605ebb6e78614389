"""Images built by the real Buildah from small programs and a static shell."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from ecr.catalog.record_writer import read_build
from ecr.errors import IntegrityError
from ecr.stages.build.assembly import assemble
from ecr.stages.build.builder import ReleaseBuild
from ecr.stages.build.errors import BuildError, BuildFailuresError
from ecr.stages.build.image_files import ImageFile, read_image_files
from ecr.stages.build.places import log_of
from tests.build.conftest import Catalog, digest_of, make_exit_program

OCI = "org.opencontainers.image."


def describe_program(content: bytes, path: str = "program") -> dict[str, object]:
    return {"path": path, "sha256": digest_of(content), "size_bytes": len(content)}


def read_files(catalog: Catalog, entry, name: str) -> dict[str, ImageFile]:
    manifest, _ = catalog.read_image(entry, name)
    return read_image_files(catalog.images(entry), manifest, wanted=lambda _: True)


def read_text(files: dict[str, ImageFile], path: str) -> str:
    content = files[path].content
    assert content is not None
    return content.decode()


class TestPrograms:
    @pytest.fixture
    def program(self, catalog: Catalog, native: str):
        content = make_exit_program(native)
        return catalog.add(
            "sky/level:1.2.0",
            {
                "kind": "binary",
                "files": {native: describe_program(content)},
                "arguments": ["--input", "-"],
            },
            {"program": content, "unrelated.txt": "x"},
            platforms=[native],
        )

    def test_a_program_is_alone_in_its_image_and_not_root(self, catalog, native, program):
        catalog.build(program)
        name = f"1.2.0-{native.replace('/', '-')}"
        _, config = catalog.read_image(program, name)
        assert config["config"]["User"] == "65532:65532"
        assert config["config"]["Entrypoint"] == ["/usr/bin/level"]
        assert config["config"]["Cmd"] == ["--input", "-"]
        files = read_files(catalog, program, name)
        assert {
            path: f"{file.mode:o}" for path, file in files.items() if "/" in path or path == "tmp"
        } == {
            "etc/group": "644",
            "etc/passwd": "644",
            "tmp": "1777",
            "usr/bin": "755",
            "usr/bin/level": "755",
        }

    def test_an_image_says_what_it_is(self, catalog, native, program):
        catalog.build(program)
        manifest, config = catalog.read_image(program, f"1.2.0-{native.replace('/', '-')}")
        page = "https://example.org/catalog/bundles/sky/level/1.2.0/"
        assert manifest["annotations"] == {
            f"{OCI}authors": "Ada Lovelace <ada@example.org>",
            f"{OCI}created": "2026-05-01T00:00:00Z",
            f"{OCI}description": "Says how much of the sky is cloudy",
            f"{OCI}documentation": page,
            f"{OCI}licenses": "BSD-3-Clause",
            f"{OCI}source": "https://github.com/example/catalog/tree/HEAD/bundles/sky/level/1.2.0/source",
            f"{OCI}title": "Cloud cover",
            f"{OCI}url": page,
            f"{OCI}vendor": "sky",
            f"{OCI}version": "1.2.0",
        }
        assert config["config"]["Labels"] == manifest["annotations"]
        assert config["created"] == "2026-05-01T00:00:00Z"

    def test_the_record_names_the_image_and_no_place_it_was_not_pushed_to(
        self, catalog, native, program
    ):
        outcome = catalog.build(program)
        assert (outcome.built, outcome.unchanged) == ((native,), ())
        build = read_build(catalog.root, program)
        assert build == outcome.record
        assert build is not None
        image = build.images[native]
        layout = catalog.images(program)
        manifest = layout.read_json(image.digest)
        assert build.repository is None
        assert build.digest == layout.resolve("1.2.0").digest
        assert [layer.digest for layer in image.layers] == [
            layer["digest"] for layer in manifest["layers"]
        ]
        assert image.size_bytes == sum(layer["size"] for layer in manifest["layers"])
        assert (image.base_name, image.base_digest, image.emulated) == (None, None, False)
        assert image.builder.startswith("buildah ")
        assert set(image.tools) == {"ecr", "buildah"}
        assert build.built == catalog.told.ended[0].built

    def test_a_foreign_program_is_packed_without_running_it(self, catalog, native, foreign):
        """So no QEMU is needed, and the record does not say one was used."""
        own, other = make_exit_program(native), make_exit_program(foreign)
        entry = catalog.add(
            "sky/level:1.0.0",
            {
                "kind": "binary",
                "files": {
                    native: describe_program(own, "own"),
                    foreign: describe_program(other, "other"),
                },
            },
            {"own": own, "other": other},
            platforms=[native, foreign],
        )
        record = catalog.build(entry).record
        assert record is not None
        assert record.images[foreign].emulated is False
        index = catalog.images(entry).read_json(str(record.digest))
        described = {m["platform"]["architecture"]: m["digest"] for m in index["manifests"]}
        assert described == {
            platform.split("/")[1]: image.digest for platform, image in record.images.items()
        }
        # Built one after the other from nothing, they share a cache only if storages are shared.
        _, config = catalog.read_image(entry, f"1.0.0-{foreign.replace('/', '-')}")
        assert config["architecture"] == foreign.split("/")[1]

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda content: content + b"x", "program has 1 bytes more"),
            (lambda _: b"#!/bin/sh\n", "'program' is no compiled program for Linux (ELF)"),
        ],
        ids=["another file than the manifest says", "a script"],
    )
    def test_a_wrong_file_is_refused(self, catalog, native, make, message):
        content = make_exit_program(native)
        given = make(content)
        told = content if len(given) > len(content) else given
        entry = catalog.add(
            "sky/level:1.0.0",
            {"kind": "binary", "files": {native: describe_program(told)}},
            {"program": told},
            platforms=[native],
        )
        if given is not told:
            # What a host would have to do to a release that was merged.
            (catalog.root / entry.path / "source" / "program").write_bytes(given)
        with pytest.raises((BuildError, IntegrityError)) as caught:
            catalog.build(entry)
        if given is told:
            assert str(caught.value) == f"sky/level:1.0.0 for {native}: {message}"
        else:
            assert str(caught.value) == (
                f"sky/level:1.0.0 for {native}: program has {len(given):,} bytes with checksum "
                f"{digest_of(given)}, and release.yaml says {len(told):,} bytes with checksum "
                f"{digest_of(told)}"
            )
        assert not (catalog.root / entry.path / "build.json").read_bytes().count(b'"images"')

    def test_a_program_of_another_platform_is_refused(self, catalog, native, foreign):
        content = make_exit_program(foreign)
        entry = catalog.add(
            "sky/level:1.0.0",
            {"kind": "binary", "files": {native: describe_program(content)}},
            {"program": content},
            platforms=[native],
        )
        with pytest.raises(BuildError) as caught:
            catalog.build(entry)
        assert str(caught.value) == (
            f"sky/level:1.0.0 for {native}: 'program' is a program for {foreign}"
        )


SHELL = """\
FROM scratch
COPY --chmod=755 busybox /bin/busybox
SHELL ["/bin/busybox", "sh", "-c"]
"""


class TestContainers:
    def build(self, catalog, native, files, **code) -> tuple[ReleaseBuild, dict[str, ImageFile]]:
        entry = catalog.add(
            "sky/app:1.0.0", {"kind": "container", **code}, files, platforms=[native]
        )
        outcome = catalog.build(entry)
        return outcome, read_files(catalog, entry, f"1.0.0-{native.replace('/', '-')}")

    def test_build_arguments_reach_the_dockerfile(self, catalog, native, busybox):
        dockerfile = (
            SHELL + "ARG MODEL\nARG TARGETPLATFORM\nRUN echo $MODEL $TARGETPLATFORM > /model\n"
        )
        _, files = self.build(
            catalog,
            native,
            {"Dockerfile": dockerfile, "busybox": busybox},
            build_args={"MODEL": "cloud net"},
        )
        assert read_text(files, "model") == f"cloud net {native}\n"

    def test_another_dockerfile_can_be_named(self, catalog, native):
        _, files = self.build(
            catalog,
            native,
            {"docker/edge.Dockerfile": "FROM scratch\nCOPY data.txt /\n", "data.txt": "x"},
            dockerfile="docker/edge.Dockerfile",
        )
        assert "data.txt" in files

    def test_dockerignore_is_respected(self, catalog, native):
        _, files = self.build(
            catalog,
            native,
            {
                "Dockerfile": "FROM scratch\nCOPY . /app/\n",
                ".dockerignore": "*.bin\n!keep.bin\n",
                "a.bin": "a",
                "keep.bin": "b",
            },
        )
        assert "app/keep.bin" in files
        assert "app/a.bin" not in files

    def test_declared_arguments_become_the_images(self, catalog, native):
        dockerfile = 'FROM scratch\nCOPY a /\nENTRYPOINT ["/a"]\nCMD ["--old"]\n'
        entry = catalog.add(
            "sky/app:1.0.0",
            {"kind": "container", "arguments": ["--new"]},
            {"Dockerfile": dockerfile, "a": "a"},
            platforms=[native],
        )
        catalog.build(entry)
        _, config = catalog.read_image(entry, f"1.0.0-{native.replace('/', '-')}")
        assert (config["config"]["Entrypoint"], config["config"]["Cmd"]) == (["/a"], ["--new"])

    def test_models_with_a_place_are_put_into_the_image_and_samples_are_not(self, catalog, native):
        model, sample = b"weights", b"readings"
        entry = catalog.add(
            "sky/app:1.0.0",
            {"kind": "container"},
            {
                "Dockerfile": "FROM scratch\nCOPY a /data/a\n",
                "a": "a",
                "data/net.bin": model,
                "data/day.bin": sample,
            },
            platforms=[native],
            data=[
                {
                    "name": name,
                    "role": role,
                    "path": f"data/{name}.bin",
                    "sha256": digest_of(content),
                    "size_bytes": len(content),
                    "license": "CC0-1.0",
                    "origin": "Made for this test.",
                    "mount": f"/data/{name}.bin",
                }
                for name, role, content in (
                    ("net", "model", model),
                    ("day", "sample", sample),
                )
            ],
        )
        catalog.build(entry)
        files = read_files(catalog, entry, f"1.0.0-{native.replace('/', '-')}")
        assert files["data/net.bin"].content == model
        assert "data/day.bin" not in files

    def test_a_link_out_of_the_source_brings_nothing_in(self, catalog, native, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("token")
        entry = catalog.add(
            "sky/app:1.0.0",
            {"kind": "container"},
            {"Dockerfile": "FROM scratch\nCOPY . /app/\n"},
            platforms=[native],
        )
        link = catalog.root / entry.path / "source" / "link"
        link.symlink_to(os.path.relpath(secret, link.parent))
        with pytest.raises(Exception, match="link"):
            catalog.build(entry)

    @pytest.mark.parametrize(
        ("line", "place"),
        [
            ("FROM oci:/srv/images", "oci:"),
            ("FROM --platform=linux/amd64 dir:/etc AS base", "dir:"),
            ("FROM scratch\nCOPY --from=containers-storage:other / /", "containers-storage:"),
            (
                "FROM scratch\nRUN --mount=type=bind,from=docker-archive:/a,target=/a true",
                "docker-archive:",
            ),
            ("ARG BASE=oci-archive:/a\nFROM $BASE", "oci-archive:"),
            ("FROM \\\n  oci:/srv", "oci:"),
        ],
        ids=[
            "a layout on disk",
            "a directory",
            "another image of the machine",
            "an archive that is mounted",
            "hidden in an argument",
            "hidden on the next line",
        ],
    )
    def test_images_come_from_registries_only(self, catalog, native, line, place):
        entry = catalog.add(
            "sky/app:1.0.0", {"kind": "container"}, {"Dockerfile": f"{line}\n"}, platforms=[native]
        )
        with pytest.raises(BuildError) as caught:
            catalog.build(entry)
        assert str(caught.value) == (
            f"sky/app:1.0.0 for {native}: the Dockerfile takes an image from '{place}', a place on "
            "the building machine"
        )


class TestRepetition:
    @pytest.fixture
    def entry(self, catalog, native, busybox):
        dockerfile = SHELL + "RUN echo built > /result; mkdir -p /a/b; ln -s /result /a/b/link\n"
        return catalog.add(
            "sky/app:1.0.0",
            {"kind": "container"},
            {"Dockerfile": dockerfile, "busybox": busybox},
            platforms=[native],
        )

    def test_nothing_is_done_when_nothing_changed(self, catalog, native, entry):
        first = catalog.build(entry)
        record = catalog.root / entry.path / "build.json"
        log = log_of(catalog.root, entry.id, native)
        before = (record.stat().st_mtime_ns, log.stat().st_mtime_ns)
        second = catalog.build(entry)
        assert (second.built, second.unchanged, second.record) == ((), (native,), first.record)
        assert catalog.told.started == []
        assert (record.stat().st_mtime_ns, log.stat().st_mtime_ns) == before

    def test_the_same_files_give_the_same_image_on_a_machine_that_has_nothing(
        self, catalog, native, entry, tmp_path
    ):
        first = catalog.build(entry).record
        second = catalog.build(entry, use_cache=False, cache=tmp_path / "other").record
        assert second.images[native].digest == first.images[native].digest
        assert second.digest == first.digest

    def test_every_file_has_one_time_and_the_image_that_of_its_source(self, catalog, native, entry):
        catalog.build(entry)
        name = f"1.0.0-{native.replace('/', '-')}"
        times = {file.time_s for file in read_files(catalog, entry, name).values()}
        assert times == {946_684_800}

    def test_a_changed_manifest_is_built_again_from_cached_layers(self, catalog, native, entry):
        first = catalog.build(entry).record.images[native]
        manifest = catalog.root / entry.path / "release.yaml"
        manifest.write_text(manifest.read_text().replace("Cloud cover", "Cloud cover 2"))
        outcome = catalog.build(catalog.load("sky/app:1.0.0"))
        assert outcome.built == (native,)
        second = outcome.record.images[native]
        assert second.digest != first.digest
        assert second.layers == first.layers
        assert "Using cache" in log_of(catalog.root, entry.id, native).read_text()

    def test_an_image_that_was_deleted_is_made_again(self, catalog, native, entry):
        first = catalog.build(entry).record
        layout = catalog.images(entry)
        layout.path(first.images[native].digest).unlink()
        layout.path(first.digest).unlink()
        second = catalog.build(entry)
        assert second.built == (native,)
        assert second.record.digest == first.digest


class TestOnePlatformAtATime:
    @pytest.fixture
    def entry(self, catalog, native, foreign):
        own, other = make_exit_program(native), make_exit_program(foreign)
        files = {native: describe_program(own, "own"), foreign: describe_program(other, "other")}
        return catalog.add(
            "sky/level:1.0.0",
            {"kind": "binary", "files": files},
            {"own": own, "other": other},
            platforms=[native, foreign],
        )

    def test_the_index_waits_until_all_are_there(self, catalog, native, foreign, entry):
        assert catalog.build(entry, [native]).record is None
        with pytest.raises(BuildError) as caught:
            assemble(catalog.root, entry, catalog.settings, None)
        assert str(caught.value) == f"sky/level:1.0.0 is not built for {foreign}"
        assert caught.value.hint == f"build it: ecr build sky/level:1.0.0 --platform {foreign}"
        catalog.build(entry, [foreign])
        parts = assemble(catalog.root, entry, catalog.settings, None)
        assert set(parts.images) == {native, foreign}

    def test_parts_made_apart_are_the_whole_made_at_once(self, catalog, native, foreign, entry):
        whole = catalog.build(entry).record
        for platform in (foreign, native):
            catalog.build(entry, [platform], use_cache=False)
        parts = assemble(catalog.root, entry, catalog.settings, None)
        assert parts.digest == whole.digest

    def test_parts_of_different_files_are_not_put_together(self, catalog, native, foreign, entry):
        catalog.build(entry, [native])
        catalog.build(entry, [foreign])
        manifest = catalog.root / entry.path / "release.yaml"
        manifest.write_text(manifest.read_text().replace("Cloud cover", "Cloud cover 2"))
        changed = catalog.load("sky/level:1.0.0")
        catalog.build(changed, [native])
        with pytest.raises(BuildError) as caught:
            assemble(catalog.root, changed, catalog.settings, None)
        assert str(caught.value) == (
            f"sky/level:1.0.0: the images for {foreign} were built from other files than are here "
            "now"
        )

    def test_a_platform_that_is_not_declared_is_not_built(self, catalog, native, entry):
        with pytest.raises(BuildError) as caught:
            catalog.build(entry, ["linux/arm/v7"])
        assert str(caught.value) == "sky/level:1.0.0 does not declare linux/arm/v7"

    def test_several_failures_are_all_told(self, catalog, native, foreign, entry):
        for name in ("own", "other"):
            (catalog.root / entry.path / "source" / name).unlink()
        (catalog.root / entry.path / "source" / "left").write_text("x")
        with pytest.raises(BuildFailuresError) as caught:
            catalog.build(entry)
        assert str(caught.value) == "sky/level:1.0.0: 2 of 2 platforms could not be built"
        assert [str(error) for error in catalog.told.failed] == [
            f"sky/level:1.0.0 for {native}: file 'own' is not in the source",
            f"sky/level:1.0.0 for {foreign}: file 'other' is not in the source",
        ]


class TestDocuments:
    def test_a_bill_of_materials_and_provenance_are_kept_beside_the_image(
        self, catalog, native, busybox
    ):
        entry = catalog.add(
            "sky/app:1.0.0",
            {"kind": "container"},
            {"Dockerfile": SHELL, "busybox": busybox},
            platforms=[native],
        )
        image = catalog.build(entry).record.images[native]
        layout = catalog.images(entry)
        index = layout.read_json(layout.resolve(image.digest.replace(":", "-")).digest)
        manifests = [layout.read_json(listed["digest"]) for listed in index["manifests"]]
        assert [manifest["subject"]["digest"] for manifest in manifests] == [image.digest] * 2
        found = {m["artifactType"]: m["layers"][0]["digest"] for m in manifests}
        assert found == {
            "application/vnd.cyclonedx+json": image.sbom,
            "application/vnd.in-toto+json": image.provenance,
        }
        statement = orjson.loads(layout.read(str(image.provenance)))
        assert statement["subject"] == [
            {"name": "sky/app:1.0.0", "digest": {"sha256": image.digest.removeprefix("sha256:")}}
        ]
        assert Path(layout.path(str(image.sbom))).stat().st_size > 0
