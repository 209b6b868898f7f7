//===- Elements.cpp - GPU kernels of ops on elements of their own ---------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A thread has neighbouring elements of a row, which share a scale.
//
//===----------------------------------------------------------------------===//

#include "GPUKernels.h"
#include "Tiles.h"

#include "../TernaryToVector/Rounding.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"

#include "llvm/ADT/TypeSwitch.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

int64_t columnsOf(Value memref) {
  return cast<MemRefType>(memref.getType()).getShape().back();
}

/// Neighbouring elements of a matrix of known columns.
struct Chunk {
  Value first, row, column;
};

/// What is done with a chunk that was loaded, if it exists.
using FinishChunk = std::function<void()>;

/// Streams chunks of `lanes` elements of `rows` rows of `columns` columns.
void forEachChunk(GPUKernelBuilder &b, Value rows, int64_t columns,
                  int64_t lanes, function_ref<FinishChunk(Chunk)> load) {
  int64_t perRow = columns / lanes;
  auto loadNumber = [&](Value i) -> GPUKernelBuilder::Finish {
    Value row = b.floorDiv(i, perRow);
    Value column = b.mul(b.sub(i, b.mul(row, perRow)), lanes);
    FinishChunk finish = load({b.mul(i, lanes), row, column});
    return [=, &b](Value exists) { b.ifThen(exists, finish); };
  };
  b.launchStream(b.mul(rows, perRow), /*reads=*/4, loadNumber);
}

/// The number of elements of `memref` that share their scale, and begin at
/// multiples of it.
int64_t lanesOfScale(Value memref, Value scales, int64_t groupSize) {
  int64_t lanes = columnsOf(memref);
  return scales && rankOf(scales) == 2 ? std::gcd(lanes, groupSize) : lanes;
}

Value loadScale(GPUKernelBuilder &b, Value scales, int64_t groupSize, Value row,
                Value column) {
  if (!scales)
    return {};
  Values at;
  if (rankOf(scales) > 0)
    at.push_back(row);
  if (rankOf(scales) > 1)
    at.push_back(b.floorDiv(column, groupSize));
  return b.load(scales, at);
}

//===----------------------------------------------------------------------===//
// ternarize, dequantize_activation
//===----------------------------------------------------------------------===//

LogicalResult buildTernarize(GPUKernelBuilder &b, TernarizeOp op) {
  if (!hasElementKernel(op))
    return failure();
  Value input = op.getInput(), scales = op.getScales();
  Value flat = asVector(b, input), out = asVector(b, op.getInits()[0]);
  int64_t groupSize = op.getGroupSize().value_or(1);
  int64_t lanes = vectorLanes(input, lanesOfScale(input, scales, groupSize));
  auto load = [&](Chunk at) -> FinishChunk {
    Value x = b.loadVector(flat, {at.first}, lanes);
    Value alpha = loadScale(b, scales, groupSize, at.row, at.column);
    return [=, &b] {
      Value w = b.cast(x, b.getF32Type());
      b.storeVector(ternarizeVector(b, op, w, alpha), out, {at.first});
    };
  };
  forEachChunk(b, b.dim(input, 0), columnsOf(input), lanes, load);
  return success();
}

LogicalResult buildDequantizeActivation(GPUKernelBuilder &b,
                                        DequantizeActivationOp op) {
  if (!hasElementKernel(op))
    return failure();
  Value input = op.getInput(), scales = op.getScales();
  Value flat = asVector(b, input), out = asVector(b, op.getInits()[0]);
  // What is written is wider.
  int64_t lanes = vectorLanes(out, columnsOf(input));
  auto load = [&](Chunk at) -> FinishChunk {
    Value q = b.loadVector(flat, {at.first}, lanes);
    Value scale = b.load(scales, b.delinearize(at.row, input, rankOf(scales)));
    return [=, &b] {
      Value x = b.cast(q, b.getF32Type());
      b.storeVector(dequantizeVector(b, op, x, scale), out, {at.first});
    };
  };
  forEachChunk(b, b.dim(asMatrix(b, input), 0), columnsOf(input), lanes, load);
  return success();
}

//===----------------------------------------------------------------------===//
// ste, ste_backward
//===----------------------------------------------------------------------===//

