"""The client against a real server: what it fetches, refuses, and can do without one."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from ecr.client import CatalogClient
from ecr.client.catalog_client import ROOT_LIMIT_BYTES
from ecr.errors import (
    IntegrityError,
    NotFoundError,
    OutputError,
    ToolFailedError,
    ToolTimeoutError,
    UsageError,
)
from ecr.model.addresses import digest_bytes
from ecr.stages.publish.index import keep_superseded
from ecr.tools.http import HttpFetcher
from tests.api.conftest import load_entries, render_site, serve, write_bundle, write_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from ecr.stages.publish.outputs import SiteSettings
    from ecr.tools.http import Response

RELEASE = "sage/cloud-cover:1.10.0"
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


class CountingFetcher(HttpFetcher):
    """Notes what is asked for, below api/v1/."""

    def __init__(self) -> None:
        super().__init__(timeout_s=10)
        self.asked: list[tuple[str, int]] = []

    def fetch(self, url: str, *, limit_bytes: int, etag: str | None = None) -> Response:
        try:
            answer = super().fetch(url, limit_bytes=limit_bytes, etag=etag)
        except NotFoundError:
            self.asked.append((url.partition("/api/v1/")[2], 404))
            raise
        self.asked.append((url.partition("/api/v1/")[2], answer.status))
        return answer

    def take(self) -> list[tuple[str, int]]:
        asked, self.asked = self.asked, []
        return asked


class Publisher:
    """A catalog that is published again and again at one place, as the engine does."""

    def __init__(self, directory: Path, settings: SiteSettings) -> None:
        self.root = directory / "catalog"
        self.site = directory / "site"
        self.settings = settings
        self.count = 0

    def write(self, bundle: str, added: str) -> None:
        shutil.rmtree(self.root / "bundles" / bundle, ignore_errors=True)
        write_bundle(self.root, bundle, {"1.0.0": f"schema_version: 1\nadded: {added}\n"})

    def publish(self, now: datetime | None = None, keep_s: int = 86_400) -> None:
        files = render_site(load_entries(self.root), self.settings)
        if now is not None:
            files += list(keep_superseded(self.site, files, now=now, keep_s=keep_s))
        self.count += 1
        following = self.site.with_name(f"site-{self.count}")
        write_site(following, files)
        if self.site.exists():
            self.site.rename(self.site.with_name(f"old-{self.count}"))
        following.rename(self.site)

    def kept(self) -> dict[str, bytes]:
        return {
            path.stem: path.read_bytes()
            for path in (self.site / "api/v1/superseded").glob("*.json")
            if path.stem != "index"
        }


@pytest.fixture
def publisher(tmp_path: Path, settings: SiteSettings) -> Publisher:
    publisher = Publisher(tmp_path, settings)
    publisher.write("sage/a", "2026-01-01")
    publisher.write("sage/b", "2026-01-01")
    publisher.publish()
    return publisher


@pytest.fixture
def fetcher() -> Iterator[CountingFetcher]:
    with CountingFetcher() as fetcher:
        yield fetcher


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], object]) -> Iterator[str]:
    """A server that answers every GET by calling ``answer``."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A client that goes away is what some tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class TestFetching:
    def test_reads_the_index_and_a_release(self, base_url: str, tmp_path: Path):
        client = CatalogClient(base_url, tmp_path)
        index = client.fetch_index()
        assert list(index.releases) == [
            "gone/broken:1.0.0",
            "sage/bird-song:0.1.0-rc.1",
            RELEASE,
            "sage/cloud-cover:1.9.0",
            "sage/cloud-cover:1.9.1",
        ]
        assert not index.offline
        assert index.releases["sage/cloud-cover:1.9.1"].status == "yanked"
        release = client.fetch_release(RELEASE)
        assert release.title == "Cloud cover"
        assert release.images is not None
        assert release.requirements.measured[0].hardware == "xaviernx"

    def test_the_second_time_only_the_root_is_asked_after(
        self, base_url: str, tmp_path: Path, fetcher: CountingFetcher
    ):
        first = CatalogClient(base_url, tmp_path, fetcher=fetcher).fetch_index()
        assert len(fetcher.take()) == 1 + len({row.digest for row in first.root.shards.values()})
        again = CatalogClient(base_url, tmp_path, fetcher=fetcher).fetch_index()
        assert fetcher.take() == [("index.json", 304)]
        assert again == first

    def test_one_release_costs_a_root_a_shard_and_a_document(
        self, base_url: str, tmp_path: Path, fetcher: CountingFetcher
    ):
        client = CatalogClient(base_url, tmp_path, fetcher=fetcher)
        client.fetch_release(RELEASE)
        assert fetcher.take() == [
            ("index.json", 200),
            ("shards/df.json", 200),
            ("releases/sage/cloud-cover/1.10.0.json", 200),
        ]
        client.fetch_release(RELEASE)
        assert fetcher.take() == [("index.json", 304)]

    def test_after_a_change_only_what_changed_is_fetched(
        self, publisher: Publisher, tmp_path: Path, fetcher: CountingFetcher
    ):
        with serve(publisher.site) as url:
            client = CatalogClient(url, tmp_path / "cache", fetcher=fetcher)
            client.fetch_index()
            client.fetch_release("sage/a:1.0.0")
            fetcher.take()
            publisher.write("sage/a", "2026-02-02")
            publisher.publish()
            assert client.fetch_index().releases["sage/a:1.0.0"].added == "2026-02-02"
            asked = fetcher.take()
            assert [path.partition("/")[0] for path, _ in asked] == ["index.json", "shards"], asked
            client.fetch_release("sage/a:1.0.0")
            assert fetcher.take()[1:] == [("releases/sage/a/1.0.0.json", 200)]
            client.fetch_release("sage/b:1.0.0")
            assert fetcher.take()[1:] == [("releases/sage/b/1.0.0.json", 200)]

    @pytest.mark.parametrize(
        ("release", "error", "message"),
        [
            ("sage/cloud-cover:9.9.9", NotFoundError, "has no release 'sage/cloud-cover:9.9.9'"),
            ("hidden/secret:1.0.0", NotFoundError, "has no release 'hidden/secret:1.0.0'"),
            ("sage/cloud-cover", UsageError, "'sage/cloud-cover' names a bundle, not a release"),
            ("../x", UsageError, "'../x' is not the id of a bundle or release"),
        ],
        ids=["unknown", "protected", "a bundle", "no id"],
    )
    def test_says_what_is_not_there(
        self, base_url: str, tmp_path: Path, release: str, error: type[Exception], message: str
    ):
        with pytest.raises(error) as caught:
            CatalogClient(base_url, tmp_path).fetch_release(release)
        assert message in str(caught.value)


