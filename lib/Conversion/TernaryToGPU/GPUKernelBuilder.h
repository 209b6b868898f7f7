//===- GPUKernelBuilder.h - Vocabulary of the GPU kernels -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_GPUKERNELBUILDER_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_GPUKERNELBUILDER_H

#include "../TernaryToVector/KernelBuilder.h"

#include "ternary/IR/GPUTile.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/BuiltinOps.h"

namespace ternary {

/// Threads of a warp.
constexpr int64_t kWarp = 32;
/// Digits that keep their place at the top of a byte are multiples of 2^6, and
/// so are products of them.
constexpr int64_t kRaisedBits = 6;

/// As many bf16 are needed for an f32 to be their sum.
constexpr int64_t kFloatParts = 3;

/// How a block of threads for few tokens is cut.
struct DecodeShape {
  int64_t warps;
  /// Tiles of rows per warp.
  int64_t rowTiles;
  /// So many blocks of a multiprocessor stay and take tiles of rows in turns;
  /// or 0, where each block has some of its own.
  int64_t staying = 0;

  /// For the sums of a round and those of the next one.
  int64_t buffers() const { return staying == 0 ? 1 : 2; }
};

/// The same for many tokens.
struct PrefillShape {
  /// Groups of warps, of 64 rows each.
  int64_t groups;
  /// As many times as many groups share the slabs of columns.
  int64_t splits;
  int64_t tokens;
  int64_t stages;
  /// Blocks of a cluster, which share the columns of what is left behind whole
  /// rounds of all multiprocessors.
  int64_t shares = 1;
};

/// What is not chosen from the layer.
struct GPUShapes {
  std::optional<DecodeShape> decode;
  std::optional<PrefillShape> prefill;
  /// Programmatic dependent launch of the kernels that know it.
  bool overlapLaunches = false;
};

/// Emits launches of kernels and what threads do in them.
class GPUKernelBuilder : public KernelBuilder {
public:
  GPUKernelBuilder(mlir::Operation *op, mlir::OpBuilder &builder,
                   const GPUShapes &shapes = {})
      : KernelBuilder(op, builder), shapes(shapes),
        module(op->getParentOfType<mlir::ModuleOp>()) {}

  const GPUShapes shapes;

  /// A kernel of `blocks` x `blocksY` blocks of `threads` threads. `body` gets
  /// the indices of block and thread.
  struct Place {
    mlir::Value block, blockY, thread;
  };
  struct LaunchOptions {
    /// For `sharedBase`.
    int64_t sharedBytes = 0;
    /// Neighbours in `blocks` that are a cluster.
    int64_t clusterSize = 1;
    /// At least so many blocks fit a multiprocessor: threads get no more
    /// registers than that leaves them. 0 is any number.
    int64_t blocksPerProcessor = 0;
  };
  void launch(mlir::Value blocks, mlir::Value blocksY, int64_t threads,
              llvm::function_ref<void(const Place &)> body,
              const LaunchOptions &options);
  void launch(mlir::Value blocks, mlir::Value blocksY, int64_t threads,
              llvm::function_ref<void(const Place &)> body) {
    launch(blocks, blocksY, threads, body, LaunchOptions());
  }
  /// The launches that `body` emits may overlap the end of the kernel before.
  /// They call `waitForLastLaunch` before they read what it stores.
  void overlapLaunches(llvm::function_ref<void()> body);
  bool areLaunchesOverlapping() const { return isOverlapping; }
  /// Threads, in blocks of 256, that take `reads` indices from 0 to `count`
  /// each. `load` reads what one needs and returns what is done with it then,
  /// so that several reads are on their way at once. All threads do that, some
  /// with the last index in the place of one that does not exist: they store
  /// nothing. The first ones call `one` with the indices from 0 to `rest`,
  /// which is at most 256.
  static constexpr int64_t kStreamThreads = 256;
  using Finish = std::function<void(mlir::Value exists)>;
  void launchStream(mlir::Value count, int64_t reads,
                    llvm::function_ref<Finish(mlir::Value)> load,
                    mlir::Value rest = {},
                    llvm::function_ref<void(mlir::Value)> one = {});
  /// One thread, of blocks of 256, for each index from 0 to `count`.
  void launchThreads(mlir::Value count, Body body);

