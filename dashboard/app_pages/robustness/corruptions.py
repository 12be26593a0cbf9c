"""The section Corruptions: a matrix, what costs most, for whom, and whether the model notices."""

from __future__ import annotations

import streamlit as st

from core.contracts import Corrupted, CorruptionRequest
from dashboard import glossary, services
from dashboard.app_pages.picture.frame import unserved
from dashboard.app_pages.robustness import corruption_parts, corruption_text, page_choice
from dashboard.app_pages.robustness.corruption_text import KINDS, corruption_name
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.figures.corruptions import by_severity
from dashboard.formatting import duration, escape, interval, percent
from dashboard.guard import guarded
from dashboard.session_jobs import session_jobs
from dashboard.theme import current_mode
from dashboard.widgets import progress
from dashboard.widgets.chart import chart
from dashboard.widgets.progress import Pending
from dashboard.widgets.severity_table import SeverityCell, SeverityRow, severity_table

__all__ = ["corruptions_section"]

_LOOK_SECONDS = 4.0


def corruptions_section(trial: RobustnessChoice, attacked: AttackedData) -> None:
    """Draw the section."""
    st.subheader("Corruptions", anchor=False, help=glossary.explain("corruption"))
    st.markdown(
        "Nobody attacks here: pictures are noisy, blurred, foggy, compressed or turned, as cameras "
        "and weather make them. How much worse does the model get, and does it notice?"
    )
    card = services.model(attacked.model)
    able = [id for id in services.corruptions() if not services.lacking("corruptions", id, card)]
    if not able:
        unserved(attacked.model, "Corruptions are noise, blur and weather in pictures.")
        return
    corruption_parts.strip(trial, attacked)
    other = corruption_parts.other_things(trial, attacked)
    request = services.corruption_request(attacked.data, attacked.options(), other=other)
    session_jobs().supersede("corruptions", request.key)
    answer = session_jobs().ask(request, hold=True)
    if isinstance(answer.result, Corrupted):
        _draw(answer.result, trial)
    elif answer.state == "waiting":
        progress.waiting([Pending(request.key, "Corruptions")], place="corruptions")
        st.caption(
            "It goes on while you look at other pages, and a reload finds it again. Each "
            "corruption that is done is kept."
        )
        st.fragment(_growing, run_every=_LOOK_SECONDS, key="corruptions so far")(request, trial)
    else:
        progress.ended_badly(answer, "The corruptions")
        _growing(request, trial)
    progress.notes(answer)


def _growing(request: CorruptionRequest, trial: RobustnessChoice) -> None:
    """Draw the matrix of what is done."""
    with guarded():
        found = services.corruptions_so_far(request)
        if found is None:
            st.skeleton(height=320)
            return
        _matrix(found, _chosen(found, trial), request.corruptions, request.severities)


def _chosen(found: Corrupted, trial: RobustnessChoice) -> str:
    """Return the corruption that is looked at: the one asked for, or the one that costs most."""
    measured = corruption_text.worst_first(found)
    return trial.corruption if trial.corruption in measured else next(iter(measured), "")


# ---- the result


def _draw(found: Corrupted, trial: RobustnessChoice) -> None:
    _headline(found)
    chosen = _chosen(found, trial)
    severities = sorted({row.severity for row in found.rows})
    _matrix(found, chosen, list(dict.fromkeys(row.corruption for row in found.rows)), severities)
    st.caption(
        "Accuracy, the deeper the higher, with the number of pictures; hover for the 95 % "
        "interval (Wilson). Severities are those of ImageNet-C, scaled to the size of the picture."
    )
    _one(found, chosen)
    corruption_parts.groups(found, chosen)
    corruption_parts.confidence(found)
    corruption_parts.out_of_distribution(found)
    st.markdown(
        "**What it can't show:** these are drawn corruptions, not the world's. A model that stands "
        "simulated fog may fail in real fog, and what it was trained with (flips, colours, JPEG) "
        "looks easy here. Accuracy over corruptions says nothing about somebody who tries to fool "
        "the model: see Curves."
    )
    _take_along(found)


def _headline(found: Corrupted) -> None:
    error, about = corruption_text.mce_text(found)
    whole = found.overall[0]
    with st.container(horizontal=True, gap="large"):
        st.metric(
            "As they are",
            percent(found.clean.accuracy),
            width="content",
            help="Share of the pictures that the model has right.",
        )
        st.metric(
            "Corrupted",
            percent(whole.accuracy),
            width="content",
            help=f"Mean over all corruptions and severities, 95 % interval over pictures "
            f"{escape(interval(whole.low, whole.high))}.",
        )
        st.metric(
            "mCE" if found.mce is not None else "Mean error",
            error,
            width="content",
            help=escape(about),
        )
        if found.relative_error is not None:
            st.metric("Above clean error", f"{100 * found.relative_error:+.1f} points".replace(
                "-", "−"), width="content",
                help="The same error minus the error on the pictures as they are.")  # fmt: skip
    st.markdown(escape(f"{corruption_text.mean_sentence(found)} {corruption_text.hardest(found)}"))
    st.caption(escape(about))


def _matrix(
    found: Corrupted, chosen: str, ids: tuple[str, ...] | list[str],
    severities: tuple[int, ...] | list[int],
) -> None:  # fmt: skip
    at = {(row.corruption, row.severity): row for row in found.rows}
    rows = []
    for id in ids:
        cells: list[SeverityCell | None] = []
        for severity in severities:
            row = at.get((id, severity))
            if row is None:
                cells.append(None)
                continue
            hint = corruption_text.severity_hint(corruption_name(id), severity, row)
            cells.append(SeverityCell(row.accuracy, percent(row.accuracy), f"n = {row.n}", hint))
        kind = KINDS[services.corruptions()[id].kind]
        rows.append(SeverityRow(corruption_name(id), kind, tuple(cells), id == chosen))
    severity_table(
        rows, [str(severity) for severity in severities], mode=current_mode(),
        label="Accuracy under each corruption, by severity",
    )  # fmt: skip


def _one(found: Corrupted, chosen: str) -> None:
    st.subheader("Accuracy against severity", anchor=False)
    ids = corruption_text.worst_first(found)
    st.selectbox(
        "Corruption", ids, format_func=corruption_name,
        **page_choice.bind("corruption", "corruption", chosen),
    )  # fmt: skip
    names = {id: corruption_name(id) for id in ids}
    own = [row for row in found.rows if row.corruption == chosen]
    chart(
        by_severity(found, names, chosen=chosen, mode=current_mode()),
        key="corruption curves",
        alt=f"Accuracy under {names[chosen]}: "
        + "; ".join(f"severity {row.severity} {percent(row.accuracy)}" for row in own),
    )
    st.caption(
        f"Bold: {escape(names[chosen])}, with its 95 % interval. Thin: the others, by name on "
        "hover. At severity 0 the pictures are as they are."
    )


def _take_along(found: Corrupted) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "Matrix (csv)", lambda: services.corruption_csv(found), "corruptions.csv", "text/csv",
            icon=":material/download:", key="corruptions csv", on_click="ignore",
        )  # fmt: skip
    st.caption(escape(f"{duration(found.seconds)} on {found.device} · seed {found.seed}"))
    with st.expander("Repeat it on the command line", icon=":material/terminal:"):
        st.code(services.corruption_command(found), language="bash", wrap_lines=True)
