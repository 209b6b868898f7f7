//===- PrefillProduct.cpp - Slabs through the tensor cores ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Prefill.h"

#include "../TernaryToVector/Kernel.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/FormatVariadic.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

PrefillProduct::PrefillProduct(GPUKernelBuilder &b, BitLinearOp op, Value input,
                               Value out)
    : b(b), op(op), input(input), out(out), weight(op.getWeights()[0]),
      element(elementOf(input)), isFloat(isa<FloatType>(element)),
      isGroupedLayer(op.getGroupSize().has_value()),
      addsRuns(isGroupedLayer || getNumParts(elementOf(op.getInput())) > 1),
      shape(chooseBlock(), getNumParts(elementOf(op.getInput())),
            kSlabBytes * 8 / element.getIntOrFloatBitWidth()) {}

PrefillShape PrefillProduct::chooseBlock() {
  if (b.shapes.prefill)
    return *b.shapes.prefill;
  auto type = cast<MemRefType>(out.getType());
  auto bytes = cast<MemRefType>(weight.getType());
  return choosePrefillShape(type.getDimSize(1), type.getDimSize(0),
                            bytes.getDimSize(1), keepsSums());
}

void PrefillProduct::waitForSplit() {
  if (shape.splits == 1)
    return b.barrier();
  // 0 is the barrier of the block.
  NVVM::BarrierOp::create(b, Type(), b.add(word(split), word(int64_t(1))),
                          word(shape.threads()), NVVM::BarrierReductionAttr(),
                          Value());
}

static void waitForSlabs(GPUKernelBuilder &b, int64_t pending) {
  NVVM::CpAsyncWaitGroupOp::create(b, uint32_t(pending));
}

Value PrefillProduct::lowerSum(Value sum) {
  if (isFloat)
    return b.mulf(sum, b.constant(b.getF32Type(), 0.5));
  return arith::ShRSIOp::create(b, sum, word(kRaisedBits));
}

/// The left operands of the four steps of a slab.
Values PrefillProduct::loadLeft(Value round) {
  Values words = b.loadShared(ring->weightAddress(round)), left;
  if (isFloat) {
    // The second slab of a tile is in the upper bytes of halves.
    Value shift =
        b.mul(b.sub(b.index(1), b.rem(round, shape.slabsPerTile())), 8);
    for (Value &w : words)
      w = arith::ShLIOp::create(b, w, word(shift));
  }
  for (int64_t step = 0; step < kSteps; ++step)
    for (Value w : words)
      left.push_back(isFloat ? b.raiseHalves(w, kSteps + step)
                             : b.raiseDigit(w, step));
  return left;
}

int64_t PrefillProduct::runColumns() {
  return isGroupedLayer ? std::gcd(*op.getGroupSize(), shape.slabColumns)
                        : shape.slabColumns;
}

/// The scales of the lane's two rows in each group of a slab.
Values PrefillProduct::loadGroupScales(Value round) {
  Values scales;
  if (!isGroupedLayer)
    return scales;
  Value column =
      b.add(b.mul(ring->tileOf(work, round), kGPUTileColumns),
            b.mul(b.rem(round, shape.slabsPerTile()), shape.slabColumns));
  Value last = b.sub(b.dim(scale, 1), b.index(1));
  for (int64_t run = 0; run < numRuns(); ++run) {
    Value group =
        b.floorDiv(b.add(column, run * runColumns()), *op.getGroupSize());
    for (Value row : rows)
      scales.push_back(toScale(
          b, b.load(scale, scaleIndex(b, scale, row, b.min(group, last)))));
  }
  return scales;
}

PrefillProduct::Left PrefillProduct::prepareLeft(Value round) {
  return {loadLeft(round), loadGroupScales(round)};
}

Values PrefillProduct::join(const Values &sums, const Left &left) {
  return llvm::to_vector(
      llvm::concat<const Value>(sums, left.digits, left.scales));
}

void PrefillProduct::unjoin(ValueRange all, Values &sums, Left &left) {
  constexpr int64_t kDigits = 4 * kSteps;
  sums = all.take_front(numSums());
  left.digits = all.slice(numSums(), kDigits);
  left.scales = all.drop_front(numSums() + kDigits);
}

