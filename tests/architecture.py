"""The rules of the house as functions: a tree of source in, every offender out, one sentence each.

They read imports and import nothing (but for :func:`loads_a_heavy_library`), so that a test can
plant a small tree that breaks a rule and see it found.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

__all__ = ["RULES", "Tree", "loads_a_heavy_library"]

USER_INTERFACES = {"streamlit", "plotly", "dashboard"}
HEAVY = {"tensorflow", "keras", "openvino", "shap", "tf_keras_vis", "h5py"}
ROOMS_THAT_COMPUTE = ("core.models", "core.data", "core.training", "core.saliency", "core.shapley",
                      "core.evidence", "core.robustness", "core.concepts",
                      "core.compression")  # fmt: skip
FACADE = ("core", "core.api", "core.contracts", "core.errors", "core.numerals", "core.registry")
MOST_LINES = 350

ROLES = ("contract", "request", "api", "cli")
"""What a room's files of these names, or all files of such a folder, are for."""

# Lower may not import higher. A star stands for whatever room a role lies in.
LEVELS = [
    ("core.axes", "core.errors", "core.lookup", "core.numerals", "core.parameters", "core.settings",
     "core.home", "core.files", "core.logfile", "core.process", "core.plugins", "core.registry",
     "core.declared", "core.docstrings", "core.signatures"),
    ("core.control",),
    ("core.values",),
    ("*.contract",),
    ("core.contracts",),
    ("core.store", "core.workspace", "core.tabular", "core.runs", "core.proportions",
     "core.multiplicity"),
    ("core.differences", "core.modalities", "core.targets"),
    ("core.models", "core.data"),
    ("core.saliency", "core.shapley", "core.evidence", "core.fairness", "core.robustness",
     "core.training", "core.concepts", "core.compression", "core.comparison", "core.own_models",
     "core.catalogue"),
    ("core.engine",),
    ("core.server", "core.options", "*.request"),
    ("core.calibration",),
    ("core.requests",),
    ("*.api",),
    ("core.api",),
    ("core.terminal", "*.cli"),
    ("core.cli",),
]  # fmt: skip


LISTS_OF_KINDS = ("core.api", "core.contracts", "core.requests", "core.modalities.registry")
"""Modules that name every kind of input, because they are the list."""

ABOUT_PICTURES = ("core.calibration", "core.compression", "core.concepts", "core.data",
                  "core.models.weight_files", "core.own_models",
                  "core.robustness.corruptions")  # fmt: skip
"""Rooms whose subject is pictures so far: crops of them, weather on them, folders of them.

None joins this list: what a new room needs of a kind of input, it asks of the modality.
"""


