//===- ScalarProgram.cpp - The body of an op, ready to run ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ScalarProgram.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ternary;

LogicalResult ScalarProgram::fail(const Twine &why) {
  reason = why.str();
  return failure();
}

int64_t ScalarProgram::addInput(Value value) {
  auto [it, isNew] = registers.try_emplace(value, numRegisters);
  if (isNew)
    ++numRegisters;
  return it->second;
}

/// A scalar from outside of the block.
LogicalResult ScalarProgram::addCaptured(Value value) {
  if (registers.contains(value))
    return success();
  const ConstantTensor *constant = lookup(value);
  if (!constant || !constant->getShape().empty() || !constant->isWritten())
    return fail("a scalar is not known");
  constants.emplace_back(addInput(value), constant->load(0));
  return success();
}

LogicalResult ScalarProgram::addCaptures(Operation *op, Block &block) {
  for (Value operand : op->getOperands()) {
    bool isInside = operand.getParentBlock() == &block;
    if (isInside && isa<BlockArgument>(operand) && !registers.contains(operand))
      return fail("an element is not known");
    if (!isInside && !isa<ShapedType>(operand.getType()) &&
        failed(addCaptured(operand)))
      return failure();
  }
  return success();
}

/// An element of a constant, at indices that are computed.
LogicalResult ScalarProgram::compileExtract(Operation *op) {
  auto extract = cast<tensor::ExtractOp>(op);
  const ConstantTensor *found = lookup(extract.getTensor());
  if (!found || !found->isWritten())
    return fail("the tensor of 'tensor.extract' is not known");
  SmallVector<int64_t> indices;
  for (Value index : extract.getIndices())
    indices.push_back(getRegister(index));
  int64_t result = addInput(extract.getResult());
  SmallVector<int64_t> strides = found->getStrides();
  steps.push_back([table = *found, indices, strides, result](Frame &frame) {
    for (int64_t lane = 0; lane < frame.size; ++lane) {
      int64_t position = 0;
      for (auto [index, stride, extent] :
           llvm::zip_equal(indices, strides, table.getShape())) {
        int64_t at = frame.registers[index][lane].i;
        if (at < 0 || at >= extent)
          return StringRef("an index lies outside of its tensor");
        position += at * stride;
      }
      frame.registers[result][lane] = table.load(position);
    }
    return StringRef();
  });
  return success();
}

static Step makeIndexStep(linalg::IndexOp op, int64_t result) {
  return [loop = int64_t(op.getDim()), result](Frame &frame) {
    int64_t step = frame.laneLoop == loop;
    for (int64_t lane = 0; lane < frame.size; ++lane)
      frame.registers[result][lane].i = frame.point[loop] + lane * step;
    return StringRef();
  };
}

static Step makeAssertStep(int64_t condition) {
  return [condition](Frame &frame) {
    for (int64_t lane = 0; lane < frame.size; ++lane)
      if (!frame.registers[condition][lane].i)
        return StringRef("an assertion does not hold");
    return StringRef();
  };
}

/// The ops of `block` that `wanted` depends on, and its assertions.
static DenseSet<Operation *> findNeeded(Block &block, ArrayRef<Value> wanted,
                                        bool checks) {
  DenseSet<Operation *> needed;
  SmallVector<Value> open(wanted);
  if (checks)
    for (auto op : block.getOps<cf::AssertOp>()) {
      needed.insert(op);
      open.push_back(op.getArg());
    }
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (op && op->getBlock() == &block && needed.insert(op).second)
      llvm::append_range(open, op->getOperands());
  }
  return needed;
}

LogicalResult ScalarProgram::compile(Block &block, ArrayRef<Value> wanted,
                                     bool checks) {
  DenseSet<Operation *> needed = findNeeded(block, wanted, checks);
  for (Operation &op : block) {
    if (!needed.contains(&op))
      continue;
    if (failed(addCaptures(&op, block)) || failed(compile(&op)))
      return failure();
  }
  for (Value value : wanted) {
    if (registers.contains(value))
      continue;
    if (value.getParentBlock() == &block)
      return fail("an element is not known");
    if (failed(addCaptured(value)))
      return failure();
  }
  return success();
}

LogicalResult ScalarProgram::compile(Operation *op) {
  if (auto check = dyn_cast<cf::AssertOp>(op)) {
    steps.push_back(makeAssertStep(getRegister(check.getArg())));
    return success();
  }
  if (isa<tensor::ExtractOp>(op))
    return compileExtract(op);
  if (auto index = dyn_cast<linalg::IndexOp>(op)) {
    steps.push_back(makeIndexStep(index, addInput(index.getResult())));
    return success();
  }
  Attribute value;
  if (matchPattern(op, m_Constant(&value))) {
    std::optional<ConstantTensor> constant = ConstantTensor::get(value, reason);
    if (!constant)
      return failure();
    constants.emplace_back(addInput(op->getResult(0)), constant->load(0));
    return success();
  }
  SmallVector<int64_t> operands;
  for (Value operand : op->getOperands())
    operands.push_back(getRegister(operand));
  if (op->getNumResults() != 1)
    return fail("'" + op->getName().getStringRef() + "' is not evaluated");
  Step step = makeStep(op, operands, addInput(op->getResult(0)), reason);
  if (!step)
    return failure();
  steps.push_back(std::move(step));
  return success();
}

Frame ScalarProgram::makeFrame() const {
  Frame frame;
  frame.registers.resize(numRegisters);
  for (auto [target, value] : constants)
    frame.registers[target].fill(value);
  return frame;
}

StringRef ScalarProgram::run(Frame &frame) const {
  for (const Step &step : steps)
    if (StringRef why = step(frame); !why.empty())
      return why;
  return "";
}
