//===- PrefillOutput.cpp - What many tokens store -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Prefill.h"

#include "../TernaryToVector/Kernel.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

PrefillOutput::PrefillOutput(GPUKernelBuilder &b, BitLinearOp op, Value out,
                             const PrefillBlock &shape, const Place &place)
    : b(b), op(op), out(out), shape(shape), at(place), bias(2) {
  if (op.getActivationScale())
    loadFactors();
  if (op.getBias())
    for (auto [value, row] : llvm::zip(bias, at.rows))
      value = b.cast(b.load(op.getBias(), {row}), b.getF32Type());
}

/// Those behind the last token are copies of it.
void PrefillOutput::loadFactors() {
  factors = b.shared(b.getF32Type(), {shape.tokens});
  Value last = b.sub(b.dim(out, 0), b.index(1));
  Value token = b.min(b.add(at.firstToken, at.inBlock), last);
  factor = vector::ExtractOp::create(
      b, loadActivationScale(b, op, token, /*lanes=*/1), 0);
}

void PrefillOutput::publish() {
  if (factors)
    b.ifThen(isBelow(at.inBlock, b.index(shape.tokens)),
             [&] { b.store(factor, factors, {at.inBlock}); });
}

void PrefillOutput::finish(ArrayRef<Value> sums, Value split,
                           const Tokens &finished) {
  tokens = finished;
  firstToken = b.add(at.firstToken, tokens.first);
  auto inFirst = [&](function_ref<void()> body) {
    if (shape.splits == 1)
      return body();
    b.ifThen(b.compare(arith::CmpIPredicate::eq, split, b.index(0)), body);
  };
  if (!isStaged())
    return inFirst([&] {
      forEachOutput(sums, [&](Value y, Value token, Value row) {
        b.store(y, out, {token, row});
      });
    });
  inFirst([&] { stage(sums); });
  b.barrier();
  inFirst([&] { storeStaged(); });
}

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

/// Whether 16 bytes of rows are stored together.
bool PrefillOutput::isStaged() {
  int64_t rows = cast<MemRefType>(out.getType()).getDimSize(1);
  return !ShapedType::isDynamic(rows) && rows % rowsPerStore() == 0;
}
int64_t PrefillOutput::rowsPerStore() {
  return 16 / (elementOf(out).getIntOrFloatBitWidth() / 8);
}

/// The block's part of the output, `[token][row]`; rows are apart, so that
/// threads do not meet in a bank.
Value PrefillOutput::stagingBuffer() {
  return b.sharedView(elementOf(out),
                      {tokens.count, shape.rows() + rowsPerStore()},
                      tokens.offset);
}

void PrefillOutput::stage(ArrayRef<Value> sums) {
  if (elementOf(out).getIntOrFloatBitWidth() == 16)
    return stageHalves(sums);
  Value buffer = stagingBuffer();
  forEachOutput(sums, [&](Value y, Value token, Value row) {
    b.store(y, buffer, {b.sub(token, firstToken), b.sub(row, at.firstRow)});
  });
}

/// The same by stmatrix, which turns tiles of 8 rows and 8 tokens as they are
/// stored. Sums behind the last row or token are stored here, but not read.
void PrefillOutput::stageHalves(ArrayRef<Value> sums) {
  int64_t stride = 2 * (shape.rows() + rowsPerStore());
  auto word = [&](Value index) -> Value {
    return arith::IndexCastOp::create(b, b.getI32Type(), index);
  };
  // Lane 8 m + i says where token i of tile m goes: m % 2 is the half of rows,
  // m / 2 the half of 16 tokens.
  Value token = b.add(b.rem(at.lane, 8), b.mul(b.floorDiv(at.lane, 16), 8));
  Value row = b.add(b.mul(at.warp, kTileRows),
                    b.mul(b.rem(b.floorDiv(at.lane, 8), 2), 8));
  Value place = b.add(b.mul(token, stride), b.mul(row, 2));
  Value address = b.add(b.sharedBase(), word(b.add(place, tokens.offset)));
  auto pairs = VectorType::get(2, b.getF32Type());
  for (int64_t j = 0; j < tokens.count / 8; j += 2) {
    Values words;
    for (int64_t i = j; i < j + 2; ++i) {
      Values factors = getFactors(8 * i);
      for (int64_t half = 0; half < 2; ++half) {
        Values y;
        for (int64_t e = 0; e < 2; ++e)
          y.push_back(
              finishSum(b, sums[4 * i + 2 * half + e], factors[e], bias[half]));
        Value pair = vector::FromElementsOp::create(b, pairs, y);
        words.push_back(b.wordOf(b.cast(pair, elementOf(out))));
      }
    }
    b.storeTransposed(
        words, b.add(address, b.constant(b.getI32Type(), 8 * j * stride)));
  }
}

void PrefillOutput::storeStaged() {
  Value buffer = stagingBuffer();
  int64_t width = rowsPerStore(), perToken = shape.rows() / width;
  for (int64_t first = 0; first < tokens.count * perToken;
       first += shape.threads()) {
    Value i = b.add(at.thread, first);
    Value token = b.floorDiv(i, perToken);
    Value row = b.mul(b.rem(i, perToken), width);
    Value globalToken = b.add(firstToken, token);
    Value globalRow = b.add(at.firstRow, row);
    Value inside = arith::AndIOp::create(b, isBelow(globalToken, b.dim(out, 0)),
                                         isBelow(globalRow, b.dim(out, 1)));
    b.ifThen(inside, [&] {
      b.copyVector(buffer, {token, row}, out, {globalToken, globalRow}, width);
    });
  }
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

Value PrefillOutput::isBelow(Value x, Value end) {
  return b.compare(arith::CmpIPredicate::ult, x, end);
}

Value PrefillOutput::tokenOf(int64_t place) {
  return b.add(firstToken, b.add(b.mul(b.rem(at.lane, 4), 2), place));
}

/// The activation scales of two tokens, or nulls.
Values PrefillOutput::getFactors(int64_t place) {
  if (!factors)
    return Values(2);
  Value at = b.add(b.mul(b.rem(this->at.lane, 4), 2), place);
  at = b.add(at, tokens.first);
  return {b.load(factors, {at}), b.load(factors, {b.add(at, 1)})};
}

void PrefillOutput::forEachOutput(ArrayRef<Value> sums, Store store) {
  Value tileRow = b.add(
      at.firstRow, b.add(b.mul(at.warp, kTileRows), b.floorDiv(at.lane, 4)));
  for (int64_t half = 0; half < 2; ++half) {
    Value row = b.add(tileRow, 8 * half);
    b.ifThen(isBelow(row, b.dim(out, 1)), [&] {
      for (int64_t j = 0; j < tokens.count / 8; ++j) {
        Values factors = getFactors(8 * j);
        for (int64_t e = 0; e < 2; ++e) {
          Value token = tokenOf(8 * j + e), y = sums[4 * j + 2 * half + e];
          b.ifThen(isBelow(token, b.dim(out, 0)), [&] {
            if (!elementOf(out).isInteger(32))
              y = b.cast(finishSum(b, y, factors[e], bias[half]),
                         elementOf(out));
            store(y, token, row);
          });
        }
      }
    });
  }
}