class Tree:
    """The two packages as they lie on the disk below ``root``.

    Attributes
    ----------
    paths : mapping
        File of each module by its dotted name; a package goes by the package's name.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths: dict[str, Path] = {}
        for package in ("core", "dashboard"):
            for path in sorted((root / package).rglob("*.py")):
                parts = path.relative_to(root).with_suffix("").parts
                self.paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path

    def inside(self, package: str) -> Iterator[str]:
        """Yield the modules of a package, itself among them."""
        return (m for m in self.paths if m == package or m.startswith(f"{package}."))

    @cached_property
    def parsed(self) -> Mapping[str, ast.Module]:
        """Syntax of each module."""
        return {m: ast.parse(path.read_text(encoding="utf-8")) for m, path in self.paths.items()}

    @cached_property
    def names(self) -> Mapping[str, frozenset[str]]:
        """Every name that each module imports: at its top, in functions, for the type checker."""
        return {module: frozenset(self._named(module)) for module in self.paths}

    def _named(self, module: str) -> Iterator[str]:
        package = module if self.paths[module].name == "__init__.py" else module.rpartition(".")[0]
        for node in ast.walk(self.parsed[module]):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: package.count(".") + 2 - node.level]
                start = [*above, *filter(None, [node.module])] if node.level else [node.module]
                source = ".".join(filter(None, start))
                inner = [f"{source}.{alias.name}" for alias in node.names]
                yield from inner
                if any(name not in self.paths for name in inner):
                    yield source

    @cached_property
    def graph(self) -> Mapping[str, frozenset[str]]:
        """Which modules each module imports, and the packages that run on the way to them.

        A package that imports nothing is but a folder.
        """
        found = {}
        folders = {m for m, path in self.paths.items() if path.name == "__init__.py"}
        folders = {m for m in folders if not self.names[m]}
        for module, names in self.names.items():
            parts = (name.split(".") for name in names)
            ways = {".".join(p[:i]) for p in parts for i in range(1, len(p) + 1)} - folders
            own = {".".join(module.split(".")[:i]) for i in range(1, module.count(".") + 2)}
            found[module] = frozenset((names | (ways - own)) & self.paths.keys() - {module})
        return found


def core_knows_no_user_interface(tree: Tree) -> list[str]:
    """``core`` imports neither Streamlit nor Plotly nor the dashboard."""
    return [
        f"{module} imports {used}"
        for module in tree.inside("core")
        for used in sorted({name.split(".")[0] for name in tree.names[module]} & USER_INTERFACES)
    ]


def dashboard_sees_only_the_facade(tree: Tree) -> list[str]:
    """Of ``core`` the dashboard sees API, contracts and errors, and the API in services alone."""
    found = []
    for module in tree.inside("dashboard"):
        used = sorted(name for name in tree.names[module] if name.split(".")[0] == "core")
        found += [
            f"{module} imports {name}"
            for name in used
            if name not in FACADE and name.rsplit(".", 1)[0] not in FACADE[1:]
        ]
        if module != "dashboard.services" and not module.startswith("dashboard.services."):
            found += [
                f"{module} imports {name}, which only services call"
                for name in used
                if name.startswith("core.api")
            ]
    return found


def heavy_libraries_stay_in_the_rooms_that_compute(tree: Tree) -> list[str]:
    """TensorFlow and its like are imported by the rooms that compute alone."""
    return [
        f"{module} imports {used}"
        for module in tree.paths
        for used in sorted({name.split(".")[0] for name in tree.names[module]} & HEAVY)
        if _role(module) or not module.startswith(ROOMS_THAT_COMPUTE)
    ]


def imports_run_downwards(tree: Tree) -> list[str]:
    """Every module has a level, and imports none above its own."""
    found = []
    for module in tree.inside("core"):
        own = _level(module)
        if module in {"core", "core.__main__"}:
            continue
        if own is None:
            found.append(f"{module} has no level in tests/architecture.py")
            continue
        for target in sorted(tree.graph[module]):
            above = _level(target)
            if above is not None and above > own:
                found.append(f"{module} imports {target}, which lies above it")
    return found


def _role(module: str) -> str | None:
    """Return which face of its room a module belongs to; ``None`` for what computes."""
    return next((part for part in module.split(".")[2:] if part in ROLES), None)


def _level(module: str) -> int | None:
    """Return the level of a module's role or of its room, whichever is higher.

    What a room computes may ask for its contract from below: a contract has its own level alone.
    """
    rows = {name: i for i, row in enumerate(LEVELS) for name in row}
    role = _role(module)
    faced = rows.get(f"*.{role}")
    if role == "contract":
        return faced
    fitting = [r for r in rows if module == r or module.startswith((f"{r}.", f"{r}_"))]
    if not fitting:
        return faced
    room = rows[max(fitting, key=len)]
    return room if faced is None else max(room, faced)


def no_circle_of_modules(tree: Tree) -> list[str]:
    """No module imports itself by way of others."""
    return _circles(tree.graph)


def no_circle_of_rooms(tree: Tree) -> list[str]:
    """In every folder, what lies in it (files and folders) imports one way alone.

    Each role of a folder in it stands for itself: what asks for work lies above what computes.
    """
    packages = {m for m, path in tree.paths.items() if path.name == "__init__.py"}
    packages |= {m.rpartition(".")[0] for m in tree.paths if "." in m}
    found = []
    for package in sorted(packages):
        start = f"{package}."
        rooms: dict[str, set[str]] = {}
        for module in tree.paths:
            if not module.startswith(start):
                continue
            here = _child(module, package)
            there = {_child(t, package) for t in tree.graph[module] if t.startswith(start)}
            rooms.setdefault(here, set()).update(there - {here})
        found += _circles(rooms)
    return found


def _child(module: str, package: str) -> str:
    """Return what lies in a package on the way to a module, with its role there."""
    child = f"{package}.{module.removeprefix(f'{package}.').split('.')[0]}"
    role = _role(module)
    return child if role is None or child.endswith(f".{role}") else f"{child} ({role})"


def _circles(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Return one circle of each knot of nodes that reach each other."""
    found: list[str] = []
    seen: set[str] = set()
    for node in sorted(graph):
        way = None if node in seen else _way_back(graph, node)
        if way is not None:
            found.append(" → ".join(way))
            seen.update(way)
    return found


