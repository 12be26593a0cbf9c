"""Parameters that recipes share: one description for the command line, the page and the loop."""

from __future__ import annotations

from dataclasses import replace

from core.parameters import Parameter, Value

__all__ = ["AUGMENTATION", "BALANCE", "DATA", "OPTIMISATION", "with_defaults", "without"]

DATA: tuple[Parameter, ...] = (
    Parameter(
        "n_train", "int", 0,
        "Training pictures to use, drawn by seed, each class in its proportion; 0: all",
        low=0, high=10_000_000,
    ),
)  # fmt: skip

OPTIMISATION: tuple[Parameter, ...] = (
    Parameter("epochs", "int", 10, "Passes over the training pictures", low=1, high=500),
    Parameter("learning_rate", "float", 0.1, "Peak learning rate", low=1e-6, high=2.0, step=1e-3),
    Parameter("batch_size", "int", 64, "Pictures a step", low=2, high=1024),
    Parameter(
        "optimizer", "choice", "sgd", "How weights are moved (sgd: Nesterov momentum 0.9)",
        choices=("sgd", "adam", "adamw"),
    ),
    Parameter(
        "schedule", "choice", "cosine",
        "How the learning rate falls: to 0 along a cosine, tenfold at 50 % and 75 %, or not",
        choices=("cosine", "step", "constant"),
    ),
    Parameter("warmup", "float", 1.0, "Epochs of linear warm-up", low=0.0, high=50.0, step=0.5),
    Parameter(
        "weight_decay", "float", 5e-4,
        "Share of the kernels taken off at learning rate 1 (with sgd, 5e-3 is like an L2 of 5e-4)",
        low=0.0, high=1.0, step=1e-4,
    ),
    Parameter("label_smoothing", "float", 0.0, "Share of each label spread over all classes",
              low=0.0, high=0.5, step=0.05),
    Parameter(
        "patience", "int", 0,
        "Stop after this many epochs without a better validation loss and keep the best; 0: never",
        low=0, high=100,
    ),
)  # fmt: skip

AUGMENTATION: tuple[Parameter, ...] = (
    Parameter("flip", "bool", True, "Mirror half of the pictures, left to right"),
    Parameter("crop", "int", 4, "Shift by up to this many pixels (reflected border)",
              low=0, high=32),
    Parameter("colour", "float", 0.0, "Strength of brightness, contrast and saturation jitter",
              low=0.0, high=1.0, step=0.05),
    Parameter("randaugment", "int", 0, "Magnitude of RandAugment (two operations); 0: off",
              low=0, high=10),
    Parameter("mixup", "float", 0.0, "α of mixup (pictures and labels are blended); 0: off",
              low=0.0, high=2.0, step=0.1),
    Parameter("cutmix", "float", 0.0, "α of CutMix (a patch of another picture); 0: off",
              low=0.0, high=2.0, step=0.1),
)  # fmt: skip

BALANCE: tuple[Parameter, ...] = (
    Parameter(
        "balance", "choice", "none",
        "Give rare classes, groups, or classes within groups, more weight or more draws",
        choices=("none", "class_weights", "group_weights", "class_sampling", "group_sampling"),
    ),
    Parameter("balance_by", "text", "", "Attribute whose groups are balanced"),
)  # fmt: skip


def with_defaults(parameters: tuple[Parameter, ...], **defaults: Value) -> tuple[Parameter, ...]:
    """Return ``parameters`` with other defaults."""
    return tuple(
        replace(p, default=defaults[p.name]) if p.name in defaults else p for p in parameters
    )


def without(parameters: tuple[Parameter, ...], *names: str) -> tuple[Parameter, ...]:
    """Return ``parameters`` without those called ``names``."""
    return tuple(p for p in parameters if p.name not in names)
