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
// Groups that end inside of blocks, but fit a few of them, are multiplied digit
// by digit.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "Gemm.h"
#include "GroupScales.h"
#include "Register.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

namespace {

/// How far ahead of the bytes that are read scales of groups are asked for.
constexpr int64_t kScalePrefetchBytes = 4096;

/// One vector per block of rows.
using Blocks = SmallVector<Value>;

class PanelKernel {
public:
  PanelKernel(KernelBuilder &b, BitLinearOp op, const PanelShape &panel)
      : b(b), op(op), panel(panel), input(op.getInput()), out(op.getInits()[0]),
        quantized(elementOf(input).isInteger(8)),
        integerResult(elementOf(out).isInteger(32)) {
    // 16 registers do not hold the sums of all digits of all vectors.
    bool isOne = hasFewRegisters(op);
    numBlocks = isOne && !panel.digitsAreRows ? 1 : panel.blocks;
    numSets = isOne ? 1 : panel.vectors();
  }

  void run() {
    columns = b.dim(input, rankOf(input) - 1);
    rows = b.dim(out, rankOf(out) - 1);
    std::optional<GroupScales> scales;
    if (op.getGroupSize()) {
      groupScales = &scales.emplace(b, op.getScales(), panel.rows(),
                                    numBlocks * panel.lanes);
      Value grouped = *llvm::find_if(op.getScales(), isGrouped);
      if (quantized)
        groupSums = b.scratch(b.getI32Type(), b.dim(grouped, 1));
    }
    forEachToken(0);
    if (groupSums)
      b.free(groupSums);
    if (scales)
      scales->finish();
  }

private:
  /// Dots into the same accumulators that are exact.
  static constexpr int64_t kDots = 16384;
  /// Columns of small groups that are unrolled.
  static constexpr int64_t kMaxPeriod = 80;

  /// A loop per leading axis of the activations.
  void forEachToken(int64_t axis) {
    if (axis == rankOf(input) - 1)
      return forEachPanel();
    b.loop(b.index(0), b.dim(input, axis), 1, [&](Value i) {
      token.push_back(i);
      forEachToken(axis + 1);
      token.pop_back();
    });
  }

  void forEachPanel() {
    // Groups sum their own activations; all other components share one sum.
    if (groupSums)
      sumGroups();
    Value sum;
    if (quantized &&
        (op.getScales().empty() || !llvm::all_of(op.getScales(), isGrouped)))
      sum = sumActivations(b, input, token, b.index(0), columns);
    Value panels = b.dim(op.getWeights()[0], 0);
    b.loop(b.index(0), panels, 1, [&](Value p) {
      firstRow = b.mul(p, panel.rows());
      panelIndex = p;
      auto body = [&](Value block) {
        firstBlock = block;
        store(total(sum));
      };
      if (numBlocks == panel.blocks)
        return body(b.index(0));
      b.loop(b.index(0), b.index(panel.blocks), numBlocks, body);
    });
  }

  /// The index of the token's element `last`.
  SmallVector<Value> at(Value last) {
    SmallVector<Value> result(token);
    result.push_back(last);
    return result;
  }

  // Vectors.
  VectorType lanes(Type type) { return VectorType::get(panel.lanes, type); }
  Value broadcast(Value scalar) { return b.broadcast(scalar, panel.lanes); }

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
    int64_t extent = cast<ShapedType>(input.getType()).getShape().back();
    Blocks dots = dotRange(weight, b.index(0), columns, sum, extent);
    if (integerResult)
      return dots;
    for (auto [block, dot] : llvm::enumerate(dots)) {
      dot = toF32(dot);
      if (!scale)
        continue;
      Value s = loadRowScales(b, scale, rowOf(block), rows, panel.lanes);
      dot = arith::MulFOp::create(b, dot, s);
    }
    return dots;
  }

  int64_t groupSize() { return *op.getGroupSize(); }

  Value groupEnd(Value begin) {
    // The difference cannot overflow, as the sum of huge sizes can.
    return b.add(begin, b.min(b.sub(columns, begin), b.index(groupSize())));
  }

  void sumGroups() {
    b.loop(b.index(0), b.dim(groupSums, 0), 1, [&](Value group) {
      Value begin = b.mul(group, groupSize());
      b.store(sumActivations(b, input, token, begin, groupEnd(begin)),
              groupSums, {group});
    });
  }

