//===- TernaryOpBase.td - Base classes of the ops ----------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_OP_BASE
#define TERNARY_IR_OP_BASE

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "ternary/IR/TernaryAttributes.td"

class Ternary_Op<string mnemonic, list<Trait> traits = []>
    : Op<Ternary_Dialect, mnemonic, traits>;

/// A ranked tensor or memref of these element types.
class Ternary_Shaped<list<Type> types>
    : AnyTypeOf<[RankedTensorOf<types>, MemRefOf<types>]>;

def Ternary_Bytes : Ternary_Shaped<[I8]>;
def Ternary_Trits : Ternary_Shaped<[I8]>;
def Ternary_Float : Ternary_Shaped<[F16, BF16, F32]>;
def Ternary_F32 : Ternary_Shaped<[F32]>;
/// Factors of weights, or exponents of powers of two.
def Ternary_Scales : Ternary_Shaped<[I8, F32]>;
def Ternary_I64 : Ternary_Shaped<[I64]>;
def Ternary_Any : Ternary_Shaped<[I1, I8, I16, I32, I64, F16, BF16, F32]>;

/// A tensor-level op. Its last operands are `inits`, each of which is
/// overwritten whole; `outputs` are the results, none for memrefs.
class Ternary_DstOp<string mnemonic, list<Trait> traits = []>
    : Ternary_Op<mnemonic, !listconcat([
        DestinationStyleOpInterface,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                                  ["reifyResultShapes"]>
      ], traits)> {
  let results = (outs Variadic<AnyRankedTensor>:$outputs);
  let hasVerifier = 1;
  code dstDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return getInitsMutable();
    }
  }];
  let extraClassDeclaration = dstDeclaration;
  let extraClassDefinition = [{
    void $cppClass::getEffects(
        ::llvm::SmallVectorImpl<::mlir::SideEffects::EffectInstance<
            ::mlir::MemoryEffects::Effect>> &effects) {
      ::ternary::support::getDstEffects(
          ::mlir::cast<::mlir::DestinationStyleOpInterface>(getOperation()),
          effects);
    }
    ::llvm::LogicalResult $cppClass::reifyResultShapes(
        ::mlir::OpBuilder &builder,
        ::mlir::ReifiedRankedShapedTypeDims &shapes) {
      return ::ternary::support::reifyDstShapes(
          builder,
          ::mlir::cast<::mlir::DestinationStyleOpInterface>(getOperation()),
          shapes);
    }
  }];
}

/// The same with optional or several variadic operands before the inits.
class Ternary_SegmentedDstOp<string mnemonic>
    : Ternary_DstOp<mnemonic, [AttrSizedOperandSegments]>;

#endif // TERNARY_IR_OP_BASE
