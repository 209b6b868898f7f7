//===- DecodeHalves.cpp - Few tokens of floats ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A trit in two's complement, at the top of 16 bits, is 0, 2 or -2 as an f16
// and as a bf16 (`GPUKernelBuilder::raiseHalves`): a shift and a mask make left
// operands of mma.sync m16n8k16. Products with activations are exact, sums are
// f32.
//
// An f32 is the sum of three bf16 (`GPUKernelBuilder::splitFloat`). They are
// the first three of the eight columns of the right operand where there is one
// token, and else multiplied one by one. One token is split by the block of
// threads itself, while weights are on their way.
//
//===----------------------------------------------------------------------===//

#include "Decode.h"

#include "../TernaryToVector/Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

constexpr int64_t kColumns = kGPUTileColumns;
/// Products of a tile, of 16 columns each.
constexpr int64_t kSteps = 8;

class HalfTokens : public DecodeKernel {
public:
  HalfTokens(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out,
             int64_t tokens)
      : DecodeKernel(b, op, input, out, tokens),
        parts(getNumParts(elementOf(op.getInput()))), activations(input) {}

private:
  bool isOneToken() { return perBlock == 1; }
  int64_t tokenTiles() { return isOneToken() ? 1 : perBlock / 8; }
  /// Right operands that are multiplied by the same left one.
  int64_t numOperands() { return isOneToken() ? 1 : parts * tokenTiles(); }
  int64_t sumsPerTile() override { return 4 * tokenTiles(); }
  bool addsRuns() { return isGroupedLayer || parts > 1; }

  /// Three rows in shared memory, if they are not there yet.
  void prepareActivations() override {
    if (!elementOf(input).isF32())
      return;
    constexpr int64_t kChunk = 8;
    auto bytes = cast<MemRefType>(op.getWeights()[0].getType());
    int64_t width = bytes.getDimSize(1) * kColumns;
    // Rows are apart, so that lanes do not meet in a bank.
    activations = b.shared(b.getBF16Type(), {kFloatParts, width + 32});
    int64_t threads = shape.warps * kWarp;
    Value thread = b.add(b.mul(warp, kWarp), lane);
    for (int64_t first = 0; first < width; first += threads * kChunk) {
      Value column = b.mul(b.add(thread, first / kChunk), kChunk);
      Value inside =
          b.compare(arith::CmpIPredicate::ult, column, b.index(width));
      b.ifElse(inside, [&] { splitChunk(column, kChunk); }, [] {});
    }
    b.barrier();
  }

  void splitChunk(Value column, int64_t size) {
    Value x = loadChunk(column, size);
    for (auto [part, half] : llvm::enumerate(b.splitFloat(x)))
      b.storeVector(half, activations, {b.index(part), column});
  }

  /// Columns of the token, zeros behind the last one.
  Value loadChunk(Value column, int64_t size) {
    int64_t columns = cast<MemRefType>(input.getType()).getDimSize(1);
    if (!ShapedType::isDynamic(columns) && columns % kColumns == 0)
      return b.loadVector(input, {firstToken, column}, size);
    Value lastColumn = b.sub(b.dim(input, 1), b.index(1));
    Values elements;
    for (int64_t i = 0; i < size; ++i) {
      Value at = b.add(column, i);
      Value x = b.load(input, {firstToken, b.min(at, lastColumn)});
      Value inside = b.compare(arith::CmpIPredicate::ule, at, lastColumn);
      elements.push_back(b.select(inside, x, b.zero(x.getType())));
    }
    auto type = VectorType::get(size, b.getF32Type());
    return vector::FromElementsOp::create(b, type, elements);
  }

  /// For each right operand two words per step.
  Values loadActivations(Value tile) override {
    Values x;
    for (int64_t p = 0; p < numOperands() / tokenTiles(); ++p)
      for (int64_t i = 0; i < tokenTiles(); ++i)
        x.append(loadRow(rowOf(i, p), tile));
    return x;
  }

