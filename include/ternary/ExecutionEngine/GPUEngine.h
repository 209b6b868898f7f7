//===- GPUEngine.h - Running functions on a GPU -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Just-in-time compilation of tensor-level functions for this machine's GPU,
// and calls of them with arrays of the host. Needs the driver; no CUDA toolkit.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_EXECUTIONENGINE_GPUENGINE_H
#define TERNARY_EXECUTIONENGINE_GPUENGINE_H

#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/ExecutionEngine/Program.h"

namespace ternary {

/// The chip of this machine's GPU, such as sm_90a, or why there is none.
llvm::Expected<std::string> findGPU();

class GPUEngine : public Executable {
public:
  ~GPUEngine() override;

  /// Compiles the entries of `source`, which is not changed, for `chip`. Of the
  /// options, those of the pipeline count.
  static llvm::Expected<std::unique_ptr<GPUEngine>>
  create(mlir::ModuleOp source, llvm::ArrayRef<Signature> entries,
         llvm::StringRef chip, const CompileOptions &options);

  /// Copies the arguments to the device, and the results from it.
  llvm::Expected<std::vector<Array>>
  invoke(llvm::StringRef entry,
         llvm::MutableArrayRef<Array> arguments) override;

  /// Times of the device from the begin of one call to that of the next, with
  /// all arrays there.
  llvm::Expected<Timing> time(llvm::StringRef entry,
                              llvm::MutableArrayRef<Array> arguments,
                              unsigned repetitions) override;

private:
  struct Entry {
    Signature signature;
    const ProgramFunction *function;
  };

  GPUEngine();
  llvm::Expected<const Entry *> find(llvm::StringRef name,
                                     llvm::MutableArrayRef<Array> arguments);
  llvm::Expected<std::vector<Array>>
  makeResults(const ProgramFunction &function,
              llvm::MutableArrayRef<Array> arguments);

  std::unique_ptr<Program> program;
  llvm::StringMap<Entry> entries;
};

} // namespace ternary

#endif // TERNARY_EXECUTIONENGINE_GPUENGINE_H
