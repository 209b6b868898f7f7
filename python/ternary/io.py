"""Model files: GGUF and safetensors.

`load_gguf` and `load_safetensors` give the tensors of a file as arrays, `save_gguf` and
`save_safetensors` write arrays; `import_…` and `export_…` do the same with IR, a module of
weights (docs/model-files.md). Packed trits keep their bytes and say their packing:

    model = ternary.io.load_gguf("model.gguf", only="blk.0.*")
    weight = model["blk.0.attn_q.weight"]            # .data, .packing, .shape, .scales
    ternary.io.save_safetensors(model, "model.safetensors", type="hf")

A loss (an f32 scale in f16, metadata that a format does not have) is a UserWarning.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ._arrays import numpy_dtype
from ._backend import require_core

Path = str | os.PathLike[str]
Globs = str | Sequence[str] | None
Source = str | bytes
Ternarize = Literal["none", "absmean", "exact"]
Granularity = Literal["tensor", "row"]
Convention = Literal["multiply", "divide"]

__all__ = ["Model", "Tensor", "export_gguf", "export_safetensors", "import_gguf",
           "import_safetensors", "load_gguf", "load_safetensors", "save_gguf",
           "save_safetensors"]


@dataclass
class Tensor:
    """One tensor of a model file.

    `data` is an array of the file's values, of trits (int8 [N, K], beside `scales`), or of
    the bytes of `packing` (int8 or uint8 in its byte shape). `packing` is the name of a
    preset or a packing as it stands in IR, and `shape` the logical shape (N, K) then.
    `scales`, float32 of rank 0, [N] or [N, G] with G groups of K / G columns, make a
    weight of a trit: `trit * scale`. Scales that bytes carry are repeated there.
    """

    data: np.ndarray[Any, Any]
    packing: str | None = None
    shape: tuple[int, int] | None = None
    scales: np.ndarray[Any, Any] | None = None


class Model(dict[str, Tensor]):
    """The tensors of a file by name, in its order.

    Large arrays are read-only views of the mapped file, which must not change while they
    are in use. `metadata` are what the file says about itself: strings, bools, NumPy
    scalars and arrays of the types in the file, and lists. `remarks` say what was chosen
    while reading, the layout of I2_S for one.
    """

    def __init__(self, tensors: Mapping[str, Tensor] | None = None,
                 metadata: Mapping[str, Any] | None = None,
                 remarks: Sequence[str] = ()) -> None:
        super().__init__(tensors or {})
        self.metadata: dict[str, Any] = dict(metadata or {})
        self.remarks = list(remarks)


@dataclass
class _Options:
    """Options as the compiler takes them, one after the other."""

    items: list[str] = field(default_factory=list)

    def add(self, key: str, value: object) -> _Options:
        values = value if isinstance(value, (list, tuple)) else [value]
        for item in values:
            if item is None:
                continue
            if not str(item) or any(c.isspace() for c in str(item)):
                raise ValueError(f"{key}: expected a value without spaces ('?' stands for "
                                 f"any character), found {item!r}")
            self.items.append(f"{key}={item}")
        return self

    @property
    def text(self) -> str:
        return " ".join(self.items)


def _import_options(only: Globs, skip: Globs, ternarize: Ternarize, ternarize_only: Globs,
                    granularity: Granularity) -> _Options:
    return (_Options().add("only", only).add("skip", skip).add("ternarize", ternarize)
            .add("ternarize-only", ternarize_only).add("granularity", granularity))


def _safetensors_options(options: _Options, weight_scale: Convention | None,
                         rows: Mapping[str, int] | None) -> _Options:
    counts = [f"{glob}:{count}" for glob, count in (rows or {}).items()]
    return options.add("weight-scale", weight_scale).add("rows", counts)


def _report(messages: Sequence[str]) -> list[str]:
    """Warns of losses; what is left are remarks."""
    remarks = []
    for message in messages:
        if "warning: " in message:
            warnings.warn(message, UserWarning, stacklevel=3)
        else:
            remarks.append(message)
    return remarks


# Types.

_SPELLINGS = {"f16": "float16", "f32": "float32", "f64": "float64", "bf16": "bfloat16",
              **{f"i{width}": f"int{width}" for width in (8, 16, 32, 64)},
              **{f"ui{width}": f"uint{width}" for width in (8, 16, 32, 64)}}
_FLOAT8 = {"f8E5M2": "float8_e5m2", "f8E4M3FN": "float8_e4m3fn", "f8E8M0FNU": "float8_e8m0fnu"}
_TYPES = {**{name: spelling for spelling, name in _SPELLINGS.items()},
          **{name: spelling for spelling, name in _FLOAT8.items()}}


def _dtype(spelling: str) -> np.dtype[Any]:
    """NumPy's dtype of a type of IR; 8-bit floats are those of ml_dtypes, or uint8."""
    if spelling in _SPELLINGS:
        return numpy_dtype(_SPELLINGS[spelling])
    try:
        import ml_dtypes
    except ImportError:
        return np.dtype("uint8")
    return np.dtype(getattr(ml_dtypes, _FLOAT8[spelling]))


