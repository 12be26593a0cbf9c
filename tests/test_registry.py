"""One registry for all that plugs in; packages join through entry points and can break nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, get_args

import pytest

from core import api, plugins, registry
from core.errors import PluginError, UnknownNameError
from core.parameters import Parameter
from core.plugins import Plugin
from core.registry import Registry

ROOT = Path(__file__).resolve().parent.parent


class Thing(ABC):
    id: ClassVar[str]
    name: ClassVar[str]
    quick: ClassVar[bool] = False
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    @abstractmethod
    def work(self) -> int:
        """Do it."""


def thing(id: object = "", **own: object) -> type[Any]:
    made = {"id": id, "name": "A thing", "work": lambda self: 1} | own
    return type(f"Thing_{id}", (Thing,), {k: v for k, v in made.items() if v is not None})


def plugin(
    name: str, load: Callable[[], object], *, package: str = "strange", version: str = "1.0"
) -> Plugin:
    return Plugin("pellucid.things", name, f"strange:{name}", package, version, load)


@pytest.fixture
def bring(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry[type[Thing]]]:
    def made(*brought: Plugin, own: tuple[type[Any], ...] = ()) -> Registry[type[Thing]]:
        monkeypatch.setattr(registry, "plugins", lambda group: brought)
        own = own or (thing("first"), thing("second"))
        return Registry("thing", own, group="pellucid.things", base=Thing)

    return made


def test_own_entries_stand_in_order(bring: Any) -> None:
    things = bring()
    assert list(things) == ["first", "second"]
    assert len(things) == 2
    assert things.find("second") is things["second"] is things.own["second"]
    assert things.get("third") is None
    with pytest.raises(UnknownNameError, match=r"no thing 'secnd'. Did you mean 'second'\? Known"):
        things.find("secnd")
    assert things.versions("first") == things.versions("unheard") == {}


def test_two_own_entries_of_one_name_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="'first'"):
        Registry("thing", (thing("first"), thing("first")))


def test_entries_of_packages_come_after_the_house_s_and_know_their_package(bring: Any) -> None:
    ripple = thing("ripple")
    things = bring(plugin("ripple", lambda: ripple, package="waves", version="2.1"))
    assert list(things) == ["first", "second", "ripple"]
    assert things.find("ripple") is ripple
    assert things.versions("ripple") == {"waves": "2.1"}
    assert things.broken == ()


def test_what_is_the_house_s_own_loads_no_package(bring: Any) -> None:
    loaded = []

    def load() -> object:
        loaded.append(1)
        return thing("late")

    things = bring(plugin("late", load))
    assert things.find("first").id == "first"
    assert "second" in things
    assert things.versions("first") == {}
    assert not loaded
    assert list(things)[-1] == "late"
    assert things.find("late").id == "late"
    assert loaded == [1], "and it is loaded once"


def test_a_plugin_may_look_at_the_list_while_it_is_loaded(bring: Any) -> None:
    seen: list[list[str]] = []

    def load() -> object:
        seen.append(list(things))
        return thing("late")

    things = bring(plugin("late", load))
    assert list(things) == ["first", "second", "late"]
    assert seen == [["first", "second"]]


def _raise(error: BaseException) -> Callable[[], object]:
    def load() -> object:
        raise error

    return load


class Unfinished(Thing):
    id = "unfinished"
    name = "Leaves out its work"


BROKEN: dict[str, tuple[Callable[[], object], str]] = {
    "gone": (_raise(ModuleNotFoundError("No module named 'wavelets'")),
             "ModuleNotFoundError: No module named 'wavelets'"),
    "typo": (_raise(AttributeError("module 'strange' has no attribute 'Typo'")),
             "has no attribute 'Typo'"),
    "raises": (_raise(ZeroDivisionError()), "ZeroDivisionError"),
    "leaves": (_raise(SystemExit(3)), "SystemExit: 3"),
    "number": (lambda: 7, "expected a subclass of tests.test_registry.Thing, received 7"),
    "instance": (lambda: thing("x")(), "expected a subclass of"),
    "function": (lambda: _raise, "expected a subclass of"),
    "abstract": (lambda: Unfinished, "Unfinished leaves out work"),
    "nameless": (lambda: thing("nameless", name=None), "does not declare name"),
    "worded": (lambda: thing("two words"), "letters, digits"),
    "numbered": (lambda: thing(3), "Thing_3.id must be str, received 3"),
    "listed": (lambda: thing("listed", parameters=[]), "tuple[Parameter, ...], received []"),
    "strings": (lambda: thing("strings", parameters=("n",)), "must be tuple[Parameter, ...]"),
    "quickly": (lambda: thing("quickly", quick="yes"), "must be bool, received 'yes'"),
    "taken": (lambda: thing("first"), "there is a thing 'first' already, Pellucid's own"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_told_by_name_and_takes_nothing_down(bring: Any, name: str) -> None:
    load, why = BROKEN[name]
    good = plugin("zebra", lambda: thing("zebra"))
    things = bring(plugin(name, load), good)
    assert list(things) == ["first", "second", "zebra"]
    assert things.own["first"] is things.find("first")
    (text,) = map(str, things.broken)
    assert text.startswith(
        f"The plug-in '{name}' of strange 1.0 (pellucid.things: strange:{name}) cannot be used: "
    )
    assert why in text
    assert text.endswith("Mend or uninstall strange.")
    with pytest.raises(PluginError, match=f"The plug-in '{name}'"):
        things.find(name)
    with pytest.raises(UnknownNameError, match=f"no thing 'other'.* The plug-in '{name}'"):
        things.find("other")


@pytest.mark.parametrize("library", ["tensorflow", "keras", "openvino"])
def test_a_plugin_that_loads_a_heavy_library_is_taken_and_told(
    bring: Any, library: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("tensorflow", "keras", "openvino"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def load() -> object:
        monkeypatch.setitem(sys.modules, library, sys)
        return thing("heavy")

    things = bring(plugin("light", lambda: thing("light")), plugin("heavy", load, package="lead"))
    assert list(things)[-2:] == ["light", "heavy"]
    assert [record.getMessage() for record in caplog.records] == [
        f"The plug-in 'heavy' of lead loads {library} when it is imported, in every page's process "
        "too: it should be imported by the function that computes."
    ]


def test_two_packages_with_one_name_are_told_apart(bring: Any) -> None:
    things = bring(
        plugin("ripple", lambda: thing("ripple"), package="a"),
        plugin("ripple", lambda: thing("ripple"), package="b"),
    )
    assert things.versions("ripple") == {"a": "1.0"}
    (text,) = map(str, things.broken)
    assert "of b 1.0" in text
    assert "there is a thing 'ripple' already, of a" in text


MODULE = """
import numpy as np
from core.data.portraits.dataset import Portraits
from core.evidence.complexity import Entropy
from core.parameters import Parameter
from core.robustness.attacks.noise import UniformNoise
from core.saliency.base import Attribution, Method


