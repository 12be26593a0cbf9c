"""What the Models page shows: one frozen :class:`Shown`, which is also its address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import streamlit as st

from core.contracts import DEFAULT_RECIPE, Parameter, RecipeCard, Value
from dashboard import services
from dashboard.address_parts import listed, one_of, values, whole
from dashboard.services import Order

__all__ = [
    "MOST_COMPARED",
    "Shown",
    "View",
    "base_for",
    "begin",
    "change",
    "change_order",
    "current",
    "first_order",
    "publish",
    "read",
]

View = Literal["list", "run", "compare", "new", "bring"]
VIEWS: tuple[View, ...] = get_args(View)
MOST_COMPARED = 4
MOST_SEED = 2**31 - 1
_SHOWN = "models shown"
_DATA, _RECIPE = "d.", "p."
_ID = re.compile(r"\w{1,120}")


def first_order() -> Order:
    """Return what the form begins with: the first dataset, the default recipe."""
    return Order(
        next(iter(services.offered_data())),
        (),
        DEFAULT_RECIPE,
        "",
        (),
        services.default_seed(MOST_SEED),
    )


@dataclass(frozen=True)
class Shown:
    """Which part of the page is shown, and of what.

    Parameters
    ----------
    view : {"list", "run", "compare", "new", "bring"}
    run : str
        Id of the model whose run is shown: finished, under way, or gone.
    compared : tuple of str
        Ids of the models that are ticked.
    by : str
        Attribute whose groups are shown; ``""`` for the page's proposal.
    order : Order
        What the form of a new run says.
    """

    view: View = "list"
    run: str = ""
    compared: tuple[str, ...] = ()
    by: str = ""
    order: Order = field(default_factory=first_order)

    def to_query(self) -> dict[str, str]:
        """Return it as parameters of the page's address."""
        query = {
            "view": "" if self.view in ("list", "run") else self.view,
            "run": self.run if self.view == "run" else "",
            "with": ",".join(self.compared) if self.view in ("list", "compare") else "",
            "by": self.by if self.view in ("run", "compare") else "",
        }
        if self.view == "new":
            query |= _order_query(self.order)
        return {name: text for name, text in query.items() if text}


def _order_query(order: Order) -> dict[str, str]:
    query = {"dataset": order.dataset, "recipe": order.recipe, "base": order.base}
    query |= {_DATA + name: _text(value) for name, value in order.data}
    query |= {_RECIPE + name: _text(value) for name, value in order.parameters}
    plain = order.seed == services.default_seed(MOST_SEED) == 0
    return query | ({} if plain else {"seed": str(order.seed)})


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def current() -> Shown | None:
    """Return what the session shows; ``None`` before its first view of the page."""
    held = st.session_state.get(_SHOWN)
    return held if isinstance(held, Shown) else None


def begin(shown: Shown) -> Shown:
    """Set what the session shows."""
    st.session_state[_SHOWN] = shown
    return shown


def change(**values: Any) -> None:
    """Replace parts of what the session shows: what every callback does."""
    begin(replace(current() or Shown(), **values))


def change_order(**values: Any) -> None:
    """Replace parts of the form of a new run."""
    shown = current() or Shown()
    begin(replace(shown, order=replace(shown.order, **values)))


def publish(shown: Shown) -> None:
    """Write it into the page's address if that says something else."""
    query = shown.to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


# ---- from an address


def read(query: Mapping[str, str]) -> tuple[Shown, list[str]]:
    """Return what an address describes, and a sentence for each part left out."""
    problems: list[str] = []
    run = query.get("run", "")
    if run and not _ID.fullmatch(run):
        problems.append(f"run is the id of a model. The address holds: {run[:60]}.")
        run = ""
    known = {found.model for found in services.runs()}
    view = one_of(query, "view", VIEWS, "list", problems)
    compared = listed(query, "with", known, problems)
    return (
        Shown(
            view="run" if run else view,
            run=run,
            compared=compared[:MOST_COMPARED],
            by=query.get("by", "")[:80],
            order=_order(query, problems) if not run and view == "new" else first_order(),
        ),
        problems,
    )


def _order(query: Mapping[str, str], problems: list[str]) -> Order:
    start = first_order()
    datasets, recipes = services.offered_data(), services.recipes()
    data = datasets[one_of(query, "dataset", tuple(datasets), start.dataset, problems)]
    recipe = recipes[one_of(query, "recipe", tuple(recipes), start.recipe, problems)]
    base = one_of(query, "base", ("", *services.bases()), "", problems)
    return Order(
        dataset=data.id,
        data=_values(query, _DATA, data.parameters, data.name, problems),
        recipe=recipe.id,
        base=base_for(recipe, base),
        parameters=_values(query, _RECIPE, recipe.parameters, recipe.name, problems),
        seed=whole(query, "seed", (0, MOST_SEED), start.seed, problems),
    )


def base_for(recipe: RecipeCard, wanted: str) -> str:
    """Return the model that a recipe starts from: the first of the zoo where it needs one."""
    if recipe.base == "none":
        return ""
    return wanted or (services.bases()[0] if recipe.base == "required" else "")


def _values(
    query: Mapping[str, str], prefix: str, specs: Sequence[Parameter], owner: str,
    problems: list[str],
) -> tuple[tuple[str, Value], ...]:  # fmt: skip
    """Return the values that differ from their defaults, in the order of the specs."""
    given = dict(values(query, prefix, specs, problems, owner=owner))
    return tuple((spec.name, given[spec.name]) for spec in specs if spec.name in given)
