"""The package that people install: built, installed in another place, used from a third one."""

from __future__ import annotations

import email
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

import core
from tests.packaging import ROOT, code_of, packed

pytestmark = pytest.mark.wheel

# As Streamlit's browser would: the page's script runs, and everything that it reads must be there.
OPEN = """
import os
from pathlib import Path
from streamlit.testing.v1 import AppTest
import core, dashboard
script = Path(dashboard.__file__).with_name("app.py")
app = AppTest.from_file(str(script), default_timeout=120).run()
problems = [error.message for error in app.exception] + [error.value for error in app.error]
print(core.__file__, dashboard.__file__, len(app.button), problems, flush=True)
os._exit(0)  # nobody waits for what the page has begun to compute
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: setuptools leaves a build folder, and takes what lies in it."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "tree"
    skipped = shutil.ignore_patterns(
        ".*venv*", ".git", ".*_cache", "__pycache__", "build", "*.egg-info", "tests", "benchmarks"
    )
    shutil.copytree(ROOT, copy, symlinks=True, ignore=skipped)
    (copy / "core" / "left.pyc").write_bytes(b"")  # what is no part of it stays out
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--wheel-dir", str(folder), str(copy)]
    subprocess.run(command, check=True, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of a new environment with the wheel; the libraries are those of this one."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, symlinks=True, with_pip=False)
    (site,) = place.glob("lib/python*/site-packages")
    here = [entry for entry in sys.path if entry.endswith("site-packages")]
    (site / "libraries.pth").write_text("\n".join(here))
    command = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install"]
    subprocess.run([*command, "--quiet", "--no-deps", "--no-index", str(wheel)], check=True)
    return place / "bin"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder to work in whose own ``core`` and ``dashboard`` must not get in the way."""
    for name in ("core", "dashboard"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('somebody else')")
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "PELLUCID_HOME": str(home / "home")}


def test_the_wheel_holds_what_the_tree_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert names == packed()
        for name in names:
            assert archive.read(name) == (ROOT / name).read_bytes(), name


def test_the_wheel_declares_what_it_needs_and_no_pytest(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
        (name,) = (name for name in archive.namelist() if name.endswith("/top_level.txt"))
        assert archive.read(name).decode().split() == ["core", "dashboard"]
    assert metadata["Name"] == "pellucid"
    assert metadata["Version"] == core.__version__
    fixed = {
        line
        for line in (ROOT / "requirements.txt").read_text().splitlines()
        if line and not line.startswith("#")
    }
    declared = {code_of(text) for text in metadata.get_all("Requires-Dist")}
    assert declared == {code_of(line) for line in fixed} - {"pytest"}
    assert {"streamlit", "tensorflow", "keras", "tf-keras-vis", "shap", "plotly"} <= declared


def test_the_command_predicts_from_anywhere(installed: Path, elsewhere: Path, cat: Path) -> None:
    shutil.copy(cat, elsewhere / "somebody.jpg")
    done = subprocess.run(
        [installed / "pellucid", "predict", "somebody.jpg", "--model", "portraits_fair", "--json"],
        cwd=elsewhere, env=environment(elsewhere), capture_output=True, text=True, check=True,
    )  # fmt: skip
    (answer,) = json.loads(done.stdout)["predictions"]
    assert {guess["label"] for guess in answer["top"]} == {"none", "glasses", "sunglasses"}
    version = subprocess.check_output([installed / "pellucid", "--version"], text=True)
    assert version == f"pellucid {core.__version__}\n"


def test_it_is_the_installed_one_that_opens_whole(installed: Path, elsewhere: Path) -> None:
    done = subprocess.run(
        [installed / "python", "-P", "-c", OPEN],
        cwd=elsewhere, env=environment(elsewhere), capture_output=True, text=True, check=True,
    )  # fmt: skip
    core_file, dashboard_file, buttons, problems = done.stdout.strip().split(maxsplit=3)
    assert core_file.startswith(str(installed.parent)), done.stdout
    assert dashboard_file.startswith(str(installed.parent)), done.stdout
    assert problems == "[]", done.stdout
    assert int(buttons) > 0


def test_it_serves_on_this_machine_alone(installed: Path, elsewhere: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = elsewhere / "server.log"
    server = subprocess.Popen(
        [installed / "pellucid", "serve", "--port", str(port)],
        cwd=elsewhere, env=environment(elsewhere), stdout=log.open("wb"), stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert answered(f"http://127.0.0.1:{port}/_stcore/health") == 200, log.read_text()
        assert answered(f"http://127.0.0.1:{port}/") == 200
        listening = subprocess.check_output(["cat", f"/proc/{server.pid}/net/tcp"], text=True)
        mine = [line.split()[1] for line in listening.splitlines()[1:] if line.split()[3] == "0A"]
        assert f"0100007F:{port:04X}" in mine
        assert f"00000000:{port:04X}" not in mine
        taken = subprocess.run(
            [installed / "pellucid", "serve", "--port", str(port)],
            cwd=elsewhere, env=environment(elsewhere), capture_output=True, text=True,
        )  # fmt: skip
        assert (taken.returncode, taken.stdout) == (2, "")
        assert taken.stderr == (
            f"error: Port {port} is taken. Choose another one: --port {port % 65535 + 1}.\n"
        )
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
    assert "Traceback" not in log.read_text()


def answered(url: str, patience: float = 60.0) -> int:
    """Return the status of the first answer."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except OSError:
            time.sleep(0.2)
    return 0
