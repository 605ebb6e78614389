"""A real Chromium, driven so that a test reads like what a person does and sees."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Hostile texts call pwned(number); what they manage to run is noted here.
_CANARY = "window.canaries = []; window.pwned = (number) => window.canaries.push(number);"
_PATIENCE_S = 20


def start_driver(chromium: Path, chromedriver: Path, profile: Path) -> webdriver.Chrome:
    """Start Chromium with a fresh profile."""
    options = Options()
    options.binary_location = str(chromium)
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(str(chromedriver)))


class Browser:
    """One window that shows the site at `address`."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver = driver
        self.address = address
        self.command("Page.addScriptToEvaluateOnNewDocument", source=_CANARY)

    def command(self, name: str, **parameters: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, parameters)

    def look(self, *, width: int = 1440, mode: str = "light") -> None:
        """Choose the width of the window and the colours the reader prefers."""
        feature = {"name": "prefers-color-scheme", "value": mode}
        self.command("Emulation.setEmulatedMedia", features=[feature])
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    def open(self, path: str) -> None:
        """Go to a page, and wait until its scripts have done their part."""
        self.driver.get(self.address + path)
        if path.partition("?")[0] == "catalog/":
            self.wait(lambda: "data-ecr-ready" in self.html_tag())

    def html_tag(self) -> str:
        return str(self.run("return document.documentElement.cloneNode().outerHTML"))

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all such elements that are shown, in one look."""
        script = (
            "return [...document.querySelectorAll(arguments[0])]"
            ".filter((element) => element.checkVisibility())"
            ".map((element) => element.innerText.trim())"
        )
        return list(self.run(script, selector))

    def text(self, selector: str) -> str:
        return "".join(self.texts(selector)[:1])

    def wait(self, condition: Callable[[], Any]) -> Any:
        return WebDriverWait(self.driver, _PATIENCE_S, 0.05).until(lambda _: condition())

    def wait_for_text(self, selector: str, text: str) -> None:
        """Wait until an element shows exactly this; the failure tells what it showed instead."""
        deadline = time.monotonic() + _PATIENCE_S
        while (shown := self.text(selector)) != text:
            assert time.monotonic() < deadline, f"{selector} shows {shown!r}, not {text!r}"
            time.sleep(0.05)

    def complaints(self) -> list[str]:
        """Return what the console said since the last call: errors and warnings."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Return the addresses that were asked since the last call."""
        messages = [json.loads(entry["message"]) for entry in self.driver.get_log("performance")]
        return [
            message["message"]["params"]["request"]["url"]
            for message in messages
            if message["message"]["method"] == "Network.requestWillBeSent"
        ]

    def canaries(self) -> list[int]:
        """Return the hostile texts of this page that were run."""
        return list(self.run("return window.canaries"))

    def overflow_px(self) -> int:
        """Return by how much the page is wider than the window."""
        return int(self.run("return document.documentElement.scrollWidth - innerWidth"))
