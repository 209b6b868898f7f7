//===- DecodeBytes.cpp - Few tokens of int8 -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Each lane of a warp holds 16 bytes of a tile: digits of rows g and g + 8 and
// of 32 columns, for lane 4 g + t. One token is multiplied by dp4a;
// with scales of groups the sums of a lane's columns are scaled one by one.
// More tokens are multiplied by tensor cores (mma.sync m16n8k32), whose
// operands are just what a lane holds.
//
//===----------------------------------------------------------------------===//

#include "Decode.h"

#include "../TernaryToVector/Kernel.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

constexpr int64_t kRows = kGPUTileRows;
constexpr int64_t kColumns = kGPUTileColumns;
/// Columns of a lane, and of a product of the tensor cores.
constexpr int64_t kLaneColumns = 32, kLaneWords = kLaneColumns / 4;

class ByteKernel : public DecodeKernel {
protected:
  using DecodeKernel::DecodeKernel;

  /// A token's activations for the lane, as eight words: word 2 i + h meets
  /// digit i of the words h of a row.
  Values loadToken(Value token, Value tile) {
    if (order.byColumns)
      return loadScattered(token, tile);
    Value column = b.add(b.mul(tile, kColumns), b.mul(part, kLaneColumns));
    Values x = b.loadWords(input, {token, column});
    x.append(b.loadWords(input, {token, b.add(column, 16)}));
    return x;
  }

  /// Trits were larger.
  Value lowerSum(Value sum) override {
    return arith::ShRSIOp::create(b, sum,
                                  b.constant(b.getI32Type(), kRaisedBits));
  }

private:
  /// The same in `gpu_tile2k`: word 2 i + h is at column 32 i + 16 h + 4 t.
  Values loadScattered(Value token, Value tile) {
    Value column = b.add(b.mul(tile, kColumns), b.mul(part, 4));
    Values x;
    for (int64_t i = 0; i < 8; ++i)
      x.push_back(b.loadWord(input, {token, b.add(column, 16 * i)}));
    return x;
  }
};

class ByteToken : public ByteKernel {
public:
  ByteToken(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out)
      : ByteKernel(b, op, input, out, /*tokens=*/1),
        sumsPerRow(isGroupedLayer ? 1 : chooseSums()) {}

private:
  /// Sums of a row take turns. With four ptxas gives a thread registers for
  /// more loads on their way, with two fewer: they are for more blocks than
  /// would be there at a time (docs/rationale.md).
  int64_t chooseSums() {
    // So few products need no turns.
    if (heldTiles() == 1)
      return 1;
    constexpr int64_t kRegistersOfFour = 48;
    int64_t tiles =
        cast<MemRefType>(op.getWeights()[0].getType()).getDimSize(0);
    int64_t places = kProcessorRegisters /
                     (kRegistersOfFour * shape.warps * kWarp) * kProcessors;
    bool isOneRound =
        !ShapedType::isDynamic(tiles) && tiles <= places * shape.rowTiles;
    return isOneRound ? 4 : 2;
  }

  /// Of two rows.
  int64_t sumsPerTile() override { return 2 * sumsPerRow; }

  Values loadActivations(Value tile) override {
    return loadToken(firstToken, tile);
  }

  void addTile(ArrayRef<Value> words, ArrayRef<Value> x, Value tile, int64_t s,
               MutableArrayRef<Value> sums) override {
    for (int64_t half = 0; half < 2; ++half) {
      if (isGroupedLayer)
        addGroups(words, x, half, sums[half]);
      else
        for (int64_t n = 0; n < kLaneWords; ++n) {
          // With four sums, all digits of one word first: x is all loaded then.
          int64_t i = sumsPerRow == 4 ? n % 4 * 2 + n / 4 : n;
          Value &sum = sums[sumsPerRow * half + n % sumsPerRow];
          sum = addWord(words, half, x, i, sum);
        }
    }
  }

  /// sum + word i of the activations times their digits of a row.
  Value addWord(ArrayRef<Value> words, int64_t half, ArrayRef<Value> x,
                int64_t i, Value sum) {
    Value trits = b.raiseDigit(words[2 * (i % 2) + half], i / 2);
    return NVVM::DotAccumulate4WayOp::create(
        b, b.getI32Type(), b.bytesOf(trits), NVVM::DotAccumulateType::SIGNED,
        b.bytesOf(x[i]), NVVM::DotAccumulateType::SIGNED, sum);
  }