def _way_back(graph: Mapping[str, Iterable[str]], node: str) -> tuple[str, ...] | None:
    """Return the shortest way from a node to itself."""
    ways: list[tuple[str, ...]] = [(node,)]
    reached: set[str] = set()
    for way in ways:
        for target in sorted(graph.get(way[-1], ())):
            if target == node:
                return (*way, node)
            if target not in reached:
                reached.add(target)
                ways.append((*way, target))
    return None


def general_rooms_name_no_kind_of_input(tree: Tree) -> list[str]:
    """Rooms for every kind of input import none: they ask the modality. A kind has folders."""
    kinds = {module.split(".")[2] for module in tree.paths
             if module.startswith("core.modalities.") and module.count(".") > 2}  # fmt: skip
    return [
        f"{module} imports {target}, of the kind of input {target.split('.')[2]!r}"
        for module, names in tree.names.items()
        if module.startswith("core.") and module not in LISTS_OF_KINDS
        and not kinds & set(module.split("."))
        and not any(_within(module, room) for room in ABOUT_PICTURES)
        for target in sorted(names & tree.paths.keys())
        if target.startswith("core.modalities.") and target.split(".")[2] in kinds
    ]  # fmt: skip


def _within(module: str, room: str) -> bool:
    return module == room or module.startswith(f"{room}.")


def modules_can_be_read_in_one_sitting(tree: Tree) -> list[str]:
    """No module has more than 350 lines."""
    counted = {m: len(path.read_text(encoding="utf-8").splitlines())
               for m, path in tree.paths.items()}  # fmt: skip
    return [f"{m} has {n} lines: cut it into parts" for m, n in counted.items() if n > MOST_LINES]


def all_lists_are_honest(tree: Tree) -> list[str]:
    """Every name in ``__all__`` exists."""
    return [
        f"{module} lists {name}, which it does not define"
        for module, parsed in tree.parsed.items()
        for name in sorted(_listed(parsed) - _defined(parsed))
    ]


def _listed(parsed: ast.Module) -> set[str]:
    for node in parsed.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def _defined(parsed: ast.Module) -> set[str]:
    found: set[str] = set()
    for outer in parsed.body:
        inner = ast.walk(outer) if isinstance(outer, ast.If | ast.With | ast.Try) else [outer]
        for node in inner:
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.Assign):
                names = (n for target in node.targets for n in ast.walk(target))
                found.update(n.id for n in names if isinstance(n, ast.Name))
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                found.update(alias.asname or alias.name for alias in node.names)
    return found


RULES: tuple[Callable[[Tree], list[str]], ...] = (
    core_knows_no_user_interface,
    dashboard_sees_only_the_facade,
    heavy_libraries_stay_in_the_rooms_that_compute,
    imports_run_downwards,
    no_circle_of_modules,
    no_circle_of_rooms,
    general_rooms_name_no_kind_of_input,
    modules_can_be_read_in_one_sitting,
    all_lists_are_honest,
)


def loads_a_heavy_library(root: Path, modules: Iterable[str]) -> list[str]:
    """Import modules in a process of their own, and say which of them load a heavy library."""
    asked = list(modules)
    if not _loaded(root, asked):
        return []
    loaded = {module: _loaded(root, [module]) for module in asked}
    return [f"{module} loads {', '.join(heavy)}" for module, heavy in loaded.items() if heavy]


def _loaded(root: Path, modules: list[str]) -> list[str]:
    code = (
        f"import sys, {', '.join(modules)}\n"
        f"print(*(m for m in {sorted(HEAVY)!r} if m in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    return done.stdout.split()
