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
  // One of n1 and k1 is the axis of vectors, the other one the digit.
  constexpr int64_t n1 = 1, k0 = kColumnBase, k1 = k0 + 1, k2 = k0 + 2;
  bool digitsAreRows = attr.getDigit() == n1;
  const int64_t axes[] = {
      0,        kAxisEnd, k0, kAxisEnd, digitsAreRows ? k1 : n1,
      kAxisEnd, 2,        k2, kAxisEnd};
  constexpr int64_t codes[] = {0, 1, 2};
  if (rows.size() != 3 || columns.size() != 3 || rows[0] != kStar ||
      columns[0] != kStar || columns[2] != 4 ||
      (!digitsAreRows && attr.getDigit() != k1) ||
      attr.getAxes() != ArrayRef(axes) || attr.getCodes() != ArrayRef(codes))
    return std::nullopt;
  // Register-level ops know these two radices.
  if (attr.getRadix() != 3 && attr.getRadix() != 4)
    return std::nullopt;
  return PanelShape{attr.getRadix(), rows[1], columns[1], rows[2],
                    digitsAreRows};
}

std::optional<DigitRuns> ternary::getDigitRuns(PackingAttrInterface packing) {
  auto attr = dyn_cast_or_null<PackingAttr>(packing);
  // Register-level ops know these two radices.
  if (!attr || (attr.getRadix() != 3 && attr.getRadix() != 4) ||
      attr.getHeader() || attr.getTrailer())
    return std::nullopt;
  constexpr int64_t k0 = kColumnBase, k1 = k0 + 1;
  bool flat = attr.getFlat();
  constexpr int64_t flatAxes[] = {0, kAxisEnd};
  constexpr int64_t rowAxes[] = {0, kAxisEnd, k0, kAxisEnd};
  ArrayRef<int64_t> split =
      flat ? attr.getRowFactors() : attr.getColumnFactors();
  if (split.size() != 2 || split[0] != kStar ||
      attr.getDigit() != (flat ? 1 : k1) ||
      attr.getAxes() != (flat ? ArrayRef(flatAxes) : ArrayRef(rowAxes)))
    return std::nullopt;
  if (!flat && attr.getRowFactors() != ArrayRef<int64_t>({kStar}))
    return std::nullopt;
  DigitRuns runs{attr.getRadix(), split[1], flat, attr.getMsbFirst(), {}, {},
                 attr.getPad()};
  runs.codes.assign(attr.getCodes().begin(), attr.getCodes().end());
  runs.trits.assign(attr.getRadix(), attr.getUnused().value_or(0));
  for (auto [i, code] : llvm::enumerate(runs.codes))
    runs.trits[code] = int64_t(i) - 1;
  return runs;
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
