//===- Passes.td - Transforms on ternary ops ---------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMS_PASSES
#define TERNARY_TRANSFORMS_PASSES

include "mlir/Pass/PassBase.td"

def TernaryRaise : Pass<"ternary-raise"> {
  let summary = "find layers with ternary weights in linalg";
  let description = [{
    Each linalg op that sums up products of activations (i8, f16, bf16, f32, or
    widened from these) with constant weights becomes a `bitlinear` if every
    weight is exactly -s, 0 or +s: one s for all, one per row, or one per row
    and group of columns. A gather of rows of such a table becomes an
    `embedding`. The weights may be what any chain of linalg, tensor,
    arith and math ops makes of constants: unpacked, shifted, scaled,
    transposed, ternarized by their mean. The chain is computed as it is
    written, each op in its own type and order, and the values decide.

    Float activations that are rounded and bounded integers times a factor per
    token are read as i8, with the factor as activation scale. Transposes and
    reshapes keep the order and the rank of what goes in and comes out. An output that begins as a bias for each token gives the `bias`,
    any other one is added behind. What nothing uses any more is erased. Each
    layer that is taken, and each sum of products that is left, gives a remark
    in the category `ternary-raise` that says why. docs/raising.md has the
    rules. A second run changes nothing.

    Example:

    ```mlir
    func.func @dense(%x: tensor<4x8xf32>) -> tensor<4x2xf32> {
      // Becomes a bitlinear with weights of tensor<2x8xi8> and the scale 0.5.
      %w = arith.constant dense<[[0.5, 0.0], [0.5, -0.5], [0.0, 0.5], [0.5, 0.5],
                                 [-0.5, 0.0], [0.0, 0.0], [0.5, 0.5], [0.5, -0.5]]>
          : tensor<8x2xf32>
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<4x2xf32>
      %init = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>)
          -> tensor<4x2xf32>
      %y = linalg.matmul ins(%x, %w : tensor<4x8xf32>, tensor<8x2xf32>)
          outs(%init : tensor<4x2xf32>) -> tensor<4x2xf32>
      return %y : tensor<4x2xf32>
    }
    ```
  }];
  let options = [
    Option<"maxElements", "max-elements", "int64_t", "int64_t(1) << 26",
           "constants of more elements are not computed">
  ];
  let statistics = [
    Statistic<"numRaised", "raised", "Number of layers that were raised">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::ternary::TernaryDialect"
  ];
}

def TernaryVerifyPacking : Pass<"ternary-verify-packing", "::mlir::ModuleOp"> {
  let summary = "check packings against what functions state about their bytes";
  let description = [{
    Bytes do not know their packing, so it can be stated where they enter:
    `ternary.packing` and `ternary.shape` on function arguments. This pass
    follows each such argument, and the result of every `pack` and `repack`,
    forward through casts, `select`, slices that keep the whole, branches, loops
    and calls, and reports each op that reads it in another packing, at another
    logical shape or as trits; likewise an argument of a call and a returned
    value that contradict what the function states for them. A memref keeps what
    is stated: writing other bytes into it is reported too.

    Where paths meet that bring bytes of different packings nothing is known any
    more, since the program may tell them apart by another value. Extents that
    differ become unknown likewise. Constant bytes with a code that the packing
    of their reader forbids are reported with the position of the first one.
    Changes nothing.

    Example:

    ```mlir
    func.func @f(%b: tensor<2x8xi8> {ternary.packing = #ternary.packing<hf>,
                                     ternary.shape = array<i64: 8, 8>},
                 %init: tensor<8x8xi8>) -> tensor<8x8xi8> {
      // Accepted: the packing is the one that the argument states.
      %t = ternary.unpack ins(%b : tensor<2x8xi8>)
          outs(%init : tensor<8x8xi8>)
          {packing = #ternary.packing<hf>} -> tensor<8x8xi8>
      return %t : tensor<8x8xi8>
    }
    ```
  }];
}