  // Inside of a launch.
  const Place &place() const { return here; }
  /// The index of the first thread of the block, in the read of `launchStream`
  /// that is finished.
  mlir::Value firstOfRead() const { return readBegin; }
  /// An array that the threads of a block share.
  mlir::Value shared(mlir::Type element, llvm::ArrayRef<int64_t> shape);
  /// Where the shared bytes of the launch begin, in that address space: a
  /// multiple of 16.
  mlir::Value sharedBase();
  /// An array in the shared bytes of the launch, from byte `offset` on.
  mlir::Value sharedView(mlir::Type element, llvm::ArrayRef<int64_t> shape,
                         int64_t offset = 0);
  /// Copies so many elements as one vector of 16 bytes, at multiples of 16.
  void copyVector(mlir::Value from, mlir::ValueRange fromAt, mlir::Value to,
                  mlir::ValueRange toAt, int64_t count);
  /// Starts a copy of 16 bytes, from a memref to an address of shared memory.
  void copyAsync(mlir::Value memref, mlir::ValueRange at, mlir::Value address);
  /// The same of 4, 8 or 16 bytes to a memref in shared memory; zeros where
  /// `isInside` is false: nothing has to be there then.
  void copyAsync(mlir::Value from, mlir::ValueRange fromAt, mlir::Value to,
                 mlir::ValueRange toAt, int64_t bytes, mlir::Value isInside);
  /// Stores the elements of a vector, at `at` and behind in the last axis, that
  /// the memref of rank 2 has: at once if `isWhole` says that it has all of
  /// them or none, at a multiple of their size.
  void storeInside(mlir::Value lanes, mlir::Value memref, mlir::ValueRange at,
                   bool isWhole);
  /// memref[at] += value, whatever other threads add; nothing is ordered by it.
  void atomicAdd(mlir::Value value, mlir::Value memref, mlir::ValueRange at);
  /// Stores four tiles of 8 x 8 halves, each pair of a row in a lane, turned: a
  /// column is 16 bytes at the address that a lane gives for it.
  void storeTransposed(llvm::ArrayRef<mlir::Value> words, mlir::Value address);
  /// Four words at an address of shared memory.
  Values loadShared(mlir::Value address);
  void storeShared(llvm::ArrayRef<mlir::Value> words, mlir::Value address);
  /// The same in that block of the cluster.
  void storeShared(llvm::ArrayRef<mlir::Value> words, mlir::Value address,
                   mlir::Value block);
  /// PTX with operands $0 .. for the results and behind them those for the
  /// operands. It stays in order with what touches memory.
  Values assembly(llvm::StringRef text, llvm::StringRef constraints,
                  mlir::Type result, int64_t numResults,
                  mlir::ValueRange operands, bool hasSideEffects = true);
  /// Lets the next kernel begin, if it is to overlap this one.
  void allowNextLaunch();
  /// Waits for the end of the kernel before and for what it stored, if this one
  /// overlaps it.
  void waitForLastLaunch();
  /// Waits for all threads of the block, and for what they stored.
  void barrier();
  /// The same of the cluster, in two steps.
  void arriveInCluster();
  void waitForCluster();
  void ifThen(mlir::Value condition, llvm::function_ref<void()> then);
  using Combine = llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)>;
  /// What `combine` makes of the numbers of such lanes, in one order; each of
  /// them gets it.
  mlir::Value combineOverLanes(mlir::Value x, llvm::ArrayRef<int64_t> lanes,
                               Combine combine);
  /// The same of all `threads` of the block, by way of shared memory.
  mlir::Value combineOverBlock(mlir::Value x, mlir::Value thread,
                               int64_t threads, Combine combine);
  /// The sum over lanes whose numbers differ in the bits of `lanes` alone; each
  /// of them gets it.
  mlir::Value sumOverLanes(mlir::Value x, llvm::ArrayRef<int64_t> lanes);
  /// `x` of the lane whose number differs in the bits of `lanes`.
  mlir::Value exchangeLanes(mlir::Value x, int64_t lanes);
  /// 16 bytes, at a multiple of 16 bytes, as four words.
  Values loadWords(mlir::Value memref, mlir::ValueRange at);
  /// A vector of elements, at a multiple of its size or of 16 bytes.
  mlir::Value loadVector(mlir::Value memref, mlir::ValueRange at, int64_t size);
  void storeVector(mlir::Value vector, mlir::Value memref, mlir::ValueRange at);
  /// Stores so many words of each of the 256 threads of a block of
  /// `launchStream`, as bytes that follow each other from `begin` on up to
  /// `end`. Every thread takes part. They go through shared memory, so that
  /// what the lanes of a warp store at once has no gaps.
  void storeBlock(mlir::ValueRange words, mlir::Value memref, mlir::Value begin,
                  mlir::Value end);
  /// Words as a vector of bytes.
  mlir::Value joinWords(mlir::ValueRange words);
  /// Four bytes, at a multiple of 4 bytes, as a word.
  mlir::Value loadWord(mlir::Value memref, mlir::ValueRange at);
  /// 16 bytes, at a multiple of 16 bytes, that are read once: they do not stay
  /// in L1. They are loaded in front of a wait for the last launch.
  Values streamWords(mlir::Value memref, mlir::ValueRange at);

