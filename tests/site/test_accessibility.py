"""The pages under axe-core, the accessibility checker, in the real Chromium."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import is_ci

if TYPE_CHECKING:
    from tests.site.browsing import Browser

RUN = """
const done = arguments[arguments.length - 1];
for (const box of document.querySelectorAll('details')) box.open = true;
const drawn = () => new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)));
drawn().then(drawn).then(
  () => axe.run(document, { rules: { 'landmark-unique': { enabled: false } } })
).then((result) => done(
  result.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(' ')}`))
));
"""
"""Opens what is closed, lets it be drawn, and returns what axe finds.

`landmark-unique` is left out: the theme calls the menu and its parts the same.
"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, out of the package that carries it."""
    package = find_spec("axe_core_python")
    if package is None or package.origin is None:
        message = "axe-core is not installed (pip install axe-core-python)"
        if is_ci(os.environ):
            pytest.fail(f"{message}; in CI nothing real may be skipped", pytrace=False)
        pytest.skip(f"real part not exercised: {message}")
    return Path(package.origin).with_name("axe.min.js").read_text("utf-8")


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize(
    "path",
    [
        pytest.param("", id="home"),
        pytest.param("catalog/?kind=container", id="catalog"),
        pytest.param("bundles/sage/cloud-cover/", id="bundle"),
        pytest.param("bundles/sage/cloud-cover/1.0.0/", id="deprecated release"),
        pytest.param("bundles/sage/cloud-cover/1.1.0/", id="release with everything"),
        pytest.param("bundles/sage/bird-song/1.1.0/", id="yanked release"),
        pytest.param("namespaces/sage/", id="namespace"),
        pytest.param("hardware/rpi-4gb/", id="hardware"),
        pytest.param("publish/", id="documentation"),
    ],
)
def test_axe_finds_nothing(browser: Browser, axe: str, path: str, width: int, mode: str):
    browser.look(width=width, mode=mode)
    browser.command("Page.setBypassCSP", enabled=True)
    browser.open(path)
    browser.run(axe)
    assert browser.driver.execute_async_script(RUN) == []
