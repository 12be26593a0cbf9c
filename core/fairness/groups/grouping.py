"""The groups of one attribute or intersection, and what of them can be compared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.contracts import UNKNOWN
from core.fairness.counting.counted import Cells
from core.fairness.counting.effective import effective_rows, kish
from core.fairness.counting.scores import Scores, class_sizes
from core.fairness.groups.comparable import Areas, Comparable, Rates
from core.fairness.metrics.base import against_rest
from core.fairness.metrics.registry import get_rate

__all__ = ["Denominators", "Few", "Grouping", "Part"]

Floats = npt.NDArray[np.float64]
RateSums = tuple[Floats, Floats, Floats, Floats, str]


@dataclass(frozen=True, slots=True)
class Few:
    """Why rows are not compared as others are, and how many (effective) ones stand below the line.

    ``unknown`` says that they are rows without a value, which are no group.
    """

    reason: str
    n: float
    unknown: bool = False


@dataclass(frozen=True)
class Denominators:
    """How many (effective) rows of each group stand behind a value, ``(C, G)``, and their nouns."""

    n: Floats
    nouns: tuple[str, ...]

    def too_few(self, group: int, min_n: int) -> Few | None:
        """Return why a group is small, and its rows; ``None`` if it is not."""
        for n, noun in zip(self.n[:, group], self.nouns, strict=True):
            if n < min_n:
                return Few(f"{_rows(f'{n:.4g}', noun)}, fewer than {min_n}", float(n))
        return None


@dataclass(frozen=True)
class Part:
    """One metric of a gap, before it is known which groups take part.

    Parameters
    ----------
    denominators : Denominators
        What the minimum is asked of.
    weights, k, of, k2, of2 : ndarray of float64
        Of a sum of rates: shapes ``(C,)``, and four of ``(C, G)``: sums of weights above and below
        the line, and of their squares.
    areas : Scores or None
        Of areas under the curve, whose positives and negatives ``denominators`` counts.
    strata : tuple of str
        Names of the components if they are strata, of which those count that all compared groups
        have. A stratum of rows without a value has no weight, and never counts.
    """

    denominators: Denominators
    weights: Floats
    k: Floats
    of: Floats
    k2: Floats
    of2: Floats
    areas: Scores | None = None
    strata: tuple[str, ...] = ()

    def of_groups(self, groups: npt.NDArray[np.intp]) -> Comparable | None:
        """Return the values of some groups; ``None`` if they have no stratum in common."""
        if self.areas is not None:
            positives, negatives = self.denominators.n[:, groups]
            return Areas(
                self.areas.auc[groups], self.areas.auc_variance[groups], positives, negatives
            )
        return self._values(groups, rest=False)

    def of_rest(self, groups: npt.NDArray[np.intp]) -> Rates | None:
        """Return, for each of some groups, the value of all others of them together.

        ``None`` where it cannot be had from counts alone (areas under the curve), or where a group
        is all that a component has.
        """
        return None if self.areas is not None else self._values(groups, rest=True)

    def has(self, group: int, groups: npt.NDArray[np.intp]) -> bool:
        """Whether a group has rows wherever some others are compared."""
        own = self.of[self._shared(groups), group]
        return bool((own > 0).all() and (self.denominators.n[:, group] > 0).all())

    def dropped(
        self, groups: npt.NDArray[np.intp], *, among: npt.NDArray[np.intp]
    ) -> dict[str, Few]:
        """Return the strata in which some of the groups have rows, but are not compared.

        Parameters
        ----------
        among : ndarray
            All groups that are compared, of which strata have to have rows.
        """
        if not self.strata:
            return {}
        of, of2 = self.of[:, groups], self.of2[:, groups]
        rows = kish(of.sum(axis=1), of2.sum(axis=1))
        return {
            self.strata[c]: Few(
                f"{_rows(_count(rows[c]), 'rows')}, not in all groups, so not compared"
                if self.weights[c] > 0
                else f"{_rows(_count(rows[c]), 'rows')} without a value",
                float(rows[c]),
            )
            for c in np.flatnonzero((of > 0).any(axis=1) & ~self._shared(among)).tolist()
        }

    def _shared(self, groups: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
        """Whether all of the groups have rows in each component, and these count."""
        found: npt.NDArray[np.bool_] = (self.of[:, groups] > 0).all(axis=1) & (self.weights > 0)
        return found

    def _values(self, groups: npt.NDArray[np.intp], *, rest: bool) -> Rates | None:
        sums = np.stack([self.k, self.of, self.k2, self.of2])[:, :, groups]
        shared = self._shared(groups)
        if not shared.any():
            return None
        if rest:
            sums = sums.sum(axis=2, keepdims=True) - sums
            if not (sums[1, shared] > 0).all():
                return None
        k, of, k2, of2 = sums[:, shared]
        weights = self.weights[shared] * (self.weights.sum() / self.weights[shared].sum())
        return Rates(weights, np.clip(k / of, 0.0, 1.0), effective_rows(k, of, k2, of2))


@dataclass(frozen=True)
class Grouping:
    """The groups of one attribute or intersection.

    Parameters
    ----------
    cells : Cells
    scores : Scores or None
    strata : Cells or None
        The same groups by the value of a condition, which is their last attribute.
    classes : tuple of str
    """

    cells: Cells
    scores: Scores | None
    strata: Cells | None
    classes: tuple[str, ...]

    def small(self, parts: list[Part], min_n: int) -> dict[int, Few]:
        """Return the groups of fewer rows than the minimum, with the reason and the rows.

        Rows without a value are among them, whatever their number.
        """
        found = {}
        for g, unknown in enumerate(self.cells.unknown):
            if unknown:
                found[g] = _without_value(parts, g)
                continue
            few = [part.denominators.too_few(g, min_n) for part in parts]
            reason = next(filter(None, few), None)
            if reason is not None:
                found[g] = reason
        return found

    def part(self, metric: str, *, of: str = "", given: str = "") -> Part:
        """Return what a metric of a gap is made of.

        Parameters
        ----------
        metric : str
            Its id.
        of : str
            The class of several that it is about.
        given : str
            The condition within whose values it is taken.
        """
        if metric == "auc":
            return self._areas()
        if metric == "scoring_rate":
            assert self.scores is not None, "offered only where there are scores"
            total, squares = self.cells.w.sum(axis=(1, 2)), self.cells.w2.sum(axis=(1, 2))
            return _rates([(self.scores.above, total, self.scores.above2, squares, "rows")])
        if metric == "balanced_accuracy":
            return self._recalls()
        if given:
            return self._within_strata(metric)
        return _rates([self.rate(metric, of=of)])

    def rate(self, metric: str, *, of: str = "") -> RateSums:
        """Return a rate's sums of weights above and below the line, of squares, and its noun.

        ``of`` names a class, for its rate against the rest.
        """
        w, w2, rate = self.cells.w, self.cells.w2, get_rate(metric)
        if of:
            at = self.classes.index(of)
            w, w2 = against_rest(w, at), against_rest(w2, at)
        sums = (rate.numerator(w), rate.denominator(w), rate.numerator(w2), rate.denominator(w2))
        return *sums, f"{rate.noun} of {of}" if of else rate.noun

    def _areas(self) -> Part:
        assert self.scores is not None, "offered only where there are scores"
        sizes = Denominators(
            np.stack(class_sizes(self.cells.w, self.cells.w2)), ("positives", "negatives")
        )
        n = sizes.n[:1]
        return Part(sizes, np.ones(1), n, n, n, n, self.scores)

    def _recalls(self) -> Part:
        w, w2 = self.cells.w, self.cells.w2
        binary = ("negatives", "positives")
        nouns = binary if len(self.classes) == 2 else [f"rows of {name}" for name in self.classes]
        return _rates(
            [
                (w[:, c, c], w[:, c].sum(axis=1), w2[:, c, c], w2[:, c].sum(axis=1), noun)
                for c, noun in enumerate(nouns)
            ]
        )

    def _within_strata(self, metric: str) -> Part:
        """Return a rate within each stratum, weighted by the stratum's share of all rows."""
        assert self.strata is not None, "offered only where there is a condition"
        rate, strata = get_rate(metric), self.strata
        at = {tuple(codes): g for g, codes in enumerate(self.cells.codes.tolist())}
        group = np.array([at[tuple(codes[:-1])] for codes in strata.codes.tolist()])
        condition = strata.codes[:, -1]
        shape = (int(condition.max()) + 1, len(self.cells.codes))
        k, of, k2, of2 = np.zeros((4, *shape))
        k[condition, group] = rate.numerator(strata.w)
        of[condition, group] = rate.denominator(strata.w)
        k2[condition, group] = rate.numerator(strata.w2)
        of2[condition, group] = rate.denominator(strata.w2)
        there = np.flatnonzero(of.any(axis=1))
        values = [_value(strata, c) for c in there.tolist()]
        known = np.array([value != UNKNOWN for value in values])
        counted = np.where(known, of[there].sum(axis=1), 0.0)
        whole = kish(of.sum(axis=0), of2.sum(axis=0))[None]
        return Part(
            Denominators(whole, ("rows",)),
            counted / counted.sum() if known.any() else counted,
            k[there],
            of[there],
            k2[there],
            of2[there],
            strata=tuple(f"{strata.attributes[-1]} = {value}" for value in values),
        )