Values PrefillProduct::multiply() {
  waitForSlabs(b, slabsAhead() - 1);
  Values sums(numSums(), b.zero(addsRuns ? Type(b.getF32Type()) : sumType()));
  Left left = prepareLeft(b.index(0));
  Values result = b.loop(b.index(0), work.rounds, 1, join(sums, left),
                         [&](Value round, ValueRange carried) {
                           unjoin(carried, sums, left);
                           multiplySlab(round, left, sums);
                           return join(sums, left);
                         });
  unjoin(result, sums, left);
  return sums;
}

void PrefillProduct::startCopies() {
  for (int64_t i = 0; i < slabsAhead(); ++i)
    ring->copySlab(weight, work, b.index(i));
}

void PrefillProduct::multiplySlab(Value round, Left &left, Values &sums) {
  // This slab, and the weights of the next one.
  waitForSlabs(b, slabsAhead() - 2);
  publishSlabs(b);
  waitForSplit();
  Left next;
  auto meanwhile = [&] {
    next = prepareLeft(b.add(round, 1));
    ring->copySlab(weight, work, b.add(round, slabsAhead()));
  };
  if (addsRuns)
    addEachRun(round, left, sums, meanwhile);
  else
    addSlab(round, left, sums, meanwhile);
  left = next;
}

void PrefillProduct::addSlab(Value round, const Left &left, Values &sums,
                             function_ref<void()> meanwhile) {
  startProducts(round, left.digits, 0, kSteps, sums);
  meanwhile();
  waitForProducts(b, 0, sums);
}

/// sums += what each run of the slab gives, scaled if it is of a group; the
/// next one is being multiplied meanwhile.
void PrefillProduct::addEachRun(Value round, const Left &left, Values &sums,
                                function_ref<void()> meanwhile) {
  auto start = [&](int64_t run) {
    Values products(numSums(), b.zero(sumType()));
    startProducts(round, left.digits, run * stepsPerRun(), stepsPerRun(),
                  products);
    return products;
  };
  Values products = start(0);
  for (int64_t run = 0; run < numRuns(); ++run) {
    bool isLast = run + 1 == numRuns();
    Values next;
    if (!isLast)
      next = start(run + 1);
    if (run == 0)
      meanwhile();
    waitForProducts(b, isLast ? 0 : 1, products);
    for (auto [i, product] : llvm::enumerate(products)) {
      Value sum = b.cast(lowerSum(product), b.getF32Type());
      if (isGroupedLayer)
        sum = b.mulf(sum, left.scales[2 * run + i % 4 / 2]);
      sums[i] = b.addf(sums[i], sum);
    }
    products = next;
  }
}

/// What follows the operands of a product: sums are added to, and floats
/// neither negated nor transposed.
std::string PrefillProduct::getProductText(int64_t left, int64_t right) {
  std::string sums = listOperands(0, numSums());
  std::string operand = listOperands(left, 4);
  if (!isFloat)
    return llvm::formatv("wgmma.mma_async.sync.aligned.m64n{0}k32.s32.s8.s8 "
                         "{1}, {2}, ${3}, p;\n",
                         shape.tokens, sums, operand, right);
  return llvm::formatv("wgmma.mma_async.sync.aligned.m64n{0}k16.f32.{4}.{4} "
                       "{1}, {2}, ${3}, p, 1, 1, 0;\n",
                       shape.tokens, sums, operand, right,
                       element.isF16() ? "f16" : "bf16");
}

/// sums += steps `first ..` of `left` * the slab's activations, by the tensor
/// cores, which go on until `waitForProducts`.
void PrefillProduct::startProducts(Value round, ArrayRef<Value> left,
                                   int64_t first, int64_t count, Values &sums) {
  std::string text = "{\n.reg .pred p;\nsetp.eq.u32 p, 0, 0;\n"
                     "wgmma.fence.sync.aligned;\n";
  std::string inputs;
  Values operands(left.slice(4 * first, 4 * count));
  for (int64_t i = 0; i < 4 * count; ++i)
    inputs += "r,";
  Value address = ring->stageAddress(round);
  for (int64_t part = 0; part < shape.parts; ++part)
    for (int64_t step = 0; step < count; ++step) {
      int64_t place = part * shape.tokens * kSlabBytes + (first + step) * 32;
      text += getProductText(numSums() + 4 * step,
                             numSums() + int64_t(operands.size()));
      operands.push_back(describeSlab(b, b.add(address, word(place))));
      inputs += "l,";
    }
  text += "wgmma.commit_group.sync.aligned;\n}";
  operands.append(sums);
  sums = b.assembly(text, tieResults(sumType(), numSums(), inputs), sumType(),
                    numSums(), operands);
}
