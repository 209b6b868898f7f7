//===- Weights.h - The weights of a model file, in IR -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A module of weights has one function for each tensor, which takes nothing and
// returns constants:
//
//   func.func @NAME() -> tensor<...>                      values as they are
//   func.func @NAME() -> (tensor<...xi8>                  packed trits
//       {ternary.packing = #ternary.packing<...>,
//        ternary.shape = array<i64: N, K>}, tensor<...xf32>)
//   func.func @NAME() -> (tensor<NxKxi8>, tensor<...xf32>)      plain trits
//
// The second result of ternary weights are their scales, of rank 0, [N] or
// [N, G], G groups of K / G columns; `trit * scale` is the weight. It may be
// left out. Scales that bytes carry themselves are repeated there.
// docs/model-files.md describes it.
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TARGET_WEIGHTS_WEIGHTS_H
#define TERNARY_TARGET_WEIGHTS_WEIGHTS_H

#include "ternary/IR/Constants.h"
#include "ternary/IR/Ternary.h"
#include "ternary/Target/Weights/Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace ternary {

/// One tensor of a module of weights.
struct Weight {
  Weight(mlir::Location loc) : loc(loc) {}

  std::string name;
  /// Values, trits of i8, or the bytes of `packing`.
  mlir::ElementsAttr value;
  /// Null for values and for plain trits.
  PackingAttrInterface packing;
  /// f32 of rank 0, [N] or [N, G]; null for values.
  mlir::ElementsAttr scales;
  /// The logical shape: [N, K] where packed, else that of `value`.
  llvm::SmallVector<int64_t, 4> shape;
  mlir::Location loc;

  /// Whether the weight is ternary: packed, or trits with scales.
  bool isTernary() const { return packing || scales; }
  mlir::InFlightDiagnostic error() const;
  mlir::InFlightDiagnostic warning() const;
  mlir::InFlightDiagnostic remark() const;
};

/// The file as a whole as a location: a binary has no lines.
mlir::Location getFileLoc(mlir::MLIRContext *context, llvm::StringRef path);

/// Emits the errors of a file at `loc`, and the others without a file.
void emitFileErrors(mlir::Location loc, llvm::Error error);

/// A constant with the bytes of a mapped file: they stay where they are, and
/// `owner` lives as long as the context needs it. Small or misaligned ones are
/// copied. The size of `data` is that of `type`.
mlir::ElementsAttr mapElements(mlir::RankedTensorType type,
                               llvm::StringRef name, llvm::ArrayRef<char> data,
                               std::shared_ptr<const void> owner);

/// Scales as a constant of this shape.
mlir::ElementsAttr makeScales(mlir::MLIRContext *context,
                              llvm::ArrayRef<int64_t> shape,
                              llvm::StringRef weight,
                              llvm::ArrayRef<float> scales);

/// An empty module for weights, with the dialects it needs loaded.
/// `metadata` may be null.
mlir::OwningOpRef<mlir::ModuleOp>
createWeightsModule(mlir::Location loc, mlir::DictionaryAttr metadata);

/// The module of a file's weights: `import` fills in that of each tensor that
/// is taken. Where a file has tensors and none is, that is an error.
mlir::OwningOpRef<mlir::ModuleOp> importTensors(
    mlir::Location loc, mlir::DictionaryAttr metadata, size_t numTensors,
    llvm::function_ref<bool(size_t index)> takes,
    llvm::function_ref<llvm::LogicalResult(size_t index, Weight &weight)>
        import);

/// Writes a file as `writeOutputFile` does; its errors become diagnostics.
mlir::LogicalResult
writeWeightsFile(mlir::ModuleOp module, llvm::StringRef path,
                 llvm::function_ref<llvm::Error(llvm::raw_ostream &os)> write);

/// Whether the parts of a weight fit each other, as the form above says; an
/// error if not.
mlir::LogicalResult checkWeight(const Weight &weight);

/// Appends the function of a weight.
void appendWeight(mlir::ModuleOp module, const Weight &weight);

/// All weights of a module, in order. Functions that compute something are left
/// out with a warning. An error where constants do not fit each other, and if
/// no weight is left.
mlir::FailureOr<std::vector<Weight>> collectWeights(mlir::ModuleOp module);

/// The trits of a ternary weight and the scales of its columns: a view where
/// they lie unpacked. An error at a code that is no trit.
struct UnpackedWeight {
  ConstantElements<int8_t> trits;
  std::vector<float> scales;
  llvm::SmallVector<int64_t, 2> scaleShape;
};
mlir::FailureOr<UnpackedWeight> unpackWeight(const Weight &weight);

/// The scales of an unpacked weight, one for each index of `shape` (rank 0,
/// [N] or [N, G]). Fails where columns that share one have different ones, with
/// an error if `report` is set; zeros go with any scale.
mlir::FailureOr<std::vector<float>>
regroupScales(const Weight &weight, const UnpackedWeight &unpacked,
              llvm::ArrayRef<int64_t> shape, bool report = true);

/// The byte shape of a ternary weight in a packing. An error at a shape
/// that the packing does not define.
mlir::FailureOr<llvm::SmallVector<int64_t>>
getPackedShape(const Weight &weight, PackingAttrInterface packing);

/// The bytes of a ternary weight in a packing: those that are there if it is
/// its own. Scales that the bytes carry are stored in them, with a warning
/// where they are rounded. Other scales are left to the caller.
mlir::FailureOr<ConstantElements<char>>
packWeight(const Weight &weight, PackingAttrInterface packing);

/// Replaces a matrix of floats by its trits and scales. Succeeds, and leaves
/// it alone with a remark, where the rule does not apply to its values.
mlir::LogicalResult ternarizeWeight(Weight &weight,
                                    const WeightsImportOptions &options);

} // namespace ternary

#endif // TERNARY_TARGET_WEIGHTS_WEIGHTS_H
