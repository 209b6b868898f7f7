//===- BuildLayer.cpp - Linear layers as bitlinear ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Gather.h"

#include "ternary/IR/Constants.h"
#include "ternary/IR/Structured.h"
#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ternary;

namespace {

class LayerBuilder {
public:
  LayerBuilder(RewriterBase &rewriter, const LinearLayer &layer,
               const TernaryWeight &weight)
      : b(layer.op->getLoc(), rewriter), layer(layer), weight(weight),
        out(layer.getInit()) {}

  Value build();

private:
  Value buildInput();
  Value buildIntegers();
  Value findNaN(ArrayRef<OpFoldResult> tokens);
  Value buildActivationScale();
  Value buildProduct(Value input, Value bias);
  Value restoreOrder(Value product);
  Value addInit(Value product);
  Value findBias();

  /// The extent of a dimension of the output.
  OpFoldResult getSize(int64_t dim);
  OpFoldResult getTokenSize(unsigned loop) {
    return getSize(llvm::find(layer.outputLoops, loop) -
                   layer.outputLoops.begin());
  }
  Value transpose(Value value, ArrayRef<int64_t> order);
  static bool isIdentity(ArrayRef<int64_t> order) {
    return llvm::equal(order, llvm::seq<int64_t>(0, order.size()));
  }
  /// Dimensions `0 .. first - 1` alone and the others together.
  static SmallVector<ReassociationIndices> groupFrom(int64_t first,
                                                     int64_t rank);

  ImplicitLocOpBuilder b;
  const LinearLayer &layer;
  const TernaryWeight &weight;
  Value out;
};

} // namespace

SmallVector<ReassociationIndices> LayerBuilder::groupFrom(int64_t first,
                                                          int64_t rank) {
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim < rank; ++dim) {
    if (dim <= first)
      groups.emplace_back();
    groups.back().push_back(dim);
  }
  return groups;
}

OpFoldResult LayerBuilder::getSize(int64_t dim) {
  Value source = out;
  if (auto fill = source.getDefiningOp<linalg::FillOp>())
    source = fill.getOutputs()[0];
  if (auto empty = source.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes()[dim];
  return tensor::getMixedSize(b, b.getLoc(), source, dim);
}

Value LayerBuilder::transpose(Value value, ArrayRef<int64_t> order) {
  if (isIdentity(order))
    return value;
  SmallVector<OpFoldResult> sizes;
  for (int64_t from : order)
    sizes.push_back(tensor::getMixedSize(b, b.getLoc(), value, from));
  Value init = tensor::EmptyOp::create(b, sizes, elementOf(value));
  return linalg::TransposeOp::create(b, value, init, order)->getResult(0);
}

/// `op`, which moves elements, on elements of another type.
static Value rebuildMove(ImplicitLocOpBuilder &b, Operation *op, Value source) {
  Type element = elementOf(source);
  if (auto transpose = dyn_cast<linalg::TransposeOp>(op)) {
    SmallVector<OpFoldResult> sizes;
    for (int64_t from : transpose.getPermutation())
      sizes.push_back(tensor::getMixedSize(b, b.getLoc(), source, from));
    Value init = tensor::EmptyOp::create(b, sizes, element);
    return linalg::TransposeOp::create(b, source, init,
                                       transpose.getPermutation())
        ->getResult(0);
  }
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto narrow = RankedTensorType::get(type.getShape(), element);
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return tensor::ExpandShapeOp::create(b, narrow, source,
                                         expand.getReassociationIndices(),
                                         expand.getMixedOutputShape());
  auto collapse = cast<tensor::CollapseShapeOp>(op);
  return tensor::CollapseShapeOp::create(b, narrow, source,
                                         collapse.getReassociationIndices());
}

/// Integers that are floats as i8, a NaN as 0.
Value LayerBuilder::buildIntegers() {
  Value floats = layer.narrow;
  if (elementOf(floats).isInteger(8))
    return floats;
  Value init = tensor::EmptyOp::create(
      b, tensor::getMixedSizes(b, b.getLoc(), floats), b.getI8Type());
  AffineMap identity = b.getMultiDimIdentityMap(rankOf(floats));
  return buildGeneric(
      b, floats, init, {identity, identity}, {}, [&](ValueRange e) -> Value {
        Value q = e[0];
        if (layer.dequantization->mayBeNaN) {
          Value zero = arith::ConstantOp::create(
              b, cast<TypedAttr>(b.getZeroAttr(q.getType())));
          Value isNaN =
              arith::CmpFOp::create(b, arith::CmpFPredicate::UNO, q, q);
          q = arith::SelectOp::create(b, isNaN, zero, q);
        }
        return arith::FPToSIOp::create(b, b.getI8Type(), q);
      });
}

/// Of each token 0, or NaN where one stands among its numbers.
Value LayerBuilder::findNaN(ArrayRef<OpFoldResult> tokens) {
  Value numbers = layer.narrow;
  int64_t rank = rankOf(numbers);
  Type element = elementOf(numbers);
  Value zero =
      arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(element)));
  Value init = tensor::EmptyOp::create(b, tokens, element);
  Value zeros = linalg::FillOp::create(b, zero, init).getResult(0);
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  return buildGeneric(b, numbers, zeros,
                      {identity, identity.dropResult(rank - 1)}, {rank - 1},
                      [&](ValueRange e) -> Value {
                        Value none = arith::SubFOp::create(b, e[0], e[0]);
                        return arith::AddFOp::create(b, e[1], none);
                      });
}

