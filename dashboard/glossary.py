"""What the terms mean, in one place: tooltips read it, and so does the Reference page."""

from __future__ import annotations

__all__ = ["TERMS", "explain"]

TERMS: dict[str, str] = {
    "probability": (
        "The model's own degree of belief: softmax of its logits, adding up to 100 % over all "
        "classes. Networks are often surer than they are right."
    ),
    "logit": "The model's raw score for a class, before it is turned into a probability.",
    "model": "The network that looks at the picture, with the weights it was trained to.",
    "framing": (
        "How the picture is fitted to the model's square input. Crop: the short side is scaled "
        "and the centre cut out. Squash: both sides are scaled. Letterbox: the whole picture, "
        "with grey beside it."
    ),
    "explain": (
        "A map always explains one number: the logit of one class, or the difference of two."
    ),
    "contrast": (
        "Explains logit(A) − logit(B): what speaks for A rather than B, instead of what speaks "
        "for A at all."
    ),
    "method": "How the map is computed. Methods answer different questions: compare several.",
    "layer": (
        "The feature layer whose channels the map is made from. Deep layers know about objects "
        "but are coarse; shallow ones are fine but know only edges and textures."
    ),
    "scale": (
        "The map's raw values at the ends of the colour scale. The upper end is the 99th "
        "percentile of |map|, so that single pixels do not wash out the rest."
    ),
    "completeness error": (
        "The shares of all pixels should add up to f(picture) − f(baseline). This is how far "
        "they miss it, relative to that difference."
    ),
    "summed defect": (
        "The disagreements along the path, added up without their signs: small only if the "
        "errors are small everywhere, and do not just cancel out."
    ),
    "dimmed": "What the model did not see, because the picture was cropped to its input.",
}


def explain(term: str) -> str:
    """Return the tooltip of ``term``; an unknown term is a programming mistake."""
    return TERMS[term]
