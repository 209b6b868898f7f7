//===- Gemm.cpp - The f32 products of training ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Signs of gradient and activations, for a block of rows of signs:
//
//   for each panel of 64 columns
//     for each 128 tokens (the panel's part fits the first cache)
//       for each block of registers: fused multiply-adds, token by token
//     signs of the panel's sums
//
//===----------------------------------------------------------------------===//

#include "Gemm.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

static StringRef getISA(Operation *op) {
  TargetAttr target = getTarget(op);
  return target ? target.getIsa() : "";
}

GemmShape ternary::getGemmShape(Operation *op) {
  // 24 of 32 registers, or 12 of 16, are sums.
  if (getISA(op).starts_with("avx512"))
    return {/*rows=*/6, /*columns=*/64, /*lanes=*/16};
  return {/*rows=*/6, /*columns=*/16, /*lanes=*/8};
}

bool ternary::hasFewRegisters(Operation *op) {
  StringRef isa = getISA(op);
  return !isa.empty() && !isa.starts_with("avx512");
}

bool ternary::hasTiles(Operation *op) { return getISA(op) == "avx512amx"; }

int64_t ternary::getNumDotSums(Operation *op) {
  if (getGemmShape(op).lanes == 16)
    return 24;
  // vpmaddubsw needs registers for its pairs and for ones.
  return getISA(op) == "avx2" ? 5 : 6;
}

void ternary::buildGemmBlock(KernelBuilder &b, const GemmShape &shape,
                             const GemmBlock &block) {
  int64_t vectors = shape.columns / shape.lanes;
  auto at = [&](int64_t i, int64_t j) {
    return Values{b.add(block.row, i), b.add(block.column, j * shape.lanes)};
  };
  auto load = [&](int64_t i, int64_t j) {
    return b.load(block.c, at(i, j), shape.lanes);
  };
  Value zero = b.zero(VectorType::get(shape.lanes, b.getF32Type()));
  Values sums;
  for (int64_t i = 0; i < shape.rows; ++i)
    for (int64_t j = 0; j < vectors; ++j)
      sums.push_back(block.scale ? zero : load(i, j));
  auto body = [&](Value r, ValueRange old) {
    Values right, next;
    for (int64_t j = 0; j < vectors; ++j)
      right.push_back(block.right(r, j * shape.lanes));
    for (int64_t i = 0; i < shape.rows; ++i) {
      Value left = b.broadcast(block.left(i, r), shape.lanes);
      for (int64_t j = 0; j < vectors; ++j)
        next.push_back(
            math::FmaOp::create(b, left, right[j], old[i * vectors + j]));
    }
    return next;
  };
  sums = b.loop(b.index(0), block.count, 1, sums, body);
  for (int64_t j = 0; j < vectors; ++j) {
    Value scale = block.scale ? block.scale(j * shape.lanes) : Value();
    for (int64_t i = 0; i < shape.rows; ++i) {
      Value sum = sums[i * vectors + j];
      if (scale)
        sum = b.addf(load(i, j), b.mulf(sum, scale));
      b.store(sum, block.c, at(i, j));
    }
  }
}

/// The product with what it multiplies in its buffer of floats.
static TileProduct toFloats(KernelBuilder &b, TileProduct p) {
  constexpr int64_t kLanes = 64;
  b.loop(b.index(0), p.tokens, 1, [&](Value m) {
    b.chunks(b.index(0), p.count, kLanes, [&](Value k, Value rest) {
      Values at{b.add(p.token, m), b.add(p.first, k)};
      Value x = b.cast(b.load(p.matrix, at, kLanes, rest), b.getF32Type());
      b.store(p.convert ? p.convert(x) : x, p.floats, {m, k}, rest);
    });
  });
  p.matrix = p.floats;
  p.token = p.first = b.index(0);
  return p;
}

void ternary::buildTileProduct(KernelBuilder &b, const GemmShape &shape,
                               const TileProduct &product) {
  TileProduct p = product.floats ? toFloats(b, product) : product;
  Value lastToken = b.sub(b.dim(p.matrix, 0), b.index(1));
  b.loop(b.index(0), p.width, shape.columns, [&](Value column) {
    b.loop(b.index(0), p.tokens, shape.rows, [&](Value m) {
      // Sums of tokens behind the last one are those of the last one.
      Values rows;
      for (int64_t i = 0; i < shape.rows; ++i)
        rows.push_back(b.min(b.add(b.add(p.token, m), i), lastToken));
      auto left = [&](int64_t i, Value r) {
        return b.load(p.matrix, {rows[i], b.add(p.first, r)});
      };
      auto right = [&](Value r, int64_t j) {
        return b.load(p.tile, {r, b.add(column, j)}, shape.lanes);
      };
      auto scale = [&](int64_t j) { return p.scale(b.add(column, j)); };
      GemmBlock block{p.sums, m, column, p.count, left, right};
      if (p.scale)
        block.scale = scale;
      buildGemmBlock(b, shape, block);
    });
  });
}

