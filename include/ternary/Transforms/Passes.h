//===- Passes.h - Transforms on ternary ops ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TRANSFORMS_PASSES_H
#define TERNARY_TRANSFORMS_PASSES_H

#include "ternary/IR/Ternary.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

namespace ternary {

#define GEN_PASS_DECL
#include "ternary/Transforms/Passes.h.inc"

/// Ops read bytes and quantized activations directly (see ternary-fuse).
void populateTernaryFusePatterns(mlir::RewritePatternSet &patterns);

#define GEN_PASS_REGISTRATION
#include "ternary/Transforms/Passes.h.inc"

} // namespace ternary

#endif // TERNARY_TRANSFORMS_PASSES_H
