//===- Storage.cpp - GPU kernels of pack, unpack and repack ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Trits whose rows follow each other without a gap on both sides are moved as
// one long row, in chunks of whole words of both; tiles of kernels by tiles,
// and quarters of the rows in step.
//
//===----------------------------------------------------------------------===//

#include "GPUKernels.h"
#include "Planes.h"
#include "Tiles.h"

#include "../TernaryToVector/Rounding.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

namespace {

/// Elements that become trits when they are packed.
class Elements {
public:
  Elements(GPUKernelBuilder &b, Value memref, bool takeSigns)
      : b(b), memref(asVector(b, memref)), takeSigns(takeSigns) {}

  int64_t chunk() const { return 16; }

  Values load(Value first, int64_t count) {
    int64_t lanes = vectorLanes(memref, count);
    Values vectors;
    for (int64_t i = 0; i < count; i += lanes)
      vectors.push_back(b.loadVector(memref, {b.add(first, i)}, lanes));
    return vectors;
  }

  Values decode(ValueRange loaded, int64_t) {
    Values words;
    for (Value x : loaded)
      llvm::append_range(words, wordsOf(b, toTritBytes(b, x, takeSigns)));
    return words;
  }

  Value loadTrit(Value number, Value) {
    Value x = b.broadcast(b.load(memref, {number}), 1);
    return vector::ExtractOp::create(b, toTritBytes(b, x, takeSigns), 0);
  }

private:
  GPUKernelBuilder &b;
  Value memref;
  bool takeSigns;
};

/// What a source has loaded as the bytes of a target.
template <typename Source>
Values toBytes(Source &source, ValueRange loaded, int64_t count,
               const TritMemory &target) {
  return target.encode(source.decode(loaded, count), /*areCodes=*/false);
}
/// From code to code, without a look at trits.
template <>
Values toBytes(TritMemory &source, ValueRange loaded, int64_t count,
               const TritMemory &target) {
  if (source.isPacked() && target.isPacked())
    return source.recode(loaded, count, target);
  return target.encode(source.decode(loaded, count), /*areCodes=*/false);
}

/// `total` trits from one to the other.
template <typename Source>
void move(GPUKernelBuilder &b, Source source, TritMemory target, Value total) {
  // Vectors of 16 bytes of both, if that is not too much.
  constexpr int64_t kVector = 16, kMost = 80;
  int64_t chunk = std::lcm(std::lcm(source.chunk(), target.chunk()), kVector);
  int64_t bytes = chunk / target.digits();
  int64_t reads = chunk < kMost ? 4 : bytes <= 2 * kVector ? 2 : 1;
  // What a thread stores is a vector, or goes through shared memory.
  bool isVector = chunk < kMost || bytes == kVector;
  Value count = b.floorDiv(total, chunk), begin = b.mul(count, chunk);
  auto load = [&](Value i) -> GPUKernelBuilder::Finish {
    Value first = b.mul(i, chunk);
    Values loaded = source.load(first, chunk);
    return [&, first, loaded](Value exists) {
      auto convert = [&] { return toBytes(source, loaded, chunk, target); };
      if (!isVector)
        return target.storeBlock(convert(), chunk, count);
      b.ifThen(exists, [&] { target.storeBytes(convert(), first); });
    };
  };
  auto moveOne = [&](Value i) {
    target.storeElement(i, begin, total, [&](Value number) {
      return source.loadTrit(number, total);
    });
  };
  b.launchStream(count, reads, load, target.elementsFrom(begin, total),
                 moveOne);
}

ArrayRef<int64_t> shapeOf(Value matrix) {
  return cast<MemRefType>(matrix.getType()).getShape();
}

void moveFromTiles(GPUKernelBuilder &b, TileMemory source, TritMemory target,
                   int64_t columns) {
  source.read(/*count=*/16, [&](ValueRange words, TileMemory::Place at) {
    target.store(words, b.add(b.mul(at.row, columns), at.column));
  });
}

Value product(GPUKernelBuilder &b, ArrayRef<OpFoldResult> shape) {
  Value total = b.index(1);
  for (OpFoldResult extent : shape)
    total =
        b.mul(total, getValueOrCreateConstantIndexOp(b, b.getLoc(), extent));
  return total;
}

template <typename Source>
void packElements(GPUKernelBuilder &b, Source source, PackOp op) {
  Value bytes = op.getInits()[0], input = op.getInput();
  ArrayRef<int64_t> shape = shapeOf(input);
  SmallVector<OpFoldResult> sizes = memref::getMixedSizes(b, b.getLoc(), input);
  if (TileMemory::isTiles(bytes, op.getPacking())) {
    TritFields<Source> rows(b, source, sizes[1]);
    return TileMemory(b, bytes, op.getPacking()).write(rows, sizes);
  }
  if (PlaneMemory::takes(bytes, op.getPacking(), shape)) {
    PlaneMemory planes(b, bytes, op.getPacking());
    constexpr int64_t kTrits = PlaneMemory::kTrits;
    return planes.write([&](Value first) {
      Values words = source.decode(source.load(first, kTrits), kTrits);
      for (Value &word : words)
        word = toCodes(b, word, planes.codes());
      return words;
    });
  }
  move(b, source, TritMemory(b, bytes, op.getPacking()), product(b, sizes));
}

LogicalResult buildPack(GPUKernelBuilder &b, PackOp op) {
  if (!hasStorageKernel(op))
    return failure();
  Value input = op.getInput();
  bool takeSigns = op.getConversion() == Conversion::Sign;
  if (elementOf(input).isInteger(8) && !takeSigns)
    packElements(b, TritMemory(b, input, {}), op);
  else
    packElements(b, Elements(b, input, takeSigns), op);
  return success();
}

LogicalResult buildUnpack(GPUKernelBuilder &b, UnpackOp op) {
  if (!hasStorageKernel(op))
    return failure();
  Value out = op.getInits()[0], bytes = op.getBytes();
  TritMemory target(b, out, {});
  if (TileMemory::takes(bytes, op.getPacking(), shapeOf(out)))
    moveFromTiles(b, TileMemory(b, bytes, op.getPacking()), target,
                  shapeOf(out)[1]);
  else if (PlaneMemory::takes(bytes, op.getPacking(), shapeOf(out)))
    PlaneMemory(b, bytes, op.getPacking())
        .read({-1, 0, 1}, [&](ValueRange words, Value first) {
          target.store(words, first);
        });
  else
    move(b, TritMemory(b, bytes, op.getPacking()), target,
         product(b, memref::getMixedSizes(b, b.getLoc(), out)));
  return success();
}

/// Fields of two bits to and from planes.
void repackPlanes(GPUKernelBuilder &b, PlaneMemory source, TritMemory target) {
  source.read(target.codes(), [&](ValueRange codes, Value first) {
    target.storeCodes(codes, first);
  });
}
void repackPlanes(GPUKernelBuilder &b, TritMemory source, PlaneMemory target) {
  constexpr int64_t kTrits = PlaneMemory::kTrits;
  target.write([&](Value first) {
    return source.decode(source.load(first, kTrits), kTrits, target.codes());
  });
}

LogicalResult buildRepack(GPUKernelBuilder &b, RepackOp op) {
  if (!hasStorageKernel(op))
    return failure();
  Value bytes = op.getBytes(), out = op.getInits()[0];
  ArrayRef<int64_t> shape = op.getStaticShape();
  PackingAttrInterface from = op.getSource(), to = op.getPacking();
  if (TileMemory::takes(bytes, from, shape))
    TileMemory(b, bytes, from).readFields(out, *getDigitRuns(to), shape[1]);
  else if (TileMemory::isTiles(out, to))
    TileMemory(b, out, to)
        .write(*FieldRows::get(b, bytes, from, op.getMixedShape()[1]),
               op.getMixedShape());
  else if (PlaneMemory::takes(bytes, from, shape))
    repackPlanes(b, PlaneMemory(b, bytes, from), TritMemory(b, out, to));
  else if (PlaneMemory::takes(out, to, shape))
    repackPlanes(b, TritMemory(b, bytes, from), PlaneMemory(b, out, to));
  else
    move(b, TritMemory(b, bytes, from), TritMemory(b, out, to),
         product(b, op.getMixedShape()));
  return success();
}

} // namespace

