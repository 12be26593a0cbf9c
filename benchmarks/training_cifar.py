"""CIFAR-10: what recipes reach on two cores, and how long they take; over an hour, by name only.

``python -m benchmarks training_cifar``. Runs are kept like all others, so one that was cut off goes
on from its last epoch, and one that is done is read back with the seconds that it took then.
"""

from __future__ import annotations

import sys

from benchmarks.base import Options, Row, at_least, info, main
from benchmarks.workload import ROOT, use_home
from core import api
from core.contracts import Run
from core.control import LocalControl

__all__ = ["measure"]

_TAR = ROOT.parent / "shared" / "data" / "cifar10-folder.tar.xz"
_PERCENT = 100.0
_RESNET: dict[str, object] = {
    "architecture": "resnet20",
    "epochs": 16,
    "batch_size": 128,
    "learning_rate": 0.2,
    "warmup": 3,
    "weight_decay": 5e-3,
    "flip": True,
    "crop": 4,
}


def measure(options: Options) -> list[Row]:
    """Train, or read back what was trained."""
    use_home()
    if not _TAR.is_file():
        raise FileNotFoundError(f"CIFAR-10 is not here ({_TAR}).")
    return [*_head(options), *_resnet(options)]


def _head(options: Options) -> list[Row]:
    run = _trained("head", parameters={"n_train": 1280} if options.quick else {})
    return [
        _accuracy("New head on EfficientNet-Lite0", run, at_least_percent=80),
        info(
            "Its training, features and all",
            run.seconds / 60,
            unit="min",
            note=f"{run.device}; {len(run.history)} epochs over features computed once",
        ),
    ]


def _resnet(options: Options) -> list[Row]:
    quick = {"epochs": 1, "n_train": 1280} if options.quick else {}
    run = _trained("scratch", parameters=_RESNET | quick)
    return [
        _accuracy("ResNet-20 from scratch", run, at_least_percent=85),
        info(
            "One epoch of it",
            sum(epoch.seconds for epoch in run.history) / len(run.history),
            unit="s",
            note=f"{run.device}; {len(run.history)} epochs, {run.seconds / 60:.0f} min in all",
        ),
    ]


def _trained(recipe: str, **options: object) -> Run:
    def told(fraction: float, message: str) -> None:
        print(f"\r{fraction:6.1%} {message:70}", end="", file=sys.stderr, flush=True)

    run = api.train(
        dataset=f"cifar10:{_TAR}",
        recipe=recipe,
        control=LocalControl(on_progress=told),
        **options,
    )
    print(file=sys.stderr)
    return run


def _accuracy(what: str, run: Run, *, at_least_percent: float) -> Row:
    assert run.test is not None
    return at_least(
        f"{what}: test accuracy on CIFAR-10",
        _PERCENT * run.test.accuracy,
        at_least_percent,
        unit="%",
        note=f"{run.test.n} pictures (JPEG files); seed {run.seed}; `{run.model}`",
    )


if __name__ == "__main__":
    main(measure, __doc__)
