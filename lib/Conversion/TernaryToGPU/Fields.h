//===- Fields.h - Runs of trits as fields of two bits -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Weights of any packing become tiles by way of runs of 32 columns, which are
// two words of fields: the first column is the lowest field.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOGPU_FIELDS_H
#define TERNARY_LIB_CONVERSION_TERNARYTOGPU_FIELDS_H

#include "Trits.h"

namespace ternary {

/// Columns of a run.
constexpr int64_t kFieldRun = 32;
/// The codes of -1, 0 and +1 in fields.
constexpr int64_t kFieldCodes[] = {3, 0, 1};

/// Rows `[N, K]` that are read by runs.
class FieldRows {
public:
  using Values = KernelBuilder::Values;
  /// The fields of what was read: two words for each part. Any fields stand for
  /// columns that do not exist.
  using Finish = std::function<Values()>;
  virtual ~FieldRows() = default;

  /// Reads the run in a row that exists, from a multiple of kFieldRun on.
  virtual Finish load(mlir::Value row, mlir::Value column) = 0;
  /// As many parts of the rows are read at once: the same row of each.
  virtual int64_t parts() const { return 1; }

  /// Whether rows of a packing can be read so: trits, if it is null.
  static bool takes(mlir::Value memref, PackingAttrInterface packing,
                    llvm::ArrayRef<int64_t> shape);
  /// Of packed rows.
  static std::unique_ptr<FieldRows> get(GPUKernelBuilder &b, mlir::Value memref,
                                        PackingAttrInterface packing,
                                        mlir::OpFoldResult columns);
};

/// A part of `count` vectors of `size` elements: where number `i` begins, or
/// the last one of the row if it has no such.
class RunVectors {
public:
  RunVectors(GPUKernelBuilder &b, mlir::OpFoldResult rowLength, int64_t run,
             int64_t most);

  int64_t size() const { return lanes; }
  int64_t count() const { return run / lanes; }
  mlir::Value place(mlir::Value begin, int64_t i) const;

private:
  GPUKernelBuilder &b;
  mlir::OpFoldResult rowLength;
  int64_t run, lanes;
};

/// Elements that a source reads as trits, such as `TritMemory`.
template <typename Source> class TritFields : public FieldRows {
public:
  TritFields(GPUKernelBuilder &b, Source source, mlir::OpFoldResult columns)
      : b(b), source(source), columns(columns) {}

  Finish load(mlir::Value row, mlir::Value column) override;

private:
  GPUKernelBuilder &b;
  Source source;
  mlir::OpFoldResult columns;
};

/// Trits as fields.
KernelBuilder::Values encodeFields(GPUKernelBuilder &b, mlir::ValueRange trits);
/// The fields of a word from number `count` on, which may be negative, become
/// zeros.
mlir::Value keepFields(GPUKernelBuilder &b, mlir::Value word,
                       mlir::Value count);

/// An extent as an index.
mlir::Value valueOf(GPUKernelBuilder &b, mlir::OpFoldResult extent);
/// Whether it is known to be a multiple.
bool isMultipleOf(mlir::OpFoldResult extent, int64_t divisor);

template <typename Source>
FieldRows::Finish TritFields<Source>::load(mlir::Value row,
                                           mlir::Value column) {
  mlir::Value begin = b.mul(row, valueOf(b, columns));
  RunVectors vectors(b, columns, kFieldRun, /*most=*/16);
  int64_t size = vectors.size();
  llvm::SmallVector<Values> loaded;
  for (int64_t i = 0; i < vectors.count(); ++i) {
    mlir::Value first = b.add(begin, vectors.place(column, i));
    // Less than a word is read one by one.
    if (size >= 4)
      loaded.push_back(source.load(first, size));
    else
      for (int64_t j = 0; j < size; ++j)
        loaded.push_back({source.loadTrit(b.add(first, j), {})});
  }
  return [this, loaded, size] {
    Values trits;
    for (const Values &part : loaded)
      llvm::append_range(trits, size >= 4 ? source.decode(part, size) : part);
    if (size < 4) {
      auto type = mlir::VectorType::get(kFieldRun, b.getI8Type());
      trits = wordsOf(b, mlir::vector::FromElementsOp::create(b, type, trits));
    }
    return encodeFields(b, trits);
  };
}

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOGPU_FIELDS_H
