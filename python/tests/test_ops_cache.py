"""The cache behind eager ops: one compilation per signature, from any thread."""

from __future__ import annotations

import functools
import os
import threading
import unittest
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np

import ternary
from op_testing import OpTestCase
from ternary import _core, _eager
from ternary._cache import Cache


@contextmanager
def counted_compilations(delay: threading.Event | None = None) -> Iterator[list[str]]:
    """The texts that are compiled while it is open, with a cache that starts empty."""
    texts: list[str] = []
    original = _core.compile

    def compile_and_count(text: str, **options: Any) -> _core.Program:
        texts.append(text)
        if delay is not None:
            delay.wait(60)
        return original(text, **options)

    _eager.clear_cache()
    with mock.patch.object(_core, "compile", compile_and_count):
        yield texts


class DType:
    """A dtype as torch has them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return f"torch.{self.name}"


class Tensor:
    """An array of another library: its own dtype object, and DLPack."""

    def __init__(self, array: np.ndarray) -> None:
        self.array, self.shape = array, array.shape
        self.dtype = DTYPES[array.dtype.name]

    def __dlpack__(self, **options: Any) -> Any:
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()


DTYPES = {name: DType(name) for name in ("float32", "int8")}


class Compilations(OpTestCase):
    def test_one_compilation_per_signature(self) -> None:
        trits = self.trits(3, 5)
        with counted_compilations() as texts:
            for tokens in (1, 0, 2, 7, 2):
                ternary.bitlinear(self.floats(tokens, 5), trits)
            self.assertEqual(len(texts), 2, "one for one token, one for all others")
            ternary.bitlinear(self.floats(5), trits)
            self.assertEqual(len(texts), 3, "activations of rank 1 are another signature")
            ternary.bitlinear(self.floats(2, 5), trits, scales=self.floats(3))
            ternary.bitlinear(self.floats(2, 5), trits, scales=self.floats(3))
            ternary.bitlinear(self.floats(2, 5), trits, dtype="float32")
            self.assertEqual(len(texts), 4)
            ternary.bitlinear(self.floats(2, 5), trits, dtype="float16")
            self.assertEqual(len(texts), 5)

    def test_amounts_of_a_correlation_share_a_function(self) -> None:
        sign, state = self.trits(3, 5), (np.zeros((3, 2), np.int64), np.zeros(1, np.int64))
        with counted_compilations() as texts:
            for amount in (1, 2, -3):
                ternary.accumulate_correlation(sign, sign, *state, group_size=4,
                                               amount=amount)
        self.assertEqual(len(texts), 1)
        self.assertEqual(state[1][0], 6)

    def test_other_arrays_share_functions_with_numpy(self) -> None:
        x, trits = self.floats(2, 5), self.trits(3, 5)
        with counted_compilations() as texts:
            want = ternary.bitlinear(x, trits)
            self.assert_equal(ternary.bitlinear(Tensor(x), Tensor(trits)), want)
            self.assert_equal(ternary.bitlinear(x, Tensor(trits)), want)
        self.assertEqual(len(texts), 1)

    def test_number_of_functions_is_bounded(self) -> None:
        made: list[str] = []
        cache: Cache[str] = Cache(2)

        def make(key: str) -> str:
            made.append(key)
            return key

        for key in ("a", "b", "a", "c", "a", "b"):
            self.assertEqual(cache.get(key, functools.partial(make, key)), key)
        self.assertEqual(made, ["a", "b", "c", "b"], "a was used last when c came")

    def test_calls_of_a_dropped_function_are_forgotten(self) -> None:
        x, trits = self.floats(2, 5), self.trits(3, 5)
        with mock.patch.object(_eager._functions, "_limit", 1), \
                counted_compilations() as texts:
            for _ in range(2):
                ternary.bitlinear(x, trits)
                ternary.rms_norm(x)
        self.assertEqual(len(texts), 4)

    def test_number_of_calls_is_bounded(self) -> None:
        trits = self.trits(3, 5)
        with mock.patch.object(_eager, "MAX_CALLS", 4), counted_compilations() as texts:
            for tokens in range(2, 9):
                ternary.bitlinear(self.floats(tokens, 5), trits)
                self.assertLessEqual(len(_eager._calls), 4)
        self.assertEqual(len(texts), 1)

    def test_refused_calls_leave_nothing(self) -> None:
        x, trits = self.floats(2, 5), self.trits(3, 5)
        with counted_compilations() as texts:
            for _ in range(2):
                with self.assertRaises(ValueError):
                    ternary.bitlinear(x, trits, bias=self.floats(2))
        self.assertEqual(texts, [])
        self.assertEqual(_eager._calls, {})

    def test_a_failed_compilation_is_tried_again(self) -> None:
        x, trits = self.floats(2, 5), self.trits(3, 5)
        _eager.clear_cache()
        with mock.patch.object(_core, "compile", side_effect=KeyboardInterrupt), \
                self.assertRaises(KeyboardInterrupt):
            ternary.bitlinear(x, trits)
        self.assertEqual(ternary.bitlinear(x, trits).shape, (2, 3))


class Threads(OpTestCase):
    def test_threads_wait_for_one_compilation(self) -> None:
        x, trits, begin = self.floats(2, 5), self.trits(3, 5), threading.Event()
        want = ternary.bitlinear(x, trits)
        results: list[np.ndarray] = []
        with counted_compilations(delay=begin) as texts:
            threads = [threading.Thread(
                target=lambda: results.append(ternary.bitlinear(x, trits)))
                for _ in range(4)]
            for thread in threads:
                thread.start()
            begin.set()
            for thread in threads:
                thread.join()
        self.assertEqual((len(texts), len(results)), (1, 4))
        for result in results:
            self.assert_equal(result, want)

    def test_threads_with_signatures_of_their_own(self) -> None:
        trits, wrong = self.trits(3, 5), []
        inputs = [self.floats(*[2] * rank, 5) for rank in range(4)]

        def work(x: np.ndarray) -> None:
            want = x @ trits.T.astype(np.float32)
            for _ in range(3):
                if not np.allclose(ternary.bitlinear(x, trits), want, atol=1e-5):
                    wrong.append(x.shape)

        with counted_compilations() as texts:
            threads = [threading.Thread(target=work, args=(x,)) for x in inputs * 2]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(wrong, [])
        self.assertEqual(len(texts), 4)

    def check_setting(self, name: str, select: Callable[[Any], None], values: list[Any],
                      ) -> None:
        """Each value reaches the compiler as its argument `name`, the last of them being
        that which ops begin with."""
        x, w = np.ones((5, 40), np.int8), np.ones((130, 40), np.int8)
        seen: list[Any] = []
        original = _core.compile

        def note(text: str, **options: Any) -> _core.Program:
            seen.append(options[name])
            return original(text, **options)

        try:
            with mock.patch.object(_core, "compile", note):
                for value in values:
                    select(value)
                    y = ternary.bitlinear(x, w, dtype="int32")
                    np.testing.assert_array_equal(y, np.full((5, 130), 40))
        finally:
            select(values[-1])
        self.assertEqual(seen, values)

    def test_threads_of_the_ops(self) -> None:
        self.check_setting("threads", ternary.set_threads, [2, 1])
        with self.assertRaisesRegex(ValueError, "set_threads: expected 0 or more, found -1"):
            ternary.set_threads(-1)

    def test_target(self) -> None:
        self.check_setting("target", ternary.set_target, ["reference", "cpu"])
        with self.assertRaisesRegex(ValueError, "set_target: expected cpu, cuda, ref.*'tpu'"):
            ternary.set_target("tpu")

    def test_child_of_a_fork_does_not_wait_for_its_parent(self) -> None:
        """Threads that the child does not have hold the locks."""
        cache: Cache[int] = Cache(4)
        cache.get("there", lambda: 1)
        slot = cache._slot("half made")
        with cache._lock, slot.lock:
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    status = int(cache.get("there", lambda: 2) != 1
                                 or cache.get("half made", lambda: 3) != 3)
                finally:
                    os._exit(status)
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)


if __name__ == "__main__":
    unittest.main()