  Blocks groupedComponent(Value weight, Value scale) {
    constexpr int64_t kGroups = GroupScales::kGroups;
    Value groups = b.dim(scale, 1), whole = b.floorDiv(columns, groupSize());
    Blocks zeros(numBlocks, b.zero(lanes(b.getF32Type())));
    return b.loop(
        b.index(0), groups, kGroups, zeros,
        [&](Value first, ValueRange totals) {
          Value count = b.min(b.sub(groups, first), b.index(kGroups));
          groupScales->select(scale, first, count, rowOf(0), rows);
          Value begin = b.index(0);
          Blocks next(totals);
          if (int64_t period = getPeriod()) {
            int64_t step = period / groupSize();
            begin = b.min(b.sub(whole, first), b.index(kGroups));
            begin = b.mul(b.floorDiv(begin, step), step);
            next = b.loop(
                b.index(0), begin, step, next, [&](Value g, ValueRange old) {
                  return step == 1 ? addBlocksOfGroup(weight, first, g, old)
                                   : addPeriod(weight, first, g, old);
                });
          }
          return b.loop(begin, count, 1, next, [&](Value g, ValueRange old) {
            Value from = b.mul(b.add(first, g), groupSize());
            return addGroup(first, g, old, [&](Value sum) {
              return dotRange(weight, from, groupEnd(from), sum, groupSize());
            });
          });
        });
  }

  /// The columns after which groups and blocks begin together again, if code
  /// for just these is worth it: one group of whole blocks, or few blocks.
  int64_t getPeriod() {
    int64_t width = panel.columns();
    if (groupSize() % width == 0)
      return groupSize() <= mostColumns() ? groupSize() : 0;
    if (groupSize() > kMaxPeriod)
      return 0;
    int64_t period = std::lcm(groupSize(), width);
    return period <= kMaxPeriod &&
                   GroupScales::kGroups % (period / groupSize()) == 0
               ? period
               : 0;
  }

  /// totals + scale * dots of group `first + g`; `dots` gets the sum of the
  /// group's activations.
  Blocks addGroup(Value first, Value g, ValueRange totals,
                  function_ref<Blocks(Value)> dots) {
    Value sum = quantized ? b.load(groupSums, {b.add(first, g)}) : Value();
    Blocks parts = dots(sum);
    int64_t bytes =
        llvm::divideCeil(groupSize(), panel.columns()) * panel.bytes();
    for (auto [block, part] : llvm::enumerate(parts))
      part = b.mulf(
          toF32(part),
          groupScales->get(g, block * panel.lanes,
                           llvm::divideCeil(kScalePrefetchBytes, bytes)));
    return addBlocks(totals, parts);
  }

  /// A group of whole blocks. Their number is a constant.
  Blocks addBlocksOfGroup(Value weight, Value first, Value g,
                          ValueRange totals) {
    int64_t size = groupSize() / panel.columns();
    Value begin = b.mul(b.add(first, g), size);
    return addGroup(first, g, totals, [&](Value sum) {
      return results(fullBlocks(weight, begin, b.add(begin, size), zeroSums()),
                     sum);
    });
  }

  /// Groups from `first + g` on that end inside of blocks, up to where both
  /// end. The digits of a block belong to different groups.
  Blocks addPeriod(Value weight, Value first, Value g, ValueRange totals) {
    int64_t size = groupSize(), period = getPeriod();
    Value begin = b.mul(b.add(first, g), size);
    Value kb = b.floorDiv(begin, panel.columns());
    SmallVector<Blocks> digits(numBlocks);
    for (int64_t i = 0; i < period / panel.columns(); ++i) {
      Blocks bytes = loadVectors(weight, b.add(kb, i));
      for (int64_t block = 0; block < numBlocks; ++block)
        for (int64_t word = 0; word < panel.words; ++word)
          digits[block].push_back(
              decode(bytes, block, word, /*offset=*/quantized ? 0 : 1));
    }
    Blocks next(totals);
    for (int64_t column = 0; column < period; column += size) {
      auto dots = [&](Value sum) {
        Blocks accs(numBlocks, zeroSum());
        for (int64_t k = column / 4 * 4; k < column + size; k += 4) {
          Value x = repeat(loadPart(begin, k, column, column + size));
          for (auto [acc, codes] : llvm::zip_equal(accs, digits))
            acc = quantized ? b.dot(codes[k / 4], x, acc, panel.radix)
                            : Value(vector::FMAOp::create(
                                  b, toF32(codes[k / 4]), x, acc));
        }
        return quantized ? finishCodes(accs, sum) : reduce(accs);
      };
      next = addGroup(first, b.add(g, column / size), next, dots);
    }
    return next;
  }

