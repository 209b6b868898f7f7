//===- TensorOps.cpp - What tensor ops make of constants ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ConstantEvaluator.h"

#include "mlir/Dialect/Quant/IR/Quant.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ternary;

using Lookup = llvm::function_ref<const ConstantTensor *(Value)>;
using Result = std::optional<ConstantTensor>;

bool ternary::isTensorOp(Operation *op) {
  return isa<tensor::EmptyOp, tensor::ExtractSliceOp, tensor::InsertSliceOp,
             tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ReshapeOp,
             tensor::CastOp, tensor::ConcatOp, tensor::PadOp,
             tensor::FromElementsOp, tensor::SplatOp, tensor::ExtractOp,
             quant::StorageCastOp>(op);
}

/// The box that a slice with static offsets, sizes and strides names.
template <typename OpTy>
static std::optional<ConstantTensor::Box> getBox(OpTy op) {
  ConstantTensor::Box box{SmallVector<int64_t>(op.getStaticOffsets()),
                          SmallVector<int64_t>(op.getStaticSizes()),
                          SmallVector<int64_t>(op.getStaticStrides())};
  for (ArrayRef<int64_t> numbers : {box.offsets, box.sizes, box.steps})
    if (ShapedType::isDynamicShape(numbers))
      return std::nullopt;
  return box;
}

static ConstantTensor::Box getBoxAt(ArrayRef<int64_t> offsets,
                                    ArrayRef<int64_t> sizes) {
  return {SmallVector<int64_t>(offsets), SmallVector<int64_t>(sizes),
          SmallVector<int64_t>(sizes.size(), 1)};
}

static Result extractSlice(tensor::ExtractSliceOp op, Lookup lookup) {
  const ConstantTensor *source = lookup(op.getSource());
  std::optional<ConstantTensor::Box> box = getBox(op);
  if (!box || !box->isWithin(source->getShape()))
    return std::nullopt;
  return source->extract(*box, op.getType().getShape());
}

static Result insertSlice(tensor::InsertSliceOp op, Lookup lookup) {
  const ConstantTensor *source = lookup(op.getSource());
  std::optional<ConstantTensor::Box> box = getBox(op);
  if (!box || !box->isWithin(op.getType().getShape()) || !source->isWritten())
    return std::nullopt;
  ConstantTensor result = lookup(op.getDest())->clone();
  result.insert(*source, *box);
  return result;
}

static Result concat(tensor::ConcatOp op, Lookup lookup) {
  Result result = ConstantTensor::getLike(op.getType());
  result->allocate();
  SmallVector<int64_t> offsets(op.getType().getRank(), 0);
  for (Value input : op.getInputs()) {
    const ConstantTensor *part = lookup(input);
    ConstantTensor::Box box = getBoxAt(offsets, part->getShape());
    if (!part->isWritten() || !box.isWithin(result->getShape()))
      return std::nullopt;
    result->insert(*part, box);
    offsets[op.getDim()] += part->getShape()[op.getDim()];
  }
  return result;
}

static Result pad(tensor::PadOp op, Lookup lookup) {
  // A copy: another look-up may move what is known.
  ConstantTensor source = *lookup(op.getSource());
  Value padding = op.getConstantPaddingValue();
  const ConstantTensor *value = padding ? lookup(padding) : nullptr;
  ConstantTensor::Box box = getBoxAt(op.getStaticLow(), source.getShape());
  Result result = ConstantTensor::getLike(op.getType());
  if (!value || !source.isWritten() || !box.isWithin(result->getShape()))
    return std::nullopt;
  result->fill(value->load(0));
  result = result->clone();
  result->insert(source, box);
  return result;
}

static Result fromElements(tensor::FromElementsOp op, Lookup lookup) {
  Result result = ConstantTensor::getLike(op.getType());
  char *bytes = result->allocate();
  for (auto [index, element] : llvm::enumerate(op.getElements()))
    result->getFormat().store(bytes, index, lookup(element)->load(0));
  return result;
}

static Result splat(tensor::SplatOp op, Lookup lookup) {
  Result result = ConstantTensor::getLike(op.getType());
  result->fill(lookup(op.getInput())->load(0));
  return result;
}

static Result extract(tensor::ExtractOp op, Lookup lookup) {
  const ConstantTensor *source = lookup(op.getTensor());
  SmallVector<int64_t> at;
  for (Value index : op.getIndices())
    at.push_back(lookup(index)->load(0).i);
  ConstantTensor::Box box = getBoxAt(at, SmallVector<int64_t>(at.size(), 1));
  if (!box.isWithin(source->getShape()))
    return std::nullopt;
  return source->extract(box, {});
}

/// The same elements under another type.
static Result relabel(Value source, Type type, Lookup lookup) {
  const ConstantTensor *found = lookup(source);
  Result result = ConstantTensor::getLike(type);
  if (!result || result->getNumElements() != found->getNumElements())
    return std::nullopt;
  return found->reshaped(result->getShape());
}

std::optional<ConstantTensor>
ternary::evaluateTensorOp(Operation *op, Lookup lookup, std::string &reason) {
  Type type = op->getResult(0).getType();
  Result result =
      llvm::TypeSwitch<Operation *, Result>(op)
          .Case([&](tensor::EmptyOp) { return ConstantTensor::getLike(type); })
          .Case([&](tensor::ExtractSliceOp op) {
            return extractSlice(op, lookup);
          })
          .Case(
              [&](tensor::InsertSliceOp op) { return insertSlice(op, lookup); })
          .Case([&](tensor::ConcatOp op) { return concat(op, lookup); })
          .Case([&](tensor::PadOp op) { return pad(op, lookup); })
          .Case([&](tensor::FromElementsOp op) {
            return fromElements(op, lookup);
          })
          .Case([&](tensor::SplatOp op) { return splat(op, lookup); })
          .Case([&](tensor::ExtractOp op) { return extract(op, lookup); })
          .Case<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
              [&](auto op) { return relabel(op.getSrc(), type, lookup); })
          .Case<tensor::ReshapeOp, tensor::CastOp>(
              [&](auto op) { return relabel(op.getSource(), type, lookup); })
          .Case([&](quant::StorageCastOp op) {
            return relabel(op.getInput(), type, lookup);
          })
          .Default(Result());
  if (!result)
    reason =
        ("'" + op->getName().getStringRef() + "' is not evaluated here").str();
  return result;
}
