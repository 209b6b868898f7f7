//===- Weights.cpp - The weights of a model file, in IR -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/Weights/Weights.h"

#include "ternary/Target/OutputFile.h"
#include "ternary/Target/Weights/MappedFile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace ternary;

InFlightDiagnostic Weight::error() const {
  return emitError(loc) << "tensor " << quoteName(name) << ": ";
}
InFlightDiagnostic Weight::warning() const {
  return emitWarning(loc) << "tensor " << quoteName(name) << ": ";
}
InFlightDiagnostic Weight::remark() const {
  return emitRemark(loc) << "tensor " << quoteName(name) << ": ";
}

Location ternary::getFileLoc(MLIRContext *context, StringRef path) {
  return FileLineColLoc::get(context, path, /*line=*/0, /*column=*/0);
}

void ternary::emitFileErrors(Location loc, llvm::Error error) {
  llvm::handleAllErrors(
      std::move(error),
      [&](const llvm::FileError &fileError) {
        emitError(loc) << fileError.messageWithoutFileInfo();
      },
      [&](const llvm::ErrorInfoBase &other) {
        emitError(loc) << other.message();
      });
}

ElementsAttr ternary::mapElements(RankedTensorType type, StringRef name,
                                  ArrayRef<char> data,
                                  std::shared_ptr<const void> owner) {
  // Below, a page of the file costs more than a copy, and text shows values.
  constexpr size_t kMappedBytes = 1024;
  size_t alignment = std::max(1u, type.getElementTypeBitWidth() / 8);
  bool aligned = reinterpret_cast<uintptr_t>(data.data()) % alignment == 0;
  if (data.empty())
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  if (data.size() < kMappedBytes || !aligned)
    return makeElements(type, name, data);
  AsmResourceBlob blob(
      data, alignment, [owner = std::move(owner)](void *, size_t, size_t) {},
      /*dataIsMutable=*/false);
  return DenseResourceElementsAttr::get(type, name, std::move(blob));
}

ElementsAttr ternary::makeScales(MLIRContext *context, ArrayRef<int64_t> shape,
                                 StringRef weight, ArrayRef<float> scales) {
  auto type = RankedTensorType::get(shape, Float32Type::get(context));
  if (scales.empty())
    return DenseElementsAttr::get(type, ArrayRef<Attribute>());
  return makeElements(
      type, (weight + "_scale").str(),
      ArrayRef<char>(reinterpret_cast<const char *>(scales.data()),
                     scales.size() * sizeof(float)));
}

OwningOpRef<ModuleOp> ternary::createWeightsModule(Location loc,
                                                   DictionaryAttr metadata) {
  loc->getContext()
      ->loadDialect<arith::ArithDialect, func::FuncDialect, TernaryDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  if (metadata && !metadata.empty())
    (*module)->setAttr(kMetadataAttrName, metadata);
  return module;
}

void ternary::appendWeight(ModuleOp module, const Weight &weight) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  Location loc = NameLoc::get(builder.getStringAttr(weight.name), weight.loc);
  SmallVector<Type> types = {weight.value.getType()};
  if (weight.scales)
    types.push_back(weight.scales.getType());
  auto func = func::FuncOp::create(builder, loc, weight.name,
                                   builder.getFunctionType({}, types));
  if (weight.packing) {
    func.setResultAttr(0, kPackingAttrName, weight.packing);
    func.setResultAttr(0, kShapeAttrName,
                       builder.getDenseI64ArrayAttr(weight.shape));
  }
  builder.setInsertionPointToStart(func.addEntryBlock());
  SmallVector<Value> results = {
      arith::ConstantOp::create(builder, loc, weight.value)};
  if (weight.scales)
    results.push_back(arith::ConstantOp::create(builder, loc, weight.scales));
  func::ReturnOp::create(builder, loc, results);
}

namespace {

using EmitError = llvm::function_ref<void(const llvm::Twine &)>;

std::nullopt_t refuseForm(EmitError emitError, const llvm::Twine &message) {
  emitError(message);
  return std::nullopt;
}

/// The constants that `func` returns, and nothing else.
std::optional<SmallVector<ElementsAttr, 2>> getConstants(func::FuncOp func,
                                                         EmitError emitError) {
  if (func.isExternal() || func.getNumArguments() != 0 ||
      !llvm::hasSingleElement(func.getBody()))
    return refuseForm(emitError, "expected a body of constants, found " +
                                     llvm::Twine(func.getNumArguments()) +
                                     " arguments");
  auto terminator =
      dyn_cast<func::ReturnOp>(func.getBody().front().getTerminator());
  unsigned count = terminator ? terminator.getNumOperands() : 0;
  if (count < 1 || count > 2)
    return refuseForm(emitError, "expected one or two results, found " +
                                     llvm::Twine(count));
  SmallVector<ElementsAttr, 2> constants;
  for (Value operand : terminator.getOperands()) {
    ElementsAttr constant;
    if (!matchPattern(operand, m_Constant(&constant)))
      return refuseForm(emitError, "expected results that are constants");
    constants.push_back(constant);
  }
  return constants;
}

/// Whether scales of this shape can belong to a matrix: [], [N] or [N, G].
bool isScaleShape(ArrayRef<int64_t> scales, ArrayRef<int64_t> matrix) {
  if (scales.empty())
    return true;
  if (scales[0] != matrix[0] || scales.size() > 2)
    return false;
  return scales.size() == 1 ||
         (scales[1] > 0 ? matrix[1] % scales[1] == 0 : matrix[1] == 0);
}

} // namespace

