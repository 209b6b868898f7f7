//===- Import.cpp - .safetensors checkpoints to IR ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/Safetensors/Import.h"

#include "Checkpoint.h"
#include "WeightsImport.h"

#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;
using namespace ternary::safetensors;

namespace {

/// Builds the function of one checkpoint.
class NetworkBuilder {
public:
  NetworkBuilder(MLIRContext *context, std::shared_ptr<File> file,
                 const Checkpoint &checkpoint, Location loc)
      : builder(context), file(std::move(file)), checkpoint(checkpoint),
        loc(loc) {}

  OwningOpRef<ModuleOp> build(const ternary::SafetensorsImportOptions &options);

private:
  Value buildTernaryLayer(const Layer &layer, Value input);
  Value buildDenseLayer(const Layer &layer, Value input);
  Value buildNorm(const Layer &layer, Value input);
  Value buildPointwise(Value input, Value bias, bool activate);

  Location nameLoc(const Tensor &tensor) {
    return NameLoc::get(builder.getStringAttr(tensor.name), loc);
  }
  RankedTensorType rowsOf(int64_t columns, Type type) {
    return RankedTensorType::get({ShapedType::kDynamic, columns}, type);
  }
  Value empty(ArrayRef<int64_t> shape, Type type) {
    return tensor::EmptyOp::create(builder, loc, shape, type, numRows);
  }
  Value emptyRows(int64_t columns, Type type) {
    return empty({ShapedType::kDynamic, columns}, type);
  }
  Value constant(const Tensor &tensor, ElementsAttr value) {
    return arith::ConstantOp::create(builder, nameLoc(tensor), value);
  }
  Value constantF32(const Tensor &tensor);
  Value constantTrits(const Tensor &tensor);
  Value constantDense(const Layer &layer);

  OpBuilder builder;
  std::shared_ptr<File> file;
  const Checkpoint &checkpoint;
  Location loc;
  Value numRows;
};

} // namespace

Value NetworkBuilder::constantF32(const Tensor &tensor) {
  SmallVector<float> values(tensor.getNumElements());
  for (auto [index, value] : llvm::enumerate(values))
    value = tensor.getF32(index);
  auto type = RankedTensorType::get(tensor.shape, builder.getF32Type());
  return constant(tensor, DenseElementsAttr::get(type, ArrayRef(values)));
}

/// The trits of the file in place: the resource keeps the mapped file alive.
Value NetworkBuilder::constantTrits(const Tensor &tensor) {
  auto type = RankedTensorType::get(tensor.shape, builder.getI8Type());
  // A resource without bytes does not survive its own text form.
  if (tensor.data.empty())
    return constant(tensor,
                    DenseElementsAttr::get(type, ArrayRef<Attribute>()));
  AsmResourceBlob blob(
      tensor.data, /*dataAlignment=*/1,
      [file = file](void *, size_t, size_t) {}, /*dataIsMutable=*/false);
  return constant(tensor, DenseResourceElementsAttr::get(type, tensor.name,
                                                         std::move(blob)));
}

/// The f32 weight `trit * scale`, transposed to [K, N] as matmul takes it.
Value NetworkBuilder::constantDense(const Layer &layer) {
  int64_t n = layer.getN(), k = layer.getK();
  auto type = RankedTensorType::get({k, n}, builder.getF32Type());
  const Tensor &weight = *layer.weight;
  if (weight.data.empty())
    return constant(weight,
                    DenseElementsAttr::get(type, ArrayRef<Attribute>()));
  AsmResourceBlob blob =
      HeapAsmResourceBlob::allocate(n * k * sizeof(float), alignof(float));
  auto *values = reinterpret_cast<float *>(blob.getMutableData().data());
  bool perRow = !layer.scale->shape.empty();
  for (int64_t row = 0; row < n; ++row) {
    float scale = layer.scale->getF32(perRow ? row : 0);
    for (int64_t column = 0; column < k; ++column) {
      auto trit = static_cast<signed char>(weight.data[row * k + column]);
      values[column * n + row] = static_cast<float>(trit) * scale;
    }
  }
  return constant(weight, DenseResourceElementsAttr::get(type, weight.name,
                                                         std::move(blob)));
}

Value NetworkBuilder::buildNorm(const Layer &layer, Value input) {
  Value weight = constantF32(*layer.normWeight);
  Type f32 = builder.getF32Type();
  return ternary::RMSNormOp::create(
             builder, loc, TypeRange(rowsOf(layer.getK(), f32)), input, weight,
             /*scales=*/Value(), ValueRange(emptyRows(layer.getK(), f32)),
             llvm::APFloat(checkpoint.eps), /*packing=*/nullptr,
             /*group_size=*/nullptr)
      .getResult(0);
}

