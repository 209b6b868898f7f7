"""Runs prebuilt cases on a GPU by nothing but ctypes, NumPy and the driver.

    gpu.py DIR FIRST

runs the cases of DIR from number FIRST on, and prints a line of JSON for each: its
number and its errors; or one line with the reason why nothing runs. Every buffer lies
between guard bytes that no call may change, nor what a call only reads. Each function
is called on the device's memory, replayed there from a graph that it was captured into,
and called on the host's memory, which all has to give the same bytes. A case that spoils the context, or hangs, ends the process.
"""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from ahead import DTYPES, Parameter
from cases import compare_case
from harness import Tally
from prebuilt import Prebuilt, PrebuiltCall, PrebuiltCase, load

GUARD = 1024
CAPTURE_THREAD = 1  # CU_STREAM_CAPTURE_MODE_THREAD_LOCAL
GUARD_BYTE, STALE_BYTE = 0xA5, 0x5A
CASE_TIMEOUT_S = 120
MAX_PROCESSES = 40  # each costs the time to load the libraries again
SPOILED = range(700, 800)  # results after which a context does nothing any more


class NoGPU(Exception):
    """Nothing can run here; the message says why."""


class CallError(Exception):
    """A call that failed."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


# Memory.


def surround(parameter: Parameter) -> np.ndarray:
    """The bytes of a buffer with its guards: an argument, or room for a result."""
    buffer = np.full(parameter.num_bytes + 2 * GUARD, GUARD_BYTE, np.uint8)
    inner = buffer[GUARD:len(buffer) - GUARD]
    inner[:] = STALE_BYTE
    if parameter.array is not None:
        inner[:] = np.frombuffer(parameter.array.tobytes(), np.uint8)
    return buffer


def damage(before: np.ndarray, after: np.ndarray, parameter: Parameter) -> str:
    """What a call changed that it must not change; empty if nothing."""
    end = len(before) - GUARD
    if not np.array_equal(before[:GUARD], after[:GUARD]):
        return "bytes in front of the array were written"
    if not np.array_equal(before[end:], after[end:]):
        return "bytes behind the array were written"
    if parameter.array is not None and not np.array_equal(before, after):
        return "an array that is only read was written"
    return ""


class Driver:
    """Memory and streams of the first device."""

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise NoGPU(f"no driver: {error}") from error
        device, context, stream = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_void_p()
        try:
            self.call("cuInit", ctypes.c_uint(0))
            self.call("cuDeviceGet", ctypes.byref(device), ctypes.c_int(0))
        except CallError as error:
            raise NoGPU(f"no device: {error}") from error
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self.call("cuCtxSetCurrent", context)
        self.call("cuStreamCreate", ctypes.byref(stream), ctypes.c_uint(0))
        self.stream = stream

    def call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, name)(*arguments)
        if status != 0:
            text = ctypes.c_char_p()
            self._library.cuGetErrorString(ctypes.c_int(status), ctypes.byref(text))
            words = (text.value or b"unknown error").decode()
            raise CallError(f"{name}: {words} ({status})", status)

    def upload(self, buffer: np.ndarray) -> int:
        address = ctypes.c_void_p()
        size = ctypes.c_size_t(buffer.nbytes)
        self.call("cuMemAlloc_v2", ctypes.byref(address), size)
        self.call("cuMemcpyHtoD_v2", address, buffer.ctypes.data_as(ctypes.c_void_p), size)
        return address.value

    def download(self, address: int, size: int) -> np.ndarray:
        buffer = np.empty(size, np.uint8)
        self.call("cuMemcpyDtoH_v2", buffer.ctypes.data_as(ctypes.c_void_p),
                  ctypes.c_void_p(address), ctypes.c_size_t(size))
        return buffer

    def free(self, addresses: Sequence[int]) -> None:
        """Frees what a spoiled context leaves to be freed."""
        for address in addresses:
            self._library.cuMemFree_v2(ctypes.c_void_p(address))

    def replay(self, enqueue: Callable[[], None]) -> None:
        """Captures what is enqueued into a graph, and launches that."""
        graph, program = ctypes.c_void_p(), ctypes.c_void_p()
        self.call("cuStreamBeginCapture_v2", self.stream, ctypes.c_int(CAPTURE_THREAD))
        try:
            enqueue()
        finally:
            self.call("cuStreamEndCapture", self.stream, ctypes.byref(graph))
        self.call("cuGraphInstantiateWithFlags", ctypes.byref(program), graph,
                  ctypes.c_ulonglong(0))
        self.call("cuGraphLaunch", program, self.stream)
        self.synchronize()
        self.call("cuGraphExecDestroy", program)
        self.call("cuGraphDestroy", graph)

    def synchronize(self) -> None:
        self.call("cuStreamSynchronize", self.stream)


# Calls.


def call_function(library: ctypes.CDLL, entry: str, suffix: str,
                  parameters: Sequence[Parameter], addresses: Sequence[int],
                  extra: Sequence[object] = ()) -> None:
    """Calls a C function; an address for each array, in order."""
    left = iter(addresses)
    arguments = [ctypes.c_int64(parameter.number)
                 if parameter.array is None and parameter.result is None
                 else ctypes.c_void_p(next(left)) for parameter in parameters]
    status = library[entry + suffix](*arguments, *extra)
    if status != 0:
        describe = library[f"{entry}_error"]
        describe.restype = ctypes.c_char_p
        raise CallError(f"{entry}{suffix}: {describe().decode()}", status)


def check_buffers(arrays: Sequence[Parameter], before: Sequence[np.ndarray],
                  after: Sequence[np.ndarray], where: str) -> list[np.ndarray]:
    """The results in buffers that a call left behind; an error where it did damage."""
    for number, (parameter, old, new) in enumerate(zip(arrays, before, after)):
        if found := damage(old, new, parameter):
            raise CallError(f"array {number} on the {where}: {found}", 0)
    return [new[GUARD:len(new) - GUARD].copy().view(DTYPES[parameter.result[0]])
            .reshape(parameter.result[1])
            for parameter, new in zip(arrays, after) if parameter.result]


def run_on_device(driver: Driver, call: PrebuiltCall,
                  enqueue: Callable[[Sequence[int]], None], where: str,
                  ) -> list[np.ndarray]:
    """The results of what is enqueued with the addresses of the arrays."""
    arrays = arrays_of(call)
    before = [surround(parameter) for parameter in arrays]
    addresses = [driver.upload(buffer) for buffer in before]
    try:
        enqueue([address + GUARD for address in addresses])
        driver.synchronize()
    except CallError:
        driver.free(addresses)
        raise
    after = [driver.download(address, len(buffer))
             for address, buffer in zip(addresses, before)]
    driver.free(addresses)
    return check_buffers(arrays, before, after, where)


def run_on_host(library: ctypes.CDLL, call: PrebuiltCall) -> list[np.ndarray]:
    arrays = arrays_of(call)
    before = [surround(parameter) for parameter in arrays]
    after = [buffer.copy() for buffer in before]
    call_function(library, call.entry, "_host", call.parameters,
                  [buffer.ctypes.data + GUARD for buffer in after])
    return check_buffers(arrays, before, after, "host")


def arrays_of(call: PrebuiltCall) -> list[Parameter]:
    return [parameter for parameter in call.parameters
            if parameter.array is not None or parameter.result]


def run_call(driver: Driver, library: ctypes.CDLL, call: PrebuiltCall,
             ) -> dict[str, np.ndarray]:
    """The results by name."""
    def enqueue(addresses: Sequence[int]) -> None:
        call_function(library, call.entry, "", call.parameters, addresses, [driver.stream])

    def replay(addresses: Sequence[int]) -> None:
        driver.replay(lambda: enqueue(addresses))

    results = run_on_device(driver, call, enqueue, "device")
    others = {"a graph": run_on_device(driver, call, replay, "device, from a graph"),
              "host arrays": run_on_host(library, call)}
    for way, found in others.items():
        for name, first, second in zip(call.names, results, found):
            if first.tobytes() != second.tobytes():
                raise CallError(f"{name}: by {way} other bytes than by a call", 0)
    return dict(zip(call.names, results, strict=True))


class Runner:
    def __init__(self, driver: Driver, folder: Path) -> None:
        self.driver = driver
        self.folder = folder
        self._libraries: dict[str, ctypes.CDLL] = {}

    def library(self, name: str) -> ctypes.CDLL:
        if name not in self._libraries:
            self._libraries[name] = ctypes.CDLL(str(self.folder / name))
        return self._libraries[name]

    def run(self, prebuilt: PrebuiltCase) -> tuple[list[str], bool]:
        """The errors of a case, and whether the context still works."""
        errors = list(prebuilt.errors)
        for call in prebuilt.calls:
            if call.error:
                errors.append(call.label + call.error)
                continue
            try:
                got = run_call(self.driver, self.library(call.library), call)
            except (CallError, OSError) as error:
                errors.append(call.label + str(error))
                if getattr(error, "status", 0) in SPOILED:
                    return errors, False
                continue
            errors += [call.label + error for error in compare_case(prebuilt.case, got)]
        return errors, True


# Processes.


def report_cases(folder: Path, first: int) -> None:
    """Runs the cases from `first` on, with a line of JSON for each."""
    prebuilt = load(folder)
    try:
        runner = Runner(Driver(), folder)
    except NoGPU as reason:
        print(json.dumps({"reason": str(reason)}), flush=True)
        return
    for number, case in enumerate(prebuilt.cases[first:], start=first):
        signal.alarm(CASE_TIMEOUT_S)
        errors, works = runner.run(case)
        print(json.dumps({"case": number, "errors": errors}), flush=True)
        if not works:
            return


def read_reports(folder: Path, first: int) -> Iterator[dict]:
    """What one process reports, and at last what it died of."""
    process = subprocess.Popen([sys.executable, __file__, str(folder), str(first)],
                               stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    yield from map(json.loads, process.stdout)
    if status := process.wait():
        yield {"death": f"exit status {status}"}


def run_prebuilt(prebuilt: Prebuilt, tally: Tally) -> None:
    """Runs all cases, in as many processes as it takes."""
    for skip in prebuilt.skips:
        tally.skip(*skip)
    cases, done, processes = prebuilt.cases, 0, 0
    while done < len(cases):
        processes += 1
        if processes > MAX_PROCESSES:
            record_all(cases[done:], "not run: too many cases have ended their process", tally)
            return
        for report in read_reports(prebuilt.folder, done):
            if "reason" in report:
                skip_all(cases, report["reason"], tally)
                return
            tally.record(cases[done].case.name,
                         report.get("errors", [report.get("death", "")]))
            done += 1


def record_all(cases: Sequence[PrebuiltCase], error: str, tally: Tally) -> None:
    for case in cases:
        tally.record(case.case.name, [error])


def skip_all(cases: Sequence[PrebuiltCase], reason: str, tally: Tally) -> None:
    for case in cases:
        tally.skip(case.case.name, 1, reason)


if __name__ == "__main__":
    report_cases(Path(sys.argv[1]), int(sys.argv[2]))
