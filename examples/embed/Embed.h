//===- Embed.h - A compiler around ternary ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef EMBED_H
#define EMBED_H

#include "ternary/IR/Ternary.h"

#include "mlir/Pass/Pass.h"

#include "EmbedDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "EmbedAttributes.h.inc"

#define GET_OP_CLASSES
#include "EmbedOps.h.inc"

namespace embed {

/// `embed-lower-layers`: layers become ops of ternary that read packed weights.
std::unique_ptr<mlir::Pass> createLowerLayers();

/// `embed-to-llvm`: layers to code for this machine.
void buildEmbedToLLVM(mlir::OpPassManager &pm);

/// The dialect with everything that its pipeline needs.
void registerDialects(mlir::DialectRegistry &registry);

/// The pass and the pipeline, and those of ternary.
void registerPasses();

} // namespace embed

#endif // EMBED_H
