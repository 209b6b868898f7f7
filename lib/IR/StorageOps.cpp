//===- StorageOps.cpp - pack, unpack, repack, dequantize ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "LogicalShape.h"
#include "Verify.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

LogicalResult PackOp::verify() {
  // (pack_c1) (pack_c2) (pack_c3)
  return failure(failed(verifyDst(*this)) ||
                 failed(verifyRank(*this, "input", getInput(), 2)) ||
                 failed(verifyWeight(*this, "outs", getInits()[0], getPacking(),
                                     getShape(getInput()))) ||
                 failed(verifyCarriedScales(*this, getScales(), getPacking(),
                                            getShape(getInput()))));
}

LogicalResult UnpackOp::verify() {
  bool withScales = getInits().size() == 2;
  // (unpack_c3)
  if (withScales && !getPacking().carriesScales())
    return emitOpError() << "expected 1 inits with " << getPacking()
                         << ", which carries no scales, found 2";
  if (failed(verifyDst(*this, withScales ? 2 : 1)))
    return failure();
  // (unpack_c1)
  Value trits = getInits()[0];
  if (failed(verifyRank(*this, "outs", trits, 2)))
    return failure();
  if (!getElementType(trits).isInteger(8))
    return emitOpError() << "expected trits of i8, found " << trits.getType();
  // (unpack_c2)
  if (failed(verifyWeight(*this, "bytes", getBytes(), getPacking(),
                          getShape(trits))))
    return failure();
  if (!withScales)
    return success();
  if (!getElementType(getInits()[1]).isF32())
    return emitOpError() << "expected scales of f32, found "
                         << getInits()[1].getType();
  return verifyCarriedScales(*this, getInits()[1], getPacking(),
                             getShape(trits));
}

LogicalResult RepackOp::verify() {
  ArrayRef<int64_t> shape = getStaticShape();
  // (repack_c1) (repack_c2) (repack_c3) (repack_c4)
  return failure(
      failed(verifyDst(*this)) ||
      failed(verifyLogicalShape(*this, shape, getShape())) ||
      failed(verifyWeight(*this, "bytes", getBytes(), getSource(), shape)) ||
      failed(verifyWeight(*this, "outs", getInits()[0], getPacking(), shape)) ||
      failed(verifyCarriedScales(*this, getScales(), getPacking(), shape)));
}

SmallVector<OpFoldResult> RepackOp::getMixedShape() {
  OpBuilder builder(getContext());
  return getMixedValues(getStaticShape(), getShape(), builder);
}

LogicalResult DequantizeOp::verify() {
  if (failed(verifyDst(*this)) ||
      // (dequantize_c1)
      failed(verifyRank(*this, "outs", getInits()[0], 2)))
    return failure();
  ArrayRef<int64_t> shape = getShape(getInits()[0]);
  bool grouped = getScales() && getRank(getScales()) == 2;
  // (dequantize_c2) (dequantize_c3) (dequantize_c4)
  return failure(failed(verifyWeight(*this, "weight", getWeight(),
                                     getPackingAttr(), shape)) ||
                 failed(verifyGroupSize(*this, getGroupSize(), grouped)) ||
                 failed(verifyScale(*this, getScales(), shape[0], shape[1],
                                    getGroupSize())));
}