Value NetworkBuilder::buildTernaryLayer(const Layer &layer, Value input) {
  Type i8 = builder.getI8Type(), f32 = builder.getF32Type();
  int64_t n = layer.getN(), k = layer.getK();
  Value normalized = buildNorm(layer, input);

  Value quantizedInit = emptyRows(k, i8);
  Value scaleInit = empty({ShapedType::kDynamic}, f32);
  auto quantized = ternary::QuantizeActivationOp::create(
      builder, loc, TypeRange{quantizedInit.getType(), scaleInit.getType()},
      normalized, ValueRange{quantizedInit, scaleInit}, checkpoint.actBits,
      llvm::APFloat(checkpoint.eps));

  Value weight = constantTrits(*layer.weight);
  Value scale = constantF32(*layer.scale);
  Value bias = layer.bias ? constantF32(*layer.bias) : Value();
  return ternary::BitLinearOp::create(
             builder, loc, TypeRange(rowsOf(n, f32)), quantized.getResult(0),
             ValueRange(weight), ValueRange(scale), quantized.getResult(1),
             bias, ValueRange(emptyRows(n, f32)), /*packing=*/nullptr,
             /*group_size=*/nullptr, /*round_operands=*/nullptr)
      .getResult(0);
}

Value NetworkBuilder::buildDenseLayer(const Layer &layer, Value input) {
  Value normalized = buildNorm(layer, input);
  Value weight = constantDense(layer);
  Value init = emptyRows(layer.getN(), builder.getF32Type());
  Value zero =
      arith::ConstantOp::create(builder, loc, builder.getF32FloatAttr(0.0f));
  Value cleared = linalg::FillOp::create(builder, loc, zero, init).getResult(0);
  Value product = linalg::MatmulOp::create(
                      builder, loc, TypeRange(cleared.getType()),
                      ValueRange{normalized, weight}, ValueRange(cleared))
                      .getResult(0);
  if (!layer.bias)
    return product;
  return buildPointwise(product, constantF32(*layer.bias), /*activate=*/false);
}

/// `input` plus `bias` where there is one, through the activation function
/// where asked.
Value NetworkBuilder::buildPointwise(Value input, Value bias, bool activate) {
  auto type = cast<RankedTensorType>(input.getType());
  AffineMap rows = builder.getMultiDimIdentityMap(2);
  SmallVector<Value> operands = {input};
  SmallVector<AffineMap> maps = {rows};
  if (bias) {
    operands.push_back(bias);
    maps.push_back(AffineMap::get(2, 0, builder.getAffineDimExpr(1)));
  }
  maps.push_back(rows);
  Value init = emptyRows(type.getDimSize(1), type.getElementType());
  SmallVector<utils::IteratorType> parallel(2, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &b, Location loc, ValueRange args) {
    Value value = args[0];
    if (bias)
      value = arith::AddFOp::create(b, loc, value, args[1]);
    if (activate) {
      Value zero = arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0.0f));
      value = arith::MaximumFOp::create(b, loc, value, zero);
      if (checkpoint.activation == Activation::ReLU2)
        value = arith::MulFOp::create(b, loc, value, value);
    }
    linalg::YieldOp::create(b, loc, value);
  };
  return linalg::GenericOp::create(builder, loc, type, operands, init, maps,
                                   parallel, body)
      .getResult(0);
}

OwningOpRef<ModuleOp>
NetworkBuilder::build(const ternary::SafetensorsImportOptions &options) {
  ArrayRef<Layer> layers = checkpoint.layers;
  Type f32 = builder.getF32Type();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToEnd(module->getBody());
  auto func = func::FuncOp::create(
      builder, loc, "forward",
      builder.getFunctionType(rowsOf(layers.front().getK(), f32),
                              rowsOf(layers.back().getN(), f32)));
  builder.setInsertionPointToStart(func.addEntryBlock());
  Value value = func.getArgument(0);
  numRows = tensor::DimOp::create(builder, loc, value, 0);
  for (auto [index, layer] : llvm::enumerate(layers)) {
    if (options.progress)
      options.progress(index, layers.size());
    if (index)
      value = buildPointwise(value, /*bias=*/Value(), /*activate=*/true);
    value = options.denseF32 ? buildDenseLayer(layer, value)
                             : buildTernaryLayer(layer, value);
  }
  func::ReturnOp::create(builder, loc, value);
  if (failed(verify(*module)))
    return nullptr;
  return module;
}

OwningOpRef<ModuleOp>
ternary::importSafetensors(StringRef path, MLIRContext *context,
                           const SafetensorsImportOptions &options) {
  Location loc = getFileLoc(context, path);
  auto report = [&](llvm::Error error) -> OwningOpRef<ModuleOp> {
    emitFileErrors(loc, std::move(error));
    return nullptr;
  };
  llvm::Expected<File> file = File::open(path);
  if (!file)
    return report(file.takeError());
  auto shared = std::make_shared<File>(std::move(*file));
  if (!options.denseF32 && !isCheckpoint(*shared))
    return importWeights(shared, loc, options.weights);
  llvm::Expected<Checkpoint> checkpoint = readCheckpoint(*shared);
  if (!checkpoint)
    return report(checkpoint.takeError());
  context->loadDialect<arith::ArithDialect, func::FuncDialect,
                       linalg::LinalgDialect, tensor::TensorDialect,
                       TernaryDialect>();
  return NetworkBuilder(context, shared, *checkpoint, loc).build(options);
}
