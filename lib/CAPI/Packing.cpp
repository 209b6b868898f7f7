//===- Packing.cpp - Trits in bytes ---------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary-c/Packing.h"

#include "ternary/IR/Ternary.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Support.h"
#include "mlir/IR/Diagnostics.h"

using namespace ternary;

namespace {

mlir::InFlightDiagnostic emitError(PackingAttrInterface packing) {
  return mlir::emitError(mlir::UnknownLoc::get(packing.getContext()));
}

/// A matrix and its bytes.
struct Layout {
  static mlir::FailureOr<Layout> get(MlirAttribute attribute, int64_t rows,
                                     int64_t columns) {
    auto packing = llvm::cast<PackingAttrInterface>(unwrap(attribute));
    Layout layout;
    if (rows < 0 || columns < 0)
      return emitError(packing) << "packing: expected a shape without negative "
                                   "extents, found ["
                                << rows << ", " << columns << "]";
    if (failed(packing.getByteShape({rows, columns}, layout.shape,
                                    [&] { return emitError(packing); })))
      return mlir::failure();
    layout.trits = rows * columns;
    for (int64_t extent : layout.shape)
      layout.bytes *= extent;
    if (packing.carriesScales())
      layout.scales = layout.bytes / std::max<int64_t>(layout.shape.back(), 1);
    return layout;
  }

  llvm::SmallVector<int64_t> shape;
  size_t trits = 0, bytes = 1, scales = 0;
};

} // namespace

intptr_t ternaryPackingGetNumPresets(void) {
  return PackingAttr::getPresetNames().size();
}

MlirStringRef ternaryPackingGetPresetName(intptr_t index) {
  return wrap(PackingAttr::getPresetNames()[index]);
}

MlirAttribute ternaryPackingGet(MlirContext context, MlirStringRef name) {
  unwrap(context)->getOrLoadDialect<TernaryDialect>();
  return wrap(
      mlir::Attribute(PackingAttr::getPreset(unwrap(context), unwrap(name))));
}

bool ternaryAttributeIsAPacking(MlirAttribute attribute) {
  return llvm::isa<PackingAttrInterface>(unwrap(attribute));
}

intptr_t ternaryPackingGetByteRank(MlirAttribute packing) {
  return llvm::cast<PackingAttrInterface>(unwrap(packing)).getByteRank();
}

MlirLogicalResult ternaryPackingGetByteShape(MlirAttribute packing,
                                             int64_t rows, int64_t columns,
                                             int64_t *shape) {
  mlir::FailureOr<Layout> layout = Layout::get(packing, rows, columns);
  if (failed(layout))
    return mlirLogicalResultFailure();
  llvm::copy(layout->shape, shape);
  return mlirLogicalResultSuccess();
}

bool ternaryPackingCarriesScales(MlirAttribute packing) {
  return llvm::cast<PackingAttrInterface>(unwrap(packing)).carriesScales();
}

MlirLogicalResult ternaryPackingPack(MlirAttribute attribute,
                                     const int8_t *trits, int64_t rows,
                                     int64_t columns, const float *scales,
                                     uint8_t *bytes) {
  auto packing = llvm::cast<PackingAttrInterface>(unwrap(attribute));
  mlir::FailureOr<Layout> layout = Layout::get(attribute, rows, columns);
  if (failed(layout))
    return mlirLogicalResultFailure();
  if (packing.carriesScales() != (scales != nullptr)) {
    emitError(packing) << "packing: scales, expected "
                       << (scales ? "none" : "those that the bytes carry")
                       << ", found " << (scales ? "some" : "none");
    return mlirLogicalResultFailure();
  }
  packing.packBytes({trits, layout->trits}, rows, columns,
                    {scales, layout->scales}, {bytes, layout->bytes});
  return mlirLogicalResultSuccess();
}

MlirLogicalResult ternaryPackingUnpack(MlirAttribute attribute,
                                       const uint8_t *bytes, int64_t rows,
                                       int64_t columns, int8_t *trits,
                                       float *scales) {
  auto packing = llvm::cast<PackingAttrInterface>(unwrap(attribute));
  mlir::FailureOr<Layout> layout = Layout::get(attribute, rows, columns);
  if (failed(layout))
    return mlirLogicalResultFailure();
  if (packing.unpackBytes({bytes, layout->bytes}, rows, columns,
                          {trits, layout->trits},
                          {scales, scales ? layout->scales : 0}))
    return mlirLogicalResultSuccess();
  emitError(packing) << "packing: expected codes of trits, found one that the "
                        "packing forbids";
  return mlirLogicalResultFailure();
}
