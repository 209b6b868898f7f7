//===- InitAll.h - Everything that a tool registers -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_INITALL_H
#define TERNARY_INITALL_H

#include "mlir/IR/DialectRegistry.h"

namespace ternary {

/// The ternary dialect and its external interfaces, and every upstream dialect
/// and extension.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Passes and pipelines of this project. Upstream's are not registered.
void registerAllPasses();

} // namespace ternary

#endif // TERNARY_INITALL_H
