"""Made-up runs for tests of words and figures."""

from __future__ import annotations

from core.contracts import Epoch, Evaluation, GroupCount, Run

__all__ = ["epoch", "evaluation", "history", "run"]


def epoch(
    n: int, *, accuracy: float | None = 0.5, loss: float = 1.0, stage: str = "train"
) -> Epoch:
    return Epoch(
        epoch=n, stage=stage, train_loss=loss, train_accuracy=accuracy, val_loss=loss + 0.1,
        val_accuracy=accuracy, test_loss=loss + 0.2, test_accuracy=accuracy, learning_rate=0.1,
        seconds=1.0, data_wait=0.0,
    )  # fmt: skip


def history(*accuracies: float | None, stage: str = "train") -> tuple[Epoch, ...]:
    return tuple(epoch(i + 1, accuracy=a, stage=stage) for i, a in enumerate(accuracies))


def evaluation(*groups: GroupCount) -> Evaluation:
    """98 of 120 right, three classes."""
    confusion = ((38, 1, 1), (2, 30, 8), (4, 6, 30))
    return Evaluation("test", 120, 0.5, 98 / 120, 0.817, confusion, groups)


def run(**changed: object) -> Run:
    values: dict[str, object] = {
        "key": "k" * 64, "model": "portraits_scratch_aaaaaaaa", "weights_sha256": "w" * 64,
        "device": "CPU, 2 threads", "versions": {"keras": "3"}, "seconds": 75.0, "origin": "run",
        "name": "ResNet-8, scratch, portraits", "architecture": "resnet8", "input_size": 64,
        "n_parameters": 78_714, "classes": ("none", "glasses", "sunglasses"),
        "dataset": "portraits?bias=0.9", "data_fingerprint": "f", "recipe": "scratch", "base": "",
        "parameters": {"epochs": 3, "learning_rate": 0.1}, "seed": 0,
        "history": history(0.4, 0.6, 0.8), "best_epoch": 3, "test": evaluation(), "notes": (),
        "created": 1_764_040_000.0, "file": "model.safetensors", "bytes": 317_236,
        "command": "python -m core train --dataset portraits",
    }  # fmt: skip
    return Run(**(values | changed))  # type: ignore[arg-type]
