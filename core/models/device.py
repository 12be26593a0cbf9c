"""Where passes run, in words, and whether a GPU is in use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from core.settings import settings

__all__ = ["describe_cpu", "describe_device", "gpu_in_use"]

_GPU_FILES = ("/dev/nvidiactl", "/dev/dxg")  # the driver on Linux, and inside WSL


def gpu_in_use() -> bool:
    """Whether TensorFlow, if this process has loaded it, sees a GPU."""
    if settings().device == "cpu":
        return False
    # While another thread (the warm-up) still imports it, it is there but has nothing in it.
    config = getattr(sys.modules.get("tensorflow"), "config", None)
    if config is None or not hasattr(config, "list_physical_devices"):
        return any(Path(name).exists() for name in _GPU_FILES) and _tensorflow_gpu()
    return bool(config.list_physical_devices("GPU"))


def _tensorflow_gpu() -> bool:
    from core.models.tensorflow import tf

    return bool(tf.config.list_physical_devices("GPU"))


def describe_cpu(what: str) -> str:
    """Return the processor's threads and ``what`` runs on them."""
    return f"CPU, {len(os.sched_getaffinity(0))} threads, {what}"


def describe_device(*, openvino: bool = False) -> str:
    """Return the device in words, for example ``"CPU, 2 threads, OpenVINO f32"``."""
    if gpu_in_use():
        from core.models.tensorflow import tf

        details = tf.config.experimental.get_device_details(
            tf.config.list_physical_devices("GPU")[0]
        )
        return f"GPU, {details.get('device_name', 'unnamed')}, TensorFlow"
    return describe_cpu("OpenVINO f32" if openvino else "TensorFlow")
