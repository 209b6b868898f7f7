//===- Pipelines.h - The orders of passes -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_PIPELINES_PIPELINES_H
#define TERNARY_PIPELINES_PIPELINES_H

#include "ternary/Pipelines/OptionParsers.h"

#include "mlir/Pass/PassOptions.h"
#include "llvm/Support/Error.h"

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace ternary {

struct TernaryToLLVMOptions
    : public mlir::PassPipelineOptions<TernaryToLLVMOptions> {
  Option<std::string> targetCPU{
      *this, "target-cpu",
      llvm::cl::desc("LLVM name of the CPU to compile for; 'native' is the "
                     "machine that compiles"),
      llvm::cl::init("native")};
  Option<std::string> targetTriple{
      *this, "target-triple",
      llvm::cl::desc("LLVM triple of the machine to compile for; empty is the "
                     "machine that compiles"),
      llvm::cl::init("")};
  Option<int64_t, IntegerParser> threads{
      *this, "threads",
      llvm::cl::desc("threads of parallel loops: 1 needs no library, more need "
                     "libomp, 0 is OpenMP's own choice"),
      llvm::cl::init(1)};
  Option<std::string> packing{
      *this, "packing",
      llvm::cl::desc("execution packing of weights that may be repacked: a "
                     "preset, 'auto' (chosen per layer) or 'none' (as given)"),
      llvm::cl::init("auto")};
  Option<int64_t, IntegerParser> cacheBytes{
      *this, "cache-bytes",
      llvm::cl::desc("bytes of weights that stay in the cache between two "
                     "calls, for 'packing=auto'; 0: weights stream from "
                     "memory"),
      llvm::cl::init(int64_t(16) << 20)};
  Option<std::string> tuning{
      *this, "tuning",
      llvm::cl::desc("file of ternary-tune, whose decisions go before those "
                     "that are left to the passes"),
      llvm::cl::init("")};
  Option<int64_t, IntegerParser> rowTile{
      *this, "row-tile",
      llvm::cl::desc("output features per tile of the parallel loop; 0 is "
                     "chosen from the shape"),
      llvm::cl::init(0)};
  Option<int64_t, IntegerParser> tokenTile{
      *this, "token-tile",
      llvm::cl::desc("tokens per tile of the parallel loop; 0 is chosen from "
                     "the shape"),
      llvm::cl::init(0)};
};

struct TernaryToNVVMOptions
    : public mlir::PassPipelineOptions<TernaryToNVVMOptions> {
  Option<std::string> chip{
      *this, "chip",
      llvm::cl::desc("NVIDIA chip to compile for, 'sm_80' or later"),
      llvm::cl::init("sm_90a")};
  Option<std::string> ptx{
      *this, "ptx",
      llvm::cl::desc("version of PTX, such as '80'; what the driver knows "
                     "limits it"),
      llvm::cl::init("80")};
  Option<std::string> format{
      *this, "format",
      llvm::cl::desc("code of the kernels: 'isa' is PTX text, which the driver "
                     "compiles; 'bin' and 'fatbin' need ptxas; 'none' leaves "
                     "kernels in the NVVM dialect"),
      llvm::cl::init("isa")};
  Option<std::string> packing{
      *this, "packing",
      llvm::cl::desc("execution packing of weights that may be repacked: a "
                     "preset, 'auto' or 'none' (as given)"),
      llvm::cl::init("auto")};
  ListOption<int64_t, IntegerParser> decodeShape{
      *this, "decode-shape",
      llvm::cl::desc(
          "for few tokens: warps per block, and tiles of 16 rows per "
          "warp; none is chosen from the layer")};
  ListOption<int64_t, IntegerParser> prefillShape{
      *this, "prefill-shape",
      llvm::cl::desc(
          "for many tokens: groups of 64 rows per block, groups that "
          "share the columns of the same rows, tokens per block, "
          "stages of the ring, blocks that share the columns of what is left "
          "behind whole rounds; none is chosen from the layer")};
  Option<bool, FlagParser> overlapLaunches{
      *this, "overlap-launches",
      llvm::cl::desc(
          "programmatic dependent launch: kernels of few tokens load "
          "weights while the kernel before them ends; needs sm_90 "
          "and weights that no kernel in flight writes"),
      llvm::cl::init(false)};
};

struct RaiseToTernaryOptions
    : public mlir::PassPipelineOptions<RaiseToTernaryOptions> {
  Option<int64_t, IntegerParser> maxElements{
      *this, "max-elements",
      llvm::cl::desc("constants of more elements are not computed"),
      llvm::cl::init(int64_t(1) << 26)};
};

/// `raise-to-ternary`: tosa and quant to linalg, then `ternary-raise`.
void buildRaiseToTernaryPipeline(mlir::OpPassManager &pm,
                                 const RaiseToTernaryOptions &options);

/// `ternary-to-linalg`: tensor-level ops to linalg, cleaned up.
void buildTernaryToLinalgPipeline(mlir::OpPassManager &pm);

/// Tensors to memrefs, function boundaries included (identity layouts).
void buildBufferizePipeline(mlir::OpPassManager &pm);

/// Frees what bufferization allocated.
void buildDeallocatePipeline(mlir::OpPassManager &pm);

/// Loops on memrefs, vectors and scalars to LLVM.
void buildLoopsToLLVMPipeline(mlir::OpPassManager &pm);

/// The oracle: `ternary-to-linalg`, then loops on one thread and LLVM.
void buildReferencePipeline(mlir::OpPassManager &pm);

/// For libraries, in front of bufferization: results of public functions go
/// into buffers of the caller, and are computed there where that is possible.
void buildResultsToArgumentsPipeline(mlir::OpPassManager &pm);

/// The first phase of `ternary-to-llvm`, decisions on tensors: what is fused,
/// packed, prepared, tiled. Behind it functions have their final arguments.
void buildTensorPhase(mlir::OpPassManager &pm,
                      const TernaryToLLVMOptions &options);

/// The second phase, from tensors to LLVM.
void buildBufferPhase(mlir::OpPassManager &pm,
                      const TernaryToLLVMOptions &options);

/// Fails if kernels for a CPU use a feature that this machine does not have:
/// their first unknown instruction would kill the process. `option` is what the
/// message calls the name.
llvm::Error checkRunsHere(llvm::StringRef option, llvm::StringRef cpu,
                          llvm::StringRef triple);

/// `ternary-to-llvm`: the CPU pipeline, both phases.
void buildTernaryToLLVMPipeline(mlir::OpPassManager &pm,
                                const TernaryToLLVMOptions &options);

/// The phases of `ternary-to-nvvm`. Behind the first, functions have their
/// final arguments, behind the second they take memory of the device.
void buildNVVMTensorPhase(mlir::OpPassManager &pm,
                          const TernaryToNVVMOptions &options);
void buildNVVMBufferPhase(mlir::OpPassManager &pm,
                          const TernaryToNVVMOptions &options);

/// `ternary-to-nvvm`: the GPU pipeline, both phases.
void buildTernaryToNVVMPipeline(mlir::OpPassManager &pm,
                                const TernaryToNVVMOptions &options);

/// Registers the pipelines under their names.
void registerPipelines();

} // namespace ternary

#endif // TERNARY_PIPELINES_PIPELINES_H
