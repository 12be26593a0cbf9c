"""Parts of the section Corruptions: a picture under each, groups, confidence, other things."""

from __future__ import annotations

import streamlit as st

from core.contracts import Corrupted, CorruptionGap, CorruptionGroup
from core.errors import PellucidError
from dashboard import glossary, services
from dashboard.app_pages.robustness import corruption_text, page_choice
from dashboard.app_pages.robustness.corruption_text import corruption_name
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.app_pages.robustness.source import BY_CLASS, AttackedData
from dashboard.figures.corruptions import MOST_GROUPS, by_group
from dashboard.figures.corruptions import confidence as confidence_figure
from dashboard.formatting import error_text, escape, interval, number, percent
from dashboard.run_text import attribute_name, group_name, points
from dashboard.theme import current_mode
from dashboard.widgets import group_table
from dashboard.widgets.chart import chart
from dashboard.widgets.group_table import GroupRow
from dashboard.widgets.tiles import Tile, tiles

__all__ = ["confidence", "groups", "other_things", "out_of_distribution", "strip"]

_NOBODY = ""
_MOST_ROWS = 40
_SCORES = {
    "msp": ("Largest probability (MSP)", "how sure the model is of its answer"),
    "energy": ("Energy", "log Σ exp of all logits: how strongly any class speaks"),
}


# ---- one picture under each of them


