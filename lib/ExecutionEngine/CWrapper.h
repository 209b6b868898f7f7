//===- CWrapper.h - C functions around lowered ones -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_CWRAPPER_H
#define TERNARY_LIB_EXECUTIONENGINE_CWRAPPER_H

#include "ternary/ExecutionEngine/CInterface.h"

#include "llvm/IR/Module.h"

namespace ternary {

/// Declares the C function under the name `symbol`, with what its parameters
/// promise.
llvm::Function *declareCFunction(llvm::Module &module,
                                 const CFunction &function,
                                 llvm::StringRef symbol);

/// Puts the C function, as `symbol`, in front of the lowered one, which takes
/// memref descriptors and becomes internal.
llvm::Error addCWrapper(llvm::Module &module, const CFunction &function,
                        llvm::StringRef symbol);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_CWRAPPER_H
