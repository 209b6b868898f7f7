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

/// The first feature that kernels for a CPU use and this machine does not have,
/// or the architecture of the triple if that is another one; empty if there is
/// none. Names are those of ternary-attach-target.
std::string findMissingFeature(llvm::StringRef cpu, llvm::StringRef triple);

/// Ops read bytes and quantized activations directly (see ternary-fuse).
void populateTernaryFusePatterns(mlir::RewritePatternSet &patterns);

#define GEN_PASS_REGISTRATION
#include "ternary/Transforms/Passes.h.inc"

} // namespace ternary

#endif // TERNARY_TRANSFORMS_PASSES_H