class TestOffline:
    def test_reads_what_it_read_before(self, publisher: Publisher, tmp_path: Path):
        with serve(publisher.site) as url:
            online = CatalogClient(url, tmp_path / "cache")
            index, release = online.fetch_index(), online.fetch_release("sage/a:1.0.0")
        offline = CatalogClient(url, tmp_path / "cache", offline=True)
        assert offline.fetch_index().releases == index.releases
        assert offline.fetch_index().offline
        assert offline.fetch_release("sage/a:1.0.0") == release
        with pytest.raises(NotFoundError, match="the cache does not hold what is asked for"):
            offline.fetch_release("sage/b:1.0.0")

    def test_a_server_that_is_gone_is_an_error_unless_old_answers_will_do(
        self, publisher: Publisher, tmp_path: Path
    ):
        with serve(publisher.site) as url:
            index = CatalogClient(url, tmp_path / "cache").fetch_index()
        client = CatalogClient(url, tmp_path / "cache")
        with pytest.raises(ToolFailedError, match=r"cannot fetch .*: .*[Cc]onnection refused"):
            client.fetch_index()
        stale = client.fetch_index(allow_stale=True)
        assert (stale.offline, stale.releases) == (True, index.releases)

    def test_an_index_is_only_used_as_a_whole(self, publisher: Publisher, tmp_path: Path):
        """The newest root is known, its shard is not: the index before it is still whole."""
        with serve(publisher.site) as url:
            client = CatalogClient(url, tmp_path / "cache")
            before = client.fetch_index()
            publisher.write("sage/a", "2026-02-02")
            publisher.publish()
            client.fetch_release("sage/b:1.0.0")
        stale = CatalogClient(url, tmp_path / "cache").fetch_index(allow_stale=True)
        assert stale.releases == before.releases

    def test_an_empty_cache_is_no_help(self, tmp_path: Path):
        client = CatalogClient("http://127.0.0.1:9", tmp_path, offline=True)
        with pytest.raises(NotFoundError, match="the cache does not hold what is asked for"):
            client.fetch_index()