LogicalResult buildSTE(GPUKernelBuilder &b, STEOp op) {
  if (!hasElementKernel(op))
    return failure();
  Value input = op.getInput(), scales = op.getScales();
  Value flat = asVector(b, input), out = asVector(b, op.getInits()[0]);
  int64_t lanes = vectorLanes(input, columnsOf(input));
  auto load = [&](Chunk at) -> FinishChunk {
    Value w = b.loadVector(flat, {at.first}, lanes);
    Value alpha = loadScale(b, scales, /*groupSize=*/1, at.row, at.column);
    return
        [=, &b] { b.storeVector(steVector(b, op, w, alpha), out, {at.first}); };
  };
  forEachChunk(b, b.dim(input, 0), columnsOf(input), lanes, load);
  return success();
}

LogicalResult buildSTEBackward(GPUKernelBuilder &b, STEBackwardOp op) {
  if (!hasElementKernel(op))
    return failure();
  Value input = op.getInput(), scales = op.getScales();
  Value flat = asVector(b, input), grads = asVector(b, op.getGrad());
  Value out = asVector(b, op.getInits()[0]);
  int64_t lanes = vectorLanes(input, columnsOf(input));
  auto load = [&](Chunk at) -> FinishChunk {
    Value w = b.loadVector(flat, {at.first}, lanes);
    Value grad = b.loadVector(grads, {at.first}, lanes);
    Value alpha = loadScale(b, scales, /*groupSize=*/1, at.row, at.column);
    return [=, &b] {
      b.storeVector(steGradientVector(b, op, w, grad, alpha), out, {at.first});
    };
  };
  forEachChunk(b, b.dim(input, 0), columnsOf(input), lanes, load);
  return success();
}

//===----------------------------------------------------------------------===//
// dequantize, embedding
//===----------------------------------------------------------------------===//

/// Trits of a thread, which become 16 bytes: what threads store has no gaps.
int64_t tritsOf(Value out) {
  return 128 / elementOf(out).getIntOrFloatBitWidth();
}

bool isInTiles(DequantizeOp op) {
  auto shape = cast<MemRefType>(op.getInits()[0].getType()).getShape();
  return TileMemory::takes(op.getWeight(), op.getPackingAttr(), shape);
}

/// Trits times a scale of f32 (null for none), stored from number `first` on.
void storeProducts(GPUKernelBuilder &b, ValueRange words, Value scale,
                   Value out, Value first) {
  int64_t lanes = tritsOf(out);
  for (int64_t i = 0, e = words.size(); i < e; i += lanes / 4) {
    Value x = b.cast(bytesOf(b, words.slice(i, lanes / 4)), b.getF32Type());
    if (scale)
      x = b.mulf(x, b.broadcast(scale, lanes));
    b.storeVector(b.cast(x, elementOf(out)), out, {b.add(first, 4 * i)});
  }
}

LogicalResult buildDequantize(GPUKernelBuilder &b, DequantizeOp op) {
  if (!hasElementKernel(op))
    return failure();
  Value matrix = op.getInits()[0], scales = op.getScales();
  Value out = asVector(b, matrix);
  int64_t columns = columnsOf(matrix);
  auto loadFactor = [&](Value row, Value column) -> Value {
    if (!scales)
      return {};
    Value scale =
        loadScale(b, scales, op.getGroupSize().value_or(1), row, column);
    // The product with a half float is exact in f32.
    return b.cast(b.cast(scale, elementOf(out)), b.getF32Type());
  };
  PackingAttrInterface packing = op.getPackingAttr();
  if (isInTiles(op)) {
    TileMemory tiles(b, op.getWeight(), packing);
    tiles.read(tritsOf(out), [&](ValueRange words, TileMemory::Place at) {
      storeProducts(b, words, loadFactor(at.row, at.column), out,
                    b.add(b.mul(at.row, columns), at.column));
    });
    return success();
  }
  int64_t lanes = tritsOf(out);
  TritRows rows(b, op.getWeight(), packing, lanes);
  auto load = [&](Chunk at) -> FinishChunk {
    TritRows::Loaded loaded = rows.load(at.first);
    Value factor = loadFactor(at.row, at.column);
    return [=, &b, &rows] {
      storeProducts(b, rows.decode(loaded), factor, out, at.first);
    };
  };
  forEachChunk(b, b.dim(matrix, 0), columns, lanes, load);
  return success();
}

