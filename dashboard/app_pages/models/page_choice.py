"""What the Models page shows: one frozen :class:`ModelsChoice`, which is also its address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, get_args

from core.contracts import DEFAULT_RECIPE, Parameter, RecipeCard, Value
from dashboard import query_codecs, services
from dashboard.query import AddressedChoice, Asked, Codec, cut
from dashboard.query_codecs import listed, of, one_of, whole
from dashboard.services import TrainingSetup
from dashboard.session import SessionChoice, bound

__all__ = [
    "MOST_COMPARED", "ModelsChoice", "View", "base_for", "begin", "bind", "bind_training", "change",
    "change_training", "current", "first_training", "now", "read", "session",
]  # fmt: skip

View = Literal["list", "run", "compare", "new", "bring"]
VIEWS: tuple[View, ...] = get_args(View)
MOST_COMPARED = 4
MOST_SEED = 2**31 - 1
_DATA, _RECIPE = "d.", "p."


def first_training() -> TrainingSetup:
    """Return what the form begins with: the first dataset, the default recipe."""
    data, seed = next(iter(services.offered_data())), services.default_seed(MOST_SEED)
    return TrainingSetup(data, (), DEFAULT_RECIPE, "", (), seed)


def _in_view(field: str, *views: View) -> Callable[[Any], bool]:
    """Return whether a view is one of ``views``, and there is something in the field."""
    return lambda shown: shown.view in views and bool(getattr(shown, field))


def _run(asked: Asked) -> str:
    found = of(r"\w{1,120}|", "is the id of a model", shown=60).read(asked)
    return str(found)


def _view(asked: Asked) -> View:
    found: View = one_of(VIEWS).read(asked)
    return "run" if asked.found["run"] else found


def _trained(asked: Asked) -> set[str]:
    return {found.model for found in services.runs()}


def _order(asked: Asked) -> TrainingSetup:
    if asked.found["view"] != "new":
        return first_training()
    start = first_training()
    datasets, recipes = services.offered_data(), services.recipes()

    def part(name: str, codec: Codec, default: object) -> Any:
        return codec.read(replace(asked, name=name, default=default))

    data = datasets[part("dataset", one_of(tuple(datasets)), start.dataset)]
    recipe = recipes[part("recipe", one_of(tuple(recipes)), start.recipe)]
    base = part("base", one_of(("", *services.bases())), "")
    return TrainingSetup(
        dataset=data.id,
        data=_values(asked, _DATA, data.parameters, data.name),
        recipe=recipe.id,
        base=base_for(recipe, base),
        parameters=_values(asked, _RECIPE, recipe.parameters, recipe.name),
        seed=part("seed", whole(0, MOST_SEED), start.seed),
    )


def _values(
    asked: Asked, prefix: str, specs: tuple[Parameter, ...], owner: str
) -> tuple[tuple[str, Value], ...]:
    """Return the values that differ from their defaults, in the order of the specs."""
    given = dict(query_codecs.values(asked.query, prefix, specs, asked.problems, owner=owner))
    return tuple((spec.name, given[spec.name]) for spec in specs if spec.name in given)


def _order_query(shown: object, order: TrainingSetup) -> dict[str, str]:
    found = {"dataset": order.dataset, "recipe": order.recipe, "base": order.base}
    found |= {_DATA + name: query_codecs.written_value(value) for name, value in order.data}
    found |= {_RECIPE + name: query_codecs.written_value(value) for name, value in order.parameters}
    plain = order.seed == services.default_seed(MOST_SEED) == 0
    found |= {} if plain else {"seed": str(order.seed)}
    return {name: text for name, text in found.items() if text}


_NAMED = Codec(_run, when=_in_view("run", "run"))
_SEEN = Codec(_view, when=_in_view("view", "compare", "new", "bring"))
_TICKED = replace(
    listed(_trained, most=MOST_COMPARED), name="with",
    when=_in_view("compared", "list", "compare"),
)  # fmt: skip
_LOOKED = replace(
    of(r"[0-9a-f]{64}|", "is the number of a file that was looked at"),
    when=_in_view("look", "bring"),
)
_FORM = Codec(_order, when=_in_view("order", "new"), spread=_order_query)


@dataclass(frozen=True)
class ModelsChoice(AddressedChoice):
    """Which part of the page is shown, and of what.

    Parameters
    ----------
    run : str
        Id of the model whose run is shown: finished, under way, or gone.
    view : {"list", "run", "compare", "new", "bring"}
    compared : tuple of str
        Ids of the models that are ticked.
    look : str
        Key of the look at a file that is shown, where a model is brought.
    by : str
        Attribute whose groups are shown; ``""`` for the page's proposal.
    order : Order
        What the form of a new run says.
    """

    run: Annotated[str, _NAMED] = ""
    view: Annotated[View, _SEEN] = "list"
    compared: Annotated[tuple[str, ...], _TICKED] = ()
    look: Annotated[str, _LOOKED] = ""
    by: Annotated[str, cut(80).written_when(_in_view("by", "run", "compare"))] = ""
    order: Annotated[TrainingSetup, _FORM] = field(default_factory=first_training)


session = SessionChoice("models shown", ModelsChoice)
read, current, now, begin = session.read, session.current, session.now, session.begin
change, bind = session.change, session.bind


def change_training(**values: Any) -> None:
    """Replace parts of the form of a new run."""
    change(order=replace(now().order, **values))


def bind_training(key: str, field: str, shown: object, **also: Any) -> dict[str, Any]:
    """Return the arguments that bind a widget to a part of the form of a new run."""
    return bound(key, shown, lambda chosen: change_training(**{field: chosen}, **also))


def base_for(recipe: RecipeCard, wanted: str) -> str:
    """Return the model that a recipe starts from: the first of the zoo where it needs one."""
    if recipe.base == "none":
        return ""
    return wanted or (services.bases()[0] if recipe.base == "required" else "")
