"""Content keys are as they were recorded: what was computed is found again after a move."""

from __future__ import annotations

import json

from core import contracts
from core.evidence.registry import METRICS
from core.robustness.attacks.registry import ATTACKS
from core.saliency.registry import METHODS
from core.training.registry import RECIPES
from tests.recorded.requests import KEYS, keys

_HOW = (
    "Results that were computed before will not be found. If that is meant, say in the commit "
    "which keys change and why, and run: python -m tests.recorded.requests"
)


def test_keys_are_as_they_were_recorded() -> None:
    recorded, now = json.loads(KEYS.read_text(encoding="utf-8")), keys()
    changed = sorted(name for name in recorded.keys() & now.keys() if recorded[name] != now[name])
    assert not changed, f"The keys of {', '.join(changed)} have changed. {_HOW}"
    missing, new = sorted(recorded.keys() - now.keys()), sorted(now.keys() - recorded.keys())
    assert not missing, f"Requests of these names are made no more: {', '.join(missing)}. {_HOW}"
    assert not new, f"These are not recorded yet: {', '.join(new)}. {_HOW}"


def test_keys_differ_between_requests() -> None:
    """A default that is also asked for by name is the same work; all else has its own key."""
    shared: dict[str, list[str]] = {}
    for name, key in keys().items():
        shared.setdefault(key, []).append(name)
    twice = sorted(names for names in shared.values() if len(names) > 1)
    assert twice == [["evidence/gradcam", "evidence/preset/rise"]]


def test_every_kind_is_recorded() -> None:
    classes = [each for each in vars(contracts).values() if hasattr(each, "work")]
    kinds = {kind for each in classes if isinstance(kind := getattr(each, "kind", None), str)}
    recorded = {name.partition("/")[0] for name in keys()}
    assert recorded == kinds
    for head, known in (
        ("explain", METHODS),
        ("evidence/metric", METRICS),
        ("robustness/linf", [id for id, attack in ATTACKS.items() if "linf" in attack.norms]),
        ("train", RECIPES),
    ):
        assert {f"{head}/{id}" for id in known} <= keys().keys()
