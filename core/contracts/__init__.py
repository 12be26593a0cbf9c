"""The values that cross rooms and processes: frozen, NumPy and plain Python only.

Requests know their content key; results know how to be stored. Nothing here computes.
"""

from __future__ import annotations

from core.contracts._attack_checks import AttackCheck, Trust
from core.contracts._cards import (
    MethodCard,
    MetricCard,
    ModalityCard,
    ModelCard,
    Origin,
    Outputs,
)
from core.contracts._certificates import (
    Certified,
    CertifierCard,
    CertifyChunk,
    CertifyPictureRequest,
    CertifyRequest,
    ClassBias,
    PictureCertificate,
)
from core.contracts._claims import (
    CalibrateRequest,
    CalibrationTable,
    ClaimCard,
    ClaimDirection,
    ClaimStatus,
    MeasuredClaim,
)
from core.contracts._codec import Stored
from core.contracts._compression import (
    CompressionCard,
    CompressionForm,
    CompressRequest,
    ImportRequest,
)
from core.contracts._concepts import (
    Concept,
    ConceptMaps,
    ConceptMapsRequest,
    Concepts,
    ConceptsRequest,
    Selection,
)
from core.contracts._corruption import (
    Corrupted,
    CorruptionCard,
    CorruptionChunk,
    CorruptionGap,
    CorruptionGroup,
    CorruptionRequest,
    CorruptionRow,
    OutOfDistribution,
)
from core.contracts._count_text import count_text, exactly
from core.contracts._counterfactual import (
    Counterfactual,
    CounterfactualRequest,
    CounterfactualStep,
    RegionKind,
)
from core.contracts._datasets import (
    DEFAULT_DATASET,
    SPLITS,
    DatasetCard,
    DatasetPredictions,
    DatasetPredictRequest,
    DatasetRef,
    Evaluation,
    GroupCount,
    SplitName,
)
from core.contracts._drift import (
    Agreement,
    DifferenceUnit,
    Drift,
    DriftPath,
    DriftRequest,
    MapComparison,
    severity_text,
)
from core.contracts._evidence import (
    CONTROL_FAMILIES,
    CONTROLS_VERSION,
    LEADERBOARD_METHODS,
    Check,
    Curve,
    EvidenceCard,
    EvidenceRequest,
    GroupScore,
    Leaderboard,
    LeaderboardRequest,
    Sanity,
    SanityRequest,
    SanityStage,
    Score,
    Verdict,
)
from core.contracts._examples import (
    GalleryRef,
    Neighbour,
    Neighbours,
    NeighboursRequest,
    PictureSet,
)
from core.contracts._explanation_drift import (
    ExplanationDrift,
    ExplanationDriftRequest,
    ExplanationStep,
)
from core.contracts._fairness import (
    ADJUSTMENTS,
    MISSING,
    TIMES,
    UNKNOWN,
    Adjustment,
    AuditRequest,
    FairnessRules,
    TableColumns,
    TableSource,
)
from core.contracts._fairness_gaps import Comparisons, Gap, GroupGap, ReferenceKind, Strongest
from core.contracts._fairness_rates import GroupRate, GroupTable
from core.contracts._fairness_report import (
    Calibration,
    FairnessReport,
    FairnessRequest,
    Inequality,
    ScoreCurves,
    Task,
)
from core.contracts._fairness_verdicts import (
    P_OF,
    FairnessVerdict,
    LeftOut,
    decimals_beside,
    verdict_of,
)
from core.contracts._fairness_views import (
    Finding,
    GapCard,
    GroupMetricCard,
    LocalLaw144Row,
    TablePreview,
)
from core.contracts._group_names import attribute_name, group_name, groups_in_order
from core.contracts._input import Input, OpenedSource, Seen
from core.contracts._looks import Look, Looks
from core.contracts._metric_names import MetricName
from core.contracts._mitigation import (
    CONSTRAINTS,
    MITIGATORS,
    Constraint,
    Mitigation,
    MitigationRequest,
    Mitigator,
    ParityCost,
    ThresholdEffect,
)
from core.contracts._own_models import (
    ModelCheck,
    ModelChoices,
    ModelFacts,
    OwnModelRequest,
    PreprocessingTrial,
)
from core.contracts._picture import (
    DEPTHS,
    GEOMETRIES,
    Box,
    Depth,
    Geometry,
    ModelInput,
    Picture,
    PictureSeen,
    opened_picture,
    picture_input,
    picture_seen,
)
from core.contracts._requests import (
    ExplainRequest,
    InputRequest,
    ModelRequest,
    PredictRequest,
    Request,
    RequestFor,
)
from core.contracts._results import Explanation, InputResult, Prediction, Result
from core.contracts._robustness import (
    NORM_NAMES,
    AdversarialExample,
    AttackCard,
    Norm,
    RobustCurve,
    RobustGap,
    Robustness,
    RobustnessChunk,
    RobustnessRequest,
    RobustPoint,
)
from core.contracts._sample_splitting import ROWS, RowsChoice, RowsTaken
from core.contracts._seeds import GapSpread, GroupSpread, SeedSpread, Spread
from core.contracts._shap import (
    DEFAULT_EXPLAINER,
    ExplainerCard,
    RegionShare,
    ShapRequest,
    ShapResult,
)
from core.contracts._slices import Slice, SliceFinding, SliceReport, SlicesRequest
from core.contracts._tcav import (
    ConceptScore,
    Tcav,
    TcavRequest,
    Visualisation,
    VisualiseRequest,
)
from core.contracts._training import (
    DEFAULT_RECIPE,
    BaseModel,
    Epoch,
    RecipeCard,
    Run,
    TrainRequest,
)
from core.contracts._values import (
    DEFAULT_METHOD,
    DEFAULT_MODALITY,
    DEFAULT_MODEL,
    LANES,
    Array,
    Artefact,
    ClassRef,
    ClassScore,
    Lane,
    ModelRef,
    OutputValue,
    content_key,
)
from core.parameters import Parameter, Value, format_eps