def TernaryOutlinePrepare
    : Pass<"ternary-outline-prepare", "::mlir::ModuleOp"> {
  let summary = "move what is constant into a function that is called once";
  let description = [{
    An argument marked `ternary.constant` has the same value in every call. For
    each public function with such arguments, the tensors that depend on nothing
    else and that a ternary op had a part in (packed weights, scales) are
    computed in a new function `<name>_prepare` in front of it: it takes the
    constant arguments that it needs, in order, and returns the tensors, which
    the main function takes as further arguments behind its own, in that order
    and marked `ternary.constant`. What is known of their packing is stated.

    Constant arguments that the main function needs no longer are removed; the
    others keep their order. `ternary.prepare` on the main function names the
    new one. What is cheap (constants, empty tensors, extents) is computed on
    both sides. Ops with effects stay, and so does what depends on them. A
    second run changes nothing.

    A function that the module uses elsewhere is refused, since its callers
    would not know the prepared values: inline the calls first.

    Example:

    ```mlir
    func.func @layer(%x: tensor<4x10xi8>, %w: tensor<8x10xi8> {ternary.constant})
        -> tensor<4x8xi32> {
      // Moves to @layer_prepare(%w); @layer takes %x and %bytes.
      %e = tensor.empty() : tensor<8x3xi8>
      %bytes = ternary.pack ins(%w : tensor<8x10xi8>) outs(%e : tensor<8x3xi8>)
          {packing = #ternary.packing<chimera>} -> tensor<8x3xi8>
      // Stays.
      %init = tensor.empty() : tensor<4x8xi32>
      %y = ternary.bitlinear ins(%x : tensor<4x10xi8>)
          weights(%bytes : tensor<8x3xi8>) outs(%init : tensor<4x8xi32>)
          {packing = #ternary.packing<chimera>} -> tensor<4x8xi32>
      return %y : tensor<4x8xi32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let statistics = [
    Statistic<"numMoved", "moved", "Number of ops that were moved">
  ];
}

def TernaryAttachTarget : Pass<"ternary-attach-target", "::mlir::ModuleOp"> {
  let summary = "say which machine the module is compiled for";
  let description = [{
    Puts `ternary.target` on the module, unless it is there: the one place where
    the machine is queried (for `cpu = native`). The row of the ISA table follows
    from the features that LLVM knows of the CPU: `avx512vbmi`, `avx512vnni`,
    `avxvnni` or `avx2` on x86-64, `neon_i8mm`, `neon_dotprod` or `neon` on
    aarch64, else `generic`.

    Example:

    ```mlir
    // Becomes module attributes {ternary.target = #ternary.target<…>}.
    module {}
    ```
  }];
  let options = [
    Option<"cpu", "cpu", "std::string", "\"native\"",
           "LLVM name of the CPU, or 'native'">,
    Option<"triple", "triple", "std::string", "\"\"",
           "LLVM triple of the machine, empty for the one that compiles">,
    Option<"threads", "threads", "int64_t", "1",
           "threads of parallel loops, 0 for OpenMP's own choice">
  ];
  let dependentDialects = ["::ternary::TernaryDialect"];
}

def TernaryFuse : Pass<"ternary-fuse"> {
  let summary = "let ops read bytes, quantized activations and exponents directly";
  let description = [{
    * An op whose weight is an `unpack` reads the bytes in their packing.
    * A `bitlinear` or `grad_input` whose scale is an `effective_exponent`
      without correlation, and without bounds that an i8 can pass, reads the
      exponents.
    * A `bitlinear` on the result of `dequantize_activation` (i8, scale form
      `multiplier`) takes the integers and the activation scale instead: the dot
      product becomes exact, which changes the rounding of float results.

    Example:

    ```mlir
    func.func @fake_quant(%q: tensor<4x10xi8>, %s: tensor<4xf32>,
                          %w: tensor<8x10xi8>) -> tensor<4x8xf32> {
      %xi = tensor.empty() : tensor<4x10xf32>
      %x = ternary.dequantize_activation ins(%q : tensor<4x10xi8>)
          scales(%s : tensor<4xf32>) outs(%xi : tensor<4x10xf32>)
          -> tensor<4x10xf32>
      // Becomes a bitlinear of %q with activation_scale(%s).
      %yi = tensor.empty() : tensor<4x8xf32>
      %y = ternary.bitlinear ins(%x : tensor<4x10xf32>)
          weights(%w : tensor<8x10xi8>) outs(%yi : tensor<4x8xf32>)
          -> tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
}

def TernaryApplyTuning : Pass<"ternary-apply-tuning"> {
  let summary = "state what was measured about each bitlinear";
  let description = [{
    Reads a file of `ternary-tune` (docs/tuning.md) and puts `ternary.tuning` on
    each `bitlinear` that has an entry in it for the target of the module, the
    extents of the layer, the type of its activations, its group size and its
    number of components. What is stated already stays. Each layer gives a
    remark in the category `ternary-apply-tuning`. Without a file it does
    nothing.

    Example:

    ```mlir
    module attributes {ternary.target =
        #ternary.target<cpu = "generic", isa = "generic", threads = 1>} {
      func.func @layer(%x: tensor<1x10xi8>, %w: tensor<8x10xi8>)
          -> tensor<1x8xi32> {
        %init = tensor.empty() : tensor<1x8xi32>
        // Gets ternary.tuning where the file has a layer of 8 x 10 for one token.
        %y = ternary.bitlinear ins(%x : tensor<1x10xi8>)
            weights(%w : tensor<8x10xi8>) outs(%init : tensor<1x8xi32>)
            -> tensor<1x8xi32>
        return %y : tensor<1x8xi32>
      }
    }
    ```
  }];
  let options = [
    Option<"file", "file", "std::string", "\"\"",
           "JSON that ternary-tune has written">
  ];
  let dependentDialects = ["::ternary::TernaryDialect"];
}

def TernarySelectPacking : Pass<"ternary-select-packing"> {
  let summary = "choose the execution packing of each bitlinear";
  let description = [{
    Inserts `pack` (for trits) or `repack` (for bytes) between the weights of a
    `bitlinear` and the op; constants then fold, so they are packed at compile
    time. With `packing = auto` a layer gets a packing that its kernel reads,
    provided its weights are constant or depend only on arguments marked
    `ternary.constant`: other weights would be repacked in every call. Which
    one is chosen by a model of the time that a call takes (docs/packings.md):
    2-bit panels, or base-3 panels for calls of one token that stream their
    weights from memory. Constant scales of groups are put beside the rows of
    panels, or of the tiles of one token on a GPU, `[ceil(N/R), G, R]`. Weights stream if all weights of the module together
    exceed `cache-bytes`; 0 says that they do. The packing of `ternary.tuning`
    goes before that choice. A named packing is taken for every layer, `none` for
    none. Each choice, and each layer that is left as it
    is, gives a remark in the category `ternary-select-packing` that says
    why. A second run changes nothing.

    Example:

    ```mlir
    func.func @constant_weights(%x: tensor<4x10xi8>) -> tensor<4x2xi32> {
      // Becomes bytes in cpu_panel2.
      %w = arith.constant dense<1> : tensor<2x10xi8>
      %init = tensor.empty() : tensor<4x2xi32>
      %y = ternary.bitlinear ins(%x : tensor<4x10xi8>)
          weights(%w : tensor<2x10xi8>) outs(%init : tensor<4x2xi32>)
          -> tensor<4x2xi32>
      return %y : tensor<4x2xi32>
    }
    ```
  }];
  let options = [
    Option<"packing", "packing", "std::string", "\"auto\"",
           "'auto', 'none' or the name of a preset">,
    Option<"cacheBytes", "cache-bytes", "int64_t", "int64_t(16) << 20",
           "bytes of weights that stay in the cache between two calls; 0: "
           "weights stream from memory">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect", "::ternary::TernaryDialect"
  ];
}

def TernaryTile : Pass<"ternary-tile"> {
  let summary = "cut bitlinear into parallel tiles";
  let description = [{
    Tiles each `bitlinear` on tensors whose weights can be cut between rows to
    an `scf.forall` over tokens and rows. The row tile is rounded up to whole
    blocks of the packing. Without options tiles are those of `ternary.tuning`,
    which is removed, or follow from `ternary.target`: nothing is tiled for one
    thread. An op inside an `scf.forall` is left alone.

    Example:

    ```mlir
    module attributes {ternary.target =
        #ternary.target<cpu = "generic", isa = "generic", threads = 2>} {
      func.func @tiled(%x: tensor<4x10xi8>, %w: tensor<512x10xi8>)
          -> tensor<4x512xi32> {
        // Becomes scf.forall over tiles of 64 rows.
        %init = tensor.empty() : tensor<4x512xi32>
        %y = ternary.bitlinear ins(%x : tensor<4x10xi8>)
            weights(%w : tensor<512x10xi8>) outs(%init : tensor<4x512xi32>)
            -> tensor<4x512xi32>
        return %y : tensor<4x512xi32>
      }
    }
    ```
  }];
  let options = [
    Option<"rowTile", "row-tile", "int64_t", "0",
           "rows of a tile, 0 for a choice by threads">,
    Option<"tokenTile", "token-tile", "int64_t", "0",
           "tokens of a tile, 0 for all of them">
  ];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

def TernaryDifferentiate
    : Pass<"ternary-differentiate", "::mlir::ModuleOp"> {
  let summary = "make the function that returns gradients and updated state";
  let description = [{
    Each function with `ternary.gradient = "name"` gets a function of that name
    beside it that computes it and its gradient in reverse mode. The attributes
    of its arguments say what is wanted:

    * `ternary.grad`: the gradient to a float argument;
    * `ternary.update = [#ternary.update<…>, …]`, on bytes or trits of a weight:
      updates of the state that belongs to it, by the sign of its gradient.

    The new function takes the arguments and, for each float result, a gradient
    to it; with `ternary.grad` on some results, for these alone. It returns the
    results, the gradients in the order of the arguments, and the updated state
    in the order of the arguments. State is an init of the ops that update it,
    and so bufferizes in place. The attributes are removed, so that a second run
    changes nothing.

    Roundings have no gradient: `ternarize`, `quantize_activation` and `ste` pass
    it straight through. The rule of a `ternarize` is its attribute
    `ternary.ste`, or else the option. Ops of other dialects are known through
    `GradientOpInterface`. An op without a rule is refused, unless no gradient
    that is wanted depends on it. All rules stand in docs/differentiation.md.

    Example:

    ```mlir
    func.func @layer(%x: tensor<4x10xf32> {ternary.grad},
                     %w: tensor<8x10xf32> {ternary.grad}) -> tensor<4x8xf32>
        attributes {ternary.gradient = "layer_gradient"} {
      // @layer_gradient takes %x, %w and the gradient to %y, and returns %y and
      // the gradients to %x (a grad_input) and %w (straight through %q).
      %ai = tensor.empty() : tensor<8xf32>
      %alpha = ternary.absmean ins(%w : tensor<8x10xf32>)
          outs(%ai : tensor<8xf32>) -> tensor<8xf32>
      %qi = tensor.empty() : tensor<8x10xi8>
      %q = ternary.ternarize ins(%w : tensor<8x10xf32>)
          scales(%alpha : tensor<8xf32>) outs(%qi : tensor<8x10xi8>)
          {ternary.ste = #ternary<ste_variant clamp>} -> tensor<8x10xi8>
      %yi = tensor.empty() : tensor<4x8xf32>
      %y = ternary.bitlinear ins(%x : tensor<4x10xf32>)
          weights(%q : tensor<8x10xi8>) scales(%alpha : tensor<8xf32>)
          outs(%yi : tensor<4x8xf32>) -> tensor<4x8xf32>
      return %y : tensor<4x8xf32>
    }
    ```
  }];
  let options = [
    Option<"ste", "ste", "::ternary::STEVariant",
           "::ternary::STEVariant::Identity",
           "straight-through rule of a ternarize that states none",
           [{::llvm::cl::values(
               clEnumValN(::ternary::STEVariant::Identity, "identity", "as it is"),
               clEnumValN(::ternary::STEVariant::Clamp, "clamp",
                          "where |w / alpha| <= 1"),
               clEnumValN(::ternary::STEVariant::Legacy, "legacy",
                          "clamped itself"),
               clEnumValN(::ternary::STEVariant::LSQ, "lsq", "as it is"))}]>,
    Option<"shareSigns", "share-signs", "bool", /*default=*/"false",
           "compute the signs of a gradient once for several updates: faster, "
           "but a tensor [N, K] of i8">
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect", "::ternary::TernaryDialect"
  ];
  let statistics = [
    Statistic<"numFunctions", "differentiated",
              "Number of functions that were differentiated">
  ];
}

def TernaryResultsToArguments
    : Pass<"ternary-results-to-arguments", "::mlir::ModuleOp"> {
  let summary = "results of public functions go into buffers of the caller";
  let description = [{
    Gives each public function the form that C callers want: no results, and no
    argument that changes unless it is meant to. Behind the arguments of a
    function there is a memref for each of its results, which
    `bufferization.materialize_in_destination` fills; scalars become memrefs of
    rank 0. `ternary.extents` on it is an affine map from the sizes of a call
    (dynamic extents and index scalars of the arguments, in order) to its
    extents. A function whose result has an extent that does not follow from
    them is refused. What is stated of the packing of results stays.

    Tensor arguments are read only (`bufferization.writable = false`). The
    exception are those that the source marks `bufferization.writable = true`,
    state above all: such an argument may change, and where a result is the
    state after the call (the op that makes it has the argument as its init,
    directly or in a chain), it is written back to the argument's own buffer
    and there is no further one.

    A function that the module calls itself is kept for that under another
    name. A second run changes nothing. In no pipeline for code of this
    process, where results are returned: it is for libraries.

    Example:

    ```mlir
    func.func @layer(%x: tensor<?x10xi8>, %w: tensor<8x10xi8>)
        -> tensor<?x8xi32> {
      // Becomes a third argument, memref<?x8xi32> {ternary.extents =
      // affine_map<(d0) -> (d0, 8)>}.
      %c0 = arith.constant 0 : index
      %m = tensor.dim %x, %c0 : tensor<?x10xi8>
      %init = tensor.empty(%m) : tensor<?x8xi32>
      %y = ternary.bitlinear ins(%x : tensor<?x10xi8>)
          weights(%w : tensor<8x10xi8>) outs(%init : tensor<?x8xi32>)
          -> tensor<?x8xi32>
      return %y : tensor<?x8xi32>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::memref::MemRefDialect", "::ternary::TernaryDialect"
  ];
}

def TernaryUnshareInits : Pass<"ternary-unshare-inits"> {
  let summary = "one empty or filled tensor per use";
  let description = [{
    CSE merges the empty tensors (and fills of them) that unrelated ops write
    into. To bufferization that is one buffer with many writers: it copies, and
    its analysis takes a time that grows with their product. This pass clones
    them for each use.

    Example:

    ```mlir
    func.func @shared(%m: index, %x: tensor<?xf32>)
        -> (tensor<?xf32>, tensor<?xf32>) {
      // Becomes two empty tensors.
      %e = tensor.empty(%m) : tensor<?xf32>
      %a = linalg.abs ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>)
          -> tensor<?xf32>
      %b = linalg.exp ins(%x : tensor<?xf32>) outs(%e : tensor<?xf32>)
          -> tensor<?xf32>
      return %a, %b : tensor<?xf32>, tensor<?xf32>
    }
    ```
  }];
}

def TernaryOutlineKernels
    : Pass<"ternary-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "one function per kind of op";
  let description = [{
    Moves each tensor-level op on memrefs into a private function that takes the
    op's operands; ops that are equal but for their operands share one. A model
    of a thousand layers of a few shapes then has a few kernels to compile, and
    a main function of calls. A second run changes nothing. On a GPU `rms_norm`
    and the `quantize_activation` that alone reads its result become one
    function, with the buffer between them.

    Example:

    ```mlir
    func.func @two(%x: memref<4x8xf32>, %y: memref<4x8xf32>,
                   %z: memref<4x8xf32>) {
      // Become two calls of @ternary_rms_norm.
      ternary.rms_norm ins(%x : memref<4x8xf32>) outs(%y : memref<4x8xf32>)
      ternary.rms_norm ins(%y : memref<4x8xf32>) outs(%z : memref<4x8xf32>)
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect"
  ];
}

def TernaryFreeBuffers : Pass<"ternary-free-buffers"> {
  let summary = "free buffers behind their last use";
  let description = [{
    Inserts `memref.dealloc` behind the last use of each allocation that nothing
    but its block knows of, and marks it and each dealloc of the input as managed
    by hand. General buffer deallocation, which comes next, handles what is left
    (buffers that are returned or carried by loops). It alone would free all at
    the end of the function, and its time grows with the square of their number.

    Example:

    ```mlir
    func.func @temporary(%x: memref<4xf32>, %y: memref<4xf32>) {
      // Freed behind the second copy.
      %0 = memref.alloc() : memref<4xf32>
      memref.copy %x, %0 : memref<4xf32> to memref<4xf32>
      memref.copy %0, %y : memref<4xf32> to memref<4xf32>
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::memref::MemRefDialect"
  ];
}

def TernaryDropAnnotations
    : Pass<"ternary-drop-annotations", "::mlir::ModuleOp"> {
  let summary = "turn annotations of the dialect into ones of LLVM";
  let description = [{
    Removes `ternary.packing`, `ternary.shape`, `ternary.constant`,
    `ternary.extents` and `ternary.prepare` from functions, what asks for a
    gradient, and `ternary.target` from the module, so that nothing of the dialect is left. The target's CPU becomes the attribute
    `target-cpu` of each function with a body.

    Example:

    ```mlir
    func.func @f(%w: tensor<8x10xi8> {ternary.constant}) {
      // The argument keeps no attribute.
      return
    }
    ```
  }];
}

#endif // TERNARY_TRANSFORMS_PASSES
