//===- Tuning.cpp - Decisions about one layer that were measured ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Tuning.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ternary;

constexpr llvm::StringLiteral kPacking = "packing", kRowTile = "row_tile",
                              kTokenTile = "token_tile";

static int64_t getTile(DictionaryAttr stated, StringRef name) {
  auto tile = stated.getAs<IntegerAttr>(name);
  return tile ? tile.getInt() : 0;
}

LayerTuning LayerTuning::get(BitLinearOp op) {
  auto stated = op->getAttrOfType<DictionaryAttr>(kTuningAttrName);
  if (!stated)
    return {};
  return {stated.getAs<PackingAttrInterface>(kPacking),
          getTile(stated, kRowTile), getTile(stated, kTokenTile)};
}

DictionaryAttr LayerTuning::getAttr(MLIRContext *context) const {
  Builder b(context);
  NamedAttrList stated;
  if (packing)
    stated.append(kPacking, packing);
  for (auto [name, tile] :
       {std::pair(kRowTile, rowTile), {kTokenTile, tokenTile}})
    if (tile != 0)
      stated.append(name, b.getI64IntegerAttr(tile));
  return stated.getDictionary(context);
}

/// An expectation that the value of an entry does not meet; empty if it does.
static StringRef getExpectation(NamedAttribute entry) {
  if (entry.getName() == kPacking) {
    auto packing = dyn_cast<PackingAttrInterface>(entry.getValue());
    return packing && !packing.carriesScales() ? ""
                                               : "a packing without scales";
  }
  if (entry.getName() == kRowTile || entry.getName() == kTokenTile) {
    auto tile = dyn_cast<IntegerAttr>(entry.getValue());
    bool isTile =
        tile && tile.getType().isSignlessInteger(64) && tile.getInt() > 0;
    return isTile ? "" : "a positive i64";
  }
  return "'packing', 'row_tile' or 'token_tile'";
}

LogicalResult ternary::verifyTuning(Operation *op, Attribute value) {
  auto stated = dyn_cast<DictionaryAttr>(value);
  if (!stated || !isa<BitLinearOp>(op))
    return op->emitError() << "'" << kTuningAttrName
                           << "': expected a dictionary on a bitlinear, found "
                           << value << " on '" << op->getName() << "'";
  for (NamedAttribute entry : stated)
    if (StringRef expected = getExpectation(entry); !expected.empty())
      return op->emitError()
             << "'" << kTuningAttrName << "': expected " << expected
             << ", found '" << entry.getName().getValue()
             << "' = " << entry.getValue();
  return success();
}
