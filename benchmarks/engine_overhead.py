"""What a request costs beyond its work: through job table, worker process and store.

Each request is new to the store. Its rival is the same function, called in this process on a warm
runtime; what the request takes longer is the price of the house.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle

from benchmarks.base import MILLI, Options, Row, alternate, at_most, main, milliseconds
from benchmarks.workload import changed, picture_files, use_home, warm_runtime
from core import api
from core.contracts import ExplainRequest, Picture, PredictRequest, Request
from core.control import LocalControl
from core.engine.dask import DaskEngine
from core.models.predict import predict
from core.saliency.explain import explain
from core.server.jobs import JobTable, JobView
from core.workspace import open_store

__all__ = ["finished", "measure", "open_table"]

_ADDED = 40.0
_STORED = 30.0
_TIMEOUT = 300.0
_PAUSE = 0.05
OWNER = "benchmark"


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of request and the work behind it."""

    name: str
    request: Callable[[Picture], Request]
    inline: Callable[[Request], object]


def _explain_inline(request: Request) -> object:
    assert isinstance(request, ExplainRequest)
    return explain([request], LocalControl())


def _predict_inline(request: Request) -> object:
    assert isinstance(request, PredictRequest)
    return predict([request], LocalControl())


_KINDS = (
    Kind("Grad-CAM", lambda p: api.explanation_request(p, method="gradcam"), _explain_inline),
    Kind("Gradient", lambda p: api.explanation_request(p, method="saliency"), _explain_inline),
    Kind("Prediction", api.prediction_request, _predict_inline),
)


@contextmanager
def open_table() -> Iterator[tuple[JobTable, DaskEngine]]:
    """Yield a job table over local workers, stopped in the end."""
    use_home()
    engine = DaskEngine()
    try:
        yield JobTable(engine, open_store()), engine
    finally:
        engine.close()


def finished(jobs: JobTable, request: Request) -> JobView:
    """Submit, wait, and return the job; a job that failed raises."""
    view = jobs.submit(request, OWNER)
    if view.active:
        view = jobs.wait(view.key, _TIMEOUT)
    if view.error is not None:
        raise view.error
    if view.result is None:
        raise TimeoutError(f"{request.kind} took longer than {_TIMEOUT:g} s")
    return view


def measure(options: Options) -> list[Row]:
    """Time new requests against inline work, and stored ones."""
    warm_runtime()
    pictures = [api.open_picture(path) for path in picture_files(options.some(10, 3))]
    with open_table() as (jobs, engine):
        rows = [_added(jobs, kind, pictures, options) for kind in _KINDS]
        rows.append(_from_store(engine, pictures, options))
    return rows


def _added(jobs: JobTable, kind: Kind, pictures: list[Picture], options: Options) -> Row:
    repeats, warm_up = 2 * options.repeats, 3
    fresh = (kind.request(changed(p)) for p in cycle(pictures))
    # Made beforehand: both sides get the same requests, and only the work is timed.
    requests = [next(fresh) for _ in range(repeats + warm_up)]
    through, inline = iter(requests), iter(requests)
    work: list[float] = []

    def through_the_house() -> None:
        result = finished(jobs, next(through)).result
        assert result is not None
        work.append(result.seconds)

    whole, alone = alternate(
        through_the_house,
        lambda: kind.inline(next(inline)),
        repeats=repeats,
        warm_up=warm_up,
        pause=_PAUSE,
    )
    added = milliseconds(whole) - milliseconds(alone)
    by_worker = milliseconds([w - s for w, s in zip(whole, work[warm_up:], strict=True)])
    return at_most(
        f"{kind.name}: added by engine and store to a warm request",
        added,
        _ADDED,
        note=f"whole {milliseconds(whole):.1f} ms, inline {milliseconds(alone):.1f} ms; fastest "
        f"against fastest {MILLI * (min(whole) - min(alone)):.1f} ms; beyond what the worker "
        f"itself measured {by_worker:.1f} ms",
    )


def _from_store(engine: DaskEngine, pictures: list[Picture], options: Options) -> Row:
    stored = [changed(picture) for picture in pictures]
    for picture in stored:
        finished(JobTable(engine, open_store()), api.explanation_request(picture))
    upcoming = cycle(stored)

    def repeated() -> None:
        # A new table has forgotten the job; a new picture object has no hash yet.
        picture = next(upcoming)
        request = api.explanation_request(Picture(picture.name, picture.pixels))
        view = finished(JobTable(engine, open_store()), request)
        assert view.result is not None
        assert view.result.cached

    (seconds,) = alternate(repeated, repeats=4 * options.repeats, warm_up=3)
    return at_most(
        "A repeated request, answered from the store",
        milliseconds(seconds),
        _STORED,
        note=f"picture hashed and resized again; slowest {1e3 * max(seconds):.0f} ms",
    )


if __name__ == "__main__":
    main(measure, __doc__)
