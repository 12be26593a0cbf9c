"""Groups counted and compared: against Fairlearn's MetricFrame on the same rows.

Both start from arrays in memory. Without bootstrap, ours are the same four metrics with Wilson's
intervals; with it, the whole audit: seventeen metrics and seven calibrated gaps.
"""

from __future__ import annotations

from statistics import median

import numpy as np
import pyarrow as pa

from benchmarks.base import MILLI, Options, Row, alternate, at_most, faster, info, main
from core import api
from core.contracts import FairnessReport, FairnessRules, GroupTable, TableColumns
from core.fairness.counting.count import count
from core.fairness.groups.grouping import Grouping
from core.fairness.groups.tables import Offered, group_table
from core.fairness.metrics.registry import METRICS
from core.fairness.reading.rows import open_columns

__all__ = ["measure"]

_ROWS, _GROUPS = 200_000, 20
_METRICS = ("selection_rate", "tpr", "fpr", "accuracy")
_REPLICATES, _PEER_REPLICATES = 2000, 20


def measure(options: Options) -> list[Row]:
    """Time the audit, and MetricFrame without and with bootstrap."""
    import fairlearn.metrics as fl
    from sklearn.metrics import accuracy_score

    table = _table(options.some(_ROWS, 20_000))
    metrics = {
        "selection_rate": fl.selection_rate,
        "tpr": fl.true_positive_rate,
        "fpr": fl.false_positive_rate,
        "accuracy": accuracy_score,
    }

    def ours() -> FairnessReport:
        return api.audit_columns(
            table, label="y", prediction="p", groups=["group"], n_boot=_REPLICATES
        )

    def rates() -> tuple[GroupTable, ...]:
        """The four metrics by group and over all, as MetricFrame has them."""
        with open_columns(pa.table(table), name="rows") as rows:
            columns = TableColumns(label="y", prediction="p", groups=("group",))
            cells = count(rows, columns).cells([(), (0,)])
        chosen = tuple(Offered(metric, METRICS[metric]) for metric in _METRICS)
        return tuple(
            group_table(Grouping(held, None, None, ("0", "1")), chosen, FairnessRules(), seed=0)
            for held in cells.values()
        )

    def peer(n_boot: int | None = None) -> fl.MetricFrame:
        bootstrap = {} if n_boot is None else {"n_boot": n_boot, "ci_quantiles": [0.025, 0.975]}
        return fl.MetricFrame(
            metrics=metrics, y_true=table["y"], y_pred=table["p"],
            sensitive_features=table["group"], **bootstrap,
        )  # fmt: skip

    frame = peer()
    apart = max(_largest_difference(t, frame) for t in (rates()[1], ours().tables[0]))
    own, plain = (median(s) for s in alternate(rates, peer, repeats=min(options.repeats, 7)))
    again, boot = (
        median(seconds)
        for seconds in alternate(
            ours, lambda: peer(_PEER_REPLICATES), repeats=options.some(2, 1), warm_up=0
        )
    )
    what = f"{len(table['y'])} rows, {_GROUPS} groups"
    return [
        faster(
            f"Fairlearn MetricFrame, {what}, 4 metrics", MILLI * own, MILLI * plain, at_least=20
        ),
        info("The whole audit against the same 4 metrics", MILLI * again, MILLI * plain),
        faster(
            f"With intervals (Fairlearn: {_PEER_REPLICATES} replicates), {what}",
            MILLI * again,
            MILLI * boot,
            at_least=300,
            note="17 metrics, 2000 replicates, 7 calibrated gaps against 4 metrics",
        ),
        at_most("Largest difference of a rate (× 10⁻¹²)", 1e12 * float(apart), 1, unit=""),
    ]


def _table(rows: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    group = rng.integers(0, _GROUPS, rows)
    y = rng.integers(0, 2, rows)
    p = np.where(rng.random(rows) < 0.75 + 0.005 * group, y, 1 - y)
    return {"y": y, "p": p, "group": np.array([f"g{i:02d}" for i in range(_GROUPS)])[group]}


def _largest_difference(table: GroupTable, frame: object) -> float:
    return max(
        abs(table.rate(str(group), metric).value - row[metric])
        for group, row in frame.by_group.iterrows()  # type: ignore[attr-defined]
        for metric in _METRICS
    )


if __name__ == "__main__":
    main(measure, __doc__)
