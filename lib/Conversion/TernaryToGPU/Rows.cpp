//===- Rows.cpp - GPU kernels of ops that reduce rows ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A block of threads has a row. Short rows stay in registers between the passes
// over them, longer ones are read again, out of a cache. Sums are added in one
// order, so two runs give the same bytes.
//
//===----------------------------------------------------------------------===//

#include "GPUKernels.h"

#include "../TernaryToVector/Rounding.h"

#include "ternary/IR/RowFusion.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

/// How the threads of a block share a row.
struct RowShape {
  int64_t threads;
  /// Elements of a vector.
  int64_t lanes;
  /// Vectors of a thread, where rows are short; else 0.
  int64_t steps;
  /// Whether all threads have as many.
  bool isEven;

  static RowShape choose(int64_t columns, int64_t lanes) {
    if (ShapedType::isDynamic(columns))
      return {256, lanes, 0, false};
    constexpr int64_t kElements = 16, kMostThreads = 512, kMostElements = 32;
    int64_t threads =
        llvm::alignTo(llvm::divideCeil(columns, kElements), kWarp);
    threads = std::min(threads, kMostThreads);
    int64_t steps = llvm::divideCeil(columns, threads * lanes);
    if (steps * lanes > kMostElements)
      steps = 0;
    return {threads, lanes, steps, columns % (threads * lanes) == 0};
  }
};

/// Calls `body` with the number of elements of vectors of 16 bytes of `memref`,
/// or as many as divide its columns; of them alone where the columns are known.
void withLanes(GPUKernelBuilder &b, Value memref,
               function_ref<void(int64_t)> body) {
  int64_t axis = rankOf(memref) - 1;
  int64_t columns = cast<MemRefType>(memref.getType()).getDimSize(axis);
  if (!ShapedType::isDynamic(columns))
    return body(vectorLanes(memref, columns));
  int64_t most = vectorLanes(memref, 0);
  Value rest = b.rem(b.dim(memref, axis), most);
  b.ifElse(
      b.compare(arith::CmpIPredicate::eq, rest, b.index(0)),
      [&] { body(most); }, [&] { body(1); });
}

/// A row of a matrix in a kernel.
class BlockRow {
public:
  BlockRow(GPUKernelBuilder &b, const RowShape &shape, Value matrix, Value row,
           Value thread)
      : b(b), shape(shape), matrix(matrix), row(row), thread(thread),
        columns(b.dim(matrix, 1)), first(b.mul(thread, shape.lanes)),
        held(shape.steps) {}

  /// What `combine` makes of `term` of all vectors of f32 and the columns where
  /// they begin; its neutral element is 0.
  Value reduce(Type element, function_ref<Value(Value, Value)> term,
               GPUKernelBuilder::Combine combine) {
    Value sum = b.zero(VectorType::get(shape.lanes, element));
    if (shape.steps == 0) {
      auto add = [&](Value k, ValueRange old) {
        return Values{combine(old[0], term(load(k), k))};
      };
      sum = b.loop(first, columns, shape.threads * shape.lanes, sum, add)[0];
    }
    for (int64_t step = 0; step < shape.steps; ++step) {
      Value part = term(get(step), columnOf(step));
      if (!isWhole(step))
        part = b.select(exists(step), part, b.zero(part.getType()));
      sum = combine(sum, part);
    }
    Value total = vector::ExtractOp::create(b, sum, 0);
    for (int64_t lane = 1; lane < shape.lanes; ++lane)
      total = combine(total, vector::ExtractOp::create(b, sum, lane));
    return b.combineOverBlock(total, thread, shape.threads, combine);
  }

  Value sum(function_ref<Value(Value, Value)> term) {
    return reduce(b.getF32Type(), term,
                  [&](Value x, Value y) { return b.addf(x, y); });
  }

