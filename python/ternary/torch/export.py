"""From modules to IR: a graph of torch.export as one function of the dialect.

Parameters and buffers become constants, what depends on them alone is computed while
exporting, custom ops become ops of the dialect and the element-wise ops of torch between
them upstream ones. The text is compiled by `ternary.compile` and `ternary.compile_file`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Node

import ternary
from ternary import Symbol, Trace

Emit = Callable[..., Any]

ELEMENTS = {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}


def export_ir(module: nn.Module, arguments: Sequence[Tensor], *, name: str = "forward",
              tokens: bool = False) -> str:
    """The IR of `module(*arguments)` as it is now, in its present mode.

    Args:
        arguments: tensors on the CPU; their shapes are those of the function.
        name: of the function.
        tokens: leave all axes of each argument but the last open. They stand for any
            extents then, and must not be 1 here.

    Raises:
        ValueError: a node of the graph has no form in IR; names it.
    """
    sizes = None
    if tokens:
        sizes = tuple({axis: torch.export.Dim.AUTO for axis in range(argument.dim() - 1)}
                      for argument in arguments)
    with torch.no_grad():
        program = torch.export.export(module, tuple(arguments), dynamic_shapes=sizes)
        return _Exporter(program, arguments, Trace(name), tokens).text()


def compile_module(module: nn.Module, arguments: Sequence[Tensor], *, tokens: bool = False,
                   **options: Any) -> ternary.Function:
    """`ternary.compile` of the module's IR; `options` are those of `ternary.compile`. The
    function takes the arguments, c-contiguous, and returns NumPy arrays, or writes into
    tensors given as `out`."""
    return ternary.compile(export_ir(module, arguments, tokens=tokens), entry="forward",
                           **options)


class _Exporter:
    """Walks a graph: tensors are computed with, symbols written down."""

    def __init__(self, program: torch.export.ExportedProgram,
                 arguments: Sequence[Tensor], trace: Trace, tokens: bool) -> None:
        self._program = program
        self._arguments = iter(arguments)
        self._trace = trace
        self._tokens = tokens
        self._values: dict[Node, Any] = {}

    def text(self) -> str:
        for node in self._program.graph.nodes:
            if node.op == "placeholder":
                self._values[node] = self._input(node)
            elif node.op == "call_function":
                self._values[node] = self._call(node)
            elif node.op == "output":
                results = [self._symbol(self._value(argument)) for argument in node.args[0]]
                return self._trace.text(*results)
        raise ValueError("export: expected a graph with an output, found none")

    def _input(self, node: Node) -> Any:
        signature = self._program.graph_signature
        states = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        if node.name in states:
            name = states[node.name]
            state = self._program.state_dict.get(name)
            return (self._program.constants[name] if state is None else state).detach()
        if node.name in signature.inputs_to_lifted_tensor_constants:
            return self._program.constants[
                signature.inputs_to_lifted_tensor_constants[node.name]]
        argument = next(self._arguments)
        return self._trace.argument(node.name, argument.dtype, argument.shape,
                                    tokens=self._tokens)

    def _value(self, argument: Any) -> Any:
        """What stands for an argument of a node, looked up through sequences."""
        if isinstance(argument, Node):
            return self._values[argument]
        if isinstance(argument, (list, tuple)):
            return [self._value(item) for item in argument]
        return argument

    def _symbol(self, value: Any) -> Any:
        """Tensors become constants, through sequences."""
        if isinstance(value, Tensor):
            if value.dtype == torch.bfloat16:
                raise ValueError("export: constant, expected a dtype that numpy has, found "
                                 "bfloat16")
            return self._trace.constant(value.detach().cpu().numpy())
        if isinstance(value, (list, tuple)):
            return [self._symbol(item) for item in value]
        return value

    def _call(self, node: Node) -> Any:
        arguments = [self._value(argument) for argument in node.args]
        keywords = {name: self._value(value) for name, value in node.kwargs.items()}
        if not _has_symbol([*arguments, *keywords.values()]):
            return node.target(*arguments, **keywords)
        name = _target_name(node)
        emit = _EMIT.get(name)
        if emit is None:
            raise ValueError(f"export: node '{node.name}', expected an op of ternary or one "
                             f"of {', '.join(sorted(_EMIT))}, found {name}")
        unused = _UNUSED.get(name, ())
        return emit(*[None if index in unused else self._symbol(value)
                      for index, value in enumerate(arguments)],
                    **{key: self._symbol(value) for key, value in keywords.items()})


def _has_symbol(values: Sequence[Any]) -> bool:
    return any(_has_symbol(value) if isinstance(value, (list, tuple))
               else isinstance(value, Symbol) for value in values)


def _target_name(node: Node) -> str:
    """`aten.relu`, without the overload; the name of a function of Python."""
    if isinstance(node.target, torch._ops.OpOverload):
        return str(node.target.overloadpacket)
    return getattr(node.target, "__name__", str(node.target))


# Ops of the dialect. Results have the dtypes that the custom ops state.


def _dtype_name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _bitlinear(x: Symbol, weights: list[Symbol], scales: list[Symbol],
               activation_scale: Symbol | None, bias: Symbol | None, *,
               dtype: torch.dtype, **layout: Any) -> Symbol:
    return ternary.bitlinear(x, weights, scales=scales or None,
                             activation_scale=activation_scale, bias=bias,
                             dtype=_dtype_name(dtype), **layout)


def _bitlinear_tracked(x: Symbol, anchor: None, packed: Symbol, scales: Symbol,
                       bias: Symbol | None, state: None, *, dtype: torch.dtype, update: str,
                       weight_base: int | None, **layout: Any) -> Symbol:
    return _bitlinear(x, [packed], [scales], None, bias, dtype=dtype, **layout)


def _bitlinear_train(x: Symbol, latents: None, weights: list[Symbol], scales: list[Symbol],
                     bias: Symbol | None, *, rule: str, dtype: torch.dtype) -> Symbol:
    return _bitlinear(x, weights, scales, None, bias, dtype=dtype)


def _embedding(ids: Symbol, table: Symbol, scales: Symbol | None, *, rows: int,
               columns: int, packing: str, group_size: int | None) -> Symbol:
    return ternary.embedding(ids, table, shape=(rows, columns), packing=packing,
                             scales=scales, group_size=group_size)


def _quantize_activation(x: Symbol, *, bits: int, eps: float, scale_form: str,
                         dtype: torch.dtype) -> tuple[Symbol, Symbol]:
    return ternary.quantize_activation(x, bits=bits, eps=eps, scale_form=scale_form,
                                       dtype=_dtype_name(dtype))


def _rms_norm(x: Symbol, weight: Symbol | None, scales: Symbol | None, *,
              dtype: torch.dtype, **layout: Any) -> Symbol:
    return ternary.rms_norm(x, weight, scales=scales, dtype=_dtype_name(dtype), **layout)


# Ops of torch.


def _identity(x: Symbol, *_: Any, **__: Any) -> Symbol:
    return x


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _element(x: Symbol) -> str:
    return x.type.removesuffix(">").removeprefix("tensor<").rsplit("x", 1)[-1]


def _like(x: Symbol, text: str) -> Symbol:
    """An op whose result has the type of x."""
    return x.trace.line(f"{text} : {x.type}", x.dtype, x.shape, x.type)


def _splat(x: Symbol, value: float) -> Symbol:
    """A constant of the type of x, which may have open extents."""
    bits = struct.pack("<d", float(value))[::-1].hex().upper()
    scalar = x.trace.line(f"arith.constant 0x{bits} : f64", "float64", (), "f64")
    if _element(x) != "f64":
        scalar = x.trace.line(f"arith.truncf {scalar.value} : f64 to {_element(x)}",
                              x.dtype, (), _element(x))
    sizes = []
    for axis, extent in enumerate(x.type.removeprefix("tensor<").split("x")[:-1]):
        if extent == "?":
            at = x.trace.line(f"arith.constant {axis} : index", "int64", (), "index")
            size = x.trace.line(f"tensor.dim {x.value}, {at.value} : {x.type}", "int64",
                                (), "index")
            sizes.append(size.value)
    opened = f"[{', '.join(sizes)}]" if sizes else ""
    return x.trace.line(f"tensor.splat {scalar.value}{opened} : {x.type}", x.dtype,
                        x.shape, x.type)


def _float_operand(op: str, x: Any, like: Symbol) -> Symbol:
    """A number as a tensor; a tensor of the same type as it is, broadcast if all its
    extents are the last of the other's."""
    if not isinstance(x, Symbol):
        return _splat(like, x)
    if x.type == like.type:
        return x
    if "?" in like.type or x.dtype != like.dtype or x.shape != like.shape[-len(x.shape):]:
        raise ValueError(f"export: {op}, expected two operands of one type or the last axes "
                         f"of it, found {like.type} and {x.type}")
    axes = list(range(len(like.shape) - len(x.shape)))
    init = x.trace.line(f"tensor.empty() : {like.type}", like.dtype, like.shape, like.type)
    return x.trace.line(f"linalg.broadcast ins({x.value} : {x.type}) outs({init.value} : "
                        f"{like.type}) dimensions = {axes}", like.dtype, like.shape,
                        like.type)


