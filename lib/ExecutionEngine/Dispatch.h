//===- Dispatch.h - Code for several instruction sets -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
// A library for any x86-64 machine has each function once for every level of
// the table, and functions in front of them that choose by cpuid.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_DISPATCH_H
#define TERNARY_LIB_EXECUTIONENGINE_DISPATCH_H

#include "ternary/ExecutionEngine/CInterface.h"

#include "llvm/IR/Module.h"

#include <array>

namespace ternary {

/// The words that a machine describes itself with: cpuid leaf 1 ecx, leaf 7
/// ebx, ecx and edx, leaf 0x80000001 ecx, the states that the operating system
/// saves, and 1 if it lets this process use the tiles of AMX.
using CpuWords = std::array<uint32_t, 7>;

struct DispatchLevel {
  /// What TERNARY_ISA calls it.
  llvm::StringLiteral name;
  /// The CPU that the passes compile for.
  llvm::StringLiteral passCPU;
  /// What LLVM may use: not more than the bits below promise.
  llvm::StringLiteral cpu;
  llvm::StringLiteral features;
  /// The bits that have to be set.
  CpuWords bits;
};

/// The levels, from what every machine has to the best.
llvm::ArrayRef<DispatchLevel> getDispatchLevels();

/// The name of a function's version for a level.
std::string getVersionName(llvm::StringRef function,
                           const DispatchLevel &level);

/// Lets the functions of a module use the level's instructions, and no others.
void setLevel(llvm::Module &module, const DispatchLevel &level);

/// Adds the functions that choose among the versions, which become internal.
/// All of them lie in `module`.
llvm::Error addDispatch(llvm::Module &module,
                        llvm::ArrayRef<CFunction> functions);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_DISPATCH_H
