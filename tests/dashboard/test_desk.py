"""What a session waits for: asked once, let go when it is no longer shown, stopped for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import WeightsError
from dashboard import session_jobs as desks
from dashboard.session_jobs import SessionJobs


@dataclass
class FakeServices:
    """Plays the job table: submitted keys run until ``finish``."""

    submitted: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    views: dict[str, Any] = field(default_factory=dict)

    def kept(self, key: str) -> object | None:
        return getattr(self.views.get(key), "result", None)

    def view(self, key: str) -> Any:
        return self.views.get(key)

    def submit(self, request: Any, *, owner: str, patience: float) -> Any:
        self.submitted.append(request.key)
        self.set(request.key, "running")
        return self.views[request.key]

    def cancel(self, key: str, *, owner: str) -> None:
        self.cancelled.append(key)

    def set(self, key: str, state: str, **values: Any) -> None:
        blank = {"result": None, "error": None, "fraction": 0.5, "message": "", "notes": ()}
        blank["seconds_left"] = None
        self.views[key] = SimpleNamespace(key=key, state=state, **{**blank, **values})


def request(key: str) -> Any:
    return SimpleNamespace(
        key=key,
        input=SimpleNamespace(name="mine.png"),
        adopt=lambda stored: SimpleNamespace(image="mine.png", map=stored.map),
    )


def a_map(image: str = "mine.png") -> Any:
    return SimpleNamespace(image=image, map="the map")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    fake = FakeServices()
    monkeypatch.setattr(desks, "services", fake)
    return fake


def test_a_rerun_asks_once(table: FakeServices) -> None:
    desk = SessionJobs()
    for _ in range(3):
        desk.open()
        assert desk.ask(request("a")).state == "waiting"
        desk.close()
    assert table.submitted == ["a"]
    assert table.cancelled == []


def test_what_is_no_longer_shown_is_let_go(table: FakeServices) -> None:
    desk = SessionJobs()
    desk.open()
    desk.ask(request("a"))
    desk.close()
    desk.open()
    desk.ask(request("b"))
    desk.close()
    assert table.cancelled == ["a"]


def test_a_stopped_job_stays_stopped_until_it_is_wanted_again(table: FakeServices) -> None:
    desk = SessionJobs()
    desk.open()
    desk.ask(request("a"))
    desk.stop("a")
    assert table.cancelled == ["a"]
    desk.open()
    assert desk.ask(request("a")).state == "stopped"
    desk.close()
    assert table.submitted == ["a"]
    desk.again("a")
    desk.open()
    assert desk.ask(request("a")).state == "waiting"
    assert table.submitted == ["a", "a"]


def test_a_failure_is_shown_and_not_repeated_by_itself(table: FakeServices) -> None:
    desk = SessionJobs()
    desk.open()
    desk.ask(request("a"))
    table.set("a", "failed", error=WeightsError("no weights"))
    for _ in range(3):
        answer = desk.ask(request("a"))
        assert answer.state == "failed"
        assert str(answer.error) == "no weights"
    assert table.submitted == ["a"]


def test_a_restart_is_remembered_after_the_result_is_there(table: FakeServices) -> None:
    desk = SessionJobs()
    desk.ask(request("a"))
    table.set("a", "running", notes=("restarted",))
    assert desk.ask(request("a")).notes == ("restarted",)
    table.set("a", "done", result=a_map(), notes=("restarted",))
    assert desk.ask(request("a")).notes == ("restarted",)


def test_a_shared_map_is_shown_under_ones_own_file_name(table: FakeServices) -> None:
    table.set("a", "done", result=a_map("another visitor's secret.png"))
    answer = SessionJobs().ask(request("a"))
    assert answer.result.image == "mine.png"
    assert answer.result.map == "the map"


def test_held_work_goes_on_while_another_page_is_shown_until_it_is_stopped(
    table: FakeServices,
) -> None:
    desk = SessionJobs()
    desk.open()
    desk.ask(request("a"), hold=True)
    desk.close()
    desk.open()
    desk.ask(request("b"))
    desk.close()
    assert table.cancelled == []
    desk.stop("a")
    assert table.cancelled == ["a"]
