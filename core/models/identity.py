"""What names a model whose code is not Pellucid's own: its weights and its function.

Equal weights are not an equal model: a layer without weights may be added, an activation changed,
a connection moved. A model that joined by :func:`core.api.register_model` or an entry point is
named by its weights and by its graph (:mod:`core.models.graph`); code in it that is no library's
is named by its text (:mod:`core.models.code`) and by what it answers (:mod:`core.models.probe`).
"""

from __future__ import annotations

from core.contracts import content_key
from core.models.graph import GraphWriter
from core.models.network import Network
from core.models.probe import probe
from core.models.spec import ModelSpec
from core.store import Store

__all__ = ["identity"]


def identity(network: Network, spec: ModelSpec, *, known: str, drawn: bool, store: Store) -> str:
    """Return the SHA-256 that names the model in keys and results.

    Parameters
    ----------
    known : str
        What names the file of the weights or their source, and what the spec declares.
    drawn : bool
        Whether the weights were drawn from a seed, which ``known`` names.
    store : Store
        Keeps what a model with code of its own answered first.
    """
    writer = GraphWriter()
    graph = writer.graph(network.model, declared=[*spec.layers, spec.feature_layer])
    # Which tensor of a file goes where depends on the code, so what the variables hold counts.
    # Drawn weights are settled by passes, which differ by rounding: there the seed speaks.
    held = "" if drawn else network.digest()
    exact = content_key({"known": known, "held": held, "graph": graph})
    if not writer.opaque:
        return exact
    answers = probe(network, spec, exact=exact, store=store)
    return content_key({"exact": exact, "answers": answers})
