//===- LogicalShape.cpp - Mixed shapes in assembly ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// `shape(8, %k)`: static extents stand as integers, dynamic ones as values.
//
//===----------------------------------------------------------------------===//

#include "LogicalShape.h"

using namespace mlir;
using namespace ternary;

ParseResult ternary::parseLogicalShape(
    OpAsmParser &parser,
    SmallVectorImpl<OpAsmParser::UnresolvedOperand> &dynamic,
    DenseI64ArrayAttr &staticShape) {
  SmallVector<int64_t> shape;
  auto parseExtent = [&]() -> ParseResult {
    OpAsmParser::UnresolvedOperand value;
    OptionalParseResult operand = parser.parseOptionalOperand(value);
    if (operand.has_value()) {
      dynamic.push_back(value);
      shape.push_back(ShapedType::kDynamic);
      return *operand;
    }
    return parser.parseInteger(shape.emplace_back());
  };
  if (parser.parseCommaSeparatedList(parseExtent))
    return failure();
  staticShape = parser.getBuilder().getDenseI64ArrayAttr(shape);
  return success();
}

void ternary::printLogicalShape(OpAsmPrinter &printer, Operation *,
                                OperandRange dynamic,
                                DenseI64ArrayAttr staticShape) {
  unsigned next = 0;
  llvm::interleaveComma(staticShape.asArrayRef(), printer, [&](int64_t extent) {
    if (ShapedType::isDynamic(extent))
      printer << dynamic[next++];
    else
      printer << extent;
  });
}
