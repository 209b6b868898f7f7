//===- Storage.cpp - The kernels of pack, unpack and repack ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Each of the three takes trits from a source and puts them into a target, by
// tiles: runs of a row, or the rows of a panel. Matrices whose rows follow each
// other without a gap on both sides are moved as one long row. Where tables
// turn bytes into bytes, tiles are those bytes, and trits are left out.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Stream.h"
#include "TritSource.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Columns of a tile of panels: whole steps of all kinds. It fits the second
/// cache.
constexpr int64_t kPanelColumns = 1920;
/// The same of panels that are decoded, 16 rows at once where they share no
/// vectors: it fits the first one.
constexpr int64_t kDecodedColumns = 960;
/// Bytes of a row that become as many blocks.
constexpr int64_t kPanelBytes = 512;
/// Trits of a run: whole bytes of 1 to 6 digits and whole vectors.
constexpr int64_t kRunTrits = 7680;
/// What one thread takes at once.
constexpr int64_t kRowsAtOnce = 16;
constexpr int64_t kRunsAtOnce = 16;

namespace {

/// How words of four bytes of 16 rows become those of a panel.
struct Exchange {
  std::function<Values(Values)> exchange;
  /// A byte of a row that does not exist.
  int64_t padding;
};

/// Where trits go to, by tiles.
class TritTarget {
public:
  /// With `words` the tiles are bytes of rows, which become panels without
  /// being decoded.
  TritTarget(KernelBuilder &b, Matrix matrix,
             std::optional<Exchange> words = std::nullopt)
      : b(b), matrix(matrix), words(words), stream(b, asRows(b, matrix)) {}

  /// Columns of a tile of panels.
  int64_t tileColumns() const { return words ? kPanelBytes : kPanelColumns; }

  void open() {
    if (!matrix.panel)
      return stream.open(kRunTrits);
    stream.open(tileColumns() / blockColumns() * blockBytes());
    tail =
        b.scratch(b.getI8Type(), {b.index(matrix.panel->lanes * kByteLanes)});
  }
  void close() {
    stream.close();
    if (tail)
      b.free(tail);
  }

  /// Takes a tile of a row, or of whole panels.
  /// `isInPlace` says that the trits are not in a cache yet.
  void put(const Tile &tile, const Rows &trits, bool isInPlace) {
    this->isInPlace = isInPlace;
    if (matrix.panel)
      return putPanels(tile, trits);
    b.loop(b.index(0), tile.rows, 1, [&](Value row) {
      Value n = b.add(tile.row, row);
      if (matrix.runs)
        return putRun(n, row, tile, trits);
      // A row of a matrix, out of the buffer that it was decoded to.
      stream.copy(trits.memref, trits.at(b, row, b.index(0)).back(), {n},
                  tile.column, tile.width);
    });
  }

  /// Takes a whole run of one long row as the bytes of `source`.
  void recode(const Matrix &source, Value column) {
    const DigitRuns &from = *source.runs, &to = *matrix.runs;
    constexpr int64_t kRead = kRecodedTrits / 4, kWritten = kRecodedTrits / 5;
    auto fill = [&](const RunTarget &target) {
      b.loop(b.index(0), b.index(kRunTrits / kRecodedTrits), 1, [&](Value i) {
        Value at = b.add(b.floorDiv(column, from.digits), b.mul(i, kRead));
        b.prefetchBehind(source.memref, {at}, kByteLanes);
        Value bytes = b.load(source.memref, {at}, kByteLanes, b.index(kRead));
        target.store(b, recodeFields(b, from, to, bytes), b.mul(i, kWritten),
                     /*count=*/Value());
      });
    };
    stream.write({}, b.floorDiv(column, to.digits),
                 b.index(kRunTrits / to.digits), fill);
  }

private:
  /// Bytes of a panel that follow each other are a row.
  static Value asRows(KernelBuilder &b, const Matrix &matrix) {
    if (!matrix.panel)
      return matrix.memref;
    SmallVector<ReassociationIndices> axes{{0}, {1, 2, 3}};
    return memref::CollapseShapeOp::create(b, matrix.memref, axes);
  }