  /// NaN is the largest magnitude of all.
  Value largestMagnitude(function_ref<Value(Value, Value)> get) {
    // Without its sign a float is ordered like the integer of its bits.
    Type i32 = b.getI32Type();
    auto magnitude = [&](Value x, Value k) -> Value {
      x = get(x, k);
      Type type = withElements(x.getType(), i32);
      Value bits = arith::BitcastOp::create(b, type, x);
      return arith::AndIOp::create(b, bits,
                                   b.constant(type, int64_t(0x7fffffff)));
    };
    Value largest = reduce(i32, magnitude, [&](Value x, Value y) -> Value {
      return arith::MaxSIOp::create(b, x, y);
    });
    return arith::BitcastOp::create(b, b.getF32Type(), largest);
  }

  /// Short rows become what `compute` makes of them, so that later passes do
  /// not; `isHeld` says whether that was so.
  void replace(function_ref<Value(Value, Value)> compute) {
    for (int64_t step = 0; step < shape.steps; ++step)
      held[step] = compute(get(step), columnOf(step));
  }
  bool isHeld() const { return shape.steps != 0; }

  void forEach(function_ref<void(Value x, Value k)> body) {
    if (shape.steps == 0)
      b.loop(first, columns, shape.threads * shape.lanes,
             [&](Value k) { body(load(k), k); });
    for (int64_t step = 0; step < shape.steps; ++step) {
      auto take = [&] { body(get(step), columnOf(step)); };
      if (isWhole(step))
        take();
      else
        b.ifThen(exists(step), take);
    }
  }

  /// Once per row.
  void once(function_ref<void()> body) {
    b.ifThen(b.compare(arith::CmpIPredicate::eq, thread, b.index(0)), body);
  }

  /// Elements of another matrix at that place of the same row.
  Value load(Value memref, Value k) {
    return b.loadVector(memref, {row, k}, shape.lanes);
  }
  void store(Value vector, Value memref, Value k) {
    b.storeVector(vector, memref, {row, k});
  }

private:
  Value load(Value k) {
    return b.cast(b.loadVector(matrix, {row, k}, shape.lanes), b.getF32Type());
  }
  /// The vector of a step, read once.
  Value get(int64_t step) {
    if (!held[step])
      held[step] = b.loadVector(matrix, {row, columnOf(step)}, shape.lanes);
    return b.cast(held[step], b.getF32Type());
  }
  /// Where it does not exist the last one of the row stands in.
  Value columnOf(int64_t step) {
    Value column = placeOf(step);
    return isWhole(step) ? column
                         : b.min(column, b.sub(columns, b.index(shape.lanes)));
  }
  Value placeOf(int64_t step) {
    return b.add(first, step * shape.threads * shape.lanes);
  }
  bool isWhole(int64_t step) const {
    return shape.isEven || step + 1 < shape.steps;
  }
  Value exists(int64_t step) {
    return b.compare(arith::CmpIPredicate::ult, placeOf(step), columns);
  }

  GPUKernelBuilder &b;
  RowShape shape;
  Value matrix, row, thread, columns, first;
  Values held;
};

/// A block for each row of a matrix.
void forEachRow(GPUKernelBuilder &b, Value matrix,
                function_ref<void(BlockRow &, Value row)> body) {
  int64_t columns = cast<MemRefType>(matrix.getType()).getDimSize(1);
  withLanes(b, matrix, [&](int64_t lanes) {
    RowShape shape = RowShape::choose(columns, lanes);
    b.launch(b.dim(matrix, 0), b.index(1), shape.threads,
             [&](const GPUKernelBuilder::Place &at) {
               BlockRow row(b, shape, matrix, at.block, at.thread);
               body(row, at.block);
             });
  });
}

Value identity(Value x, Value) { return x; }

//===----------------------------------------------------------------------===//
// quantize_activation
//===----------------------------------------------------------------------===//

