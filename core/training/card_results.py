"""The model card's section of figures: epochs, accuracy, mistakes, groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from core.contracts import Epoch, Evaluation, GroupCount, Run, SplitName, count_text
from core.data.gaps import Gap, largest_gap
from core.proportions import wilson
from core.training.card_data import MOST_ROWS
from core.training.markdown import escape, table

__all__ = ["results_section"]

_MOST_EPOCHS = 20
_MOST_CLASSES = 20
"""Beyond it, the commonest confusions stand in place of the matrix."""


def results_section(run: Run, sizes: Mapping[SplitName, int]) -> Iterator[str]:
    """Yield the paragraphs and tables about how the model does.

    Parameters
    ----------
    sizes : mapping
        Pictures of each split; ``{}`` if the dataset is not at hand.
    """
    yield "## Metrics"
    yield (
        "Loss: mean cross-entropy in nats. Accuracy: share of pictures whose likeliest class is "
        "the true one; balanced: its mean over the classes. Intervals are 95 %, after Wilson for "
        "shares; that of the widest gap is from exact limits that hold for all pairs at once."
    )
    yield "## Quantitative analyses"
    kept = _kept(run)
    if kept is not None:
        yield from _epochs(run, kept)
    if kept is not None or run.test is not None:
        yield "### Accuracy and loss"
        yield table(
            ("split", "pictures", "loss", "accuracy", "95 %"), _splits(run, kept, sizes), right=4
        )
    else:
        yield "Nothing was measured."
    if run.facts:
        yield "### Further figures"
        yield table(("figure", "value"), [(k, _number(v)) for k, v in run.facts.items()], right=1)
    if run.test is not None:
        yield from _test(run.classes, run.test)
    if run.test is not None and run.twin_test is not None:
        yield from _against(run.twin, run.twin_test, run.test)


def _kept(run: Run) -> Epoch | None:
    """Return the epoch whose weights these are."""
    return next((epoch for epoch in run.history if epoch.epoch == run.best_epoch), None)


def _epochs(run: Run, kept: Epoch) -> Iterator[str]:
    yield "### Epochs"
    lowest = run.lowest_validation
    best = f"The lowest validation loss came after epoch {lowest.epoch}; " if lowest else ""
    yield (
        f"{count_text(len(run.history), 'epoch')}. {best}the weights are those after epoch "
        f"{kept.epoch}. "
        "Training figures are means over an epoch, of pictures as they were augmented."
    )
    stride = -(-len(run.history) // _MOST_EPOCHS)
    shown = [
        e
        for e in run.history
        if e.epoch % stride == 0 or e.epoch in (1, kept.epoch, len(run.history)) or e is lowest
    ]
    if stride > 1:
        yield f"One epoch in {stride} is shown, the first, the best and the last; run.json has all."
    yield table(
        ("epoch", "stage", "train loss", "train accuracy", "validation loss",
         "validation accuracy", "test loss", "test accuracy", "seconds"),
        [
            (e.epoch, e.stage, _loss(e.train_loss), _share(e.train_accuracy), _loss(e.val_loss),
             _share(e.val_accuracy), _loss(e.test_loss), _share(e.test_accuracy),
             f"{e.seconds:.1f}")
            for e in shown
        ],
        right=7,
    )  # fmt: skip


def _splits(
    run: Run, kept: Epoch | None, sizes: Mapping[SplitName, int]
) -> Iterator[tuple[object, ...]]:
    if kept is not None:
        n = sizes.get("train", 0)
        yield (f"train, epoch {kept.epoch}", n or "—", _loss(kept.train_loss),
               _share(kept.train_accuracy), "—")  # fmt: skip
        n, accuracy = sizes.get("validation", 0), kept.val_accuracy
        right = 0 if accuracy is None else round(accuracy * n)
        yield (f"validation, epoch {kept.epoch}", n or "—", _loss(kept.val_loss), _share(accuracy),
               "—" if accuracy is None else _interval(right, n))  # fmt: skip
    test = run.test
    if test is None:
        yield "test", "—", "—", "—", "—"
        return
    right = sum(test.confusion[i][i] for i in range(len(test.confusion)))
    yield (test.split, test.n, _loss(test.loss), _share(test.accuracy), _interval(right, test.n))
    yield (f"{test.split}, balanced", test.n, "—", _share(test.balanced_accuracy), "—")


def _test(classes: Sequence[str], test: Evaluation) -> Iterator[str]:
    yield "### Accuracy by class"
    yield _rates("class", [
        GroupCount("", name, sum(row), row[i])
        for i, (name, row) in enumerate(zip(classes, test.confusion, strict=True))
    ])  # fmt: skip
    yield from _mistakes(classes, test)
    attributes: dict[str, list[GroupCount]] = {}
    for count in test.groups:
        attributes.setdefault(count.attribute, []).append(count)
    for attribute, counts in attributes.items():
        yield f"### Accuracy by {escape(attribute)}"
        yield _rates("group", counts)
    if test.groups:
        yield "### Widest gap"
        yield _gap(largest_gap(test.groups))


def _against(twin: str, before: Evaluation, after: Evaluation) -> Iterator[str]:
    """Yield what a smaller model lost, and where: on the same pictures as its twin."""
    yield "### Against its float32 twin"
    yield f"{escape(twin)} and this model on the same {count_text(after.n, 'test picture')}."
    right = {(g.attribute, g.group): (g.correct, g.n) for g in before.groups}
    rows = [
        ("all pictures", _share(before.accuracy), _share(after.accuracy),
         _points(after.accuracy - before.accuracy)),
        ("balanced over classes", _share(before.balanced_accuracy),
         _share(after.balanced_accuracy),
         _points(after.balanced_accuracy - before.balanced_accuracy)),
    ]  # fmt: skip
    for g in after.groups:
        k, n = right[g.attribute, g.group]
        rows.append((f"{g.attribute}: {g.group}", _share(k / n), _share(g.correct / g.n),
                     _points(g.correct / g.n - k / n)))  # fmt: skip
    yield table(("pictures", "twin", "this model", "change"), rows[: MOST_ROWS + 2], right=3)
    left = len(rows) - MOST_ROWS - 2
    if left > 0:
        yield f"{left} more groups are left out of this table."


def _rates(what: str, counts: Sequence[GroupCount]) -> str:
    largest = sorted(counts, key=lambda count: -count.n)[:MOST_ROWS]
    shown = [count for count in counts if count in largest]
    rows = [
        (c.group, f"{c.correct}/{c.n}", _share(c.correct / c.n) if c.n else "—",
         _interval(c.correct, c.n))
        for c in shown
    ]  # fmt: skip
    left = len(counts) - len(shown)
    more = f"\n\n{left} smaller ones are left out of this table." if left else ""
    return table((what, "right", "accuracy", "95 %"), rows, right=3) + more


def _mistakes(classes: Sequence[str], test: Evaluation) -> Iterator[str]:
    if len(classes) <= _MOST_CLASSES:
        yield "### Confusion matrix"
        yield "Rows: the true class. Columns: the predicted one."
        head = ("", *(escape(name) for name in classes))
        yield table(head, [(name, *row) for name, row in zip(classes, test.confusion, strict=True)],
                    right=len(classes))  # fmt: skip
        return
    pairs = [
        (n, classes[i], classes[j])
        for i, row in enumerate(test.confusion)
        for j, n in enumerate(row)
        if n and i != j
    ]
    yield f"### The {min(len(pairs), _MOST_CLASSES)} commonest confusions"
    commonest = sorted(pairs, key=lambda pair: -pair[0])[:_MOST_CLASSES]
    yield table(("true class", "predicted", "pictures"), [(a, b, n) for n, a, b in commonest],
                right=1)  # fmt: skip


def _gap(gap: Gap | None) -> str:
    if gap is None:
        return "No two groups of one kind have ten pictures each, so none is stated."
    names = [escape(f"{g.group} ({g.correct}/{g.n})") for g in (gap.best, gap.worst)]
    verdict = (
        "Chance alone makes a gap as wide in fewer than 5 % of cases"
        if gap.beyond_chance
        else "Chance alone would often make a gap as wide, so it is no finding"
    )
    return (
        f"By {escape(gap.attribute)}: **{gap.difference:.1%}** between {names[0]} and {names[1]}, "
        f"95 % interval [{gap.low:.1%}, {gap.high:.1%}]. {verdict} (p = {gap.p:.2g} for the widest "
        f"of its groups, Holm-adjusted over {gap.n_attributes} attributes). The interval is of the "
        "largest true gap between any two of them: it allows for the choice of these two."
    )


def _interval(k: int, n: int) -> str:
    if not n:
        return "—"
    low, high = wilson(k, n)
    return f"{low:.1%} to {high:.1%}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f} points"


def _loss(value: float | None) -> str:
    return "—" if value is None else f"{value:.4f}"


def _number(value: float | int | str | bool) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