  /// A word times a constant.
  mlir::Value mulWords(mlir::Value word, int64_t factor);
  /// A word of i32 as four bytes, and back.
  mlir::Value bytesOf(mlir::Value word);
  mlir::Value wordOf(mlir::Value bytes);

  /// A digit of each byte of a word in two's complement, `kRaisedBits` up.
  mlir::Value raiseDigit(mlir::Value word, int64_t digit);

  /// Two trits of a word, each at the top of its half: 2 t as an f16 and as a
  /// bf16, whose sign and first bit of the exponent are the digit's.
  mlir::Value raiseHalves(mlir::Value word, int64_t digit);

  /// `kFloatParts` bf16 whose sum is an f32, scalars or vectors alike. Each is
  /// cut off what is left, which has eight bits less: nothing is lost (but
  /// below 2^-133). What is not finite is the last one, behind its sign as 1 or
  /// -1 and behind 0: in products of parts of two f32 whose numbers add up to
  /// less than `kFloatParts` no infinity meets a 0 but that of a factor 0.
  Values splitFloat(mlir::Value x);

  /// sums += a tile of 16 x 32 bytes times 8 columns of 32 bytes, by the tensor
  /// cores: fragments as mma.sync.m16n8k32 has them.
  void multiplyBytes(llvm::ArrayRef<mlir::Value> left,
                     llvm::ArrayRef<mlir::Value> right,
                     llvm::MutableArrayRef<mlir::Value> sums);
  /// The same of 16 x 16 and 16 x 8 elements of f16 or bf16, with sums of f32.
  void multiplyHalves(mlir::Type element, llvm::ArrayRef<mlir::Value> left,
                      llvm::ArrayRef<mlir::Value> right,
                      llvm::MutableArrayRef<mlir::Value> sums);

private:
  void stream(mlir::Value count, int64_t reads,
              llvm::function_ref<Finish(mlir::Value)> load);
  mlir::Value sharedMemory();
  mlir::Value addressOf(mlir::Value memref, mlir::ValueRange at);
  /// An address as a pointer of global or shared memory.
  enum class Space { global = 1, shared = 3, cluster = 7 };
  mlir::Value pointerTo(Space space, mlir::Value address);
  void storeWords(llvm::ArrayRef<mlir::Value> words, mlir::Value pointer);

  mlir::ModuleOp module;
  mlir::gpu::LaunchOp kernel;
  bool isOverlapping = false;
  Place here;
  mlir::Value readBegin;
};

/// Whether a value is no memref, or one whose elements follow each other.
bool isDense(mlir::Value value);
/// Such a memref as one of rank 1.
mlir::Value asVector(GPUKernelBuilder &b, mlir::Value memref);
/// The elements of vectors of 16 bytes of a memref, or of as many as divide
/// `count`.
int64_t vectorLanes(mlir::Value memref, int64_t count);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_GPUKERNELBUILDER_H
