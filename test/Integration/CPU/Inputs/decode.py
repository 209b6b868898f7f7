"""The calls of decode.mlir."""

import numpy as np
from cases import Call, main

BYTES = np.arange(256, dtype=np.uint8)


def digits(radix, count, offset):
    """`count` digits of each byte, the least significant one first."""
    powers = radix ** np.arange(count)
    return (BYTES[:, None] // powers % radix - offset).astype(np.int8)


def build(rng):
    bytes_ = BYTES.view(np.int8)
    yield Call("base3", [bytes_], [digits(3, 5, 1).ravel()])
    yield Call("chimera", [bytes_], [digits(4, 4, 0)[:, ::-1].ravel()])
    yield Call("three", [bytes_], [digits(3, 3, 1)[:, ::-1].ravel()])


if __name__ == "__main__":
    main(build)
