//===- Planes.cpp - A packing of its own ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// The methods of ternary's PackingAttrInterface: verifiers, folds and lowerings
// know the packing through these alone.
//
//===----------------------------------------------------------------------===//

#include "Embed.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using embed::PlanesAttr;

static constexpr int64_t kColumns = 8, kPlanes = 2;

static int64_t countBlocks(int64_t columns) {
  return ShapedType::isDynamic(columns)
             ? columns
             : llvm::divideCeil(static_cast<uint64_t>(columns), kColumns);
}

LogicalResult
PlanesAttr::getByteShape(ArrayRef<int64_t> logicalShape,
                         SmallVectorImpl<int64_t> &byteShape,
                         function_ref<InFlightDiagnostic()> emitError) const {
  int64_t rows = logicalShape[0], blocks = countBlocks(logicalShape[1]), total;
  if (!ShapedType::isDynamic(rows) && !ShapedType::isDynamic(blocks) &&
      llvm::MulOverflow(rows, blocks * kPlanes, total)) {
    if (emitError)
      emitError() << *this << ": the byte count overflows";
    return failure();
  }
  byteShape.append({rows, blocks, kPlanes});
  return success();
}

int64_t PlanesAttr::getByteRank() const { return 3; }
bool PlanesAttr::carriesScales() const { return false; }
std::optional<int64_t> PlanesAttr::getUnusedValue() const { return 0; }

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

static Value index(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

static Value byte(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIntOp::create(b, value, 8);
}

SmallVector<OpFoldResult>
PlanesAttr::reifyByteShape(OpBuilder &builder, Location loc,
                           ArrayRef<OpFoldResult> logicalShape) const {
  ImplicitLocOpBuilder b(loc, builder);
  Value columns = getValueOrCreateConstantIndexOp(b, loc, logicalShape[1]);
  Value blocks = arith::CeilDivUIOp::create(b, columns, index(b, kColumns));
  return {logicalShape[0], getAsOpFoldResult(blocks), b.getIndexAttr(kPlanes)};
}

/// Bit `i` of a byte, 0 or 1 as i8.
static Value extractBit(ImplicitLocOpBuilder &b, Value from, Value i) {
  Value shifted = arith::ShRUIOp::create(b, from, i);
  return arith::AndIOp::create(b, shifted, byte(b, 1));
}

/// nonzero - 2 (nonzero and negative).
Value PlanesAttr::buildDecode(ImplicitLocOpBuilder &b, ValueRange position,
                              ValueRange,
                              function_ref<Value(ValueRange)> loadByte) const {
  Value block = arith::DivUIOp::create(b, position[1], index(b, kColumns));
  Value bit = arith::RemUIOp::create(b, position[1], index(b, kColumns));
  bit = arith::IndexCastOp::create(b, b.getI8Type(), bit);
  Value nonzero =
      extractBit(b, loadByte({position[0], block, index(b, 0)}), bit);
  Value negative =
      extractBit(b, loadByte({position[0], block, index(b, 1)}), bit);
  negative = arith::AndIOp::create(b, negative, nonzero);
  Value twice = arith::AddIOp::create(b, negative, negative);
  return arith::SubIOp::create(b, nonzero, twice);
}

/// The trit at a column that may lie behind the last one.
static Value loadOrZero(ImplicitLocOpBuilder &b, Value row, Value column,
                        Value columns,
                        function_ref<Value(ValueRange)> loadTrit) {
  Value inside =
      arith::CmpIOp::create(b, arith::CmpIPredicate::ult, column, columns);
  auto choose =
      scf::IfOp::create(b, b.getI8Type(), inside, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(choose.thenBlock());
  scf::YieldOp::create(b, loadTrit({row, column}));
  b.setInsertionPointToStart(choose.elseBlock());
  scf::YieldOp::create(b, byte(b, 0));
  return choose.getResult(0);
}

Value PlanesAttr::buildEncode(ImplicitLocOpBuilder &b, ValueRange byteIndex,
                              ValueRange logicalShape,
                              function_ref<Value(ValueRange)> loadTrit,
                              function_ref<Value(ValueRange)>) const {
  Value first = arith::MulIOp::create(b, byteIndex[1], index(b, kColumns));
  Value isSign = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                       byteIndex[2], index(b, 1));
  Value result = byte(b, 0), zero = byte(b, 0);
  for (int64_t i = 0; i < kColumns; ++i) {
    Value column = arith::AddIOp::create(b, first, index(b, i));
    Value trit = loadOrZero(b, byteIndex[0], column, logicalShape[1], loadTrit);
    Value nonzero =
        arith::CmpIOp::create(b, arith::CmpIPredicate::ne, trit, zero);
    Value negative =
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt, trit, zero);
    Value set = arith::SelectOp::create(b, isSign, negative, nonzero);
    Value bit = arith::SelectOp::create(b, set, byte(b, int64_t(1) << i), zero);
    result = arith::OrIOp::create(b, result, bit);
  }
  return result;
}

/// Not called: the bytes carry no scales.
Value PlanesAttr::buildScale(ImplicitLocOpBuilder &, ValueRange, ValueRange,
                             function_ref<Value(ValueRange)>) const {
  llvm_unreachable("planes carry no scales");
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

void PlanesAttr::packBytes(ArrayRef<int8_t> trits, int64_t rows,
                           int64_t columns, ArrayRef<float>,
                           MutableArrayRef<uint8_t> bytes) const {
  llvm::fill(bytes, 0);
  for (int64_t n = 0; n < rows; ++n)
    for (int64_t k = 0; k < columns; ++k) {
      int8_t trit = trits[n * columns + k];
      uint8_t *pair =
          &bytes[(n * countBlocks(columns) + k / kColumns) * kPlanes];
      pair[0] |= (trit != 0) << (k % kColumns);
      pair[1] |= (trit < 0) << (k % kColumns);
    }
}

bool PlanesAttr::unpackBytes(ArrayRef<uint8_t> bytes, int64_t rows,
                             int64_t columns, MutableArrayRef<int8_t> trits,
                             MutableArrayRef<float>) const {
  for (int64_t n = 0; n < rows; ++n)
    for (int64_t k = 0; k < columns; ++k) {
      const uint8_t *pair =
          &bytes[(n * countBlocks(columns) + k / kColumns) * kPlanes];
      int8_t nonzero = pair[0] >> (k % kColumns) & 1;
      int8_t negative = pair[1] >> (k % kColumns) & nonzero;
      trits[n * columns + k] = nonzero - 2 * negative;
    }
  return true;
}
