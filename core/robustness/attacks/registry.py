"""The one list of attacks: the command line, the pages and the contract test read it.

Packages add theirs through entry points of the group ``pellucid.attacks``.
"""

from __future__ import annotations

from core.contracts import Norm
from core.errors import InputError
from core.registry import Registry
from core.robustness.attacks.apgd_ce import ApgdCe
from core.robustness.attacks.apgd_dlr import ApgdDlr
from core.robustness.attacks.base import Attack
from core.robustness.attacks.bim import Bim
from core.robustness.attacks.carlini_wagner import CarliniWagner
from core.robustness.attacks.deepfool import DeepFool
from core.robustness.attacks.fab import Fab
from core.robustness.attacks.fgsm import Fgsm
from core.robustness.attacks.hopskipjump import HopSkipJump
from core.robustness.attacks.noise import GaussianNoise, UniformNoise
from core.robustness.attacks.patch import Patch
from core.robustness.attacks.pgd import Pgd
from core.robustness.attacks.square import Square
from core.robustness.attacks.standard import Standard
from core.robustness.attacks.universal import Universal

__all__ = ["ATTACKS", "get_for"]

_OWN: tuple[type[Attack], ...] = (
    Fgsm,
    Bim,
    Pgd,
    ApgdCe,
    ApgdDlr,
    Square,
    Standard,
    DeepFool,
    Fab,
    CarliniWagner,
    HopSkipJump,
    Universal,
    Patch,
    UniformNoise,
    GaussianNoise,
)

ATTACKS: Registry[type[Attack]] = Registry("attack", _OWN, group="pellucid.attacks", base=Attack)


def get_for(attack_id: str, norm: Norm) -> type[Attack]:
    """Return the attack called ``attack_id``, which must be defined for ``norm``.

    Raises
    ------
    InputError
        If it is not; the text lists the attacks that are.
    """
    attack = ATTACKS.find(attack_id)
    if norm not in attack.norms:
        able = ", ".join(name for name, other in ATTACKS.items() if norm in other.norms)
        raise InputError(
            f"{attack_id} is not defined for the norm {norm}, only for {', '.join(attack.norms)}. "
            f"Attacks for {norm}: {able}."
        )
    return attack