def _binary(op: str) -> Emit:
    def emit(left: Any, right: Any, *, alpha: float = 1) -> Symbol:
        if alpha != 1:
            raise ValueError(f"export: {op}, expected alpha = 1, found {alpha}")
        ranks = [len(side.shape) if isinstance(side, Symbol) else -1
                 for side in (left, right)]
        like = left if ranks[0] >= ranks[1] else right
        left, right = (_float_operand(op, side, like) for side in (left, right))
        return _like(like, f"arith.{op} {left.value}, {right.value}")

    return emit


def _math(op: str) -> Emit:
    return lambda x: _like(x, f"math.{op} {x.value}")


def _relu(x: Symbol) -> Symbol:
    return _like(x, f"arith.maximumf {x.value}, {_splat(x, 0.0).value}")


def _sigmoid(x: Symbol) -> Symbol:
    """`1 / (1 + exp(-x))`."""
    power = _math("exp")(_like(x, f"arith.negf {x.value}"))
    one = _splat(x, 1.0)
    return _binary("divf")(one, _binary("addf")(one, power))


def _silu(x: Symbol) -> Symbol:
    return _binary("mulf")(x, _sigmoid(x))


def _gelu(x: Symbol, *, approximate: str = "none") -> Symbol:
    """`x / 2 * (1 + erf(x / sqrt(2)))`, or its approximation by tanh."""
    add, multiply = _binary("addf"), _binary("mulf")
    if approximate == "tanh":
        cube = multiply(multiply(x, x), x)
        inner = multiply(add(x, multiply(cube, 0.044715)), (2 / torch.pi) ** 0.5)
        curve = _math("tanh")(inner)
    else:
        curve = _math("erf")(multiply(x, 0.5 ** 0.5))
    return multiply(multiply(x, 0.5), add(curve, 1.0))