/// The row that `get` makes of `row`, quantized.
void quantizeRow(GPUKernelBuilder &b, QuantizeActivationOp op, BlockRow &row,
                 Value n, Value quantized,
                 function_ref<Value(Value, Value)> get) {
  Value scales = op.getInits()[1];
  Value eps = b.constant(b.getF32Type(), op.getEps().convertToDouble());
  Value s = arith::MaximumFOp::create(b, row.largestMagnitude(get), eps);
  row.once([&] {
    b.store(scaleOf(b, op, s), scales,
            b.delinearize(n, op.getInput(), rankOf(scales)));
  });
  // ptxas (CUDA 13.0) takes a byte that is stored out of the register of a
  // float for a conversion of the float. With an offset an integer is in
  // between.
  constexpr int64_t kOffset = 128;
  auto write = [&](QuantizeVector quantize) {
    row.forEach([&](Value x, Value k) {
      Value q = quantize(get(x, k));
      row.store(b.cast(q, elementOf(quantized)), quantized, k);
    });
  };
  quantizeBy(b, s, largestLevel(op.getBits()), /*hasFMA=*/true, write, kOffset);
}

LogicalResult buildQuantizeActivation(GPUKernelBuilder &b,
                                      QuantizeActivationOp op) {
  if (!hasRowKernel(op))
    return failure();
  Value quantized = asMatrix(b, op.getInits()[0]);
  forEachRow(b, asMatrix(b, op.getInput()), [&](BlockRow &row, Value n) {
    quantizeRow(b, op, row, n, quantized, identity);
  });
  return success();
}

//===----------------------------------------------------------------------===//
// rms_norm
//===----------------------------------------------------------------------===//

/// Rows of `rms_norm`.
class Norm {
public:
  Norm(GPUKernelBuilder &b, RMSNormOp op) : b(b), op(op) {}

  /// Before and behind the kernel.
  void open() {
    weight = op.getWeight();
    if (weight && !elementOf(weight).isF32())
      makeWeight();
  }
  void close() {
    if (weight != op.getWeight())
      b.free(weight);
  }

  /// Reduces a row, of which `get` then gives the elements of the result.
  void enter(BlockRow &row) {
    Value sum = row.sum([&](Value x, Value) { return b.mulf(x, x); });
    Value columns = b.dim(op.getInput(), rankOf(op.getInput()) - 1);
    factor = normFactor(b, op, sum, columns);
  }
  Value get(Value x, Value k) {
    Value w;
    if (weight)
      w = b.loadVector(weight, {k},
                       cast<VectorType>(x.getType()).getDimSize(0));
    return normalizeVector(b, op, x, factor, w);
  }

private:
  /// The weight as floats: trits times their scales.
  void makeWeight() {
    Value columns = b.dim(op.getInput(), rankOf(op.getInput()) - 1);
    weight = b.scratch(b.getF32Type(), {columns});
    b.launchThreads(columns, [&](Value k) {
      Value x = b.cast(tritAt(columns, k), b.getF32Type());
      if (Value scales = op.getScales()) {
        Values at;
        if (rankOf(scales) == 2)
          at = {b.index(0), b.floorDiv(k, *op.getGroupSize())};
        x = b.mulf(x, b.load(scales, at));
      }
      b.store(x, weight, {k});
    });
  }

  Value tritAt(Value columns, Value k) {
    Value bytes = op.getWeight();
    PackingAttrInterface packing = op.getPackingAttr();
    Value row = b.index(0);
    if (!packing)
      return b.load(bytes, {row, k});
    auto loadByte = [&](ValueRange at) { return b.load(bytes, at); };
    return packing.buildDecode(b, {row, k}, {b.index(1), columns}, loadByte);
  }

  GPUKernelBuilder &b;
  RMSNormOp op;
  Value weight, factor;
};

/// Rows of `op`, stored, or quantized by `reader` instead.
void buildNorm(GPUKernelBuilder &b, RMSNormOp op, QuantizeActivationOp reader) {
  Norm norm(b, op);
  norm.open();
  Value out = asMatrix(b, (reader ? reader.getInits() : op.getInits())[0]);
  forEachRow(b, asMatrix(b, op.getInput()), [&](BlockRow &row, Value n) {
    norm.enter(row);
    if (!reader)
      return row.forEach(
          [&](Value x, Value k) { row.store(norm.get(x, k), out, k); });
    auto get = [&](Value x, Value k) { return norm.get(x, k); };
    row.replace(get);
    quantizeRow(b, reader, row, n, out, [&](Value x, Value k) {
      return b.cast(row.isHeld() ? x : get(x, k), b.getF32Type());
    });
  });
  norm.close();
}

