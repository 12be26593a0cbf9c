"""Smaller models beside their twins: size, latency, equal answers, accuracy."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.base import MILLI, Options, Row, at_least, faster, info, main
from benchmarks.workload import ROOT, use_home
from core import api
from core.contracts import DEFAULT_MODEL, CompressionForm, Run

__all__ = ["measure"]

_SAMPLE = ROOT.parent / "shared" / "data" / "imagenet-sample"
_SMALLER: dict[CompressionForm, float] = {"float16": 1.9, "int8": 3.0, "pruned": 2.0}
"""How many times smaller each should be: as it is stored, the pruned one packed (zip)."""
_PERCENT = 100.0


def measure(options: Options) -> list[Row]:
    """Make each form of both models, and read what was measured as it was made."""
    use_home()
    return [row for model, data in _subjects(options) for row in _rows(model, data)]


def _subjects(options: Options) -> Iterator[tuple[str, str | None]]:
    """Yield models and the pictures they are compared on; ``None``: those of their own dataset."""
    yield "portraits_fair", None
    if _SAMPLE.is_dir() and not options.quick:
        yield DEFAULT_MODEL, str(_SAMPLE)


def _rows(model: str, data: str | None) -> Iterator[Row]:
    for form, times in _SMALLER.items():
        run = api.compress(model, form=form, dataset=data)
        what, kind = f"{model}, {form}", "packed_bytes" if form == "pruned" else "bytes"
        yield faster(f"{what}: size", _fact(run, f"{kind}_after") / MILLI,
                     _fact(run, f"{kind}_before") / MILLI, at_least=times, unit="",
                     note="kB" + (", zipped" if form == "pruned" else ""))  # fmt: skip
        yield info(f"{what}: one picture", _fact(run, "latency_ms_after"),
                   _fact(run, "latency_ms_before"))  # fmt: skip
        agreed, claim = _PERCENT * _fact(run, "agreement"), f"{what}: same answer as its twin"
        if (
            form == "pruned" and data is not None
        ):  # two weights of three, learnt back from 50 pictures
            yield info(claim, agreed, unit="%", note=_accuracy(run))
        else:
            yield at_least(claim, agreed, 93, unit="%", note=_accuracy(run))


def _fact(run: Run, name: str) -> float:
    return float(run.facts[name])


def _accuracy(run: Run) -> str:
    n = f"{_fact(run, 'compared_pictures'):.0f} pictures"
    if "accuracy_after" not in run.facts:
        return n
    before, after = (_fact(run, f"accuracy_{when}") for when in ("before", "after"))
    return f"{n}; accuracy {before:.1%} → {after:.1%}"


if __name__ == "__main__":
    main(measure, __doc__)
