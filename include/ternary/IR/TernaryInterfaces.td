//===- TernaryInterfaces.td - Attribute interfaces ---------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_INTERFACES
#define TERNARY_IR_INTERFACES

include "mlir/IR/Interfaces.td"

def PackingAttrInterface : AttrInterface<"PackingAttrInterface"> {
  let cppNamespace = "::ternary";
  let description = [{
    How the trits of a logical `[N, K]` matrix lie in bytes. Verifiers, folds
    and lowerings know a packing through these methods alone, so a compiler
    that embeds the dialect can add its own packing by implementing them.

    Shapes may hold `ShapedType::kDynamic`. A packing that carries scales keeps
    one scale per index of the leading axes of the byte shape (all but the
    last).
  }];
  let methods = [
    InterfaceMethod<[{
      Appends the byte shape of a logical shape `[N, K]`. Fails, and says why
      through `emitError`, at a shape that the packing does not define or whose
      byte count overflows.
    }], "::llvm::LogicalResult", "getByteShape",
      (ins "::llvm::ArrayRef<int64_t>":$logicalShape,
           "::llvm::SmallVectorImpl<int64_t> &":$byteShape,
           "::llvm::function_ref<::mlir::InFlightDiagnostic()>":$emitError)>,
    InterfaceMethod<"Rank of the byte tensor.", "int64_t", "getByteRank">,
    InterfaceMethod<"Whether the bytes carry scales.", "bool",
                    "carriesScales">,
    InterfaceMethod<[{
      The value that a code reads as which `pack` never writes; `std::nullopt`
      where the packing forbids such codes (they read as 0 at run time and are
      refused in constants).
    }], "std::optional<int64_t>", "getUnusedValue">,
    InterfaceMethod<[{
      The byte shape of a logical shape given as values or attributes.
    }], "::llvm::SmallVector<::mlir::OpFoldResult>", "reifyByteShape",
      (ins "::mlir::OpBuilder &":$builder, "::mlir::Location":$loc,
           "::llvm::ArrayRef<::mlir::OpFoldResult>":$logicalShape)>,
    InterfaceMethod<[{
      Emits the `i8` trit at `position` = (n, k), which is in range.
      `loadByte` loads an `i8` byte at an index of the byte tensor.
    }], "::mlir::Value", "buildDecode",
      (ins "::mlir::ImplicitLocOpBuilder &":$builder,
           "::mlir::ValueRange":$position, "::mlir::ValueRange":$logicalShape,
           "::llvm::function_ref<::mlir::Value(::mlir::ValueRange)>":$loadByte)>,
    InterfaceMethod<[{
      Emits the `i8` byte at `byteIndex`. `loadTrit` loads the `i8` trit at
      (n, k) and is called for positions in range only; `loadScale` loads the
      `f32` scale at an index of the leading axes and is called only if the
      packing carries scales.
    }], "::mlir::Value", "buildEncode",
      (ins "::mlir::ImplicitLocOpBuilder &":$builder,
           "::mlir::ValueRange":$byteIndex, "::mlir::ValueRange":$logicalShape,
           "::llvm::function_ref<::mlir::Value(::mlir::ValueRange)>":$loadTrit,
           "::llvm::function_ref<::mlir::Value(::mlir::ValueRange)>":$loadScale)>,
    InterfaceMethod<[{
      Emits the `f32` scale stored at `scaleIndex`, an index of the leading
      axes. Only for packings that carry scales.
    }], "::mlir::Value", "buildScale",
      (ins "::mlir::ImplicitLocOpBuilder &":$builder,
           "::mlir::ValueRange":$scaleIndex,
           "::mlir::ValueRange":$logicalShape,
           "::llvm::function_ref<::mlir::Value(::mlir::ValueRange)>":$loadByte)>,
    InterfaceMethod<[{
      Packs `trits` (row-major `[N, K]`) into `bytes` (row-major byte shape) in
      memory, as the emitted code would. `scales` has one value per leading
      index, or is empty.
    }], "void", "packBytes",
      (ins "::llvm::ArrayRef<int8_t>":$trits, "int64_t":$rows,
           "int64_t":$columns, "::llvm::ArrayRef<float>":$scales,
           "::llvm::MutableArrayRef<uint8_t>":$bytes)>,
    InterfaceMethod<[{
      Unpacks `bytes` into `trits`, if it is not empty, and, if the packing
      carries them and `scales` is not empty, into `scales`. Returns false if
      a code is read that the packing forbids.
    }], "bool", "unpackBytes",
      (ins "::llvm::ArrayRef<uint8_t>":$bytes, "int64_t":$rows,
           "int64_t":$columns, "::llvm::MutableArrayRef<int8_t>":$trits,
           "::llvm::MutableArrayRef<float>":$scales)>
  ];
}

#endif // TERNARY_IR_INTERFACES
