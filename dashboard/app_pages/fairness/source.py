"""What is audited: a model on its own test pictures, or a table of anybody's predictions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from core.contracts import TablePreview, TableSource, count_text
from core.errors import PellucidError
from dashboard import glossary, services, slice_choice
from dashboard.app_pages.fairness import column_guess, page_choice, rows
from dashboard.app_pages.fairness.page_choice import FairnessChoice
from dashboard.formatting import code, error_text, escape
from dashboard.model_text import legend, model_labels
from dashboard.run_text import megabytes
from dashboard.services import ShownSplit

__all__ = ["MAX_MEGABYTES", "AuditedData", "choose"]

MAX_MEGABYTES = 25
_PROBLEM, _ROUND = "fairness upload problem", "fairness upload round"
_SOURCES = {"model": "A model and its test pictures", "table": "Your own prediction table"}
_NONE = ""
_FEW, _MANY = 2, 8
_PROPOSED = 2


@dataclass(frozen=True)
class AuditedData:
    """What is audited, and with which options.

    Parameters
    ----------
    model : str
        ``""`` where it is a table.
    table, data : optional
        The table, or the model's test pictures.
    attributes : tuple of str
        What groups can be formed by.
    classes : tuple of str
        Of a dataset.
    options : dict
        Options of the request.
    problem : str
        What is missing before it can be audited, ``""`` for nothing. Plain text.
    """

    attributes: tuple[str, ...]
    groups: tuple[str, ...]
    model: str = ""
    table: TableSource | None = None
    data: ShownSplit | None = None
    classes: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


def choose(audit: FairnessChoice) -> AuditedData | None:
    """Draw the two ways in and return what is chosen, ``None`` while nothing is."""
    models = services.audited_models()
    source = audit.source if models else "table"
    key = "fairness source"
    st.session_state[key] = source
    if models:
        st.segmented_control(
            "What is audited", list(_SOURCES), format_func=_SOURCES.__getitem__, required=True,
            key=key, label_visibility="collapsed",
            on_change=_other_source, args=(key,),
        )  # fmt: skip
    rows.choose(audit)
    if source == "model":
        return _model(audit, models)
    if not models:
        st.caption(
            "No trained model here has test pictures with groups. Train one under Models, or:"
        )
    return _table(audit)


def _other_source(key: str) -> None:
    slice_choice.change()  # a table's slices are no slices of pictures
    page_choice.change(source=st.session_state[key], groups=(), positive="", by="", rate="")


# ---- a model


def _model(audit: FairnessChoice, models: tuple[str, ...]) -> AuditedData:
    labels = model_labels(zone=st.context.timezone)
    chosen = audit.model if audit.model in models else models[0]
    if audit.model and audit.model not in models:
        st.warning(
            escape(f"{audit.model} is not here, or its test pictures come without groups."),
            icon=":material/link_off:",
        )
    st.selectbox(
        "Model", models, format_func=lambda id: labels.get(id, id), help=legend(),
        **page_choice.bind(
            "fairness model", "model", chosen, groups=(), positive="", by="", rate=""
        ),
    )  # fmt: skip
    data = services.audited_data(chosen)
    assert data is not None, "only models with groups are offered"
    attributes = tuple(data.groups)
    groups = tuple(name for name in audit.groups if name in attributes) or _proposal(data)
    st.caption(
        escape(
            f"Audited on {len(data)} {data.name} {services.kind_of(chosen).source}s: "
            f"{services.dataset_name(data.dataset)}."
        )
    )
    return AuditedData(
        attributes=attributes,
        groups=groups,
        model=chosen,
        data=data,
        classes=data.classes,
        options={**replace(audit, groups=groups).rules(), "groups": groups},
    )


def _proposal(data: ShownSplit) -> tuple[str, ...]:
    """Return the attributes to begin with: the first ones that form a few groups."""
    handy = [name for name, v in data.groups.items() if _FEW <= len(set(v)) <= _MANY]
    return tuple(handy[:_PROPOSED]) or tuple(data.groups)[:1]


# ---- a table


def _table(audit: FairnessChoice) -> AuditedData | None:
    source = services.recall_table(audit.table) if audit.table else None
    if audit.table and source is None:
        st.info(
            "The table of this link is not here any more: tables are kept for a day. Upload it "
            "again; the columns are still mapped.",
            icon=":material/history:",
        )
    if problem := st.session_state.get(_PROBLEM):
        st.error(escape(problem), icon=":material/error:")
    if source is None:
        _drop_zone()
        return None
    return _mapped(audit, source)


def _drop_zone() -> None:
    # A new key empties the uploader: what it took is held elsewhere now.
    key = f"fairness drop/{st.session_state.get(_ROUND, 0)}"
    st.file_uploader(
        "A table with a row for each prediction", type=services.table_types(), key=key,
        max_upload_size=MAX_MEGABYTES, on_change=_take, args=(key,),
        help="CSV with a header, an Excel workbook (.xlsx), or Parquet.",
    )  # fmt: skip
    st.caption(
        "A column with the true class, one with the prediction or a score from 0 to 1, and one or "
        "more that form groups. It is kept on this server for a day at most and is never sent "
        f"on. Up to {MAX_MEGABYTES} MB here; larger ones, to any size:"
    )
    st.code(
        "python -m core fairness TABLE.parquet --y-true LABEL --y-pred PREDICTION --group GROUP",
        language=None, wrap_lines=True,
    )  # fmt: skip


def _take(key: str) -> None:
    file = st.session_state[key]
    st.session_state[_PROBLEM] = ""
    if file is None:
        return
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1
    if file.size > MAX_MEGABYTES * 2**20:  # the browser's own check can be walked around
        st.session_state[_PROBLEM] = (
            f"{file.name} has {megabytes(file.size)}; tables of up to {MAX_MEGABYTES} MB are taken "
            "here. Larger ones are audited with the command below, to any size."
        )
        return
    held = page_choice.now()
    try:
        source = services.hold_table(file.getvalue(), name=file.name)
        guess = column_guess.guessed(services.preview_table(source))
    except PellucidError as error:
        st.session_state[_PROBLEM] = error_text(error)
        return
    if held.table == source.sha256:  # the link's own table: its mapping stands
        return
    slice_choice.change()
    page_choice.change(
        source="table", table=source.sha256, label=guess.label, prediction=guess.prediction,
        score=guess.score, weight=guess.weight, groups=guess.groups, positive="", map="",
        by="", rate="",
    )  # fmt: skip


def _forget(source: TableSource) -> None:
    services.forget_table(source)
    st.session_state[_PROBLEM] = ""
    page_choice.change(
        table="", label="", prediction="", score="", weight="", groups=(), positive="", map=""
    )


def _mapped(audit: FairnessChoice, source: TableSource) -> AuditedData:
    preview = services.preview_table(source)
    names = preview.names
    with st.container(horizontal=True, vertical_alignment="center", key="fairness table"):
        st.markdown(f"{code(source.name)} · {count_text(len(names), 'column')}", width="content")
        st.button(
            "Forget this table", key="forget table", icon=":material/delete:", type="tertiary",
            on_click=_forget, args=(source,),
        )  # fmt: skip
    roles = st.columns(4)
    fields = (
        ("label", "True class", "true class column"),
        ("prediction", "Predicted class", "predicted class column"),
        ("score", "Score (0 to 1)", "score column"),
        ("weight", "Weights (optional)", "weights column"),
    )
    for place, (name, title, term) in zip(roles, fields, strict=True):
        with place:
            _role(name, title, term, getattr(audit, name), names)
    options = {**audit.rules(), **audit.columns()}
    options["groups"] = groups = tuple(name for name in audit.groups if name in names)
    for name in ("label", "prediction", "score", "weight"):
        options[name] = getattr(audit, name) if getattr(audit, name) in names else _NONE
    _groups(groups, names)
    if options["score"] and not options["prediction"]:
        _threshold(audit)
    with st.expander("The first rows", icon=":material/table_rows:"):
        st.table(_plain(preview))
    return AuditedData(
        attributes=names, groups=groups, table=source, options=options, problem=_missing(options)
    )


def _plain(preview: TablePreview) -> list[dict[str, str]]:
    """Return the first rows as text in Streamlit's Markdown; a column without a name is counted."""
    shown: list[str] = []
    for i, name in enumerate(preview.names, 1):
        title = escape(name) or f"column {i}"
        shown.append(title if title not in shown else f"{title} ({i})")
    return [dict(zip(shown, map(escape, row), strict=True)) for row in preview.rows]


def _missing(options: dict[str, Any]) -> str:
    if not options["groups"]:
        return "Choose at least one column that forms groups."
    if not (options["prediction"] or options["score"]):
        return "Choose the column with the predicted class, or with the score."
    return ""


def _role(name: str, title: str, term: str, value: str, names: tuple[str, ...]) -> None:
    st.selectbox(
        title, [_NONE, *names], help=glossary.explain(term), format_func=lambda text: text or "–",
        **page_choice.bind(
            f"fairness column/{name}", name, value if value in names else _NONE
        ),
    )  # fmt: skip


def _groups(groups: tuple[str, ...], names: tuple[str, ...]) -> None:
    st.multiselect(
        "Groups by", names, help=glossary.explain("attribute"),
        **page_choice.bind("fairness column/groups", "groups", list(groups), by="", rate=""),
    )  # fmt: skip


def _threshold(audit: FairnessChoice) -> None:
    st.number_input(
        "Scores from here on count as predicted positive", 0.0, 1.0, step=0.05,
        **page_choice.bind("fairness threshold", "threshold", audit.threshold),
    )  # fmt: skip
