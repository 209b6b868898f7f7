//===- BufferizableOpInterfaceImpl.h ----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_BUFFERIZABLEOPINTERFACEIMPL_H
#define TERNARY_IR_BUFFERIZABLEOPINTERFACEIMPL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace ternary {

/// Tensor-level ops bufferize to themselves on memrefs; results take the
/// buffers of their inits, and no operand is copied.
void registerBufferizableOpInterfaceExternalModels(
    mlir::DialectRegistry &registry);

} // namespace ternary

#endif // TERNARY_IR_BUFFERIZABLEOPINTERFACEIMPL_H
