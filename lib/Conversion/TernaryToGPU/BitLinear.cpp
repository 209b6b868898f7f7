//===- BitLinear.cpp - bitlinear on the GPU -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Which kernel a layer takes, by its activations and the number of tokens, and
// what is done to activations before it.
//
//===----------------------------------------------------------------------===//

#include "../KernelRemark.h"
#include "Decode.h"
#include "FloatProduct.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Tokens that the kernel of few tokens takes at once where there are many.
constexpr int64_t kMostTokens = 32;

int64_t ternary::getNumParts(Type element) {
  return element.isF32() ? kFloatParts : 1;
}

namespace {

/// `body(row, column, x)` for each element of `[M, K]`, on a thread of its own,
/// and for zeros behind K up to `width`; for vectors of `size` if it is not 1.
/// The next kernel may overlap it.
void forEachPadded(GPUKernelBuilder &b, bool allowsNext, Value input,
                   Value width, int64_t size,
                   function_ref<void(Value, Value, Value)> body) {
  Value numRows = b.dim(input, 0), numColumns = b.dim(input, 1);
  Value lastColumn = b.sub(numColumns, b.index(size));
  Value perRow = b.floorDiv(width, size);
  b.launchThreads(b.mul(numRows, perRow), [&](Value i) {
    if (allowsNext)
      b.allowNextLaunch();
    Value row = arith::DivUIOp::create(b, i, perRow);
    Value column = b.mul(b.sub(i, b.mul(row, perRow)), size);
    Value inside = b.compare(arith::CmpIPredicate::ult, column, numColumns);
    Values at{row, b.min(column, lastColumn)};
    Value x = size == 1 ? b.load(input, at) : b.loadVector(input, at, size);
    body(row, column, b.select(inside, x, b.zero(x.getType())));
  });
}

/// Of how many columns a kernel reads all or none: it needs no more of rows
/// that are whole numbers of them.
int64_t columnsAtOnce(GPUTile tile) {
  return tile.isBase3() ? kDigits3Columns : tile.columns();
}

/// Activations `[M, K]` with zeros up to whole tiles of columns, so that words
/// can be loaded; as they are where that is known of them.
Value padColumns(GPUKernelBuilder &b, bool allowsNext, Value input, Value width,
                 GPUTile tile) {
  int64_t columns = cast<MemRefType>(input.getType()).getDimSize(1);
  if (!ShapedType::isDynamic(columns) && columns % columnsAtOnce(tile) == 0)
    return input;
  Value padded = b.scratch(elementOf(input), {b.dim(input, 0), width});
  forEachPadded(b, allowsNext, input, width, /*size=*/1,
                [&](Value row, Value column, Value x) {
                  b.store(x, padded, {row, column});
                });
  return padded;
}

/// Runs the kernel for the number of tokens, of which static shapes leave one.
class Dispatcher {
public:
  Dispatcher(GPUKernelBuilder &b, BitLinearOp op, Value input, Value out)
      : b(b), op(op), input(input), out(out), tokens(b.dim(out, 0)) {}

  void run() {
    b.ifElse(
        hasAtMost(1), [&] { runFew(1); },
        [&] {
          b.ifElse(hasAtMost(8), [&] { runFew(8); }, [&] { runMany(); });
        });
  }

private:
  Value hasAtMost(int64_t count) {
    return b.compare(arith::CmpIPredicate::ule, tokens, b.index(count));
  }

  void runFew(int64_t perBlock) {
    std::unique_ptr<DecodeKernel> kernel;
    if (getGPUTile(op.getPackingAttr())->isBase3())
      kernel = makeDigits3(b, op, input, out, perBlock);
    else if (!elementOf(op.getInput()).isInteger(8))
      kernel = makeHalfTokens(b, op, input, out, perBlock);
    else if (perBlock == 1)
      kernel = makeByteToken(b, op, input, out);
    else
      kernel = makeByteTokens(b, op, input, out, perBlock);
    kernel->run();
  }

  void runMany() {
    b.ifElse(
        hasAtMost(kGPUFewTokens), [&] { runFew(kGPUFewTokens); },
        [&] {
          if (isForPrefill(op))
            buildPrefill(b, op, input, out);
          else
            runFew(kMostTokens);
        });
  }

