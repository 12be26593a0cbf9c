"""The one list of recipes: the command line, the page and the contract test read it."""

from __future__ import annotations

from core.registry import Registry
from core.training.base import Recipe
from core.training.recipes.adversarial import Adversarial
from core.training.recipes.distill import Distill
from core.training.recipes.finetune import Finetune
from core.training.recipes.head import Head
from core.training.recipes.ibp import Ibp
from core.training.recipes.scratch import Scratch
from core.training.recipes.selfsupervised import SelfSupervised

__all__ = ["RECIPES"]

_RECIPES: tuple[type[Recipe], ...] = (
    Head, Finetune, Scratch, Adversarial, Ibp, SelfSupervised, Distill,
)  # fmt: skip

RECIPES: Registry[type[Recipe]] = Registry("recipe", _RECIPES)
