"""From a request to the function that computes it, with the store around it.

A request names the function and the class of its result: whoever only submits work never loads
TensorFlow, and a new kind of work needs no line here.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, TypeVar, cast

from core.contracts import Request, RequestFor, Result
from core.control import Control
from core.errors import PellucidError
from core.runs import finished_runs, is_shipped
from core.store import Store

__all__ = ["execute", "keep", "load", "resolve_target"]

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Result)
Function = Callable[[Sequence[Request], Control], list[Result]]


def resolve_target(target: str) -> Callable[..., Any]:
    """Import ``"module:function"``."""
    module, _, name = target.partition(":")
    return cast(Callable[..., Any], getattr(importlib.import_module(module), name))


def load(request: RequestFor[R], store: Store) -> R | None:
    """Return the stored result, marked as cached, or ``None``."""
    if request.durable:
        # Not those that came along: whoever runs their command wants to see them trained.
        own = (r for r in finished_runs().values() if not is_shipped(r.model))
        run = next((r for r in own if r.key == request.key), None)
        return None if run is None else cast(R, request.adopt(run))
    artefact = store.get(request.key)
    if artefact is None:
        return None
    try:
        result = request.result.from_artefact(artefact)
    except (KeyError, TypeError, ValueError) as error:
        store.set_aside(request.key, f"not a {request.kind} result: {error}")
        return None
    return cast(R, request.adopt(result))


def keep(request: Request, result: Result, store: Store) -> None:
    """Put a result where :func:`load` finds it; what is durable has put itself there."""
    if not request.durable:
        store.put(request.key, replace(result, cached=False).to_artefact(), kind=request.kind)


def execute(requests: Sequence[RequestFor[R]], control: Control, store: Store) -> list[R]:
    """Return a result for each request: from the store, or computed and then stored.

    What is missing is computed in one call for all that can go together (the requests' ``batch``),
    while this process holds the locks of those keys; other processes that want the same wait and
    then find it in the store.

    Raises
    ------
    PellucidError
        Whatever the work raises on purpose; any other exception is logged and becomes one.
    """
    unique = {request.key: request for request in requests}
    results = {key: found for key, request in unique.items() if (found := load(request, store))}
    missing = sorted(unique.keys() - results.keys())
    with ExitStack() as locks:
        for key in missing:  # sorted, so that two processes cannot wait for each other
            locks.enter_context(store.lock(key, check=control.check))
        todo: dict[str, list[RequestFor[R]]] = {}
        for key in missing:
            if (found := load(unique[key], store)) is not None:
                results[key] = found
            else:
                todo.setdefault(unique[key].batch, []).append(unique[key])
        for group in todo.values():
            control.check()
            for request, result in zip(group, _compute(group, control), strict=True):
                keep(request, result, store)
                results[request.key] = result
    return [results[request.key] for request in requests]


def _compute(requests: Sequence[RequestFor[R]], control: Control) -> list[R]:
    kind = requests[0].kind
    try:
        function: Function = resolve_target(requests[0].work)
        return cast(list[R], function(requests, control))
    except PellucidError:
        raise
    except Exception as error:
        log.exception("Work of kind %r failed", kind)
        raise PellucidError(
            f"Something went wrong inside Pellucid ({type(error).__name__}) while it computed "
            f"{kind!r}. This is not your mistake; the log has the details."
        ) from error
