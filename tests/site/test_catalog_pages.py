"""Pages and data about all bundles: bounded, and changing only where something changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from ecr.stages.publish.outputs import BundleSummary, SiteSettings
from ecr.stages.publish.pages import make_card, render_catalog_pages
from ecr.stages.publish.pages.catalog_pages import HARDWARE_FIRST, NAMESPACE_PART, SITEMAP_PART
from ecr.stages.publish.pages.search import FIELDS, SHARDS, pick_shard

if TYPE_CHECKING:
    import pytest

    from ecr.catalog.entries import BundleEntry
    from ecr.stages.publish.pages import Frame

CARD: dict[str, Any] = {
    "title": "Cloud cover",
    "summary": "Says how much",
    "keywords": ["clouds"],
    "platforms": ["linux/arm64", "linux/amd64"],
    "kind": "container",
    "stage": "listed",
    "version": "1.0.0",
    "added": "2026-01-01",
    "icon": "icon.svg",
    "namespace_title": "Sage",
    "versions": ["1.0.0"],
    "fits": {"xaviernx": ["yes", "declared: 1Gi of memory"]},
    "words": "horizon camera",
}


def summarise(number: int, **changes: Any) -> BundleSummary:
    return BundleSummary(f"sage/app-{number:04d}", {**CARD, **changes}, ())


def render(
    frame: Frame, settings: SiteSettings, summaries: list[BundleSummary]
) -> dict[str, bytes]:
    files = list(render_catalog_pages(frame, settings, summaries))
    contents = {file.path: file.content for file in files}
    assert len(contents) == len(files), "a path was written twice"
    return contents


def test_a_card_can_be_kept_as_json(entries: dict[str, BundleEntry], settings: SiteSettings):
    for entry in entries.values():
        card = make_card(entry, settings)
        assert orjson.loads(orjson.dumps(card)) == card
        assert set(card) == set(CARD)


def test_a_card_holds_the_words_a_bundle_can_be_found_by(
    entries: dict[str, BundleEntry], settings: SiteSettings
):
    words = make_card(entries["sage/bird-song"], settings)["words"].split()
    assert {"warblers", "thrushes", "species", "microphone", "rosalind"} <= set(words)
    assert len(words) == len(set(words))
    assert "the" not in words


def test_a_change_of_one_bundle_changes_one_shard_of_each_kind(
    frame: Frame, settings: SiteSettings
):
    before = render(frame, settings, [summarise(number) for number in range(200)])
    changed = [
        summarise(n, **({"title": "New", "words": "new"} if n == 77 else {})) for n in range(200)
    ]
    after = render(frame, settings, changed)
    different = sorted(
        path for path in after if path.startswith("search/") and before[path] != after[path]
    )
    shard = f"{pick_shard('sage/app-0077'):x}"
    assert different == [f"search/cards/{shard}.json", f"search/words/{shard}.json"]


def test_every_bundle_is_in_the_shard_its_id_says(frame: Frame, settings: SiteSettings):
    files = render(frame, settings, [summarise(number) for number in range(300)])
    seen = []
    for shard in range(SHARDS):
        data = orjson.loads(files[f"search/cards/{shard:x}.json"])
        assert tuple(data["fields"]) == FIELDS
        for row in data["rows"]:
            card = dict(zip(data["fields"], row, strict=True))
            assert pick_shard(card["id"]) == shard
            assert [data["platforms"][place] for place in card["platforms"]] == CARD["platforms"]
            assert [data["hardware"][place] for place in card["hardware"]] == ["xaviernx"]
            seen.append(card["id"])
    assert sorted(seen) == [f"sage/app-{number:04d}" for number in range(300)]


def test_the_page_asks_for_shards_by_their_content(frame: Frame, settings: SiteSettings):
    def digests(summaries: list[BundleSummary]) -> list[str]:
        page = render(frame, settings, summaries)["catalog/index.html"].decode()
        return page.split('data-shards="')[1].split('"')[0].split(" ")

    before = digests([summarise(1), summarise(2)])
    after = digests([summarise(1), summarise(2, title="New")])
    assert len(before) == SHARDS
    different = [place for place in range(SHARDS) if before[place] != after[place]]
    assert different == [pick_shard("sage/app-0002")]


def test_pages_stay_small_when_the_catalog_grows(frame: Frame, settings: SiteSettings):
    files = render(frame, settings, [summarise(number) for number in range(NAMESPACE_PART * 2 + 1)])
    assert files["catalog/index.html"].count(b'class="ecr-card"') == 24
    assert files["hardware/xaviernx/index.html"].count(b"bundles/sage/") == HARDWARE_FIRST
    assert b"See all 1,001 in the catalog" in files["hardware/xaviernx/index.html"]
    parts = [files[f"namespaces/sage/{part}index.html"] for part in ("", "2/", "3/")]
    assert [part.count(b'class="ecr-card"') for part in parts] == [500, 500, 1]
    assert b'href="../../../namespaces/sage/3/"' in parts[1]


def test_a_sitemap_is_cut_into_parts(
    frame: Frame, settings: SiteSettings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ecr.stages.publish.pages.catalog_pages.SITEMAP_PART", 50)
    files = render(frame, settings, [summarise(number) for number in range(60)])
    parts = [path for path in files if path.startswith("sitemap-")]
    assert len(parts) >= 3
    assert all(files[part].count(b"<loc>") <= 50 for part in parts)
    assert files["sitemap.xml"].count(b"<sitemap>") == len(parts)
    assert SITEMAP_PART < 50_000


def test_an_empty_catalog_has_its_pages(frame: Frame, settings: SiteSettings):
    files = render(frame, settings, [])
    assert b"The catalog is empty." in files["catalog/index.html"]
    assert b"<b>0</b> bundles" in files["index.html"]
    assert len([path for path in files if path.startswith("search/")]) == 2 * SHARDS


def test_the_same_summaries_give_the_same_bytes(frame: Frame, settings: SiteSettings):
    summaries = [summarise(number) for number in range(50)]
    assert render(frame, settings, summaries) == render(frame, settings, summaries)