LogicalResult buildRMSNorm(GPUKernelBuilder &b, RMSNormOp op) {
  if (!hasRowKernel(op))
    return failure();
  buildNorm(b, op, {});
  return success();
}

//===----------------------------------------------------------------------===//
// absmean
//===----------------------------------------------------------------------===//

Value magnitudesOf(GPUKernelBuilder &b, BlockRow &row) {
  return row.sum(
      [&](Value x, Value) { return Value(math::AbsFOp::create(b, x)); });
}

/// A sum of all of `sums` `[R]`, in one order, for `finish`.
void sumUp(GPUKernelBuilder &b, Value sums, function_ref<void(Value)> finish) {
  forEachRow(b, asMatrix(b, sums), [&](BlockRow &row, Value) {
    Value sum = row.sum(identity);
    row.once([&] { finish(sum); });
  });
}

/// A matrix in other rows where that is known to be possible: long enough for a
/// block of threads, and many of them.
Value inOtherRows(GPUKernelBuilder &b, Value matrix) {
  auto type = cast<MemRefType>(matrix.getType());
  if (!type.hasStaticShape())
    return matrix;
  constexpr int64_t kLeast = 1 << 10, kMost = 1 << 13;
  int64_t total = type.getNumElements(), columns = std::gcd(total, kMost);
  if (columns < kLeast)
    return matrix;
  SmallVector<ReassociationIndices> both{{0, 1}};
  Value flat = memref::CollapseShapeOp::create(b, matrix, both);
  auto shape =
      MemRefType::get({total / columns, columns}, type.getElementType());
  return memref::ExpandShapeOp::create(b, shape, flat, both);
}

/// A sum per row, then the sum of those.
void buildMean(GPUKernelBuilder &b, AbsmeanOp op) {
  Value input = op.getInput(), out = op.getInits()[0];
  Value rows = inOtherRows(b, input);
  Value sums = b.scratch(b.getF32Type(), {b.dim(rows, 0)});
  forEachRow(b, rows, [&](BlockRow &row, Value n) {
    Value sum = magnitudesOf(b, row);
    row.once([&] { b.store(sum, sums, {n}); });
  });
  Value count = b.mul(b.dim(input, 0), b.dim(input, 1));
  sumUp(b, sums,
        [&](Value sum) { b.store(finishMean(b, op, sum, count), out, {}); });
  b.free(sums);
}

/// Lanes of a warp have the vectors of a group.
void buildGroupMeans(GPUKernelBuilder &b, AbsmeanOp op) {
  Value input = asVector(b, op.getInput()), out = asVector(b, op.getInits()[0]);
  int64_t size = *op.getGroupSize(), lanes = vectorLanes(op.getInput(), size);
  SmallVector<int64_t> bits;
  for (int64_t lane = 1; lane < size / lanes; lane *= 2)
    bits.push_back(lane);
  b.launchStream(b.floorDiv(b.dim(input, 0), lanes), /*reads=*/4, [&](Value i) {
    Value vector = b.loadVector(input, {b.mul(i, lanes)}, lanes);
    return [=, &b](Value exists) mutable {
      Value x = math::AbsFOp::create(b, b.cast(vector, b.getF32Type()));
      Value sum = vector::ReductionOp::create(b, vector::CombiningKind::ADD, x);
      sum = b.sumOverLanes(sum, bits);
      Value isFirst = b.compare(arith::CmpIPredicate::eq,
                                b.rem(i, size / lanes), b.index(0));
      b.ifThen(arith::AndIOp::create(b, exists, isFirst), [&] {
        b.store(finishMean(b, op, sum, b.index(size)), out,
                {b.floorDiv(i, size / lanes)});
      });
    };
  });
}

LogicalResult buildAbsmean(GPUKernelBuilder &b, AbsmeanOp op) {
  if (!hasRowKernel(op))
    return failure();
  Value input = op.getInput(), out = op.getInits()[0];
  if (rankOf(out) == 0)
    buildMean(b, op);
  else if (rankOf(out) == 2)
    buildGroupMeans(b, op);
  else
    forEachRow(b, input, [&](BlockRow &row, Value n) {
      Value sum = magnitudesOf(b, row);
      row.once(
          [&] { b.store(finishMean(b, op, sum, b.dim(input, 1)), out, {n}); });
    });
  return success();
}