def _spelling(name: str, dtype: np.dtype[Any]) -> str:
    if dtype.name not in _TYPES:
        raise TypeError(f"tensor '{name}': expected a dtype of "
                        f"{', '.join(_TYPES)}, found {dtype.name}")
    return _TYPES[dtype.name]


# Metadata.

_NUMBERS = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "uint64",
            "int64", "float64")


def _from_attribute(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_attribute(item) for item in value]
    if not isinstance(value, tuple):
        return value
    spelling, content = value
    dtype = _dtype(spelling)
    return np.frombuffer(content, dtype) if isinstance(content, bytes) else dtype.type(content)


def _quote(text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    return '"' + "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\'
                         else f"\\{byte:02X}" for byte in data) + '"'


def _number(value: Any) -> tuple[str, str]:
    """The digits and the type of a number."""
    dtype = value.dtype
    if dtype.name not in _NUMBERS:
        raise TypeError(f"metadata: expected numbers of {', '.join(_NUMBERS)}, found "
                        f"{dtype.name}")
    spelling = _TYPES[dtype.name]
    if dtype.kind == "f":
        # Hexadecimal digits are the bits, so nothing is rounded.
        return "0x" + value.tobytes()[::-1].hex().upper(), spelling
    return str(int(value)), spelling


def _to_attribute(key: str, value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, int):
        value = np.uint32(value) if 0 <= value < 2**32 else np.int64(value)
    elif isinstance(value, float):
        value = np.float32(value)
    if isinstance(value, np.generic):
        return " : ".join(_number(value))
    if isinstance(value, np.ndarray) and value.ndim == 1 and value.dtype.kind != "b":
        digits = [_number(item)[0] for item in value]
        spelling = _number(value.dtype.type(0))[1]
        return f"dense<[{', '.join(digits)}]> : tensor<{len(digits)}x{spelling}>"
    if isinstance(value, (list, tuple, np.ndarray)):
        return f"[{', '.join(_to_attribute(key, item) for item in value)}]"
    raise TypeError(f"metadata '{key}': expected a str, bool, number or a list of them, "
                    f"found {type(value).__name__}")


def _spell_metadata(metadata: Mapping[str, Any]) -> str:
    entries = [f"{_quote(key)} = {_to_attribute(key, value)}"
               for key, value in metadata.items()]
    return f"{{{', '.join(entries)}}}"


# Files to arrays and back.


def _load(kind: str, path: Path, options: _Options) -> Model:
    weights, metadata, messages = require_core(f"load_{kind}").load_file(
        kind, os.fspath(path), options.text)
    tensors = {}
    for name, spelling, byte_shape, data, packing, shape, scales, scale_shape in weights:
        tensors[name] = Tensor(
            data.view(_dtype(spelling)).reshape(byte_shape), packing, shape,
            None if scales is None else scales.view(np.float32).reshape(scale_shape))
    return Model(tensors, {key: _from_attribute(value) for key, value in metadata.items()},
                 _report(messages))