  Value rowOf(int64_t tokenTile, int64_t partOfToken) {
    if (!isOneToken())
      return b.add(b.mul(tokenOf(tokenTile), parts), partOfToken);
    Value column = b.min(quad, b.index(parts - 1));
    if (activations != input)
      return column;
    return b.add(b.mul(firstToken, parts), column);
  }

  Values loadRow(Value row, Value tile) {
    Value column = b.mul(tile, kColumns);
    Values x(2 * kSteps);
    if (order.byColumns) {
      column = b.add(column, b.mul(part, 2));
      for (int64_t i = 0; i < 2 * kSteps; ++i)
        x[i] = b.loadWord(activations, {row, b.add(column, 8 * i)});
      return x;
    }
    // Steps i and i + 4 share 32 columns, 8 of which are the lane's.
    column = b.add(column, b.mul(part, 8));
    for (int64_t i = 0; i < 4; ++i) {
      Values words = b.loadWords(activations, {row, b.add(column, 32 * i)});
      for (int64_t j = 0; j < 2; ++j)
        for (int64_t h = 0; h < 2; ++h)
          x[2 * (4 * j + i) + h] = words[2 * j + h];
    }
    return x;
  }

  /// The first column of a group of 16 or 32 that a step is part of.
  int64_t columnOf(int64_t step) {
    return order.byColumns ? 16 * step : 32 * (step % 4);
  }

  void addTile(ArrayRef<Value> words, ArrayRef<Value> x, Value tile, int64_t s,
               MutableArrayRef<Value> sums) override {
    if (!addsRuns()) {
      for (int64_t step = 0; step < kSteps; ++step)
        multiply(words, x, step, sums);
      return;
    }
    // Scaled; or by f32 that is rounded, where tensor cores cut.
    auto multiplyRun = [&](int64_t first, int64_t end,
                           MutableArrayRef<Value> products) {
      for (int64_t step = 0; step < kSteps; ++step)
        if (columnOf(step) >= first && columnOf(step) < end)
          multiply(words, x, step, products);
    };
    addRuns(b.getF32Type(), multiplyRun, sums);
  }

  /// sums += the digits of a step times all right operands.
  void multiply(ArrayRef<Value> words, ArrayRef<Value> x, int64_t step,
                MutableArrayRef<Value> sums) {
    Values trits;
    for (Value word : words)
      trits.push_back(b.raiseHalves(word, step));
    for (int64_t i = 0; i < numOperands(); ++i)
      b.multiplyHalves(elementOf(activations), trits,
                       x.slice(2 * (kSteps * i + step), 2),
                       sums.slice(4 * (i % tokenTiles()), 4));
  }

  /// Trits were twice as large.
  Value lowerSum(Value sum) override {
    return b.mulf(sum, b.constant(b.getF32Type(), 0.5));
  }

  void storeSums(ArrayRef<Value> sums, int64_t s) override {
    if (!isOneToken())
      return storeFragments(sums, s, /*isLowered=*/false);
    // Column 0, in the first lane of four; two more of an f32: 1 is beside it,
    // 2 in the next lane.
    Values rows;
    for (int64_t half = 0; half < 2; ++half) {
      Value sum = sums[2 * half];
      if (parts > 1)
        sum = b.addf(b.addf(sum, sums[2 * half + 1]),
                     b.exchangeLanes(sum, /*lanes=*/1));
      rows.push_back(lowerSum(sum));
    }
    storeRows(rows, s);
  }

  const int64_t parts;
  /// The input, or what became of it.
  Value activations;
};

} // namespace

std::unique_ptr<DecodeKernel> ternary::makeHalfTokens(GPUKernelBuilder &b,
                                                      BitLinearOp op,
                                                      Value input, Value out,
                                                      int64_t tokens) {
  return std::make_unique<HalfTokens>(b, op, input, out, tokens);
}