def _value(strata: Cells, code: int) -> str:
    where = int(np.flatnonzero(strata.codes[:, -1] == code)[0])
    return strata.parts[where][-1]


def _without_value(parts: list[Part], group: int) -> Few:
    """Say how many rows have no value; of more than two kinds below the line, all together."""
    sizes = {
        noun: float(n)
        for part in parts
        for n, noun in zip(part.denominators.n[:, group], part.denominators.nouns, strict=True)
    }
    total = float(parts[0].denominators.n[:, group].sum())
    kinds = sizes if len(sizes) <= 2 else {"rows": total}
    shown = " and ".join(_rows(_count(n), noun) for noun, n in kinds.items())
    return Few(f"{shown} without a value", total, unknown=True)


def _count(n: float) -> str:
    return f"{n:.0f}" if n >= 10 else f"{n:.4g}"


def _rows(count: str, noun: str) -> str:
    """Return a count with its noun.

    >>> _rows("1", "rows of cats"), _rows("2", "predicted positives")
    ('1 row of cats', '2 predicted positives')
    """
    counted, of, rest = noun.partition(" of ")
    return f"{count} {counted.removesuffix('s') if count == '1' else counted}{of}{rest}"


def _rates(components: list[RateSums]) -> Part:
    """Return equally weighted rates from the sums and the noun of each component."""
    k, of, k2, of2 = (np.stack([component[i] for component in components]) for i in range(4))
    nouns = tuple(component[4] for component in components)
    weights = np.full(len(components), 1 / len(components))
    return Part(Denominators(kish(of, of2), nouns), weights, k, of, k2, of2)
