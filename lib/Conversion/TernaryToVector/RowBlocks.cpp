//===- RowBlocks.cpp - Weights in rows, by way of panels ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Weights that may not be repacked once, because each call brings others:
//
//   for each block of rows
//     put its weights into panels, which stay in the cache
//     multiply by them
//
// Taking rows apart for the products costs far more than putting them into the
// order that the kernels of panels want.
//
//===----------------------------------------------------------------------===//

#include "../KernelRemark.h"
#include "Kernel.h"
#include "Kernels.h"
#include "Weights.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

/// Rows of a block: whole panels, whose bytes stay in the second cache.
constexpr int64_t kRows = 256;

/// Whether it pays. Measured on AVX2, where it is 2 to 9 times faster for
/// bytes; one token of int8 and trits has loops that are faster.
bool pays(BitLinearOp op) {
  TargetAttr target = getTarget(op);
  if (!target || target.getIsa() != "avx2")
    return false;
  if (std::optional<DigitRuns> runs = getDigitRuns(op.getPackingAttr()))
    return !runs->flat;
  bool isOneToken =
      cast<ShapedType>(op.getInput().getType()).getDimSize(0) == 1;
  return !op.getPackingAttr() &&
         !(isOneToken && elementOf(op.getInput()).isInteger(8));
}

/// Of nothing there are no parts.
bool isEmpty(Value memref) {
  return llvm::is_contained(cast<ShapedType>(memref.getType()).getShape(), 0);
}

bool takes(BitLinearOp op) {
  return rankOf(op.getInput()) == 2 && !op.getWeights().empty() &&
         !op.getRoundOperands() &&
         llvm::all_of(op.getScales(),
                      [](Value scale) { return rankOf(scale) <= 2; }) &&
         llvm::all_of(op->getOperands(), isContiguousInRows) &&
         llvm::none_of(op->getOperands(), isEmpty) && pays(op);
}

class RowBlocks {
public:
  RowBlocks(KernelBuilder &b, BitLinearOp op)
      : b(b), op(op),
        panels(PackingAttr::getPreset(b.getContext(), "cpu_panel2")) {}

  void run() {
    Value out = op.getInits()[0], numRows = b.dim(out, 1);
    columns = memref::getMixedSizes(b, b.getLoc(), op.getInput())[1];
    b.parallel(numRows, kRows, [&](Value row) {
      first = row;
      rows = b.min(b.sub(numRows, row), b.index(kRows));
      Values weights;
      for (Value weight : op.getWeights())
        weights.push_back(repack(weight));
      Values scales;
      for (Value scale : op.getScales())
        scales.push_back(rankOf(scale) == 0 ? scale : getRows(scale, 0));
      Value bias = op.getBias() ? getRows(op.getBias(), 0) : Value();
      auto block = BitLinearOp::create(
          b, TypeRange(), op.getInput(), weights, scales,
          op.getActivationScale(), bias, ValueRange{getRows(out, 1)}, panels,
          op.getGroupSizeAttr(), /*round_operands=*/TypeAttr());
      [[maybe_unused]] LogicalResult built = buildPanels(b, block);
      assert(succeeded(built) && "panels of all shapes have kernels");
      block.erase();
      for (Value weight : weights)
        b.free(weight);
    });
  }

private:
  /// The rows of this block along `axis`.
  Value getRows(Value memref, int64_t axis) {
    SmallVector<OpFoldResult> sizes =
        memref::getMixedSizes(b, b.getLoc(), memref);
    SmallVector<OpFoldResult> offsets(sizes.size(), b.getIndexAttr(0)),
        strides(sizes.size(), b.getIndexAttr(1));
    offsets[axis] = first;
    sizes[axis] = rows;
    return memref::SubViewOp::create(b, memref, offsets, sizes, strides);
  }

  Value repack(Value weight) {
    SmallVector<OpFoldResult> shape{rows, columns};
    Values sizes;
    for (OpFoldResult size : panels.reifyByteShape(b, b.getLoc(), shape))
      sizes.push_back(getValueOrCreateConstantIndexOp(b, b.getLoc(), size));
    Value buffer = b.scratch(b.getI8Type(), sizes), bytes = getRows(weight, 0);
    if (PackingAttrInterface source = op.getPackingAttr())
      move(buildRepack, makeRepack(bytes, buffer, source));
    else
      move(buildPack,
           PackOp::create(
               b, TypeRange(), bytes, /*scales=*/Value(), ValueRange{buffer},
               panels, ConversionAttr::get(b.getContext(), Conversion::Trits)));
    return buffer;
  }

  RepackOp makeRepack(Value bytes, Value buffer, PackingAttrInterface source) {
    SmallVector<int64_t> staticShape;
    SmallVector<Value> dynamicShape;
    dispatchIndexOpFoldResults({rows, columns}, dynamicShape, staticShape);
    return RepackOp::create(b, TypeRange(), bytes, dynamicShape,
                            /*scales=*/Value(), ValueRange{buffer},
                            b.getDenseI64ArrayAttr(staticShape), source,
                            panels);
  }

  template <typename OpTy> void move(KernelFn<OpTy> build, OpTy moved) {
    [[maybe_unused]] LogicalResult built = build(b, moved);
    assert(succeeded(built) && "rows are moved to panels");
    moved.erase();
  }

  KernelBuilder &b;
  BitLinearOp op;
  PackingAttrInterface panels;
  OpFoldResult columns;
  // The block that is being computed.
  Value first, rows;
};

} // namespace

LogicalResult ternary::buildRowBlocks(KernelBuilder &builder, BitLinearOp op) {
  if (!takes(op))
    return failure();
  RowBlocks(builder, op).run();
  // In place of what its panels have remarked.
  remarkKernel(op, "convert-ternary-to-vector", "GEMM of panels made per call");
  return success();
}
