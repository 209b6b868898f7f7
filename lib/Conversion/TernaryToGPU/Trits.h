//===- Trits.h - Trits in the registers of a GPU ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Four neighbouring trits of a row are the bytes of a word, which is a
// register: they are decoded and encoded four at a time.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_TRITS_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_TRITS_H

#include "GPUKernelBuilder.h"

#include "ternary/IR/Panel.h"

namespace ternary {

/// Trits `[N, K]` in memory: as bytes of their own, or packed by runs.
class TritMemory {
public:
  /// Whether there are kernels for it.
  static bool takes(mlir::Value memref, PackingAttrInterface packing);

  TritMemory(GPUKernelBuilder &b, mlir::Value memref,
             PackingAttrInterface packing)
      : b(b), memref(asVector(b, memref)), packing(packing),
        runs(getDigitRuns(packing)) {}

  bool isPacked() const { return runs.has_value(); }
  /// Whether the trits of rows of so many columns follow each other without a
  /// gap: they have numbers, from 0 on.
  static bool isFlat(PackingAttrInterface packing, int64_t columns);

  /// Trits of an element: of a byte.
  int64_t digits() const { return runs ? runs->digits : 1; }
  /// Trits of the least chunk of whole words of trits and of bytes.
  int64_t chunk() const;

  using Values = KernelBuilder::Values;
  /// `count` trits from number `first` on, a multiple of 4, at whole bytes:
  /// what is loaded, and the words that it becomes. `values` is what -1, 0 and
  /// +1 read as, if they are packed.
  Values load(mlir::Value first, int64_t count);
  Values decode(mlir::ValueRange loaded, int64_t count,
                llvm::ArrayRef<int64_t> values = {-1, 0, 1}) const;
  /// Stores words of trits; what is no trit counts as 0 where it is packed.
  void store(mlir::ValueRange words, mlir::Value first) const;

  /// The codes of trits, and what stores words of them.
  llvm::ArrayRef<int64_t> codes() const { return runs->codes; }
  void storeCodes(mlir::ValueRange codes, mlir::Value first) const;

  /// The bytes of `target` that hold the trits loaded; both are packed.
  Values recode(mlir::ValueRange loaded, int64_t count,
                const TritMemory &target) const;
  void storeBytes(mlir::ValueRange bytes, mlir::Value first) const;

  /// Bytes of words of trits, or of codes if it is packed.
  Values encode(mlir::ValueRange words, bool areCodes) const;
  /// Stores what each thread of a stream has of its chunk of `count` trits;
  /// there are `chunks` of them.
  void storeBlock(mlir::ValueRange bytes, int64_t count,
                  mlir::Value chunks) const;

  /// The same for trits that begin inside of a byte, at a multiple of 4. What
  /// lies behind the last byte is not read.
  struct Unaligned {
    Values bytes;
    /// Trits of the first byte before them, in i32.
    mlir::Value phase;
  };
  Unaligned loadAnywhere(mlir::Value first, int64_t count);
  Values decode(const Unaligned &loaded, int64_t count) const;
  /// The same, `kRaisedBits` up.
  Values decodeRaised(const Unaligned &loaded, int64_t count) const;

  // One by one, for what is left behind whole chunks of `total` trits.
  mlir::Value loadTrit(mlir::Value number, mlir::Value total);
  /// The elements, trits or bytes, that hold trits `begin ..`.
  mlir::Value elementsFrom(mlir::Value begin, mlir::Value total);
  /// Stores element number `i` of those with the trits that `get` gives.
  void storeElement(mlir::Value i, mlir::Value begin, mlir::Value total,
                    llvm::function_ref<mlir::Value(mlir::Value)> get);

private:
  Values shiftTrits(mlir::ValueRange words, mlir::Value phase) const;

  GPUKernelBuilder &b;
  mlir::Value memref;
  PackingAttrInterface packing;
  std::optional<DigitRuns> runs;
};

/// Neighbouring trits, in chunks of `count`.
class TritRows {
public:
  TritRows(GPUKernelBuilder &b, mlir::Value memref,
           PackingAttrInterface packing, int64_t count)
      : memory(b, memref, packing), count(count),
        isAligned(count % memory.digits() == 0) {}

  struct Loaded {
    KernelBuilder::Values words;
    TritMemory::Unaligned bytes;
  };
  Loaded load(mlir::Value first) {
    if (isAligned)
      return {memory.load(first, count), {}};
    return {{}, memory.loadAnywhere(first, count)};
  }
  KernelBuilder::Values decode(const Loaded &loaded) const {
    return isAligned ? memory.decode(loaded.words, count)
                     : memory.decode(loaded.bytes, count);
  }

  /// The same times a power of two, what is fastest to decode.
  KernelBuilder::Values decodeRaised(const Loaded &loaded) const {
    return isAligned ? memory.decode(loaded.words, count)
                     : memory.decodeRaised(loaded.bytes, count);
  }
  int64_t raisedBits() const { return isAligned ? 0 : kRaisedBits; }

private:
  TritMemory memory;
  int64_t count;
  bool isAligned;
};

/// Four of the eight bytes of two words: those that the nibbles of `selector`
/// number.
mlir::Value permute(GPUKernelBuilder &b, mlir::Value low, mlir::Value high,
                    mlir::Value selector);
mlir::Value permute(GPUKernelBuilder &b, mlir::Value low, mlir::Value high,
                    int64_t selector);
/// The five trits of each of two bytes of base 3, which are the halves of a
/// word, in order: at the top of their halves, where they are 2 t as a bf16.
KernelBuilder::Values raiseDigits3(GPUKernelBuilder &b, mlir::Value halves,
                                   bool msbFirst);
/// A word with another one, or with a constant.
mlir::Value bitOr(KernelBuilder &b, mlir::Value x, mlir::Value y);
mlir::Value bitAnd(KernelBuilder &b, mlir::Value word, int64_t mask);
mlir::Value bitXor(KernelBuilder &b, mlir::Value word, int64_t mask);
mlir::Value shiftUp(KernelBuilder &b, mlir::Value word, int64_t bits);
mlir::Value shiftDown(KernelBuilder &b, mlir::Value word, int64_t bits);

/// Words of trits as a vector of bytes, and back.
inline mlir::Value bytesOf(GPUKernelBuilder &b, mlir::ValueRange words) {
  return b.joinWords(words);
}
KernelBuilder::Values wordsOf(GPUKernelBuilder &b, mlir::Value bytes);

/// What codes read as, by the trits that they mean, where -1, 0 and +1 shall be
/// `values`. What is no trit is itself among trits, and counts as 0 elsewhere.
llvm::SmallVector<int64_t> valuesOfCodes(llvm::ArrayRef<int64_t> trits,
                                         llvm::ArrayRef<int64_t> values);
/// The codes of the trits in the bytes of a word; what is none counts as 0.
mlir::Value toCodes(GPUKernelBuilder &b, mlir::Value trits,
                    llvm::ArrayRef<int64_t> codes);
/// Four words of codes of two bits as the bytes of a word: the first code of a
/// byte is its lowest field.
mlir::Value joinFields(GPUKernelBuilder &b, mlir::ValueRange codes);
/// All bits of each signed byte of a word that is `least` or more.
mlir::Value bytesFrom(GPUKernelBuilder &b, mlir::Value word, int64_t least);
/// Each byte of a word that is `value`, as 1, the others as 0.
mlir::Value findBytes(GPUKernelBuilder &b, mlir::Value word, int8_t value);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_TRITS_H
