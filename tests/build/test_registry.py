"""Images in a real registry: pushed, refused, pulled back and run."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from pathlib import Path

import pytest
import requests

from ecr.catalog.record_writer import read_build
from ecr.stages.build.assembly import assemble
from ecr.stages.build.errors import BuildError, PushError
from ecr.stages.build.places import name_platform
from ecr.tools.oci_layout import INDEX, OciLayout
from ecr.tools.skopeo import find_digest, is_on_this_machine, pull_image
from tests.build.conftest import digest_of, make_exit_program


@pytest.fixture
def entry(catalog, native, foreign):
    programs = {platform: make_exit_program(platform, 3) for platform in (native, foreign)}
    return catalog.add(
        "sky/level:1.0.0",
        {
            "kind": "binary",
            "files": {
                platform: {
                    "path": name_platform(platform),
                    "sha256": digest_of(content),
                    "size_bytes": len(content),
                }
                for platform, content in programs.items()
            },
        },
        {name_platform(platform): content for platform, content in programs.items()},
        platforms=[native, foreign],
    )


class TestPush:
    def test_the_record_names_what_the_registry_has(
        self, catalog, native, foreign, entry, make_registry
    ):
        registry = make_registry()
        record = catalog.build(entry, registry=f"{registry.host}/apps").record
        assert record.repository == f"{registry.host}/apps/sky/level"
        assert find_digest(f"{record.repository}:1.0.0") == record.digest
        for platform in (native, foreign):
            name = f"{record.repository}:1.0.0-{name_platform(platform)}"
            assert find_digest(name) == record.images[platform].digest

    def test_bill_of_materials_and_provenance_are_found_by_the_images_digest(
        self, catalog, native, entry, make_registry
    ):
        registry = make_registry()
        image = catalog.build(entry, registry=registry.host).record.images[native]
        base = f"http://{registry.host}/v2/sky/level"
        listed = requests.get(
            f"{base}/manifests/{image.digest.replace(':', '-')}",
            headers={"Accept": INDEX},
            timeout=30,
        ).json()
        found = [
            requests.get(
                f"{base}/manifests/{manifest['digest']}",
                headers={"Accept": manifest["mediaType"]},
                timeout=30,
            ).json()
            for manifest in listed["manifests"]
        ]
        assert [manifest["subject"]["digest"] for manifest in found] == [image.digest] * 2
        assert [manifest["layers"][0]["digest"] for manifest in found] == [
            image.sbom,
            image.provenance,
        ]
        bill = requests.get(f"{base}/blobs/{image.sbom}", timeout=30).json()
        assert bill["metadata"]["component"]["name"] == "sky/level"

    @pytest.mark.parametrize("which", ["native", "foreign"])
    def test_what_is_pulled_back_runs(
        self, catalog, entry, make_registry, tmp_path, request, which
    ):
        platform = request.getfixturevalue(which)
        registry = make_registry()
        record = catalog.build(entry, registry=registry.host).record
        layout = OciLayout(tmp_path / "pulled").create()
        reference = f"{record.repository}@{record.images[platform].digest}"
        pull_image(reference, layout.directory, "image", timeout_s=60)
        storage = ["buildah", "--root", str(tmp_path / "a"), "--runroot", str(tmp_path / "b")]
        made = subprocess.run(
            [*storage, "from", "--quiet", "--platform", platform, "oci:pulled:image"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        ran = subprocess.run(
            [*storage, "run", "--isolation", "chroot", made.stdout.strip(), "/usr/bin/level"],
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 3

    def test_pushing_again_does_nothing(self, catalog, entry, make_registry):
        registry = make_registry()
        first = catalog.build(entry, registry=registry.host)
        registry.close()  # nobody answers any more, and nobody is asked
        second = catalog.build(entry, registry=registry.host)
        assert (second.built, second.record) == ((), first.record)

    def test_a_clone_of_the_catalog_does_not_build_what_was_pushed(
        self, catalog, entry, make_registry
    ):
        registry = make_registry()
        first = catalog.build(entry, registry=registry.host)
        subprocess.run(
            ["rm", "-r", catalog.root / ".ecr" / "images", catalog.root / ".ecr" / "builds"],
            check=True,
        )
        second = catalog.build(entry, registry=registry.host)
        assert (catalog.told.started, second.record) == ([], first.record)

    def test_what_was_built_is_pushed_later_without_building_it(
        self, catalog, entry, make_registry
    ):
        registry = make_registry()
        local = catalog.build(entry)
        assert local.record.repository is None
        pushed = catalog.build(entry, registry=registry.host)
        assert pushed.built == ()
        assert pushed.record.digest == local.record.digest
        assert pushed.record.repository == f"{registry.host}/sky/level"

    def test_platforms_pushed_by_several_machines_are_put_together(
        self, catalog, native, foreign, entry, make_registry
    ):
        """The machine that puts them together has their records and none of their bytes."""
        registry = make_registry()
        for platform in (native, foreign):
            catalog.build(entry, [platform], registry=registry.host)
        subprocess.run(["rm", "-r", catalog.root / ".ecr" / "images"], check=True)
        record = assemble(catalog.root, entry, catalog.settings, registry.host)
        assert find_digest(f"{registry.host}/sky/level:1.0.0") == record.digest
        assert record.repository == f"{registry.host}/sky/level"

    def test_platforms_that_were_not_pushed_are_not_put_together_there(
        self, catalog, native, foreign, entry, make_registry
    ):
        registry = make_registry()
        catalog.build(entry, [native], registry=registry.host)
        catalog.build(entry, [foreign])
        with pytest.raises(BuildError) as caught:
            assemble(catalog.root, entry, catalog.settings, registry.host)
        assert str(caught.value) == (
            f"the images for {foreign} were not pushed to {registry.host}/sky/level"
        )


class TestRefusal:
    def test_a_registry_that_asks_for_a_password(
        self, catalog, native, entry, make_registry, tmp_path, monkeypatch
    ):
        credentials = tmp_path / "auth.json"
        credentials.write_text("{}")
        monkeypatch.setenv("REGISTRY_AUTH_FILE", str(credentials))
        registry = make_registry(
            auth={"htpasswd": {"realm": "ecr", "path": str(tmp_path / "htpasswd")}},
            log={"level": "warn"},
        )
        with pytest.raises(PushError) as caught:
            catalog.build(entry, [native], registry=registry.host)
        message = str(caught.value)
        assert message.startswith(
            f"sky/level:1.0.0 for {native}: {registry.host} does not take "
            f"{registry.host}/sky/level:sha256-"
        )
        assert "unauthorized: authentication required" in message.lower()
        assert caught.value.hint == (
            f"log in with: skopeo login {registry.host}; what is built is kept, run again"
        )
        build = read_build(catalog.root, entry)
        assert build is not None
        assert (build.repository, build.images) == (None, {})
        # It makes an account when it has none, and writes the password into its log.
        log = (tmp_path / "registry-0" / "log").read_text()
        user = re.search(r"user=(\w+)", log)
        password = re.search(r"password=\"?([\w-]+)", log)
        assert user is not None
        assert password is not None
        secret = base64.b64encode(f"{user[1]}:{password[1]}".encode()).decode()
        credentials.write_text(json.dumps({"auths": {registry.host: {"auth": secret}}}))
        catalog.build(entry, [native], registry=registry.host)
        assert catalog.told.started == []

    def test_after_a_refusal_nothing_is_built_again(
        self, catalog, native, foreign, entry, make_registry
    ):
        refusing = make_registry(
            storage={"filesystem": {}, "maintenance": {"readonly": {"enabled": True}}}
        )
        with pytest.raises(Exception, match="2 of 2 platforms could not be built"):
            catalog.build(entry, registry=refusing.host)
        assert all(isinstance(error, PushError) for error in catalog.told.failed)
        taking = make_registry()
        outcome = catalog.build(entry, registry=taking.host)
        assert outcome.built == ()
        assert outcome.record.repository == f"{taking.host}/sky/level"

    def test_a_registry_that_is_not_there(self, catalog, native, entry, require_tool):
        require_tool("skopeo", hint="apt-get install skopeo")
        with pytest.raises(PushError, match="connection refused"):
            catalog.build(entry, [native], registry="127.0.0.1:9")


class TestMirror:
    def test_images_of_docker_hub_come_from_the_mirror_the_machine_names(
        self, catalog, native, entry, make_registry, tmp_path: Path, monkeypatch
    ):
        registry = make_registry()
        record = catalog.build(entry, registry=f"{registry.host}/hub").record
        settings = tmp_path / "mirrors.conf"
        settings.write_text(
            '[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\n'
            f'location = "{registry.host}/hub"\ninsecure = true\n'
        )
        monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(settings))
        base = f"docker.io/sky/level@{record.digest}"
        derived = catalog.add(
            "sky/derived:1.0.0",
            {"kind": "container"},
            {"Dockerfile": f"FROM {base}\nCOPY Dockerfile /\n"},
            platforms=[native],
        )
        image = catalog.build(derived).record.images[native]
        assert image.base_name == base


@pytest.mark.parametrize(
    ("reference", "local"),
    [
        ("localhost/a", True),
        ("localhost:5000/a", True),
        ("127.0.0.1:5000/a", True),
        ("127.5.5.5/a", True),
        ("[::1]:5000/a", True),
        ("ghcr.io/a/b", False),
        ("localhost.example.org/a", False),
        ("10.0.0.1:5000/a", False),
    ],
)
def test_only_registries_on_this_machine_are_used_without_tls(reference: str, local: bool):
    assert is_on_this_machine(reference) is local
