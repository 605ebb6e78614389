"""What a visitor's browser fetches for the first result of a search, counted by Chromium itself."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.ours import ECR

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUT_S = 30
_QUIET_S = 1.5
_WATCH = """
const wanted = arguments[0];
const look = () => {
  const first = document.querySelector("#ecr-cards .ecr-card__id")?.textContent ?? "";
  if (first.startsWith(wanted)) window.benchFoundAt ??= Date.now();
};
new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
"""
"""Notes when the wanted bundle first stands first: asking from here would come late."""


@dataclass(frozen=True, slots=True)
class FirstResult:
    """Traffic of one search with an empty cache.

    Attributes:
        page_bytes: Received when the catalog page was loaded, before anything was typed.
        first_bytes: Received in all when the bundle stood first in the list.
        settled_bytes: Received in all when nothing more came.
        requests: Requests in all.
        wait_s: From the last key to the result, in seconds.
    """

    page_bytes: int
    first_bytes: int
    settled_bytes: int
    requests: int
    wait_s: float


def is_available() -> bool:
    """Say whether Chromium and its driver are installed."""
    return find_chromium() is not None and shutil.which("chromedriver") is not None


def find_chromium() -> str | None:
    """Return the path of Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def measure_first_result(site: Path, query: str, wanted: str) -> FirstResult:
    """Search the site as a new visitor.

    Args:
        site: A published site.
        query: What is typed.
        wanted: Id of the bundle that must come to stand first.
    """
    with _serve(site) as url, _drive() as driver:
        traffic = _Traffic(driver)
        driver.get(f"{url}catalog/")
        traffic.settle()
        page_bytes = traffic.received_until(math.inf)
        driver.execute_script(_WATCH, wanted)
        start = time.time()
        driver.find_element("id", "ecr-query").send_keys(query)
        traffic.settle()
        found_at = driver.execute_script("return window.benchFoundAt")
        if found_at is None:
            raise TimeoutError(f"'{query}' did not bring {wanted} to the top")
        return FirstResult(
            page_bytes=page_bytes,
            first_bytes=traffic.received_until(found_at / 1000),
            settled_bytes=traffic.received_until(math.inf),
            requests=traffic.requests,
            wait_s=found_at / 1000 - start,
        )


class _Traffic:
    """What DevTools says was received, and when; heads of responses included."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._received: list[tuple[float, str, int]] = []
        self._clock_s = 0.0
        self.requests = 0

    def received_until(self, wall_time_s: float) -> int:
        """Return the bytes received until then, in seconds since 1970."""
        return sum(size for at, _, size in self._received if at + self._clock_s <= wall_time_s)

    def read(self) -> bool:
        """Take in what happened since; return whether anything did."""
        entries = self._driver.get_log("performance")
        for entry in entries:
            message = json.loads(entry["message"])["message"]
            self._note(message["method"], message["params"])
        return bool(entries)

    def _note(self, method: str, params: dict[str, Any]) -> None:
        at, request = params.get("timestamp", 0.0), params.get("requestId", "")
        match method:
            case "Network.requestWillBeSent":
                self.requests += 1
                # DevTools counts from the start of the machine; here it says when that was.
                self._clock_s = params["wallTime"] - at
            case "Network.dataReceived":
                self._received.append((at, request, params["encodedDataLength"]))
            case "Network.loadingFinished":
                # The total knows of heads, too.
                known = sum(size for _, name, size in self._received if name == request)
                self._received.append((at, request, int(params["encodedDataLength"]) - known))

    def settle(self) -> None:
        """Read until nothing has come for a while."""
        start = last = time.perf_counter()
        while time.perf_counter() - last < _QUIET_S and last - start < _TIMEOUT_S:
            if self.read():
                last = time.perf_counter()
            time.sleep(0.1)


@contextmanager
def _serve(site: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [*ECR, "serve", "--site", str(site), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            name, _, url = line.strip().partition(" ")
            if name == "pages":
                yield url.strip()
                return
        raise RuntimeError("ecr serve ended before it served")
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _drive() -> Iterator[Any]:
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(find_chromium())
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()