class TestCache:
    def test_a_damaged_file_is_fetched_again(
        self, publisher: Publisher, tmp_path: Path, fetcher: CountingFetcher
    ):
        with serve(publisher.site) as url:
            client = CatalogClient(url, tmp_path / "cache", fetcher=fetcher)
            row = client.fetch_index().releases["sage/a:1.0.0"]
            client.fetch_release("sage/a:1.0.0")
            name = row.digest.removeprefix("sha256:")
            damaged = tmp_path / "cache" / "objects" / name[:2] / name
            damaged.write_bytes(damaged.read_bytes()[:-1])
            fetcher.take()
            client.fetch_release("sage/a:1.0.0")
            assert fetcher.take()[1:] == [("releases/sage/a/1.0.0.json", 200)]

    def test_no_half_written_file_stays(self, publisher: Publisher, tmp_path: Path):
        with serve(publisher.site) as url:
            CatalogClient(url, tmp_path / "cache").fetch_index()
        names = [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()]
        assert names
        assert [name for name in names if name.startswith(".")] == []

    def test_a_cache_that_cannot_be_written_is_named(self, publisher: Publisher, tmp_path: Path):
        (tmp_path / "cache").write_text("a file")
        with serve(publisher.site) as url, pytest.raises(OutputError) as caught:
            CatalogClient(url, tmp_path / "cache").fetch_index()
        assert (
            str(caught.value) == f"cannot write to the cache {tmp_path / 'cache'}: Not a directory"
        )


