"""Steps that golden cases of several ops share."""

from __future__ import annotations

import numpy as np

import ternary
from golden import Case, as_matrix, grouped


def latent_trits(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Trits and row scales of latent weights; 2:4 is chosen on the trits (D6)."""
    w = as_matrix(case.inputs["w"])
    alpha = ternary.absmean(w, eps=case.params.get("eps", 1e-5))
    trits = ternary.ternarize(w, alpha)
    if case.params.get("nm_2_4"):
        trits = ternary.sparsify(trits)
    return trits, alpha


def scales_of_exponents(case: Case, rows: int, half: bool = False) -> np.ndarray:
    """Scales [rows, G] of a case. The half-precision path also uses the correlation at step
    0 and clamps the exponent (D11)."""
    return ternary.effective_exponent(
        grouped(case.inputs["E"], rows), group_size=int(case.params["group_size"]),
        correlation=grouped(case.inputs["corr"], rows),
        step=np.array([case.params["step"]], np.int64),
        strength=float(case.params["strength"]), correlate_at_zero=half,
        clamp_min=-14.0 if half else None, clamp_max=15.0 if half else None)