class Ripple(Method):
    id = "ripple"
    name = "Ripple"
    summary = "Rings around the middle."
    limits = "Knows nothing of the model."
    paper = "none"
    needs = frozenset()
    parameters = (Parameter("rings", "int", 3, "How many", low=1, high=9, step=1),)

    def explain(self, problem, parameters):
        n, h, w, _ = problem.inputs.shape
        y, x = np.mgrid[:h, :w] / h - 0.5
        ring = np.cos(float(parameters["rings"]) * np.hypot(x, y)).astype(np.float32)
        return [Attribution(ring) for _ in range(n)]


class Calm(Entropy):
    id = "calm"
    name = "Calm"
    quick = True


class Hiss(UniformNoise):
    id = "hiss"
    name = "Hiss"


class Faces(Portraits):
    id = "faces"
    name = "Faces"


def models():
    from dataclasses import replace
    from core.models import zoo
    return [replace(zoo.architecture("resnet8"), id="eight", name="Eight")]


def no_models():
    return []
"""

ENTRIES = """
[pellucid.methods]
ripple = waves:Ripple
missing = waves:Missing

[pellucid.metrics]
calm = waves:Calm
nowhere = waves_of_nowhere:Metric

[pellucid.attacks]
hiss = waves:Hiss
wrong = waves:Ripple

[pellucid.datasets]
faces = waves:Faces
module = waves

[pellucid.models]
eight = waves:models
none = waves:no_models

