//===- Storage.cpp - The kernels of pack, unpack and repack ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Each of the three takes trits from a source and puts them into a target, by
// tiles: runs of a row, or the rows of a panel. Matrices whose rows follow each
// other without a gap on both sides are moved as one long row.
//
//===----------------------------------------------------------------------===//

#include "Kernels.h"
#include "Stream.h"
#include "Weights.h"

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

/// Trits or bytes in a memref, and what they are.
struct Matrix {
  Value memref;
  std::optional<DigitRuns> runs;
  std::optional<PanelShape> panel;

  Matrix(Value memref, PackingAttrInterface packing)
      : memref(memref), runs(getDigitRuns(packing)),
        panel(getPanelShape(packing)), isPacked(bool(packing)) {}

  /// Whether there are kernels for it.
  bool isKnown() const {
    if (!isContiguousInRows(memref))
      return false;
    // Panels are runs of blocks, whose vectors hold 16 rows.
    if (panel)
      return hasNoGaps() && panel->lanes == 16 && panel->words <= 5;
    return runs || !isPacked;
  }

  /// Whether the trits of all rows follow each other without a gap.
  bool isFlat(int64_t columns) const {
    if (!hasNoGaps() || panel)
      return false;
    bool wholeBytes = !ShapedType::isDynamic(columns) &&
                      (!runs || columns % runs->digits == 0);
    return runs ? runs->flat || wholeBytes : true;
  }

  /// The same as one long row.
  void flatten(KernelBuilder &b) {
    auto type = cast<MemRefType>(memref.getType());
    if (runs)
      runs->flat = true;
    if (type.getRank() == 1)
      return;
    SmallVector<ReassociationIndices> all{{0, 1}};
    memref = memref::CollapseShapeOp::create(b, memref, all);
    if (!runs)
      memref = asMatrix(b, memref);
  }

private:
  bool hasNoGaps() const {
    return cast<MemRefType>(memref.getType()).getLayout().isIdentity();
  }

  bool isPacked;
};

/// A part of a matrix.
struct Tile {
  Value row, rows, column, width;
};

/// Where trits come from, by tiles.
class TritSource {
public:
  TritSource(KernelBuilder &b, Matrix matrix, Value columns, bool takeSigns)
      : b(b), matrix(matrix), takeSigns(takeSigns),
        weight(b, matrix.memref, matrix.runs, columns) {}

  /// Whether what is loaded becomes a trit by being encoded.
  bool isConverted() const {
    return takeSigns || !elementOf(matrix.memref).isInteger(8);
  }

  /// Whether tiles are parts of the matrix itself.
  bool isInPlace() const {
    return !matrix.panel && !matrix.runs && !isConverted();
  }

  /// Before and behind tiles of at most this size, on one thread.
  void open(int64_t rows, int64_t width) {
    if (matrix.panel || isConverted()) {
      stride = width + kByteLanes;
      buffer = b.scratch(b.getI8Type(), {b.index(rows * stride + kByteLanes)});
    } else {
      buffer = weight.scratch(b.index(rows), b.index(width));
    }
  }
  void close() {
    if (buffer)
      b.free(buffer);
  }

  /// The trits of a tile. Those of panels are whole panels.
  Rows get(const Tile &tile) {
    if (!matrix.panel && !isConverted())
      return weight.decodeTile(tile.row, tile.rows, tile.column, tile.width,
                               buffer);
    if (matrix.panel)
      decodePanels(tile);
    else
      convert(tile);
    KernelBuilder &b = this->b;
    int64_t stride = this->stride;
    return {buffer, {}, [&b, stride](Value row) { return b.mul(row, stride); }};
  }

private:
  void convert(const Tile &tile) {
    b.loop(b.index(0), tile.rows, 1, [&](Value row) {
      Value begin = b.mul(row, stride);
      b.chunks(b.index(0), tile.width, kByteLanes, [&](Value k, Value count) {
        Values at{b.add(tile.row, row), b.add(tile.column, k)};
        Value x = b.load(matrix.memref, at, kByteLanes, count);
        b.store(toByte(x), buffer, {b.add(begin, k)});
      });
    });
  }

