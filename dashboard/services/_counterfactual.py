"""What would change a decision: requests, and removed regions ready for the browser."""

from __future__ import annotations

from core import api
from core.api import baselines, partitions
from core.contracts import Counterfactual, CounterfactualRequest, Picture
from dashboard.lru import Lru
from dashboard.services._pictures import data_uri, framing
from dashboard.services._requests import asked
from dashboard.state import Choice

__all__ = ["baselines", "counterfactual_request", "counterfactual_uri", "partitions"]

_drawn: Lru[tuple[str, int], str] = Lru(32 * 2**20, len)


def counterfactual_request(
    picture: Picture,
    choice: Choice,
    *,
    regions: str,
    count: int,
    baseline: str,
    towards: int | None,
) -> CounterfactualRequest:
    """Return the request for what would change the decision about ``picture``."""
    return asked(
        api.counterfactual_request,
        picture,
        regions=regions,
        count=count,
        baseline=baseline,
        target=towards,
        model=choice.model,
        geometry=framing(choice),
    )


def counterfactual_uri(request: CounterfactualRequest, found: Counterfactual, *, steps: int) -> str:
    """Return the first ``steps`` removed regions, drawn as the model saw them, encoded once."""
    return _drawn.get_or(
        (found.key, steps),
        lambda: data_uri(api.counterfactual_png(request, found, steps=steps), "image/png"),
    )
