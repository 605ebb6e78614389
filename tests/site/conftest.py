"""The site of the catalog in tests/data, published once, and a real browser to look at it with."""

from __future__ import annotations

import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ecr.catalog.hardware import load_hardware
from ecr.catalog.layout import scan_catalog
from ecr.catalog.loader import load_bundle
from ecr.stages.publish.engine import publish
from ecr.stages.publish.pages import build_frame
from ecr.stages.publish.settings import load_settings
from ecr.tools.site_server import open_site_server
from tests.site.browsing import Browser, start_driver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecr.catalog.entries import BundleEntry
    from ecr.stages.publish.outputs import SiteSettings
    from ecr.stages.publish.pages import Frame

PROJECT = Path(__file__).parents[2]
CROWD = 30
"""Bundles besides those of tests/data: more than the catalog page shows at once."""


def copy_project(root: Path, source: Path = PROJECT) -> Path:
    """Copy what the frame is made of into an empty catalog."""
    root.mkdir(parents=True)
    shutil.copy(source / "mkdocs.yml", root)
    shutil.copytree(source / "site_src", root / "site_src")
    return root


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalog of tests/data, and a namespace `crowd` with many bundles that look alike."""
    root = copy_project(tmp_path_factory.mktemp("site") / "catalog")
    shutil.copytree(PROJECT / "tests/data/catalog/bundles", root / "bundles")
    crowd = root / "bundles/crowd"
    crowd.mkdir()
    (crowd / "namespace.yaml").write_text(
        "schema_version: 1\nnamespace: crowd\ntitle: A crowd\nowners: [user:ada]\n", "utf-8"
    )
    for number in range(1, CROWD + 1):
        name = f"picket-{number:02d}"
        shutil.copytree(root / "bundles/sage/image-sampler", crowd / name)
        for file in crowd.glob(f"{name}/**/*.yaml"):
            text = file.read_text("utf-8").replace("namespace: sage", "namespace: crowd")
            text = text.replace("image-sampler", name).replace("Image sampler", f"Picket {number}")
            text = text.replace("2025-06-01", f"2023-01-{number:02d}")
            file.write_text(text, "utf-8")
    return root


@pytest.fixture(scope="session")
def settings(catalog: Path) -> SiteSettings:
    """The settings `ecr publish` would use."""
    return load_settings(catalog, load_hardware(catalog))


@pytest.fixture(scope="session")
def site(catalog: Path, settings: SiteSettings) -> Path:
    """The published site."""
    return publish(catalog, catalog / "site", settings).output


@pytest.fixture(scope="session")
def frame(catalog: Path, site: Path) -> Frame:
    """The frame the site was made with."""
    return build_frame(catalog, catalog / ".site.ecr/frame")


@pytest.fixture(scope="session")
def entries(catalog: Path) -> dict[str, BundleEntry]:
    """The bundles of the catalog, by id."""
    loaded = [load_bundle(catalog, files).entry for files in scan_catalog(catalog).bundles]
    return {str(entry.id): entry for entry in loaded if entry is not None}


@contextmanager
def serve(site: Path) -> Iterator[str]:
    """Serve a site as `ecr serve` does; yields its address."""
    server = open_site_server(site, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with serve(site) as url:
        yield url


@pytest.fixture(scope="module")
def browser(
    require_tool: Callable[..., Path], address: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A real Chromium with a profile of its own."""
    chromium = require_tool("chromium", hint="apt-get install chromium", also=("chromium-browser",))
    chromedriver = require_tool("chromedriver", hint="apt-get install chromium-driver")
    driver = start_driver(chromium, chromedriver, tmp_path_factory.mktemp("profile"))
    try:
        yield Browser(driver, address)
    finally:
        driver.quit()
