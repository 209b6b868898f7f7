//===- LogicalShape.h - Mixed shapes in assembly ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_IR_LOGICALSHAPE_H
#define TERNARY_LIB_IR_LOGICALSHAPE_H

#include "ternary/IR/Ternary.h"

namespace ternary {

mlir::ParseResult parseLogicalShape(
    mlir::OpAsmParser &parser,
    llvm::SmallVectorImpl<mlir::OpAsmParser::UnresolvedOperand> &dynamic,
    mlir::DenseI64ArrayAttr &staticShape);

void printLogicalShape(mlir::OpAsmPrinter &printer, mlir::Operation *op,
                       mlir::OperandRange dynamic,
                       mlir::DenseI64ArrayAttr staticShape);

} // namespace ternary

#endif // TERNARY_LIB_IR_LOGICALSHAPE_H