  GPUKernelBuilder &b;
  BitLinearOp op;
  Value input, out, tokens;
};

/// Whether digits are ordered as operands of these activations are.
bool isForElement(GPUTile tile, Type element) {
  return tile.halves != element.isInteger(8);
}

/// Whether a group is whole runs of columns that are multiplied together: words
/// of int8, 32 columns of floats and of what tensor cores take in that order;
/// none of base 3.
bool hasWholeRuns(BitLinearOp op, GPUTile tile) {
  if (!op.getGroupSize())
    return true;
  if (tile.isBase3())
    return false;
  int64_t run = tile.halves || tile.byColumns ? 32 : 4;
  return *op.getGroupSize() % run == 0;
}

/// Whether all components are scaled by group, or none: a kernel has sums of
/// either kind.
bool hasScalesOfOneKind(BitLinearOp op) {
  auto isGrouped = [](Value scale) { return rankOf(scale) >= 2; };
  return !op.getGroupSize() || llvm::all_of(op.getScales(), isGrouped);
}

/// Whether no sum, 64 times as large, leaves an i32.
bool fitsWords(BitLinearOp op) {
  int64_t columns = cast<ShapedType>(op.getInput().getType()).getShape().back();
  return ShapedType::isDynamic(columns) || columns < (1 << 18);
}

/// One token at a time: groups that end inside of an operand of tensor cores.
bool isForSingleTokens(BitLinearOp op) {
  return op.getGroupSize() && !getGPUTile(op.getPackingAttr())->halves &&
         (*op.getGroupSize() % 32 != 0 ||
          !getGPUTile(op.getPackingAttr())->byColumns);
}

/// Whether the kernel itself splits activations: one token that leaves room in
/// shared memory.
bool splitsInKernel(BitLinearOp op) {
  constexpr int64_t kMostTiles = 7168 / kGPUTileColumns;
  auto out = cast<ShapedType>(op.getInits()[0].getType());
  auto bytes = cast<ShapedType>(op.getWeights()[0].getType());
  return llvm::all_of(out.getShape().drop_back(),
                      [](int64_t extent) { return extent == 1; }) &&
         !bytes.isDynamicDim(1) && bytes.getDimSize(1) <= kMostTiles;
}

/// What the number of tokens leaves of the kernels.
std::string describeKernel(BitLinearOp op, Value out) {
  int64_t tokens = cast<MemRefType>(out.getType()).getDimSize(0);
  StringRef many = isForPrefill(op) ? "wgmma" : "mma.sync";
  if (ShapedType::isDynamic(tokens))
    return ("decode or " + many).str();
  return tokens <= kGPUFewTokens ? "decode" : many.str();
}

LogicalResult buildBitLinear(GPUKernelBuilder &b, BitLinearOp op) {
  if (!isForGPUKernel(op))
    return failure();
  Value matrix = asMatrix(b, op.getInput());
  Value out = asMatrix(b, op.getInits()[0]);
  remarkKernel(op, "convert-ternary-to-gpu", describeKernel(op, out));
  GPUTile tile = *getGPUTile(op.getPackingAttr());
  Value width = b.mul(b.dim(op.getWeights()[0], 1), tile.columns());
  // What is done to activations may overlap the loads of weights.
  bool overlaps = isForHopper(op);
  Value input = matrix;
  if (getNumParts(elementOf(matrix)) == 1)
    input = padColumns(b, overlaps, matrix, width, tile);
  else if (!splitsInKernel(op))
    input = splitRows(b, overlaps, matrix, width);
  auto multiply = [&] {
    if (isForSingleTokens(op))
      makeByteToken(b, op, input, out)->run();
    else
      Dispatcher(b, op, input, out).run();
  };
  if (b.shapes.overlapLaunches || (overlaps && input != matrix))
    b.overlapLaunches(multiply);
  else
    multiply();
  if (input != matrix)
    b.free(input);
  return success();
}

} // namespace

Value ternary::splitRows(GPUKernelBuilder &b, bool allowsNext, Value input,
                         Value width) {
  Value rows = b.mul(b.dim(input, 0), kFloatParts);
  Value split = b.scratch(b.getBF16Type(), {rows, width});
  int64_t size = hasWholeVectors(input, 4) ? 4 : 1;
  forEachPadded(b, allowsNext, input, width, size,
                [&](Value row, Value column, Value x) {
                  for (auto [part, half] : llvm::enumerate(b.splitFloat(x))) {
                    Values at{b.add(b.mul(row, kFloatParts), part), column};
                    if (size == 1)
                      b.store(half, split, at);
                    else
                      b.storeVector(half, split, at);
                  }
                });
  return split;
}

bool ternary::isForHopper(Operation *op) {
  TargetAttr target = getTarget(op);
  return target && target.getIsa() == "sm90";
}

bool ternary::isForGPUKernel(BitLinearOp op) {
  std::optional<GPUTile> tile = getGPUTile(op.getPackingAttr());
  return tile && !op.getWeights().empty() && !op.getRoundOperands() &&
         isForElement(*tile, elementOf(op.getInput())) &&
         isMatrix(op.getInput()) && isMatrix(op.getInits()[0]) &&
         hasWholeRuns(op, *tile) && hasScalesOfOneKind(op) && fitsWords(op) &&
         llvm::all_of(op->getOperands(), isContiguousInRows);
}

void ternary::populateBitLinearKernels(RewritePatternSet &patterns,
                                       const GPUShapes &shapes) {
  patterns.add<LowerToGPUKernel<BitLinearOp>>(patterns.getContext(),
                                              buildBitLinear, shapes);
}