LogicalResult buildEmbedding(GPUKernelBuilder &b, EmbeddingOp op) {
  if (!hasElementKernel(op))
    return failure();
  Value scales = op.getScales(), out = asVector(b, op.getInits()[0]);
  Value ids = asVector(b, op.getIds());
  int64_t groupSize = op.getGroupSize().value_or(1);
  int64_t columns = op.getStaticShape()[1];
  Value last = b.index(op.getStaticShape()[0] - 1);
  int64_t lanes = tritsOf(out);
  TritRows rows(b, op.getTable(), op.getPackingAttr(), lanes);
  auto load = [&](Chunk at) -> FinishChunk {
    Value id =
        arith::IndexCastOp::create(b, b.getIndexType(), b.load(ids, {at.row}));
    Value row = b.min(id, last);
    TritRows::Loaded loaded = rows.load(b.add(b.mul(row, columns), at.column));
    Value scale = loadScale(b, scales, groupSize, row, at.column);
    return [=, &b, &rows] {
      // As unsigned, a negative index is behind the table as well. There, all
      // factors are 0.
      Value isInside = b.compare(arith::CmpIPredicate::ule, id, last);
      Values words = rows.decode(loaded);
      for (Value &word : words)
        word = b.select(isInside, word, b.zero(word.getType()));
      Value factor;
      if (scale)
        factor = b.select(isInside, scale, b.zero(scale.getType()));
      storeProducts(b, words, factor, out, at.first);
    };
  };
  forEachChunk(b, b.dim(ids, 0), columns, lanes, load);
  return success();
}

/// Whether chunks of trits have one scale and are written by vectors.
bool takesChunks(Value scales, int64_t groupSize, Value out) {
  int64_t columns = columnsOf(out);
  return !ShapedType::isDynamic(columns) && columns != 0 &&
         isa<FloatType>(elementOf(out)) &&
         elementOf(out).getIntOrFloatBitWidth() <= 32 &&
         lanesOfScale(out, scales, groupSize) % tritsOf(out) == 0;
}

bool takesRows(Value memref, PackingAttrInterface packing, int64_t columns) {
  return TritMemory::takes(memref, packing) &&
         TritMemory::isFlat(packing, columns);
}

bool hasKernel(TernarizeOp op) {
  return isa<FloatType>(elementOf(op.getInput())) &&
         elementOf(op.getInits()[0]).isInteger(8);
}

bool hasKernel(DequantizeActivationOp op) { return rankOf(op.getInput()) > 0; }

bool hasKernel(STEOp) { return true; }

/// The gradient to alpha reduces rows.
bool hasKernel(STEBackwardOp op) { return op.getInits().size() == 1; }

bool hasKernel(DequantizeOp op) {
  Value out = op.getInits()[0];
  return takesChunks(op.getScales(), op.getGroupSize().value_or(1), out) &&
         (isInTiles(op) ||
          takesRows(op.getWeight(), op.getPackingAttr(), columnsOf(out)));
}

bool hasKernel(EmbeddingOp op) {
  ArrayRef<int64_t> shape = op.getStaticShape();
  return !ShapedType::isDynamicShape(shape) && shape[0] != 0 &&
         takesChunks(op.getScales(), op.getGroupSize().value_or(1),
                     op.getInits()[0]) &&
         takesRows(op.getTable(), op.getPackingAttr(), shape[1]);
}

} // namespace

bool ternary::hasElementKernel(Operation *op) {
  if (!llvm::all_of(op->getOperands(), isDense))
    return false;
  return TypeSwitch<Operation *, bool>(op)
      .Case<TernarizeOp, DequantizeActivationOp, STEOp, STEBackwardOp>(
          [](auto op) {
            int64_t columns = columnsOf(op.getInput());
            return !ShapedType::isDynamic(columns) && columns != 0 &&
                   hasKernel(op);
          })
      .Case<DequantizeOp, EmbeddingOp>([](auto op) { return hasKernel(op); })
      .Default([](Operation *) { return false; });
}

void ternary::populateElementKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  GPUShapes shapes;
  patterns.add<LowerToGPUKernel<TernarizeOp>>(context, buildTernarize, shapes);
  patterns.add<LowerToGPUKernel<DequantizeActivationOp>>(
      context, buildDequantizeActivation, shapes);
  patterns.add<LowerToGPUKernel<STEOp>>(context, buildSTE, shapes);
  patterns.add<LowerToGPUKernel<STEBackwardOp>>(context, buildSTEBackward,
                                                shapes);
  patterns.add<LowerToGPUKernel<DequantizeOp>>(context, buildDequantize,
                                               shapes);
  patterns.add<LowerToGPUKernel<EmbeddingOp>>(context, buildEmbedding, shapes);
}