class TestIntegrity:
    def alter(self, site: Path, path: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Change a document and name it rightly all the way up to the root."""
        file = site / "api/v1" / path
        document = orjson.loads(file.read_bytes())
        change(document)
        content = orjson.dumps(document)
        file.write_bytes(content)
        root = site / "api/v1/index.json"
        top = orjson.loads(root.read_bytes())
        if path.startswith("shards/"):
            top["shards"][path[7:9]] = {
                "digest": digest_bytes(content),
                "size_bytes": len(content),
            }
            root.write_bytes(orjson.dumps(top))

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda content: content + b" ", "is not the document the index names"),
            (lambda content: content.replace(b"Cloud", b"Cloth"), "is not the document the index"),
        ],
        ids=["longer", "same length"],
    )
    def test_a_document_that_is_not_the_named_one_is_refused(
        self,
        publisher: Publisher,
        tmp_path: Path,
        change: Callable[[bytes], bytes],
        message: str,
    ):
        file = publisher.site / "api/v1/releases/sage/a/1.0.0.json"
        file.write_bytes(change(file.read_bytes()))
        with serve(publisher.site) as url:
            client = CatalogClient(url, tmp_path / "cache")
            with pytest.raises(IntegrityError) as caught:
                client.fetch_release("sage/a:1.0.0")
            assert f"{url}/api/v1/releases/sage/a/1.0.0.json {message}" in str(caught.value)
            with pytest.raises(IntegrityError):
                client.fetch_release("sage/a:1.0.0", allow_stale=True)

    def test_a_missing_document_is_named(self, publisher: Publisher, tmp_path: Path):
        (publisher.site / "api/v1/releases/sage/a/1.0.0.json").unlink()
        with serve(publisher.site) as url, pytest.raises(IntegrityError) as caught:
            CatalogClient(url, tmp_path / "cache").fetch_release("sage/a:1.0.0")
        assert str(caught.value).startswith(
            f"{url}/api/v1/releases/sage/a/1.0.0.json is not there, and sha256:"
        )

    def test_a_release_in_a_foreign_shard_is_refused(self, publisher: Publisher, tmp_path: Path):
        path = next(
            p for p in (publisher.site / "api/v1/shards").iterdir() if b"sage/a" in p.read_bytes()
        )
        self.alter(
            publisher.site,
            f"shards/{path.name}",
            lambda shard: shard["releases"][0].update(id="sage/b:1.0.0"),
        )
        with serve(publisher.site) as url, pytest.raises(IntegrityError) as caught:
            CatalogClient(url, tmp_path / "cache").fetch_index()
        assert str(caught.value).endswith("lists sage/b:1.0.0, which belongs to another shard")

    def test_a_release_that_is_left_out_is_missed(self, publisher: Publisher, tmp_path: Path):
        path = next(
            p for p in (publisher.site / "api/v1/shards").iterdir() if b"sage/a" in p.read_bytes()
        )
        self.alter(publisher.site, f"shards/{path.name}", lambda shard: shard["releases"].clear())
        with serve(publisher.site) as url, pytest.raises(IntegrityError) as caught:
            CatalogClient(url, tmp_path / "cache").fetch_index()
        assert str(caught.value).endswith("list 1 releases, the root counts 2")

    @pytest.mark.parametrize(
        "path",
        ["../../index.html", "/etc/passwd", "releases/../../x.json", "https://evil.example/x.json"],
    )
    def test_a_path_that_leads_out_of_the_index_is_refused(
        self, publisher: Publisher, tmp_path: Path, path: str
    ):
        shard = next(
            p for p in (publisher.site / "api/v1/shards").iterdir() if b"sage/a" in p.read_bytes()
        )
        self.alter(
            publisher.site,
            f"shards/{shard.name}",
            lambda document: document["releases"][0].update(path=path),
        )
        with serve(publisher.site) as url, pytest.raises(IntegrityError, match="not a document"):
            CatalogClient(url, tmp_path / "cache").fetch_release("sage/a:1.0.0")

    def test_a_document_that_is_said_to_be_huge_is_not_fetched(
        self, publisher: Publisher, tmp_path: Path, fetcher: CountingFetcher
    ):
        shard = next(
            p for p in (publisher.site / "api/v1/shards").iterdir() if b"sage/a" in p.read_bytes()
        )
        self.alter(
            publisher.site,
            f"shards/{shard.name}",
            lambda document: document["releases"][0].update(size_bytes=1 << 40),
        )
        with serve(publisher.site) as url, pytest.raises(IntegrityError) as caught:
            CatalogClient(url, tmp_path / "cache", fetcher=fetcher).fetch_release("sage/a:1.0.0")
        assert "more than the 16,777,216 a document may" in str(caught.value)
        assert len(fetcher.asked) == 2

    def test_unknown_fields_are_ignored(self, publisher: Publisher, tmp_path: Path):
        """Changes of the documents are additive, so an old client reads a newer catalog."""
        for shard in (publisher.site / "api/v1/shards").iterdir():
            if b"sage/" in shard.read_bytes():
                self.alter(
                    publisher.site,
                    f"shards/{shard.name}",
                    lambda document: document["releases"][0].update(signature={"new": [1]}),
                )
        with serve(publisher.site) as url:
            assert len(CatalogClient(url, tmp_path / "cache").fetch_index().releases) == 2

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"<!doctype html>", "the document: Invalid JSON"),
            (b'{"schema_version":2}', "schema_version: Input should be 1"),
        ],
        ids=["a page", "a newer schema"],
    )
    def test_another_root_is_refused(
        self, publisher: Publisher, tmp_path: Path, content: bytes, message: str
    ):
        (publisher.site / "api/v1/index.json").write_bytes(content)
        with serve(publisher.site) as url, pytest.raises(IntegrityError) as caught:
            CatalogClient(url, tmp_path / "cache").fetch_index()
        assert f"{url}/api/v1/index.json is not a document of api/v1: {message}" in str(
            caught.value
        )
        assert not (tmp_path / "cache").exists()


class TestSuperseded:
    def test_who_read_an_index_can_fetch_all_it_names_after_another_publication(
        self, publisher: Publisher, tmp_path: Path, fetcher: CountingFetcher
    ):
        """The root and a shard are read, then everything changes, then the rest is fetched."""
        with serve(publisher.site) as url:

            class Interrupted(CountingFetcher):
                def fetch(self, url: str, **options: Any) -> Response:
                    answer = super().fetch(url, **options)
                    if url.endswith("/index.json") and len(self.asked) == 1:
                        publisher.write("sage/a", "2026-02-02")
                        publisher.write("sage/b", "2026-02-02")
                        publisher.publish(NOW)
                        publisher.write("sage/a", "2026-02-03")
                        publisher.publish(NOW + timedelta(hours=1))
                    return answer

            with Interrupted() as interrupted:
                client = CatalogClient(url, tmp_path / "cache", fetcher=interrupted)
                old = client.fetch_release("sage/a:1.0.0")
                assert old.decisions["added"] == "2026-01-01"
                statuses = [status for _, status in interrupted.asked]
                assert statuses == [200] * 5, "each of the two is asked for twice"
            new = CatalogClient(url, tmp_path / "other").fetch_release("sage/a:1.0.0")
            assert new.decisions["added"] == "2026-02-03"

    def test_nothing_is_kept_when_a_release_goes_away_since_it_may_be_protected_now(
        self, publisher: Publisher
    ):
        publisher.write("sage/a", "2026-02-02")
        publisher.publish(NOW)
        assert publisher.kept()
        shutil.rmtree(publisher.root / "bundles/sage/a")
        publisher.publish(NOW)
        assert publisher.kept() == {}

    def test_all_that_an_index_named_is_there_for_as_long_as_was_said(self, publisher: Publisher):
        before = self.read_named(publisher.site)
        publisher.write("sage/a", "2026-02-02")
        publisher.publish(NOW)
        kept = publisher.kept()
        there = {digest for digest in before if digest in self.read_named(publisher.site)}
        assert {f"sha256:{name}" for name in kept} == set(before) - there
        publisher.publish(NOW + timedelta(hours=23, minutes=59))
        assert publisher.kept() == kept
        publisher.publish(NOW + timedelta(hours=24))
        assert publisher.kept() == {}
        assert not (publisher.site / "api/v1/superseded").exists()

    def test_the_list_says_until_when(self, publisher: Publisher):
        publisher.write("sage/a", "2026-02-02")
        publisher.publish(NOW, keep_s=3600)
        listed = orjson.loads((publisher.site / "api/v1/superseded/index.json").read_bytes())
        assert {row["until"] for row in listed["documents"]} == {"2026-11-01T13:00:00+00:00"}
        for row in listed["documents"]:
            content = publisher.kept()[row["digest"].removeprefix("sha256:")]
            assert (digest_bytes(content), len(content)) == (row["digest"], row["size_bytes"])

    def test_what_comes_back_and_goes_again_is_kept_from_the_last_time(self, publisher: Publisher):
        original = (publisher.site / "api/v1/releases/sage/a/1.0.0.json").read_bytes()
        for hour, day in ((0, "2026-02-02"), (1, "2026-01-01"), (20, "2026-02-02")):
            publisher.write("sage/a", day)
            publisher.publish(NOW + timedelta(hours=hour))
        publisher.publish(NOW + timedelta(hours=43))
        assert original in publisher.kept().values()

    def test_nothing_changed_nothing_kept(self, publisher: Publisher):
        publisher.publish(NOW)
        assert publisher.kept() == {}

    def test_a_first_publication_has_nothing_to_keep(self, tmp_path: Path):
        assert list(keep_superseded(tmp_path / "none", [], now=NOW)) == []

    @pytest.mark.parametrize(
        "damage",
        [b"", b"{", b"[]", b'{"documents":{"x":{"digest":"sha256:0","path":"../../x"}}}'],
        ids=["empty", "no JSON", "another document", "a document that is not there"],
    )
    def test_a_damaged_site_before_keeps_nobody_from_publishing(
        self, publisher: Publisher, damage: bytes
    ):
        (publisher.site / "api/v1/index.json").write_bytes(damage)
        publisher.publish(NOW)
        assert publisher.kept() == {}

    def read_named(self, site: Path) -> dict[str, bytes]:
        """Everything that a site's root names, directly or not, by digest."""

        def read(path: str) -> bytes:
            return (site / "api/v1" / path).read_bytes()

        root = orjson.loads(read("index.json"))
        rows: list[dict[str, Any]] = [*root["documents"].values()]
        rows += [{**row, "path": f"shards/{prefix}.json"} for prefix, row in root["shards"].items()]
        listing: Iterable[dict[str, Any]] = list(rows)
        for row in listing:
            if row["path"].startswith("shards/"):
                rows += orjson.loads(read(row["path"]))["releases"]
        rows += orjson.loads(read("hardware.json"))["hardware"]
        return {row["digest"]: read(row["path"]) for row in rows}


class TestHttp:
    def test_more_than_allowed_is_not_read(self, tmp_path: Path):
        def pour(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while True:
                handler.wfile.write(b"x" * 65536)

        with answering(pour) as url, pytest.raises(ToolFailedError) as caught:
            CatalogClient(url, tmp_path).fetch_index()
        limit = f"{ROOT_LIMIT_BYTES:,}"
        assert (
            str(caught.value)
            == f"{url}/api/v1/index.json holds more than the {limit} bytes allowed"
        )

    def test_an_answer_that_trickles_in_has_an_end(self):
        stop = threading.Event()

        def trickle(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "1000000")
            handler.end_headers()
            while not stop.wait(0.05):
                handler.wfile.write(b"x")

        with answering(trickle) as url, HttpFetcher(timeout_s=0.5) as fetcher:
            try:
                with pytest.raises(ToolTimeoutError) as caught:
                    fetcher.fetch(url, limit_bytes=1 << 20)
            finally:
                stop.set()
        assert str(caught.value) == f"no answer after 0.5 s: {url}"

    def test_an_answer_that_does_not_come_has_an_end(self):
        stop = threading.Event()
        with (
            answering(lambda _: stop.wait(10)) as url,
            HttpFetcher(timeout_s=0.2) as fetcher,
        ):
            try:
                with pytest.raises(ToolTimeoutError):
                    fetcher.fetch(url, limit_bytes=1)
            finally:
                stop.set()

    @pytest.mark.parametrize(
        ("status", "error", "message"),
        [
            (404, NotFoundError, "there is no {url} (404)"),
            (410, NotFoundError, "there is no {url} (410)"),
            (503, ToolFailedError, "{url} answered 503 Service Unavailable"),
            (204, ToolFailedError, "{url} answered 204 No Content"),
        ],
    )
    def test_a_refusal_is_told(self, status: int, error: type[Exception], message: str):
        def refuse(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            handler.end_headers()

        with answering(refuse) as url, HttpFetcher() as fetcher:
            with pytest.raises(error) as caught:
                fetcher.fetch(url, limit_bytes=1)
            assert str(caught.value) == message.format(url=url)

    def test_an_answer_that_breaks_off_is_an_error(self):
        def break_off(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Length", "10")
            handler.end_headers()
            handler.wfile.write(b"half")

        with (
            answering(break_off) as url,
            HttpFetcher() as fetcher,
            pytest.raises(ToolFailedError, match="cannot fetch"),
        ):
            fetcher.fetch(url, limit_bytes=100)

    def test_endless_redirects_end(self):
        def redirect(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", "/again")
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with (
            answering(redirect) as url,
            HttpFetcher() as fetcher,
            pytest.raises(ToolFailedError, match="Exceeded 5 redirects"),
        ):
            fetcher.fetch(url, limit_bytes=1)

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x", "host/path", ""])
    def test_only_http_is_spoken(self, url: str):
        with HttpFetcher() as fetcher, pytest.raises(UsageError) as caught:
            fetcher.fetch(url, limit_bytes=1)
        assert str(caught.value) == f"'{url}' is not an http address"
