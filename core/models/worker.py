"""What a long-lived worker does before and beside its tasks."""

from __future__ import annotations

from threading import Thread

from core.contracts import ModelRef
from core.models.runtime import describe_device, runtime
from core.settings import settings

__all__ = ["describe", "warm_up"]


def warm_up(model_id: str) -> None:
    """Load TensorFlow and a model beside the tasks, so that no request waits for them alone.

    A prediction does not need TensorFlow once the model's export is in the store: it must not
    queue behind this.
    """
    model = runtime(ModelRef(model_id))
    Thread(target=model.network, name="pellucid-warm-up", daemon=True).start()


def describe() -> str:
    """Return this worker's device in words."""
    return describe_device(openvino=settings().forward == "auto")
