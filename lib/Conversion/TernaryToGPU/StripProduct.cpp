//===- StripProduct.cpp - grad_input of a few tokens ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A product of the tensor cores has the trits of 16 columns and 16 rows of a
// class on the left. Lanes 4 g + t load bytes 2 g and 2 g + 1 of a window of 16
// bytes in four rows: the digits of a byte in two rows are the halves of words
// of the left operand, once they are at the top of these. On the right are the
// three parts of the factors of these rows in either half of the strip, and
// zeros.
//
//===----------------------------------------------------------------------===//

#include "StripProduct.h"
#include "Trits.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Columns of a strip, of which each half has one scale in a row.
constexpr int64_t kColumns = 64;
constexpr int64_t kHalf = kColumns / 2;
/// Strips of a block, whose bytes are partly the same sectors of memory.
constexpr int64_t kStrips = 2;
/// Digits of a byte, and so classes of rows.
constexpr int64_t kDigits = 5;
/// Bytes of a window. Behind a digit and a byte in front of the strip it has
/// all of the strip.
constexpr int64_t kWindow = 16;
static_assert(kWindow * kDigits >= kColumns + 2 * kDigits - 1);
/// Rows of a class that are multiplied at once, and of all classes.
constexpr int64_t kDepth = 16;
constexpr int64_t kStepRows = kDepth * kDigits;
/// Steps whose bytes are loaded before the first is multiplied.
constexpr int64_t kMostSteps = 6;
/// Columns of a right operand: four for each half of the strip.
constexpr int64_t kOperandColumns = 8;
/// A row of a lane's window in a step: 2 t and what is added.
constexpr int64_t kLaneRows[] = {0, 1, 8, 9};

static ArrayRef<int64_t> shapeOf(Value memref) {
  return cast<MemRefType>(memref.getType()).getShape();
}

bool StripProduct::takes(GradInputOp op) {
  std::optional<DigitRuns> runs = getDigitRuns(op.getPackingAttr());
  if (!runs || !runs->flat || runs->radix != 3 ||
      !TritMemory::takes(op.getWeight(), op.getPackingAttr()))
    return false;
  int64_t rows = shapeOf(op.getGrad()).back();
  int64_t columns = shapeOf(op.getInits()[0]).back();
  int64_t bytes = shapeOf(op.getWeight()).back();
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns) ||
      ShapedType::isDynamic(bytes))
    return false;
  // Bytes are numbered by 32 bits, of rows that do not exist as well.
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  return bytes > 0 &&
         columns + bytes + kMostSteps * kDepth * columns <= kMost &&
         op.getGroupSize().value_or(kHalf) % kHalf == 0;
}

StripProduct::StripProduct(GPUKernelBuilder &b, ScaledWeights &weights,
                           Value grad)
    : b(b), weights(weights), grad(grad) {
  int64_t all = llvm::divideCeil(shapeOf(grad)[1], kStepRows);
  splits = std::max<int64_t>(llvm::divideCeil(all, kMostSteps), 1);
  steps = llvm::divideCeil(all, splits);
}

Value StripProduct::word(int64_t value) {
  return b.constant(b.getI32Type(), value);
}

void StripProduct::launch(Value numTokens, Store store) {
  constexpr int64_t kBlockColumns = kStrips * kColumns;
  Value columns = weights.columnCount();
  Value blocks = b.ceilDiv(columns, kBlockColumns);
  auto runBlock = [&](const GPUKernelBuilder::Place &at) {
    if (splits > 1 && weights.isForHopper())
      b.allowNextLaunch();
    chooseStrip(at);
    Values bytes = loadBytes();
    storeFactors();
    // A warp has its own.
    NVVM::SyncWarpOp::create(b, word(-1));
    storeSums(multiply(bytes));
    b.barrier();
    Value column = b.add(b.mul(at.block, kBlockColumns), at.thread);
    auto isBelow = [&](Value x, Value end) {
      return b.compare(arith::CmpIPredicate::ult, x, end);
    };
    Value inside =
        arith::AndIOp::create(b, isBelow(at.thread, b.index(kBlockColumns)),
                              isBelow(column, columns));
    b.ifThen(inside,
             [&] { store(addClasses(at.thread), split, token, column); });
  };
  b.launch(blocks, b.mul(numTokens, splits), kStrips * kDigits * kWarp,
           runBlock);
}

