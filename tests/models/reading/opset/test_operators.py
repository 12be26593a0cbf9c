"""Every operator, its attributes drawn: what is rebuilt answers as OpenVINO does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openvino import opset13 as op

from core.errors import UnknownOperatorError
from tests.models.reading.opset.graphs import checked, convolved, graph, image, numbers

Draw = Callable[..., Any]


def _ints(draw: Draw, low: int, high: int, n: int = 2) -> list[int]:
    return [draw(st.integers(low, high)) for _ in range(n)]


def _sized(draw: Draw, channels: int = 4) -> Any:
    return image(channels, *_ints(draw, 5, 12))


def _pick(draw: Draw, *given: Any) -> Any:
    return draw(st.sampled_from(given))


def convolution(draw: Draw) -> Any:
    into, groups = draw(st.integers(1, 3)), _pick(draw, 1, 1, 2, 3)
    x = _sized(draw, into * groups)
    kernel, strides, dilations = _ints(draw, 1, 4), _ints(draw, 1, 3), _ints(draw, 1, 2)
    pads = _ints(draw, 0, 3), _ints(draw, 1, 3)
    auto = _pick(draw, "explicit", "explicit", "same_upper", "same_lower", "valid")
    out = draw(st.integers(1, 3))
    if auto == "valid":
        kernel = [min(k, 2) for k in kernel]
    if groups == 1:
        weights = numbers((out, into, *kernel))
        y = op.convolution(x, weights, strides, *pads, dilations, auto)
    else:
        weights = numbers((groups, out, into, *kernel))
        y = op.group_convolution(x, weights, strides, *pads, dilations, auto)
    after = _pick(draw, "nothing", "bias", "norm", "both", "two readers")
    k = out * groups
    if after in ("bias", "both"):
        y = op.add(y, numbers((1, k, 1, 1), 4))
    if after in ("norm", "both"):
        rows = [numbers((k,), 5 + i, low=0.2) for i in range(4)]
        y = op.batch_norm_inference(y, *rows, 1e-3)
    if after == "two readers":
        y = op.add(op.multiply(y, numbers((1, k, 1, 1), 4)), y)
    return graph(x, y)


def transposed_convolution(draw: Draw) -> Any:
    x = image(4, *_ints(draw, 3, 6))
    kernel, strides, dilations = _ints(draw, 2, 4), _ints(draw, 1, 3), _pick(draw, [1, 1], [2, 1])
    groups, out = _pick(draw, 1, 1, 2, 4), draw(st.integers(1, 3))
    pads = _ints(draw, 0, 1), _ints(draw, 0, 1)
    more = [min(m, s - 1) for m, s in zip(_ints(draw, 0, 2), strides, strict=True)]
    shaped = draw(st.booleans())
    ways = ("same_upper", "same_lower", "explicit", "valid") if shaped else ("explicit", "valid")
    auto = _pick(draw, *ways)
    sides = [int(str(side)) for side in list(x.get_partial_shape())[2:]]
    shape = op.constant(np.array([n * s for n, s in zip(sides, strides, strict=True)]))
    options = {
        "strides": strides, "output_shape": shape if shaped else None,
        "pads_begin": pads[0], "pads_end": pads[1], "dilations": dilations,
        "auto_pad": auto, "output_padding": [0, 0] if shaped else more,
    }  # fmt: skip
    if groups == 1:
        y = op.convolution_backprop_data(x, numbers((4, out, *kernel)), **options)
    else:
        weights = numbers((groups, 4 // groups, out, *kernel))
        y = op.group_convolution_backprop_data(x, weights, **options)
    return graph(x, op.add(y, numbers((1, out * groups, 1, 1), 2)))


def pooling(draw: Draw) -> Any:
    x = _sized(draw)
    kernel = _ints(draw, 1, 4)
    begin, end = ([min(p, k // 2) for p, k in zip(_ints(draw, 0, 2), kernel, strict=True)]
                  for _ in range(2))  # fmt: skip
    strides = [min(s, k) for s, k in zip(_ints(draw, 1, 3), kernel, strict=True)]
    rounding = _pick(draw, "floor", "ceil")
    auto = _pick(draw, "explicit", "explicit", "same_upper", "same_lower", "valid")
    negative = op.subtract(convolved(x), op.constant(np.float32(3)))
    if draw(st.booleans()):
        y = op.max_pool(negative, strides, [1, 1], begin, end, kernel, rounding, auto).output(0)
    else:
        y = op.avg_pool(negative, strides, begin, end, kernel, draw(st.booleans()), rounding, auto)
    return graph(x, y)


def product(draw: Draw) -> Any:
    x = image(3, *_ints(draw, 3, 6))
    height, width = (int(str(side)) for side in list(x.get_partial_shape())[2:])
    turned = draw(st.booleans()), draw(st.booleans())
    y, kind = convolved(x, 4), _pick(draw, "weights", "left weights", "two", "flat")
    if kind == "flat":
        flat = op.reshape(y, op.constant(np.array([0, -1])), special_zero=True)
        out = op.matmul(flat, numbers((4 * height * width, 5)), False, False)
        return graph(x, op.add(out, numbers((5,), 2)))
    if kind == "two":
        a, b = (y, op.multiply(y, numbers((1, 4, 1, 1), 5)))
        pair = (False, True) if draw(st.booleans()) else (True, False)
        return graph(x, op.matmul(a, b, *pair))
    k = width if not turned[0] else height
    if kind == "left weights":
        k = height if not turned[1] else width
        weights = numbers((5, k) if not turned[0] else (k, 5))
        return graph(x, op.matmul(weights, y, *turned))
    weights = numbers((k, 5) if not turned[1] else (5, k))
    return graph(x, op.add(op.matmul(y, weights, *turned), numbers((5,), 2)))


_SHAPES = ((), (1, 4, 1, 1), (4, 1, 1), (1, 1, 7, 6), (6,), (1, 4, 7, 6), (7, 1), (1, 1, 1, 1))


def arithmetic(draw: Draw) -> Any:
    x = image()
    y = convolved(x) if draw(st.booleans()) else op.relu(convolved(x))
    for i in range(draw(st.integers(1, 4))):
        kind = _pick(draw, "add", "subtract", "multiply", "divide", "maximum", "minimum", "power",
                     "squared_difference")  # fmt: skip
        shape = _pick(draw, *_SHAPES, "other")
        if shape == "other":
            other = op.add(convolved(x, 4, 7), op.constant(np.float32(3)))
        else:
            drawn = np.random.default_rng(i).uniform(0.5, 1.5, shape)
            other = op.constant(np.asarray(drawn, np.float32))
        if kind == "power":
            other = op.constant(np.float32(_pick(draw, 2.0, 0.5, -0.5, -1.0, 3.0, 1.5)))
            y = op.add(op.abs(y), op.constant(np.float32(0.5)))
            y = op.power(y, other)
        elif kind == "divide":
            y = op.divide(y, op.add(op.abs(other), op.constant(np.float32(0.5))))
        else:
            pair = (y, other) if draw(st.booleans()) else (other, y)
            y = getattr(op, kind)(*pair)
    return graph(x, y)


def activation(draw: Draw) -> Any:
    x = image()
    y = op.multiply(convolved(x), op.constant(np.float32(3)))
    c = lambda number: op.constant(np.float32(number))  # noqa: E731
    name = _pick(
        draw, "relu", "sigmoid", "tanh", "hswish", "hsigmoid", "softplus", "softsign", "mish",
        "swish", "elu", "selu", "selu own", "gelu", "gelu tanh", "clamp", "prelu", "leaky",
        "prelu rows", "hard sigmoid", "softmax", "log softmax", "exp", "abs", "negative", "erf",
        "sin", "cos", "sqrt", "log", "relu6",
    )  # fmt: skip
    positive = op.add(op.abs(y), c(0.5))
    made = {
        "relu": lambda: op.relu(y), "sigmoid": lambda: op.sigmoid(y), "tanh": lambda: op.tanh(y),
        "hswish": lambda: op.hswish(y), "hsigmoid": lambda: op.hsigmoid(y),
        "softplus": lambda: op.softplus(y), "softsign": lambda: op.softsign(y),
        "mish": lambda: op.mish(y), "swish": lambda: op.swish(y, c(_pick(draw, 1.0, 1.5))),
        "elu": lambda: op.elu(y, _pick(draw, 1.0, 0.5)),
        "selu": lambda: op.selu(y, c(1.6732632), c(1.050701)),
        "selu own": lambda: op.selu(y, c(1.5), c(1.1)),
        "gelu": lambda: op.gelu(y, "erf"), "gelu tanh": lambda: op.gelu(y, "tanh"),
        "clamp": lambda: op.clamp(y, _pick(draw, -0.5, 0.0), _pick(draw, 1.0, 6.0)),
        "relu6": lambda: op.minimum(op.maximum(y, c(0)), c(6)),
        "prelu": lambda: op.prelu(y, numbers((4,), 8)), "leaky": lambda: op.prelu(y, c(0.2)),
        "prelu rows": lambda: op.prelu(y, numbers((1, 1, 7, 1), 8)),
        "hard sigmoid": lambda: op.hard_sigmoid(y, c(0.3), c(0.4)),
        "softmax": lambda: op.softmax(y, draw(st.integers(1, 3))),
        "log softmax": lambda: op.log_softmax(y, draw(st.integers(1, 3))),
        "exp": lambda: op.exp(y), "abs": lambda: op.abs(y), "negative": lambda: op.negative(y),
        "erf": lambda: op.erf(y), "sin": lambda: op.sin(y), "cos": lambda: op.cos(y),
        "sqrt": lambda: op.sqrt(positive), "log": lambda: op.log(positive),
    }[name]()  # fmt: skip
    return graph(x, made)


def reshaping(draw: Draw) -> Any:
    x = image(3, 4, 6)
    y = convolved(x, 8)
    for i in range(draw(st.integers(1, 4))):
        y = _moved(draw, y, i)
    return graph(x, y)


def _moved(draw: Draw, y: Any, i: int) -> Any:
    shape = [int(str(side)) if str(side) != "?" else -1
             for side in list(y.get_output_partial_shape(0))]  # fmt: skip
    rank = len(shape)
    kind = _pick(draw, "transpose", "merge", "split", "unsqueeze", "flat", "scale", "map")
    c = lambda *given: op.constant(np.array(given, np.int64))  # noqa: E731
    if kind == "transpose":
        return op.transpose(y, c(0, *draw(st.permutations(list(range(1, rank))))))
    if kind == "merge" and rank > 2:
        at = draw(st.integers(1, rank - 2))
        merged = [*shape[:at], shape[at] * shape[at + 1], *shape[at + 2 :]]
        return op.reshape(y, c(0, *merged[1:]), True)
    if kind == "split" and rank < 5:
        at = draw(st.integers(1, rank - 1))
        if shape[at] % 2 == 0:
            return op.reshape(y, c(0, *shape[1:at], 2, shape[at] // 2, *shape[at + 1 :]), True)
    if kind == "unsqueeze" and rank < 5:
        axis = draw(st.integers(1, rank))
        wide = op.unsqueeze(y, c(axis))
        return op.squeeze(op.relu(wide), c(axis)) if draw(st.booleans()) else wide
    if kind == "flat":
        return op.reshape(y, c(0, -1), True)
    if kind == "map":
        return op.matmul(y, numbers((shape[-1], shape[-1]), 9 + i), False, True)
    axis = draw(st.integers(1, rank - 1))
    sides = [shape[axis] if a == axis else 1 for a in range(rank)]
    return op.add(op.multiply(y, numbers(tuple(sides), i, low=0.2)), numbers(tuple(sides), i + 1))


def parts(draw: Draw) -> Any:
    x = image(3, 6, 8)
    y = convolved(x, 6)
    c = lambda *given: op.constant(np.array(given, np.int64))  # noqa: E731
    kind = _pick(draw, "strided", "slice", "gather", "one", "split", "variadic", "pad", "mirror",
                 "edge", "tile", "broadcast", "concat", "deep", "flat", "shuffle")  # fmt: skip
    axis = draw(st.integers(1, 3))
    side = (6, 6, 8)[axis - 1]
    if kind == "strided":
        mask = [_pick(draw, 0, 1) for _ in range(4)]
        begin, end = [0, *_ints(draw, -4, 2, 3)], [1, *_ints(draw, 3, 8, 3)]
        step = [1, *_ints(draw, 1, 2, 3)]
        shrink = [0, *(_pick(draw, 0, 0, 1) for _ in range(3))]
        begin = [0 if s else b for s, b in zip(shrink, begin, strict=True)]
        mask = [0 if s else m for s, m in zip(shrink, mask, strict=True)]
        y = op.strided_slice(y, c(*begin), c(*end), c(*step), [1, *mask[1:]], [1, *mask[1:]],
                             [0] * 4, shrink, [0] * 4)  # fmt: skip
    elif kind == "slice":
        step = _pick(draw, 1, 2, -1)
        ends = (0, 100) if step > 0 else (-1, -100)
        y = op.slice(y, c(ends[0]), c(ends[1]), c(step), c(axis))
    elif kind == "gather":
        y = op.gather(y, c(*_ints(draw, 0, side - 1, draw(st.integers(1, 9)))), c(axis))
    elif kind == "one":
        y = op.gather(y, op.constant(np.int64(draw(st.integers(-2, side - 1)))), c(axis))
    elif kind == "split":
        made = op.split(y, op.constant(np.int64(axis)), 2)
        y = op.concat([op.relu(made.output(1)), made.output(0)], _pick(draw, 1, 2, 3, axis, axis)) \
            if draw(st.booleans()) else op.relu(made.output(1))  # fmt: skip
    elif kind == "variadic":
        made = op.variadic_split(y, op.constant(np.int64(axis)), c(1, 2, side - 3))
        y = op.concat([made.output(2), made.output(0)], axis)
    elif kind in ("pad", "mirror", "edge"):
        mode = {"pad": "constant", "edge": "edge"}.get(kind) or _pick(draw, "reflect", "symmetric")
        number = op.constant(np.float32(_pick(draw, 0.0, 2.5)))
        pads = [[0, *_ints(draw, 0, 2, 3)] for _ in range(2)]
        y = op.pad(y, c(*pads[0]), c(*pads[1]), mode, number if mode == "constant" else None)
    elif kind == "tile":
        y = op.tile(y, c(1, *_ints(draw, 1, 2, 3)))
    elif kind == "broadcast":
        y = op.broadcast(
            op.reduce_mean(y, c(axis), True), c(1, 6, 6, 8), broadcast_spec="BIDIRECTIONAL"
        )
    elif kind == "concat":
        rest = [1, 6, 6, 8]
        rest[axis] = 2
        y = op.concat([y, op.relu(y)], axis) if draw(st.booleans()) else op.concat([
            op.broadcast(numbers(tuple(rest)), op.concat([
                op.gather(op.shape_of(x), c(0), c(0)), c(*rest[1:])], 0)), y], axis)  # fmt: skip
    elif kind == "deep":
        wide = op.convolution(x, numbers((8, 3, 1, 1)), [1, 1], [0, 0], [0, 0], [1, 1])
        y = op.depth_to_space(wide, _pick(draw, "blocks_first", "depth_first"), 2)
    elif kind == "flat":
        y = op.space_to_depth(y, _pick(draw, "blocks_first", "depth_first"), 2)
    else:
        y = op.shuffle_channels(y, axis, 2)
    return graph(x, y)


def reduction(draw: Draw) -> Any:
    x = image()
    y = convolved(x)
    kind = _pick(draw, "mean", "sum", "max", "min", "l1", "l2")
    axes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2, unique=True))
    made = getattr(op, f"reduce_{kind}")(y, op.constant(np.array(axes)), draw(st.booleans()))
    return graph(x, op.multiply(made, op.constant(np.float32(2))))


def resize(draw: Draw) -> Any:
    x = image(3, *_ints(draw, 3, 7))
    mode = _pick(draw, "nearest", "linear", "linear_onnx", "cubic")
    how = _pick(draw, "half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners",
                "tf_half_pixel_for_nn")  # fmt: skip
    near = _pick(draw, "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple")
    by_size = draw(st.booleans())
    axes = op.constant(np.array([2, 3]))
    if by_size:
        to = op.constant(np.array(_ints(draw, 2, 15)))
    else:
        to = op.constant(np.array([_pick(draw, 0.5, 1.0, 2.0, 1.6, 3.0) for _ in range(2)],
                                  np.float32))  # fmt: skip
    y = op.interpolate(convolved(x), to, mode, "sizes" if by_size else "scales",
                       coordinate_transformation_mode=how, nearest_mode=near, cube_coeff=-0.75,
                       axes=axes)  # fmt: skip
    return graph(x, y)


def normalisation(draw: Draw) -> Any:
    x = image(3)
    y = convolved(x, 6)
    kind = _pick(draw, "layer", "mvn", "group", "length", "lrn", "batch", "by hand")
    c = lambda *given: op.constant(np.array(given, np.int64))  # noqa: E731
    if kind == "layer":
        rows = op.reshape(op.transpose(y, c(0, 2, 3, 1)), c(0, -1, 6), True)
        made = op.mvn(rows, c(2), True, 1e-4, "inside_sqrt")
        y = op.add(op.multiply(made, numbers((6,), 3)), numbers((6,), 4))
    elif kind == "mvn":
        axes = _pick(draw, (2, 3), (1,), (1, 2, 3), (3,))
        y = op.mvn(y, c(*axes), draw(st.booleans()), 1e-3, _pick(draw, "inside_sqrt",
                                                                   "outside_sqrt"))  # fmt: skip
    elif kind == "group":
        y = op.group_normalization(y, numbers((6,), 3), numbers((6,), 4), _pick(draw, 1, 2, 3, 6),
                                   1e-3)  # fmt: skip
    elif kind == "length":
        y = op.normalize_l2(y, c(*_pick(draw, (1,), (2, 3), (1, 2, 3))), 1e-3,
                            _pick(draw, "add", "max"))  # fmt: skip
    elif kind == "lrn":
        y = op.lrn(y, c(1), 0.3, 0.75, 1.0, _pick(draw, 1, 3, 5))
    elif kind == "batch":
        rows = [numbers((6,), 5 + i, low=0.2) for i in range(4)]
        y = op.batch_norm_inference(op.relu(y), *rows, 1e-3)
    else:
        mean = op.reduce_mean(y, c(1), True)
        spread = op.reduce_mean(op.squared_difference(y, mean), c(1), True)
        low = op.sqrt(op.add(spread, op.constant(np.float32(1e-3))))
        y = op.multiply(op.divide(op.subtract(y, mean), low), numbers((1, 6, 1, 1), 3))
    return graph(x, y)


def attention(draw: Draw) -> Any:
    x = image(3, 4, 4)
    c = lambda *given: op.constant(np.array(given, np.int64))  # noqa: E731
    rows = op.transpose(op.reshape(convolved(x, 12), c(0, 12, 16), True), c(0, 2, 1))
    three = op.matmul(rows, numbers((36, 12)), False, True)
    heads = op.transpose(op.reshape(three, c(0, 16, 3, 2, 6), True), c(2, 0, 3, 1, 4))
    q, k, v = (op.gather(heads, op.constant(np.int64(i)), c(0)) for i in range(3))
    kind = _pick(draw, "operator", "causal", "mask", "by hand", "einsum")
    if kind == "einsum":
        scores = op.softmax(op.einsum([q, k], "bhqd,bhkd->bhqk"), 3)
        y = op.einsum([scores, v], "bhqk,bhkd->bqhd")
        return graph(x, op.einsum([y, numbers((2, 6, 5), 2)], "bqhd,hde->bqe"))
    if kind == "by hand":
        scores = op.multiply(op.matmul(q, k, False, True), op.constant(np.float32(0.4)))
        y = op.matmul(op.softmax(scores, -1), v, False, False)
    elif kind == "mask":
        y = op.scaled_dot_product_attention(q, k, v, numbers((16, 16), 4))
    else:
        y = op.scaled_dot_product_attention(q, k, v, causal=kind == "causal")
    flat = op.reshape(op.transpose(y, c(0, 2, 1, 3)), c(0, 16, 12), True)
    return graph(x, op.add(rows, op.matmul(flat, numbers((12, 12), 3), False, True)))


FAMILIES: dict[str, Callable[[Draw], Any]] = {
    f.__name__: f
    for f in (
        convolution, transposed_convolution, pooling, product, arithmetic, activation, reshaping,
        parts, reduction, resize, normalisation, attention,
    )
}  # fmt: skip


def _tried(family: str, n: int) -> None:
    @settings(max_examples=n, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(st.data())
    def run(data: Any) -> None:
        try:
            model = FAMILIES[family](data.draw)
        except RuntimeError:  # OpenVINO's builder takes no such attributes
            return
        try:
            checked(model)
        except UnknownOperatorError as error:
            # Pooling rounded up beyond the image, and parts of no size, are said so.
            if not any(said in str(error) for said in ("windows", "gives nothing")):
                raise

    run()


@pytest.mark.parametrize("family", FAMILIES)
def test_attributes_drawn(family: str) -> None:
    _tried(family, 8)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_many_attributes_drawn(family: str) -> None:
    _tried(family, 200)


def test_an_operator_that_is_not_known_is_named() -> None:
    x = image()
    last = op.cum_sum(convolved(x), op.constant(np.int64(1)))
    last.set_friendly_name("block/sums")
    with pytest.raises(UnknownOperatorError, match=r"CumSum \('block/sums'\)") as found:
        checked(graph(x, last))
    assert (found.value.operator, found.value.node) == ("CumSum", "block/sums")
