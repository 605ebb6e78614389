"""The frame: the same wherever it is built, built once, and safe to put hostile text into."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

from ecr.errors import ToolFailedError, UsageError
from ecr.stages.publish.pages import Frame, build_frame
from ecr.stages.publish.pages import frame as frame_module
from tests.site.conftest import copy_project

FETCHED = re.compile(
    r'(?:src|<link[^>]*rel="(?:stylesheet|icon|preconnect)"[^>]*href)="(https?:[^"]*)"'
)
HOSTILE = "\"'><script>pwned(1)</script> & <b>"


def read_all(frame: Frame) -> dict[str, bytes]:
    return {path: file.read_bytes() for path, file in frame.files()}


class TestBuilding:
    def test_two_builds_in_two_places_are_the_same(
        self, frame: Frame, catalog: Path, tmp_path: Path
    ):
        root = copy_project(tmp_path / "elsewhere" / "deeper", catalog)
        second = build_frame(root, tmp_path / "cache")
        assert second.digest == frame.digest
        assert second.directory != frame.directory
        assert read_all(second) == read_all(frame)
        assert second.shells == frame.shells

    def test_mkdocs_runs_once_for_the_same_source(
        self, catalog: Path, frame: Frame, monkeypatch: pytest.MonkeyPatch
    ):
        def refuse(*_: object) -> None:
            raise AssertionError("MkDocs ran again")

        monkeypatch.setattr(frame_module, "build_documentation", refuse)
        assert build_frame(catalog, frame.directory.parent).digest == frame.digest

    def test_a_change_of_a_page_or_of_the_configuration_is_seen(self, tmp_path: Path):
        root = copy_project(tmp_path / "catalog")
        digests = [frame_module._digest_source(root)]
        for file in ("site_src/about.md", "site_src/assets/ecr/ecr.css", "mkdocs.yml"):
            with (root / file).open("a") as text:
                text.write("\n")
            digests.append(frame_module._digest_source(root))
        (root / "site_src/about.md").rename(root / "site_src/about-us.md")
        digests.append(frame_module._digest_source(root))
        assert len(set(digests)) == 5

    def test_what_a_killed_build_left_is_removed_and_the_build_done_again(
        self, frame: Frame, catalog: Path, tmp_path: Path
    ):
        cache = tmp_path / "cache"
        (cache / "building-dead" / "site").mkdir(parents=True)
        second = build_frame(catalog, cache)
        assert sorted(entry.name for entry in cache.iterdir()) == sorted([frame.digest, "lock"])
        assert second.shells == frame.shells

    def test_a_failing_mkdocs_leaves_no_frame(self, tmp_path: Path):
        root = copy_project(tmp_path / "catalog")
        (root / "mkdocs.yml").write_text("site_name: [", "utf-8")
        with pytest.raises(ToolFailedError) as caught:
            build_frame(root, tmp_path / "cache")
        assert "mkdocs build" in str(caught.value)
        assert caught.value.hint == "try it alone with: mkdocs build"
        assert [
            entry
            for entry in (tmp_path / "cache").iterdir()
            if entry.name.isalnum() and entry.is_dir()
        ] == []

    def test_without_a_configuration_the_message_says_what_to_do(self, tmp_path: Path):
        with pytest.raises(UsageError) as caught:
            build_frame(tmp_path, tmp_path / "cache")
        assert str(caught.value) == (
            f"{tmp_path} has no mkdocs.yml or no directory site_src, so there is no frame for pages"
        )
        assert caught.value.hint == "copy both from the catalog's template repository"

    def test_only_a_few_frames_are_kept(self, tmp_path: Path):
        cache = tmp_path / "cache"
        for name in ("a", "b", "c", "d"):
            (cache / name).mkdir(parents=True)
        frame_module._forget_old(cache, cache / "d")
        assert len(list(cache.iterdir())) == 3
        assert (cache / "d").is_dir()


class TestPage:
    @pytest.mark.parametrize(
        "path",
        ["catalog/", "hardware/x/", "bundles/a/b/", "bundles/a/b/1.0.0/"],
        ids=["depth 1", "depth 2", "depth 3", "depth 4"],
    )
    def test_leads_back_to_the_root_from_every_depth(self, frame: Frame, path: str):
        html = frame.page(path, "Title", "Description", "<p>Body</p>").decode()
        up = "../" * path.count("/")
        assert f'href="{up}assets/ecr/ecr.css"' in html
        assert f'<link rel="canonical" href="{frame.site_url}{path}">' in html
        assert f'<form class="ecr-find" role="search" action="{up}catalog/">' in html
        assert "<title>Title - Edge Code Repository</title>" in html
        assert "<p>Body</p>" in html
        assert "Placeholder" not in html
        assert "ecr-frame" not in html

    def test_title_and_description_are_escaped(self, frame: Frame):
        html = frame.page("bundles/a/b/", HOSTILE, HOSTILE, "").decode()
        assert "pwned(1)</script>" not in html
        escaped = "&quot;&#x27;&gt;&lt;script&gt;pwned(1)&lt;/script&gt; &amp; &lt;b&gt;"
        assert f"<title>{escaped} - Edge Code Repository</title>" in html
        assert f'<meta name="description" content="{escaped}">' in html

    @pytest.mark.parametrize(
        ("tab", "active"),
        [("catalog", "Catalog"), ("hardware", "Hardware")],
        ids=["a bundle belongs to the catalog", "a board belongs to hardware"],
    )
    def test_one_tab_is_active(self, frame: Frame, tab: str, active: str):
        html = frame.page("hardware/x/", "T", "D", "", tab=tab).decode()
        found = re.findall(r'md-tabs__item--active">\s*<a[^>]*>\s*([A-Za-z ]+?)\s*</a>', html)
        assert found == [active]

    def test_the_policy_allows_exactly_the_scripts_of_the_frame(self, frame: Frame):
        html = frame.page("bundles/a/b/1.0.0/", "T", "D", "").decode()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
        assert policy is not None
        assert "unsafe" not in policy[1]
        inline = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        hashes = {
            base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline
        }
        assert set(re.findall(r"'sha256-([^']*)'", policy[1])) == hashes
        assert len(hashes) >= 2

    def test_it_is_much_smaller_than_what_the_theme_writes(self, frame: Frame):
        page = frame.page("bundles/a/b/", "T", "D", "")
        assert len(page) < 0.85 * len(frame.read("ecr-frame/b/c/index.html").encode())


class TestFiles:
    def test_what_no_page_loads_is_left_out(self, frame: Frame):
        paths = [path for path, _ in frame.files()]
        assert paths == sorted(paths)
        useless = re.compile(r"\.map$|lunr|^(ecr-frame|sitemap|templates)")
        assert [path for path in paths if useless.search(path)] == []

    def test_pages_of_the_documentation_and_their_assets_are_there(self, frame: Frame):
        paths = {path for path, _ in frame.files()}
        assert {"index.html", "404.html", "publish/index.html", "assets/ecr/catalog.js"} <= paths

    def test_nothing_is_fetched_from_elsewhere(self, frame: Frame):
        for path, file in frame.files():
            if path.endswith(".html"):
                text = file.read_text("utf-8")
                assert FETCHED.findall(text) == [], path


def test_vendored_minisearch_is_what_npm_published():
    """`npm pack minisearch@7.2.0`, package/dist/es/index.js, byte for byte."""
    file = Path(__file__).parents[2] / "site_src/assets/ecr/minisearch.js"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest == "0393b3ba253b809d5e55707c7b0875ef9b518a296a006c6739b28876e154edb3"


def test_the_licence_of_minisearch_is_beside_it():
    file = Path(__file__).parents[2] / "site_src/assets/ecr/minisearch.LICENSE.txt"
    assert file.read_text("utf-8").startswith("Copyright 2022 Luca Ongaro")