def _bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8)


def _given(name: str, tensor: Tensor | np.ndarray[Any, Any]) -> tuple[Any, ...]:
    """A tensor as the extension module takes it."""
    if not isinstance(tensor, Tensor):
        tensor = Tensor(np.asarray(tensor))
    data = np.asarray(tensor.data)
    spelling = _spelling(name, data.dtype)
    if tensor.packing is not None:
        if tensor.shape is None:
            raise ValueError(f"tensor '{name}': expected the shape (N, K) of packed trits, "
                             f"found none")
        spelling = "i8" if spelling == "ui8" else spelling
    scales = tensor.scales
    if scales is not None:
        scales = np.asarray(scales, np.float32)
    return (name, spelling, list(data.shape), _bytes(data), tensor.packing,
            list(tensor.shape or ()), None if scales is None else _bytes(scales),
            [] if scales is None else list(scales.shape))


def _save(kind: str, tensors: Mapping[str, Tensor | np.ndarray[Any, Any]], path: Path,
          metadata: Mapping[str, Any] | None, options: _Options) -> None:
    if metadata is None:
        metadata = tensors.metadata if isinstance(tensors, Model) else {}
    given = [_given(name, tensor) for name, tensor in tensors.items()]
    _report(require_core(f"save_{kind}").save_file(
        kind, os.fspath(path), options.text, given, _spell_metadata(metadata)))


def load_gguf(path: Path, *, only: Globs = None, skip: Globs = None,
              ternarize: Ternarize = "none", ternarize_only: Globs = None,
              granularity: Granularity = "tensor", i2s_block: int | None = None,
              q2_block: int | None = None) -> Model:
    """The tensors of a GGUF file: matrices of TQ1_0, TQ2_0, Q2_0 and I2_S as their bytes,
    floats and integers as they are.

    Args:
        only, skip: patterns with *, ? and [...] of the tensors to take and to leave out.
        ternarize: how matrices of floats that `ternarize_only` names (all by default)
            become trits: "absmean" (alpha is the mean of abs(w), at least 1e-5, a trit
            is w / alpha rounded and clamped) or "exact" (only where all values are -s, 0
            and +s), with a scale for the "tensor" or for each "row" (`granularity`).
        i2s_block: 128 or 64, the layout of I2_S; 128 by default where that can be.
        q2_block: 64 or 128, the layout of Q2_0; found by its space by default.

    Raises:
        ternary.Error: the file is malformed, or holds a tensor of another type.
    """
    options = _import_options(only, skip, ternarize, ternarize_only, granularity)
    return _load("gguf", path, options.add("i2s-block", i2s_block).add("q2-block", q2_block))


def load_safetensors(path: Path, *, only: Globs = None, skip: Globs = None,
                     ternarize: Ternarize = "none", ternarize_only: Globs = None,
                     granularity: Granularity = "tensor",
                     weight_scale: Convention | None = None,
                     rows: Mapping[str, int] | None = None) -> Model:
    """The tensors of a safetensors file: bytes that Hugging Face's BitNet (U8 beside a
    tensor `NAME_scale`) or `save_safetensors` has packed, trits of I8 beside a scale, and
    values as they are.

    Args:
        only, skip, ternarize, ternarize_only, granularity: those of `load_gguf`.
        weight_scale: what the stored scales do to the sums, "multiply" or "divide". By
            default as the file or the config.json beside it says, else "divide" for U8.
        rows: the number of rows of packed matrices, by pattern, where it is no multiple
            of 4 and no bias says it.

    Raises:
        ternary.Error: the file is malformed, or holds what cannot be imported.
    """
    options = _import_options(only, skip, ternarize, ternarize_only, granularity)
    return _load("safetensors", path, _safetensors_options(options, weight_scale, rows))


