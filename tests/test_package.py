"""What the package says of itself: one version, the libraries that it needs, who owns what."""

from __future__ import annotations

import importlib.metadata
import re
import sys

from packaging.requirements import Requirement

import core
from tests.architecture import Tree
from tests.packaging import ROOT, code_of

# Asked for by name by those who have them; each says how to install it.
OPTIONAL = {"fairlearn", "tensorflow_datasets", "mlflow", "wandb"}


def needed() -> list[str]:
    """What the wheel declares; ``setup.py`` reads the same lines."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith(("#", "pytest"))]


def brought_along(names: set[str]) -> set[str]:
    """Return the distributions that are installed with those of ``names``."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        for text in importlib.metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting |= {code_of(requirement.name)} - found
    return found


def test_every_import_comes_with_what_is_declared() -> None:
    there = brought_along({code_of(line) for line in needed()})
    owners = importlib.metadata.packages_distributions()
    named = (name for names in Tree(ROOT).names.values() for name in names)
    ours = {"core", "dashboard", *sys.stdlib_module_names, *OPTIONAL}
    used = {name.split(".")[0] for name in named} - ours
    assert len(used) > 15
    for name in sorted(used):
        assert there & {code_of(owner) for owner in owners[name]}, f"{name} is declared nowhere"


def test_the_fixed_packages_stay_in_requirements() -> None:
    listed = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    fixed = {
        "streamlit",
        "tensorflow",
        "keras",
        "tf-keras-vis",
        "shap",
        "plotly",
        "numpy",
        "pytest",
    }
    assert fixed <= {code_of(line) for line in listed if line and not line.startswith("#")}


def test_one_version_and_one_tag() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", changes, re.MULTILINE)
    assert versions[0] == core.__version__
    assert re.findall(r"^Tag: `(.+)`$", changes, re.MULTILINE) == [f"v{core.__version__}"]
    assert "unreleased" not in changes
    assert "core.__version__" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_no_file_names_a_registry() -> None:
    hosts = ("pypi" + ".org", "python" + "hosted.org")
    named = [ROOT / name for name in ("Dockerfile", "Makefile", "README.md", "pyproject.toml")]
    for path in [*named, *ROOT.glob("requirements*.txt"), ROOT / ".ci" / "run"]:
        assert not any(host in path.read_text(encoding="utf-8") for host in hosts), path


def test_ci_runs_lint_wheel_and_the_tests_in_this_order() -> None:
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("stage ")] == [
        "stage make setup", "stage make lint", "stage make wheel", "stage make test",
        "stage make browser",
    ]  # fmt: skip


def test_in_a_container_code_is_roots_and_the_volume_its_users() -> None:
    steps = [
        line
        for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if re.match(r"[A-Z]+ ", line)
    ]
    user = steps.index("USER pellucid")
    assert not any("chown" in step for step in steps)
    assert not any(step.startswith(("COPY", "RUN pip")) for step in steps[user:])
    volume = "/home/pellucid/.cache"
    assert f"RUN mkdir --mode=0700 {volume} {volume}/pellucid" in steps[user:]
    assert f"-v pellucid:{volume} " in (ROOT / "Dockerfile").read_text(encoding="utf-8")
