"""Distillation: a small network learns the softened answers of a large one.

Hinton et al. 2015, Distilling the Knowledge in a Neural Network, arXiv:1503.02531. Teacher and
student see the same augmented picture (Beyer et al. 2021, arXiv:2106.05237).
"""

from __future__ import annotations

from typing import Any

from core.errors import InputError
from core.models.assembly import build
from core.models.fold import folded
from core.models.labels import class_names
from core.models.tensorflow import keras, tf
from core.training.build import base_of
from core.training.job import Job
from core.training.objective import CrossEntropy
from core.workspace import open_store

__all__ = ["Distillation", "teacher_of"]


class Distillation(CrossEntropy):
    """α·T²·KL(teacher ‖ student) at temperature T, plus (1 − α) times the cross-entropy.

    Parameters
    ----------
    teacher : keras.Model
        Pixels in [0, 1], at its own size, to logits of the same classes.
    alpha : float
        Weight of the teacher, in [0, 1].
    """

    def __init__(
        self, teacher: keras.Model, *, temperature: float, alpha: float, label_smoothing: float
    ) -> None:
        super().__init__(label_smoothing)
        self._teacher, self._temperature, self._alpha = teacher, temperature, alpha

    def loss(self, model: keras.Model, x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        """Return the loss of each picture, and the student's logits."""
        losses, logits = super().loss(model, x, y, seed)
        wanted = self._log_probabilities(self._teacher(self._at_its_size(x), training=False))
        given = self._log_probabilities(logits)
        apart = tf.reduce_sum(tf.exp(wanted) * (wanted - given), axis=1)
        # Gradients through a temperature shrink by its square.
        softened = self._temperature**2 * apart
        return self._alpha * softened + (1.0 - self._alpha) * losses, logits

    def _log_probabilities(self, logits: Any) -> Any:
        return tf.nn.log_softmax(tf.cast(logits, tf.float32) / self._temperature)

    def _at_its_size(self, x: Any) -> Any:
        size = self._teacher.input.shape[1]
        return x if x.shape[1] == size else tf.image.resize(x, (size, size))


def teacher_of(job: Job) -> keras.Model:
    """Return the run's base, frozen, with a logit for each class of the dataset, in its order.

    Raises
    ------
    InputError
        If it does not know every class of the dataset by its name.
    CapabilityError
        If it is a compressed model.
    """
    ref, classes = job.base, job.dataset.classes
    names = class_names(ref)
    try:
        known = names.matching(classes)
    except InputError as error:
        raise InputError(
            f"The teacher {ref.id} knows {_named(names.labels)}; {job.dataset.ref.text} has "
            f"{_named(classes)}. A teacher must know the same classes, in whatever order: train "
            f"one on these pictures first, by the recipe head for example. {error}"
        ) from error
    spec, _ = base_of(ref)
    with job.placement.building():
        teacher = build(spec, ref, len(names.labels), seed=job.request.seed, store=open_store())
        teacher = folded(teacher)
        if known == tuple(range(len(names.labels))):
            return teacher
        return keras.Model(teacher.input, keras.ops.take(teacher.output, known, axis=-1))


def _named(classes: tuple[str, ...]) -> str:
    more = ", …" if len(classes) > 3 else ""
    return f"{len(classes)} classes ({', '.join(map(repr, classes[:3]))}{more})"
