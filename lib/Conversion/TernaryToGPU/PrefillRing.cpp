//===- PrefillRing.cpp - Slabs on their way to the tensor cores -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Prefill.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

PrefillRing::PrefillRing(GPUKernelBuilder &b, const PrefillBlock &shape,
                         Value input, Value split, Value thread)
    : b(b), shape(shape), input(input), thread(thread),
      lane(b.rem(thread, kWarp)), warp(b.floorDiv(thread, kWarp)),
      base(b.add(swizzledBase(b), b.mulWords(word(split), shape.ringBytes()))) {
}

Value PrefillRing::word(Value index) {
  return arith::IndexCastOp::create(b, b.getI32Type(), index);
}

Value PrefillRing::stageAddress(Value round) {
  Value stage = word(b.rem(round, shape.stages));
  return b.add(base, b.mulWords(stage, stageBytes()));
}

Value PrefillRing::weightAddress(Value round) {
  Value inStage = b.add(b.mul(warp, kTileBytes), b.mul(lane, 16));
  if (!hasWeightRing())
    return b.add(stageAddress(round), word(b.add(inStage, shape.inputBytes())));
  Value stage = b.rem(b.floorDiv(round, slabsPerTile()), shape.stages);
  inStage = b.add(inStage, b.mul(stage, shape.weightBytes()));
  return b.add(base, word(b.add(inStage, shape.stages * stageBytes())));
}

void PrefillRing::copySlab(Value weight, const Work &work, Value round) {
  Value inside = b.compare(arith::CmpIPredicate::ult, round, work.rounds);
  b.ifThen(inside, [&] {
    Value tile = tileOf(work, round);
    Value slab =
        b.add(b.mul(tile, slabsPerTile()), b.rem(round, slabsPerTile()));
    copyActivations(work.firstToken, b.mul(slab, slabColumns()),
                    stageAddress(round));
    Value begins = b.compare(arith::CmpIPredicate::eq,
                             b.rem(round, slabsPerTile()), b.index(0));
    b.ifElse(
        begins,
        [&] {
          Value lastTile = b.sub(b.dim(weight, 0), b.index(1));
          Value rowTile = b.min(b.add(work.rowTile, warp), lastTile);
          b.copyAsync(weight, {rowTile, tile, lane, b.index(0)},
                      weightAddress(round));
        },
        [] {});
  });
  NVVM::CpAsyncCommitGroupOp::create(b);
}

/// Tokens behind the last one are copies of it.
void PrefillRing::copyActivations(Value firstToken, Value firstColumn,
                                  Value address) {
  constexpr int64_t kPerRow = kSlabBytes / 16;
  Value lastToken = b.sub(b.floorDiv(b.dim(input, 0), shape.parts), b.index(1));
  int64_t chunks = shape.parts * shape.tokens * kPerRow;
  for (int64_t first = 0; first < chunks; first += shape.threads()) {
    // Threads behind the last chunk copy it, too.
    Value chunk = b.add(thread, first);
    if (first + shape.threads() > chunks)
      chunk = b.min(chunk, b.index(chunks - 1));
    Value row = b.floorDiv(chunk, kPerRow), column = b.rem(chunk, kPerRow);
    Value place = swizzledPlace(b, row, column);
    Value token = b.add(firstToken, b.rem(row, shape.tokens));
    Value inputRow = b.add(b.mul(b.min(token, lastToken), shape.parts),
                           b.floorDiv(row, shape.tokens));
    Value inputColumn =
        b.add(firstColumn, b.mul(column, slabColumns() / kPerRow));
    b.copyAsync(input, {inputRow, inputColumn}, b.add(address, word(place)));
  }
}
