//===- DeviceCode.h - Code of kernels in lowered modules --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_EXECUTIONENGINE_DEVICECODE_H
#define TERNARY_LIB_EXECUTIONENGINE_DEVICECODE_H

#include "ternary/ExecutionEngine/AOT.h"

namespace ternary {

/// Adds the code in the `gpu.binary` ops of a lowered module.
void collectDeviceCode(mlir::ModuleOp lowered, std::vector<DeviceCode> &code);

/// Fails where device code in this format cannot be made, or needs ptxas and MLIR
/// would not find it.
llvm::Error checkFormat(llvm::StringRef format);

} // namespace ternary

#endif // TERNARY_LIB_EXECUTIONENGINE_DEVICECODE_H
