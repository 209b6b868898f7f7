//===- BitLinear.cpp - The kernels of bitlinear ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "../KernelRemark.h"
#include "Gemm.h"
#include "GroupScales.h"
#include "Kernel.h"
#include "Kernels.h"
#include "Weights.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

/// f32 products with weights in rows or panels, by blocks of rows:
///
///   for each 64 rows, on all threads
///     decode them, if they are in rows
///     for each 384 tokens
///       for each component
///         for each 128 columns or less, inside of a group: a tile, the
///           activations as f32 if they are not, products
///         scale, add
///       activation scale, bias, round, store
class FloatGemm {
public:
  FloatGemm(KernelBuilder &b, BitLinearOp op, Value input, Value out)
      : b(b), op(op), shape(getGemmShape(op)),
        panel(getPanelShape(op.getPackingAttr())), input(input), out(out),
        numTokens(b.dim(input, 0)), numRows(b.dim(out, 1)),
        numColumns(b.dim(input, 1)) {
    // A tile begins at a block of columns of the panel.
    if (panel)
      tileColumns -= tileColumns % panel->columns();
  }

  /// Whether blocks of rows are whole panels.
  static bool takes(const PanelShape &panel) {
    return panel.lanes == kBlock && kRows % panel.rows() == 0;
  }

  void run() {
    SmallVector<Weight> weights;
    if (!panel)
      for (Value weight : op.getWeights())
        weights.emplace_back(b, weight, op.getPackingAttr(), numColumns);
    b.parallel(numRows, kRows, [&](Value row) {
      firstRow = row;
      rows = b.min(b.sub(numRows, row), b.index(kRows));
      total = tileBuffer(b, kTokens, kRows);
      tile = tileBuffer(b, kColumns, kRows);
      Values buffers{total, tile};
      if (op.getWeights().size() > 1)
        buffers.push_back(part = tileBuffer(b, kTokens, kRows));
      if (hasLongGroups())
        buffers.push_back(groupSums = tileBuffer(b, kTokens, kRows));
      if (!elementOf(input).isF32())
        buffers.push_back(floats = tileBuffer(b, kTokens, kColumns));
      SmallVector<Rows> trits;
      if (panel)
        for (Value weight : op.getWeights())
          trits.push_back({weight, {}, {}});
      for (Weight &weight : weights) {
        Value buffer = weight.scratch(rows, numColumns);
        trits.push_back(weight.decode(firstRow, rows, buffer));
        if (buffer)
          buffers.push_back(buffer);
      }
      b.loop(b.index(0), numTokens, kTokens,
             [&](Value first) { forTokens(first, trits); });
      for (Value buffer : buffers)
        b.free(buffer);
    });
  }

private:
  static constexpr int64_t kRows = 64;
  static constexpr int64_t kTokens = 384;
  /// The lanes of what is transposed.
  static constexpr int64_t kBlock = 16;
  static constexpr int64_t kColumns = 128;

