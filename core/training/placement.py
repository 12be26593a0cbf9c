"""Where a training runs: one processor in float32, or one GPU or several in mixed precision.

Several GPUs hold copies of the network and share each batch (``tf.distribute.MirroredStrategy``);
batch statistics are those of a GPU's own share, and a contrastive loss contrasts within it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.models.network import configure_devices
from core.models.tensorflow import keras, tf

__all__ = ["Placement", "choose", "is_half"]

_MIXED = "mixed_float16"


class Placement:
    """The devices of a run.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
        TensorFlow's default one unless there are several devices.
    half : bool
        Whether networks compute in float16, their variables staying float32.
    compiled : bool
        Whether steps go through XLA: it pays on a GPU and is ten times slower on CPUs. It cannot
        reach across devices.
    """

    def __init__(self, strategy: Any, *, half: bool = False, compiled: bool = False) -> None:
        self.strategy = strategy
        self.half = half
        self.compiled = compiled and strategy.num_replicas_in_sync == 1

    @property
    def n(self) -> int:
        """Number of devices that share each batch."""
        return int(self.strategy.num_replicas_in_sync)

    @contextmanager
    def building(self) -> Iterator[None]:
        """Build networks that are trained in here; others stay float32 and on one device."""
        before = keras.config.dtype_policy()
        try:
            if self.half:
                keras.config.set_dtype_policy(_MIXED)
            with self.strategy.scope():
                yield
        finally:
            keras.config.set_dtype_policy(before)

    def spread(self, *tensors: Any) -> tuple[Any, ...]:
        """Give each device its share of a batch whose size is a multiple of :attr:`n`."""
        if self.n == 1:
            return tensors
        shares = [tf.split(tensor, self.n) for tensor in tensors]
        return tuple(
            self.strategy.experimental_distribute_values_from_function(
                lambda context, own=own: own[context.replica_id_in_sync_group]
            )
            for own in shares
        )


def choose() -> Placement:
    """Return the placement for what this process may use (``PELLUCID_DEVICE``)."""
    if configure_devices() == "cpu":
        return Placement(tf.distribute.get_strategy())
    several = len(tf.config.list_logical_devices("GPU")) > 1
    strategy = tf.distribute.MirroredStrategy() if several else tf.distribute.get_strategy()
    return Placement(strategy, half=True, compiled=True)


def is_half(model: keras.Model) -> bool:
    """Whether any layer computes in float16, so that the loss must be scaled."""
    return any(layer.compute_dtype == "float16" for layer in model.layers)
