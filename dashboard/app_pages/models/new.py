"""The form of a new run: data, recipe, what matters most, the rest folded, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.contracts import DEFAULT_DATASET, Parameter, RecipeCard, Value
from core.errors import PellucidError
from dashboard import glossary, services
from dashboard.app_pages.models import background_jobs, page_choice
from dashboard.app_pages.models.page_choice import ModelsChoice
from dashboard.formatting import duration, escape
from dashboard.model_text import model_labels, run_name
from dashboard.services import OfferedDataset, TrainingSetup
from dashboard.session import bound
from dashboard.widgets.parameters import parameter_widgets

__all__ = ["draw"]

_MATTER = ("epochs", "epsilon", "temperature", "architecture", "learning_rate")
"""The first three of these that a recipe has stand in the open."""
_OPEN = 3
_ORDERED = "models ordered"
_NO_BASE = ""


@dataclass(frozen=True, slots=True)
class _Some:
    """Some of the parameters of a recipe or a dataset."""

    id: str
    parameters: tuple[Parameter, ...]


def draw(shown: ModelsChoice) -> None:
    """Draw the form and, beside it, what will happen."""
    st.title("New run", anchor=False)
    st.markdown(
        "Train a model on pictures whose answers are known. Everything is filled in: press Start, "
        "or change what you want to find out about."
    )
    order = shown.order
    dataset = services.offered_data()[order.dataset]
    recipe = services.recipes()[order.recipe]
    form, aside = st.columns([1.5, 1], gap="large")
    with form:
        _data(order, dataset)
        _recipe(order, recipe)
    with aside, st.container(border=True, key="what happens"):
        _what_happens(order, dataset, recipe)


# ---- the data


def _data(order: TrainingSetup, dataset: OfferedDataset) -> None:
    st.subheader("Data", anchor=False)
    offered = services.offered_data()
    if len(offered) > 1:
        st.selectbox(
            "Dataset",
            list(offered),
            format_func=lambda id: offered[id].name,
            **page_choice.bind_training("order dataset", "dataset", order.dataset, data=()),
        )
    st.caption(escape(dataset.card.summary))
    chosen = dict(order.data)
    first, rest = dataset.parameters[:1], dataset.parameters[1:]
    _widgets(dataset.id, first, chosen, "data")
    if dataset.card.id == DEFAULT_DATASET:
        st.caption(
            "0: all skin tones and backgrounds alike. Near 1: dark tones are rare in "
            "training, and the background gives the answer away. Tests stay balanced."
        )
    _folded("More about the data", dataset.id, rest, chosen, "data")


# ---- the recipe


def _recipe(order: TrainingSetup, recipe: RecipeCard) -> None:
    st.subheader("Recipe", anchor=False, help=glossary.explain("recipe"))
    recipes = services.recipes()
    st.selectbox(
        "Recipe",
        list(recipes),
        format_func=lambda id: recipes[id].name,
        label_visibility="collapsed",
        **bound("order recipe", order.recipe, _recipe_chosen),
    )
    st.caption(escape(recipe.summary))
    if recipe.base != "none":
        _base(order, recipe)
    chosen = dict(order.parameters)
    by_name = {spec.name: spec for spec in recipe.parameters}
    matter = tuple(by_name[name] for name in _MATTER if name in by_name)[:_OPEN]
    rest = tuple(spec for spec in recipe.parameters if spec not in matter)
    for place, spec in zip(st.columns(len(matter)), matter, strict=True):
        with place:
            _widgets(recipe.id, (spec,), chosen, "parameters")
    _folded("All parameters", recipe.id, rest, chosen, "parameters", seed=order.seed)


def _recipe_chosen(id: str) -> None:
    """Take along what the other recipe has as well."""
    order = page_choice.now().order
    recipe = services.recipes()[id]
    specs = {spec.name: spec for spec in recipe.parameters}
    page_choice.change_training(
        recipe=recipe.id,
        base=page_choice.base_for(recipe, order.base),
        parameters=tuple(
            (name, value)
            for name, value in order.parameters
            if name in specs and value != specs[name].default and _fits(specs[name], value)
        ),
    )


def _fits(spec: Parameter, value: Value) -> bool:
    try:
        spec.parse(value)
    except PellucidError:
        return False
    return True


def _base(order: TrainingSetup, recipe: RecipeCard) -> None:
    labels = model_labels(zone=st.context.timezone)
    names = {id: labels[id] for id in labels if id in services.bases()}
    options = list(names) if recipe.base == "required" else [_NO_BASE, *names]
    st.selectbox(
        "Starts from",
        options,
        format_func=lambda id: names.get(id, "Random weights"),
        help=escape(recipe.base_help),
        **page_choice.bind_training("order base", "base", order.base),
    )


# ---- widgets from specs


def _widgets(id: str, specs: tuple[Parameter, ...], chosen: dict[str, Value], part: str) -> None:
    names = {spec.name for spec in specs}

    def held() -> tuple[tuple[str, Value], ...]:
        order = page_choice.now().order
        values: tuple[tuple[str, Value], ...] = getattr(order, part)
        return values

    def keep(changed: tuple[tuple[str, Value], ...]) -> None:
        others = tuple((name, value) for name, value in held() if name not in names)
        page_choice.change_training(**{part: (*others, *changed)})

    parameter_widgets(_Some(f"order/{id}", specs), chosen, held=held, keep=keep)


def _folded(
    title: str, id: str, specs: tuple[Parameter, ...], chosen: dict[str, Value], part: str, *,
    seed: int | None = None,
) -> None:  # fmt: skip
    if not specs:
        return
    changed = sum(spec.name in chosen for spec in specs) + bool(seed)
    label = title + (f" ({changed} changed)" if changed else "")
    with st.expander(label, icon=":material/tune:", key=f"fold/{part}"):
        _widgets(id, specs, chosen, part)
        if seed is not None:
            st.number_input(
                "Seed", 0, 2**31 - 1,
                help="Other random weights, batches and augmentations for another seed.",
                **page_choice.bind_training("order seed", "seed", seed),
            )  # fmt: skip


# ---- what it costs, and the start


def _what_happens(order: TrainingSetup, dataset: OfferedDataset, recipe: RecipeCard) -> None:
    st.markdown("**What will happen**")
    st.markdown(f"{escape(recipe.name)} on {escape(dataset.name)}. {_cost(order)}")
    st.caption(f"*What it can't do:* {escape(recipe.limits)}  \n*About the data:* "
               f"{escape(dataset.card.limits)}")  # fmt: skip
    before = services.same_setup(order)
    if before is not None:
        name = run_name(before)
        came = "comes with Pellucid" if services.is_shipped(before.model) else "was trained before"
        st.info(f"This very run {came}: {escape(name)}.", icon=":material/history:")
        st.button("Open it", key="open same", icon=":material/open_in_full:",
                  on_click=page_choice.change,
                  kwargs={"view": "run", "run": before.model, "by": ""})  # fmt: skip
    if before is None or services.is_shipped(before.model):
        st.button(
            "Start", type="primary", key="start", icon=":material/play_arrow:", width="stretch",
            on_click=_start, args=(order,), disabled=background_jobs.is_on_its_way(_ORDERED),
        )  # fmt: skip
    _go_to_run()
    st.caption("It goes on in the background, keeps every epoch, and never holds up Inspect.")


def _cost(order: TrainingSetup) -> str:
    known = services.expected_seconds(order)
    if known is None:
        return (
            "How long it takes is not known: nothing like it was trained here yet. The first epoch "
            "will tell."
        )
    seconds, by = known
    name = run_name(by)
    took = duration(by.seconds)
    return escape(f"About {_rough(seconds)}, going by {name} ({took} on {by.device}).")


def _rough(seconds: float) -> str:
    """Return a forecast without digits that nobody can know."""
    for most, step in ((20, 5), (90, 10), (600, 30), (3600, 300)):
        if seconds <= most:
            words = duration(max(step, round(seconds / step) * step))
            return words.replace(".0 s", " s").removesuffix(" 0 s")
    return f"{seconds / 3600:.1f} h"


def _start(order: TrainingSetup) -> None:
    background_jobs.begin(_ORDERED, services.start_training(order))


def _go_to_run() -> None:
    """Follow an order to its run: a new one, or the one that was trained before."""
    request = background_jobs.followed(_ORDERED)
    if request is None:
        return
    before = services.trained_before(request)
    page_choice.change(view="run", run=before.model if before else request.model_id, by="")
    st.rerun()
