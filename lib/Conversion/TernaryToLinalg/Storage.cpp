//===- Storage.cpp - pack, unpack, repack, dequantize to linalg -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Linalg.h"

using namespace mlir;
using namespace ternary;

/// The trit that `pack` writes for an element.
static Value convertToTrit(LinalgBuilder &b, Value value,
                           Conversion conversion) {
  if (conversion == Conversion::Sign)
    return b.signOf(value);
  Type i8 = b.getI8Type();
  if (isa<FloatType>(value.getType())) {
    // Beyond int32 (and NaN) the conversion is 0, within it int8 wraps.
    Value x = b.toF32(value);
    Value inside = b.compare(arith::CmpFPredicate::OLT, b.abs(x),
                             b.constF32(2147483648.0));
    x = b.select(inside, x, b.constF32(0.0));
    Value wide = arith::FPToSIOp::create(b, b.getI32Type(), x);
    value = arith::TruncIOp::create(b, i8, wide);
  }
  if (conversion == Conversion::Trits)
    return value;
  auto isTrit = [&](int64_t trit) {
    return b.compare(arith::CmpIPredicate::eq, value, b.constInt(i8, trit));
  };
  Value keep = arith::OrIOp::create(b, isTrit(-1), isTrit(1));
  return b.select(keep, value, b.constInt(i8, 0));
}

static SmallVector<Value> lowerPack(PackOp op, LinalgBuilder &b) {
  Value input = op.getInput();
  auto loadTrit = [&](ValueRange at) {
    return convertToTrit(b, b.load(input, at), op.getConversion());
  };
  return {b.encode(op.getInits()[0], op.getPacking(), b.sizes(input),
                   op.getScales(), loadTrit)};
}

static SmallVector<Value> lowerUnpack(UnpackOp op, LinalgBuilder &b) {
  Value bytes = op.getBytes(), out = op.getInits()[0];
  SmallVector<Value> shape = b.values(b.sizes(out));
  Value trits = b.tabulate(out, [&](ValueRange at) {
    return b.tritAt(bytes, op.getPacking(), shape, at[0], at[1]);
  });
  if (op.getInits().size() == 1)
    return {trits};
  auto loadByte = [&](ValueRange at) { return b.load(bytes, at); };
  Value scales = b.tabulate(op.getInits()[1], [&](ValueRange at) {
    return op.getPacking().buildScale(b, at, shape, loadByte);
  });
  return {trits, scales};
}

static SmallVector<Value> lowerRepack(RepackOp op, LinalgBuilder &b) {
  SmallVector<OpFoldResult> shape = op.getMixedShape();
  Value trits = b.trits(op.getBytes(), op.getSource(), shape);
  auto loadTrit = [&](ValueRange at) {
    return convertToTrit(b, b.load(trits, at), Conversion::Truncate);
  };
  return {b.encode(op.getInits()[0], op.getPacking(), shape, op.getScales(),
                   loadTrit)};
}

static SmallVector<Value> lowerDequantize(DequantizeOp op, LinalgBuilder &b) {
  Value out = op.getInits()[0];
  Type type = elementOf(out);
  Value trits = b.trits(op.getWeight(), op.getPackingAttr(), b.sizes(out));
  if (!op.getScales())
    return {b.elementwise(trits, out, [&](ValueRange elements) -> Value {
      return arith::SIToFPOp::create(b, type, elements[0]);
    })};
  AffineMap identity = b.getMultiDimIdentityMap(2);
  AffineMap scaleMap =
      b.map(2, getScaleExprs(rankOf(op.getScales()), b.d(0), b.d(1),
                             op.getGroupSize().value_or(1)));
  return {
      b.generic({trits, op.getScales()}, out, {identity, scaleMap, identity},
                {}, [&](ValueRange elements) {
                  Value trit = arith::SIToFPOp::create(b, type, elements[0]);
                  return b.mul(trit, b.fromF32(elements[1], type));
                })};
}

void ternary::populateStorageToLinalg(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerTensorOp<PackOp>>(context, lowerPack);
  patterns.add<LowerTensorOp<UnpackOp>>(context, lowerUnpack);
  patterns.add<LowerTensorOp<RepackOp>>(context, lowerRepack);
  patterns.add<LowerTensorOp<DequantizeOp>>(context, lowerDequantize);
}
