//===- Decode.h - The kernel of few tokens ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_DECODE_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_DECODE_H

#include "GPUKernels.h"

namespace ternary {

/// `bitlinear` of few tokens. A block of threads computes one or more tiles of
/// rows for some tokens; its warps share the tiles of columns:
///
///   for each of the warp's tiles: load the weights of all of them
///     for each component: multiply
///   sum over the lanes of a row, and over warps by shared memory
///   scale, bias, round, store
///
/// Where there are more tiles of rows than places for blocks, these may stay: a
/// block takes one after the other, and loads the weights of the next while it
/// multiplies.
///
/// How a tile is multiplied is a subclass's.
class DecodeKernel {
public:
  virtual ~DecodeKernel() = default;
  void run();

protected:
  using Values = KernelBuilder::Values;
  using Place = GPUKernelBuilder::Place;

  /// `input` is `[M, K]` with whole tiles of columns, or three rows per token;
  /// `out` `[M, N]`. `tokens` per block: 1, or a multiple of 8.
  DecodeKernel(GPUKernelBuilder &builder, BitLinearOp op, mlir::Value input,
               mlir::Value out, int64_t tokens);

  /// Accumulators of a lane for a tile of rows, and their type.
  virtual int64_t sumsPerTile() = 0;
  virtual mlir::Type accumulatorType() { return sumType(); }
  /// The scales of the lane's two rows in a tile of columns, by runs of columns
  /// that `addTile` scales. They are loaded with the weights.
  struct GroupScales {
    Values rows[2];
  };
  virtual GroupScales loadGroupScales(int64_t s, mlir::Value tile);
  /// What all threads do to activations, while weights are on their way.
  virtual void prepareActivations() {}
  /// What the lane multiplies with a tile of columns.
  virtual Values loadActivations(mlir::Value tile) = 0;
  /// sums += the words of weights, of component and tile of rows `s`, times
  /// these activations.
  virtual void addTile(llvm::ArrayRef<mlir::Value> words,
                       llvm::ArrayRef<mlir::Value> x, mlir::Value tile,
                       int64_t s, llvm::MutableArrayRef<mlir::Value> sums) = 0;
  /// Puts the warp's sums of `s` into the buffer.
  virtual void storeSums(llvm::ArrayRef<mlir::Value> sums, int64_t s) = 0;

  // What subclasses share.

  /// The scale of the lane's row 0 or 1 of component and tile of rows `s`, in
  /// the group of a column.
  mlir::Value loadGroupScale(int64_t s, int64_t half, mlir::Value column);
  /// The type of a finished sum.
  mlir::Type sumType();
  /// The tiles of columns of a warp, if it has all of them at once.
  std::optional<int64_t> heldTiles();
  int64_t numComponents() { return op.getWeights().size(); }
  int64_t numSums() { return numComponents() * shape.rowTiles; }
  /// The token of the lane's column of a fragment of eight, or the last one.
  mlir::Value tokenOf(int64_t tokenTile);
  /// Stores one sum for each of the lane's two rows, in lanes that are the
  /// first of a row.
  void storeRows(llvm::ArrayRef<mlir::Value> rows, int64_t s);
  /// Stores fragments of mma, one per eight tokens; by `lowerSum`, if they are
  /// not yet.
  void storeFragments(llvm::ArrayRef<mlir::Value> sums, int64_t s,
                      bool isLowered);
  /// A sum of fragments, of trits that were larger, as it is.
  virtual mlir::Value lowerSum(mlir::Value sum) { return sum; }
  /// sums += for each run of columns of a tile that are scaled alike: what
  /// `multiply` adds to zeros of `type`, scaled if there are groups; integers
  /// are lowered, floats not yet.
  void addRuns(mlir::Type type,
               llvm::function_ref<void(int64_t first, int64_t end,
                                       llvm::MutableArrayRef<mlir::Value>)>
                   multiply,
               llvm::MutableArrayRef<mlir::Value> sums);

  GPUKernelBuilder &b;
  BitLinearOp op;
  mlir::Value input, out;
  const int64_t perBlock;
  const bool isGroupedLayer;
  const GPUTile order;
  DecodeShape shape;
  /// The lane is 4 * quad + part.
  mlir::Value warp, lane, quad, part;
  mlir::Value firstToken, lastToken;
  Values rowTiles;
  /// Of the tile that is added, in a layer with groups.
  GroupScales groupScales;

private:
  /// What a thread finishes: the sum of a row and token, and its factors.
  struct Output {
    /// In the sums of a warp.
    mlir::Value place;
    mlir::Value isInside, token, row;
    /// Of the components, null where it is multiplied already.
    Values scales;
    mlir::Value factor;
  };

