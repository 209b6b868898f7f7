//===- PackedBytes.cpp - What is stated about bytes -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "PackedBytes.h"

using namespace mlir;
using namespace ternary;

std::optional<PackedBytes> ternary::getStated(DictionaryAttr attrs) {
  if (!attrs)
    return std::nullopt;
  auto packing = attrs.getAs<PackingAttrInterface>(kPackingAttrName);
  if (!packing)
    return std::nullopt;
  PackedBytes bytes{packing};
  if (auto shape = attrs.getAs<DenseI64ArrayAttr>(kShapeAttrName))
    for (auto [extent, stated] : llvm::zip(bytes.shape, shape.asArrayRef()))
      extent = stated < 0 ? ShapedType::kDynamic : stated;
  return bytes;
}

SmallVector<NamedAttribute> ternary::getStatement(const PackedBytes &bytes) {
  Builder builder(bytes.packing.getContext());
  SmallVector<int64_t> shape;
  for (int64_t extent : bytes.shape)
    shape.push_back(ShapedType::isDynamic(extent) ? -1 : extent);
  return {builder.getNamedAttr(kPackingAttrName, bytes.packing),
          builder.getNamedAttr(kShapeAttrName,
                               builder.getDenseI64ArrayAttr(shape))};
}

std::optional<PackedBytes> ternary::getWritten(Operation *op) {
  if (auto pack = dyn_cast_or_null<PackOp>(op)) {
    auto shape = cast<ShapedType>(pack.getInput().getType()).getShape();
    return PackedBytes{pack.getPacking(), {shape[0], shape[1]}};
  }
  if (auto repack = dyn_cast_or_null<RepackOp>(op)) {
    ArrayRef<int64_t> shape = repack.getStaticShape();
    return PackedBytes{repack.getPacking(), {shape[0], shape[1]}};
  }
  return std::nullopt;
}