/// Whether there is a way from one to the other; `from` is null for elements,
/// which are trits or become some.
static bool canMove(Value from, PackingAttrInterface source, Value to,
                    PackingAttrInterface target, ArrayRef<int64_t> shape) {
  auto isFlat = [&](Value memref, PackingAttrInterface packing) {
    return !memref || (TritMemory::takes(memref, packing) &&
                       TritMemory::isFlat(packing, shape[1]));
  };
  // They take runs at words of bytes.
  auto isAligned = [&](Value memref, PackingAttrInterface packing) {
    std::optional<DigitRuns> runs = getDigitRuns(packing);
    return isFlat(memref, packing) && (!runs || runs->radix == 4);
  };
  auto isBlocked = [&](Value memref, PackingAttrInterface packing) {
    return memref && (TileMemory::takes(memref, packing, shape) ||
                      PlaneMemory::takes(memref, packing, shape));
  };
  if (TileMemory::isTiles(to, target))
    return !from || FieldRows::takes(from, source, shape);
  if (isBlocked(to, target))
    return isAligned(from, source);
  if (isBlocked(from, source))
    return isAligned(to, target);
  return isFlat(from, source) && isFlat(to, target);
}

bool ternary::hasStorageKernel(Operation *op) {
  if (auto pack = dyn_cast<PackOp>(op)) {
    Value input = pack.getInput();
    return !pack.getScales() && isDense(input) && rankOf(input) == 2 &&
           canMove({}, {}, pack.getInits()[0], pack.getPacking(),
                   shapeOf(input));
  }
  if (auto unpack = dyn_cast<UnpackOp>(op)) {
    Value out = unpack.getInits()[0];
    return unpack.getInits().size() == 1 &&
           canMove(unpack.getBytes(), unpack.getPacking(), out, {},
                   shapeOf(out));
  }
  if (auto repack = dyn_cast<RepackOp>(op))
    return !repack.getScales() &&
           canMove(repack.getBytes(), repack.getSource(), repack.getInits()[0],
                   repack.getPacking(), repack.getStaticShape());
  return false;
}

void ternary::populateStorageGPUKernels(RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns.add<LowerToGPUKernel<PackOp>>(context, buildPack, GPUShapes());
  patterns.add<LowerToGPUKernel<UnpackOp>>(context, buildUnpack, GPUShapes());
  patterns.add<LowerToGPUKernel<RepackOp>>(context, buildRepack, GPUShapes());
}
