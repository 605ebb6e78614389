"""Models and data: fetched in pieces if need be, checked, and stored once, whoever uses them."""

from __future__ import annotations

import hashlib

import orjson
import pytest
import requests

from ecr.errors import (
    ArchiveError,
    EcrError,
    IntegrityError,
    NoSpaceError,
    SourceGoneError,
    TransferError,
)
from ecr.stages.archive.release import CACHE, ArchiveOutcome, archive_release
from tests.archive.conftest import Catalog, describe_file, digest_of, list_objects
from tests.archive.https_server import Faults

WEIGHTS = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(20_000))
CHECKSUM = hashlib.sha256(WEIGHTS).hexdigest()
CODE = {"source/main.py": b"print(1)\n"}


def archive(catalog: Catalog, store, release: str = "sage/app:1.0.0", **more) -> ArchiveOutcome:
    shown: list[tuple[str, int, int]] = more.pop("shown", [])
    return archive_release(
        catalog.root,
        catalog.load(release),
        store,
        progress=lambda *step: shown.append(step),
        **more,
    )


def add_release(catalog: Catalog, url: str, release: str = "sage/app:1.0.0") -> None:
    catalog.add(release, files=CODE, data=[describe_file(WEIGHTS, url=url)])


def partial_size(catalog: Catalog) -> int:
    """Return how much of the file a run that failed has left for the next."""
    return (catalog.root / CACHE / "downloads" / f"{CHECKSUM}.part").stat().st_size


