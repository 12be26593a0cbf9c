"""From inputs and options to checked requests, ready to be computed anywhere.

Each room keeps its own in ``request``; here is all of it.
"""

from core.calibration.request import *
from core.comparison.request import *
from core.compression.request import *
from core.concepts.request import *
from core.data.request import *
from core.evidence.counterfactual.request import *
from core.evidence.leaderboard.request import *
from core.evidence.picture.request import *
from core.evidence.request import *
from core.evidence.sanity.request import *
from core.fairness.request.audits import *
from core.fairness.request.class_map import *
from core.modalities.picture.request import *
from core.models.request import *
from core.own_models.request import *
from core.robustness.certificates.request import *
from core.robustness.corruptions.request import *
from core.robustness.explanation_drift.request import *
from core.robustness.request import *
from core.saliency.request import *
from core.shapley.request import *
from core.training.request import *