[pellucid.modalities]
tide = waves:Ripple
"""

SCRIPT = """
import json, numpy as np
from core import api
from core import requests
from core.modalities.picture import images
picture = images.from_array(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
small = "portraits_fair"
explained = requests.explanation_request(picture, model=small, method="ripple")
card = requests.evidence_request(explained, metrics=["calm", "entropy"])
own = requests.evidence_request(requests.explanation_request(picture, model=small))
attacked = requests.robustness_request("faces?n_test=60", model=small, attacks=["hiss"], limit=4)
board = requests.leaderboard_request([picture], model=small, methods=["saliency", "ripple"])
results = api.answer(explained), api.answer(card)
kinds = ("models", "methods", "metrics", "attacks", "datasets")
print(json.dumps({
    "versions": {name: made.versions.get("waves", "") for name, made in (
        ("explain", explained), ("evidence", card), ("own", own), ("robustness", attacked),
        ("leaderboard", board))},
    "metrics": list(own.metrics),
    "map": list(results[0].map.shape),
    "calm": [score.metric for score in results[1].scores if score.value is not None],
    "listed": {kind: [each.id for each in getattr(api, kind)()] for kind in kinds},
    "broken": {kind: api.broken_plugins(kind) for kind in kinds},
}))
"""


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install a package called waves, as pip would: a module and what it says of itself."""
    site = tmp_path_factory.mktemp("site")
    (site / "waves.py").write_text(MODULE, encoding="utf-8")
    about = site / "waves-2.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: waves\nVersion: 2.5\n")
    (about / "entry_points.txt").write_text(ENTRIES, encoding="utf-8")
    home = tmp_path_factory.mktemp("home")
    paths = os.pathsep.join([str(ROOT), str(site)])
    return {**os.environ, "PYTHONPATH": paths, "PELLUCID_HOME": str(home)}


def _run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_a_package_brings_one_of_each_kind(waves: dict[str, str]) -> None:
    done = _run(waves, "-c", SCRIPT)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    last = {kind: ids[-1] for kind, ids in found["listed"].items() if kind != "models"}
    assert last == {"methods": "ripple", "metrics": "calm", "attacks": "hiss", "datasets": "faces"}
    assert "eight" in found["listed"]["models"]
    assert found["map"] == [64, 64]
    assert found["calm"] == ["calm", "entropy"]
    # Another version of the package is other code: its results are computed anew.
    assert found["versions"] == {
        "explain": "2.5", "evidence": "2.5", "own": "", "robustness": "2.5", "leaderboard": "2.5",
    }  # fmt: skip
    assert "calm" not in found["metrics"], "what the card measures by itself stays the house's"
    broken = {kind: " ".join(texts) for kind, texts in found["broken"].items()}
    for kind, why in (
        ("methods", "no attribute 'Missing'"),
        ("metrics", "No module named 'waves_of_nowhere'"),
        ("attacks", "expected a subclass of core.robustness.attacks.base.Attack"),
        ("datasets", "expected a subclass of core.data.base.DatasetKind"),
        ("models", "expected a function that returns core.models.zoo.ModelSpecs"),
    ):
        assert why in broken[kind], broken[kind]


def test_commands_take_what_a_package_brings_and_name_what_is_broken(
    waves: dict[str, str], cat: Path
) -> None:
    listed = _run(waves, "-m", "core", "methods", "--json")
    assert json.loads(listed.stdout)["methods"][-1]["id"] == "ripple"
    assert "left out: The plug-in 'missing' of waves 2.5" in listed.stderr
    assert "Traceback" not in listed.stderr
    models = _run(waves, "-m", "core", "models")
    assert "eight" in models.stdout
    for name in ("none", "tide"):
        assert f"left out: The plug-in '{name}' of waves 2.5" in models.stderr
    asked = _run(waves, "-m", "core", "explain", str(cat), "--method", "missing", "--out", "maps")
    assert asked.returncode == 2
    assert asked.stderr.startswith("error: The plug-in 'missing' of waves 2.5 (pellucid.methods: ")


def test_groups_are_those_that_are_read() -> None:
    assert tuple(f"pellucid.{kind}" for kind in get_args(api.PluginKind)) == plugins.GROUPS