def save_gguf(tensors: Mapping[str, Tensor | np.ndarray[Any, Any]], path: Path, *,
              metadata: Mapping[str, Any] | None = None, type: str = "keep") -> None:
    """Writes tensors, or arrays, to a GGUF file of version 3.

    Args:
        metadata: key/values; those of a `Model` by default. NumPy scalars and arrays say
            their type; a Python int is a uint32 or int64, a float a float32.
        type: what ternary weights become: "tq1_0", "tq2_0", "q2_0", "q2_0_128", "i2_s",
            "i2_s_64", or "keep" for those that are in one of these already.

    Raises:
        ternary.Error: a tensor has no such form; no file is left behind then.
    """
    _save("gguf", tensors, path, metadata, _Options().add("type", type))


def save_safetensors(tensors: Mapping[str, Tensor | np.ndarray[Any, Any]], path: Path, *,
                     metadata: Mapping[str, Any] | None = None, type: str = "keep",
                     weight_scale: Convention = "multiply") -> None:
    """Writes tensors, or arrays, to a safetensors file. Scales that bytes do not carry
    are float32 tensors `NAME_scale`.

    Args:
        metadata: strings; those of a `Model` by default.
        type: what ternary weights become: a preset of a packing ("hf" is Hugging Face's),
            "i8" for plain trits, or "keep".
        weight_scale: what the stored scales are to do to the sums.

    Raises:
        ternary.Error: a tensor has no such form; no file is left behind then.
    """
    options = _Options().add("type", type).add("weight-scale", weight_scale)
    _save("safetensors", tensors, path, metadata, options)


# Files to IR and back.


def import_gguf(path: Path, *, only: Globs = None, skip: Globs = None,
                ternarize: Ternarize = "none", ternarize_only: Globs = None,
                granularity: Granularity = "tensor", i2s_block: int | None = None,
                q2_block: int | None = None) -> bytes:
    """A GGUF file as IR: bytecode of a module with one function for each tensor.

    Args and errors are those of `load_gguf`.
    """
    options = _import_options(only, skip, ternarize, ternarize_only, granularity)
    options.add("i2s-block", i2s_block).add("q2-block", q2_block)
    source, messages = require_core("import_gguf").import_file(
        "gguf", os.fspath(path), options.text)
    _report(messages)
    return bytes(source)


def import_safetensors(path: Path, *, only: Globs = None, skip: Globs = None,
                       ternarize: Ternarize = "none", ternarize_only: Globs = None,
                       granularity: Granularity = "tensor",
                       weight_scale: Convention | None = None,
                       rows: Mapping[str, int] | None = None) -> bytes:
    """A safetensors file as IR: bytecode of a module with one function for each tensor,
    or with the function `forward` for a network of the format ternary-mlp
    (docs/checkpoints.md).

    Args and errors are those of `load_safetensors`.
    """
    options = _safetensors_options(
        _import_options(only, skip, ternarize, ternarize_only, granularity), weight_scale,
        rows)
    source, messages = require_core("import_safetensors").import_file(
        "safetensors", os.fspath(path), options.text)
    _report(messages)
    return bytes(source)


def export_gguf(source: Source, path: Path, *, type: str = "keep",
                name: str = "source") -> None:
    """Writes the weights of a module, text or bytecode, to a GGUF file. Functions that
    compute something are left out with a warning.

    Args:
        type: that of `save_gguf`.
        name: what diagnostics call the source.

    Raises:
        ternary.Error: the source has no weights, or one has no such form.
    """
    _report(require_core("export_gguf").export_file(
        "gguf", source, os.fspath(path), _Options().add("type", type).text, name))


def export_safetensors(source: Source, path: Path, *, type: str = "keep",
                       weight_scale: Convention = "multiply",
                       name: str = "source") -> None:
    """Writes the weights of a module, text or bytecode, to a safetensors file. Functions
    that compute something are left out with a warning.

    Args:
        type, weight_scale: those of `save_safetensors`.
        name: what diagnostics call the source.

    Raises:
        ternary.Error: the source has no weights, or one has no such form.
    """
    options = _Options().add("type", type).add("weight-scale", weight_scale)
    _report(require_core("export_safetensors").export_file(
        "safetensors", source, os.fspath(path), options.text, name))
