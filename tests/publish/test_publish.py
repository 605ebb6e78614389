"""Publishing: same input, same bytes; small changes, small work; never half a site."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecr.stages.publish.engine import CatalogFindingsError, PublishReport, publish
from tests.publish.conftest import add_release, digest_tree, make_catalog, settings_of


def run(root: Path, output: Path | None = None) -> PublishReport:
    return publish(root, output or root / "site", settings_of(root))


def publish_by_command(root: Path, hash_seed: str) -> None:
    command = [sys.executable, "-m", "ecr", "publish", "--root", str(root), "--quiet"]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run(command, check=True, env=environment, capture_output=True, cwd="/")


def test_same_input_gives_same_bytes_anywhere_any_time_with_any_hash_seed(tmp_path: Path) -> None:
    first = make_catalog(tmp_path / "here")
    second = make_catalog(tmp_path / "some" / "where" / "else")
    for path in second.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    publish_by_command(first, "1")
    publish_by_command(second, "271828")
    one, other = digest_tree(first / "site"), digest_tree(second / "site")
    assert one == other
    assert "bundles/sage/cloud-cover/1.1.0/index.html" in one
    assert "api/v1/index.json" in one


def change_title(root: Path) -> None:
    path = root / "bundles/sage/river-depth/0.1.0/release.yaml"
    path.write_text(path.read_text().replace("River depth", "Depth of rivers"))


def add_bundle(root: Path) -> None:
    add_release(root, "forest/leaf-wetness", "1.0.0", title="Leaf wetness")


def remove_bundle(root: Path) -> None:
    shutil.rmtree(root / "bundles/beekeepers")


def remove_release(root: Path) -> None:
    shutil.rmtree(root / "bundles/sage/cloud-cover/1.1.0")


def protect_bundle(root: Path) -> None:
    with (root / "bundles/sage/river-depth/bundle.yaml").open("a") as file:
        file.write("access: protected\n")


def change_documentation(root: Path) -> None:
    with (root / "site_src/index.md").open("a") as file:
        file.write("\nOne more sentence.\n")


CHANGES = [
    change_title,
    add_bundle,
    remove_bundle,
    remove_release,
    protect_bundle,
    change_documentation,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_update_gives_the_bytes_of_a_new_build(catalog: Path, change: object) -> None:
    assert callable(change)
    run(catalog)
    change(catalog)
    assert run(catalog).changed <= 5
    run(catalog, catalog / "anew")
    assert digest_tree(catalog / "site") == digest_tree(catalog / "anew")


def test_long_history_of_changes_gives_the_bytes_of_a_new_build(catalog: Path) -> None:
    for change in (None, *CHANGES, change_title):
        if change is not None:
            change(catalog)
        run(catalog)
    run(catalog, catalog / "anew")
    assert digest_tree(catalog / "site") == digest_tree(catalog / "anew")


def test_only_the_changed_bundle_is_written(catalog: Path) -> None:
    assert run(catalog).changed == 3
    assert run(catalog).changed == 0
    change_title(catalog)
    assert run(catalog).changed == 1
    assert run(catalog).changed == 0


def test_page_of_an_unchanged_bundle_is_the_same_file(catalog: Path) -> None:
    run(catalog)
    page = catalog / "site/bundles/sage/cloud-cover/1.0.0/index.html"
    before = page.stat().st_ino
    change_title(catalog)
    run(catalog)
    assert page.stat().st_ino == before


def test_protected_bundle_leaves_no_trace(catalog: Path) -> None:
    protect_bundle(catalog)
    report = run(catalog)
    assert report.bundles == 2
    for path in (catalog / "site").rglob("*"):
        assert "river-depth" not in path.name
        if path.is_file():
            assert b"river-depth" not in path.read_bytes(), path


def test_catalog_with_errors_leaves_the_site_as_it_was(catalog: Path) -> None:
    run(catalog)
    before = digest_tree(catalog / "site")
    path = catalog / "bundles/sage/river-depth/0.1.0/release.yaml"
    good = path.read_text()
    path.write_text(good.replace("linux/arm64", "linux/arm7"))
    with pytest.raises(CatalogFindingsError, match="1 error in the catalog; nothing was published"):
        run(catalog)
    assert digest_tree(catalog / "site") == before
    path.write_text(good)
    run(catalog)
    assert digest_tree(catalog / "site") == before


def test_site_that_was_deleted_is_made_again(catalog: Path) -> None:
    run(catalog)
    before = digest_tree(catalog / "site")
    shutil.rmtree(catalog / "site")
    run(catalog)
    assert digest_tree(catalog / "site") == before


def start_publishing(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "ecr", "publish", "--root", str(root), "--quiet"],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_publisher_killed_at_any_moment_leaves_the_old_or_the_new_site(catalog: Path) -> None:
    run(catalog)
    site = catalog / "site"
    old = digest_tree(site)
    for number in range(30):
        add_release(catalog, f"sage/extra-{number}", "1.0.0", title=f"Extra {number}")
    run(catalog, catalog / "anew")
    new = digest_tree(catalog / "anew")
    assert old != new
    started = time.monotonic()
    finished = start_publishing(catalog)
    finished.wait()
    duration_s = time.monotonic() - started
    assert digest_tree(site) == new

    chance = random.Random(7)
    seen_old = 0
    for _ in range(12):
        for number in range(30):
            shutil.rmtree(catalog / f"bundles/sage/extra-{number}", ignore_errors=True)
        run(catalog)
        assert digest_tree(site) == old
        for number in range(30):
            add_release(catalog, f"sage/extra-{number}", "1.0.0", title=f"Extra {number}")
        process = start_publishing(catalog)
        time.sleep(chance.uniform(0.2, 1.0) * duration_s)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        found = digest_tree(site)
        assert found in (old, new), "neither the old site nor the new one"
        seen_old += found == old
        run(catalog)
        assert digest_tree(site) == new, "the run after the kill completes the site"
    assert seen_old, "no publisher was killed in time: the test showed nothing"


def publish_keeping(root: Path) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    publish(root, root / "site", settings_of(root), keep_superseded_at=now)


def list_superseded(root: Path) -> list[Path]:
    return sorted((root / "site/api/v1/superseded").glob("*"))


def test_document_that_changed_is_kept_for_who_read_the_old_index(catalog: Path) -> None:
    publish_keeping(catalog)
    document = catalog / "site/api/v1/releases/sage/river-depth/0.1.0.json"
    old = document.read_bytes()
    assert list_superseded(catalog) == []
    change_title(catalog)
    publish_keeping(catalog)
    kept = catalog / f"site/api/v1/superseded/{hashlib.sha256(old).hexdigest()}.json"
    assert kept.read_bytes() == old
    assert document.read_bytes() != old


def test_nothing_is_kept_once_a_bundle_became_protected(catalog: Path) -> None:
    publish_keeping(catalog)
    change_title(catalog)
    publish_keeping(catalog)
    assert list_superseded(catalog)
    protect_bundle(catalog)
    publish_keeping(catalog)
    assert list_superseded(catalog) == []
