"""One process of a sharded network.

    mpirun -n N rank.py FOLDER

Calls `mlp` of FOLDER/mlp.so on the arrays of FOLDER/RANK.npz, in the order of their
names; the one named `result` is written, and becomes FOLDER/RANK.npy.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import numpy as np


def main() -> None:
    folder = Path(sys.argv[1])
    rank = os.environ["PMI_RANK"]  # as MPICH's launcher numbers its processes
    arrays = dict(np.load(folder / f"{rank}.npz"))
    library = ctypes.CDLL(str(folder / "mlp.so"))
    mpi = ctypes.CDLL("libmpich.so.12")
    mpi.MPI_Init(None, None)
    library.mlp(*[ctypes.c_void_p(array.ctypes.data) for array in arrays.values()])
    mpi.MPI_Finalize()
    np.save(folder / f"{rank}.npy", arrays["result"])


if __name__ == "__main__":
    main()
