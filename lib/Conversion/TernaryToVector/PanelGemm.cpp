//===- PanelGemm.cpp - Products of many tokens with panels ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A panel's digits are taken apart once for all tokens, into a buffer of bytes
// in the first cache; what is left is one dot per token and block of rows:
//
//   for each 384 tokens
//     for each panel of rows
//       for each component and segment (all columns, or a group)
//         for each part of at most 512 columns
//           digits of the part
//           products with all tokens: see TokenProduct
//         finish, scale, add
//       groups of a further component: add their sum
//       activation scale, bias, store
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "TokenProduct.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

class PanelGemm {
public:
  PanelGemm(KernelBuilder &b, BitLinearOp op, const PanelShape &panel,
            Value input, Value out)
      : b(b), op(op), panel(panel), input(input), out(out),
        integerResult(elementOf(out).isInteger(32)),
        totalType(integerResult ? Type(b.getI32Type()) : b.getF32Type()),
        numTokens(b.dim(input, 0)), numColumns(b.dim(input, 1)),
        numRows(b.dim(out, 1)),
        product(createTokenProduct(b, op, panel, input)) {}

  void run() {
    Value rows = b.index(panel.rows()), tokensHere = b.index(product->tokens());
    digits = b.scratch(b.getI8Type(), {b.index(product->columns() / 4),
                                       b.index(4 * panel.rows())});
    sums = b.scratch(b.getI32Type(), {tokensHere, rows});
    if (!isOneSegment())
      total = b.scratch(totalType, {tokensHere, rows});
    if (hasFurtherGroups())
      part = b.scratch(totalType, {tokensHere, rows});
    scales = b.scratch(b.getF32Type(), {rows});
    // Groups sum their own activations; all other components share one sum.
    if (!op.getScales().empty() && llvm::any_of(op.getScales(), isGrouped))
      groupOffsets = b.scratch(b.getI32Type(), {tokensHere});
    bool shared =
        op.getScales().empty() || !llvm::all_of(op.getScales(), isGrouped);
    if (shared)
      rowOffsets = b.scratch(b.getI32Type(), {tokensHere});
    product->setUp(digits, sums);
    b.loop(b.index(0), numTokens, product->tokens(), [&](Value first) {
      token = first;
      tokens = b.min(b.sub(numTokens, token), tokensHere);
      product->begin(token, tokens);
      if (shared)
        sumTokens(rowOffsets, b.index(0), numColumns);
      b.loop(b.index(0), b.dim(op.getWeights()[0], 0), 1, [&](Value p) {
        panelIndex = p;
        firstRow = b.mul(p, panel.rows());
        forPanel();
      });
    });
    product->tearDown();
    for (Value buffer :
         {digits, sums, total, part, groupOffsets, scales, rowOffsets})
      if (buffer)
        b.free(buffer);
  }

private:
  /// Takes the products of token m with rows `j ..` of the panel.
  using Put = function_ref<void(Value m, Value j, Value y)>;

  void forPanel() {
    for (auto [c, weight] : llvm::enumerate(op.getWeights())) {
      Value scale = op.getScales().empty() ? Value() : op.getScales()[c];
      bool isFirst = c == 0;
      if (!isGrouped(scale)) {
        auto put = [&](Value m, Value j, Value y) {
          if (isFirst)
            b.store(y, total, {m, j});
          else
            addTo(total, m, j, y);
        };
        segment(weight, scale, Value(), b.index(0), numColumns, rowOffsets,
                put);
        continue;
      }
      // Components are added, not the groups of one to those before.
      sumGroups(weight, scale, isFirst ? total : part);
      if (!isFirst)
        addPart();
    }
    if (!isOneSegment())
      storeTotal();
  }

  /// into = the sum of a component's groups.
  void sumGroups(Value weight, Value scale, Value into) {
    clear(into);
    Value size = b.index(*op.getGroupSize());
    b.loop(b.index(0), b.dim(scale, 1), 1, [&](Value group) {
      Value begin = b.mul(group, size);
      // The difference cannot overflow, as the sum of huge sizes can.
      Value end = b.add(begin, b.min(b.sub(numColumns, begin), size));
      sumTokens(groupOffsets, begin, end);
      segment(weight, scale, group, begin, end, groupOffsets,
              [&](Value m, Value j, Value y) { addTo(into, m, j, y); });
    });
  }

  /// Whether a component behind the first one has groups.
  bool hasFurtherGroups() {
    return !op.getScales().empty() &&
           llvm::any_of(op.getScales().drop_front(), isGrouped);
  }

  /// Whether the sums of one segment are the result, and need no total.
  bool isOneSegment() {
    return op.getWeights().size() == 1 &&
           (op.getScales().empty() || !isGrouped(op.getScales()[0]));
  }

  bool hasWholePanels() {
    int64_t rows = cast<ShapedType>(out.getType()).getShape()[1];
    return !ShapedType::isDynamic(rows) && rows % panel.rows() == 0;
  }

  VectorType lanes(Type type) { return VectorType::get(panel.lanes, type); }

