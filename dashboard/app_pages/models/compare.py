"""Two to four runs side by side: figures, curves, groups, and where their answers differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import streamlit as st

from core.contracts import DatasetPredictions, Run, Value
from dashboard import page as frame
from dashboard import services
from dashboard.app_pages.models import groups
from dashboard.app_pages.models.page_choice import MOST_COMPARED, ModelsChoice
from dashboard.figures.learning import Measure, overlaid
from dashboard.formatting import duration, escape, interval, number, percent
from dashboard.model_text import run_name
from dashboard.run_text import (
    date,
    hardest_hit,
    megabytes,
    paired_text,
    points,
    weights_text,
)
from dashboard.services import Paired
from dashboard.session_jobs import session_jobs
from dashboard.theme import current_mode
from dashboard.widgets import progress
from dashboard.widgets.chart import chart
from dashboard.widgets.progress import Pending
from dashboard.widgets.side_table import Row, side_table

__all__ = ["draw"]

_ALPHA = 0.05
_OF_PAIRS = {
    "bytes_before", "bytes_after", "packed_bytes_before", "packed_bytes_after",
    "calibration_pictures", "compared_pictures", "agreement", "mean_abs_dp", "largest_dlogit",
    "latency_ms_before", "latency_ms_after", "lost", "gained", "accuracy_before", "accuracy_after",
}  # fmt: skip
"""Facts of a smaller model that rows of their own, or the pairs below, tell already."""


def draw(shown: ModelsChoice) -> None:
    """Draw the comparison of what is ticked."""
    st.title("Side by side", anchor=False)
    runs = {id: run for id in shown.compared if (run := services.run(id)) is not None}
    if len(runs) < 2:
        st.info(
            f"Tick two to {MOST_COMPARED} runs in the list, then press Compare.",
            icon=":material/compare_arrows:",
        )
        return
    names = _letters(runs)
    st.markdown("Everything is held against A, which was ticked first.")
    heads = [f"{names[id]} · {run_name(run)}" for id, run in runs.items()]
    side_table(heads, _rows(list(runs.values())))
    _curves(runs, names)
    st.subheader("Whom they fail", anchor=False)
    groups.several(runs, shown, names=names)
    with frame.with_session_jobs():
        _answers(list(runs.values()), names)
    st.markdown(
        "**What it can't show:** whether a run with other random numbers would have come out the "
        "same way. Train it again with other seeds before you believe a small difference."
    )


def _letters(runs: Mapping[str, Run]) -> dict[str, str]:
    """Return a letter for each run: short enough for legends."""
    return dict(zip(runs, "ABCD", strict=False))


# ---- the table


def _rows(runs: Sequence[Run]) -> list[Row]:
    rates = [None if run.test is None else services.rate_of(run.test) for run in runs]
    tests = [run.test for run in runs]
    rows = [
        Row("Right on test pictures", [percent(r.value) if r else "not tested" for r in rates],
            [f"{r.k} of {r.n}, 95 %: {interval(r.low, r.high)}" if r else ""
             for r in rates], strong=True),
        Row("Balanced over classes",
            [percent(t.balanced_accuracy) if t else "not tested" for t in tests]),
        Row("Loss, nats", [number(t.loss) if t else "not tested" for t in tests]),
        Row("Widest gap", [_gap(run)[0] for run in runs], [_gap(run)[1] for run in runs]),
        Row("Size", [megabytes(run.bytes) for run in runs],
            [f"{weights_text(run.n_parameters)}, {run.format}" for run in runs]),
        Row("Time to make", [duration(run.seconds) if run.seconds else "" for run in runs],
            [run.device for run in runs]),
        Row("Made", [date(run.created, st.context.timezone) for run in runs]),
        Row("Data", [services.dataset_name(run.dataset) if run.dataset else "" for run in runs]),
        Row("Recipe", [_recipe(run) for run in runs]),
    ]  # fmt: skip
    return [row for row in [*rows, *_facts(runs), *_different(runs)] if any(row.values)]


def _gap(run: Run) -> tuple[str, str]:
    gap = services.largest_gap(run)
    if gap is None:
        return "", ""
    sides = f"{gap.best.group} against {gap.worst.group}"
    if not gap.beyond_chance:
        return "none beyond chance", f"{points(gap.difference)} points, {sides}"
    return f"{points(gap.difference)} points", (
        f"{gap.attribute.replace('_', ' ')}: {sides}, 95 %: {points(gap.low)} to {points(gap.high)}"
    )


def _recipe(run: Run) -> str:
    recipe = services.recipes().get(run.recipe)
    return recipe.name if recipe else run.recipe


def _facts(runs: Sequence[Run]) -> list[Row]:
    """Return what was measured of some of them: latency, robust accuracy, share of zeros."""
    names = dict.fromkeys(name for run in runs for name in run.facts if name not in _OF_PAIRS)
    rows = [
        Row(name.replace("_", " ").capitalize(), [_fact(run.facts.get(name)) for run in runs])
        for name in names
    ]
    return [Row("Milliseconds a picture", [_latency(run, runs) for run in runs]), *rows]


def _latency(run: Run, runs: Sequence[Run]) -> str:
    """Return a smaller model's latency, or that of the twin as it was measured beside one."""
    if "latency_ms_after" in run.facts:
        return _fact(run.facts["latency_ms_after"])
    beside = (other.facts for other in runs if other.twin == run.model)
    return _fact(next((f["latency_ms_before"] for f in beside if "latency_ms_before" in f), None))


