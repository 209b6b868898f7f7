"""Arrays for the C programs of the tests of ternary-compile.

  arrays.py make OUT DTYPE SHAPE SEED [LOW HIGH]  random values, as OUT.npy and
                                                  as OUT.bin, the bytes alone
  arrays.py same FILE.bin FILE.npy [TOLERANCE]    fails where the bytes are others,
                                                  or floats differ by more
"""

import sys

import numpy as np


def make(out: str, dtype: str, shape: str, seed: str, low="-1", high="1") -> None:
    random = np.random.default_rng(int(seed))
    extents = tuple(int(extent) for extent in shape.split("x"))
    if dtype.startswith("float"):
        array = random.uniform(float(low), float(high), extents)
    else:
        array = random.integers(int(low), int(high), extents, endpoint=True)
    array = array.astype(dtype)
    np.save(out + ".npy", array)
    array.tofile(out + ".bin")


def same(found: str, expected: str, tolerance: str = "0") -> None:
    want = np.load(expected)
    got = np.fromfile(found, want.dtype).reshape(want.shape)
    np.testing.assert_allclose(got, want, rtol=float(tolerance), atol=float(tolerance))


if __name__ == "__main__":
    {"make": make, "same": same}[sys.argv[1]](*sys.argv[2:])
