//===- Kernel.cpp - The loops of a bitlinear on panels --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
//   for each token m
//     for each panel p of rows
//       for each component (and group of columns)
//         for each block of columns: dot of bytes and activations
//         finish, scale, add
//       activation scale, bias, store
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "Register.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ternary;

namespace {

Type elementOf(Value value) {
  return cast<ShapedType>(value.getType()).getElementType();
}
int64_t rankOf(Value value) {
  return cast<ShapedType>(value.getType()).getRank();
}

/// Whether a scale (may be null) has one value per group of columns.
bool isGrouped(Value scale) { return scale && rankOf(scale) == 2; }

/// One vector per block of rows.
using Blocks = SmallVector<Value>;

class PanelKernel {
public:
  PanelKernel(ImplicitLocOpBuilder &b, BitLinearOp op, const PanelShape &panel)
      : b(b), op(op), panel(panel), input(op.getInput()), out(op.getInits()[0]),
        quantized(elementOf(input).isInteger(8)),
        integerResult(elementOf(out).isInteger(32)) {}

  void run() {
    columns = dim(input, rankOf(input) - 1);
    rows = dim(out, rankOf(out) - 1);
    forEachToken(0);
  }

private:
  /// A loop per leading axis of the activations.
  void forEachToken(int64_t axis) {
    if (axis == rankOf(input) - 1)
      return forEachPanel();
    loop(index(0), dim(input, axis), {}, [&](Value i, ValueRange) {
      token.push_back(i);
      forEachToken(axis + 1);
      token.pop_back();
      return Blocks();
    });
  }

  void forEachPanel() {
    // Groups sum their own activations; all other components share one sum.
    Value sum;
    if (quantized &&
        (op.getScales().empty() || !llvm::all_of(op.getScales(), isGrouped)))
      sum = activationSum(index(0), columns);
    Value panels = dim(op.getWeights()[0], 0);
    loop(index(0), panels, {}, [&](Value p, ValueRange) {
      firstRow = mul(p, panel.rows());
      panelIndex = p;
      store(total(sum));
      return Blocks();
    });
  }

  /// The index of the token's element `last`.
  SmallVector<Value> at(Value last) {
    SmallVector<Value> result(token);
    result.push_back(last);
    return result;
  }

  // Index arithmetic.
  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value dim(Value memref, int64_t axis) {
    return b.createOrFold<memref::DimOp>(memref, axis);
  }
  Value add(Value x, int64_t y) {
    return b.createOrFold<arith::AddIOp>(x, index(y));
  }
  Value mul(Value x, int64_t y) {
    return b.createOrFold<arith::MulIOp>(x, index(y));
  }
  Value sub(Value x, Value y) { return b.createOrFold<arith::SubIOp>(x, y); }
  Value floorDiv(Value x, int64_t y) {
    return b.createOrFold<arith::DivUIOp>(x, index(y));
  }

  // Vectors.
  VectorType lanes(Type type) { return VectorType::get(panel.lanes, type); }
  Value zero(Type type) {
    return arith::ConstantOp::create(b, type, b.getZeroAttr(type));
  }
  Value broadcast(Value scalar) {
    return vector::BroadcastOp::create(b, lanes(scalar.getType()), scalar);
  }
  /// The lanes below `count`, which may be negative.
  Value mask(int64_t size, Value count) {
    return vector::CreateMaskOp::create(b, VectorType::get(size, b.getI1Type()),
                                        count);
  }
  Value maskedLoad(Value memref, ValueRange at, int64_t size, Value count) {
    auto type = VectorType::get(size, elementOf(memref));
    return vector::MaskedLoadOp::create(b, type, memref, at, mask(size, count),
                                        zero(type));
  }

  /// scf.for with a body that returns the next values.
  Blocks loop(Value begin, Value end, ValueRange init,
              function_ref<Blocks(Value, ValueRange)> body, int64_t step = 1) {
    auto build = [&](OpBuilder &nested, Location, Value i, ValueRange values) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToEnd(nested.getInsertionBlock());
      Blocks next = body(i, values);
      scf::YieldOp::create(b, next);
    };
    return Blocks(scf::ForOp::create(b, begin, end, index(step), init, build)
                      .getResults());
  }

