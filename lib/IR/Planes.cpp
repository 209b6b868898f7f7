//===- Planes.cpp - Packings whose digits are planes ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Planes.h"

#include "PackingDetail.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

std::optional<DigitPlanes>
ternary::getDigitPlanes(PackingAttrInterface packing) {
  auto attr = dyn_cast_or_null<PackingAttr>(packing);
  constexpr int64_t kFields = 4, n0 = 0, n1 = 1, k0 = kColumnBase;
  constexpr int64_t rows[] = {kFields, kStar}, columns[] = {kStar};
  constexpr int64_t axes[] = {n1, kAxisEnd, k0, kAxisEnd};
  if (!attr || attr.getFlat() || attr.getRadix() != 4 || attr.getHeader() ||
      attr.getTrailer() || attr.getRowFactors() != ArrayRef(rows) ||
      attr.getColumnFactors() != ArrayRef(columns) ||
      attr.getAxes() != ArrayRef(axes) || attr.getDigit() != n0)
    return std::nullopt;
  DigitPlanes planes;
  for (int64_t i = 0; i < kFields; ++i)
    planes.shifts.push_back(2 * (attr.getMsbFirst() ? kFields - 1 - i : i));
  planes.codes.assign(attr.getCodes().begin(), attr.getCodes().end());
  planes.trits.assign(attr.getRadix(), attr.getUnused().value_or(0));
  for (auto [i, code] : llvm::enumerate(planes.codes))
    planes.trits[code] = int64_t(i) - 1;
  return planes;
}
