"""Fairness audits as requests: which table, which columns, which rules decide."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, get_args

from core.data.contract import DatasetPredictRequest
from core.fairness.contract.class_pairs import pair_text
from core.fairness.contract.sample_splitting import RowsChoice
from core.values.basic import Lane, content_key
from core.values.codec import Stored
from core.values.counts import exactly
from core.values.results import Result

__all__ = [
    "ADJUSTMENTS", "MISSING", "TIMES", "UNKNOWN", "Adjustment", "AuditRequest", "FairnessRules",
    "TableColumns", "TableSource",
]  # fmt: skip

UNKNOWN = "Unknown"
"""The group of rows without a value."""
MISSING = ("NA", "N/A", "None", "null", "NaN", "NaT", "<NA>", "#N/A", "?", "-")
"""Words that stand for no value in a table, beside the empty cell."""
TIMES = "×"
"""Joins attributes, and their groups, to intersections."""
Adjustment = Literal["holm", "bh"]
ADJUSTMENTS: tuple[Adjustment, ...] = get_args(Adjustment)


@dataclass(frozen=True)
class TableSource(Stored):
    """A prediction table on this machine, CSV or Parquet.

    Parameters
    ----------
    name : str
        What it is called; a stranger's text.
    path : str
    sha256 : str
        Of its bytes: another content is another audit.
    """

    name: str
    path: str
    sha256: str


@dataclass(frozen=True)
class TableColumns(Stored):
    """Which column holds what; ``""`` where there is none.

    Parameters
    ----------
    label : str
        The true class. Without one only selection and scoring rates are estimable.
    prediction : str
        The predicted class.
    score : str
        The probability of the positive class, in [0, 1]; of the predicted class (its confidence)
        where there are more than two classes.
    threshold : float
        Without ``prediction``, scores from here on count as predicted positive.
    groups : tuple of str
        Attributes that groups are formed by.
    weight : str
    condition : str
        Conditional parity compares rows of equal value here.
    positive : str
        The class that counts as positive; ``""`` for the obvious one (1, true, yes).
    bins : tuple of (column, cuts)
        Numeric attributes cut into groups: ``"4"`` for quarters, ``"18,30,65"`` for given cuts;
        dates: ``"month"`` or ``"year"``.
    map : tuple of (value, class)
        Which class a value of ``label`` or ``prediction`` means.
    missing : tuple of str
        Words that stand for no value; the empty cell and NaN always do.
    drop_missing : bool
        Leave rows out that have no label, prediction, score or weight.
    """

    label: str
    prediction: str = ""
    score: str = ""
    threshold: float = 0.5
    groups: tuple[str, ...] = ()
    weight: str = ""
    condition: str = ""
    positive: str = ""
    bins: tuple[tuple[str, str], ...] = ()
    map: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = MISSING
    drop_missing: bool = False

    def words(self) -> list[str]:
        """Return the options of a command line that map the columns."""
        words = ["--y-true", self.label] if self.label else ["--no-labels"]
        words += ["--y-pred", self.prediction] if self.prediction else []
        if self.score:
            words += ["--score", self.score]
            words += [] if self.prediction else ["--threshold", exactly(self.threshold)]
        for column in self.groups:
            words += ["--group", column]
        for column, cuts in self.bins:
            words += ["--bin", f"{column}={cuts}"]
        for option in ("positive", "condition"):
            value = getattr(self, option)
            words += [f"--{option}", value] if value else []
        for value, name in self.map:
            words += ["--map", pair_text(value, name)]
        words += [] if self.missing == MISSING else ["--missing", ",".join(self.missing)]
        words += ["--drop-missing"] if self.drop_missing else []
        return [*words, "--weights", self.weight] if self.weight else words


@dataclass(frozen=True)
class FairnessRules(Stored):
    """What decides between flag, pass and insufficient evidence.

    Parameters
    ----------
    alpha : float
        The chance that is put up with of any false flag among all gaps, and of any false pass;
        intervals have confidence 1 − alpha, all at once.
    tolerance : float
        Gap between rates that is put up with.
    min_n : int
        A group with fewer rows in its denominator (positives for TPR, negatives for FPR; Kish's
        effective number where rows have weights) is tested like the others, exactly, but named as
        not covered unless the test settles it.
    adjust : {"holm", "bh"}
        Holm's method controls the chance of any false flag, Benjamini and Hochberg's the share of
        false ones among the flags; of passes likewise.
    intersections : bool
        Also form the intersections of up to three attributes.
    gaps : tuple of str
        Ids of gaps to test; empty for the default ones.
    n_boot : int
        Replicates of the bootstrap.
    n_bins : int
        Equal-width bins of scores for ECE and calibration curves.
    reference : str
        What each group is shown against: ``"largest"`` group, ``"best"`` one, ``"rest"`` (all
        others together), or a group by its name; a group called like one of these words is
        ``"=best"``.
    """

    alpha: float = 0.05
    tolerance: float = 0.1
    min_n: int = 10
    adjust: Adjustment = "holm"
    intersections: bool = False
    gaps: tuple[str, ...] = ()
    n_boot: int = 2000
    n_bins: int = 10
    reference: str = "largest"

    def words(self) -> list[str]:
        """Return the options of a command line for what differs from the defaults."""
        words = ["--intersections"] if self.intersections else []
        for gap in self.gaps:
            words += ["--gap", gap]
        for name in ("alpha", "tolerance", "min_n", "adjust", "n_boot", "n_bins", "reference"):
            value = getattr(self, name)
            if value != getattr(FairnessRules, name):
                words += [f"--{name.replace('_', '-')}", str(value)]
        return words


@dataclass(frozen=True)
class AuditRequest:
    """What every request about predictions and groups depends on.

    Parameters
    ----------
    table : TableSource or None
        A table, or else
    predict : DatasetPredictRequest or None
        a model on a dataset, whose predictions are made (or taken from the store) first.
    columns : TableColumns
        Of the table; of a dataset only ``groups``, ``condition``, ``positive`` and ``bins``.
    versions : dict
        Of everything that the result depends on, the statistics' own included.
    rows : {"all", "explore", "confirm"}
        All rows, or one half of them.
    """

    kind: ClassVar[str]
    work: ClassVar[str]
    result: ClassVar[type[Result]]
    durable: ClassVar[bool] = False
    command_name: ClassVar[str]
    table: TableSource | None
    predict: DatasetPredictRequest | None
    columns: TableColumns
    rules: FairnessRules
    seed: int
    versions: dict[str, str]
    rows: RowsChoice = field(default="all", kw_only=True)
    lane: Lane = field(default="batch", kw_only=True)

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        return {
            "kind": self.kind,
            "table": None if self.table is None else self.table.sha256,
            "predict": None if self.predict is None else self.predict.key,
            "columns": asdict(self.columns),
            "rules": asdict(self.rules),
            "seed": self.seed,
            "versions": self.versions,
            **({} if self.rows == "all" else {"rows": self.rows}),
        }

    @cached_property
    def key(self) -> str:
        """Content key: everything the result depends on."""
        return content_key(self.parts())

    @property
    def batch(self) -> str:
        """Each audit by itself."""
        return self.key

    @property
    def source(self) -> str:
        """What is audited, in words; a stranger's text."""
        if self.predict is not None:
            return f"{self.predict.model.id} on {self.predict.dataset.text} ({self.predict.split})"
        return "columns in memory" if self.table is None else self.table.name

    def source_options(self) -> list[str]:
        """Return the words of a command line that name what is audited, and how."""
        if self.predict is not None:
            words = [*self.predict.model_text(), "--dataset", self.predict.dataset.text]
            words += ["--split", self.predict.split]
            words += ["--limit", str(self.predict.limit)] if self.predict.limit else []
            mapped = replace(self.columns, label="", prediction="", score="", weight="").words()
            words += mapped[1:]  # no columns, so no --no-labels either
        else:
            words = ["TABLE" if self.table is None else self.table.path, *self.columns.words()]
        words += [] if self.rows == "all" else [f"--{self.rows}"]
        return [*words, *self.rules.words(), "--seed", str(self.seed)]

    @cached_property
    def command(self) -> str:
        """The command line that repeats this request."""
        return shlex.join(["python", "-m", "core", self.command_name, *self.source_options()])

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request, under this request's names."""
        return replace(stored, source=self.source, command=self.command, cached=True)
