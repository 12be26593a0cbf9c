"""The one list of recipes: the command line, the page and the contract test read it."""

from __future__ import annotations

from core.lookup import lookup
from core.training.base import Recipe
from core.training.recipes.adversarial import Adversarial
from core.training.recipes.distill import Distill
from core.training.recipes.finetune import Finetune
from core.training.recipes.head import Head
from core.training.recipes.ibp import Ibp
from core.training.recipes.scratch import Scratch
from core.training.recipes.selfsupervised import SelfSupervised

__all__ = ["RECIPES", "get"]

_RECIPES: tuple[type[Recipe], ...] = (
    Head, Finetune, Scratch, Adversarial, Ibp, SelfSupervised, Distill,
)  # fmt: skip

RECIPES: dict[str, type[Recipe]] = {recipe.id: recipe for recipe in _RECIPES}


def get(recipe_id: str) -> type[Recipe]:
    """Return the recipe called ``recipe_id``.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    return lookup(RECIPES, recipe_id, what="recipe")