/// `op`, which reshapes the tokens of `[tokens..., K]`, on `[tokens...]`.
static Value reshapeTokens(ImplicitLocOpBuilder &b, Operation *op,
                           Value source) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  auto tokens =
      RankedTensorType::get(type.getShape().drop_back(), elementOf(source));
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    SmallVector<ReassociationIndices> groups = expand.getReassociationIndices();
    SmallVector<OpFoldResult> shape = expand.getMixedOutputShape();
    groups.pop_back();
    shape.pop_back();
    return tensor::ExpandShapeOp::create(b, tokens, source, groups, shape);
  }
  SmallVector<ReassociationIndices> groups =
      cast<tensor::CollapseShapeOp>(op).getReassociationIndices();
  groups.pop_back();
  return tensor::CollapseShapeOp::create(b, tokens, source, groups);
}

/// The factor of each token; null without one.
Value LayerBuilder::buildActivationScale() {
  if (!layer.dequantization)
    return Value();
  const Dequantization &from = *layer.dequantization;
  linalg::LinalgOp op = from.op;
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), from.integers->get());
  sizes.pop_back();
  // It does not depend on the last loop.
  AffineMap map = AffineMap::get(
      sizes.size(), 0, op.getMatchingIndexingMap(from.scale).getResults(),
      b.getContext());
  AffineMap identity = b.getMultiDimIdentityMap(sizes.size());
  SmallVector<Value> inputs{from.scale->get()};
  SmallVector<AffineMap> maps{map};
  if (from.mayBeNaN) {
    inputs.push_back(findNaN(sizes));
    maps.push_back(identity);
  }
  maps.push_back(identity);
  Value init = tensor::EmptyOp::create(b, sizes, b.getF32Type());
  Value scale =
      buildGeneric(b, inputs, init, maps, {}, [&](ValueRange e) -> Value {
        Value factor = e[0];
        if (from.divides) {
          Value one = arith::ConstantOp::create(b, b.getF32FloatAttr(1.0));
          factor = arith::DivFOp::create(b, one, factor);
        }
        return from.mayBeNaN ? arith::AddFOp::create(b, factor, e[1]) : factor;
      });
  for (Operation *move : llvm::reverse(layer.moves))
    scale = reshapeTokens(b, move, scale);
  return scale;
}

/// The activations as `[tokens..., K]`.
Value LayerBuilder::buildInput() {
  Value value = layer.dequantization ? buildIntegers() : layer.narrow;
  for (Operation *move : llvm::reverse(layer.moves))
    value = rebuildMove(b, move, value);
  SmallVector<int64_t> order;
  for (ArrayRef<unsigned> loops : {layer.tokens, layer.columns})
    for (unsigned loop : loops)
      order.push_back(llvm::find(layer.inputLoops, loop) -
                      layer.inputLoops.begin());
  value = transpose(value, order);
  int64_t tokens = layer.tokens.size();
  if (layer.columns.size() > 1)
    value = tensor::CollapseShapeOp::create(b, value,
                                            groupFrom(tokens, rankOf(value)));
  auto type = cast<RankedTensorType>(value.getType());
  if (!type.isDynamicDim(tokens))
    return value;
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = weight.columns;
  return tensor::CastOp::create(
      b, RankedTensorType::get(shape, type.getElementType()), value);
}

template <typename T>
static Value makeConstant(ImplicitLocOpBuilder &b, StringRef name,
                          ArrayRef<int64_t> shape, Type element,
                          ArrayRef<T> values) {
  auto type = RankedTensorType::get(shape, element);
  ArrayRef<char> bytes(reinterpret_cast<const char *>(values.data()),
                       values.size() * sizeof(T));
  return arith::ConstantOp::create(b, type, makeElements(type, name, bytes));
}

std::pair<Value, Value>
ternary::buildWeightConstants(ImplicitLocOpBuilder &b,
                              const TernaryWeight &weight) {
  Value trits = makeConstant<int8_t>(b, "trits", {weight.rows, weight.columns},
                                     b.getI8Type(), weight.trits);
  if (weight.scales.empty())
    return {trits, Value()};
  SmallVector<int64_t> shape;
  if (weight.scaleRank > 0)
    shape.push_back(weight.rows);
  if (weight.scaleRank > 1)
    shape.push_back(weight.scales.size() / weight.rows);
  return {trits, makeConstant<float>(b, "scales", shape, b.getF32Type(),
                                     weight.scales)};
}

