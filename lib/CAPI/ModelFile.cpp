//===- ModelFile.cpp - Model files and their weights ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary-c/ModelFile.h"

#include "ternary/Target/GGUF/Export.h"
#include "ternary/Target/GGUF/Import.h"
#include "ternary/Target/Safetensors/Export.h"
#include "ternary/Target/Safetensors/Import.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Support.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace ternary;

namespace {

template <typename Options>
llvm::LogicalResult parseOptions(Options &options, MlirStringRef text,
                                 mlir::Location loc) {
  llvm::Error error = options.parse(unwrap(text));
  if (!error)
    return mlir::success();
  emitFileErrors(loc, std::move(error));
  return mlir::failure();
}

/// A constant of one weight, whose bytes are a view or a copy.
struct Bytes {
  explicit Bytes(mlir::Attribute attr) : elements(getRawElements(attr)) {
    auto dense = llvm::dyn_cast_or_null<mlir::DenseElementsAttr>(attr);
    isStored = !dense || !dense.isSplat();
  }

  std::optional<ConstantElements<char>> elements;
  bool isStored;
};

} // namespace

MlirModule ternaryImportGGUF(MlirContext context, MlirStringRef path,
                             MlirStringRef text) {
  WeightsImportOptions options;
  mlir::MLIRContext *unwrapped = unwrap(context);
  if (failed(parseOptions(options, text, getFileLoc(unwrapped, unwrap(path)))))
    return {nullptr};
  return wrap(importGGUF(unwrap(path), unwrapped, options).release());
}

MlirModule ternaryImportSafetensors(MlirContext context, MlirStringRef path,
                                    MlirStringRef text) {
  SafetensorsImportOptions options;
  mlir::MLIRContext *unwrapped = unwrap(context);
  if (failed(parseOptions(options.weights, text,
                          getFileLoc(unwrapped, unwrap(path)))))
    return {nullptr};
  return wrap(importSafetensors(unwrap(path), unwrapped, options).release());
}

MlirLogicalResult ternaryExportGGUF(MlirModule module, MlirStringRef path,
                                    MlirStringRef text) {
  WeightsExportOptions options;
  mlir::ModuleOp unwrapped = unwrap(module);
  if (failed(parseOptions(options, text, unwrapped.getLoc())))
    return mlirLogicalResultFailure();
  return wrap(exportGGUF(unwrapped, unwrap(path), options));
}

MlirLogicalResult ternaryExportSafetensors(MlirModule module,
                                           MlirStringRef path,
                                           MlirStringRef text) {
  WeightsExportOptions options;
  mlir::ModuleOp unwrapped = unwrap(module);
  if (failed(parseOptions(options, text, unwrapped.getLoc())))
    return mlirLogicalResultFailure();
  return wrap(exportSafetensors(unwrapped, unwrap(path), options));
}

MlirLogicalResult ternaryModuleForEachWeight(
    MlirModule module, void (*callback)(const TernaryWeight *, bool, void *),
    void *data) {
  auto weights = collectWeights(unwrap(module));
  if (failed(weights))
    return mlirLogicalResultFailure();
  for (const Weight &weight : *weights) {
    Bytes value(weight.value), scales(weight.scales);
    if (!value.elements || (weight.scales && !scales.elements)) {
      weight.error() << "expected constants whose data fit their types";
      return mlirLogicalResultFailure();
    }
    mlir::ShapedType type = weight.value.getShapedType();
    TernaryWeight result = {};
    result.name = wrap(llvm::StringRef(weight.name));
    result.elementType = wrap(type.getElementType());
    result.rank = type.getRank();
    result.shape = type.getShape().data();
    result.data = value.elements->get().data();
    result.packing = wrap(mlir::Attribute(weight.packing));
    if (weight.packing) {
      result.rows = weight.shape[0];
      result.columns = weight.shape[1];
    }
    if (weight.scales) {
      mlir::ShapedType scaleType = weight.scales.getShapedType();
      // Those of an empty matrix have no data, and are there all the same.
      static const float none = 0.0f;
      const char *bytes = scales.elements->get().data();
      result.scales = bytes ? reinterpret_cast<const float *>(bytes) : &none;
      result.scaleRank = scaleType.getRank();
      result.scaleShape = scaleType.getShape().data();
    }
    callback(&result, value.isStored && (!weight.scales || scales.isStored),
             data);
  }
  return mlirLogicalResultSuccess();
}

MlirModule ternaryWeightsModuleCreate(MlirContext context, MlirStringRef name) {
  mlir::Location loc = getFileLoc(unwrap(context), unwrap(name));
  return wrap(createWeightsModule(loc, /*metadata=*/nullptr).release());
}

MlirLogicalResult ternaryWeightsModuleAppend(MlirModule wrapped,
                                             const TernaryWeight *given) {
  mlir::ModuleOp module = unwrap(wrapped);
  Weight weight(module.getLoc());
  weight.name = unwrap(given->name).str();
  mlir::Type element = unwrap(given->elementType);
  llvm::ArrayRef<int64_t> shape(given->shape, given->rank);
  auto packing =
      llvm::dyn_cast_or_null<PackingAttrInterface>(unwrap(given->packing));
  if (weight.name.empty() || module.lookupSymbol(weight.name)) {
    weight.error() << "expected a name of its own, found "
                   << (weight.name.empty() ? "none" : "it again");
    return mlirLogicalResultFailure();
  }
  int64_t size = element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 0;
  if (size == 0 || size % 8 != 0 ||
      llvm::any_of(shape, [](int64_t extent) { return extent < 0; })) {
    weight.error() << "expected a static shape and elements of whole bytes, "
                      "found "
                   << element;
    return mlirLogicalResultFailure();
  }
  size /= 8;
  for (int64_t extent : shape)
    size *= extent;
  auto type = mlir::RankedTensorType::get(shape, element);
  weight.value = mapElements(
      type, weight.name, {static_cast<const char *>(given->data), size_t(size)},
      /*owner=*/nullptr);
  weight.shape.assign(shape.begin(), shape.end());
  if (packing) {
    weight.packing = packing;
    weight.shape = {given->rows, given->columns};
  }
  if (given->scales) {
    llvm::ArrayRef<int64_t> scaleShape(given->scaleShape, given->scaleRank);
    size_t count = 1;
    for (int64_t extent : scaleShape)
      count *= extent;
    weight.scales = makeScales(module.getContext(), scaleShape, weight.name,
                               {given->scales, count});
  }
  if (failed(checkWeight(weight)))
    return mlirLogicalResultFailure();
  appendWeight(module, weight);
  return mlirLogicalResultSuccess();
}
