"""The rules of the house hold of this tree, and each finds what is planted against it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.architecture import (
    HEAVY,
    MOST_LINES,
    RULES,
    Tree,
    all_lists_are_honest,
    core_knows_no_user_interface,
    dashboard_sees_only_the_facade,
    general_rooms_name_no_kind_of_input,
    heavy_libraries_stay_in_the_rooms_that_compute,
    imports_run_downwards,
    loads_a_heavy_library,
    modules_can_be_read_in_one_sitting,
    no_circle_of_modules,
    no_circle_of_rooms,
)

Rule = Callable[[Tree], list[str]]

ROOT = Path(__file__).resolve().parent.parent
FREE_OF_TENSORFLOW = ("core.models.zoo", "core.models.labels", "core.models.fingerprint",
                      "core.models.runtime", "core.saliency.registry",
                      "core.evidence.registry", "core.evidence.base", "core.saliency.base",
                      "core.comparison.drift_paths", "core.comparison.compare",
                      "core.data.registry", "core.training.registry",
                      "core.compression.compressors",
                      "core.requests",
                      "core.robustness.attacks.registry", "core.robustness.partial_results",
                      "core.robustness.corruptions.registry",
                      "core.calibration.registry", "core.engine.work", "core.api")  # fmt: skip


@cache
def _house() -> Tree:
    return Tree(ROOT)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rules(rule: Rule) -> None:
    offenders = rule(_house())
    assert not offenders, "\n".join([f"{rule.__doc__} Not so:", *offenders])


def test_registries_and_the_facade_are_free_of_tensorflow() -> None:
    offenders = loads_a_heavy_library(ROOT, FREE_OF_TENSORFLOW)
    assert not offenders, "\n".join(offenders)


_SOUND = {
    "core/__init__.py": "",
    "core/errors.py": "class PellucidError(Exception): ...\n",
    "core/values/__init__.py": "",
    "core/values/basic.py": "from core.errors import PellucidError\nclass Box: ...\n",
    "core/contracts.py": "from core.saliency.contract import *\n"
    "from core.values.basic import Box\n",
    "core/models/__init__.py": "",
    "core/models/network.py": "import tensorflow\nfrom core.contracts import Box\n",
    "core/saliency/__init__.py": "",
    "core/saliency/base.py": "def f():\n    from core.models import network\n",
    "core/saliency/registry.py": "from core.saliency.base import f\n__all__ = ['f']\n",
    "core/saliency/contract.py": "from core.values.basic import Box\n",
    "core/saliency/request.py": "from core.saliency.registry import f\n",
    "core/saliency/api/__init__.py": "",
    "core/saliency/api/maps.py": "from core.saliency.request import f\n"
    "from core.engine import work\n",
    "core/saliency/cli.py": "from core import api\n",
    "core/engine/__init__.py": "from core.engine.work import execute\n",
    "core/engine/work.py": "from core.contracts import Box\ndef execute(): ...\n",
    "core/api.py": "from core.saliency.api.maps import *\nfrom core.engine import execute\n",
    "core/cli.py": "import core.saliency.cli\n",
    "dashboard/__init__.py": "",
    "dashboard/services/__init__.py": "from core import api\nimport streamlit\n",
    "dashboard/page.py": "from core.contracts import Box\nfrom dashboard import services\n",
}
"""A small house that keeps every rule; rooms are as in the large one."""

_PLANTED: list[tuple[Rule, Mapping[str, str], list[str]]] = [
    (
        core_knows_no_user_interface,
        {
            "core/errors.py": "import streamlit as st\n",
            "core/saliency/base.py": "def f():\n    from plotly import graph_objects\n",
            "core/models/network.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from dashboard.page import Page\n",
        },
        [
            "core.errors imports streamlit",
            "core.models.network imports dashboard",
            "core.saliency.base imports plotly",
        ],
    ),
    (
        dashboard_sees_only_the_facade,
        {
            "dashboard/page.py": "from core import api\nfrom core.models import network\n",
            "dashboard/parts.py": "def f():\n    import core.saliency.base\n",
            "dashboard/other.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from core.engine.work import execute\n",
            "dashboard/services_too.py": "from core.api import predict\n",
        },
        [
            "dashboard.other imports core.engine.work",
            "dashboard.other imports core.engine.work.execute",
            "dashboard.page imports core.api, which only services call",
            "dashboard.page imports core.models.network",
            "dashboard.parts imports core.saliency.base",
            "dashboard.services_too imports core.api, which only services call",
            "dashboard.services_too imports core.api.predict, which only services call",
        ],
    ),
    (
        heavy_libraries_stay_in_the_rooms_that_compute,
        {
            "core/engine/work.py": "def f():\n    import keras\n",
            "core/values/basic.py": "import openvino.runtime as ov\n",
            "core/saliency/api/maps.py": "import shap\n",
            "core/saliency/request.py": "import keras\n",
            "dashboard/page.py": "from tensorflow import linalg\n",
        },
        [
            "core.engine.work imports keras",
            "core.saliency.api.maps imports shap",
            "core.saliency.request imports keras",
            "core.values.basic imports openvino",
            "dashboard.page imports tensorflow",
        ],
    ),
    (
        imports_run_downwards,
        {
            "core/errors.py": "from core.contracts import Box\n",
            "core/models/network.py": "def f():\n    from core.saliency.base import f\n",
            "core/saliency/base.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from core.engine.work import execute\n"
            "def g():\n    from core.saliency.request import f\n",
            "core/values/basic.py": "from ..models.network import Network\n",
            "core/saliency/contract.py": "from core.contracts import Box\n",
            "core/saliency/request.py": "from core.saliency.api import maps\n",
            "core/saliency/api/maps.py": "from core.saliency.cli import command\n",
            "core/models/request.py": "from core.saliency import base\n",
            "core/novelty.py": "",
        },
        [
            "core.errors imports core.contracts, which lies above it",
            "core.models.network imports core.saliency.base, which lies above it",
            "core.novelty has no level in tests/architecture.py",
            "core.saliency.api.maps imports core.saliency.cli, which lies above it",
            "core.saliency.base imports core.engine, which lies above it",
            "core.saliency.base imports core.engine.work, which lies above it",
            "core.saliency.base imports core.saliency.request, which lies above it",
            "core.saliency.contract imports core.contracts, which lies above it",
            "core.saliency.request imports core.saliency.api.maps, which lies above it",
            "core.values.basic imports core.models.network, which lies above it",
        ],
    ),
    (
        no_circle_of_modules,
        {
            "core/models/network.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from core.models.fold import fold\n",
            "core/models/fold.py": "from core.models.network import Network\n",
            "core/saliency/base.py": "def f():\n    from core.saliency.a import g\n",
            "core/saliency/a.py": "from . import b\n",
            "core/saliency/b.py": "import core.saliency.base\n",
            "core/values/basic.py": "from core.contracts import Box\n",
            "dashboard/page.py": "from dashboard.parts import part\n",
            "dashboard/parts.py": "from dashboard import page\n",
        },
        [
            "core.contracts → core.values.basic → core.contracts",
            "core.models.fold → core.models.network → core.models.fold",
            "core.saliency.a → core.saliency.b → core.saliency.base → core.saliency.a",
            "core.saliency.contract → core.values.basic → core.contracts → core.saliency.contract",
            "dashboard.page → dashboard.parts → dashboard.page",
        ],
    ),
    (
        no_circle_of_rooms,
        {
            "core/models/predict.py": "from core.saliency.names import n\n",
            "core/saliency/names.py": "",
            "core/shapley/request.py": "from core.evidence.request import e\n",
            "core/evidence/request.py": "from core.shapley import request\n",
            "core/robustness/smoothing.py": "from core.robustness.certificates.base import C\n",
            "core/robustness/certificates/base.py": "class C: ...\n",
            "core/robustness/certificates/votes.py": "from core.robustness.smoothing import v\n",
        },
        [
            "core.evidence (request) → core.shapley (request) → core.evidence (request)",
            "core.models → core.saliency → core.models",
            "core.robustness.certificates → core.robustness.smoothing → "
            "core.robustness.certificates",
        ],
    ),
    (
        general_rooms_name_no_kind_of_input,
        {
            "core/modalities/base.py": "",
            "core/modalities/sound/waves.py": "def cut(): ...\n",
            "core/modalities/sound/modality.py": "from core.modalities.sound import waves\n",
            "core/modalities/registry.py": "from core.modalities.sound.modality import waves\n",
            "core/saliency/base.py": "def f():\n    from core.modalities.sound.waves import cut\n",
            "core/saliency/registry.py": "from core.modalities import base\n",
            "core/saliency/sound/bands.py": "from core.modalities.sound.waves import cut\n",
            "core/shapley/hide.py": "from core.modalities.sound import waves\n",
            "core/concepts/crops.py": "from core.modalities.sound import waves\n",
        },
        [
            "core.saliency.base imports core.modalities.sound.waves, of the kind of input 'sound'",
            "core.shapley.hide imports core.modalities.sound.waves, of the kind of input 'sound'",
        ],
    ),
    (
        modules_can_be_read_in_one_sitting,
        {
            "core/models/network.py": "x = 1\n" * (MOST_LINES + 1),
            "core/models/fold.py": "x = 1\n" * MOST_LINES,
            "core/api.py": "from core.engine import execute\n" * (MOST_LINES + 2),
            "dashboard/page.py": "\n" * (MOST_LINES + 3),
        },
        [
            f"core.api has {MOST_LINES + 2} lines: cut it into parts",
            f"core.models.network has {MOST_LINES + 1} lines: cut it into parts",
            f"dashboard.page has {MOST_LINES + 3} lines: cut it into parts",
        ],
    ),
    (
        all_lists_are_honest,
        {
            "core/errors.py": "__all__ = ['Gone', 'Also', 'here']\nif True:\n    here = 1\n",
            "dashboard/page.py": "__all__ = ['page']\n",
        },
        [
            "core.errors lists Also, which it does not define",
            "core.errors lists Gone, which it does not define",
            "dashboard.page lists page, which it does not define",
        ],
    ),
]


def _planted(root: Path, files: Mapping[str, str]) -> Tree:
    for name, text in {**_SOUND, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return Tree(root)


def test_every_rule_has_something_planted_against_it() -> None:
    assert [rule for rule, _, _ in _PLANTED] == list(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sound_house_has_no_offenders(rule: Rule, tmp_path: Path) -> None:
    assert rule(_planted(tmp_path, {})) == []


@pytest.mark.parametrize(
    ("rule", "files", "offenders"), _PLANTED, ids=[rule.__name__ for rule, _, _ in _PLANTED]
)
def test_each_rule_lists_all_that_break_it(
    rule: Rule, files: Mapping[str, str], offenders: list[str], tmp_path: Path
) -> None:
    assert sorted(rule(_planted(tmp_path, files))) == offenders


def test_a_module_that_loads_a_heavy_library_is_found_by_name(tmp_path: Path) -> None:
    modules = ["core.models.registry", "core.saliency.registry", "core.errors"]
    _planted(
        tmp_path,
        {
            "core/models/registry.py": "import core.models.network\n",
            "core/saliency/registry.py": "from core.saliency.base import f\nimport shap, keras\n",
            **{f"{library}.py": "" for library in HEAVY},
        },
    )
    assert loads_a_heavy_library(tmp_path, modules) == [
        "core.models.registry loads tensorflow",
        "core.saliency.registry loads keras, shap",
    ]
    assert loads_a_heavy_library(tmp_path, ["core.errors", "core.contracts"]) == []
