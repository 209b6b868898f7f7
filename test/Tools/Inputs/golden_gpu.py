"""Writes cases that call each function of golden_gpu.c, as if they were prebuilt.

    golden_gpu.py DIR NAME...
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

import numpy as np

from ahead import Parameter
from cases import Case
from prebuilt import Prebuilt, PrebuiltCall, PrebuiltCase, save


def make_case(name: str) -> PrebuiltCase:
    array = np.arange(5, dtype=np.float32)
    case = Case(name, "copy", {}, {}, {"y": array}, {"y": "exact"})
    parameters = [Parameter(array=array), Parameter(number=5),
                  Parameter(result=("f32", (5,)))]
    return PrebuiltCase(case, [], [PrebuiltCall("", name, "functions.so", "", ["y"],
                                                parameters)])


save(Prebuilt(Path(sys.argv[1]), [make_case(name) for name in sys.argv[2:]],
              [("rule", 2, "not compiled")]))
