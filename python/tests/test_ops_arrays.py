"""What ops take as arrays: layouts, memory, tensors of torch."""

from __future__ import annotations

import unittest

import numpy as np

import ternary
from op_testing import OpTestCase

try:
    import torch
except ImportError:
    torch = None


class Layouts(OpTestCase):
    def test_arrays_are_contiguous(self) -> None:
        x, trits = self.floats(4, 10), self.trits(3, 5)
        for strided in (x[:, ::2], np.asfortranarray(x[:, :5]), x[:, :5]):
            self.assert_refuses(ValueError, "bitlinear", ternary.bitlinear, strided, trits)
        out = np.empty((4, 6), np.float32)
        self.assert_refuses(ValueError, "bitlinear", ternary.bitlinear,
                            np.ascontiguousarray(x[:, :5]), trits, out=out[:, ::2])

    def test_byte_order_is_that_of_the_machine(self) -> None:
        swapped = self.floats(2, 5).astype(np.dtype(np.float32).newbyteorder())
        self.assert_refuses(TypeError, "bitlinear: operand 'x', expected int8",
                            ternary.bitlinear, swapped, self.trits(3, 5))

    def test_what_is_written_overlaps_nothing(self) -> None:
        x = self.floats(3, 8)
        before = x.copy()
        self.assert_refuses(ValueError, "sparsify", ternary.sparsify, x, out=x)
        state = np.zeros((3, 2), np.int8)
        self.assert_refuses(ValueError, "update_exponent", ternary.update_exponent,
                            self.trits(3, 8), self.trits(3, 8), state, state, group_size=4)
        self.assert_equal(x, before)

    def test_number_of_destinations(self) -> None:
        x, q = self.floats(3, 8), np.empty((3, 8), np.int8)
        self.assert_refuses(TypeError, "quantize_activation", ternary.quantize_activation, x,
                            out=q)
        self.assert_refuses(TypeError, "quantize_activation", ternary.quantize_activation, x,
                            out=(q,))


@unittest.skipUnless(torch, "torch is not installed")
class Torch(OpTestCase):
    def test_tensors_in_numpy_out(self) -> None:
        x, trits = self.floats(2, 5), self.trits(3, 5)
        got = ternary.bitlinear(torch.from_numpy(x), torch.from_numpy(trits),
                                dtype=torch.float16)
        self.assert_equal(got, ternary.bitlinear(x, trits, dtype="float16"))

    def test_tensors_as_destinations(self) -> None:
        x, trits, out = self.floats(2, 5), self.trits(3, 5), torch.empty(2, 3)
        self.assertIs(ternary.bitlinear(x, trits, out=out), out)
        self.assert_equal(out.numpy(), ternary.bitlinear(x, trits))

    def test_bfloat16(self) -> None:
        x, trits = torch.from_numpy(self.floats(2, 5)).bfloat16(), self.trits(3, 5)
        out = torch.empty(2, 3, dtype=torch.bfloat16)
        ternary.bitlinear(x, trits, dtype=torch.bfloat16, out=out)
        want = torch.from_numpy(ternary.bitlinear(x.float(), trits)).bfloat16()
        self.assert_equal(out.float().numpy(), want.float().numpy())

    def test_state_in_place(self) -> None:
        sign, accumulator = self.trits(3, 5), torch.zeros(3, 5, dtype=torch.int8)
        ternary.accumulate_trit(torch.from_numpy(sign), accumulator)
        self.assert_equal(accumulator.numpy(), -sign)


if __name__ == "__main__":
    unittest.main()