def _fact(value: float | int | str | bool | None) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, float) else str(value)


def _different(runs: Sequence[Run]) -> list[Row]:
    """Return a row for each parameter that all have and that is not the same in all."""
    names = [
        name for name in _known(runs[0])
        if all(name in _known(run) for run in runs)
    ]  # fmt: skip
    values = {name: [str(_known(run)[name]) for run in runs] for name in names}
    rows = [
        Row(name.replace("_", " ").capitalize(), of)
        for name, of in values.items()
        if any(a != b for a, b in pairwise(of))
    ]
    seeds = [str(run.seed) for run in runs]
    return [*rows, *([Row("Seed", seeds)] if len(set(seeds)) > 1 else [])]


def _known(run: Run) -> dict[str, Value]:
    """Return a run's parameters; where it is older than one of its recipe's, the default."""
    recipe = services.recipes().get(run.recipe)
    defaults = {spec.name: spec.default for spec in recipe.parameters} if recipe else {}
    return defaults | run.parameters


# ---- the figures


def _curves(runs: Mapping[str, Run], names: Mapping[str, str]) -> None:
    histories = {names[id]: run.history for id, run in runs.items() if run.history}
    if not histories:
        return
    st.subheader("How they learned", anchor=False)
    measures: tuple[Measure, ...] = ("accuracy", "loss")
    for place, measure in zip(st.columns(2, gap="large"), measures, strict=True):
        with place:
            st.markdown(f"**{measure.capitalize()}** on validation pictures, by epoch")
            chart(
                overlaid(histories, measure, mode=current_mode()),
                key=f"overlaid/{measure}",
                alt=f"Validation {measure} by epoch of {', '.join(histories)}",
            )


def _answers(runs: Sequence[Run], names: Mapping[str, str]) -> None:
    """Draw what each later run loses and gains against the first, picture by picture."""
    first, *others = runs
    st.subheader("Where their answers differ", anchor=False)
    alike = [run for run in others if run.classes == first.classes]
    if not alike or not first.dataset:
        st.caption(
            "They can't be paired: they tell other classes apart, or A came without pictures."
        )
        return
    requests = [services.predictions_request(run, data=first) for run in (first, *alike)]
    answers = {
        run.model: session_jobs().ask(request)
        for run, request in zip((first, *alike), requests, strict=True)
    }
    pending = [
        Pending(answer.key, f"{names[id]} and the test pictures of A")
        for id, answer in answers.items()
        if answer.state == "waiting"
    ]
    progress.waiting(pending, place="answers")
    for id, answer in answers.items():
        if answer.state in ("failed", "stopped"):
            progress.ended_badly(answer, names[id])
    base = answers[first.model].result
    for run in alike:
        found = answers[run.model].result
        if isinstance(base, DatasetPredictions) and isinstance(found, DatasetPredictions):
            _paired(services.paired(base, found), names[first.model], names[run.model])
    st.caption(
        f"All answered the test pictures of A: {escape(services.dataset_name(first.dataset))}."
    )


def _paired(found: Paired, first: str, second: str) -> None:
    mark = "△" if found.p < _ALPHA else "○"
    lines = [f"{mark} {paired_text(found, first, second)}", hardest_hit(found)]
    st.markdown("  \n".join(escape(line) for line in lines if line))