//===----------------------------------------------------------------------===//
// ste_backward
//===----------------------------------------------------------------------===//

/// The gradient to alpha, a sum per row, beside that to the weights.
void buildRowGradients(GPUKernelBuilder &b, STEBackwardOp op, Value gradScale) {
  Value grads = op.getGrad(), out = op.getInits()[0], scales = op.getScales();
  forEachRow(b, op.getInput(), [&](BlockRow &row, Value n) {
    Values at(rankOf(scales), n);
    Value alpha = b.load(scales, at);
    Value sum = row.sum([&](Value w, Value k) {
      Value q = b.cast(roundQuotient(b, w, alpha), b.getF32Type());
      Value grad = row.load(grads, k);
      row.store(grad, out, k);
      return b.mulf(grad, q);
    });
    row.once([&] { b.store(sum, gradScale, {n}); });
  });
}

LogicalResult buildSTEBackward(GPUKernelBuilder &b, STEBackwardOp op) {
  if (!hasRowKernel(op))
    return failure();
  Value gradScale = op.getInits()[1];
  if (rankOf(gradScale) == 1) {
    buildRowGradients(b, op, gradScale);
    return success();
  }
  Value sums = b.scratch(b.getF32Type(), {b.dim(op.getInput(), 0)});
  buildRowGradients(b, op, sums);
  sumUp(b, sums, [&](Value sum) { b.store(sum, gradScale, {}); });
  b.free(sums);
  return success();
}

/// Whether lanes of a warp can share each group.
bool hasLanesPerGroup(AbsmeanOp op) {
  int64_t size = *op.getGroupSize();
  int64_t columns = cast<MemRefType>(op.getInput().getType()).getDimSize(1);
  if (ShapedType::isDynamic(columns) || columns % size != 0)
    return false;
  int64_t share = size / vectorLanes(op.getInput(), size);
  return share <= kWarp && llvm::isPowerOf2_64(share);
}

} // namespace

bool ternary::hasRowKernel(Operation *op) {
  auto backward = dyn_cast<STEBackwardOp>(op);
  bool isRowOp = isa<AbsmeanOp, QuantizeActivationOp, RMSNormOp>(op) ||
                 (backward && backward.getInits().size() == 2);
  if (!isRowOp || !llvm::all_of(op->getOperands(), isDense))
    return false;
  Value input = op->getOperand(0);
  if (!isa<FloatType>(elementOf(input)) || rankOf(input) == 0 ||
      cast<MemRefType>(input.getType()).getShape().back() == 0)
    return false;
  auto mean = dyn_cast<AbsmeanOp>(op);
  return !mean || !mean.getGroupSize() || hasLanesPerGroup(mean);
}

void ternary::fuseRowKernels(Operation *root) {
  SmallVector<std::pair<RMSNormOp, QuantizeActivationOp>> pairs;
  root->walk([&](RMSNormOp op) {
    QuantizeActivationOp reader = getOnlyQuantizer(op);
    if (reader && hasRowKernel(op) && hasRowKernel(reader))
      pairs.emplace_back(op, reader);
  });
  for (auto [norm, reader] : pairs) {
    OpBuilder at(reader);
    GPUKernelBuilder b(reader, at);
    buildNorm(b, norm, reader);
    reader->erase();
    norm->erase();
  }
}

void ternary::populateRowKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerToGPUKernel<AbsmeanOp>>(context, buildAbsmean, GPUShapes());
  patterns.add<LowerToGPUKernel<QuantizeActivationOp>>(
      context, buildQuantizeActivation, GPUShapes());
  patterns.add<LowerToGPUKernel<RMSNormOp>>(context, buildRMSNorm, GPUShapes());
  patterns.add<LowerToGPUKernel<STEBackwardOp>>(context, buildSTEBackward,
                                                GPUShapes());
}