def strip(trial: RobustnessChoice, attacked: AttackedData) -> None:
    """Draw one picture under every corruption at the severity that is chosen."""
    index = trial.picture if 0 <= trial.picture < len(attacked.data) else int(attacked.order[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Severity", [1, 2, 3, 4, 5], required=True, width="content",
            **page_choice.bind("corruption severity", "severity", trial.severity),
        )  # fmt: skip
        st.button(
            "Another picture", icon=":material/shuffle:", key="corruption picture",
            on_click=page_choice.change, kwargs={"picture": _next(attacked, index)},
        )  # fmt: skip
    try:
        shown = services.corrupted_picture(attacked.model, attacked.data, index, trial.severity)
    except PellucidError as error:
        st.warning(escape(error_text(error)), icon=":material/broken_image:")
        return
    names = {"": "As it is"} | {id: card.name for id, card in services.corruptions().items()}
    tiles(
        [
            Tile(s.corruption or "none", names[s.corruption], image=s.uri,
                 selected=s.corruption == trial.corruption != "")
            for s in shown
        ],
        key="corruption strip", kind="strip", ratio="1",
        label="One picture under each corruption; choose one to look at it below",
        on_pick=lambda id: page_choice.change(corruption="" if id == "none" else id),
    )  # fmt: skip


def _next(attacked: AttackedData, index: int) -> int:
    order = attacked.order.tolist()
    return int(order[(order.index(index) + 1 if index in order else 0) % len(order)])


# ---- for whom


def groups(found: Corrupted, chosen: str) -> None:
    """Draw accuracy under corruptions for each group, and whether the gap is real."""
    st.subheader("For whom", anchor=False, help=glossary.explain("gap"))
    if not found.by:
        st.caption("Choose an attribute under *Which pictures, and by whom* to form groups.")
        return
    mode = current_mode()
    by = "class" if found.by == BY_CLASS else attribute_name(found.by)
    gap = next((each for each in found.gaps if not each.corruption), None)
    if gap is None:
        st.caption("No two groups have 10 pictures: too few to compare.")
    else:
        st.markdown(escape(corruption_text.gap_sentence(found, gap)))
    own = found.overall[1:]
    group_table.group_table(
        [_row(each, gap, own) for each in own[:_MOST_ROWS]],
        head=(by, "right, mean over all corruptions", "95 % interval, 0 to 100 %",
              "against the best group, points"),
        overall=found.overall[0].accuracy, kind="share", mode=mode,
    )  # fmt: skip
    _of_one(found, chosen, [each.group for each in own])


def _row(
    own: CorruptionGroup, gap: CorruptionGap | None, everybody: tuple[CorruptionGroup, ...]
) -> GroupRow:
    best = max(everybody, key=lambda each: each.accuracy if gap is None else
               (each.group == gap.best, each.accuracy))  # fmt: skip
    status, note = "untested", f"{points(own.accuracy - best.accuracy)}"
    if gap is not None and own.group == gap.best:
        status, note = "reference", ""
    elif gap is not None and own.group == gap.worst:
        status = "flag" if gap.beyond_chance else "insufficient evidence"
        note += f" ({points(-gap.high)} to {points(-gap.low)})"
    return GroupRow(
        name=group_name(own.group),
        size=f"n = {own.n}",
        value=percent(own.accuracy),
        counts=interval(own.low, own.high),
        ends=(own.low, own.accuracy, own.high),
        status=status,  # type: ignore[arg-type]
        note=note,
    )


def _of_one(found: Corrupted, chosen: str, names: list[str]) -> None:
    gap = next((each for each in found.gaps if each.corruption == chosen), None)
    st.markdown(f"**{escape(corruption_name(chosen))}**, group by group")
    chart(
        by_group(
            found,
            {name: group_name(name) for name in names[:MOST_GROUPS]},
            chosen=chosen,
            mode=current_mode(),
        ),
        key="corruption groups",
        alt=f"Accuracy by group under {corruption_name(chosen)}",
    )
    words = ["Its interval is on hover."]
    words += [corruption_text.gap_sentence(found, gap)] if gap is not None else []
    real = [corruption_name(g.corruption) for g in found.gaps if g.corruption and g.beyond_chance]
    words += [f"Beyond chance, adjusted for all of them, under: {', '.join(real)}."] if real else []
    more = len(names) - MOST_GROUPS
    words += [f"{more} more groups are in the download."] if more > 0 else []
    st.caption(escape(" ".join(words)))


# ---- does it notice


def confidence(found: Corrupted) -> None:
    """Draw how sure the model stays while it errs more."""
    st.subheader("Does it notice?", anchor=False, help=glossary.explain("calibration"))
    st.markdown(escape(corruption_text.shift_sentence(found)))
    chart(
        confidence_figure(found, mode=current_mode()),
        key="corruption confidence",
        alt=f"Confidence and accuracy by severity. {corruption_text.shift_sentence(found)}",
    )
    st.caption(
        "Means over all corruptions of a severity. A model that notices gets less sure as it gets "
        "less right: the two lines stay together."
    )


# ---- other things


def other_things(trial: RobustnessChoice, attacked: AttackedData) -> str:
    """Draw the choice of a dataset of other things, and return its reference, ``""`` for none."""
    offered = services.other_data(attacked.data)
    if trial.other and trial.other not in offered:
        st.warning(
            "The dataset of other things is not here, or shares classes with these pictures: "
            f"{escape(trial.other)}.",
            icon=":material/link_off:",
        )
    key = "corruption other"
    if not offered:
        return ""
    st.selectbox(
        "Tell apart from", [_NOBODY, *offered],
        format_func=lambda id: services.dataset_name(offered[id]) if id else "nothing else",
        help=glossary.explain("out of distribution"),
        **page_choice.bind(key, "other", trial.other if trial.other in offered else _NOBODY),
    )  # fmt: skip
    return offered.get(st.session_state[key], "")


def out_of_distribution(found: Corrupted) -> None:
    """Draw how well the model's own scores tell its pictures from other things."""
    about = glossary.explain("out of distribution")
    st.subheader("Does it know its own?", anchor=False, help=about)
    if not found.out_of_distribution:
        st.caption(
            "Not asked. Choose a dataset of other classes above under *Tell apart from*; where "
            "there is none to choose, this server offers no such dataset."
        )
        return
    other = services.dataset_name(found.out_of_distribution[0].dataset)
    better = min(found.out_of_distribution, key=lambda score: score.fpr95)
    st.markdown(
        f"Pictures of {escape(other)} belong to none of its classes. Set so that 95 % of its own "
        f"pass, its better score lets **{percent(better.fpr95)} of these** pass as well."
    )
    lines = ["| Score | AUROC | False positives where 95 % pass | Pictures |", "|---|---|---|---|"]
    for score in found.out_of_distribution:
        name, about = _SCORES[score.score]
        lines.append(
            f"| **{escape(name)}**, {escape(about)} | {number(score.auroc)} | "
            f"{percent(score.fpr95)} | {score.n} and {score.n_other} |"
        )
    st.markdown("\n".join(lines))
    st.caption(
        "AUROC: the chance that one of its own pictures scores higher than one of the others; 0.5 "
        "is a coin. Right: of the others, the share that passes where 95 % of its own do."
    )