  /// The sum of the token's activations in columns begin .. end-1, in i32.
  Value activationSum(Value begin, Value end) {
    constexpr int64_t kChunk = 64;
    auto wide = VectorType::get(kChunk, b.getI32Type());
    Value start = zero(b.getI32Type());
    return loop(
        begin, end, start,
        [&](Value k, ValueRange sum) -> Blocks {
          Value x = maskedLoad(input, at(k), kChunk, sub(end, k));
          x = arith::ExtSIOp::create(b, wide, x);
          return {vector::ReductionOp::create(b, vector::CombiningKind::ADD, x,
                                              sum[0])};
        },
        kChunk)[0];
  }

  /// The vectors of all components, added up: f32, or i32 for an i32 result.
  Blocks total(Value sum) {
    Blocks result;
    for (auto [c, weight] : llvm::enumerate(op.getWeights())) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[c];
      Blocks part = isGrouped(scale) ? groupedComponent(weight, scale)
                                     : component(weight, scale, sum);
      result = result.empty() ? part : addBlocks(result, part);
    }
    return result;
  }

  Blocks addBlocks(ValueRange x, ValueRange y) {
    Blocks result;
    for (auto [xi, yi] : llvm::zip_equal(x, y))
      result.push_back(integerResult ? Value(arith::AddIOp::create(b, xi, yi))
                                     : Value(arith::AddFOp::create(b, xi, yi)));
    return result;
  }

  Blocks component(Value weight, Value scale, Value sum) {
    Blocks dots = dotRange(weight, index(0), columns, sum);
    if (integerResult)
      return dots;
    for (auto [block, dot] : llvm::enumerate(dots)) {
      dot = toF32(dot);
      if (!scale)
        continue;
      Value s = rankOf(scale) == 0 ? broadcast(memref::LoadOp::create(b, scale))
                                   : rowVector(scale, block);
      dot = arith::MulFOp::create(b, dot, s);
    }
    return dots;
  }

  Blocks groupedComponent(Value weight, Value scale) {
    int64_t size = *op.getGroupSize();
    Blocks zeros(panel.blocks, zero(lanes(b.getF32Type())));
    return loop(
        index(0), dim(scale, 1), zeros, [&](Value group, ValueRange totals) {
          Value begin = mul(group, size);
          Value end = arith::MinUIOp::create(b, add(begin, size), columns);
          Value sum = quantized ? activationSum(begin, end) : Value();
          Blocks parts = dotRange(weight, begin, end, sum);
          for (auto [block, part] : llvm::enumerate(parts))
            part = arith::MulFOp::create(b, toF32(part),
                                         groupScale(scale, block, group));
          return addBlocks(totals, parts);
        });
  }

  Value toF32(Value vector) {
    if (elementOf(vector).isF32())
      return vector;
    return arith::SIToFPOp::create(b, lanes(b.getF32Type()), vector);
  }

  Value rowOf(int64_t block) { return add(firstRow, block * panel.lanes); }

  /// `memref[n ..]` of a block, 0 behind the last row.
  Value rowVector(Value memref, int64_t block) {
    Value n = rowOf(block);
    return maskedLoad(memref, n, panel.lanes, sub(rows, n));
  }

  /// `scale[n .., group]`: one load per lane, the last row for lanes behind it.
  Value groupScale(Value scale, int64_t block, Value group) {
    Value result = zero(lanes(b.getF32Type()));
    Value last = sub(rows, index(1));
    for (int64_t lane = 0; lane < panel.lanes; ++lane) {
      Value n = arith::MinUIOp::create(b, add(rowOf(block), lane), last);
      Value s = memref::LoadOp::create(b, scale, ValueRange{n, group});
      result = vector::InsertOp::create(b, s, result, lane);
    }
    return result;
  }

  /// Dot products of columns begin .. end-1, `begin` at a block of columns:
  /// i32 for int8 activations, else f32.
  Blocks dotRange(Value weight, Value begin, Value end, Value sum) {
    int64_t width = panel.columns();
    Type acc = quantized ? lanes(b.getI32Type())
                         : VectorType::get(panel.blockBytes(), b.getF32Type());
    Blocks accs(panel.blocks * (quantized ? panel.digits : 1), zero(acc));
    Value first = floorDiv(begin, width), full = floorDiv(end, width);
    Value last = floorDiv(add(end, width - 1), width);
    accs = loop(first, full, accs, [&](Value kb, ValueRange values) {
      return step(weight, kb, Value(), values);
    });
    accs = loop(full, last, accs, [&](Value kb, ValueRange values) {
      return step(weight, kb, end, values);
    });
    return quantized ? finish(accs, sum) : reduce(accs);
  }

  /// One block of columns; `end` is given for a block that is not full.
  Blocks step(Value weight, Value kb, Value end, ValueRange accs) {
    Blocks activations, next;
    for (int64_t i = 0; i < panel.digits; ++i) {
      Value k = add(mul(kb, panel.columns()), 4 * i);
      auto type = VectorType::get(4, elementOf(input));
      Value x = end ? maskedLoad(input, at(k), 4, sub(end, k))
                    : Value(vector::LoadOp::create(b, type, input, at(k)));
      activations.push_back(repeat(x));
    }
    auto bytesType = VectorType::get(panel.blockBytes(), b.getI8Type());
    for (int64_t block = 0; block < panel.blocks; ++block) {
      Value bytes = vector::LoadOp::create(
          b, bytesType, weight,
          ValueRange{panelIndex, kb, index(block), index(0)});
      if (!quantized) {
        next.push_back(accumulate(bytes, activations, accs[block]));
        continue;
      }
      ValueRange own = accs.slice(block * panel.digits, panel.digits);
      auto dot = DotOp::create(b, TypeRange(own), bytes, activations, own,
                               panel.radix);
      llvm::append_range(next, dot.getResults());
    }
    return next;
  }

  /// Four activations, repeated for every lane; floats become f32.
  Value repeat(Value x) {
    if (quantized) {
      Value word =
          vector::BitCastOp::create(b, VectorType::get(1, b.getI32Type()), x);
      word = broadcast(vector::ExtractOp::create(b, word, 0));
      return vector::BitCastOp::create(
          b, VectorType::get(panel.blockBytes(), b.getI8Type()), word);
    }
    if (!elementOf(x).isF32())
      x = arith::ExtFOp::create(b, VectorType::get(4, b.getF32Type()), x);
    SmallVector<int64_t> pattern;
    for (int64_t i = 0; i < panel.blockBytes(); ++i)
      pattern.push_back(i % 4);
    return vector::ShuffleOp::create(b, x, x, pattern);
  }

  /// Float activations: acc[4 l + j] += trit_i * x_i[j] for all digits i.
  Value accumulate(Value bytes, ValueRange activations, Value acc) {
    for (auto [i, x] : llvm::enumerate(activations)) {
      Value trit = DecodeOp::create(b, bytes, panel.radix, i, /*offset=*/1);
      trit = arith::SIToFPOp::create(b, acc.getType(), trit);
      acc = vector::FMAOp::create(b, trit, x, acc);
    }
    return acc;
  }

  Blocks finish(ValueRange accs, Value sum) {
    Blocks result;
    Value sums = broadcast(sum);
    for (int64_t block = 0; block < panel.blocks; ++block)
      result.push_back(DotFinishOp::create(
          b, sums.getType(), accs.slice(block * panel.digits, panel.digits),
          sums, panel.radix, /*offset=*/1));
    return result;
  }

  /// The sum of each four neighbours.
  Blocks reduce(ValueRange accs) {
    Blocks result;
    for (Value value : accs)
      result.push_back(sumOfFour(b, value));
    return result;
  }

  /// Activation scale, bias, rounding, store.
  void store(Blocks totals) {
    Value scale;
    if (!integerResult && op.getActivationScale())
      scale =
          broadcast(memref::LoadOp::create(b, op.getActivationScale(), token));
    for (auto [block, y] : llvm::enumerate(totals)) {
      if (scale)
        y = arith::MulFOp::create(b, y, scale);
      if (op.getBias())
        y = arith::AddFOp::create(b, y, biasVector(block));
      if (elementOf(y) != elementOf(out))
        y = arith::TruncFOp::create(b, lanes(elementOf(out)), y);
      Value n = rowOf(block);
      vector::MaskedStoreOp::create(b, out, at(n),
                                    mask(panel.lanes, sub(rows, n)), y);
    }
  }

  Value biasVector(int64_t block) {
    Value bias = rowVector(op.getBias(), block);
    Type f32 = lanes(b.getF32Type());
    if (bias.getType() == f32)
      return bias;
    if (elementOf(bias).isInteger(32))
      return arith::SIToFPOp::create(b, f32, bias);
    return arith::ExtFOp::create(b, f32, bias);
  }

  ImplicitLocOpBuilder &b;
  BitLinearOp op;
  PanelShape panel;
  Value input, out;
  bool quantized, integerResult;
  // Extents, and the place that is being computed.
  Value columns, rows, firstRow, panelIndex;
  SmallVector<Value> token;
};

} // namespace

void ternary::buildPanelKernel(ImplicitLocOpBuilder &builder, BitLinearOp op,
                               const PanelShape &panel) {
  PanelKernel(builder, op, panel).run();
}
