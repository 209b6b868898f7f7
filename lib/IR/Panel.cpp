//===- Panel.cpp - Execution packings that kernels read -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Panel.h"

#include "PackingDetail.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

std::optional<PanelShape> ternary::getPanelShape(PackingAttrInterface packing) {
  auto attr = dyn_cast_or_null<PackingAttr>(packing);
  if (!attr || attr.getFlat() || attr.getMsbFirst() || attr.getHeader() ||
      attr.getTrailer() || attr.getExact() || attr.getPad() != 0)
    return std::nullopt;
  ArrayRef<int64_t> rows = attr.getRowFactors();
  ArrayRef<int64_t> columns = attr.getColumnFactors();
  constexpr int64_t k0 = kColumnBase, k1 = k0 + 1, k2 = k0 + 2;
  constexpr int64_t axes[] = {0,        kAxisEnd, k0, kAxisEnd, 1,
                              kAxisEnd, 2,        k2, kAxisEnd};
  constexpr int64_t codes[] = {0, 1, 2};
  if (rows.size() != 3 || columns.size() != 3 || rows[0] != kStar ||
      columns[0] != kStar || columns[2] != 4 || attr.getDigit() != k1 ||
      attr.getAxes() != ArrayRef(axes) || attr.getCodes() != ArrayRef(codes))
    return std::nullopt;
  // Register-level ops know these two radices.
  if (attr.getRadix() != 3 && attr.getRadix() != 4)
    return std::nullopt;
  return PanelShape{attr.getRadix(), columns[1], rows[1], rows[2]};
}

std::optional<int64_t> ternary::getRowBlock(PackingAttrInterface packing) {
  if (!packing)
    return 1;
  auto attr = dyn_cast<PackingAttr>(packing);
  if (!attr || attr.getFlat() || attr.getRowFactors().front() != kStar)
    return std::nullopt;
  // The first axis is n0 alone, and no other axis nor the digit is `*` of n.
  if (attr.getAxes().take_front(2) != ArrayRef<int64_t>({0, kAxisEnd}))
    return std::nullopt;
  return fixedProduct(attr.getRowFactors());
}
