"""Learning without labels: the two views of a picture shall be more alike than other pairs.

Chen et al. 2020, A Simple Framework for Contrastive Learning of Visual Representations (SimCLR),
arXiv:2002.05709.
"""

from __future__ import annotations

from typing import Any

from core.models.tensorflow import keras, tf

__all__ = ["NtXent", "nt_xent", "projector"]

_NEVER = -1e9


class NtXent:
    """Normalised temperature-scaled cross-entropy over the views in a batch.

    The feed gives both views of a picture in six channels
    (:func:`core.training.augment.two_views`); labels are not looked at.
    """

    labelled = False

    def __init__(self, temperature: float) -> None:
        self._temperature = temperature

    def loss(self, model: keras.Model, x: Any, y: Any, seed: Any) -> tuple[Any, Any]:
        """Return the loss of each picture, mean of its two views, and the projections ``(B, d)``.

        ``model`` goes from pixels to projections.
        """
        del y, seed
        projections = tf.cast(
            model(tf.concat(tf.split(x, 2, axis=-1), 0), training=True), tf.float32
        )
        first, _ = tf.split(projections, 2)
        return nt_xent(projections, self._temperature), first


def nt_xent(projections: Any, temperature: float) -> Any:
    """Return equation 1 of the paper for each picture, mean of its two views: ``(B,)``.

    Parameters
    ----------
    projections : tensor of float32, shape (2 B, d)
        Those of all first views, then those of all second views.
    """
    z = tf.math.l2_normalize(projections, axis=1)
    n = tf.shape(z)[0]
    alike = tf.matmul(z, z, transpose_b=True) / temperature
    alike = tf.linalg.set_diag(alike, tf.fill((n,), tf.constant(_NEVER, alike.dtype)))
    partner = tf.roll(tf.range(n), n // 2, axis=0)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(partner, alike)
    return tf.reduce_mean(tf.reshape(losses, (2, n // 2)), axis=0)


def projector(backbone: Any, width: int) -> Any:
    """Return the projection head on a backbone's features: a hidden layer of their width, ReLU."""
    hidden = keras.layers.Dense(backbone.shape[-1], activation="relu", name="projection_hidden")(
        backbone
    )
    return keras.layers.Dense(width, name="projection")(hidden)
