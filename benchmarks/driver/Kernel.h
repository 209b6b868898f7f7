//===- Kernel.h - Our side of the benchmark ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// A function of an MLIR module, compiled by the CPU pipeline as a user's would
// be: what depends on arguments marked `ternary.constant` alone is computed
// once, by the function that `ternary-outline-prepare` makes.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_BENCHMARKS_KERNEL_H
#define TERNARY_BENCHMARKS_KERNEL_H

#include "Runner.h"

#include "ternary/ExecutionEngine/Engine.h"

#include <memory>

namespace ternary::bench {

/// An argument of the compiled function.
struct KernelArgument {
  /// Its index in the source, or in the results of the prepare function.
  size_t index = 0;
  bool isPrepared = false;
  /// The same in every call; streaming walks through copies of it.
  bool isConstant = false;
};

struct Kernel {
  /// Compiles `entry` of the module `source`. `pipelineOptions` are those of
  /// `ternary-to-llvm`.
  static llvm::Expected<std::unique_ptr<Kernel>>
  compile(llvm::StringRef source, llvm::StringRef entry,
          llvm::StringRef pipelineOptions);

  std::unique_ptr<Engine> engine;
  std::string entry, prepareEntry;
  /// The signature in the source.
  Signature source;
  Signature lowered;
  std::vector<KernelArgument> arguments;
  /// Which arguments of the source the prepare function takes.
  std::vector<size_t> prepareArguments;
  /// What was decided: row of the ISA table, packing of the weights, bytes of
  /// the constant arguments.
  std::string cpu, isa, packing;
  int64_t constantBytes = 0;
  double compileMilliseconds = 0;
};

/// A call of the kernel with these arguments of the source, as many as it has;
/// its constant
/// arguments are copied until they fill `walk` bytes. The other arguments stay
/// where they are and are aligned to 64 bytes.
llvm::Expected<std::unique_ptr<Runner>>
bindKernel(const Kernel &kernel, llvm::ArrayRef<void *> arguments,
           int64_t walk);

} // namespace ternary::bench

#endif // TERNARY_BENCHMARKS_KERNEL_H