  /// A byte that is encoded as the op says: an integer that wraps, or a sign.
  Value toByte(Value x) {
    if (takeSigns)
      return b.signOf(x);
    x = b.cast(x, b.getF32Type());
    // Beyond i32, and for NaN, the result is 0.
    Value limit = b.constant(x.getType(), 2147483648.0);
    Value below = b.compare(arith::CmpFPredicate::OLT, x, limit);
    Value above = b.compare(arith::CmpFPredicate::OGT, x,
                            b.constant(x.getType(), -2147483648.0));
    Value inside = arith::AndIOp::create(b, above, below);
    x = b.select(inside, x, b.zero(x.getType()));
    return b.cast(b.cast(x, b.getI32Type()), b.getI8Type());
  }

  void decodePanels(const Tile &tile) {
    const PanelShape &panel = *matrix.panel;
    int64_t step = panelStep(panel);
    Value p = b.floorDiv(tile.row, panel.rows());
    Value v = b.floorDiv(b.rem(tile.row, panel.rows()), panel.lanes);
    Value lastBlock = b.sub(b.dim(matrix.memref, 1), b.index(1));
    b.loop(b.index(0), tile.width, step, [&](Value k) {
      Value first = b.floorDiv(b.add(tile.column, k), panel.columns());
      Values vectors;
      int64_t vectorsOfBlock = panel.digitsAreRows ? panel.vectors() : 1;
      for (int64_t c = 0; c < step / panel.columns(); ++c) {
        Value block = b.min(b.add(first, c), lastBlock);
        Value behind = b.add(block, kDecodedColumns / panel.columns());
        for (int64_t i = 0; i < vectorsOfBlock; ++i) {
          Value at = b.add(v, i);
          b.prefetch(matrix.memref, {p, behind, at, b.index(0)}, kByteLanes);
          vectors.push_back(
              b.load(matrix.memref, {p, block, at, b.index(0)}, kByteLanes));
        }
      }
      // Lanes behind a step are overwritten by the next one.
      for (int64_t block = 0; block < sharedBlocks(panel); ++block) {
        Values rows = decodePanel(b, panel, vectors, block);
        for (auto [l, trits] : llvm::enumerate(rows)) {
          int64_t row = block * panel.lanes + int64_t(l);
          b.store(trits, buffer, {b.add(k, stride * row)});
        }
      }
    });
  }

  KernelBuilder &b;
  Matrix matrix;
  bool takeSigns;
  Weight weight;
  Value buffer;
  int64_t stride = 0;
};

/// Where trits go to, by tiles.
class TritTarget {
public:
  /// With `fields` the tiles are bytes of rows, which become panels without
  /// being decoded.
  TritTarget(KernelBuilder &b, Matrix matrix,
             std::optional<DigitRuns> fields = std::nullopt)
      : b(b), matrix(matrix), fields(fields), stream(b, asRows(b, matrix)) {}

  /// Columns of a tile of panels.
  int64_t tileColumns() const { return fields ? kPanelBytes : kPanelColumns; }

