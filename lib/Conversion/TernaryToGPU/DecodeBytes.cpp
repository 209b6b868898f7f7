//===- DecodeBytes.cpp - Few tokens of int8 -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Each lane of a warp holds 16 bytes of a tile: digits of rows g and g + 8 and
// of 32 columns, for lane 4 g + t. One token is multiplied by `ternary.dot`
// (dp4a). With scales of groups the sums of a lane's columns, by dp4a as well,
// are scaled one by one. More tokens are multiplied by tensor cores (mma.sync
// m16n8k32), whose operands are just what a lane holds.
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
constexpr int64_t kLaneColumns = 32;

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
      : ByteKernel(b, op, input, out, /*tokens=*/1) {}

private:
  /// An accumulator for each digit of two rows; or a float for each row.
  int64_t sumsPerTile() override { return isGroupedLayer ? 2 : 8; }
  Type accumulatorType() override {
    return isGroupedLayer ? sumType() : VectorType::get(1, sumType());
  }

  Values loadActivations(Value tile) override {
    return loadToken(firstToken, tile);
  }

  void addTile(ArrayRef<Value> words, ArrayRef<Value> x, Value tile, int64_t s,
               MutableArrayRef<Value> sums) override {
    for (int64_t half = 0; half < 2; ++half) {
      if (isGroupedLayer)
        addGroups(words, x, half, sums[half]);
      else
        for (int64_t h = 0; h < 2; ++h)
          addDot(words[2 * h + half], x, h, sums.slice(4 * half, 4));
    }
  }

  /// sums[i] += digit i of a word times its activations.
  void addDot(Value word, ArrayRef<Value> x, int64_t h,
              MutableArrayRef<Value> sums) {
    Values activations;
    for (int64_t i = 0; i < 4; ++i)
      activations.push_back(b.bytesOf(x[2 * i + h]));
    auto dot = DotOp::create(b, TypeRange(ValueRange(sums)), b.bytesOf(word),
                             activations, sums, /*radix=*/4, /*isSigned=*/true);
    llvm::copy(dot.getResults(), sums.begin());
  }

  Value finishDot(ValueRange sums) {
    Value none = b.zero(sums[0].getType());
    Value sum = DotFinishOp::create(b, none.getType(), sums, none, /*radix=*/4,
                                    /*offset=*/0, /*digit=*/IntegerAttr(),
                                    /*isSigned=*/true);
    return vector::ExtractOp::create(b, sum, 0);
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
      for (int64_t c = first; c < first + runColumns(); c += 4) {
        Value trits = b.raiseDigit(words[2 * (c / 4 % 2) + half], c / 8);
        product = NVVM::DotAccumulate4WayOp::create(
            b, b.getI32Type(), b.bytesOf(trits),
            NVVM::DotAccumulateType::SIGNED, b.bytesOf(x[c / 4]),
            NVVM::DotAccumulateType::SIGNED, product);
      }
      product = b.cast(lowerSum(product), b.getF32Type());
      sum = b.addf(sum, b.mulf(product, scale));
    }
  }

  void storeSums(ArrayRef<Value> sums, int64_t s) override {
    Values rows(sums);
    if (!isGroupedLayer)
      rows = {finishDot(sums.take_front(4)), finishDot(sums.drop_front(4))};
    for (Value &row : rows)
      row = b.sumOverLanes(row, {1, 2});
    storeRows(rows, s);
  }
};

class ByteTokens : public ByteKernel {
public:
  ByteTokens(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out,
             int64_t tokens)
      : ByteKernel(b, op, input, out, tokens) {}

private:
  int64_t tokenTiles() { return perBlock / 8; }
  /// A fragment per eight tokens.
  int64_t sumsPerTile() override { return 4 * tokenTiles(); }

  Values loadActivations(Value tile) override {
    Values x;
    for (int64_t i = 0; i < tokenTiles(); ++i)
      x.append(loadToken(tokenOf(i), tile));
    return x;
  }

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
    for (int64_t i = 0; i < tokenTiles(); ++i)
      b.multiplyBytes(trits, x.slice(8 * i + 2 * digit, 2),
                      sums.slice(4 * i, 4));
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