  /// Activations `begin + k ..` of four columns, zeros outside of `from .. to`
  /// (which count from `begin` as well).
  Value loadPart(Value begin, int64_t k, int64_t from, int64_t to) {
    Value x = b.load(input, at(b.add(begin, k)), 4);
    if (from <= k && k + 4 <= to)
      return x;
    SmallVector<bool> inside;
    for (int64_t j = k; j < k + 4; ++j)
      inside.push_back(from <= j && j < to);
    auto type = VectorType::get(4, b.getI1Type());
    Value mask = arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, ArrayRef<bool>(inside)));
    return b.select(mask, x, b.zero(x.getType()));
  }

  Value toF32(Value vector) { return b.cast(vector, b.getF32Type()); }

  Value rowOf(int64_t block) {
    return b.add(firstRow, b.mul(b.add(firstBlock, block), panel.lanes));
  }

  /// Dot products of columns begin .. end-1, at most `extent` (may be dynamic):
  /// i32 for int8 activations, else f32.
  Blocks dotRange(Value weight, Value begin, Value end, Value sum,
                  int64_t extent) {
    if (!quantized)
      return reduce(accumulateBlocks(weight, begin, end));
    int64_t most = mostColumns();
    if (!ShapedType::isDynamic(extent) && extent <= most)
      return finish(accumulateBlocks(weight, begin, end), sum);
    // Parts that `dot` is exact for.
    Value none = b.zero(b.getI32Type());
    auto part = [&](Value from, ValueRange totals) {
      Value to = b.add(from, b.min(b.sub(end, from), b.index(most)));
      Blocks next;
      for (auto [total, dot] : llvm::zip_equal(
               totals, finish(accumulateBlocks(weight, from, to), none)))
        next.push_back(b.add(total, dot));
      return next;
    };
    Blocks totals(numBlocks, b.zero(lanes(b.getI32Type())));
    totals = b.loop(begin, end, most, totals, part);
    for (Value &total : totals)
      total = b.sub(total, broadcast(sum));
    return totals;
  }

  /// Columns that `dot` is exact for: sets of accumulators are added up before
  /// they are finished.
  int64_t mostColumns() {
    int64_t dots = panel.digitsAreRows ? panel.words : 1;
    return kDots / dots * panel.columns();
  }

  /// An accumulator without products.
  Value zeroSum() {
    return b.zero(quantized
                      ? lanes(b.getI32Type())
                      : VectorType::get(panel.vectorBytes(), b.getF32Type()));
  }
  /// One for each block, or for each digit of each set of vectors.
  Blocks zeroSums() {
    return Blocks(quantized ? numSets * panel.digits() : numBlocks, zeroSum());
  }

  /// The accumulators behind columns begin .. end-1.
  Blocks accumulateBlocks(Value weight, Value begin, Value end) {
    int64_t width = panel.columns();
    Value first = b.floorDiv(begin, width), full = b.floorDiv(end, width);
    Value last = b.ceilDiv(end, width), from;
    Blocks accs = zeroSums();
    // Only groups begin inside of a block.
    if (op.getGroupSize() && groupSize() % width != 0) {
      from = begin;
      Value inner = b.ceilDiv(begin, width);
      accs = b.loop(first, inner, 1, accs, [&](Value kb, ValueRange values) {
        return step(weight, kb, from, end, values);
      });
      first = inner;
      full = arith::MaxUIOp::create(b, full, inner);
    }
    accs = fullBlocks(weight, first, full, accs);
    return b.loop(full, last, 1, accs, [&](Value kb, ValueRange values) {
      return step(weight, kb, Value(), end, values);
    });
  }

  Blocks fullBlocks(Value weight, Value first, Value end, ValueRange accs) {
    return b.loop(first, end, 1, accs, [&](Value kb, ValueRange values) {
      return step(weight, kb, Value(), Value(), values);
    });
  }

  /// One block of columns; `begin` and `end` are given for one that is not
  /// full there.
  Blocks step(Value weight, Value kb, Value begin, Value end, ValueRange accs) {
    Blocks activations;
    for (int64_t word = 0; word < panel.words; ++word) {
      Value k = b.add(b.mul(kb, panel.columns()), 4 * word);
      Value x = end ? b.load(input, at(k), 4, b.sub(end, k))
                    : b.load(input, at(k), 4);
      if (begin)
        x = b.select(b.mask(4, b.sub(begin, k)), b.zero(x.getType()), x);
      activations.push_back(repeat(x));
    }
    return quantized ? addDots(weight, kb, activations, accs)
                     : addProducts(loadVectors(weight, kb), activations, accs);
  }

  /// Vectors of a panel's block of columns that are read: those of the blocks
  /// of rows that are computed, or all.
  int64_t numVectors() { return panel.digitsAreRows ? panel.words : numBlocks; }

  Value loadVector(Value weight, Value kb, int64_t v) {
    return loadPanelBytes(b, panel, weight, panelIndex, kb,
                          b.add(firstBlock, v));
  }

  Blocks loadVectors(Value weight, Value kb) {
    Blocks bytes;
    for (int64_t v = 0; v < numVectors(); ++v)
      bytes.push_back(loadVector(weight, kb, v));
    return bytes;
  }

  Value decode(ValueRange bytes, int64_t block, int64_t word, int64_t offset) {
    PanelShape::Place place = panel.find(block, word);
    return DecodeOp::create(b, bytes[place.vector], panel.radix, place.digit,
                            offset);
  }

  Blocks addDots(Value weight, Value kb, ValueRange activations,
                 ValueRange accs) {
    Blocks next(accs);
    int64_t digits = panel.digits();
    for (int64_t v = 0; v < numVectors(); ++v) {
      Value bytes = loadVector(weight, kb, v);
      ValueRange x =
          panel.digitsAreRows ? activations.slice(v, 1) : activations;
      auto own = MutableArrayRef(next).slice(v % numSets * digits, digits);
      auto dot = DotOp::create(b, TypeRange(ValueRange(own)), bytes, x,
                               ValueRange(own), panel.radix);
      llvm::copy(dot.getResults(), own.begin());
    }
    return next;
  }

  /// Float activations: acc[4 l + j] += trit[l, k + j] * x[k + j] for all
  /// words.
  Blocks addProducts(ValueRange bytes, ValueRange activations,
                     ValueRange accs) {
    Blocks next(accs);
    for (auto [block, acc] : llvm::enumerate(next))
      for (auto [word, x] : llvm::enumerate(activations)) {
        Value trit = toF32(decode(bytes, block, word, /*offset=*/1));
        acc = vector::FMAOp::create(b, trit, x, acc);
      }
    return next;
  }

  /// Four activations, repeated for every lane; floats become f32.
  Value repeat(Value x) {
    if (quantized)
      return repeatWord(b, x, panel.lanes);
    SmallVector<int64_t> pattern;
    for (int64_t i = 0; i < panel.vectorBytes(); ++i)
      pattern.push_back(i % 4);
    return b.shuffle(b.cast(x, b.getF32Type()), pattern);
  }

  /// One dot product per block.
  Blocks finish(ValueRange accs, Value sum) {
    Blocks result;
    Value sums = broadcast(sum);
    int64_t digits = panel.digits();
    Blocks digitSums = panel.digitsAreRows ? addSets(accs) : Blocks();
    for (int64_t block = 0; block < numBlocks; ++block)
      result.push_back(
          panel.digitsAreRows
              ? finishDots(digitSums, sums, b.getI64IntegerAttr(block))
              : finishDots(accs.slice(block * digits, digits), sums));
    return result;
  }

  /// The same where there is an accumulator of codes for each block.
  Blocks finishCodes(ValueRange accs, Value sum) {
    Blocks result;
    for (Value acc : accs)
      result.push_back(finishDots(acc, broadcast(sum)));
    return result;
  }

  Value finishDots(ValueRange accs, Value sums, IntegerAttr digit = {}) {
    return DotFinishOp::create(b, sums.getType(), accs, sums, panel.radix,
                               /*offset=*/1, digit);
  }

  /// One accumulator per digit: the accumulators of a set follow each other.
  Blocks addSets(ValueRange accs) {
    size_t digits = panel.digits();
    Blocks total(accs.take_front(digits));
    for (size_t i = digits; i < accs.size(); ++i)
      total[i % digits] = b.add(total[i % digits], accs[i]);
    return total;
  }

  Blocks results(ValueRange accs, Value sum) {
    return quantized ? finish(accs, sum) : reduce(accs);
  }

  /// The sum of each four neighbours.
  Blocks reduce(ValueRange accs) {
    Blocks result;
    for (Value value : accs)
      result.push_back(sumOfNeighbours(b, value, 4));
    return result;
  }

  /// Activation scale, bias, rounding, store.
  void store(Blocks totals) {
    Value scale;
    if (!integerResult && op.getActivationScale())
      scale = broadcast(b.load(op.getActivationScale(), token));
    for (auto [block, y] : llvm::enumerate(totals)) {
      Value n = rowOf(block);
      storeOutput(b, op, y, scale, out, token, n, b.sub(rows, n));
    }
  }

  KernelBuilder &b;
  BitLinearOp op;
  PanelShape panel;
  Value input, out;
  bool quantized, integerResult;
  /// Blocks of rows that are computed at once, and sets of accumulators: one of
  /// each digit. Vectors take them in turn.
  int64_t numBlocks, numSets;
  /// The first block.
  Value firstBlock;
  /// Null without groups; sums of activations only where these are integers.
  GroupScales *groupScales = nullptr;
  Value groupSums;
  // Extents, and the place that is being computed.
  Value columns, rows, firstRow, panelIndex;
  SmallVector<Value> token;
};

} // namespace

void ternary::buildPanelKernel(KernelBuilder &builder, BitLinearOp op,
                               const PanelShape &panel) {
  PanelKernel(builder, op, panel).run();
}
