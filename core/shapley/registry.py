"""The one list of SHAP explainers: the command line, the page and the contract test read it."""

from __future__ import annotations

from core.lookup import lookup
from core.shapley.base import Explainer
from core.shapley.gradient import GradientExplainer
from core.shapley.kernel import KernelExplainer
from core.shapley.partition import PartitionExplainer

__all__ = ["EXPLAINERS", "get"]

_EXPLAINERS: tuple[type[Explainer], ...] = (PartitionExplainer, GradientExplainer, KernelExplainer)

EXPLAINERS: dict[str, type[Explainer]] = {explainer.id: explainer for explainer in _EXPLAINERS}


def get(explainer_id: str) -> type[Explainer]:
    """Return the explainer called ``explainer_id``.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    return lookup(EXPLAINERS, explainer_id, what="SHAP explainer")