  void putRun(Value n, Value row, const Tile &tile, const Rows &trits) {
    const DigitRuns &runs = *matrix.runs;
    int64_t bytes = encodedBytes(runs), used = bytes * runs.digits;
    Values prefix;
    if (!runs.flat)
      prefix.push_back(n);
    auto fill = [&](const RunTarget &target) {
      auto encode = [&](Value step, Value rest) {
        Values at = trits.at(b, row, b.mul(step, used));
        if (!rest && isInPlace)
          b.prefetchBehind(trits.memref, at, kByteLanes);
        Value elements = b.load(trits.memref, at, kByteLanes, rest);
        Value encoded = encodeRun(b, runs, elements, rest);
        Value count;
        if (rest)
          count = b.min(b.ceilDiv(rest, runs.digits), b.index(bytes));
        else if (bytes < kByteLanes / 4)
          count = b.index(bytes);
        target.store(b, encoded, b.mul(step, bytes), count);
      };
      // As long as a whole vector is there to be loaded.
      Value least = b.index(kByteLanes - used);
      Value spare = b.sub(arith::MaxUIOp::create(b, tile.width, least), least);
      Value whole = b.floorDiv(spare, used), end = b.ceilDiv(tile.width, used);
      b.loop(b.index(0), whole, 1, [&](Value i) { encode(i, Value()); });
      b.loop(whole, end, 1,
             [&](Value i) { encode(i, b.sub(tile.width, b.mul(i, used))); });
    };
    stream.write(prefix, b.floorDiv(tile.column, runs.digits),
                 b.ceilDiv(tile.width, runs.digits), fill);
  }

  // A panel has blocks of these columns of tiles, and of these bytes.
  int64_t blockColumns() const { return words ? 4 : matrix.panel->columns(); }
  int64_t blockBytes() const { return matrix.panel->bytes(); }
  /// Columns that are encoded at once.
  int64_t stepColumns() const {
    return words ? kByteLanes : panelStep(*matrix.panel);
  }

  void putPanels(const Tile &tile, const Rows &trits) {
    const PanelShape &panel = *matrix.panel;
    int64_t step = stepColumns();
    Value p = b.floorDiv(tile.row, panel.rows());
    Value numBlocks = b.ceilDiv(tile.width, blockColumns());
    Value first = b.floorDiv(tile.column, blockColumns());
    auto fill = [&](const RunTarget &target) {
      // Vectors that are loaded whole, where all rows exist.
      Value least = b.index(kByteLanes - step);
      Value spare = b.sub(arith::MaxUIOp::create(b, tile.width, least), least);
      Value whole = b.mul(b.floorDiv(spare, step), step);
      Value allRows =
          b.compare(arith::CmpIPredicate::eq, tile.rows, b.index(panel.rows()));
      whole = b.select(allRows, whole, b.index(0));
      int64_t shared = sharedBlocks(panel);
      b.loop(b.index(0), b.index(panel.blocks), shared, [&](Value v) {
        b.loop(b.index(0), tile.width, step, [&](Value k) {
          Value isWhole = b.compare(arith::CmpIPredicate::ult, k, whole);
          Values rows;
          for (int64_t i = 0; i < shared; ++i) {
            Value row = b.mul(b.add(v, i), panel.lanes);
            llvm::append_range(
                rows, b.choose(
                          isWhole, [&] { return loadRows(trits, row, k); },
                          [&] { return loadPadded(tile, trits, row, k); }));
          }
          putStep(target, v, k, numBlocks, rows);
        });
      });
    };
    stream.write({p}, b.mul(first, blockBytes()),
                 b.mul(numBlocks, blockBytes()), fill);
  }

  /// Vectors of the 16 rows from `row` on.
  Values loadRows(const Rows &trits, Value row, Value k) {
    Values rows;
    for (int64_t l = 0; l < matrix.panel->lanes; ++l) {
      Values at = trits.at(b, b.add(row, l), k);
      // Each row is a stream of its own.
      if (isInPlace && trits.memref != tail) {
        Values behind = trits.at(b, b.add(row, l), b.add(k, 4 * kByteLanes));
        b.prefetch(trits.memref, behind, kByteLanes);
      }
      rows.push_back(b.load(trits.memref, at, kByteLanes));
    }
    return rows;
  }

  /// The same through the buffer `tail`; what is outside of the tile is 0, and
  /// so is the padding.
  Values loadPadded(const Tile &tile, const Rows &trits, Value row, Value k) {
    b.loop(b.index(0), b.index(matrix.panel->lanes), 1, [&](Value l) {
      Value r = b.add(row, l);
      Value exists = b.compare(arith::CmpIPredicate::ult, r, tile.rows);
      Value count = b.select(exists, b.sub(tile.width, k), b.index(0));
      Values at = trits.at(b, b.select(exists, r, b.index(0)), k);
      Value bytes = b.load(trits.memref, at, kByteLanes, count);
      if (words && words->padding != 0)
        bytes = b.select(b.mask(kByteLanes, count), bytes,
                         b.constant(bytes.getType(), words->padding));
      b.store(bytes, tail, {b.mul(l, kByteLanes)});
    });
    Rows padded{tail, {}, [&](Value r) { return b.mul(r, kByteLanes); }};
    return loadRows(padded, b.index(0), b.index(0));
  }