__all__ = [
    "Adjustment", "ADJUSTMENTS", "AdversarialExample", "Agreement", "Array", "Artefact",
    "AttackCard", "attribute_name", "AuditRequest", "BaseModel", "Box", "CalibrateRequest",
    "Calibration", "CalibrationTable", "Certified", "CertifierCard", "CertifyChunk",
    "CertifyPictureRequest", "CertifyRequest", "Check", "ClaimCard", "ClaimDirection",
    "ClaimStatus", "ClassRef", "ClassScore", "Comparisons", "CompressionCard", "CompressionForm",
    "CompressRequest", "Concept", "ConceptMaps", "ConceptMapsRequest", "Concepts", "ConceptScore",
    "ConceptsRequest", "Constraint", "CONSTRAINTS", "content_key", "CONTROL_FAMILIES",
    "CONTROLS_VERSION", "Corrupted", "CorruptionCard", "CorruptionChunk", "CorruptionGap",
    "CorruptionGroup", "CorruptionRequest", "CorruptionRow", "Counterfactual", "count_text",
    "CounterfactualRequest", "CounterfactualStep", "Curve", "DatasetCard", "DatasetPredictions",
    "DatasetPredictRequest", "DatasetRef", "decimals_beside", "DEFAULT_DATASET",
    "DEFAULT_EXPLAINER", "DEFAULT_METHOD", "DEFAULT_MODALITY", "DEFAULT_MODEL",
    "DEFAULT_RECIPE", "Depth", "DEPTHS",
    "DifferenceUnit", "Drift", "DriftPath", "DriftRequest",
    "Epoch", "Evaluation", "EvidenceCard", "EvidenceRequest", "exactly",
    "ExplainerCard", "ExplainRequest", "Explanation", "ExplanationDrift",
    "ExplanationDriftRequest", "ExplanationStep",
    "FairnessReport", "FairnessRequest", "FairnessRules", "FairnessVerdict", "Finding",
    "GalleryRef", "Gap", "GapCard", "GapSpread", "GEOMETRIES", "Geometry", "GroupCount", "GroupGap",
    "GroupMetricCard", "GroupRate", "GroupScore", "groups_in_order", "GroupSpread", "GroupTable",
    "group_name", "AttackCheck", "ImportRequest", "Inequality", "Input",
    "InputRequest", "InputResult", "Lane", "LANES", "Leaderboard",
    "LEADERBOARD_METHODS", "LeaderboardRequest", "ClassBias", "LeftOut", "LocalLaw144Row", "Look",
    "Looks", "MapComparison", "MeasuredClaim", "MethodCard", "MetricCard", "MetricName",
    "MISSING", "Mitigation",
    "MitigationRequest", "Mitigator", "MITIGATORS", "ModalityCard", "ModelCard", "ModelCheck",
    "ModelChoices", "ModelFacts", "ModelInput",
    "ModelRef", "ModelRequest", "Neighbour", "Neighbours", "NeighboursRequest", "Norm",
    "NORM_NAMES", "Origin",
    "OpenedSource", "opened_picture", "Outputs", "OutputValue", "OwnModelRequest",
    "PreprocessingTrial",
    "OutOfDistribution", "P_OF", "Parameter", "ParityCost", "Picture", "PictureCertificate",
    "picture_input", "picture_seen",
    "PictureSeen", "PictureSet", "Prediction", "PredictRequest", "RecipeCard",
    "ReferenceKind", "RegionKind", "RegionShare", "Request", "RequestFor", "Result", "RobustCurve",
    "RobustGap",
    "Robustness", "RobustnessChunk", "RobustnessRequest", "RobustPoint", "ROWS", "RowsChoice",
    "RowsTaken", "Run", "Sanity", "SanityRequest", "SanityStage", "Score", "ScoreCurves",
    "SeedSpread", "Seen", "Selection",
    "ShapRequest", "ShapResult", "Slice", "SliceFinding", "SliceReport",
    "SlicesRequest", "SplitName", "SPLITS", "Spread", "Stored", "Strongest", "TableColumns",
    "TablePreview", "TableSource", "Task", "Tcav", "TcavRequest", "ThresholdEffect", "TIMES",
    "TrainRequest", "Trust", "UNKNOWN", "Value", "Verdict", "format_eps", "severity_text",
    "verdict_of", "Visualisation", "VisualiseRequest",
]  # fmt: skip
