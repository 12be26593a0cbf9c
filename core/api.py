"""Everything Pellucid does, as functions. Scripts, notebooks, the CLI and the dashboard call it.

>>> from core import api
>>> [method.id for method in api.methods()][:2]
['gradcam', 'gradcam++']

Scripts use :func:`predict` and :func:`explain`, which compute in this process. The dashboard
submits the same requests to :func:`jobs`, which computes them in workers.

Each room keeps its own in ``api``; here is all of it.
"""

from core.calibration.api import *
from core.catalogue.api import *
from core.comparison.api import *
from core.compression.api import *
from core.concepts.api import *
from core.data.api import *
from core.engine.api import *
from core.evidence.api import *
from core.evidence.counterfactual.api import *
from core.evidence.leaderboard.api import *
from core.evidence.sanity.api import *
from core.fairness.api.audits import *
from core.fairness.api.looks import *
from core.fairness.api.slices import *
from core.fairness.api.views import *
from core.modalities.api import *
from core.modalities.picture.api.drawings import *
from core.modalities.picture.api.pictures import *
from core.models.api.predict import *
from core.models.api.zoo import *
from core.own_models.api import *
from core.requests import *
from core.robustness.api import *
from core.robustness.certificates.api import *
from core.robustness.corruptions.api import *
from core.robustness.explanation_drift.api import *
from core.saliency.api import *
from core.server.api import *
from core.shapley.api import *
from core.training.api import *