  /// Columns of a tile that are scaled alike.
  int64_t runColumns();
  Values scaleIndexOf(int64_t s, int64_t half, mlir::Value group);
  Values loadRowScales(int64_t s, mlir::Value tile, int64_t half);
  void chooseShape();
  /// One token of int8, without groups and components.
  bool isDot();
  int64_t chooseStaying();
  bool loadsFirst();
  bool hasExponents();
  /// So many blocks shall fit a multiprocessor, where that lets all be there at
  /// a time: ptxas takes more registers by itself. 0 is any number.
  int64_t leastBlocks();
  void startBlock(const Place &at);
  void takeRowTiles(mlir::Value number);
  void runBlock(const Place &at);
  void runStaying(const Place &at, int64_t blocks);
  void finishRowTiles(llvm::ArrayRef<mlir::Value> sums);
  Values ownTiles();
  Values addTiles();
  llvm::SmallVector<Values> loadTile(mlir::Value tile);
  void copyTile(int64_t i, mlir::Value tile, mlir::Value exists);
  llvm::SmallVector<Values> takeTile(int64_t i, int64_t pending);
  void addWords(llvm::ArrayRef<Values> words, llvm::ArrayRef<mlir::Value> x,
                mlir::Value tile, const GroupScales *scales, Values &sums);
  void addTogether(llvm::ArrayRef<mlir::Value> tiles,
                   llvm::function_ref<void()> meanwhile, Values &sums);
  void waitForActivations();
  void prepareOutputs(mlir::Value thread);
  void loadFactors();
  Output prepareOutput(mlir::Value i, int64_t count);
  void finish(const Output &output);
  mlir::Value sumOverWarps(mlir::Value place);

  mlir::Value numRowTiles, numTiles;
  /// buffer[firstOfBuffer + warp][s][token][row] = a warp's sums.
  mlir::Value buffer, firstOfBuffer;
  /// ring[warp][tile of columns and s][lane] = 16 bytes of weights.
  mlir::Value ring;
  llvm::SmallVector<Output> outputs;
  int64_t staticTiles;
};

/// More tokens by tensor cores, whose sums are a fragment for each eight of
/// them. `Kernel` has `loadToken`, two words for each digit of a byte.
template <typename Kernel> class FragmentKernel : public Kernel {
protected:
  using Kernel::Kernel;
  using typename DecodeKernel::Values;

  /// sums += the trits of a digit times all tokens.
  void multiplyDigit(llvm::ArrayRef<mlir::Value> trits,
                     llvm::ArrayRef<mlir::Value> x, int64_t digit,
                     llvm::MutableArrayRef<mlir::Value> sums) {
    int64_t words = x.size() / tokenTiles();
    for (int64_t i = 0; i < tokenTiles(); ++i)
      this->b.multiplyBytes(trits, x.slice(words * i + 2 * digit, 2),
                            sums.slice(4 * i, 4));
  }

private:
  int64_t tokenTiles() const { return this->perBlock / 8; }
  int64_t sumsPerTile() override { return 4 * tokenTiles(); }

  Values loadActivations(mlir::Value tile) override {
    Values x;
    for (int64_t i = 0; i < tokenTiles(); ++i)
      x.append(this->loadToken(this->tokenOf(i), tile));
    return x;
  }
};

/// One token of int8 activations, by dp4a.
std::unique_ptr<DecodeKernel> makeByteToken(GPUKernelBuilder &builder,
                                            BitLinearOp op, mlir::Value input,
                                            mlir::Value out);
/// More of them, by tensor cores.
std::unique_ptr<DecodeKernel> makeByteTokens(GPUKernelBuilder &builder,
                                             BitLinearOp op, mlir::Value input,
                                             mlir::Value out, int64_t tokens);
/// Tokens of int8 and weights of base 3. The columns of `input` are a multiple
/// of kDigits3Columns, and no whole tiles then.
constexpr int64_t kDigits3Columns = 8;
std::unique_ptr<DecodeKernel> makeDigits3(GPUKernelBuilder &builder,
                                          BitLinearOp op, mlir::Value input,
                                          mlir::Value out, int64_t tokens);
/// Tokens of f16 or bf16, or of f32 as three rows of bf16 each, by tensor
/// cores.
std::unique_ptr<DecodeKernel> makeHalfTokens(GPUKernelBuilder &builder,
                                             BitLinearOp op, mlir::Value input,
                                             mlir::Value out, int64_t tokens);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_DECODE_H
