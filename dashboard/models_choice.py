"""What the Models page shows: one frozen :class:`Shown`, which is also its address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import streamlit as st

from core.contracts import DEFAULT_RECIPE, Parameter, RecipeCard, Value
from core.errors import InputError
from dashboard import services
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
_SHOWN = "models shown"
_DATA, _RECIPE = "d.", "p."
_ID = re.compile(r"\w{1,120}")


def first_order() -> Order:
    """Return what the form begins with: the first dataset, the default recipe."""
    return Order(next(iter(services.offered_data())), (), DEFAULT_RECIPE, "", (), 0)


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
    return query | ({"seed": str(order.seed)} if order.seed else {})


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
    view = "run" if run else query.get("view", "list")
    if view not in VIEWS:
        problems.append(_unknown("view", view, VIEWS))
        view = "list"
    known = {found.model for found in services.runs()}
    compared = [id for id in query.get("with", "").split(",") if id in known]
    return (
        Shown(
            view=next(each for each in VIEWS if each == view),
            run=run if _ID.fullmatch(run) else "",
            compared=tuple(dict.fromkeys(compared))[:MOST_COMPARED],
            by=query.get("by", "")[:80],
            order=_order(query, problems) if view == "new" else first_order(),
        ),
        problems,
    )


def _order(query: Mapping[str, str], problems: list[str]) -> Order:
    start = first_order()
    datasets, recipes = services.offered_data(), services.recipes()
    dataset, recipe = query.get("dataset", start.dataset), query.get("recipe", start.recipe)
    if dataset not in datasets:
        problems.append(_unknown("dataset", dataset, tuple(datasets)))
        dataset = start.dataset
    if recipe not in recipes:
        problems.append(_unknown("recipe", recipe, tuple(recipes)))
        recipe = start.recipe
    base, seed = query.get("base", ""), query.get("seed", "0")
    if base and base not in services.bases():
        problems.append(_unknown("base", base, services.bases()))
        base = ""
    if not (seed.isdecimal() and int(seed) < 2**31):
        problems.append(f"seed must be a whole number from 0. Received: {seed[:20]}.")
        seed = "0"
    return Order(
        dataset=dataset,
        data=_values(query, _DATA, datasets[dataset].parameters, problems),
        recipe=recipe,
        base=base_for(recipes[recipe], base),
        parameters=_values(query, _RECIPE, recipes[recipe].parameters, problems),
        seed=int(seed),
    )


def base_for(recipe: RecipeCard, wanted: str) -> str:
    """Return the model that a recipe starts from: the first of the zoo where it needs one."""
    if recipe.base == "none":
        return ""
    return wanted or (services.bases()[0] if recipe.base == "required" else "")


def _values(
    query: Mapping[str, str], prefix: str, specs: Sequence[Parameter], problems: list[str]
) -> tuple[tuple[str, Value], ...]:
    """Return the values that differ from their defaults, in the order of the specs."""
    given = {n.removeprefix(prefix): text for n, text in query.items() if n.startswith(prefix)}
    kept: list[tuple[str, Value]] = []
    for spec in specs:
        text = given.pop(spec.name, None)
        if text is None:
            continue
        try:
            value = spec.parse(text)
        except InputError as error:
            problems.append(str(error))
            continue
        if value != spec.default:
            kept.append((spec.name, value))
    problems += [f"There is no parameter {name[:60]} here." for name in given]
    return tuple(kept)


def _unknown(name: str, text: str, known: Sequence[str]) -> str:
    return (
        f"The address asks for {name}={text[:60]}, which does not exist. Known: {', '.join(known)}."
    )
