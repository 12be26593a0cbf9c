"""Interval bound propagation as a way to certify (Gowal et al. 2018, arXiv:1810.12715)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from core.parameters import Value
from core.robustness.certificates.base import Certifier, Task
from core.robustness.certificates.certificate import Certificate
from core.robustness.sweep import default_eps_grid

if TYPE_CHECKING:
    from core.models.network import Network

__all__ = ["Ibp"]

_ROUNDS = 14
"""Bisections of [0, 1]: radii to a sixtieth of an 8-bit level, always from below."""
Hits = npt.NDArray[np.bool_]
_traced: WeakKeyDictionary[Network, Callable[..., Hits]] = WeakKeyDictionary()


class Ibp(Certifier):
    """Bounds of every layer's values over all pictures nearby."""

    id = "ibp"
    name = "Interval bounds (IBP)"
    summary = (
        "Bounds of every value in the network over all pictures within an L∞ distance: what they "
        "prove of the model itself holds without exception."
    )
    limits = (
        "Intervals widen layer by layer: of a network that was not trained with them (recipe ibp) "
        "they prove next to nothing, which does not mean that it can be broken."
    )
    paper = (
        "Gowal et al. 2018, On the Effectiveness of Interval Bound Propagation, arXiv:1810.12715"
    )
    norm = "linf"
    needs = frozenset({"network", "classes"})

    def certify(self, task: Task, parameters: Mapping[str, Value]) -> list[Certificate]:
        """Bisect for each picture the largest ε at which its answer is proven."""
        del parameters
        answers = task.model.logits(task.inputs).argmax(axis=1).astype(np.int64)
        held = _trace(task.model.network())
        proven, open_ = np.zeros(len(answers)), np.ones(len(answers))
        for number in range(_ROUNDS):
            task.control.check()
            middle = (proven + open_) / 2
            ok: Hits = held(task.inputs, middle, answers)
            proven, open_ = np.where(ok, middle, proven), np.where(ok, open_, middle)
            task.control.progress((number + 1) / _ROUNDS)
        return [Certificate(int(a), float(r)) for a, r in zip(answers, proven, strict=True)]

    def radius_grid(self, parameters: Mapping[str, Value], n_values: int) -> tuple[float, ...]:
        """Return the ε of attacks, from a quarter of an 8-bit level up."""
        del parameters
        return default_eps_grid(self.norm, n_values)

    def ceiling(self, parameters: Mapping[str, Value]) -> float:
        """Return 1: every picture there is."""
        del parameters
        return 1.0


def _trace(network: Network) -> Callable[..., Hits]:
    """Return the compiled proof of a network, traced once for any number of pictures."""
    from core.models.tensorflow import tf
    from core.robustness.certificates.bounds import certain

    if network not in _traced:
        model = network.fast

        @tf.function(autograph=False)
        def held(x: Any, eps: Any, answers: Any) -> Any:
            return certain(model, x, eps, answers)

        compiled = held.get_concrete_function(
            tf.TensorSpec((None, *model.input_shape[1:]), tf.float32),
            tf.TensorSpec((None,), tf.float64),
            tf.TensorSpec((None,), tf.int64),
        )
        _traced[network] = lambda *given: compiled(*map(tf.constant, given)).numpy()
    return _traced[network]
