//===- Dialect.cpp - The dialect embed ------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Embed.h"

#include "ternary/InitAll.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

#include "EmbedDialect.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "EmbedAttributes.cpp.inc"

#define GET_OP_CLASSES
#include "EmbedOps.cpp.inc"

void embed::EmbedDialect::initialize() {
  addAttributes<PlanesAttr>();
  addOperations<LayerOp>();
}

void embed::registerDialects(mlir::DialectRegistry &registry) {
  ternary::registerAllDialects(registry);
  registry.insert<EmbedDialect>();
}
