"""The options that all commands about fairness share: table or dataset, columns, rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from core import api
from core.contracts import MISSING, Adjustment, FairnessRules, RowsChoice, SplitName
from core.errors import InputError, ParameterError
from core.fairness.request.fields import AuditOptions
from core.terminal.options import Seed, number, whole

__all__ = ["audited"]

_RULES = FairnessRules()
_MISSING = ",".join(MISSING)


def audited(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options; it receives them as ``table`` and ``options``."""
    own = inspect.signature(command, eval_str=True).parameters
    shared = inspect.signature(_shared, eval_str=True).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        table, options = _shared(**{name: given.pop(name) for name in shared})
        command(table=table, options=options, **given)

    added = [p for name, p in own.items() if name not in ("table", "options")]
    parameters = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*shared.values(), *added)
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    del run.__wrapped__  # type: ignore[attr-defined]
    return run


def _shared(
    table: Annotated[
        Path | None,
        typer.Argument(help="Predictions as .csv, .xlsx or .parquet; or --model --dataset."),
    ] = None,
    y_true: Annotated[str, typer.Option(help="Column of the true class.")] = "",
    y_pred: Annotated[str, typer.Option(help="Column of the predicted class.")] = "",
    score: Annotated[
        str, typer.Option(help="Column of the positive class's probability, in [0, 1].")
    ] = "",
    threshold: Annotated[
        float | None, number(help="Without --y-pred: scores from here on are positive.")
    ] = None,
    no_labels: Annotated[
        bool, typer.Option("--no-labels", help="There is no true class: selection rates alone.")
    ] = False,
    group: Annotated[list[str], typer.Option(help="Column that groups are formed by.")] = [],  # noqa: B006
    bin: Annotated[
        list[str],
        typer.Option(
            help="Cut a group: age=4 (quantiles), age=18,30,65 (cuts), day=month or day=year."
        ),
    ] = [],  # noqa: B006
    intersections: Annotated[
        bool, typer.Option("--intersections", help="Also intersections of up to three.")
    ] = False,
    condition: Annotated[
        str, typer.Option(help="Column: conditional parity within its values.")
    ] = "",
    positive: Annotated[
        str, typer.Option(help="The positive class, against all others; 1, true, yes by default.")
    ] = "",
    map: Annotated[
        list[str],
        typer.Option(help="Which class a value means, as in 'yes=1,no=0'; repeatable."),
    ] = [],  # noqa: B006
    missing: Annotated[
        str, typer.Option(help="Words that stand for no value, beside the empty cell and NaN.")
    ] = _MISSING,
    drop_missing: Annotated[
        bool,
        typer.Option(
            "--drop-missing", help="Leave rows without label, prediction, score or weight out."
        ),
    ] = False,
    weights: Annotated[
        str,
        typer.Option(help="Column of weights; with --dataset, the model's weights."),
    ] = "",
    gap: Annotated[list[str], typer.Option(help="Id of a gap to test, such as tpr.")] = [],  # noqa: B006
    alpha: Annotated[float, number(help="Level of tests and intervals.")] = _RULES.alpha,
    tolerance: Annotated[
        float, number(help="Gap between rates that is put up with.")
    ] = _RULES.tolerance,
    min_n: Annotated[
        int, whole(help="Rows below the line that a group needs to be compared.")
    ] = _RULES.min_n,
    adjust: Annotated[str, typer.Option(help="holm or bh (Benjamini–Hochberg).")] = _RULES.adjust,
    n_boot: Annotated[int, whole(help="Replicates of the bootstrap.")] = _RULES.n_boot,
    n_bins: Annotated[int, whole(help="Bins of scores for ECE.")] = _RULES.n_bins,
    explore: Annotated[
        bool, typer.Option("--explore", help="One half of the rows: the other is kept to confirm.")
    ] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="The half that was kept, once: is it true there too?")
    ] = False,
    reference: Annotated[
        str,
        typer.Option(
            help="What groups are shown against: largest, best, rest, or a group's name (=best for "
            "one that is called best)."
        ),
    ] = _RULES.reference,
    model: Annotated[str, typer.Option(help="Id of the model; see 'models'.")] = "",
    dataset: Annotated[str, typer.Option(help="Such as portraits?bias=0.9.")] = "",
    classes: Annotated[Path | None, typer.Option(help="Text file, one class name a line.")] = None,
    split: Annotated[str, typer.Option(help="Split of the dataset.")] = "test",
    limit: Annotated[int | None, whole(low=1, help="Its first N pictures.")] = None,
    seed: Seed = 0,
) -> tuple[Path | None, AuditOptions]:
    """Return the table, and what is asked about it."""
    options: AuditOptions = {
        "groups": group,
        "bins": _cuts(bin),
        "intersections": intersections,
        "condition": condition,
        "positive": positive,
        "map": api.parse_class_map(map),
        "missing": [word for word in missing.split(",") if word.strip()],
        "drop_missing": drop_missing,
        "gaps": gap,
        "alpha": alpha,
        "tolerance": tolerance,
        "min_n": min_n,
        "adjust": cast(Adjustment, adjust),
        "n_boot": n_boot,
        "n_bins": n_bins,
        "reference": reference,
        "seed": seed,
        "rows": _half(explore, confirm),
    }
    if dataset:
        return table, options | {
            "dataset": dataset,
            "model": model or api.DEFAULT_MODEL,
            "weights": weights or "pretrained",
            "classes": None if classes is None else str(classes),
            "split": cast(SplitName, split),
            "limit": limit,
            "label": y_true,
            "prediction": y_pred,
            "score": score,
        }
    if model:
        raise InputError("--model goes with --dataset: which pictures shall it predict?")
    if table is not None and bool(y_true) == no_labels:
        raise InputError(
            "Name the column of the true class (--y-true COL), or say that there is none "
            "(--no-labels)."
        )
    if score and not y_pred and threshold is None:
        raise InputError("--score goes with --threshold T: from where on is a row positive?")
    if y_pred and threshold is not None:
        raise InputError("--threshold turns scores into predictions; leave it or --y-pred out.")
    return table, options | {
        "label": y_true,
        "prediction": y_pred,
        "score": score,
        "threshold": 0.5 if threshold is None else threshold,
        "weight": weights,
    }


def _half(explore: bool, confirm: bool) -> RowsChoice:
    if explore and confirm:
        raise InputError("Explore one half (--explore), or confirm on the other (--confirm).")
    return "explore" if explore else "confirm" if confirm else "all"


def _cuts(pairs: list[str]) -> dict[str, str]:
    cuts: dict[str, str] = {}
    for pair in pairs:
        column, equals, text = pair.rpartition("=")
        if not equals or not column:
            raise ParameterError(f"--bin takes column=4 or column=18,30,65. Received: {pair!r}.")
        if column in cuts:
            raise ParameterError(f"--bin {column} is given twice: {cuts[column]!r} and {text!r}.")
        cuts[column] = text
    return cuts
