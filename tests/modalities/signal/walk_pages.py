"""The pages, opened one after the other with the toy modality installed: what each says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from html import unescape
from typing import Any

import toy_signal as toy
from streamlit.testing.v1 import AppTest

from core.server import api as _server
from dashboard import default_pictures
from dashboard.services._jobs import _table
from dashboard.state import Choice
from tests.dashboard.conftest import texts

MODEL = "pulse_net"
Act = Callable[[AppTest], object]


def settled(app: AppTest) -> None:
    """Run the page again until nothing is under way: its jobs may take as long as they take."""
    for _ in range(60):
        keys = [element.key or "" for element in app.button]
        if not (any(key.startswith("cancel/") for key in keys) or app.get("skeleton")):
            return
        for job in _table().jobs():
            if job.active:
                _table().wait(job.key, timeout=600.0)
        app.run()
    raise AssertionError("the page still waits, and nothing is under way")


def opened(page: str, act: Act | None = None, **query: str) -> dict[str, Any]:
    """Open a page, do something on it, and return what a visitor finds."""
    app = AppTest.from_string(
        f"from dashboard.app_pages.{page}.page import page; page()", default_timeout=240
    )
    for name, value in {"model": MODEL, **query}.items():
        app.query_params[name] = value
    settled(app.run())
    if act is not None:
        act(app)
        settled(app.run())
    return {
        "said": unescape(texts(app)),
        "wrong": [str(each.value) for each in app.exception] + [
            unescape(each.value) for each in app.error
        ],
        "labels": [each.label for kind in (app.button, app.selectbox, app.multiselect)
                   for each in kind],
        "charts": len(app.get("plotly_chart")),
        "takes": [list(each.proto.type) for each in app.get("file_uploader")],
        "address": dict(app.query_params),
    }  # fmt: skip


def drop(name: str, data: bytes) -> Act:
    return lambda app: app.file_uploader[0].set_value([(name, data, "text/plain")])


def press(key: str) -> Act:
    return lambda app: app.button(key=key).click()


if __name__ == "__main__":
    mine = "\n".join(str(each) for each in toy.drawn(3, 1)[0].values).encode()
    found = {
        "inspect": opened("inspect", method="integrated_gradients"),
        "grid": opened("inspect", compare="methods", **{"with": "saliency,occlusion"}),
        "dropped": opened("inspect", drop("mine.txt", mine)),
        "short": opened("inspect", drop("short.txt", b"0.5 0.6")),
        "no trace": opened("inspect", drop("words.txt", b"good morning")),
        "a picture": opened("inspect", picture="cat"),
        "shap": opened("shap"),
        "gradient": opened("shap", explainer="gradient"),
        "compare": opened("compare"),
        "two traces": opened("compare", differ="picture"),
        "evidence": opened(
            "leaderboard", press("compare methods"), methods="saliency,occlusion", n="4"
        ),
        "robustness": opened(
            "robustness", attacks="pgd", checks="false", eps="0.01,0.5", by="half"
        ),
        "one source": opened("robustness", section="picture"),
        "corruptions": opened("robustness", section="corruptions"),
        "fairness": opened("fairness", source="model", groups="half", positive="peak"),
        "examples": opened("examples"),
        "concepts": opened("concepts"),
        "models": opened("models"),
    }
    there = default_pictures.to_model(Choice(reading=(("geometry", "squash"),)), MODEL)
    back = default_pictures.to_model(there, Choice.model)
    found["moved"] = {"there": asdict(there), "back": asdict(back)}
    print("\n" + json.dumps(found), flush=True)
    _server._workers().engine.close()