void StripProduct::chooseStrip(const GPUKernelBuilder::Place &at) {
  warp = b.floorDiv(at.thread, kWarp);
  rowClass = b.rem(warp, kDigits);
  lane = b.rem(at.thread, kWarp);
  quad = b.floorDiv(lane, 4);
  part = b.rem(lane, 4);
  token = b.floorDiv(at.blockY, splits);
  split = b.rem(at.blockY, splits);
  place = b.mul(b.floorDiv(warp, kDigits), kColumns);
  firstColumn = b.add(b.mul(at.block, kStrips * kColumns), place);
  firstRow = b.mul(split, steps * kDepth);
  Value digit = b.add(b.mul(rowClass, weights.columnCount()), firstColumn);
  Value byte = b.floorDiv(digit, kDigits);
  byte = b.sub(byte, b.rem(byte, 2));
  auto narrow = [&](Value x) {
    return arith::IndexCastOp::create(b, b.getI32Type(), x);
  };
  window = narrow(byte);
  offset = narrow(b.sub(b.mul(byte, kDigits), digit));
  factors = b.shared(b.getBF16Type(),
                     {kStrips * kDigits, steps, kOperandColumns, kDepth});
  classSums = b.shared(b.getF32Type(), {kDigits, kStrips * kColumns});
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

/// The bytes from number `at` on, as i32: of an even number of bytes, in rows
/// of even length, they lie at a multiple of two. The last ones of the weight
/// stand in for those behind it.
Value StripProduct::loadPair(Value at) {
  Type i32 = b.getI32Type();
  int64_t size = shapeOf(weights.bytes())[0];
  auto load = [&](Value at, int64_t count) {
    at = b.min(at, word(size - count));
    at = arith::IndexCastUIOp::create(b, b.getIndexType(), at);
    auto type = VectorType::get(1, b.getIntegerType(8 * count));
    Value bytes = vector::BitCastOp::create(
        b, type, b.loadVector(weights.bytes(), {at}, count));
    bytes = vector::ExtractOp::create(b, bytes, 0);
    return Value(arith::ExtUIOp::create(b, i32, bytes));
  };
  auto columns = getConstantIntValue(weights.columnCount());
  if (size % 2 == 0 && columns && *columns % 2 == 0)
    return load(at, 2);
  return b.add(load(at, 1), b.mulWords(load(b.add(at, word(1)), 1), 256));
}

/// Two bytes of each of the lane's rows.
Values StripProduct::loadBytes() {
  auto narrow = [&](Value x) {
    return arith::IndexCastOp::create(b, b.getI32Type(), x);
  };
  Value row = b.add(firstRow, b.mul(part, 2)), columns = weights.columnCount();
  Value first =
      b.add(window, narrow(b.add(b.mul(row, columns), b.mul(quad, 2))));
  Values result;
  for (int64_t step = 0; step < steps; ++step)
    for (int64_t row : kLaneRows)
      result.push_back(
          loadPair(b.add(first, narrow(b.mul(columns, step * kDepth + row)))));
  return result;
}

/// Gradients times scales: a lane has a row of each step for one half of the
/// strip.
void StripProduct::storeFactors() {
  Value half = b.floorDiv(lane, kDepth), row = b.rem(lane, kDepth);
  Value column = b.add(firstColumn, b.mul(half, kHalf));
  for (int64_t step = 0; step < steps; ++step) {
    Value number = b.add(b.add(firstRow, step * kDepth), row);
    Value n = b.add(b.mul(number, kDigits), rowClass);
    Values parts = b.splitFloat(loadFactor(n, column));
    parts.push_back(b.zero(b.getBF16Type()));
    for (auto [i, value] : llvm::enumerate(parts))
      b.store(value, factors,
              {warp, b.index(step), b.add(b.mul(half, 4), int64_t(i)), row});
  }
}

/// `product` of finite factors, or the largest float where it is too large: an
/// infinity would make NaN of trits that are 0.
static Value limitProduct(GPUKernelBuilder &b, Value product, Value x,
                          Value y) {
  Type f32 = b.getF32Type();
  // NaN where a factor is not finite.
  Value zero =
      b.addf(arith::SubFOp::create(b, x, x), arith::SubFOp::create(b, y, y));
  Value areFinite = b.compare(arith::CmpFPredicate::ORD, zero, zero);
  double most = std::numeric_limits<float>::max();
  Value limited = arith::MaxNumFOp::create(b, product, b.constant(f32, -most));
  limited = arith::MinNumFOp::create(b, limited, b.constant(f32, most));
  return b.select(areFinite, limited, product);
}

/// 0 in a row that does not exist.
Value StripProduct::loadFactor(Value n, Value column) {
  Value rows = weights.rowCount();
  Value inside = b.compare(arith::CmpIPredicate::ult, n, rows);
  n = b.min(n, b.sub(rows, b.index(1)));
  Value gradient = b.cast(b.load(grad, {token, n}), b.getF32Type());
  Value factor = gradient = weights.round(gradient);
  if (Value scale = weights.loadScale(n, column)) {
    scale = weights.round(scale);
    factor = limitProduct(b, b.mulf(gradient, scale), gradient, scale);
  }
  return b.select(inside, factor, b.zero(factor.getType()));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Values StripProduct::multiply(ValueRange bytes) {
  constexpr int64_t kLaneRowsCount = std::size(kLaneRows);
  Values sums(kDigits * 4, b.zero(b.getF32Type()));
  for (int64_t step = 0; step < steps; ++step)
    multiplyStep(step, bytes.slice(step * kLaneRowsCount, kLaneRowsCount),
                 sums);
  return sums;
}

void StripProduct::multiplyStep(int64_t step, ValueRange bytes, Values &sums) {
  bool msbFirst = getDigitRuns(weights.packing())->msbFirst;
  // The words of a left operand: bytes 2 g and 2 g + 1 of two rows, and of the
  // other two.
  SmallVector<Values> digits;
  for (int64_t i = 0; i < 4; i += 2) {
    Value rows = b.add(bytes[i], b.mulWords(bytes[i + 1], 1 << 16));
    Value second = arith::ShRUIOp::create(b, rows, word(8));
    for (Value halves : {rows, second})
      digits.push_back(
          raiseDigits3(b, bitAnd(b, halves, 0x00ff00ff), msbFirst));
  }
  Values right;
  for (int64_t row : {0, 8})
    right.push_back(b.loadWord(
        factors, {warp, b.index(step), quad, b.add(b.mul(part, 2), row)}));
  for (int64_t d = 0; d < kDigits; ++d)
    b.multiplyHalves(b.getBF16Type(),
                     {digits[0][d], digits[1][d], digits[2][d], digits[3][d]},
                     right, MutableArrayRef(sums).slice(4 * d, 4));
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// The three parts of a half are in two lanes; either half has columns of the
/// other and of other strips as well, with factors that are not theirs.
void StripProduct::storeSums(ArrayRef<Value> sums) {
  Type i32 = b.getI32Type();
  Value isFirst =
      b.compare(arith::CmpIPredicate::eq, b.rem(part, 2), b.index(0));
  Value half = b.mul(b.floorDiv(part, 2), kHalf);
  Value begin = arith::IndexCastOp::create(b, i32, half);
  Value first = b.add(offset, b.mul(arith::IndexCastOp::create(b, i32, quad),
                                    word(2 * kDigits)));
  for (int64_t byte = 0; byte < 2; ++byte)
    for (int64_t d = 0; d < kDigits; ++d) {
      Value sum = b.addf(sums[4 * d + 2 * byte], sums[4 * d + 2 * byte + 1]);
      sum = b.addf(sum, b.exchangeLanes(sum, /*lanes=*/1));
      Value column = b.add(first, word(byte * kDigits + d));
      Value inside = b.compare(arith::CmpIPredicate::ult, b.sub(column, begin),
                               word(kHalf));
      b.ifThen(arith::AndIOp::create(b, inside, isFirst), [&] {
        Value at = arith::IndexCastOp::create(b, b.getIndexType(), column);
        b.store(sum, classSums, {rowClass, b.add(place, at)});
      });
    }
}

/// Trits were twice as large.
Value StripProduct::addClasses(Value column) {
  Value sum;
  for (int64_t c = 0; c < kDigits; ++c) {
    Value x = b.load(classSums, {b.index(c), column});
    sum = sum ? b.addf(sum, x) : x;
  }
  return b.mulf(sum, b.constant(b.getF32Type(), 0.5));
}
