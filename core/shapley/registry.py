"""The one list of SHAP explainers: the command line, the page and the contract test read it."""

from __future__ import annotations

from core.registry import Registry
from core.shapley.base import Explainer
from core.shapley.gradient import GradientExplainer
from core.shapley.kernel import KernelExplainer
from core.shapley.partition import PartitionExplainer

__all__ = ["EXPLAINERS"]

_EXPLAINERS: tuple[type[Explainer], ...] = (PartitionExplainer, GradientExplainer, KernelExplainer)

EXPLAINERS: Registry[type[Explainer]] = Registry("SHAP explainer", _EXPLAINERS)
