"""The values that cross rooms and processes: frozen, NumPy and plain Python only.

Requests know their content key; results know how to be stored. Nothing here computes. Each room
keeps its own in ``contract``, made of what lies in :mod:`core.values`; here is all of it.
"""

from core.calibration.contract import *
from core.comparison.contract import *
from core.compression.contract import *
from core.concepts.contract.concepts import *
from core.concepts.contract.neighbours import *
from core.concepts.contract.tcav import *
from core.concepts.contract.visualisation import *
from core.data.contract import *
from core.evidence.contract import *
from core.evidence.counterfactual.contract import *
from core.evidence.leaderboard.contract import *
from core.evidence.sanity.contract import *
from core.fairness.contract.audits import *
from core.fairness.contract.class_pairs import *
from core.fairness.contract.gaps import *
from core.fairness.contract.group_names import *
from core.fairness.contract.looks import *
from core.fairness.contract.metric_names import *
from core.fairness.contract.mitigation import *
from core.fairness.contract.rates import *
from core.fairness.contract.report import *
from core.fairness.contract.sample_splitting import *
from core.fairness.contract.slices import *
from core.fairness.contract.verdicts import *
from core.fairness.contract.views import *
from core.modalities.contract import *
from core.modalities.picture.contract import *
from core.models.contract import *
from core.own_models.contract import *
from core.parameters import Parameter as Parameter
from core.parameters import Value as Value
from core.parameters import format_eps as format_eps
from core.robustness.attacks.contract import *
from core.robustness.certificates.contract import *
from core.robustness.checks.contract import *
from core.robustness.contract import *
from core.robustness.corruptions.contract import *
from core.robustness.explanation_drift.contract import *
from core.saliency.contract import *
from core.shapley.contract import *
from core.training.contract.runs import *
from core.training.contract.seeds import *
from core.values.basic import *
from core.values.codec import *
from core.values.counts import *
from core.values.inputs import *
from core.values.requests import *
from core.values.results import *
