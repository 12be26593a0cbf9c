"""Curves, the important numbers first: how little it takes, how it falls, and for whom."""

from __future__ import annotations

import streamlit as st

from core.contracts import RobustCurve, Robustness, count_text
from dashboard import glossary, services
from dashboard.app_pages.robustness import options, page_choice
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.figures.robust_curves import MOST_LINES, Line, robust_curves, spoken
from dashboard.formatting import escape, interval, percent, said_of
from dashboard.robustness_text import (
    TRUST,
    WORST_CASE,
    attack_name,
    broken_text,
    curve_of,
    distance_text,
    format_eps,
    gap_chosen,
)
from dashboard.run_text import attribute_name, group_name
from dashboard.session import bound
from dashboard.theme import current_mode
from dashboard.widgets.chart import chart
from dashboard.widgets.robust_gap import robust_gap
from dashboard.widgets.run_card import big_numbers
from dashboard.widgets.side_table import Row, side_table

__all__ = ["draw", "groups", "limits"]


def draw(found: Robustness) -> None:
    """Draw the headline and the curves; of a run that is not finished as well."""
    # Not handed over: while the work runs, this is drawn again without the page around it.
    trial = page_choice.now()
    worst = curve_of(found.worst_case, WORST_CASE)
    if worst is None:
        return
    kind = services.kind_of(found.model).source
    _headline(found, worst)
    if found.target:
        after = options.targets(found.model).get(found.target, found.target)
        st.caption(
            escape(
                f"Attacks try to reach: {after}. A {kind} that is right counts as broken when it "
                "is taken for that class; other mistakes do not count."
            )
        )
    grouped = bool(found.by) and _views(found, trial)
    lines = _by_group(found) if grouped else _by_attack(found, trial)
    chart(
        robust_curves(
            lines,
            norm=found.norm,
            mode=current_mode(),
            clean=found.clean_accuracy,
            trust=found.trust,
            up_to=worst.points[-1].eps,
        ),
        key="robustness curves",
        alt="Accuracy against ε. " + "; ".join(spoken(line) for line in lines),
    )
    left_out = len(_group_names(found)) - MOST_LINES if grouped else 0
    st.caption(
        escape(
            f"Band: Wilson's 95 % interval. A {kind} that broke at one ε counts as broken at every "
            "larger one. Point at a curve for its counts."
            + (f" {left_out} more groups are in the downloads." if left_out > 0 else "")
        )
    )


def _headline(found: Robustness, worst: RobustCurve) -> None:
    norm, kind = found.norm, services.kind_of(found.model)
    so_far = (
        f" So far, on {found.n} of {count_text(found.asked, kind.source)}."
        if found.n < found.asked
        else ""
    )
    st.subheader("How little it takes", anchor=False, help=glossary.explain("worst case"))
    st.markdown(escape(said_of(broken_text(worst), kind) + so_far))
    right = round(found.clean_accuracy * found.n)
    span = f"95 %: {interval(found.clean_low, found.clean_high)}"
    big_numbers(
        [
            (distance_text(worst.median_distance, norm), "median distance that breaks",
             said_of("of pictures it has right", kind)),
            (distance_text(worst.mean_distance, norm), "mean distance",
             said_of("of pictures that broke", kind)),
            (percent(worst.area), "area under the worst case",
             f"ε from 0 to {format_eps(worst.points[-1].eps, norm)}, linear"),
            (percent(found.clean_accuracy), "right unharmed",
             f"{right} of {found.n} · {span}"),
        ]
    )  # fmt: skip
    if found.checks:
        # Not a badge, which is cut off where a narrow page ends: names of checks must be readable.
        st.markdown(f":{TRUST[found.trust][1]}[{escape(found.verdict)}]")


# ---- which curves


def _views(found: Robustness, trial: RobustnessChoice) -> bool:
    kind = services.kind_of(found.model)
    names = {False: said_of("All pictures", kind), True: f"By {escape(attribute_name(found.by))}"}
    st.segmented_control(
        "Curves of", [False, True], required=True, format_func=names.__getitem__,
        label_visibility="collapsed",
        **page_choice.bind("robustness grouped", "grouped", trial.grouped),
    )  # fmt: skip
    return trial.grouped


def _by_attack(found: Robustness, trial: RobustnessChoice) -> list[Line]:
    known = list(found.attacks)
    shown = [id for id in known if id not in trial.hidden]

    def keep(drawn: tuple[str, ...]) -> None:
        page_choice.change(hidden=tuple(id for id in known if id not in drawn))

    st.pills(
        "Attacks that are drawn", known, selection_mode="multi", format_func=attack_name,
        label_visibility="collapsed", **bound("robustness shown", shown, keep),
    )  # fmt: skip
    curves = [c for id in shown if (c := curve_of(found.curves, id)) is not None]
    lines = [
        Line(attack_name(c.attack), c, "control" if c.control else "other")
        for c in curves[: MOST_LINES - 1]
    ]
    worst = curve_of(found.worst_case, WORST_CASE)
    return lines if worst is None else [*lines, Line(attack_name(WORST_CASE), worst, "main")]


def _group_names(found: Robustness) -> list[str]:
    return [curve.group for curve in found.worst_case if curve.group]


def _by_group(found: Robustness) -> list[Line]:
    gap = gap_chosen(found.gaps)
    st.caption("The worst case over all attacks, group by group.")
    return [
        Line(
            group_name(c.group), c, "main" if gap is not None and c.group == gap.worst else "other"
        )
        for c in found.worst_case
        if c.group
    ]


# ---- groups


def groups(found: Robustness) -> None:
    """Draw whether some groups are easier to break, in words and as a table."""
    if not found.by:
        return
    name = attribute_name(found.by)
    st.subheader(
        f"Who breaks first, by {escape(name)}", anchor=False,
        help=glossary.explain("robustness gap"),
    )  # fmt: skip
    robust_gap(found.worst_case, found.gaps, model=found.model)
    _table(found)


def _table(found: Robustness) -> None:
    own = [curve for curve in found.worst_case if curve.group][:MOST_LINES]
    sizes = {c.group: c.points[0].n for c in own}
    firsts = [c.points[0] for c in own]
    of_right = said_of("of pictures it has right", services.kind_of(found.model))
    side_table(
        [f"{group_name(c.group)} (n = {sizes[c.group]})" for c in own],
        [
            Row("Median distance", [distance_text(c.median_distance, found.norm) for c in own],
                [of_right] * len(own), strong=True),
            Row("Area under the curve", [percent(c.area) for c in own]),
            Row("Right unharmed", [percent(p.accuracy) for p in firsts],
                [f"95 %: {interval(p.low, p.high)}" for p in firsts]),
        ],
    )  # fmt: skip


def limits() -> None:
    """Say what the curves cannot show."""
    st.markdown(
        "**What it can't show:** that nothing smaller breaks the model. An attack that fails "
        "proves nothing: curves are upper bounds on robustness, and only a certificate is a lower "
        "one. Changes of another kind (rotation, fog) are another question: see Corruptions."
    )
