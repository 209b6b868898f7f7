//===- Prefill.h - The kernel of many tokens --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_PREFILL_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_PREFILL_H

#include "GPUKernels.h"
#include "Wgmma.h"

namespace ternary {

constexpr int64_t kTileRows = kGPUTileRows;
/// Bytes of weights of a warp's tile.
constexpr int64_t kTileBytes = 512;

/// A shape, and what follows from it.
struct PrefillBlock : PrefillShape {
  /// `parts` rows of activations per token.
  PrefillBlock(PrefillShape shape, int64_t parts, int64_t slabColumns)
      : PrefillShape(shape), parts(parts), slabColumns(slabColumns) {}

  int64_t parts, slabColumns;

  /// Slabs of 128 bytes of a token per tile of columns.
  int64_t slabsPerTile() const { return kGPUTileColumns / slabColumns; }

  /// Of a split.
  int64_t threads() const { return groups * kGroupWarps * kWarp; }
  int64_t rows() const { return groups * kGroupWarps * kTileRows; }
  int64_t inputBytes() const { return parts * tokens * kSlabBytes; }
  int64_t weightBytes() const { return groups * kGroupWarps * kTileBytes; }
  int64_t ringBytes() const { return stages * (inputBytes() + weightBytes()); }
  /// Tokens of which a block of a cluster finishes the sums that all have.
  int64_t tokensPerShare() const {
    return llvm::alignTo(llvm::divideCeil(tokens, shares), 16);
  }
  /// What it gets of the others.
  int64_t receivedBytes() const {
    return (shares - 1) * tokensPerShare() * rows() * 4;
  }
};

/// Blocks that a multiprocessor has at a time, if they have so many shared bytes
/// beside the rings.
int64_t getPlacesPerProcessor(const PrefillBlock &shape,
                              int64_t otherBytes = 0);

/// Slabs of columns on their way through shared memory: activations of a tile
/// of tokens, and weights.
class PrefillRing {
public:
  /// What is multiplied: so many slabs, `rounds`, of every `tileStep`th tile of
  /// columns, with as many tiles of rows as there are warps, and tokens.
  struct Work {
    mlir::Value rowTile, firstToken, firstTile, tileStep, rounds;
  };

  /// Of a split, each of whose threads takes part.
  PrefillRing(GPUKernelBuilder &builder, const PrefillBlock &shape,
              mlir::Value input, mlir::Value split, mlir::Value thread);

  /// The tile of columns of a round.
  mlir::Value tileOf(const Work &work, mlir::Value round) {
    return b.add(b.mul(b.floorDiv(round, slabsPerTile()), work.tileStep),
                 work.firstTile);
  }
  /// Starts the copies of a round's slab, if there is such a round, and ends
  /// their group.
  void copySlab(mlir::Value weight, const Work &work, mlir::Value round);
  /// Where a slab's activations are, and the lane's weights.
  mlir::Value stageAddress(mlir::Value round);
  mlir::Value weightAddress(mlir::Value round);

private:
  int64_t slabColumns() const { return shape.slabColumns; }
  int64_t slabsPerTile() const { return shape.slabsPerTile(); }
  /// Weights lie behind the activations of a slab, or, where a tile is two
  /// slabs, in a ring of their own behind all stages.
  bool hasWeightRing() const { return slabsPerTile() > 1; }
  int64_t stageBytes() const {
    return shape.inputBytes() + (hasWeightRing() ? 0 : shape.weightBytes());
  }
  mlir::Value word(mlir::Value index);
  void copyActivations(mlir::Value firstToken, mlir::Value firstColumn,
                       mlir::Value address);

  GPUKernelBuilder &b;
  const PrefillBlock &shape;
  mlir::Value input, thread, lane, warp, base;
};

/// The shape for a layer of so many rows, tokens and tiles of columns, which
/// may be dynamic. Blocks are smaller where sums are kept `beside` those of the
/// tensor cores.
PrefillShape choosePrefillShape(int64_t rows, int64_t tokens, int64_t tiles,
                                bool beside);

/// The product of a component with a tile of tokens.
class PrefillProduct {
protected:
  using Values = KernelBuilder::Values;
  using Work = PrefillRing::Work;

  PrefillProduct(GPUKernelBuilder &builder, BitLinearOp op, mlir::Value input,
                 mlir::Value out);

  /// Whether there are sums beside those of the tensor cores.
  bool keepsSums() { return addsRuns || op.getWeights().size() > 1; }
  /// Starts the copies of the first slabs.
  void startCopies();
  /// The product with the component, whose first copies have been started; with
  /// groups as scaled floats.
  Values multiply();
  /// A sum of products of trits, which were larger.
  mlir::Value lowerSum(mlir::Value sum);

