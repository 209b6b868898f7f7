//===- TernaryTransformOps.h - Schedules as IR ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMOPS_TERNARYTRANSFORMOPS_H
#define TERNARY_TRANSFORMOPS_TERNARYTRANSFORMOPS_H

#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Transform/IR/TransformTypes.h"
#include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

#define GET_OP_CLASSES
#include "ternary/TransformOps/TernaryTransformOps.h.inc"

namespace ternary {

/// Lets the transform dialect have the ops `transform.ternary.…`.
void registerTransformDialectExtension(mlir::DialectRegistry &registry);

} // namespace ternary

#endif // TERNARY_TRANSFORMOPS_TERNARYTRANSFORMOPS_H