  /// One step of columns of the rows that share vectors from `v` on.
  void putStep(const RunTarget &target, Value v, Value k, Value numBlocks,
               const Values &rows) {
    const PanelShape &panel = *matrix.panel;
    Value block = b.floorDiv(k, blockColumns());
    Values encoded =
        words ? words->exchange(rows) : encodePanel(b, panel, rows);
    int64_t vectorsOfBlock = panel.digitsAreRows ? panel.vectors() : 1;
    for (auto [i, bytes] : llvm::enumerate(encoded)) {
      Value here = b.add(block, int64_t(i) / vectorsOfBlock);
      Value vector = b.add(v, int64_t(i) % vectorsOfBlock);
      Value at =
          b.add(b.mul(here, blockBytes()), b.mul(vector, panel.vectorBytes()));
      // Behind the last block of the tile is another tile.
      auto store = [&, bytes = bytes] {
        b.store(bytes, target.memref, target.at(b, at));
      };
      b.ifElse(b.compare(arith::CmpIPredicate::ult, here, numBlocks), store,
               [] {});
    }
  }

  KernelBuilder &b;
  Matrix matrix;
  std::optional<Exchange> words;
  OutputStream stream;
  bool isInPlace = false;
  Value tail;
};

} // namespace

/// Moves tiles of these rows and columns; one thread takes those of a panel.
static void movePanels(KernelBuilder &b, TritSource &source, TritTarget &target,
                       int64_t panelRows, int64_t tileRows, int64_t tileColumns,
                       Value numRows, Value firstColumn, Value endColumn) {
  Value elements = b.mul(numRows, b.sub(endColumn, firstColumn));
  b.parallel(numRows, panelRows, elements, [&](Value first) {
    source.open(tileRows, tileColumns);
    target.open();
    Value end = b.add(first, b.min(b.sub(numRows, first), b.index(panelRows)));
    b.loop(firstColumn, endColumn, tileColumns, [&](Value column) {
      Value width = b.min(b.sub(endColumn, column), b.index(tileColumns));
      b.loop(first, end, tileRows, [&](Value row) {
        Value rows = b.min(b.sub(end, row), b.index(tileRows));
        Tile tile{row, rows, column, width};
        target.put(tile, source.get(tile), source.isInPlace());
      });
    });
    source.close();
    target.close();
  });
}

static void moveToPanels(KernelBuilder &b, TritSource source, TritTarget target,
                         const PanelShape &panel, Value numRows,
                         Value firstColumn, Value endColumn) {
  movePanels(b, source, target, panel.rows(), panel.rows(),
             target.tileColumns(), numRows, firstColumn, endColumn);
}

/// Digits of base 3 to panels of base 3: words of whole blocks, then the trits
/// behind them.
static void moveWords(KernelBuilder &b, Matrix from, Matrix to, Value numRows,
                      Value columns) {
  const PanelShape &panel = *to.panel;
  WordRecoder recoder(b, *from.runs);
  recoder.setUp();
  Value numBlocks = b.floorDiv(columns, panel.columns()), zero = b.index(0);
  Exchange exchange{[&](Values rows) { return transposeWords(b, rows); },
                    recoder.padding()};
  moveToPanels(b, TritSource(b, from, columns, /*takeSigns=*/false, &recoder),
               TritTarget(b, to, exchange), panel, numRows, zero,
               b.mul(numBlocks, 4));
  recoder.tearDown();
  Value whole = b.mul(numBlocks, panel.columns());
  auto moveRest = [&] {
    moveToPanels(b, TritSource(b, from, columns, /*takeSigns=*/false),
                 TritTarget(b, to), panel, numRows, whole, columns);
  };
  b.ifElse(b.compare(arith::CmpIPredicate::ult, whole, columns), moveRest,
           [] {});
}

/// One long row, or a matrix by rows. The runs of `recoded` need no trits.
static void moveRuns(KernelBuilder &b, TritSource &source, TritTarget &target,
                     Value numRows, Value columns, const Matrix *recoded) {
  auto moveRun = [&](Value row, Value column, Value width) {
    Tile tile{row, b.index(1), column, width};
    target.put(tile, source.get(tile), source.isInPlace());
  };
  auto moveRow = [&](Value row, Value begin, Value end) {
    b.loop(begin, end, kRunTrits, [&](Value column) {
      Value width = b.min(b.sub(end, column), b.index(kRunTrits));
      if (!recoded)
        return moveRun(row, column, width);
      Value isWhole =
          b.compare(arith::CmpIPredicate::eq, width, b.index(kRunTrits));
      b.ifElse(
          isWhole, [&] { target.recode(*recoded, column); },
          [&] { moveRun(row, column, width); });
    });
  };
  auto inBlock = [&](function_ref<void()> body) {
    source.open(1, kRunTrits);
    target.open();
    body();
    source.close();
    target.close();
  };
  if (getConstantIntValue(numRows) == 1) {
    constexpr int64_t kPart = kRunTrits * kRunsAtOnce;
    return b.parallel(columns, kPart, columns, [&](Value begin) {
      Value size = b.min(b.sub(columns, begin), b.index(kPart));
      inBlock([&] { moveRow(b.index(0), begin, b.add(begin, size)); });
    });
  }
  Value elements = b.mul(numRows, columns);
  b.parallel(numRows, kRowsAtOnce, elements, [&](Value first) {
    Value rows = b.min(b.sub(numRows, first), b.index(kRowsAtOnce));
    inBlock([&] {
      b.loop(first, b.add(first, rows), 1,
             [&](Value row) { moveRow(row, b.index(0), columns); });
    });
  });
}