def _to(x: Symbol, *options: Any, dtype: torch.dtype | None = None, **_: Any) -> Symbol:
    dtypes = [option for option in (*options, dtype) if isinstance(option, torch.dtype)]
    if not dtypes or _dtype_name(dtypes[0]) == x.dtype:
        return x
    element = ELEMENTS.get(dtypes[0])
    if element is None or _element(x) not in ELEMENTS.values():
        raise ValueError(f"export: to, expected floats, found {x.dtype} to {dtypes[0]}")
    source = _element(x)
    text = x.type.removesuffix(f"{source}>") + f"{element}>"
    if source != "f32" and element != "f32":  # between the types of 16 bits
        return _to(_to(x, torch.float32), dtypes[0])
    op = "extf" if element == "f32" else "truncf"
    return x.trace.line(f"arith.{op} {x.value} : {x.type} to {text}",
                        _dtype_name(dtypes[0]), x.shape, text)


def _view(x: Symbol, shape: Sequence[int]) -> Symbol:
    """Another shape of the same elements; extents must be known."""
    count = 1
    for extent in x.shape:
        count *= extent
    known = [extent for extent in shape if extent != -1]
    for extent in known:
        count //= max(extent, 1)
    target = tuple(count if extent == -1 else extent for extent in shape)
    if target == x.shape:
        return x
    if "?" in x.type:
        raise ValueError(f"export: view, expected extents that are known, found {x.type}")
    text = f"tensor<{'x'.join([*map(str, target), _element(x)])}>"
    extents = x.trace.line(
        f"arith.constant dense<{list(target)}> : tensor<{len(target)}xindex>", "int64",
        (len(target),), f"tensor<{len(target)}xindex>")
    return x.trace.line(f"tensor.reshape {x.value}({extents.value}) : ({x.type}, "
                        f"{extents.type}) -> {text}", x.dtype, target, text)


def _flatten(x: Symbol, start: int = 0, end: int = -1) -> Symbol:
    last = end % len(x.shape)
    return _view(x, (*x.shape[:start], -1, *x.shape[last + 1:]))


def _unsqueeze(x: Symbol, axis: int) -> Symbol:
    axis %= len(x.shape) + 1
    return _view(x, (*x.shape[:axis], 1, *x.shape[axis:]))


# Positions of arguments that the forward pass does not need: latent weights, state.
_UNUSED = {"ternary.bitlinear_train": (1,), "ternary.bitlinear_tracked": (1, 5)}

_EMIT: dict[str, Emit] = {
    "ternary.bitlinear": _bitlinear,
    "ternary.bitlinear_tracked": _bitlinear_tracked,
    "ternary.bitlinear_train": _bitlinear_train,
    "ternary.dequantize_activation": ternary.dequantize_activation,
    "ternary.embedding": _embedding,
    "ternary.quantize_activation": _quantize_activation,
    "ternary.rms_norm": _rms_norm,
    "getitem": lambda results, index: results[index],
    "aten.relu": _relu,
    "aten.sigmoid": _sigmoid,
    "aten.silu": _silu,
    "aten.gelu": _gelu,
    "aten.tanh": _math("tanh"),
    "aten.exp": _math("exp"),
    "aten.add": _binary("addf"),
    "aten.sub": _binary("subf"),
    "aten.mul": _binary("mulf"),
    "aten.div": _binary("divf"),
    "aten.to": _to,
    "aten._to_copy": _to,
    "aten.view": _view,
    "aten.reshape": _view,
    "aten.flatten": _flatten,
    "aten.unsqueeze": _unsqueeze,
    **{f"aten.{name}": _identity for name in ("alias", "clone", "contiguous", "detach",
                                              "dropout")},
    **{f"aten.{name}": _nothing for name in ("_assert_tensor_metadata", "promote_types")},
}
