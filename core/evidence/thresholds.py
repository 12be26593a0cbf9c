"""Thresholds of the evidence card, each with its reason and its source."""

from __future__ import annotations

SANITY_SPEARMAN = 0.5
"""Weight randomisation: a method fails whose maps keep a rank correlation of magnitudes above this,
on average over the stages of the cascade and the probe pictures.

Adebayo et al. 2018 (arXiv:1810.03292) show curves and set no number; averaging the correlation over
the stages is what Quantus (Hedström et al. 2023, arXiv:2202.06861) does. A map that ignores the
weights (the edges of the picture) keeps 1, one that follows them alone about 0: this is the middle.
Measured on EfficientNet-Lite0, 6 probes, 3 seeds of the weights: edges 1.00, guided
backpropagation 0.72 to 0.73, gradient 0.26 to 0.28, Grad-CAM 0.09 to 0.20. Where the 95 % interval
over the probes (Student's t) covers the threshold, the verdict is "unclear".
"""

SANITY_PASSES = 30_000
"""Forward-equivalents a cascade may cost (about five minutes on two cores) unless it is asked for
in full; a gradient counts three."""

QUICK_PASSES = 240.0
"""Forward-equivalents that the quick set may cost on one picture, the 201 of the controls included;
those are measured once for all maps of a picture. Curves come first; a map that cannot be computed
again for what is left is told as not measured."""

CONTROL_LEAD = 0.3
"""Share of what the best control leaves to a perfect map that a map must get to beat the controls.

Being above them all is not enough: on the half of the ImageNet sample that this was chosen on,
Laplacian edges were above eight others on 23 % of pictures, fine noise on 12 %."""

SMALLEST_ROOM = 0.02
"""Probability that must be lost with every pixel removed, and left between the best control and a
perfect map, for curves to decide anything: the card tells them in hundredths."""

STABILITY_SPEARMAN = 0.7
"""Rank correlation from which a map counts as the same under faint noise (σ = 0.02 of the range).

No paper sets a number. Measured on 10 pictures of the ImageNet sample, EfficientNet-Lite0: the
picture's own edges keep 0.91 (0.75 at least), and Grad-CAM maps of unlike pictures share 0.48:
0.7 lies between. Grad-CAM keeps 0.98, SmoothGrad 0.60, the plain gradient 0.38.
"""
