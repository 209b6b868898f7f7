//===- Passes.td - Conversions out of the dialect ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_CONVERSION_PASSES
#define TERNARY_CONVERSION_PASSES

include "mlir/Pass/PassBase.td"

def ConvertTernaryToLinalg : Pass<"convert-ternary-to-linalg"> {
  let summary = "reference lowering of the tensor-level ops";
  let description = [{
    Rewrites every tensor-level op to linalg, arith, math, scf and tensor: the
    simplest correct loops, for static and dynamic shapes. Ops on memrefs are
    rewritten through `bufferization.to_tensor`. It is the oracle of the other
    lowerings and the way into compilers that speak linalg.

    Example:

    ```mlir
    func.func @f(%t: tensor<4x8xi8>, %init: tensor<4x8xi1>) -> tensor<4x8xi1> {
      // Becomes a linalg.generic that compares with zero.
      %m = ternary.nonzero_mask ins(%t : tensor<4x8xi8>)
          outs(%init : tensor<4x8xi1>) -> tensor<4x8xi1>
      return %m : tensor<4x8xi1>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
  let options = [
    Option<"leaveGPUKernels", "leave-gpu-kernels", "bool", "false",
           "leave the ops that convert-ternary-to-gpu has a kernel for: on "
           "memrefs, and grad_sign of what has none itself">
  ];
}

def ConvertTernaryToVector : Pass<"convert-ternary-to-vector"> {
  let summary = "ops on memrefs to loops, vectors and register-level ops";
  let description = [{
    Rewrites the ops on memrefs that have a kernel, and leaves the others:

    * `bitlinear` with weights in panels (`cpu_panel2`, `cpu_rows3`, …):
      loops over tokens, panels and blocks of columns around `ternary.dot` and
      `ternary.dot_finish` (int8 activations) or `ternary.decode` (float
      activations); a group is a whole number of blocks of columns;
    * `bitlinear` with weights in rows: f32 products with decoded rows; int8
      activations only where K is static and no sum can leave 24 bits;
    * `grad_input`, `grad_sign`, `embedding_grad_sign`;
    * `accumulate_correlation`, `update_exponent`, `accumulate_trit`, `step`;
    * `pack`, `unpack`, `repack` between trits, runs of digits and panels, and
      `dequantize`, `embedding`;
    * `absmean`, `ternarize`, `quantize_activation`, `dequantize_activation`,
      `rms_norm`.

    Weights in rows are trits `[N, K]`, or bytes whose consecutive digits are
    consecutive trits, of each row (`chimera`, `torchao`) or of the flattened
    matrix (`base3`), in radix 3 or 4 and without header and trailer. With them,
    operands of more than two axes have the identity layout. The innermost
    dimension of every operand is contiguous. Of the ops with `round_operands`
    only `grad_input` has a kernel. All but the panels make an `scf.forall` over
    blocks of rows or columns, for threads to share, if there is enough to do.
    Tails are masked. Results of 8 MiB and more are stored past the caches.

    Example:

    ```mlir
    func.func @kernel(%x: memref<?x64xi8>, %w: memref<1x4x4x64xi8>,
                      %y: memref<?x64xi32>) {
      // Becomes loops around ternary.dot.
      ternary.bitlinear ins(%x : memref<?x64xi8>)
          weights(%w : memref<1x4x4x64xi8>) outs(%y : memref<?x64xi32>)
          {packing = #ternary.packing<cpu_panel2>}
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::amx::AMXDialect", "::mlir::arith::ArithDialect",
    "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
}

def ConvertTernaryToGPU : Pass<"convert-ternary-to-gpu"> {
  let summary = "ops on memrefs to launches of GPU kernels";
  let description = [{
    Rewrites the ops on memrefs that have a GPU kernel, and leaves the others:

    * `bitlinear` with int8 activations and weights in `gpu_tile2` or
      `gpu_tile2k`, K below 262,144: one token by `ternary.dot`, more by tensor
      cores; scales of groups of a multiple of 4 columns, of 32 for more than
      one token at a time (in `gpu_tile2k`);
    * the same without groups and weights in `gpu_tile3`, 32 tokens at a time at
      most;
    * `bitlinear` with float activations and weights in `gpu_tile2h` or
      `gpu_tile2hk`, by tensor cores with sums of f32; an f32 is split into three
      bf16, so that products are exact; scales of groups of a multiple of 32
      columns;
    * more than 16 tokens with `gpu_tile2k` and `gpu_tile2hk` on sm_90a by wgmma;
    * `grad_sign`, and `accumulate_correlation` of a gradient and activations, by
      f32 fused multiply-add in ascending order of tokens;
    * `grad_input`, by f32 fused multiply-add; on sm_90a, for more than 8 tokens
      of f32 without `round_operands`, and groups of a multiple of 4 columns, by
      wgmma: gradients and scales are split into three bf16, of whose products
      the least three are left out, less than 2^-21 of the whole;
    * `absmean`, `rms_norm`, `quantize_activation`: a block of threads has a
      row; groups of `absmean` as far as the lanes of a warp can share them.
      `rms_norm` whose result `quantize_activation` alone reads is one kernel
      with it; `ste_backward` for `lsq`;
    * `ternarize`, `ste`, other `ste_backward`, `dequantize_activation`,
      `dequantize`, `embedding`, of known columns: vectors of a row, which share
      a scale;
    * `pack`, `unpack`, `repack`, and of the ops on state those without a
      gradient: `step` with one threshold, `accumulate_trit`,
      `update_exponent`, `accumulate_correlation`, `effective_exponent`.

    `grad_sign`, `accumulate_correlation` of a gradient and `grad_input` take
    weights in any packing, and only the rows of gradient and result of
    `grad_input` must be contiguous. Else trits are `[N, K]`, or packed by runs
    of digits (such as `chimera` and `base3`) without gaps between rows; storage
    ops take quarters of the rows (`hf`) as well, and read whole tiles of
    `gpu_tile2` and `gpu_tile2k`. `pack` and `repack` write tiles of any of the
    four orders of two bits and of any extents, from trits, runs with or without
    gaps, quarters that are whole tiles, and rows of whole blocks of `i2_s` and
    `tq2_0`. Memrefs are in the memory of the GPU, and begin at multiples of 16
    bytes; but for `bitlinear` and the three they have no strides.

    With `overlap-launches` kernels of up to 16 tokens may begin before the
    kernel in front of them ends: they load weights, and wait for it before they
    load activations. Weights and scales must be written neither by what is in
    flight when a function is called nor by a kernel of the function.

    Example:

    ```mlir
    func.func @kernel(%x: memref<1x128xi8>, %w: memref<1x1x32x16xi8>,
                      %y: memref<1x16xi32>) {
      // Becomes a gpu.launch with ternary.decode in it.
      ternary.bitlinear ins(%x : memref<1x128xi8>)
          weights(%w : memref<1x1x32x16xi8>) outs(%y : memref<1x16xi32>)
          {packing = #ternary.packing<gpu_tile2>}
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"
  ];
  let options = [
    ListOption<"decodeShape", "decode-shape", "int64_t",
               "for few tokens: warps per block, and tiles of 16 rows per warp; "
               "none is chosen from the layer">,
    ListOption<"prefillShape", "prefill-shape", "int64_t",
               "for many tokens: groups of 64 rows per block, groups that share "
               "the columns of the same rows, tokens per block (a multiple of "
               "16, at most 128), stages of the ring, blocks that share the "
               "columns of what is left behind whole rounds (1 is none; layers "
               "of one component, without groups); none is chosen from the "
               "layer">,
    Option<"overlapLaunches", "overlap-launches", "bool", "false",
           "programmatic dependent launch: kernels of few tokens load weights "
           "while the kernel before them ends">
  ];
}

def MapLoopsToGPU : Pass<"map-loops-to-gpu", "::mlir::func::FuncOp"> {
  let summary = "loops on the host to launches of GPU kernels";
  let description = [{
    Each `scf.parallel` outside of a kernel becomes a kernel with a thread per
    round; what else reads or writes memory becomes a kernel of one thread, and
    the scalars that it leaves for others go through buffers. Inside of a thread
    loops are plain, and small buffers its own. A number that the host needs (for
    the extent of a buffer, or a loop with kernels in it) and only the device
    knows is an error.

    Example:

    ```mlir
    func.func @clear(%m: memref<?xf32>, %n: index) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %zero = arith.constant 0.0 : f32
      // Becomes a gpu.launch of n / 256 blocks.
      scf.parallel (%i) = (%c0) to (%n) step (%c1) {
        memref.store %zero, %m[%i] : memref<?xf32>
      }
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"
  ];
}

def ExpandMathForGPU : Pass<"expand-math-for-gpu"> {
  let summary = "functions of math that a GPU has not, or not exactly";
  let description = [{
    `math.exp2` of f32 becomes a power of two, exact also where it is subnormal,
    times the machine's approximation for what is left of the exponent; `exp`,
    `expm1`, `log`, `log1p`, `erf`, `tanh`, `sin` and `cos` become upstream's
    polynomials, `absf`, `floor`, `fma`, `roundeven` and `sqrt` of f32 LLVM's
    intrinsics, so that nothing is linked from a toolkit.

    Example:

    ```mlir
    func.func @power(%x: f32) -> f32 {
      // Becomes a power of two, exactly, times llvm.exp2 of the rest.
      %y = math.exp2 %x : f32
      return %y : f32
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::math::MathDialect", "::mlir::vector::VectorDialect"
  ];
}

def MoveMemoryToGPU : Pass<"move-memory-to-gpu", "::mlir::ModuleOp"> {
  let summary = "buffers and constants of the host to the device";
  let description = [{
    Outside of kernels, `memref.alloc` and `memref.dealloc` become those of
    `gpu`; a `memref.get_global` is followed by a call of `ternaryGpuConstant`,
    the runtime's, which gives the copy on the device.

    Example:

    ```mlir
    func.func @buffer(%n: index) {
      // Becomes a gpu.alloc.
      %m = memref.alloc(%n) : memref<?xf32>
      memref.dealloc %m : memref<?xf32>
      return
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"
  ];
}

def OutlineGPUKernels : Pass<"outline-gpu-kernels", "::mlir::ModuleOp"> {
  let summary = "launches to kernels that keep their bound of registers";
  let description = [{
    `gpu-kernel-outlining`, which drops the attributes of a launch; here the
    kernel gets its `nvvm.minctasm`, the blocks that are to fit a multiprocessor
    at the same time. Every launch is of a region, none of a kernel.

    Example:

    ```mlir
    func.func @host(%n: index) {
      // The kernel has the attribute.
      gpu.launch blocks(%bx, %by, %bz) in (%gx = %n, %gy = %n, %gz = %n)
          threads(%tx, %ty, %tz) in (%sx = %n, %sy = %n, %sz = %n) {
        gpu.terminator
      } {nvvm.minctasm = 2 : i32}
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::DLTIDialect", "::mlir::gpu::GPUDialect"];
}

def MergeGPUModules : Pass<"merge-gpu-modules", "::mlir::ModuleOp"> {
  let summary = "the kernels of all gpu modules to one";
  let description = [{
    `gpu-kernel-outlining` makes a module of each kernel, which would be compiled,
    written and loaded one by one. Kernels of the same name are renamed; of other
    functions and globals, which outlining copies, one of each name is kept.

    Example:

    ```mlir
    gpu.module @a {
      gpu.func @f() kernel {
        gpu.return
      }
    }
    // Becomes @a::@f_0.
    gpu.module @b {
      gpu.func @f() kernel {
        gpu.return
      }
    }
    ```
  }];
}

def PruneKernelArguments : Pass<"prune-kernel-arguments", "::mlir::ModuleOp"> {
  let summary = "parameters that no kernel reads are not passed";
  let description = [{
    A kernel gets the whole descriptor of a memref: two pointers, an offset,
    sizes and strides, of which a kernel for a static shape reads one pointer.
    What a kernel of LLVM's dialect does not use is dropped from it and from all
    its launches: fewer bytes to write for a launch, and fewer lines of the
    constant cache to wait for when a block begins. A kernel that is named by
    anything but launches keeps its parameters.

    Example:

    ```mlir
    gpu.module @kernels {
      // Becomes @f(%p: !llvm.ptr).
      llvm.func @f(%allocated: !llvm.ptr, %p: !llvm.ptr, %offset: i64)
          attributes {gpu.kernel, nvvm.kernel} {
        %c = llvm.mlir.constant(0 : i8) : i8
        llvm.store %c, %p : i8, !llvm.ptr
        llvm.return
      }
    }
    ```
  }];
}

def LowerTernaryRegister : Pass<"lower-ternary-register"> {
  let summary = "register-level ops to arith and vector";
  let description = [{
    The portable lowering of `dot`, `dot_finish`, `decode`, `encode` and `look_up`: exact
    for every input, on any vector length. Where the `isa` of `ternary.target` is
    `avx512vnni`, `avx512vbmi` or `avx512amx`, a `dot` of 64 bytes becomes
    `vpdpbusd`; with the latter two, digits of base 3 are looked up. On `avxvnni`
    and `avx2` a `dot` of a multiple of 32 bytes becomes `vpdpbusd`, or
    `vpmaddubsw` and `vpmaddwd`; on `neon_i8mm` and `neon_dotprod` one of 16 bytes
    becomes `usdot` or `sdot`; on GPUs one of a word of signed digits becomes
    `dp4a`. Masked stores of one lane become scalar ones. A
    module with tiles of `amx` gets a constructor that asks Linux for these
    registers. On CPUs whose row does not say that they convert to bf16, that is
    integer arithmetic.

    Example:

    ```mlir
    func.func @decode(%b: vector<8xi8>) -> vector<8xi8> {
      // Becomes a shift, a mask and a subtraction.
      %t = ternary.decode %b
          {radix = 4 : i64, digit = 2 : i64, offset = 1 : i64} : vector<8xi8>
      return %t : vector<8xi8>
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::vector::VectorDialect"
  ];
}

def LowerMemRefCopy : Pass<"lower-memref-copy"> {
  let summary = "memref.copy to linalg";
  let description = [{
    The lowering of `memref.copy` to LLVM calls a library for strided memrefs;
    loops need none.

    Example:

    ```mlir
    func.func @copy(%from: memref<4xf32, strided<[2]>>, %to: memref<4xf32>) {
      // Becomes a linalg.generic.
      memref.copy %from, %to
          : memref<4xf32, strided<[2]>> to memref<4xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

#endif // TERNARY_CONVERSION_PASSES
