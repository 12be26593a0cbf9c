"""The one list of saliency methods: the CLI, the widgets and the contract test read it.

Packages add theirs through entry points of the group ``pellucid.methods``.
"""

from __future__ import annotations

from core.registry import Registry
from core.saliency.base import Method
from core.saliency.expected_gradients import ExpectedGradients
from core.saliency.gradient import Saliency
from core.saliency.gradient_x_input import GradientXInput
from core.saliency.guided_backprop import GuidedBackprop
from core.saliency.guided_ig import GuidedIg
from core.saliency.idgi import Idgi
from core.saliency.integrated_gradients import IntegratedGradients
from core.saliency.lime import Lime
from core.saliency.occlusion import Occlusion
from core.saliency.picture.ablationcam import AblationCam
from core.saliency.picture.adaptive_rise import AdaptiveRise
from core.saliency.picture.attention_gradient import AttentionGradient
from core.saliency.picture.attention_rollout import AttentionRollout
from core.saliency.picture.blur_ig import BlurIg
from core.saliency.picture.centre import Centre
from core.saliency.picture.edges import Edges
from core.saliency.picture.eigencam import EigenCam
from core.saliency.picture.gradcam import GradCam
from core.saliency.picture.gradcam_plus_plus import GradCamPlusPlus
from core.saliency.picture.guided_gradcam import GuidedGradCam
from core.saliency.picture.hirescam import HiResCam
from core.saliency.picture.layercam import LayerCam
from core.saliency.picture.random_blocks import RandomBlocks
from core.saliency.picture.reciprocam import ReciproCam
from core.saliency.picture.rise import Rise
from core.saliency.picture.scorecam import ScoreCam
from core.saliency.picture.xrai import Xrai
from core.saliency.smoothgrad import SmoothGrad
from core.saliency.sobol import Sobol

__all__ = ["METHODS"]

_OWN: tuple[type[Method], ...] = (
    GradCam,
    GradCamPlusPlus,
    LayerCam,
    HiResCam,
    AblationCam,
    ScoreCam,
    ReciproCam,
    EigenCam,
    Saliency,
    SmoothGrad,
    GradientXInput,
    IntegratedGradients,
    Idgi,
    BlurIg,
    GuidedIg,
    ExpectedGradients,
    Xrai,
    Occlusion,
    Rise,
    AdaptiveRise,
    Sobol,
    Lime,
    AttentionGradient,
    AttentionRollout,
    GuidedGradCam,
    GuidedBackprop,
    RandomBlocks,
    Edges,
    Centre,
)

METHODS: Registry[type[Method]] = Registry("method", _OWN, group="pellucid.methods", base=Method)
