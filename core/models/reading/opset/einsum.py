"""Sums of products by an equation: with weights a layer, of two tensors an operation."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_lowercase

from core.models.reading.opset.making import Maker
from core.models.reading.opset.registry import Node, operator
from core.models.reading.opset.values import Numbers, Tensor, Value

__all__: list[str] = []


@operator("Einsum")
def einsum(node: Node, make: Maker) -> Value:
    """Rebuild an equation of two operands, ``"abc,cd->abd"``; axes of one element are left out."""
    before, _, after = str(node.attributes["equation"]).replace(" ", "").partition("->")
    terms = before.split(",")
    known = len(terms) == 2 and after and all(each.isalpha() for each in (*terms, after))
    if not known or any(len(set(each)) < len(each) for each in (*terms, after)):
        raise node.unknown("equations of two operands, each letter once in each, are known")
    shape = node.shapes[0]
    sides = dict(zip(after, shape, strict=True))
    for term, given in zip(terms, node.given, strict=True):
        for letter, side in zip(term, given.shape, strict=True):
            sides[letter] = max(side, sides.get(letter, 1))
    if len(sides) >= len(ascii_lowercase):
        raise node.unknown("it has too many letters")
    batch, *letters = list(ascii_lowercase)  # Keras takes no others for calls of unknown batches
    small = dict(zip(sorted(sides), letters, strict=False))
    terms, after = [_in(small, term) for term in terms], _in(small, after)
    sides = {small[letter]: side for letter, side in sides.items()}
    out = [axis for axis, letter in enumerate(after) if sides[letter] > 1]
    result = batch + "".join(after[axis] for axis in out)
    said: list[str] = []
    tensors: list[Tensor] = []
    weights: list[Numbers] = []
    for term, given in zip(terms, node.given, strict=True):
        wide = [axis for axis, side in enumerate(given.shape) if side > 1]
        if isinstance(given, Value):
            wide.sort(key=given.axes.index)
            said.insert(len(tensors), batch + "".join(term[axis] for axis in wide))
            tensors.append(make.place(given, wide))
        else:
            said.append("".join(term[axis] for axis in wide))
            weights.append(given.reshape([given.shape[axis] for axis in wide]))
    equation = f"{','.join(said)}->{result}"
    if not weights:
        return Value(shape, out, make.op("Einsum", *tensors, subscripts=equation))
    made = make.layer(
        "EinsumDense", tensors[0], weights=weights, equation=equation,
        output_shape=tuple(shape[axis] for axis in out), bias_axes=None,
    )  # fmt: skip
    return Value(shape, out, made)


def _in(small: Mapping[str, str], term: str) -> str:
    return "".join(small[letter] for letter in term)