/// `[N]` if the output begins as that for each token, in a type that
/// `bitlinear` takes; else null.
Value LayerBuilder::findBias() {
  auto spread = out.getDefiningOp<linalg::LinalgOp>();
  if (!spread || layer.rows.size() != 1 || !isa<FloatType>(elementOf(out)) ||
      spread.getNumDpsInputs() != 1 || !spread.isAllParallelLoops())
    return Value();
  OpOperand *source = spread.getDpsInputOperand(0);
  AffineMap from = spread.getMatchingIndexingMap(source);
  AffineMap to = spread.getMatchingIndexingMap(spread.getDpsInitOperand(0));
  Block *block = spread.getBlock();
  bool isCopied =
      block->getTerminator()->getOperand(0) == block->getArgument(0);
  int64_t row =
      llvm::find(layer.outputLoops, layer.rows[0]) - layer.outputLoops.begin();
  if (!isCopied || !to.isIdentity() || from.getNumResults() != 1 ||
      from.getResult(0) != b.getAffineDimExpr(row) ||
      !isa<RankedTensorType>(source->get().getType()))
    return Value();
  return source->get();
}

Value LayerBuilder::buildProduct(Value input, Value bias) {
  Type element = elementOf(out);
  if (isa<IntegerType>(element))
    element = b.getI32Type();
  SmallVector<OpFoldResult> sizes;
  for (unsigned loop : layer.tokens)
    sizes.push_back(getTokenSize(loop));
  sizes.push_back(b.getIndexAttr(weight.rows));
  Value init = tensor::EmptyOp::create(b, sizes, element);
  auto [weights, scales] = buildWeightConstants(b, weight);
  IntegerAttr group;
  if (weight.groupSize)
    group = b.getI64IntegerAttr(*weight.groupSize);
  return BitLinearOp::create(b, TypeRange(init.getType()), input, weights,
                             scales ? ValueRange(scales) : ValueRange(),
                             buildActivationScale(), bias, ValueRange(init),
                             /*packing=*/nullptr, group,
                             /*round_operands=*/nullptr)
      .getResult(0);
}

/// From `[tokens..., N]` to the dimensions of the output.
Value LayerBuilder::restoreOrder(Value product) {
  int64_t tokens = layer.tokens.size();
  if (layer.rows.empty()) {
    SmallVector<ReassociationIndices> groups;
    if (tokens)
      groups = groupFrom(tokens - 1, tokens + 1);
    product = tensor::CollapseShapeOp::create(b, product, groups);
  }
  if (layer.rows.size() > 1) {
    auto type = cast<RankedTensorType>(product.getType());
    SmallVector<int64_t> shape(type.getShape().drop_back());
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(b, b.getLoc(), product);
    sizes.pop_back();
    for (unsigned loop : layer.rows) {
      shape.push_back(layer.countExtents(loop));
      sizes.push_back(b.getIndexAttr(shape.back()));
    }
    product = tensor::ExpandShapeOp::create(
        b, RankedTensorType::get(shape, type.getElementType()), product,
        groupFrom(tokens, shape.size()), sizes);
  }
  SmallVector<unsigned> loops(layer.tokens);
  llvm::append_range(loops, layer.rows);
  SmallVector<int64_t> order;
  for (unsigned loop : layer.outputLoops)
    order.push_back(llvm::find(loops, loop) - loops.begin());
  return transpose(product, order);
}

/// Adds what the output held before, in its type.
Value LayerBuilder::addInit(Value product) {
  AffineMap identity = b.getMultiDimIdentityMap(rankOf(out));
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim = 0; dim < rankOf(out); ++dim)
    sizes.push_back(getSize(dim));
  Value init = tensor::EmptyOp::create(b, sizes, elementOf(out));
  return buildGeneric(b, {out, product}, init, {identity, identity, identity},
                      {}, [&](ValueRange e) -> Value {
                        if (isa<FloatType>(elementOf(out)))
                          return arith::AddFOp::create(b, e[0], e[1]);
                        return arith::AddIOp::create(b, e[0], e[1]);
                      });
}

/// Whether an output begins with zeros, of either sign.
static bool isZero(Value value) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    value = fill.getInputs()[0];
  return matchPattern(value, m_AnyZeroFloat()) || matchPattern(value, m_Zero());
}

Value LayerBuilder::build() {
  Value bias = isZero(out) ? Value() : findBias();
  Value product = restoreOrder(buildProduct(buildInput(), bias));
  Type element = elementOf(out);
  if (elementOf(product) != element) {
    AffineMap identity = b.getMultiDimIdentityMap(rankOf(product));
    Value init = tensor::EmptyOp::create(
        b, tensor::getMixedSizes(b, b.getLoc(), product), element);
    product = buildGeneric(b, product, init, {identity, identity}, {},
                           [&](ValueRange e) -> Value {
                             return arith::ExtSIOp::create(b, element, e[0]);
                           });
  }
  if (!isZero(out) && !bias)
    product = addInit(product);
  Type type = layer.op->getResult(0).getType();
  return product.getType() == type
             ? product
             : tensor::CastOp::create(b, type, product).getResult();
}

Value ternary::buildLinearLayer(RewriterBase &rewriter, LinearLayer &layer,
                                const TernaryWeight &weight) {
  findNarrow(layer);
  rewriter.setInsertionPoint(layer.op);
  return LayerBuilder(rewriter, layer, weight).build();
}