  void open() {
    if (!matrix.panel)
      return stream.open();
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
  int64_t blockColumns() const {
    return fields ? matrix.panel->columns() / fields->digits
                  : matrix.panel->columns();
  }
  int64_t blockBytes() const { return matrix.panel->bytes(); }
  /// Columns that are encoded at once.
  int64_t stepColumns() const {
    return fields ? kByteLanes : panelStep(*matrix.panel);
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
        auto put = [&](Value k, function_ref<Values(Value)> load) {
          Values rows;
          for (int64_t i = 0; i < shared; ++i)
            llvm::append_range(rows, load(b.mul(b.add(v, i), panel.lanes)));
          putStep(target, v, k, numBlocks, rows);
        };
        b.loop(b.index(0), whole, step, [&](Value k) {
          put(k, [&](Value row) { return loadRows(trits, row, k); });
        });
        b.loop(whole, tile.width, step, [&](Value k) {
          put(k, [&](Value row) { return loadPadded(tile, trits, row, k); });
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
      b.store(b.load(trits.memref, at, kByteLanes, count), tail,
              {b.mul(l, kByteLanes)});
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
        fields ? exchangeFields(b, *fields, rows) : encodePanel(b, panel, rows);
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
  std::optional<DigitRuns> fields;
  OutputStream stream;
  bool isInPlace = false;
  Value tail;
};

} // namespace

/// Moves tiles of these rows and columns; one thread takes those of a panel.
static void movePanels(KernelBuilder &b, TritSource &source, TritTarget &target,
                       int64_t panelRows, int64_t tileRows, int64_t tileColumns,
                       Value numRows, Value columns) {
  Value elements = b.mul(numRows, columns);
  b.parallel(numRows, panelRows, elements, [&](Value first) {
    source.open(tileRows, tileColumns);
    target.open();
    Value end = b.add(first, b.min(b.sub(numRows, first), b.index(panelRows)));
    b.loop(b.index(0), columns, tileColumns, [&](Value column) {
      Value width = b.min(b.sub(columns, column), b.index(tileColumns));
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

static void moveRuns(KernelBuilder &b, TritSource &source, TritTarget &target,
                     Value numRows, Value columns) {
  auto moveRow = [&](Value row, Value begin, Value end) {
    b.loop(begin, end, kRunTrits, [&](Value column) {
      Value width = b.min(b.sub(end, column), b.index(kRunTrits));
      Tile tile{row, b.index(1), column, width};
      target.put(tile, source.get(tile), source.isInPlace());
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
buildMove(KernelBuilder &b, Matrix from, Matrix to, bool takeSigns,
          int64_t staticColumns,
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
  std::optional<DigitRuns> fields;
  if (from.runs && to.panel && areFieldsOfPanel(*from.runs, *to.panel)) {
    // From here on columns are bytes.
    std::swap(from.runs, fields);
    columns = b.dim(from.memref, 1);
  }
  TritSource source(b, from, columns, takeSigns);
  TritTarget target(b, to, fields);
  if (from.panel)
    movePanels(b, source, target, from.panel->rows(),
               sharedBlocks(*from.panel) * from.panel->lanes, kDecodedColumns,
               rows, columns);
  else if (to.panel)
    movePanels(b, source, target, to.panel->rows(), to.panel->rows(),
               target.tileColumns(), rows, columns);
  else
    moveRuns(b, source, target, rows, columns);
  return success();
}

/// The columns of a matrix of trits, if they are static.
static int64_t columnsOf(Value matrix) {
  return cast<MemRefType>(matrix.getType()).getDimSize(1);
}

static LogicalResult buildPack(KernelBuilder &b, PackOp op) {
  if (op.getScales())
    return failure();
  Value input = op.getInput();
  return buildMove(b, Matrix(input, {}),
                   Matrix(op.getInits()[0], op.getPacking()),
                   op.getConversion() == Conversion::Sign, columnsOf(input),
                   [&] { return memref::getMixedSizes(b, b.getLoc(), input); });
}

static LogicalResult buildUnpack(KernelBuilder &b, UnpackOp op) {
  if (op.getInits().size() != 1)
    return failure();
  Value out = op.getInits()[0];
  return buildMove(b, Matrix(op.getBytes(), op.getPacking()), Matrix(out, {}),
                   /*takeSigns=*/false, columnsOf(out),
                   [&] { return memref::getMixedSizes(b, b.getLoc(), out); });
}

static LogicalResult buildRepack(KernelBuilder &b, RepackOp op) {
  if (op.getScales())
    return failure();
  return buildMove(b, Matrix(op.getBytes(), op.getSource()),
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
