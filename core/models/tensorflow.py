"""The one place that imports TensorFlow and Keras: quietly, and with the right backend.

TensorFlow writes half a screen about drivers it did not find straight to the standard error file,
before any logging setting applies. It is held back during the import alone; exceptions pass.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["keras", "tf"]


@contextmanager
def _silenced() -> Iterator[None]:
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
if "TF_CPP_MIN_LOG_LEVEL" in os.environ:
    import keras
    import tensorflow as tf
else:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    with _silenced():
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices("GPU")