  /// Calls `body` for each block of rows of a token, with its first row.
  void forEachBlock(function_ref<void(Value)> body) {
    for (int64_t block = 0; block < panel.blocks; ++block)
      body(b.index(block * panel.lanes));
  }

  void forEachToken(function_ref<void(Value)> body) {
    b.loop(b.index(0), tokens, 1, body);
  }

  void clear(Value buffer) {
    Value zero = b.zero(lanes(elementOf(buffer)));
    forEachToken([&](Value m) {
      forEachBlock([&](Value j) { b.store(zero, buffer, {m, j}); });
    });
  }

  /// scale * the products of columns begin .. end-1, which are the result or
  /// which `put` takes; `offsets` has each token's sum of these columns.
  void segment(Value weight, Value scale, Value group, Value begin, Value end,
               Value offsets, Put put) {
    if (scale)
      gatherScales(b, scale, group, firstRow, numRows, panel.rows(), scales);
    clear(sums);
    b.loop(begin, end, product->columns(), [&](Value column) {
      Value count = b.min(b.sub(end, column), b.index(product->columns()));
      takeApart(weight, column, count);
      product->multiply(column, count);
    });
    forEachToken([&](Value m) {
      Value offset = b.broadcast(b.load(offsets, {m}), panel.lanes);
      Value factor = isOneSegment() ? activationScale(m) : Value();
      forEachBlock([&](Value j) {
        Value y = finish(m, j, offset, scale);
        if (isOneSegment())
          storeRows(m, j, y, factor);
        else
          put(m, j, y);
      });
    });
  }

  /// into[m] = the sum of token m's activations in columns begin .. end-1.
  void sumTokens(Value into, Value begin, Value end) {
    forEachToken([&](Value m) {
      Value sum = sumActivations(b, input, b.add(token, m), begin, end);
      b.store(sum, into, {m});
    });
  }

  /// digits[k / 4, row] = four codes of a row, from `column` on.
  void takeApart(Value weight, Value column, Value count) {
    Value firstBlock = b.floorDiv(column, panel.columns());
    Value numBlocks = b.ceilDiv(count, panel.columns());
    b.loop(b.index(0), numBlocks, 1, [&](Value kb) {
      for (int64_t v = 0; v < panel.vectors(); ++v) {
        Value bytes = b.load(
            weight, {panelIndex, b.add(firstBlock, kb), b.index(v), b.index(0)},
            panel.vectorBytes());
        for (int64_t digit = 0; digit < panel.digits(); ++digit) {
          auto [block, word] = panel.at(v, digit);
          Value codes = DecodeOp::create(b, bytes, panel.radix, digit, 0);
          Value at = b.add(b.mul(kb, panel.words), word);
          b.store(codes, digits, {at, b.index(block * panel.vectorBytes())});
        }
      }
    });
  }

  /// The finished sums of one vector, scaled.
  Value finish(Value m, Value j, Value offset, Value scale) {
    Value y = DotFinishOp::create(b, offset.getType(),
                                  b.load(sums, {m, j}, panel.lanes), offset,
                                  panel.radix, /*offset=*/1,
                                  /*digit=*/IntegerAttr());
    if (integerResult)
      return y;
    y = b.cast(y, b.getF32Type());
    return scale ? b.mulf(y, b.load(scales, {j}, panel.lanes)) : y;
  }

  void addTo(Value buffer, Value m, Value j, Value y) {
    Value old = b.load(buffer, {m, j}, panel.lanes);
    y = integerResult ? b.add(old, y) : b.addf(old, y);
    b.store(y, buffer, {m, j});
  }

  /// total += part.
  void addPart() {
    forEachToken([&](Value m) {
      forEachBlock([&](Value j) {
        addTo(total, m, j, b.load(part, {m, j}, panel.lanes));
      });
    });
  }

  void storeTotal() {
    forEachToken([&](Value m) {
      Value factor = activationScale(m);
      forEachBlock([&](Value j) {
        storeRows(m, j, b.load(total, {m, j}, panel.lanes), factor);
      });
    });
  }

  Value activationScale(Value m) {
    return loadActivationScale(b, op, b.add(token, m), panel.lanes);
  }

  void storeRows(Value m, Value j, Value y, Value factor) {
    Value n = b.add(firstRow, j);
    storeOutput(b, op, y, factor, out, b.add(token, m), n,
                hasWholePanels() ? Value() : b.sub(numRows, n));
  }

  KernelBuilder &b;
  BitLinearOp op;
  PanelShape panel;
  Value input, out;
  bool integerResult;
  Type totalType;
  Value numTokens, numColumns, numRows;
  std::unique_ptr<TokenProduct> product;
  Value digits, sums, total, part, rowOffsets, groupOffsets, scales;
  // The place that is being computed.
  Value token, tokens, panelIndex, firstRow;
};

} // namespace

void ternary::buildPanelGemm(KernelBuilder &builder, BitLinearOp op,
                             const PanelShape &panel, Value input, Value out) {
  PanelGemm(builder, op, panel, input, out).run();
}