class TestFetching:
    def test_it_is_stored_by_its_digest_and_recorded(self, catalog, store, server):
        add_release(catalog, server.add_file("weights.bin", WEIGHTS))
        shown: list[tuple[str, int, int]] = []
        outcome = archive(catalog, store, shown=shown)
        assert outcome.stored == 2
        assert store.path(digest_of(WEIGHTS)).read_bytes() == WEIGHTS
        assert orjson.loads(catalog.read_record("sage/app:1.0.0"))["archives"][1] == {
            "name": "weights",
            "role": "model",
            "digest": digest_of(WEIGHTS),
            "size_bytes": len(WEIGHTS),
        }
        fetching = [step for step in shown if step[0] == "fetching weights"]
        assert fetching[-1] == ("fetching weights", len(WEIGHTS), len(WEIGHTS))
        assert list((catalog.root / CACHE / "downloads").iterdir()) == []

    def test_two_releases_that_use_it_fetch_it_once(self, catalog, store, server):
        url = server.add_file("weights.bin", WEIGHTS)
        add_release(catalog, url, "sage/app:1.0.0")
        add_release(catalog, url, "other/model:2.0.0")
        archive(catalog, store, "sage/app:1.0.0")
        archive(catalog, store, "other/model:2.0.0")
        assert server.paths() == ["/files/weights.bin"]
        # The same code, too: one source and one model.
        assert len(list_objects(store)) == 2

    def test_a_file_in_the_release_is_stored_as_well(self, catalog, store):
        item = describe_file(WEIGHTS, path="weights.bin")
        catalog.add("sage/app:1.0.0", files={**CODE, "weights.bin": WEIGHTS}, data=[item])
        archive(catalog, store, offline=True)
        assert store.path(digest_of(WEIGHTS)).read_bytes() == WEIGHTS

    def test_a_redirect_is_followed(self, catalog, store, server):
        server.add_file("new.bin", WEIGHTS)
        server.faults["/files/old.bin"] = Faults(redirect=f"{server.url}/files/new.bin")
        add_release(catalog, f"{server.url}/files/old.bin")
        assert archive(catalog, store).stored == 2

    def test_no_password_of_the_user_is_sent(self, catalog, store, server, tmp_path, monkeypatch):
        netrc = tmp_path / "netrc"
        netrc.write_text("machine localhost login ada password secret\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        url = server.add_file("weights.bin", WEIGHTS)
        requests.get(url, timeout=10)
        add_release(catalog, url)
        archive(catalog, store)
        naive, ours = server.requests
        assert "Authorization" in naive.headers
        assert "Authorization" not in ours.headers


class TestAHostThatStops:
    def test_the_next_run_asks_for_the_rest(self, catalog, store, server):
        add_release(catalog, server.add_file("weights.bin", WEIGHTS))
        server.faults["/files"] = Faults(stop_after=100_000)
        with pytest.raises(TransferError) as caught:
            archive(catalog, store)
        had = partial_size(catalog)
        assert str(caught.value) == (
            f"sage/app:1.0.0: data 'weights': {server.url}/files/weights.bin stopped after "
            f"{had:,} of 640,000 bytes: the connection was closed early"
        )
        assert caught.value.hint == "run again: it continues where it stopped"
        assert store.find(digest_of(WEIGHTS)) is None
        # Three attempts, each with what the host gave before it stopped.
        assert had == 300_000
        assert store.find(catalog.load("sage/app:1.0.0").build.archives[0].digest)

        server.faults.clear()
        server.requests.clear()
        assert archive(catalog, store).stored == 1
        (rest,) = server.requests
        assert rest.headers["Range"] == f"bytes={had}-"
        assert rest.headers["If-Range"].startswith('"')
        assert store.path(digest_of(WEIGHTS)).read_bytes() == WEIGHTS

    def test_one_stop_is_overcome_in_the_same_run(self, catalog, store, server):
        add_release(catalog, server.add_file("weights.bin", WEIGHTS))
        server.faults["/files"] = Faults(stop_after=100_000, times=1)
        assert archive(catalog, store).stored == 2
        assert [request.headers.get("Range") for request in server.requests] == [
            None,
            "bytes=100000-",
        ]

    def test_a_host_without_ranges_starts_again(self, catalog, store, server):
        add_release(catalog, server.add_file("weights.bin", WEIGHTS))
        server.faults["/files"] = Faults(stop_after=100_000)
        with pytest.raises(TransferError):
            archive(catalog, store)
        server.faults["/files"] = Faults(no_ranges=True)
        assert archive(catalog, store).stored == 1
        assert store.path(digest_of(WEIGHTS)).read_bytes() == WEIGHTS

    def test_a_file_that_changed_meanwhile_is_not_patched_together(self, catalog, store, server):
        add_release(catalog, server.add_file("weights.bin", WEIGHTS[::-1]))
        server.faults["/files"] = Faults(stop_after=100_000)
        with pytest.raises(TransferError):
            archive(catalog, store)
        server.faults.clear()
        server.add_file("weights.bin", WEIGHTS)
        assert archive(catalog, store).stored == 1
        assert store.path(digest_of(WEIGHTS)).read_bytes() == WEIGHTS

    def test_a_damaged_partial_file_is_fetched_anew(self, catalog, store, server):
        add_release(catalog, server.add_file("weights.bin", WEIGHTS))
        partial = catalog.root / CACHE / "downloads" / f"{CHECKSUM}.part"
        partial.parent.mkdir(parents=True)
        partial.write_bytes(b"x" * 5000)
        assert archive(catalog, store).stored == 2
        assert [request.headers.get("Range") for request in server.requests] == [
            "bytes=5000-",
            None,
        ]

    def test_a_host_that_is_not_there(self, catalog, store, server):
        url = server.add_file("weights.bin", WEIGHTS)
        add_release(catalog, url)
        server.close()
        with pytest.raises(TransferError) as caught:
            archive(catalog, store)
        assert str(caught.value) == (
            f"sage/app:1.0.0: data 'weights': {url} cannot be reached: "
            "Failed to establish a new connection: [Errno 111] Connection refused"
        )


OTHER = WEIGHTS[:-1] + b"!"


class TestAFileThatIsNotTheOne:
    @pytest.mark.parametrize(
        ("content", "found"),
        [
            pytest.param(
                OTHER,
                f"it has checksum {hashlib.sha256(OTHER).hexdigest()}",
                id="other bytes of the same size",
            ),
            pytest.param(WEIGHTS[:-1], "it has 639,999 bytes", id="a shorter file"),
            pytest.param(WEIGHTS + b"!", "it has 640,001 bytes", id="a longer file"),
        ],
    )
    def test_it_is_refused_and_nothing_is_kept(self, catalog, store, server, content, found):
        url = server.add_file("weights.bin", content)
        add_release(catalog, url)
        with pytest.raises(IntegrityError) as caught:
            archive(catalog, store)
        assert str(caught.value) == (
            f"sage/app:1.0.0: data 'weights': {url} is not the file the release names: {found}, "
            f"not 640,000 bytes with checksum {CHECKSUM}"
        )
        assert caught.value.hint == (
            "the file behind the address has changed; nothing of it was kept. Find the original, "
            "or publish a new release with the new checksum"
        )
        assert store.find(digest_of(WEIGHTS)) is None
        assert partial_size(catalog) == 0

    def test_a_file_in_the_release_that_differs_is_refused(self, catalog, store):
        item = describe_file(WEIGHTS, path="weights.bin")
        entry = catalog.add("sage/app:1.0.0", files={**CODE, "weights.bin": WEIGHTS}, data=[item])
        (catalog.root / entry.path / "weights.bin").write_bytes(OTHER)
        with pytest.raises(IntegrityError) as caught:
            archive_release(catalog.root, entry, store, progress=lambda *_: None)
        assert str(caught.value) == (
            "sage/app:1.0.0: data 'weights': weights.bin has 640,000 bytes with checksum "
            f"{hashlib.sha256(OTHER).hexdigest()}, and release.yaml says 640,000 bytes with "
            f"checksum {CHECKSUM}"
        )

    def test_a_file_in_the_release_that_is_missing(self, catalog, store):
        item = describe_file(WEIGHTS, path="weights.bin")
        entry = catalog.add("sage/app:1.0.0", files={**CODE, "weights.bin": WEIGHTS}, data=[item])
        (catalog.root / entry.path / "weights.bin").unlink()
        with pytest.raises(ArchiveError, match=r"data 'weights': there is no file weights\.bin"):
            archive_release(catalog.root, entry, store, progress=lambda *_: None)


class TestAFileThatIsGone:
    @pytest.mark.parametrize(
        ("fault", "kind", "message"),
        [
            pytest.param(
                Faults(status=404), SourceGoneError, "answers 404 Not Found", id="removed"
            ),
            pytest.param(
                Faults(status=403), SourceGoneError, "answers 403 Forbidden", id="made private"
            ),
            pytest.param(
                Faults(redirect="http://example.org/weights"),
                SourceGoneError,
                "leads to http://example.org/weights, which is not https",
                id="moved to a place without https",
            ),
            pytest.param(
                Faults(status=503),
                TransferError,
                "answers 503 Service Unavailable",
                id="a host that is busy",
            ),
        ],
    )
    def test_the_error_says_which(self, catalog, store, server, fault, kind, message):
        url = server.add_file("weights.bin", WEIGHTS)
        server.faults["/files/weights.bin"] = fault
        add_release(catalog, url)
        with pytest.raises(kind) as caught:
            archive(catalog, store)
        assert str(caught.value) == f"sage/app:1.0.0: data 'weights': {url} {message}"

    def test_a_redirect_without_end_is_left(self, catalog, store, server):
        url = f"{server.url}/files/round"
        server.faults["/files/round"] = Faults(redirect=url)
        add_release(catalog, url)
        with pytest.raises(SourceGoneError, match="redirects more than 5 times"):
            archive(catalog, store)

    def test_what_was_stored_before_it_is_recorded(self, catalog, store, server):
        first = describe_file(b"labels", name="labels", url=server.add_file("labels", b"labels"))
        second = describe_file(WEIGHTS, url=f"{server.url}/files/none")
        catalog.add("sage/app:1.0.0", files=CODE, data=[first, second])
        with pytest.raises(SourceGoneError):
            archive(catalog, store)
        build = catalog.load("sage/app:1.0.0").build
        assert [item.name for item in build.archives] == ["source", "labels"]


class TestRoom:
    def test_a_file_larger_than_the_free_space_is_not_begun(
        self, catalog, store, server, monkeypatch
    ):
        add_release(catalog, server.add_file("weights.bin", WEIGHTS))

        class Usage:
            free = 1000

        monkeypatch.setattr("ecr.tools.download.disk_usage", lambda _: Usage)
        with pytest.raises(NoSpaceError) as caught:
            archive(catalog, store)
        directory = catalog.root / CACHE / "downloads"
        assert str(caught.value) == (
            f"sage/app:1.0.0: data 'weights': no space left to write in {directory}: "
            "640,000 bytes are needed, 1,000 are free"
        )
        assert server.requests == []

    def test_a_store_that_cannot_be_written_is_named(self, catalog, store, server):
        add_release(catalog, server.add_file("weights.bin", WEIGHTS))
        store.path("sha256:00").parents[2].parent.mkdir(parents=True, exist_ok=True)
        store.path("sha256:00").parents[2].write_text("a file where the store should be")
        with pytest.raises(EcrError, match=r"source: .*archives"):
            archive(catalog, store)