/// Trits of a matrix with `columns` columns; `getShape` gives both extents.
static LogicalResult
buildMove(KernelBuilder &b, Operation *op, Matrix from, Matrix to,
          bool takeSigns, int64_t staticColumns,
          function_ref<SmallVector<OpFoldResult>()> getShape) {
  if (!from.isKnown() || !to.isKnown())
    return failure();
  bool isFlat = from.isFlat(staticColumns) && to.isFlat(staticColumns);
  // Bytes that rows share are written once only if the rows become one.
  if (to.runs && to.runs->flat && !isFlat)
    return failure();
  // Tiles of one are those of few rows, of the other those of a panel.
  if (from.panel && to.panel)
    return failure();
  SmallVector<OpFoldResult> shape = getShape();
  Value rows = getValueOrCreateConstantIndexOp(b, b.getLoc(), shape[0]);
  Value columns = getValueOrCreateConstantIndexOp(b, b.getLoc(), shape[1]);
  if (isFlat) {
    from.flatten(b);
    to.flatten(b);
    columns = b.mul(rows, columns);
    rows = b.index(1);
  }
  if (from.runs && to.panel && WordRecoder::takes(op, *from.runs, *to.panel)) {
    moveWords(b, from, to, rows, columns);
    return success();
  }
  std::optional<Exchange> words;
  if (from.runs && to.panel && areFieldsOfPanel(*from.runs, *to.panel)) {
    DigitRuns fields = *from.runs;
    words = {[&b, fields](Values rows) {
               return exchangeFields(b, fields, std::move(rows));
             },
             /*padding=*/0};
    // From here on columns are bytes.
    from.runs.reset();
    columns = b.dim(from.memref, 1);
  }
  bool isRecoded = isFlat && from.runs && to.runs &&
                   canRecodeFields(op, *from.runs, *to.runs);
  TritSource source(b, from, columns, takeSigns);
  TritTarget target(b, to, words);
  if (from.panel)
    movePanels(b, source, target, from.panel->rows(),
               sharedBlocks(*from.panel) * from.panel->lanes, kDecodedColumns,
               rows, b.index(0), columns);
  else if (to.panel)
    moveToPanels(b, source, target, *to.panel, rows, b.index(0), columns);
  else
    moveRuns(b, source, target, rows, columns, isRecoded ? &from : nullptr);
  return success();
}

/// The columns of a matrix of trits, if they are static.
static int64_t columnsOf(Value matrix) {
  return cast<MemRefType>(matrix.getType()).getDimSize(1);
}

LogicalResult ternary::buildPack(KernelBuilder &b, PackOp op) {
  if (op.getScales())
    return failure();
  Value input = op.getInput();
  return buildMove(b, op, Matrix(input, {}),
                   Matrix(op.getInits()[0], op.getPacking()),
                   op.getConversion() == Conversion::Sign, columnsOf(input),
                   [&] { return memref::getMixedSizes(b, b.getLoc(), input); });
}

static LogicalResult buildUnpack(KernelBuilder &b, UnpackOp op) {
  if (op.getInits().size() != 1)
    return failure();
  Value out = op.getInits()[0];
  return buildMove(b, op, Matrix(op.getBytes(), op.getPacking()),
                   Matrix(out, {}),
                   /*takeSigns=*/false, columnsOf(out),
                   [&] { return memref::getMixedSizes(b, b.getLoc(), out); });
}

LogicalResult ternary::buildRepack(KernelBuilder &b, RepackOp op) {
  if (op.getScales())
    return failure();
  return buildMove(b, op, Matrix(op.getBytes(), op.getSource()),
                   Matrix(op.getInits()[0], op.getPacking()),
                   /*takeSigns=*/false, op.getStaticShape()[1],
                   [&] { return op.getMixedShape(); });
}

void ternary::populateStorageKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerToKernel<PackOp>>(context, buildPack);
  patterns.add<LowerToKernel<UnpackOp>>(context, buildUnpack);
  patterns.add<LowerToKernel<RepackOp>>(context, buildRepack);
}
