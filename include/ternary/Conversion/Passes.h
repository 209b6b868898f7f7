//===- Passes.h - Conversions out of the dialect ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_CONVERSION_PASSES_H
#define TERNARY_CONVERSION_PASSES_H

#include "mlir/IR/PatternMatch.h"
#include "mlir/Pass/Pass.h"

namespace ternary {

#define GEN_PASS_DECL
#include "ternary/Conversion/Passes.h.inc"

/// Patterns that rewrite each tensor-level op to linalg.
void populateTernaryToLinalgPatterns(mlir::RewritePatternSet &patterns);

/// Lets composite ops (`decompose`, `deadzone_stats`, `rms_norm` and its
/// backward, `regroup_scale`) decompose into simpler ones through linalg's
/// AggregatedOpInterface.
void registerDecompositionExternalModels(mlir::DialectRegistry &registry);

/// Patterns of `convert-ternary-to-vector`.
void populateTernaryToVectorPatterns(mlir::RewritePatternSet &patterns);

/// Patterns of `convert-ternary-to-gpu`.
void populateTernaryToGPUPatterns(mlir::RewritePatternSet &patterns);

/// The portable lowering of the register-level ops.
void populateLowerTernaryRegisterPatterns(mlir::RewritePatternSet &patterns);

/// What `convert-ternary-to-vector` does, to what is inside of `op`.
mlir::LogicalResult
convertToRegisterLevel(mlir::Operation *op,
                       mlir::RewriterBase::Listener *listener = nullptr);

/// What `lower-ternary-register` does, to what is inside of `op`, for the
/// target of its module.
mlir::LogicalResult
lowerRegisterLevel(mlir::Operation *op,
                   mlir::RewriterBase::Listener *listener = nullptr);

#define GEN_PASS_REGISTRATION
#include "ternary/Conversion/Passes.h.inc"

} // namespace ternary

#endif // TERNARY_CONVERSION_PASSES_H
