"""The model as a cooperative game: the players are parts of the picture, the payout is logits."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.contracts import Array
from core.parameters import OfferedChoice
from core.shapley.base import Floats, Segments, ShapProblem

__all__ = ["CHUNK", "MASKER", "Game"]

CHUNK = 16
"""Pictures a forward pass; also how often progress is reported and a stop is noticed."""
_REMEMBERED = 4

MASKER = OfferedChoice(
    "masker", "choice", "blur", "What hidden parts of the picture are replaced by",
    source="maskers",
)  # fmt: skip

_Memo = dict[bytes, Array]
_memos: OrderedDict[str, _Memo] = OrderedDict()


class Game:
    """v(S): the logits of the K classes when only the sites in S are visible.

    What was evaluated for one picture, model and masker is remembered in this process for the
    latest games: other classes, or a larger budget, cost only what is new.

    Parameters
    ----------
    problem : ShapProblem
    masker_name : str
    budget : int
        Evaluations to come; progress is reported as their share.
    """

    def __init__(self, problem: ShapProblem, masker_name: str, *, budget: int) -> None:
        self._problem = problem
        self._budget = budget
        self._mask = problem.modality.masker(masker_name, problem.input)
        self._memo = _memo(f"{problem.name}/{masker_name}") if problem.name else {}
        self._targets = list(problem.targets)
        self.evaluations = 0
        problem.passes.prepare(budget)

    def value(self, visible: npt.NDArray[np.bool_]) -> Floats:
        """Return v for coalitions of pixels.

        Parameters
        ----------
        visible : ndarray of bool, shape (n, *sites)

        Returns
        -------
        ndarray of float64, shape (n, K)

        Raises
        ------
        Cancelled
            Between chunks, when the work was stopped.
        """
        rows = [self._chunk(visible[i : i + CHUNK]) for i in range(0, len(visible), CHUNK)]
        return np.concatenate(rows)[:, self._targets].astype(np.float64)

    def values_of(self, members: npt.NDArray[np.bool_], segments: Segments) -> Floats:
        """Return v for coalitions of segments.

        Parameters
        ----------
        members : ndarray of bool, shape (n, R)
        segments : ndarray of int32, shape (*sites,)

        Returns
        -------
        ndarray of float64, shape (n, K)
        """
        parts = [members[i : i + CHUNK] for i in range(0, len(members), CHUNK)]
        return np.concatenate([self.value(part[:, segments]) for part in parts])

    def _chunk(self, visible: npt.NDArray[np.bool_]) -> Array:
        control = self._problem.control
        control.check()
        names = [_name(one) for one in visible]
        new = [i for i, name in enumerate(names) if name not in self._memo]
        if new:
            logits = self._problem.passes.logits(self._mask(visible[new]))
            self._memo.update(zip((names[i] for i in new), logits))
        self.evaluations += len(visible)
        done = min(self.evaluations, self._budget)
        control.progress(done / self._budget, f"evaluation {done} of {self._budget}")
        return np.stack(_rows(self._memo, names))


def _rows(memo: _Memo, names: Sequence[bytes]) -> list[Array]:
    return [memo[name] for name in names]


def _name(visible: npt.NDArray[np.bool_]) -> bytes:
    return hashlib.blake2b(np.packbits(visible).tobytes(), digest_size=16).digest()


def _memo(name: str) -> _Memo:
    memo = _memos.setdefault(name, {})
    _memos.move_to_end(name)
    while len(_memos) > _REMEMBERED:
        _memos.popitem(last=False)
    return memo
