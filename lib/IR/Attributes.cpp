//===- Attributes.cpp - Attributes of the dialect -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Ternary.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ternary;

namespace ternary {
/// `[` int (`,` int)* `]`.
static FailureOr<SmallVector<int64_t>> parseArgumentNumbers(AsmParser &parser) {
  SmallVector<int64_t> numbers;
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        return parser.parseInteger(numbers.emplace_back());
      }))
    return failure();
  return numbers;
}
} // namespace ternary

#define GET_ATTRDEF_CLASSES
#include "ternary/IR/TernaryAttributes.cpp.inc"

void TernaryDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "ternary/IR/TernaryAttributes.cpp.inc"
      >();
}

TargetAttr ternary::getTarget(Operation *op) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module)
    module = op->getParentOfType<ModuleOp>();
  return module ? module->getAttrOfType<TargetAttr>(kTargetAttrName)
                : TargetAttr();
}

PackingAttr PackingAttr::makeChecked(EmitError emitError, MLIRContext *context,
                                     const PackingFields &fields) {
  return getChecked(emitError, context, fields.radix, fields.codes,
                    fields.unused, fields.pad, fields.exact, fields.flat,
                    fields.rowFactors, fields.columnFactors, fields.axes,
                    fields.digit, fields.msbFirst, fields.header,
                    fields.trailer, fields.scaleBytes);
}
