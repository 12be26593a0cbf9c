"""What is proven, the important numbers first, beside what attacks left, and its files."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.contracts import Certified, CertifierCard, RobustCurve, count_text
from core.errors import InputError
from dashboard import glossary, services
from dashboard.app_pages.robustness import certificate_text, exports, page_choice
from dashboard.app_pages.robustness.page_choice import AUTO, RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.figures.robust_curves import MOST_LINES, Line, robust_curves, spoken
from dashboard.formatting import duration, escape, interval, percent
from dashboard.robustness_text import NORMS, PROVEN, distance_text
from dashboard.run_text import attribute_name, group_name
from dashboard.theme import current_mode
from dashboard.widgets.chart import chart
from dashboard.widgets.robust_gap import robust_gap
from dashboard.widgets.run_card import big_numbers
from dashboard.widgets.side_table import Row, side_table

__all__ = ["draw", "limits", "take_along"]


def draw(found: Certified, card: CertifierCard, attacked: AttackedData) -> None:
    """Draw headline and curves; of a run that is not finished as well."""
    # Not handed over: while the work runs, this is drawn again without the page around it.
    trial = page_choice.now()
    step = certificate_text.shown_step(found, trial.reach)
    _headline(found, card, step)
    if (leans := services.class_bias(found)) is not None:
        st.warning(escape(certificate_text.class_bias_text(leans, card)), icon=":material/balance:")
    _reach(found, step)
    empirical = _empirical(found, trial, attacked)
    _curves(found, card, empirical)
    _beside(found, card, empirical)
    _groups(found, step)


def _headline(found: Certified, card: CertifierCard, step: int) -> None:
    st.markdown(escape(certificate_text.proven_text(found, step)))
    whole = found.curves[0].points[0]
    point = found.curves[0].points[step]
    right = round(found.clean_accuracy * found.n)
    whose = "the model's own answers" if card.needs_network else "the vote over noisy copies"
    clean = interval(found.clean_low, found.clean_high)
    entries = [
        (percent(point.accuracy),
         f"proven right at {certificate_text.radius_text(point.eps, found.norm)}",
         f"{round(point.accuracy * point.n)} of {point.n} · 95 %: "
         f"{interval(point.low, point.high)}"),
        (percent(found.abstained), "abstentions",
         f"{round(found.abstained * found.n)} of {found.n}: nothing is said"),
        (certificate_text.radius_text(found.average_radius, found.norm), "mean radius",
         "wrong answers count 0"),
        (percent(whole.accuracy), "right at radius 0", whose),
    ]  # fmt: skip
    if not card.needs_network:
        entries.append(
            (percent(found.clean_accuracy), "right, plain model",
             f"{right} of {found.n} · 95 %: {clean}")
        )  # fmt: skip
    big_numbers(entries)


def _reach(found: Certified, step: int) -> None:
    points = found.curves[0].points
    if len(points) < 3:
        return
    st.select_slider(
        "Radius", list(range(1, len(points))),
        format_func=lambda i: certificate_text.radius_text(points[min(i, len(points) - 1)].eps,
                                                             found.norm),
        help="Which point of the curve the figures above are about.",
        **page_choice.bind("certified reach", "reach", step),
    )  # fmt: skip


# ---- beside the attacks


def _empirical(
    found: Certified, trial: RobustnessChoice, attacked: AttackedData
) -> RobustCurve | None:
    """Return what attacks of this norm left of these pictures, if it was measured before."""
    settings = [(None, AUTO)]
    if trial.norm == found.norm:
        settings.insert(0, (trial.attacks or None, trial.eps))  # type: ignore[arg-type]
    for attacks, eps in settings:
        options = {
            **attacked.options(), "attacks": attacks, "norm": found.norm, "eps": eps,
            "checks": trial.checks,
        }  # fmt: skip
        try:
            request = services.robustness_request(attacked.data, options)
        except InputError:  # what was typed under Curves: it is told there
            continue
        curve = services.attacked_curve(found, request)
        if curve is not None:
            return curve
    return None


def _curves(found: Certified, card: CertifierCard, empirical: RobustCurve | None) -> None:
    name = "Certified" if card.needs_network else "Certified (smoothed model)"
    lines = [Line(name, found.curves[0], "main")]
    if empirical is not None:
        of = "Left by attacks" if card.needs_network else "Left by attacks (plain model)"
        lines.insert(0, Line(of, empirical))
    chart(
        robust_curves(lines, norm=found.norm, mode=current_mode(), clean=found.clean_accuracy),
        key="certified curves",
        alt="Accuracy that is certain against radius. " + "; ".join(spoken(line) for line in lines),
    )
    st.caption(
        "Bold: the share that is right and proven to stay so up to ε. Band: Wilson's 95 % interval "
        "over pictures."
    )
    furthest, reached = services.at_ceiling(found)
    if reached:
        st.caption(
            escape(
                f"{reached} of {count_text(found.n, 'picture')} reach "
                f"{certificate_text.radius_text(furthest, found.norm)}, the furthest that these "
                "settings can prove at all: where the curve drops there, that is the method's end, "
                "not the model's. More noise or more noisy copies reach further."
            )
        )


def _beside(found: Certified, card: CertifierCard, empirical: RobustCurve | None) -> None:
    if empirical is not None:
        st.markdown(
            escape(
                f"Thin: what the attacks left of the same {count_text(found.n, 'picture')}. "
                f"{certificate_text.compared_text(card)}"
            )
        )
        return
    norm = NORMS[found.norm][0]
    st.caption(
        f"Attacks in {norm} on these pictures are not in the store, so there is no empirical curve "
        "to put beside this one."
    )
    st.button(
        f"Attack in {norm}", key="attack in norm", icon=":material/bolt:",
        on_click=lambda: page_choice.change(
            section="curves", norm=found.norm, attacks=(), eps=AUTO, hidden=()
        ),
    )  # fmt: skip


# ---- groups, limits, files


def _groups(found: Certified, step: int) -> None:
    own = [curve for curve in found.curves if curve.group][:MOST_LINES]
    if not own:
        return
    st.subheader(
        f"Of whom less is proven, by {escape(attribute_name(found.by))}", anchor=False,
        help=glossary.explain("robustness gap"),
    )  # fmt: skip
    robust_gap(found.curves, found.gaps, PROVEN, model=found.model)
    at = [c.points[min(step, len(c.points) - 1)] for c in own]
    side_table(
        [f"{group_name(c.group)} (n = {c.points[0].n})" for c in own],
        [
            Row(f"Proven right at {certificate_text.radius_text(at[0].eps, found.norm)}",
                [percent(p.accuracy) for p in at],
                [f"95 %: {interval(p.low, p.high)}" for p in at], strong=True),
            Row("Median radius", [distance_text(c.median_distance, found.norm) for c in own],
                ["of answers that are right"] * len(own)),
        ],
    )  # fmt: skip


def limits(card: CertifierCard) -> None:
    """Say what certificates cannot show."""
    st.markdown(
        f"**What it can't show:** {escape(card.limits)} It holds in {NORMS[card.norm][0]} alone, "
        "on these pictures alone: fog, a turned picture or a patch are other questions."
    )


def take_along(found: Certified) -> None:
    """Draw the downloads and the command line."""
    settings = certificate_text.settings_text(found)
    exports.take_along(
        "certificate",
        {"csv": "Certificates (csv)", "json": "Curve and settings (json)"},
        partial(services.certificate_file, found),
        command=found.command,
        facts=f"{duration(found.seconds)} on {found.device} · {settings}",
        key="download/certificates",
    )
