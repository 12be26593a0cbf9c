"""The only caller of :mod:`core.api`: what pages may ask for, kept where a rerun would repeat it.

A page reruns at every click. So requests, results and encoded pictures are kept here, by content
key, with caps; what a page does with them costs no decoding, no encoding and no trip to the store.
"""

from __future__ import annotations

from dashboard.services._calibration import *
from dashboard.services._catalogue import *
from dashboard.services._certificates import *
from dashboard.services._compare import *
from dashboard.services._concepts import *
from dashboard.services._corruptions import *
from dashboard.services._counterfactual import *
from dashboard.services._datasets import *
from dashboard.services._drift import *
from dashboard.services._evidence import *
from dashboard.services._fairness import *
from dashboard.services._jobs import *
from dashboard.services._leaderboards import *
from dashboard.services._looks import *
from dashboard.services._maps import *
from dashboard.services._model_jobs import *
from dashboard.services._model_looks import *
from dashboard.services._pictures import *
from dashboard.services._requests import *
from dashboard.services._robustness import *
from dashboard.services._runs import *
from dashboard.services._shap import *
from dashboard.services._shown_data import *
from dashboard.services._sources import *
from dashboard.services._training import *
