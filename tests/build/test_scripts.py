"""Scripts on a base made here from Debian packages: the whole way, with the real mirror and PyPI.

The base is made once for each platform and kept in the user's cache, keyed by what it is made of.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from ecr.catalog.record_writer import read_build
from ecr.cli.build_settings import find_cache
from ecr.stages.build.image_files import read_image_files
from ecr.stages.build.places import name_platform
from ecr.stages.build.records import read_platform
from ecr.stages.build.reproduction import reproduce
from ecr.tools.qemu import find_ability
from ecr.tools.skopeo import find_digest

MAIN = """\
import getpass, json, platform, sys
from pathlib import Path
import attr
print(json.dumps({
    "python": platform.python_version_tuple()[:2],
    "machine": platform.machine(),
    "user": getpass.getuser(),
    "arguments": sys.argv[1:],
    "attrs": attr.__version__,
    "secrets": [str(path) for path in Path("/run/ecr").rglob("*") if path.is_file()],
}))
"""
# The wheel on PyPI and nothing else: what it depends on is nothing.
REQUIREMENTS = """\
attrs==24.2.0 \\
    --hash=sha256:81921eb96de3191c8258c199618104dd27ac608d9366f5e35d011eae1867ede2
"""
MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def script(catalog, native, foreign, require_tool):
    require_tool("mmdebstrap", hint="apt-get install mmdebstrap debian-archive-keyring")
    catalog.settings = _with_shared_cache(catalog.settings)
    return catalog.add(
        "sky/script:1.0.0",
        {
            "kind": "script",
            "entrypoint": "main.py",
            "requirements": "requirements.txt",
            "arguments": ["--once"],
        },
        {
            "main.py": MAIN,
            "requirements.txt": REQUIREMENTS,
            ".dockerignore": "notes.txt\n",
            "notes.txt": "for us",
        },
        platforms=[native, foreign],
    )


def _with_shared_cache(settings):
    return replace(settings, cache=find_cache(os.environ), time_limit_s=900)


def run_image(catalog, entry, platform: str, tmp_path: Path) -> dict[str, object]:
    """Start an image of the catalog's layout as its configuration says, and return what it says."""
    layout = catalog.images(entry).directory
    storage = ["buildah", "--root", str(tmp_path / "data"), "--runroot", str(tmp_path / "run")]
    (tmp_path / "layout").symlink_to(layout)
    name = f"oci:layout:{entry.id.version}-{name_platform(platform)}"
    made = subprocess.run(
        [*storage, "from", "--quiet", "--platform", platform, name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    _, config = catalog.read_image(entry, f"{entry.id.version}-{name_platform(platform)}")
    command = [*config["config"]["Entrypoint"], *config["config"]["Cmd"]]
    ran = subprocess.run(
        [*storage, "run", "--isolation", "chroot", made, "--", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answer: dict[str, object] = json.loads(ran.stdout)
    return answer


def test_a_script_runs_on_every_platform_with_what_it_declared(
    catalog, native, foreign, script, tmp_path
):
    record = catalog.build(script).record
    assert {platform: image.emulated for platform, image in record.images.items()} == {
        native: False,
        foreign: True,
    }
    for number, platform in enumerate((native, foreign)):
        place = tmp_path / str(number)
        place.mkdir()
        assert run_image(catalog, script, platform, place) == {
            "python": ["3", "11"],
            "machine": MACHINES[platform],
            "user": "ecr",
            "arguments": ["--once"],
            "attrs": "24.2.0",
            "secrets": [],
        }
        image = record.images[platform]
        assert image.base_name == "localhost/ecr/debian:bookworm-python3.11"
        assert set(image.tools) >= {"buildah", "ecr", "pip"}
        _check_files(catalog, script, platform)
        _check_bill(catalog, script, image)


def _check_files(catalog, script, platform: str) -> None:
    manifest, _ = catalog.read_image(script, f"1.0.0-{name_platform(platform)}")
    layers = manifest["layers"]
    files = read_image_files(catalog.images(script), {"layers": layers[1:]})
    added = sorted(path for path in files if files[path].kind == "file")
    assert "app/main.py" in added
    assert "app/notes.txt" not in added
    assert any(path.endswith(".pyc") and "/attrs/__pycache__/" in path for path in added)
    # Nothing that would come out otherwise the next time, or tells of the machine.
    noise = ("/log/", "pip.conf", "trust.pem", ".cache", "/lists/", "tmp/")
    assert [path for path in added if any(part in path for part in noise)] == []


def _check_bill(catalog, script, image) -> None:
    text = catalog.images(script).read(image.sbom).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert '"purl":"pkg:pypi/attrs@24.2.0"' in text
    assert '"purl":"pkg:deb/debian/libc6@' in text


def test_a_second_build_gives_the_same_image(catalog, native, script):
    record = catalog.build(script, [native]).record
    assert record is None
    part = read_platform(catalog.root, script.id, native)
    build = read_build(catalog.root, script)
    assert part is not None
    assert build is not None
    build = build.model_copy(update={"images": {native: part.image}})
    outcome = reproduce(
        catalog.root, script, build, find_ability(native), catalog.store, catalog.settings
    )
    assert (outcome.same, outcome.differences) == (True, ())


def test_a_package_with_another_hash_is_refused(catalog, native, script):
    requirements = catalog.root / script.path / "source" / "requirements.txt"
    requirements.write_text(REQUIREMENTS.replace("sha256:8", "sha256:0"))
    with pytest.raises(Exception, match="THESE PACKAGES DO NOT MATCH THE HASHES"):
        catalog.build(script, [native])


def test_a_named_base_is_pinned_when_it_is_used(catalog, native, script, make_registry):
    """A base from a registry: here the one we make, pushed there under a tag."""
    registry = make_registry()
    catalog.build(script, [native], registry=registry.host)
    tag = f"{registry.host}/sky/script:1.0.0-{name_platform(native)}"
    derived = catalog.add(
        "sky/derived:1.0.0",
        {"kind": "script", "entrypoint": "main.py"},
        {"main.py": "print(1)\n"},
        platforms=[native],
    )
    image = catalog.build(derived, base=tag).record.images[native]
    assert image.base_name == tag
    assert image.base_digest == find_digest(tag)
    wrong = catalog.add(
        "sky/wrong:1.0.0",
        {"kind": "script", "entrypoint": "main.py", "python": "3.12"},
        {"main.py": "print(1)\n"},
        platforms=[native],
    )
    with pytest.raises(Exception, match=r"the base image does not have Python 3\.12"):
        catalog.build(wrong, base=tag)
