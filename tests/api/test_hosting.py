"""One table of questions, asked of `ecr serve` and of nginx with the shipped configuration."""

from __future__ import annotations

import gzip
import http.client
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from ecr.tools.site_routes import TYPES, parse_target
from ecr.tools.site_server import accepts_gzip, parse_range, render_nginx_configuration

if TYPE_CHECKING:
    from pathlib import Path

HTML = "text/html; charset=utf-8"
JSON = "application/json"


def ask(
    base_url: str, target: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send exactly this target: no client may tidy it, undo an encoding or follow a redirect."""
    connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in named.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body


TABLE = {
    "the home page": ("/", 200, HTML),
    "a page": ("/catalog/", 200, HTML),
    "a stylesheet": ("/assets/main.css", 200, "text/css; charset=utf-8"),
    "JSON beside the pages has no charset either": ("/assets/data.json", 200, JSON),
    "all apps": ("/api/apps", 200, JSON),
    "all apps with a slash": ("/api/apps/", 200, JSON),
    "all apps with a query": ("/api/apps?public=true", 200, JSON),
    "all apps by the file's name": ("/api/apps/index.json", 200, JSON),
    "an encoded letter and a doubled slash": ("/%61pi//apps", 200, JSON),
    "dots inside the site": ("/catalog/../api/./apps", 200, JSON),
    "the versions of an app": ("/api/apps/sage/cloud-cover", 200, JSON),
    "one app": ("/api/apps/sage/cloud-cover/1.10.0", 200, JSON),
    "one app with a query": ("/api/apps/sage/cloud-cover/1.10.0?view=app", 200, JSON),
    "a version that ends like a file name": ("/api/apps/sage/bird-song/0.1.0-rc.1", 200, JSON),
    "one app with a slash is nothing": ("/api/apps/sage/cloud-cover/1.10.0/", 404, JSON),
    "a namespace is not listed": ("/api/apps/sage", 404, JSON),
    "all repositories": ("/api/repositories?view=permissions&nopublic=true", 200, JSON),
    "one repository": ("/api/repositories/sage/cloud-cover", 200, JSON),
    "a yanked app": ("/api/apps/sage/cloud-cover/1.9.1", 404, JSON),
    "a protected app": ("/api/apps/hidden/secret", 404, JSON),
    "anything else of the API": ("/api/builds/sage/cloud-cover/1.10.0", 404, JSON),
    "the API itself": ("/api/", 404, JSON),
    "the root of the index": ("/api/v1/index.json", 200, JSON),
    "the index by its directory": ("/api/v1", 200, JSON),
    "a shard": ("/api/v1/shards/00.json", 200, JSON),
    "a release": ("/api/v1/releases/sage/cloud-cover/1.10.0.json", 200, JSON),
    "a schema": ("/api/v1/schemas/release.schema.json", 200, JSON),
    "no such document": ("/api/v1/releases/a/b/1.0.0.json", 404, JSON),
    "an icon under its old name has the type of what is there": (
        "/api/meta-files/sage/cloud-cover/1.10.0/ecr-icon.jpg", 200, "image/jpeg",
    ),
    "a drawn icon under its old name": (
        "/api/meta-files/sage/bird-song/0.1.0-rc.1/ecr-icon.jpg", 200, "image/svg+xml",
    ),
    "a science image under its old name": (
        "/api/meta-files/sage/cloud-cover/1.10.0/ecr-science-image.jpg", 200, "image/png",
    ),
    "a science description under its old name": (
        "/api/meta-files/sage/cloud-cover/1.10.0/ecr-science-description.md",
        200,
        "text/markdown; charset=utf-8",
    ),
    "media under their own names": (
        "/api/meta-files/sage/cloud-cover/1.10.0/science-image.png", 200, "image/png",
    ),
    "media of the site": ("/bundles/sage/cloud-cover/media/icon.jpg", 200, "image/jpeg"),
    "no such media": ("/api/meta-files/sage/bird-song/1.0.0/ecr-science-image.jpg", 404, JSON),
    "meta-files lead nowhere else": ("/api/meta-files/sage/a/1.0.0/bundle.yaml", 404, JSON),
    "no such page": ("/nothing/", 404, HTML),
    "no such file": ("/nothing.css", 404, HTML),
    "a directory without a page": ("/assets/", 404, HTML),
    "rules of other hosts": ("/_headers", 404, HTML),
    "a hidden file": ("/.git/config", 404, HTML),
    "a hidden file below": ("/bundles/.hidden", 404, HTML),
}  # fmt: skip


class TestTable:
    @pytest.mark.parametrize(("target", "status", "kind"), TABLE.values(), ids=TABLE)
    @pytest.mark.parametrize("method", ["GET", "HEAD"])
    def test_answers(self, base_url: str, method: str, target: str, status: int, kind: str):
        answer, body = ask(base_url, target, method)
        assert (answer.status, answer.headers.get_all("Content-Type")) == (status, [kind])
        assert bool(body) is (method == "GET")

    @pytest.mark.parametrize(
        "target",
        [
            "/../etc/passwd",
            "/%2e%2e/etc/passwd",
            "/catalog/../../etc/passwd",
            "/..%2f..%2fetc/passwd",
        ],
        ids=["plain", "encoded dots", "from a directory", "encoded slashes"],
    )
    def test_nothing_leads_out_of_the_site(self, base_url: str, target: str):
        answer, body = ask(base_url, target)
        assert answer.status == 400
        assert b"root:" not in body

    def test_a_link_that_leads_out_of_the_site_is_not_followed(self, tmp_path: Path):
        from ecr.tools.site_routes import answer_address

        (tmp_path / "site").mkdir()
        (tmp_path / "secret.txt").write_text("secret")
        (tmp_path / "site" / "link.txt").symlink_to(tmp_path / "secret.txt")
        assert answer_address(tmp_path / "site", "/link.txt").status == 404

    @pytest.mark.parametrize(
        ("target", "location"),
        [
            ("/catalog", "/catalog/"),
            ("/catalog?q=a", "/catalog/?q=a"),
            ("/bundles/sage", "/bundles/sage/"),
        ],
        ids=["a page without its slash", "with a query", "a directory without a page"],
    )
    def test_redirects_without_a_host(self, base_url: str, target: str, location: str):
        """A host or port of its own would be wrong behind a proxy."""
        answer, _ = ask(base_url, target)
        assert (answer.status, answer.getheader("Location")) == (301, location)

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
    def test_only_reads(self, base_url: str, method: str):
        answer, _ = ask(base_url, "/api/apps", method, Content_Length="0")
        assert answer.status == 405

    def test_missing_answers_of_the_api_are_what_the_portal_shows(self, base_url: str):
        _, body = ask(base_url, "/api/apps/a/b/1.0.0")
        assert body == b'{"error":"Resource not found in this catalog"}\n'


class TestHeaders:
    @pytest.mark.parametrize(
        ("target", "expected"),
        [
            ("/", {"Access-Control-Allow-Origin": None, "Cache-Control": "no-cache"}),
            ("/api/apps", {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}),
            ("/api/none", {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}),
            ("/assets/main.css", {"Cache-Control": "public, max-age=3600"}),
            (
                "/api/meta-files/sage/cloud-cover/1.0.0/science-description.md",
                {"Access-Control-Allow-Origin": "*"},
            ),
        ],
        ids=["a page", "the API", "nothing of the API", "an asset", "media for another origin"],
    )
    def test_says_who_may_read_and_keep_it(
        self, base_url: str, target: str, expected: dict[str, str | None]
    ):
        answer, _ = ask(base_url, target)
        assert {name: answer.getheader(name) for name in expected} == expected

    @pytest.mark.parametrize("target", ["/", "/api/apps", "/none", "/catalog"])
    def test_every_answer_is_guarded(self, base_url: str, target: str):
        answer, _ = ask(base_url, target)
        if answer.status != 301:
            assert answer.getheader("X-Content-Type-Options") == "nosniff"
            policy = answer.getheader("Content-Security-Policy") or ""
            assert policy.startswith("default-src 'self'; ")
            assert "frame-ancestors 'none'" in policy

    @pytest.mark.parametrize(
        "target",
        [
            "/bundles/sage/bird-song/media/icon.svg",
            "/bundles//sage/bird-song/media/icon.svg",
            "/%62undles/sage/bird-song/media/icon.svg",
            "/catalog/../bundles/sage/bird-song/media/icon.svg",
            "/api/meta-files/sage/bird-song/0.1.0/ecr-icon.jpg",
            "/api/meta-files/sage/bird-song/0.1.0/icon.svg",
        ],
        ids=["by its address", "doubled slash", "encoded", "by a detour", "old name", "own name"],
    )
    def test_a_drawing_of_an_author_can_run_nothing(self, base_url: str, target: str):
        answer, _ = ask(base_url, target)
        policy = answer.getheader("Content-Security-Policy")
        assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"


class TestTransfer:
    def test_a_file_that_is_current_is_not_sent_again(self, base_url: str):
        first, _ = ask(base_url, "/api/v1/index.json")
        etag, changed = first.getheader("ETag"), first.getheader("Last-Modified")
        assert etag
        assert changed
        for headers in ({"If_None_Match": etag}, {"If_Modified_Since": changed}):
            again, body = ask(base_url, "/api/v1/index.json", **headers)
            assert (again.status, body) == (304, b"")
        other, body = ask(base_url, "/api/v1/index.json", If_None_Match='"another"')
        assert other.status == 200
        assert body

    def test_text_is_compressed_for_who_takes_it(self, base_url: str):
        plain, content = ask(base_url, "/api/apps")
        packed, body = ask(base_url, "/api/apps", Accept_Encoding="br, gzip")
        assert plain.getheader("Content-Encoding") is None
        assert packed.getheader("Content-Encoding") == "gzip"
        assert packed.getheader("Content-Type") == JSON
        assert gzip.decompress(body) == content
        assert len(body) < len(content)
        assert "Accept-Encoding" in (plain.getheader("Vary") or "")
        etag = packed.getheader("ETag") or ""
        again, _ = ask(base_url, "/api/apps", Accept_Encoding="gzip", If_None_Match=etag)
        assert again.status == 304

    @pytest.mark.parametrize(
        ("span", "status", "content"),
        [
            ("bytes=0-1", 206, b"bo"),
            ("bytes=2-", 206, b"dy{}"),
            ("bytes=-2", 206, b"{}"),
            ("bytes=4-99", 206, b"{}"),
            ("bytes=99-", 416, None),
            ("lines=0-1", 200, b"body{}"),
        ],
        ids=[
            "the first",
            "from a byte on",
            "the last",
            "beyond the end",
            "all beyond",
            "other unit",
        ],
    )
    def test_a_part_can_be_asked_for(
        self, base_url: str, span: str, status: int, content: bytes | None
    ):
        answer, body = ask(base_url, "/assets/main.css", Range=span)
        assert answer.status == status
        assert content is None or body == content

    def test_a_connection_is_used_again(self, base_url: str):
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=10)
        for target in ("/api/apps", "/none", "/catalog", "/assets/main.css"):
            connection.request("GET", target)
            connection.getresponse().read()
        connection.request("HEAD", "/api/apps")
        assert connection.getresponse().status == 200
        connection.close()

    def test_a_new_site_in_its_place_is_served_at_once(self, tmp_path: Path):
        from tests.api.conftest import serve

        for name in ("site", "next"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "index.html").write_text(name)
        with serve(tmp_path / "site") as url:
            assert requests.get(url, timeout=10).text == "site"
            (tmp_path / "site").rename(tmp_path / "old")
            (tmp_path / "next").rename(tmp_path / "site")
            assert requests.get(url, timeout=10).text == "next"


class TestRules:
    def test_both_servers_know_the_same_types(self, tmp_path: Path):
        configuration = render_nginx_configuration(tmp_path, "1")
        block = re.search(r"types \{\n(.+?)\}", configuration, re.DOTALL)
        assert block is not None
        lines = [line.strip(" ;").split() for line in block[1].strip().splitlines()]
        assert {extension: kind for kind, *rest in lines for extension in rest} == TYPES

    def test_both_servers_send_the_same_policies(self, tmp_path: Path):
        from ecr.tools import site_routes

        configuration = render_nginx_configuration(tmp_path, "1")
        for policy in (site_routes.SITE_POLICY, site_routes.MEDIA_POLICY):
            assert f'"{policy}";' in configuration

    @pytest.mark.parametrize(
        ("target", "path"),
        [
            ("/a/b", "/a/b"),
            ("/a//b/./c/../d/?q#f", "/a/b/d/"),
            ("http://host/a", "/a"),
            ("/%C3%A9", "/é"),
            ("/%ff", None),
            ("/a%00", None),
            ("/..", None),
            ("*", None),
        ],
        ids=[
            "as it is",
            "tidied",
            "absolute form",
            "UTF-8",
            "not UTF-8",
            "a zero byte",
            "above the root",
            "no path",
        ],
    )
    def test_targets_are_read(self, target: str, path: str | None):
        assert parse_target(target) == path

    @pytest.mark.parametrize(
        ("header", "accepted"),
        [
            ("gzip", True),
            ("br, GZIP;q=0.5", True),
            ("gzip;q=0", False),
            ("identity", False),
            ("", False),
        ],
    )
    def test_compression_is_asked_for(self, header: str, accepted: bool):
        assert accepts_gzip(header) is accepted

    @pytest.mark.parametrize(
        ("header", "span"),
        [
            ("bytes=0-0", (0, 0)),
            ("bytes=-20", (0, 9)),
            ("bytes=-0", (1, 0)),
            ("bytes=5-4", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=²-", None),
        ],
    )
    def test_ranges_are_read(self, header: str, span: tuple[int, int] | None):
        assert parse_range(header, 10) == span