  int64_t numSums() const { return shape.tokens / 2; }
  mlir::Type sumType() {
    return isFloat ? mlir::Type(b.getF32Type()) : mlir::Type(b.getI32Type());
  }
  mlir::Value word(int64_t value) { return b.constant(b.getI32Type(), value); }
  mlir::Value word(mlir::Value index) {
    return mlir::arith::IndexCastOp::create(b, b.getI32Type(), index);
  }

  GPUKernelBuilder &b;
  BitLinearOp op;
  mlir::Value input, out;
  /// Of the component that is being computed.
  mlir::Value weight, scale;
  const mlir::Type element;
  const bool isFloat;
  /// Whether what the tensor cores give of a few columns is added elsewhere:
  /// scaled; or by f32 that is rounded, where tensor cores cut.
  const bool isGroupedLayer, addsRuns;
  PrefillBlock shape;
  // What the thread computes.
  mlir::Value split, thread;
  std::optional<PrefillRing> ring;
  Work work;
  /// The lane's two rows.
  Values rows;

private:
  /// What a round multiplies, made in the one before.
  struct Left {
    Values digits, scales;
  };

  PrefillShape chooseBlock();
  /// Slabs that are on their way while one is multiplied.
  int64_t slabsAhead() const { return shape.stages - 1; }
  /// Waits for the threads of the split.
  void waitForSplit();
  Values loadLeft(mlir::Value round);
  /// Columns of a group that are multiplied together in a slab.
  int64_t runColumns();
  int64_t numRuns() { return shape.slabColumns / runColumns(); }
  int64_t stepsPerRun() { return kSteps / numRuns(); }
  Values loadGroupScales(mlir::Value round);
  Left prepareLeft(mlir::Value round);
  static Values join(const Values &sums, const Left &left);
  void unjoin(mlir::ValueRange all, Values &sums, Left &left);
  void multiplySlab(mlir::Value round, Left &left, Values &sums);
  void addSlab(mlir::Value round, const Left &left, Values &sums,
               llvm::function_ref<void()> meanwhile);
  void addEachRun(mlir::Value round, const Left &left, Values &sums,
                  llvm::function_ref<void()> meanwhile);
  std::string getProductText(int64_t left, int64_t right);
  void startProducts(mlir::Value round, llvm::ArrayRef<mlir::Value> left,
                     int64_t first, int64_t count, Values &sums);
};

/// The last steps of a block: times the activation scale, plus the bias,
/// rounded, and stored.
class PrefillOutput {
public:
  using Values = KernelBuilder::Values;

  /// Where a thread is in the block and in its split, and the block in the
  /// output.
  struct Place {
    mlir::Value inBlock, thread, lane, warp, firstToken, firstRow;
    /// The two rows of the lane.
    Values rows;
  };

  /// Loads what is needed at the end: it is on its way meanwhile.
  PrefillOutput(GPUKernelBuilder &builder, BitLinearOp op, mlir::Value out,
                const PrefillBlock &shape, const Place &place);

  /// Tokens whose sums are finished: `count` from `first` on. Shared memory is
  /// free from `offset` on.
  struct Tokens {
    mlir::Value first;
    int64_t count, offset = 0;
  };

  /// Shares among all threads what was loaded, before a barrier.
  void publish();
  /// Finishes the sums of the first split, behind a barrier; threads of the
  /// others wait with it.
  /// Sum 4 j + e of a thread is that of row g + 8 (e / 2) of its warp's tile,
  /// and of token 8 j + 2 t + e % 2 of these tokens, for lane 4 g + t.
  void finish(llvm::ArrayRef<mlir::Value> sums, mlir::Value split,
              const Tokens &tokens);

private:
  using Store = llvm::function_ref<void(mlir::Value y, mlir::Value token,
                                        mlir::Value row)>;

  bool isStaged();
  int64_t rowsPerStore();
  mlir::Value stagingBuffer();
  void stage(llvm::ArrayRef<mlir::Value> sums);
  void stageHalves(llvm::ArrayRef<mlir::Value> sums);
  void storeStaged();
  mlir::Value isBelow(mlir::Value x, mlir::Value end);
  mlir::Value tokenOf(int64_t place);
  void loadFactors();
  Values getFactors(int64_t place);
  void forEachOutput(llvm::ArrayRef<mlir::Value> sums, Store store);

  GPUKernelBuilder &b;
  BitLinearOp op;
  mlir::Value out;
  const PrefillBlock &shape;
  const Place at;
  /// The activation scales of the block's tokens, in shared memory, and the
  /// thread's of them.
  mlir::Value factors, factor;
  /// Of the lane's two rows.
  Values bias;
  /// Those that are finished, and the first of them in the output.
  Tokens tokens;
  mlir::Value firstToken;
};

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_PREFILL_H
