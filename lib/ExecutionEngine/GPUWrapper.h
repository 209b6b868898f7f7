//===- GPUWrapper.h - C functions that launch kernels -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_GPUWRAPPER_H
#define TERNARY_LIB_EXECUTIONENGINE_GPUWRAPPER_H

#include "CWrapper.h"

namespace ternary {

/// The names of the C functions that a function of the source becomes: on
/// device pointers, with a stream; on host pointers; what failed.
struct GPUNames {
  explicit GPUNames(llvm::StringRef function)
      : device(function.str()), host((function + "_host").str()),
        error((function + "_error").str()) {}

  std::string device;
  std::string host;
  std::string error;
};

/// The name of a function's version for a chip.
std::string getChipVersion(llvm::StringRef function, llvm::StringRef chip);

/// Adds the C functions around the versions of a lowered one, which lie in
/// `module` and become internal.
llvm::Error addGPUWrappers(llvm::Module &module, const CFunction &function,
                           llvm::ArrayRef<std::string> chips);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_GPUWRAPPER_H
