"""A full disk and a killed process, as they really are: the command runs on its own."""

from __future__ import annotations

import hashlib
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.archive.conftest import ECR, Catalog, describe_file, digest_of, list_objects
from tests.archive.https_server import Faults

WEIGHTS = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(60_000))
CHECKSUM = hashlib.sha256(WEIGHTS).hexdigest()
CODE = {"source/main.py": b"print(1)\n"}


def limit_file_size() -> None:
    """Let this process write no file larger than 1 MB: to it, the disk is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))


class TestAFullDisk:
    def test_while_fetching_data(self, catalog, store, server):
        url = server.add_file("weights.bin", WEIGHTS)
        catalog.add("sage/app:1.0.0", files=CODE, data=[describe_file(WEIGHTS, url=url)])
        done = catalog.run("archive", "sage/app:1.0.0", preexec_fn=limit_file_size)
        directory = catalog.root / ".ecr" / "cache" / "archive" / "downloads"
        assert done.returncode == 23, done.stderr
        assert (
            "error: sage/app:1.0.0: data 'weights': no space left to write in "
            f"{directory}: File too large\n"
            "  hint: free some space there and run again; what is complete is kept\n"
        ) in done.stderr
        assert store.find(digest_of(WEIGHTS)) is None
        again = catalog.run("archive", "sage/app:1.0.0")
        assert again.returncode == 0, again.stderr
        assert server.requests[-1].headers["Range"] == "bytes=1000000-"
        assert store.path(digest_of(WEIGHTS)).read_bytes() == WEIGHTS

    def test_while_packing_the_source(self, catalog, store):
        # Each file is small enough for git to keep, and the archive of both is not.
        halves = {f"source/{n}": WEIGHTS[n * 900_000 : (n + 1) * 900_000] for n in range(2)}
        catalog.add("sage/app:1.0.0", files={**CODE, **halves})
        done = catalog.run("archive", "sage/app:1.0.0", preexec_fn=limit_file_size)
        assert done.returncode == 23, done.stderr
        assert (
            "error: sage/app:1.0.0: source: no space left to write in "
            f"{catalog.root / '.ecr' / 'cache' / 'archive'}: File too large\n"
        ) in done.stderr
        assert list_objects(store) == []
        assert catalog.run("archive", "sage/app:1.0.0").returncode == 0
        assert len(list_objects(store)) == 1

    def test_while_fetching_the_source(self, catalog, store, server, make_repository):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"weights": WEIGHTS}))
        small = catalog.root / ".ecr"
        done = run_with_small_disk(small, ["archive", "sage/app:1.0.0", "--root", catalog.root])
        assert done.returncode == 23, done.stderr
        told = r"error: sage/app:1\.0\.0: source: no space left .*: No space left on device\n"
        assert re.search(told, done.stderr), done.stderr
        assert "kept" not in done.stdout
        assert catalog.run("archive", "sage/app:1.0.0").returncode == 0
        assert len(list_objects(store)) == 1

    def test_while_writing_the_store(self, catalog, tmp_path, server):
        url = server.add_file("weights.bin", WEIGHTS)
        catalog.add("sage/app:1.0.0", files=CODE, data=[describe_file(WEIGHTS, url=url)])
        small = tmp_path / "small"
        done = run_with_small_disk(
            small,
            ["archive", "sage/app:1.0.0", "--store", small / "store", "--root", catalog.root],
        )
        assert done.returncode == 23, done.stderr
        assert (
            "error: sage/app:1.0.0: data 'weights': no space left to write in "
            f"{small / 'store'}: No space left on device\n"
        ) in done.stderr
        (source,) = catalog.load("sage/app:1.0.0").build.archives
        assert done.stdout.splitlines()[1:] == [f"kept {source.digest.removeprefix('sha256:')}"]
        # What was fetched is still there: the next run, with room, asks no one.
        server.close()
        assert catalog.run("archive", "sage/app:1.0.0").returncode == 0


def run_with_small_disk(small: Path, arguments: list[object]) -> subprocess.CompletedProcess[str]:
    """Run ``ecr`` while a full file system of 1 MB is at ``small``, for this process alone.

    The files that are there at the end are listed on standard output.
    """
    small.mkdir(exist_ok=True)
    script = (
        f'mount -t tmpfs -o size=1m none "{small}" || exit 99; "$@"; status=$?; '
        f'find "{small}" -type f -path "*/sha256/*" -printf "kept %f\\n"; exit $status'
    )
    for options in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        argv = ["unshare", *options, "sh", "-c", script, "sh", *ECR, *map(str, arguments)]
        if shutil.which("unshare") is None:
            break
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        if done.returncode not in (1, 99):
            return done
    pytest.skip("real part not exercised: nothing can be mounted here, not even for one process")


class TestAKilledProcess:
    def start(self, catalog: Catalog) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*ECR, "archive", "sage/app:1.0.0", "--root", str(catalog.root)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def wait_for(self, condition) -> None:
        for _ in range(600):
            if condition():
                return
            time.sleep(0.05)
        pytest.fail("the process did not come so far")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def test_while_fetching_data_the_next_run_continues(self, catalog, store, server):
        url = server.add_file("weights.bin", WEIGHTS)
        catalog.add("sage/app:1.0.0", files=CODE, data=[describe_file(WEIGHTS, url=url)])
        server.faults["/files"] = Faults(pause_s=0.01)
        partial = catalog.root / ".ecr" / "cache" / "archive" / "downloads" / f"{CHECKSUM}.part"
        process = self.start(catalog)
        self.wait_for(lambda: partial.exists() and partial.stat().st_size > 10_000)
        self.kill(process)
        had = partial.stat().st_size
        assert had < len(WEIGHTS)
        assert store.find(digest_of(WEIGHTS)) is None
        server.faults.clear()
        done = catalog.run("archive", "sage/app:1.0.0")
        assert done.returncode == 0, done.stderr
        assert server.requests[-1].headers["Range"] == f"bytes={had}-"
        assert store.path(digest_of(WEIGHTS)).read_bytes() == WEIGHTS

    def test_while_fetching_the_source_the_next_run_does_it_again(
        self, catalog, store, server, make_repository
    ):
        app = make_repository("app.git")
        catalog.add("sage/app:1.0.0", git=app.url, commit=app.commit({"weights": WEIGHTS}))
        server.faults["/git/app.git/git-upload-pack"] = Faults(pause_s=0.05)
        packs = catalog.root / ".ecr" / "cache" / "archive" / "git"
        process = self.start(catalog)
        self.wait_for(lambda: any(_size(path) for path in packs.rglob("tmp_pack_*")))
        self.kill(process)
        assert list_objects(store) == []
        server.faults.clear()
        done = catalog.run("archive", "sage/app:1.0.0")
        assert done.returncode == 0, done.stderr
        assert len(list_objects(store)) == 1
        assert [path for path in packs.rglob("*") if path.suffix != ".lock"] == []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
