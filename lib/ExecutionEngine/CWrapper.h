//===- CWrapper.h - C functions around lowered ones -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_CWRAPPER_H
#define TERNARY_LIB_EXECUTIONENGINE_CWRAPPER_H

#include "ternary/ExecutionEngine/CInterface.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

namespace ternary {

/// What a C function has beside its parameters.
struct CConvention {
  /// Null for void.
  llvm::Type *result = nullptr;
  /// A stream follows the parameters.
  bool hasStream = false;
};

/// Declares the C function under the name `symbol`, with what its parameters
/// promise.
llvm::Function *declareCFunction(llvm::Module &module,
                                 const CFunction &function,
                                 llvm::StringRef symbol,
                                 const CConvention &convention = {});

/// The pointer to pass for an array of so many bytes that lies at `pointer`.
using MapArray = llvm::function_ref<llvm::Value *(
    const CParameter &parameter, llvm::Value *pointer, llvm::Value *bytes)>;

/// Builds what a lowered function is called with from the parameters of its C
/// function: memref descriptors and scalars.
llvm::SmallVector<llvm::Value *>
emitLoweredArguments(llvm::IRBuilderBase &builder, const CFunction &function,
                     llvm::Function &cFunction, MapArray map = nullptr);

/// The lowered function of this name, if it takes what the parameters of its C
/// function make up. Renames it to `symbol`.
llvm::Expected<llvm::Function *> takeLowered(llvm::Module &module,
                                             const CFunction &function,
                                             llvm::StringRef symbol);

/// Puts the C function, as `symbol`, in front of the lowered one, which takes
/// memref descriptors and becomes internal.
llvm::Error addCWrapper(llvm::Module &module, const CFunction &function,
                        llvm::StringRef symbol);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_CWRAPPER_H
