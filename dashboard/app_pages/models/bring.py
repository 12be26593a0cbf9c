"""A model of one's own: its file is dropped, understood, tried on a picture, and then kept."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.contracts import OwnModelRequest
from dashboard import services
from dashboard.app_pages.models import background_jobs, import_weights, page_choice, understood
from dashboard.app_pages.models.page_choice import ModelsChoice
from dashboard.formatting import error_text, escape, time_left
from dashboard.guard import guarded
from dashboard.services import Brought, Look, Stated

__all__ = ["draw"]

_CAP_MB = 1024
_WHOLE, _WEIGHTS = "A whole model", "Weights alone"
_KIND, _LOOK, _KEEP, _WANTED = "bring kind", "bring look", "bring keep", "bring wanted model"
_POLL_SECONDS = 0.5
_EXPORTS = (
    ("Keras", "model.save('model.keras')"),
    ("PyTorch", "torch.onnx.export(model, torch.zeros(1, 3, 224, 224), 'model.onnx')"),
)


def draw(shown: ModelsChoice) -> None:
    """Draw the page's part."""
    _open_when_it_is_here()
    st.title("Bring a model", anchor=False)
    st.markdown(
        "Your own model, from its file: see what was understood of it, try it on a picture, keep "
        "it; then every page explains and audits it. Nothing in the file is run."
    )
    if why := services.why_not_to_bring():
        st.info(escape(why), icon=":material/lock:")
        return
    kind = st.segmented_control(
        "What do you have?", [_WHOLE, _WEIGHTS], key=_KIND, default=_WHOLE, required=True,
        help="Weights alone need an architecture that comes along.",
    )  # fmt: skip
    if kind == _WEIGHTS:
        import_weights.draw()
        return
    for held in services.model_jobs():
        if isinstance(held.request, OwnModelRequest):
            background_jobs.making_bar(held, name=held.request.name)
    _drop()
    request = background_jobs.followed(_LOOK)
    if request is not None:
        page_choice.change(look=request.key)
        st.rerun()
    _look(shown)


def _drop() -> None:
    """Draw where files are dropped."""
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        model = st.file_uploader(
            "Model file", type=services.model_file_types(), key="bring model",
            max_upload_size=_CAP_MB,
        )  # fmt: skip
        with st.expander("Labelled pictures, or one to try it on", icon=":material/photo_library:"):
            pictures = st.file_uploader(
                "Labelled pictures (a zip)", type=["zip"], key="bring pictures",
                max_upload_size=_CAP_MB,
                help="A folder a class, or a metadata.csv with file_name and label. They tell how "
                "pictures are prepared for the model, and Fairness and Robustness open on them.",
            )  # fmt: skip
            picture = st.file_uploader(
                "One picture", type=services.picture_types(), key="bring picture"
            )
        st.button(
            "Look inside", type="primary", key="bring look inside", icon=":material/search:",
            disabled=model is None or background_jobs.is_on_its_way(_LOOK),
            help="Choose a file first." if model is None else None, on_click=_look_inside,
            args=(model, pictures, picture),
        )  # fmt: skip
    with right, st.container(border=True, key="bring how"):
        st.markdown("**How do I get a file?**")
        for name, line in _EXPORTS:
            st.caption(name)
            st.code(line, language="python", wrap_lines=True)


def _look_inside(model: Any, pictures: Any, picture: Any) -> None:
    page_choice.change(look="")
    order = services.start_look(
        Brought(model.name, model.getvalue()), Stated(),
        pictures=_brought(pictures), picture=_brought(picture),
    )  # fmt: skip
    background_jobs.begin(_LOOK, order)


def _brought(file: Any) -> Brought | None:
    return None if file is None else Brought(file.name, file.getvalue())


def _look(shown: ModelsChoice) -> None:
    """Draw the look that the address names: under way, refused, or what was found."""
    if not shown.look:
        return
    look = services.find_look(shown.look)
    if look is None:
        st.info(
            "This server no longer knows that file (it was restarted). Drop it again.",
            icon=":material/search_off:",
        )
    elif look.found is not None:
        with guarded():
            understood.draw(look.found, again=_again(look), keep=_keep(look))
            _keeping()
    elif look.job is not None and look.job.active:
        st.fragment(_bar, run_every=_POLL_SECONDS, key="bring looking")(shown.look)
    elif look.job is not None:
        _refused(look)


def _bar(key: str) -> None:
    with guarded():
        look = services.find_look(key)
        if look is None or look.job is None or not look.job.active or look.found is not None:
            st.rerun()
        words = (look.job.message or "A worker is starting.", time_left(look.job.seconds_left))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(look.job.fraction, text=" · ".join(escape(w) for w in words if w))
            st.button("Cancel", key=f"cancel/{key}", icon=":material/close:",
                      on_click=services.stop_look, args=(key,))  # fmt: skip


def _refused(look: Look) -> None:
    """Say why a file is not opened; what was left open may be said and tried again."""
    error = look.job.error if look.job is not None else ""
    st.error(escape(error_text(error or "The look was stopped.")), icon=":material/error:")
    understood.statements(None, again=_again(look))


def _again(look: Look) -> Any:
    def again(stated: Stated) -> None:
        background_jobs.begin(_LOOK, services.look_again(look.request, stated))

    return again


def _keep(look: Look) -> Any:
    def keep(name: str) -> None:
        if look.found is not None:
            background_jobs.begin(_KEEP, services.start_taking_in(look.found, look.request, name))

    return keep


def _keeping() -> None:
    request = background_jobs.followed(_KEEP)
    if request is not None:
        st.session_state[_WANTED] = request
        st.rerun()


def _open_when_it_is_here() -> None:
    request = st.session_state.get(_WANTED)
    if request is not None and services.run(request.model_id) is not None:
        del st.session_state[_WANTED]
        page_choice.change(view="run", run=request.model_id, by="", look="")
        st.rerun()
