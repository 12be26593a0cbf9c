"""The command that compares methods over pictures: evaluate."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from core import api
from core.contracts import Geometry, GroupScore, Leaderboard, count_text
from core.errors import InputError
from core.tabular.cells import attribute_cells
from core.tabular.folder_table import FILE_NAME, TABLE, find_table, on_disk, read_table
from core.tabular.head import nfc
from core.terminal.folders import (
    DepthName,
    RecursiveFlag,
    StrictFlag,
    checked_depth,
    find_pictures,
    opened,
)  # fmt: skip
from core.terminal.options import (
    Classes,
    GeometryName,
    JsonFlag,
    Model,
    Seed,
    Terminal,
    Weights,
    app,
    common_options,
    emit,
    parameter_pairs,
    whole,
)

__all__: list[str] = []


@app.command()
def evaluate(
    image: Annotated[Path, typer.Argument(help="A picture or a folder of pictures.")],
    model: Model = api.DEFAULT_MODEL,
    methods: Annotated[
        str | None, typer.Option(help="Ids of methods, by commas; see 'methods'.")
    ] = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Ids of metrics, by commas; see 'metrics'. Of the method itself: randomisation, "
            "random_logit."
        ),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help=f"Column of the folder's {TABLE} that names subgroups.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="Protocol of deletion and insertion; see 'metrics'.")
    ] = "rise",
    mask: Annotated[
        Path | None,
        typer.Option(help="Picture of the object's mask, bright on the object; for one picture."),
    ] = None,
    target: Annotated[str, typer.Option(help="What every map explains; as of 'explain'.")] = "auto",
    against: Annotated[
        str | None, typer.Option(help="Explain the difference to this class instead.")
    ] = None,
    layer: Annotated[
        str | None, typer.Option(help="Feature layer, for CAMs; of one method.")
    ] = None,
    param: Annotated[
        list[str], typer.Option(help="A parameter as name=value; of one method.")
    ] = [],  # noqa: B006
    limit: Annotated[
        int | None, whole(low=1, help="Take the first N pictures of the folder.")
    ] = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    depth: DepthName = "auto",
    recursive: RecursiveFlag = False,
    strict: StrictFlag = False,
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Measure which methods' maps can be trusted: means over pictures with 95 % intervals."""
    options = common_options(model, weights, classes, geometry, seed)
    found = find_pictures([image], recursive=recursive)
    found.paths = found.paths[:limit]
    bits = checked_depth(depth)
    paths = found.check(bits)
    groups = [] if by is None else _groups(image, paths, by)
    masks = [] if mask is None else [_mask(mask, image, model, options["geometry"], depth)]
    table = api.evaluate(
        (api.open_picture(path, depth=bits) for path in paths),
        control=Terminal(),
        methods=_names(methods),
        metrics=_names(metrics),
        groups=groups,
        masks=masks,
        preset=preset,
        target=target,
        against=against,
        layer=layer,
        parameters=parameter_pairs(param),
        **options,
    )
    for line in table.failed:
        print(f"left out: {line}", file=sys.stderr)
    document = {
        "model": table.model,
        "target": target,
        "against": against,
        "n": table.n,
        "scores": [asdict(score) for score in table.scores],
        "seconds": table.seconds,
        **found.facts(),
    }
    emit(document, json_, lambda: _lines(table))
    found.tell(strict=strict)


def _names(text: str | None) -> list[str] | None:
    """Return the ids in ``a,b,c``; ``None`` where the option was left out."""
    return None if text is None else [name for part in text.split(",") if (name := part.strip())]


def _groups(folder: Path, paths: Sequence[Path], column: str) -> list[str]:
    """Return the value of ``column`` for each picture."""
    rows = _rows(folder, column)
    names = [path.relative_to(folder).as_posix() for path in paths]
    missing = [name for name in names if name not in rows]
    if missing:
        raise InputError(
            f"{folder / TABLE} has no row for {missing[0]} ({len(missing)} of "
            f"{count_text(len(paths), 'picture')}). Expected one row for each, its "
            f"name in the column {FILE_NAME!r}."
        )
    return [rows[name] for name in names]


def _rows(folder: Path, column: str) -> dict[str, str]:
    """Return the value of ``column`` by file name."""
    if not folder.is_dir():
        raise InputError(f"--by goes with a folder that holds {TABLE}. Received: {folder}.")
    table = find_table(folder)
    if table is None:
        raise InputError(
            f"--by {column} needs {folder / TABLE}, which does not exist: a CSV file with the "
            f"columns {FILE_NAME}, label and those to group by. Leave --by out to evaluate without "
            "subgroups."
        )
    columns = read_table(table)
    if nfc(column) not in columns:
        raise InputError(f"{table} has no column {column!r}. It has: {', '.join(columns)}.")
    cells = attribute_cells(column, columns[nfc(column)]).cells
    names = on_disk(folder, columns[FILE_NAME])
    return dict(zip(names, cells, strict=True))


def _mask(
    file: Path, image: Path, model: str, geometry: Geometry, depth: str
) -> npt.NDArray[np.bool_]:
    if image.is_dir():
        raise InputError("--mask belongs to one picture. Give a picture instead of a folder.")
    return api.input_mask(
        api.open_picture(file), opened(image, depth), model=model, geometry=geometry
    )


def _lines(table: Leaderboard) -> Iterator[str]:
    yield f"{table.model}, {table.n} picture{'s' * (table.n != 1)}"
    for score in table.scores:
        yield f"{score.method:22} {score.metric:18} {score.group or 'all':12} {_figures(score)}"


def _figures(score: GroupScore) -> str:
    if score.mean is None:  # where it is not defined, the protocol says why
        return score.protocol[:1].lower() + score.protocol[1:]
    span = "" if score.low is None else f"  [{score.low:.3f}, {score.high:.3f}]"
    return f"{score.mean:.3f}{span}  n = {score.n}"
