"""`_headers` and `_redirects`, read as Cloudflare Pages and Netlify document them.

The interpreter below knows what the files use: splats, placeholders, rewrites with status 200
and the nearest ``404.html``. It answers the questions that nginx and `ecr serve` are asked.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.api.conftest import JPEG, PNG

Rule = tuple[str, str, int]


def to_pattern(rule: str) -> re.Pattern[str]:
    """A placeholder matches all but a slash, a splat matches everything."""
    parts = re.split(r"(:[A-Za-z]\w*|\*)", rule)
    text = "".join(
        "(?P<splat>.*)"
        if part == "*"
        else f"(?P<{part[1:]}>[^/]+)"
        if part.startswith(":")
        else re.escape(part)
        for part in parts
    )
    return re.compile(f"{text}$")


def fill(target: str, values: dict[str, str]) -> str:
    return re.sub(r":(\w+)", lambda name: values[name[1]], target)


def parse_redirects(text: str) -> list[Rule]:
    rules = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            source, target, status = line.split()
            rules.append((source, target, int(status)))
    return rules


def parse_headers(text: str) -> dict[str, dict[str, str]]:
    rules: dict[str, dict[str, str]] = {}
    path = ""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith(" "):
            name, value = line.strip().split(": ", 1)
            assert name not in rules[path]
            rules[path][name] = value
        else:
            path = line
            rules[path] = {}
    return rules


class Host:
    """A static host that reads the two files of a site.

    Attributes:
        rules_first: Whether a rewrite wins over a file, as with Cloudflare, or not, as with
            Netlify. Cloudflare knows no status 404 in ``_redirects``.
    """

    def __init__(self, site: Path, *, rules_first: bool) -> None:
        self.site = site
        self.rules_first = rules_first
        self.redirects = [
            rule
            for rule in parse_redirects((site / "_redirects").read_text())
            if not (rules_first and rule[2] == 404)
        ]
        self.headers = parse_headers((site / "_headers").read_text())

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        headers: dict[str, list[str]] = {}
        for rule, values in self.headers.items():
            if to_pattern(rule).match(path):
                for name, value in values.items():
                    headers.setdefault(name, []).append(value)
        status, content = self.find(path)
        return status, {name: ", ".join(values) for name, values in headers.items()}, content

    def find(self, path: str) -> tuple[int, bytes]:
        own = self.read(path)
        rewritten = self.rewrite(path)
        order = (rewritten, own) if self.rules_first else (own, rewritten)
        for found in order:
            if found is not None:
                return found
        return 404, self.nearest_missing(path)

    def read(self, path: str) -> tuple[int, bytes] | None:
        file = self.site / path.lstrip("/")
        if path.endswith("/"):
            file /= "index.html"
        return (200, file.read_bytes()) if file.is_file() else None

    def rewrite(self, path: str) -> tuple[int, bytes] | None:
        for source, target, status in self.redirects:
            match = to_pattern(source).match(path)
            if match is not None:
                found = self.read(fill(target, match.groupdict()))
                # The first rule that matches decides, whether its target is there or not.
                return (status, found[1]) if found else (404, self.nearest_missing(path))
        return None

    def nearest_missing(self, path: str) -> bytes:
        directory = (self.site / path.lstrip("/")).parent
        while self.rules_first and directory != self.site:
            if (directory / "404.html").is_file():
                return (directory / "404.html").read_bytes()
            directory = directory.parent
        return (self.site / "404.html").read_bytes()


@pytest.fixture(scope="module", params=["like Cloudflare Pages", "like Netlify"])
def host(request: pytest.FixtureRequest, site: Path) -> Host:
    return Host(site, rules_first=request.param == "like Cloudflare Pages")


class TestApi:
    @pytest.mark.parametrize(
        ("path", "file"),
        [
            ("/api/apps", "api/apps/index.json"),
            ("/api/apps/", "api/apps/index.json"),
            ("/api/apps/sage/cloud-cover", "api/apps/sage/cloud-cover/index.json"),
            ("/api/apps/sage/cloud-cover/1.10.0", "api/apps/sage/cloud-cover/1.10.0"),
            ("/api/repositories", "api/repositories/index.json"),
            ("/api/repositories/sage/cloud-cover", "api/repositories/sage/cloud-cover"),
            ("/api/v1/index.json", "api/v1/index.json"),
            ("/api/v1/bundles/sage/cloud-cover.json", "api/v1/bundles/sage/cloud-cover.json"),
        ],
        ids=lambda value: value if value.startswith("/") else "",
    )
    def test_answers_with_the_file_and_exactly_the_type(
        self, host: Host, site: Path, path: str, file: str
    ):
        status, headers, content = host.get(path)
        assert (status, content) == (200, (site / file).read_bytes())
        assert headers["Content-Type"] == "application/json"
        assert headers["Access-Control-Allow-Origin"] == "*"

    @pytest.mark.parametrize(
        "path",
        ["/api/apps/sage/cloud-cover/9.9.9", "/api/apps/hidden/secret/1.0.0", "/api/apps/a/b"],
    )
    def test_says_in_json_that_something_is_not_there(self, host: Host, path: str):
        status, headers, content = host.get(path)
        assert (status, headers["Content-Type"]) == (404, "application/json")
        if host.rules_first or path != "/api/apps/a/b":
            assert content == b'{"error":"Resource not found in this catalog"}\n'

    @pytest.mark.parametrize(
        ("file", "content"),
        [
            ("icon.jpg", JPEG),
            ("ecr-icon.jpg", JPEG),
            ("science-image.png", PNG),
            ("science-description.md", "# Clouds\n\nGrüße\n".encode()),
            ("ecr-science-description.md", "# Clouds\n\nGrüße\n".encode()),
        ],
    )
    def test_gives_media_whatever_the_version(self, host: Host, file: str, content: bytes):
        status, headers, body = host.get(f"/api/meta-files/sage/cloud-cover/1.10.0/{file}")
        assert (status, body) == (200, content)
        # The type of a picture comes from the name of its file, so no rule may set it.
        assert "Content-Type" not in headers


class TestRules:
    def test_pages_are_guarded_and_have_no_type_of_their_own(self, host: Host):
        status, headers, _ = host.get("/catalog/")
        assert status == 200
        assert headers["Content-Security-Policy"].startswith("default-src 'self'; ")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Type" not in headers

    def test_media_can_run_nothing(self, host: Host):
        _, headers, _ = host.get("/bundles/sage/bird-song/media/icon.svg")
        # Hosts join the policies of several rules, and a browser obeys every one of them.
        assert headers["Content-Security-Policy"].endswith("; sandbox")

    def test_the_policies_are_those_of_nginx(self, site: Path):
        from ecr.tools.site_routes import MEDIA_POLICY, SITE_POLICY

        rules = parse_headers((site / "_headers").read_text())
        assert rules["/*"]["Content-Security-Policy"] == SITE_POLICY
        media = rules["/bundles/:namespace/:name/media/*"]
        assert media["Content-Security-Policy"] == MEDIA_POLICY

    def test_hosts_take_the_files(self, site: Path):
        """Limits of Cloudflare Pages: 100 rules each, lines of 2,000 and 1,000 characters."""
        headers = (site / "_headers").read_text()
        redirects = (site / "_redirects").read_text()
        assert len(parse_headers(headers)) <= 100
        assert len(parse_redirects(redirects)) <= 100
        assert max(map(len, headers.splitlines())) <= 2000
        assert max(map(len, redirects.splitlines())) <= 1000
        for source, target, status in parse_redirects(redirects):
            assert status in (200, 404)
            assert source.count("*") <= 1
            names = re.findall(r":(\w+)", source)
            assert len(names) == len(set(names))
            assert set(re.findall(r":(\w+)", target)) <= set(names)