  void forTokens(Value first, ArrayRef<Rows> trits) {
    token = first;
    tokens = b.min(b.sub(numTokens, token), b.index(kTokens));
    if (trits.empty())
      clear(total);
    for (auto [c, component] : llvm::enumerate(trits)) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[c];
      Value sums = c == 0 ? total : part;
      clear(sums);
      if (isGrouped(scale)) {
        addGroups(component, scale, sums);
      } else {
        addColumns(component, sums, b.index(0), numColumns, nullptr);
        scaleSums(sums, scale);
      }
      if (c > 0)
        addTo(total, part, nullptr);
    }
    storeTotal();
  }

  void clear(Value sums) {
    clearTile(b, sums, b.alignTo(tokens, shape.rows), kRows);
  }

  /// sums += each group's sum, scaled.
  void addGroups(const Rows &trits, Value scale, Value sums) {
    Value size = b.index(*op.getGroupSize());
    // The scales of a group's rows side by side.
    Value scales = b.scratch(b.getF32Type(), {b.index(kRows)});
    b.loop(b.index(0), b.dim(scale, 1), 1, [&](Value group) {
      gatherScales(b, scale, group, firstRow, numRows, kRows, scales);
      Value begin = b.mul(group, size);
      // The difference cannot overflow, as the sum of huge sizes can.
      Value end = b.add(begin, b.min(b.sub(numColumns, begin), size));
      auto factor = [&](Value j) { return b.load(scales, {j}, shape.lanes); };
      if (!hasLongGroups())
        return addColumns(trits, sums, begin, end, factor);
      clear(groupSums);
      addColumns(trits, groupSums, begin, end, nullptr);
      addTo(sums, groupSums, factor);
    });
    b.free(scales);
  }

  /// Whether a group takes several tiles, and so a buffer for its sums.
  bool hasLongGroups() {
    return int64_t(op.getGroupSize().value_or(0)) > tileColumns;
  }

  /// sums += products of columns begin .. end-1; with a factor they are at most
  /// a tile, and scaled before they are added.
  void addColumns(const Rows &trits, Value sums, Value begin, Value end,
                  function_ref<Value(Value)> factor) {
    b.loop(begin, end, tileColumns, [&](Value column) {
      Value count = b.min(b.sub(end, column), b.index(tileColumns));
      if (panel)
        fillFromPanels(trits.memref, column, count);
      else
        fillFromRows(trits, column, count);
      buildTileProduct(b, shape,
                       {sums, tile, input, token, tokens, column, count,
                        b.index(kRows), floats, nullptr, factor});
    });
  }

  /// tile[k, n] = trit of row n and column `column + k`, for k below `count`.
  void fillFromRows(const Rows &trits, Value column, Value count) {
    Value lastRow = b.sub(rows, b.index(1));
    b.loop(b.index(0), b.index(kRows), kBlock, [&](Value row) {
      b.loop(b.index(0), count, kBlock, [&](Value k) {
        Value at = b.add(column, k), rest = b.sub(numColumns, at);
        Values block;
        for (int64_t i = 0; i < kBlock; ++i) {
          Value n = b.min(b.add(row, i), lastRow);
          Value trit = b.load(trits.memref, trits.at(b, n, at), kBlock, rest);
          block.push_back(b.cast(trit, b.getF32Type()));
        }
        for (auto [i, values] : llvm::enumerate(transpose(b, block)))
          b.store(values, tile, {b.add(k, i), row});
      });
    });
  }

  /// The same from panels, whose bytes hold four neighbouring columns of a row.
  void fillFromPanels(Value weight, Value column, Value count) {
    Value firstBlock = b.floorDiv(column, panel->columns());
    Value firstPanel = b.floorDiv(firstRow, panel->rows());
    Value lastPanel = b.sub(b.dim(weight, 0), b.index(1));
    Value numBlocks = b.ceilDiv(count, panel->columns());
    b.loop(b.index(0), numBlocks, 1, [&](Value kb) {
      Value k = b.mul(kb, panel->columns());
      for (int64_t row = 0; row < kRows; row += panel->rows()) {
        Value p = b.min(b.add(firstPanel, row / panel->rows()), lastPanel);
        for (int64_t v = 0; v < panel->vectors(); ++v) {
          Value bytes =
              b.load(weight, {p, b.add(firstBlock, kb), b.index(v), b.index(0)},
                     panel->vectorBytes());
          storeColumns(bytes, v, k, row);
        }
      }
    });
  }

  /// The trits of a vector of the panel that begins at row `row` of the tile.
  void storeColumns(Value bytes, int64_t vector, Value k, int64_t row) {
    for (int64_t digit = 0; digit < panel->digits(); ++digit) {
      auto [block, word] = panel->at(vector, digit);
      Value trits =
          DecodeOp::create(b, bytes, panel->radix, digit, /*offset=*/1);
      for (int64_t j = 0; j < 4; ++j) {
        SmallVector<int64_t> lanes;
        for (int64_t l = 0; l < kBlock; ++l)
          lanes.push_back(4 * l + j);
        Value values = b.cast(b.shuffle(trits, lanes), b.getF32Type());
        b.store(values, tile,
                {b.add(k, 4 * word + j), b.index(row + block * kBlock)});
      }
    }
  }

  /// Calls `body` with the index of each vector of sums.
  void forEachSum(function_ref<void(ArrayRef<Value>)> body) {
    b.loop(b.index(0), tokens, 1, [&](Value m) {
      b.loop(b.index(0), b.index(kRows), shape.lanes,
             [&](Value j) { body({m, j}); });
    });
  }

  /// sums *= a scale of rank 0 or [N], if there is one.
  void scaleSums(Value sums, Value scale) {
    if (!scale)
      return;
    bool perRow = rankOf(scale) == 1;
    Value one = perRow ? Value() : toScale(b, b.load(scale, {}));
    forEachSum([&](ArrayRef<Value> at) {
      Value factor = perRow
                         ? toScale(b, b.load(scale, {b.add(firstRow, at[1])},
                                             shape.lanes, b.sub(rows, at[1])))
                         : b.broadcast(one, shape.lanes);
      b.store(b.mulf(b.load(sums, at, shape.lanes), factor), sums, at);
    });
  }

  /// sums += others, times a factor if there is one.
  void addTo(Value sums, Value others, function_ref<Value(Value)> factor) {
    forEachSum([&](ArrayRef<Value> at) {
      Value value = b.load(others, at, shape.lanes);
      if (factor)
        value = b.mulf(value, factor(at[1]));
      b.store(b.addf(b.load(sums, at, shape.lanes), value), sums, at);
    });
  }

  void storeTotal() {
    b.loop(b.index(0), tokens, 1, [&](Value m) {
      Value t = b.add(token, m);
      Value factor = loadActivationScale(b, op, t, shape.lanes);
      b.chunks(b.index(0), rows, shape.lanes, [&](Value j, Value count) {
        Value y = b.load(total, {m, j}, shape.lanes), n = b.add(firstRow, j);
        storeOutput(b, op, y, factor, out, t, n, count);
      });
    });
  }

  KernelBuilder &b;
  BitLinearOp op;
  GemmShape shape;
  std::optional<PanelShape> panel;
  /// Columns of a tile.
  int64_t tileColumns = kColumns;
  Value input, out;
  Value numTokens, numRows, numColumns;
  // The block that is being computed, and its buffers.
  Value firstRow, rows, token, tokens;
  Value total, part, groupSums, tile, floats;
};