LogicalResult ternary::checkWeight(const Weight &weight) {
  ShapedType type = weight.value.getShapedType();
  if ((weight.packing || weight.scales) &&
      (weight.shape.size() != 2 || !type.getElementType().isInteger(8) ||
       llvm::any_of(weight.shape, [](int64_t extent) { return extent < 0; })))
    return weight.error() << "expected a matrix of trits as i8, found shape "
                          << quoteShape(weight.shape) << " in " << type;
  if (weight.packing) {
    FailureOr<SmallVector<int64_t>> bytes =
        getPackedShape(weight, weight.packing);
    if (failed(bytes))
      return failure();
    if (type.getShape() != ArrayRef(*bytes))
      return weight.error() << "expected bytes of shape " << quoteShape(*bytes)
                            << " for " << weight.packing << ", found " << type;
  }
  if (!weight.scales)
    return success();
  ShapedType scales = weight.scales.getShapedType();
  if (scales.getElementType().isF32() &&
      isScaleShape(scales.getShape(), weight.shape))
    return success();
  return weight.error() << "expected f32 scales of shape [], [N] or [N, G] for "
                        << quoteShape(weight.shape)
                        << " with G a divisor of K, found " << scales;
}

/// The weight that a function of constants returns.
static FailureOr<Weight> getWeight(func::FuncOp func,
                                   ArrayRef<ElementsAttr> constants) {
  Weight weight(func.getLoc());
  weight.name = func.getSymName().str();
  weight.value = constants.front();
  ArrayRef<int64_t> shape = weight.value.getShapedType().getShape();
  weight.packing =
      func.getResultAttrOfType<PackingAttrInterface>(0, kPackingAttrName);
  if (weight.packing) {
    auto stated =
        func.getResultAttrOfType<DenseI64ArrayAttr>(0, kShapeAttrName);
    if (!stated)
      return weight.error() << "expected " << kShapeAttrName << " beside "
                            << kPackingAttrName << ", found none";
    shape = stated.asArrayRef();
  }
  weight.shape.assign(shape.begin(), shape.end());
  if (constants.size() == 2)
    weight.scales = constants.back();
  if (failed(checkWeight(weight)))
    return failure();
  return weight;
}

OwningOpRef<ModuleOp>
ternary::importTensors(Location loc, DictionaryAttr metadata, size_t numTensors,
                       function_ref<bool(size_t)> takes,
                       function_ref<LogicalResult(size_t, Weight &)> import) {
  OwningOpRef<ModuleOp> module = createWeightsModule(loc, metadata);
  bool any = false;
  for (size_t i = 0; i < numTensors; ++i) {
    if (!takes(i))
      continue;
    Weight weight(loc);
    if (failed(import(i, weight)))
      return nullptr;
    appendWeight(*module, weight);
    any = true;
  }
  if (!any && numTensors > 0) {
    emitError(loc) << "expected a tensor that the options take, found none "
                      "among "
                   << numTensors;
    return nullptr;
  }
  return failed(verify(*module)) ? nullptr : std::move(module);
}

LogicalResult ternary::writeWeightsFile(
    ModuleOp module, StringRef path,
    function_ref<llvm::Error(llvm::raw_ostream &)> write) {
  llvm::Error error = writeOutputFile(path, write);
  if (!error)
    return success();
  emitFileErrors(getFileLoc(module.getContext(), path), std::move(error));
  return failure();
}

FailureOr<std::vector<Weight>> ternary::collectWeights(ModuleOp module) {
  std::vector<Weight> weights;
  for (auto func : module.getOps<func::FuncOp>()) {
    auto leaveOut = [&](const llvm::Twine &why) {
      emitWarning(func.getLoc()) << "function '" << func.getSymName()
                                 << "' is no weight and is left out: " << why;
    };
    auto constants = getConstants(func, leaveOut);
    if (!constants)
      continue;
    FailureOr<Weight> weight = getWeight(func, *constants);
    if (failed(weight))
      return failure();
    weights.push_back(std::move(*weight));
  }
  if (weights.empty())
    return emitError(module.getLoc())
           << "expected functions that return constants, found none";
  return weights;
}
