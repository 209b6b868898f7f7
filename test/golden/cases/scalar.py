"""Rules on numbers, which are functions of the C++ library."""

from __future__ import annotations

import numpy as np

from harness import Tools

from .registry import Case, rule


@rule("effective_bpw")
def effective_bpw(tools: Tools, case: Case) -> dict[str, np.ndarray]:
    value = tools.scalar("effective_bpw", case.inputs["config"])
    return {"bpw": value.astype(np.float32)}


@rule("persistent_memory_bytes")
def persistent_memory_bytes(tools: Tools, case: Case) -> dict[str, np.ndarray]:
    return {"bytes": tools.scalar("persistent_memory_bytes", case.inputs["config"])}


@rule("persistent_memory_norm_units")
def persistent_memory_norm_units(tools: Tools, case: Case) -> dict[str, np.ndarray]:
    """The first column of the table, N, is not used."""
    config = case.inputs["config"][:, 1:]
    return {"units": tools.scalar("persistent_memory_norm_units", config)}


@rule("corr_step_from_weight")
def corr_step_from_weight(tools: Tools, case: Case) -> dict[str, np.ndarray]:
    rows = [tools.scalar("corr_step_from_weight", case.inputs["weight"], base)
            for base in case.params["base_steps"]]
    return {"corr_step": np.stack(rows)}


@rule("scaled_init_threshold")
def scaled_init_threshold(tools: Tools, case: Case) -> dict[str, np.ndarray]:
    value = tools.scalar("scaled_init_threshold", case.inputs["threshold"],
                         case.inputs["init_std"])
    return {"value": value.astype(np.float32)}


@rule("group_exp_init_dim")
def group_exp_init_dim(tools: Tools, case: Case) -> dict[str, np.ndarray]:
    return {"E": tools.scalar("group_exp_init_dim", case.inputs["in_dim"])}
