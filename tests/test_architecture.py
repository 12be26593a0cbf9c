"""The rules of the house, held by reading imports."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"tensorflow", "keras", "openvino", "shap", "tf_keras_vis", "h5py"}
ROOMS_THAT_COMPUTE = ("core.models", "core.data", "core.training", "core.saliency", "core.shapley",
                      "core.evidence", "core.robustness", "core.concepts")  # fmt: skip
FREE_OF_TENSORFLOW = ("core.models.zoo", "core.models.labels", "core.models.fingerprint",
                      "core.models.runtime", "core.saliency.registry",
                      "core.evidence.registry", "core.evidence.base", "core.saliency.base",
                      "core.saliency.drift_paths", "core.compare", "core.data.registry",
                      "core.training.registry", "core.requests",
                      "core.robustness.attacks.registry", "core.robustness.kept",
                      "core.robustness.corruptions.registry",
                      "core.calibration.registry")  # fmt: skip

# Lower may not import higher.
LEVELS = [
    ("core.errors", "core.lookup", "core.numerals", "core.parameters", "core.settings",
     "core.home", "core.logfile"),
    ("core.contracts",),
    ("core.images", "core.store", "core.overlay", "core.compare", "core.workspace", "core.gallery",
     "core.tabular", "core.runs", "core.proportions", "core.multiplicity"),
    ("core.differences",),
    ("core.models", "core.data"),
    ("core.engine.control",),
    ("core.saliency", "core.shapley", "core.evidence", "core.fairness", "core.robustness",
     "core.training", "core.report", "core.concepts"),
    ("core.engine",),
    ("core.jobs", "core.requests", "core.workers"),
    ("core.calibration",),
    ("core.api",),
    ("core.cli",),
]  # fmt: skip


def modules(package: str) -> dict[str, Path]:
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def imports(path: Path, *, top_level: bool = False) -> frozenset[str]:
    """Every module that ``path`` names; type-checking blocks do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    functions = {
        node
        for f in ast.walk(tree)
        if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(f)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if node in skipped or (top_level and node in functions):
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(names)


CORE, DASHBOARD = modules("core"), modules("dashboard")


@pytest.mark.parametrize("module", CORE)
def test_core_knows_no_user_interface(module: str) -> None:
    used = {name.split(".")[0] for name in imports(CORE[module])}
    assert not used & {"streamlit", "plotly", "dashboard"}


@pytest.mark.parametrize("module", DASHBOARD)
def test_dashboard_sees_only_the_facade(module: str) -> None:
    used = {n for n in imports(DASHBOARD[module]) if n.split(".")[0] == "core"}
    allowed = ("core", "core.api", "core.contracts", "core.errors", "core.numerals")
    assert all(n in allowed or n.rsplit(".", 1)[0] in allowed[1:] for n in used), used
    if not module.startswith("dashboard.services"):
        assert not any(n.startswith("core.api") for n in used), "only services call core.api"


@pytest.mark.parametrize("module", CORE)
def test_heavy_libraries_stay_in_the_rooms_that_compute(module: str) -> None:
    used = {name.split(".")[0] for name in imports(CORE[module])} & HEAVY
    assert not used or module.startswith(ROOMS_THAT_COMPUTE), used


@pytest.mark.parametrize("module", FREE_OF_TENSORFLOW)
def test_registries_are_free_of_tensorflow(module: str) -> None:
    code = f"import sys, {module}; print(sorted(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"


def level(module: str) -> int | None:
    matches = [
        (len(prefix), i)
        for i, row in enumerate(LEVELS)
        for prefix in row
        if module == prefix or module.startswith((prefix + ".", prefix + "_"))
    ]
    return max(matches)[1] if matches else None


@pytest.mark.parametrize("module", CORE)
def test_imports_run_downwards(module: str) -> None:
    own = level(module)
    if module in {"core", "core.__main__"}:
        return
    assert own is not None, f"{module} has no level in this test"
    for name in imports(CORE[module]):
        target = name if name in CORE else name.rsplit(".", 1)[0]
        above = level(target) if target in CORE and target != "core" else None
        if above is not None:
            assert above <= own, f"{module} imports {target}, which lies above it"


def test_no_circles() -> None:
    graph = {
        m: {n for n in imports(p) if n in CORE and n not in (m, "core")} for m, p in CORE.items()
    }

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " → ".join((*path[path.index(module) :], module))
        if module not in done:
            for target in graph[module]:
                visit(target, (*path, module))
            done.add(module)

    done: set[str] = set()
    for module in graph:
        visit(module, ())


@pytest.mark.parametrize("module", [*CORE, *DASHBOARD])
def test_modules_can_be_read_in_one_sitting(module: str) -> None:
    text = (CORE | DASHBOARD)[module].read_text(encoding="utf-8")
    lists = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom)  # a face that gathers names is looked up, not read
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
    ]
    listed = sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in lists)
    assert len(text.splitlines()) - listed <= 350, "cut it into parts"


def test_all_lists_are_honest() -> None:
    """Every name in ``__all__`` exists (read without importing)."""
    for module, path in (CORE | DASHBOARD).items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        listed: list[str] = []
        defined: set[str] = set()
        for node in tree.body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                listed = ast.literal_eval(node.value)
            for inner in (
                ast.walk(node) if isinstance(node, ast.If | ast.With | ast.Try) else [node]
            ):
                if isinstance(inner, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                    defined.add(inner.name)
                elif isinstance(inner, ast.Assign):
                    defined.update(t.id for t in inner.targets if isinstance(t, ast.Name))
                elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name):
                    defined.add(inner.target.id)
                elif isinstance(inner, ast.Import | ast.ImportFrom):
                    defined.update(a.asname or a.name for a in inner.names)
        assert set(listed) <= defined, f"{module}: {set(listed) - defined}"
