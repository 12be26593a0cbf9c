"""What would change a decision: the search, and what its finding looks like."""

from __future__ import annotations

from core.contracts import Counterfactual, CounterfactualRequest
from core.control import Control
from core.engine.api import answer
from core.modalities import registry as modalities
from core.modalities.registry import DEFAULT_MODALITY

__all__ = ["baselines", "counterfactual", "partitions"]


def baselines(modality: str = DEFAULT_MODALITY) -> tuple[str, ...]:
    """Return the names of what a removed part of a kind of input can become.

    Parameters
    ----------
    modality : str
        Kind of input.

    Returns
    -------
    tuple of str
    """
    return modalities.get(modality).choices["baselines"]


def partitions(modality: str = DEFAULT_MODALITY) -> tuple[str, ...]:
    """Return the names of the ways that a kind of input can be cut into regions.

    Parameters
    ----------
    modality : str
        Kind of input.

    Returns
    -------
    tuple of str
    """
    return modalities.get(modality).choices["partitions"]


def counterfactual(
    request: CounterfactualRequest, *, control: Control | None = None
) -> Counterfactual:
    """Search for few regions whose removal changes the decision.

    See :func:`counterfactual_request`.

    Parameters
    ----------
    request : CounterfactualRequest
        As :func:`counterfactual_request` returns it.
    control : Control, optional
        Hears of progress and can stop the work.

    Returns
    -------
    Counterfactual
    """
    return answer(request, control=control)