/// Whether sums in f32 are those that the op asks for: always for float
/// activations; for bytes if no sum leaves the 24 bits of a float.
bool sumsAreExact(BitLinearOp op) {
  if (!elementOf(op.getInput()).isInteger(8))
    return true;
  // 128 times what a code may read as (-2 at least), or times any byte.
  int64_t most = op.getPackingAttr() ? 128 * 2 : 128 * 128;
  most *= std::max<int64_t>(op.getWeights().size(), 1);
  int64_t columns = cast<ShapedType>(op.getInput().getType()).getShape().back();
  return !ShapedType::isDynamic(columns) && columns <= (1 << 24) / most;
}

} // namespace

/// The kernels that buildPanels chooses between, of which static shapes leave
/// one.
static StringRef describePanelKernel(BitLinearOp op, const PanelShape &panel,
                                     Value input) {
  bool quantized = elementOf(input).isInteger(8);
  int64_t tokens = cast<MemRefType>(input.getType()).getDimSize(0);
  if (ShapedType::isDynamic(tokens))
    return "GEMV or GEMM of panels";
  if (tokens == 1)
    return !quantized && isForTables(op, panel) ? "GEMV of panels by tables"
                                                : "GEMV of panels";
  if (!quantized)
    return "float GEMM of panels";
  return !panel.digitsAreRows && isForTokenTiles(op, input)
             ? "tiles of tokens of panels"
             : "GEMM of panels";
}

static void remarkVectorKernel(BitLinearOp op, StringRef kernel) {
  remarkKernel(op, "convert-ternary-to-vector", kernel);
}

/// Loops around `dot` for int8 activations.
LogicalResult ternary::buildPanels(KernelBuilder &b, BitLinearOp op) {
  std::optional<PanelShape> panel = getPanelShape(op.getPackingAttr());
  if (!panel || op.getWeights().empty() || op.getRoundOperands())
    return failure();
  // Vectors are loaded along the innermost dimension.
  if (!llvm::all_of(op->getOperands(), isContiguousInRows))
    return failure();
  Value input = op.getInput(), out = op.getInits()[0];
  bool quantized = elementOf(input).isInteger(8);
  // Groups that end inside of a block are known to the kernel of one token.
  bool wholeBlocks =
      !op.getGroupSize() || *op.getGroupSize() % panel->columns() == 0;
  if (!isMatrix(input) || !isMatrix(out) || !wholeBlocks ||
      (!quantized && !FloatGemm::takes(*panel))) {
    remarkVectorKernel(op, "dot products of panels");
    buildPanelKernel(b, op, *panel);
    return success();
  }
  // One token reads each byte once: nothing pays for taking it apart.
  Value matrix = asMatrix(b, input), result = asMatrix(b, out);
  remarkVectorKernel(op, describePanelKernel(op, *panel, matrix));
  Value one = b.compare(arith::CmpIPredicate::eq, b.dim(matrix, 0), b.index(1));
  auto forMany = [&] {
    if (quantized && !panel->digitsAreRows && isForTokenTiles(op, matrix))
      buildTokenTiles(b, op, *panel, matrix, result);
    else if (quantized)
      buildPanelGemm(b, op, *panel, matrix, result);
    else
      FloatGemm(b, op, matrix, result).run();
  };
  auto forOne = [&] {
    if (!quantized && isForTables(op, *panel))
      buildFloatToken(b, op, *panel, matrix, result);
    else
      buildPanelKernel(b, op, *panel);
  };
  b.ifElse(one, forOne, forMany);
  return success();
}

static LogicalResult buildRows(KernelBuilder &b, BitLinearOp op) {
  Value input = op.getInput(), out = op.getInits()[0];
  auto isReadable = [&](Value weight) {
    return Weight::isReadable(weight, op.getPackingAttr());
  };
  if (!isMatrix(input) || !isMatrix(out) || op.getRoundOperands() ||
      !llvm::all_of(op.getWeights(), isReadable) ||
      !llvm::all_of(op->getOperands(), isContiguousInRows) || !sumsAreExact(op))
    return failure();
  remarkVectorKernel(op, "float GEMM of rows");
  FloatGemm(b, op, asMatrix(b, input), asMatrix(b, out)).run();
  return success();
}

void ternary::populateBitLinearKernels(RewritePatternSet &patterns) {
  for (KernelFn<BitLinearOp> build : {buildPanels, buildRowBlocks, buildRows})
    patterns.add<LowerToKernel<BitLinearOp>>(patterns.getContext(), build);
}
