"""Every request says what computes it, what comes of it, and where that is kept."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from core import contracts
from core.contracts import Result, Run

ROOT = Path(__file__).resolve().parent.parent.parent
_SHARED = {"Request", "RequestFor", "ModelRequest", "InputRequest", "AuditRequest"}


def _request_classes() -> list[type[Any]]:
    found: dict[str, type[Any]] = {}
    for path in sorted((ROOT / "core").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "contract" not in parts and "values" not in parts:
            continue
        for name, value in vars(importlib.import_module(".".join(parts))).items():
            if isinstance(value, type) and hasattr(value, "adopt"):
                found[name] = value
    return [found[name] for name in sorted(found.keys() - _SHARED)]


REQUESTS = _request_classes()


def test_requests_are_found() -> None:
    assert len(REQUESTS) == 28
    assert {"PredictRequest", "FairnessRequest", "TrainRequest"} <= {r.__name__ for r in REQUESTS}


@pytest.mark.parametrize("request_class", REQUESTS, ids=lambda each: each.__name__)
def test_a_request_names_its_work(request_class: type[Any]) -> None:
    own = vars(request_class)
    assert {"kind", "work", "result"} <= own.keys(), "each request declares these itself"
    assert isinstance(request_class.durable, bool)
    assert issubclass(request_class.result, Result)
    assert request_class.durable == (request_class.result is Run)
    assert getattr(contracts, request_class.__name__) is request_class
    assert getattr(contracts, request_class.result.__name__) is request_class.result
    # The function is there; looking does not import it, since that would load TensorFlow.
    module, _, name = request_class.work.partition(":")
    text = (ROOT / module.replace(".", "/")).with_suffix(".py").read_text(encoding="utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    (function,) = [each for each in functions if each.name == name]
    assert [argument.arg for argument in function.args.args] == ["requests", "control"]


def test_no_two_requests_share_a_kind() -> None:
    kinds = Counter(request_class.kind for request_class in REQUESTS)
    assert max(kinds.values()) == 1, kinds.most_common(3)
