"""A real server and a real browser, and the few gestures that the tests are written in."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMEDRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
)  # fmt: skip
PATIENCE = 90.0

T = TypeVar("T")


def until(found: Callable[[], T], what: str, *, timeout: float = PATIENCE) -> T:
    """Return the first true value of ``found``; the page may still be changing under it."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            value = found()
        except WebDriverException:
            value = None  # type: ignore[assignment]
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"After {timeout:.0f} s there was still no {what}.")


class Server:
    """``streamlit run`` in a process of its own."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "server.log"
        command = ["-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(self.port)]
        self._process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, "PELLUCID_HOME": str(home)},
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        until(self._healthy, "healthy server")

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def busiest_worker(self) -> psutil.Process:
        """Return the descendant process that uses most of the processor now."""
        family = psutil.Process(self._process.pid).children(recursive=True)
        for process in family:
            process.cpu_percent()
        time.sleep(0.5)
        return max(family, key=lambda process: process.cpu_percent())

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()


class Page:
    """The dashboard in a browser window."""

    def __init__(
        self, url: str, *, width: int = 1440, height: int = 900, mode: str = "light"
    ) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM or ""
        self._profile = tempfile.mkdtemp(prefix="pellucid-browser-")
        for flag in (*FLAGS, f"--user-data-dir={self._profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        self.browser = webdriver.Chrome(
            options=options, service=webdriver.ChromeService(CHROMEDRIVER)
        )
        self.width, self.height = width, height
        self._resize(height)
        scheme = {"name": "prefers-color-scheme", "value": mode}
        self._devtools("Emulation.setEmulatedMedia", {"features": [scheme]})
        self._url = url

    def _devtools(self, command: str, arguments: dict[str, Any]) -> None:
        self.browser.execute_cdp_cmd(command, arguments)

    def _resize(self, height: int) -> None:
        self._devtools(
            "Emulation.setDeviceMetricsOverride",
            {
                "width": self.width,
                "height": height,
                "deviceScaleFactor": 1,
                "mobile": self.width < 600,
            },
        )

    def close(self) -> None:
        self.browser.quit()
        shutil.rmtree(self._profile, ignore_errors=True)

    def open(self, query: str = "", path: str = "/") -> None:
        self.browser.get(f"{self._url}{path}{query}")

    def run(self, script: str, *arguments: object) -> Any:
        return self.browser.execute_script(script, *arguments)

    def all(self, css: str) -> list[WebElement]:
        return self.browser.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str, *, timeout: float = PATIENCE) -> WebElement:
        return until(lambda: self.all(css), css, timeout=timeout)[0]

    @property
    def text(self) -> str:
        return str(self.run("return document.querySelector('.stMain')?.innerText ?? ''"))

    def says(self, words: str, *, timeout: float = PATIENCE) -> None:
        until(lambda: words in self.text, f"“{words}” on the page", timeout=timeout)

    def in_component(self, css: str) -> list[WebElement]:
        """Find elements inside the components' shadow roots."""
        script = """
          const found = [];
          const walk = (root) => {
            found.push(...root.querySelectorAll(arguments[0]));
            for (const e of root.querySelectorAll('*')) if (e.shadowRoot) walk(e.shadowRoot);
          };
          walk(document);
          return found;
        """
        found: list[WebElement] = self.run(script, css)
        return found

    def map_source(self) -> str | None:
        """Return the source of the overlay on the stage, ``None`` while there is none."""
        found = self.in_component(".stage .map:not([hidden])")
        return found[0].get_attribute("src") if found else None

    def map_of(self, method: str) -> str:
        """Wait until the caption names ``method``, and return its overlay."""
        until(lambda: f"{method} for " in self.text and self.map_source(), f"map of {method}")
        return str(self.map_source())

    def press(self, css: str) -> None:
        """Click an element inside a component, wherever it is on the page."""
        element = until(lambda: self.in_component(css), css)[0]
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()

    def allow_downloads(self, folder: Path) -> None:
        self._devtools(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(folder)}
        )

    def opacity(self) -> WebElement:
        return until(lambda: self.in_component(".stage input[type=range]"), "opacity slider")[0]

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a select box by keyboard, as a person would."""
        box = self.one(f"input[aria-label^='{label}']")
        self.run("arguments[0].scrollIntoView({block: 'center'})", box)
        box.click()
        entry = until(
            lambda: [o for o in self.all("[role=option]") if o.text.strip() == option],
            f"option {option}",
        )[0]
        entry.click()

    def type_in(self, label: str, words: str) -> None:
        """Type into a select box and press Enter."""
        box = self.one(f"input[aria-label^='{label}']")
        self.run("arguments[0].scrollIntoView({block: 'center'})", box)
        box.click()
        box.send_keys(words, Keys.ENTER)

    def click(self, words: str) -> None:
        """Click the button that is called ``words``."""

        def press() -> bool:
            for button in self.all("button"):
                if words in button.text.split("\n"):
                    self.run("arguments[0].scrollIntoView({block: 'center'})", button)
                    button.click()
                    return True
            return False

        until(press, f"button {words}")

    def upload(self, *files: Path) -> None:
        self.one("input[type=file]").send_keys("\n".join(str(file) for file in files))

    def query(self) -> str:
        return str(self.run("return location.search"))

    def has_query(self, part: str) -> None:
        """Wait until the address holds ``part``."""
        until(lambda: part in self.query().removeprefix("?").split("&"), f"{part} in the address")

    def screenshot(self, path: Path) -> None:
        """Write the whole page, not only what the window shows."""
        script = (
            "return Math.max(...[...document.querySelectorAll('.stMain')].map(e => e.scrollHeight))"
        )
        self._resize(int(self.run(script)) + 10)
        time.sleep(0.8)
        self.browser.save_screenshot(str(path))
        self._resize(self.height)


@contextmanager
def opened(server: Server, **options: Any) -> Iterator[Page]:
    """Yield a window on ``server`` and close it afterwards."""
    page = Page(server.url, **options)
    try:
        yield page
    finally:
        page.close()