  // With groups, a run is what the lane multiplies before it scales. Words of
  // four columns follow each other, or are 16 columns apart.
  int64_t runColumns() {
    return order.byColumns ? 4 : std::gcd(*op.getGroupSize(), kLaneColumns);
  }
  int64_t stride() { return order.byColumns ? 4 : 1; }

  GroupScales loadGroupScales(int64_t s, Value tile) override {
    Value column = b.add(b.mul(tile, kColumns),
                         b.mul(part, order.byColumns ? 4 : kLaneColumns));
    GroupScales scales;
    for (int64_t half = 0; half < 2; ++half)
      for (int64_t first = 0; first < kLaneColumns; first += runColumns())
        scales.rows[half].push_back(
            loadGroupScale(s, half, b.add(column, first * stride())));
    return scales;
  }

  /// sum += each run of columns inside of a group, scaled.
  void addGroups(ArrayRef<Value> words, ArrayRef<Value> x, int64_t half,
                 Value &sum) {
    for (auto [run, scale] : llvm::enumerate(groupScales.rows[half])) {
      Value product = b.zero(b.getI32Type());
      int64_t first = run * runColumns();
      for (int64_t c = first; c < first + runColumns(); c += 4)
        product = addWord(words, half, x, c / 4, product);
      product = b.cast(lowerSum(product), b.getF32Type());
      sum = b.addf(sum, b.mulf(product, scale));
    }
  }

  Value finishRow(ArrayRef<Value> sums) {
    Value total = sums.front();
    for (Value sum : sums.drop_front())
      total = b.add(total, sum);
    return lowerSum(total);
  }

  void storeSums(ArrayRef<Value> sums, int64_t s) override {
    Values rows(sums);
    if (!isGroupedLayer)
      rows = {finishRow(sums.take_front(sumsPerRow)),
              finishRow(sums.drop_front(sumsPerRow))};
    for (Value &row : rows)
      row = b.sumOverLanes(row, {1, 2});
    storeRows(rows, s);
  }

  const int64_t sumsPerRow;
};

class ByteTokens : public FragmentKernel<ByteKernel> {
public:
  ByteTokens(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out,
             int64_t tokens)
      : FragmentKernel(b, op, input, out, tokens) {}

private:
  void addTile(ArrayRef<Value> words, ArrayRef<Value> x, Value tile, int64_t s,
               MutableArrayRef<Value> sums) override {
    if (!isGroupedLayer) {
      for (int64_t digit = 0; digit < 4; ++digit)
        multiply(words, x, digit, sums);
      return;
    }
    auto multiplyRun = [&](int64_t first, int64_t end,
                           MutableArrayRef<Value> products) {
      for (int64_t c = first; c < end; c += kLaneColumns)
        multiply(words, x, c / kLaneColumns, products);
    };
    addRuns(b.getI32Type(), multiplyRun, sums);
  }

  /// sums += a digit of the words times all tokens.
  void multiply(ArrayRef<Value> words, ArrayRef<Value> x, int64_t digit,
                MutableArrayRef<Value> sums) {
    Values trits;
    for (Value word : words)
      trits.push_back(b.raiseDigit(word, digit));
    multiplyDigit(trits, x, digit, sums);
  }

  void storeSums(ArrayRef<Value> sums, int64_t s) override {
    storeFragments(sums, s, /*isLowered=*/isGroupedLayer);
  }
};

} // namespace

std::unique_ptr<DecodeKernel> ternary::makeByteToken(GPUKernelBuilder &b,
                                                     BitLinearOp op,
                                                     Value input, Value out) {
  return std::make_unique<ByteToken>(b, op, input, out);
}

std::unique_ptr<DecodeKernel> ternary::makeByteTokens(GPUKernelBuilder &b,
                                                      BitLinearOp op,
                                                      Value input, Value out,
                                                      int64_t tokens) {
  return std::make_unique<ByteTokens>(b, op, input, out, tokens);
}