Value ternary::tileBuffer(KernelBuilder &b, int64_t rows, int64_t columns) {
  return b.scratch(b.getF32Type(), {b.index(rows), b.index(columns + 16)});
}

void ternary::clearTile(KernelBuilder &b, Value buffer, Value rows,
                        int64_t columns) {
  Value zero = b.zero(VectorType::get(64, b.getF32Type()));
  assert(columns % 64 == 0 && "whole vectors");
  b.loop(b.index(0), rows, 1, [&](Value row) {
    b.loop(b.index(0), b.index(columns), 64,
           [&](Value k) { b.store(zero, buffer, {row, k}); });
  });
}

//===----------------------------------------------------------------------===//
// GradSigns
//===----------------------------------------------------------------------===//

GradSigns::GradSigns(KernelBuilder &b, Operation *op, Value grad, Value input)
    : b(b), shape(getGemmShape(op)), grad(grad), numTokens(b.dim(grad, 0)),
      numRows(b.dim(grad, 1)), numColumns(b.dim(input, 1)) {
  packInput(input);
}

void GradSigns::finish() { b.free(panels); }

void GradSigns::packInput(Value input) {
  Value numPanels = b.ceilDiv(numColumns, kColumns);
  panels = b.scratch(b.getF32Type(), {numPanels, numTokens, b.index(kColumns)});
  b.parallel(numPanels, 1, [&](Value p) {
    Value k = b.mul(p, kColumns), count = b.sub(numColumns, k);
    b.loop(b.index(0), numTokens, 1, [&](Value m) {
      Value x = b.load(input, {m, k}, kColumns, count);
      b.store(x, panels, {p, m, b.index(0)});
    });
  });
}

/// The gradients of some rows as [kRows/6][M][6], 0 behind the last row.
Value GradSigns::packGrad(Value first, Value rows) {
  Value blocks = b.ceilDiv(rows, shape.rows);
  Value packed =
      b.scratch(b.getF32Type(), {blocks, numTokens, b.index(shape.rows)});
  b.loop(b.index(0), numTokens, 1, [&](Value m) {
    b.loop(b.index(0), blocks, 1, [&](Value i) {
      Value row = b.mul(i, shape.rows);
      Value g =
          b.load(grad, {m, b.add(first, row)}, shape.rows, b.sub(rows, row));
      b.store(g, packed, {i, m, b.index(0)});
    });
  });
  return packed;
}

/// sums[rows, 64] = grads^T * the panel.
void GradSigns::multiply(Value panel, Value grads, Value sums, Value rows) {
  Value zero = b.zero(VectorType::get(kColumns, b.getF32Type()));
  b.loop(b.index(0), b.alignTo(rows, shape.rows), 1,
         [&](Value i) { b.store(zero, sums, {i, b.index(0)}); });
  b.loop(b.index(0), numTokens, kTokens, [&](Value token) {
    Value count = b.min(b.sub(numTokens, token), b.index(kTokens));
    b.loop(b.index(0), rows, shape.rows, [&](Value row) {
      b.loop(b.index(0), b.index(kColumns), shape.columns, [&](Value column) {
        Value block = b.floorDiv(row, shape.rows);
        auto left = [&](int64_t i, Value r) {
          return b.load(grads, {block, b.add(token, r), b.index(i)});
        };
        auto right = [&](Value r, int64_t j) {
          return b.load(panels, {panel, b.add(token, r), b.add(column, j)},
                        shape.lanes);
        };
        buildGemmBlock(b, shape, {sums, row, column, count, left, right});
      });
    });
  });
}

void GradSigns::compute(Value first, Value rows,
                        function_ref<void(Value, Value, Value)> store) {
  Value grads = packGrad(first, rows);
  Value sums = b.scratch(b.getF32Type(), {b.index(kRows), b.index(kColumns)});
  Value numPanels = b.ceilDiv(numColumns, kColumns);
  b.loop(b.index(0), numPanels, 1, [&](Value panel) {
    multiply(panel, grads, sums, rows);
    Value k = b.mul(panel, kColumns);
    b.loop(b.index(0), rows, 1, [&](Value row) {
      Value sum = b.load(sums, {row, b.index(0)}, kColumns);
      store(b.signOf(sum), row, k);
    });
  });
  b.free(sums);
  b.free(grads);
}
