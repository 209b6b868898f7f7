//===- Dialect.cpp - The ternary dialect ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

#include "ternary/IR/Tuning.h"

#include "mlir/Bytecode/BytecodeImplementation.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/TypeUtilities.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "mlir/Transforms/InliningUtils.h"

using namespace mlir;
using namespace ternary;

#include "ternary/IR/TernaryDialect.cpp.inc"

#include "ternary/IR/TernaryEnums.cpp.inc"

#include "ternary/IR/TernaryInterfaces.cpp.inc"

namespace {

/// Every op may be inlined: none has a region or refers to its function.
struct TernaryInlinerInterface : DialectInlinerInterface {
  using DialectInlinerInterface::DialectInlinerInterface;
  bool isLegalToInline(Operation *, Region *, bool, IRMapping &) const final {
    return true;
  }
};

struct TernaryVersion : DialectVersion {
  explicit TernaryVersion(uint64_t number) : number(number) {}
  uint64_t number;
};

/// The version of the dialect in bytecode. Raise it with every change that a
/// reader of older files has to know about, and upgrade in
/// `upgradeFromVersion`.
struct TernaryBytecodeInterface : BytecodeDialectInterface {
  explicit TernaryBytecodeInterface(Dialect *dialect)
      : BytecodeDialectInterface(dialect) {}
  static constexpr uint64_t kVersion = 1;

  void writeVersion(DialectBytecodeWriter &writer) const final {
    writer.writeVarInt(kVersion);
  }

  std::unique_ptr<DialectVersion>
  readVersion(DialectBytecodeReader &reader) const final {
    uint64_t number = 0;
    if (failed(reader.readVarInt(number)))
      return nullptr;
    if (number > kVersion) {
      reader.emitError() << "ternary dialect: expected version " << kVersion
                         << " or older, found " << number;
      return nullptr;
    }
    return std::make_unique<TernaryVersion>(number);
  }
};

} // namespace

void TernaryDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "ternary/IR/TernaryOps.cpp.inc"
      >();
  addInterfaces<TernaryInlinerInterface, TernaryBytecodeInterface>();
}

Operation *TernaryDialect::materializeConstant(OpBuilder &builder,
                                               Attribute value, Type type,
                                               Location loc) {
  return arith::ConstantOp::materialize(builder, value, type, loc);
}

LogicalResult TernaryDialect::verifyOperationAttribute(Operation *op,
                                                       NamedAttribute attr) {
  if (attr.getName() == kPrepareAttrName) {
    if (isa<FunctionOpInterface>(op) && isa<FlatSymbolRefAttr>(attr.getValue()))
      return success();
    return op->emitError() << "'" << kPrepareAttrName
                           << "': expected a symbol on a function, found "
                           << attr.getValue() << " on '" << op->getName()
                           << "'";
  }
  if (attr.getName() == kGradientAttrName) {
    auto name = dyn_cast<StringAttr>(attr.getValue());
    if (isa<FunctionOpInterface>(op) && name && !name.empty())
      return success();
    return op->emitError() << "'" << kGradientAttrName
                           << "': expected a name on a function, found "
                           << attr.getValue() << " on '" << op->getName()
                           << "'";
  }
  if (attr.getName() == kSTEAttrName)
    return isa<STEVariantAttr>(attr.getValue())
               ? success()
               : op->emitError() << "'" << kSTEAttrName
                                 << "': expected #ternary<ste_variant>, found "
                                 << attr.getValue();
  if (attr.getName() == kMetadataAttrName)
    return isa<ModuleOp>(op) && isa<DictionaryAttr>(attr.getValue())
               ? success()
               : op->emitError()
                     << "'" << kMetadataAttrName
                     << "': expected a dictionary on a module, "
                        "found "
                     << attr.getValue() << " on '" << op->getName() << "'";
  if (attr.getName() == kTuningAttrName)
    return verifyTuning(op, attr.getValue());
  if (attr.getName() != kTargetAttrName)
    return op->emitError() << "unknown attribute '" << attr.getName().getValue()
                           << "' on an operation";
  if (!isa<TargetAttr>(attr.getValue()))
    return op->emitError() << "'" << kTargetAttrName
                           << "': expected #ternary.target, found "
                           << attr.getValue();
  return success();
}

namespace {

/// What is stated about the bytes of one argument or result of a function.
struct Statement {
  Operation *op;
  StringRef what;
  unsigned index;
  Type type;
  DictionaryAttr attrs;

  InFlightDiagnostic error() const {
    return op->emitError() << what << " " << index << ": ";
  }

  LogicalResult verify(NamedAttribute attr) const {
    if (attr.getName() == kShapeAttrName)
      return verifyShape(attr.getValue());
    if (attr.getName() != kPackingAttrName)
      return op->emitError() << "unknown " << what << " attribute '"
                             << attr.getName().getValue() << "'";
    auto packing = dyn_cast<PackingAttrInterface>(attr.getValue());
    if (!packing)
      return op->emitError()
             << "'" << kPackingAttrName << "': expected a packing, found "
             << attr.getValue();
    return verifyPacking(packing);
  }

private:
  LogicalResult verifyPacking(PackingAttrInterface packing) const {
    auto shaped = dyn_cast<ShapedType>(type);
    if (!shaped || !shaped.hasRank() || !shaped.getElementType().isInteger(8))
      return error() << "'" << kPackingAttrName
                     << "' expected a ranked tensor or memref of i8, found "
                     << type;
    if (shaped.getRank() != packing.getByteRank())
      return error() << "expected bytes of rank " << packing.getByteRank()
                     << " for " << packing << ", found " << type;
    return success();
  }

  LogicalResult verifyShape(Attribute value) const {
    auto stated = dyn_cast<DenseI64ArrayAttr>(value);
    if (!stated || stated.size() != 2)
      return op->emitError() << "'" << kShapeAttrName
                             << "': expected array<i64: N, K>, found " << value;
    auto packing = attrs.getAs<PackingAttrInterface>(kPackingAttrName);
    if (!packing)
      return op->emitError() << "'" << kShapeAttrName << "': expected '"
                             << kPackingAttrName << "' beside it";
    if (failed(verifyPacking(packing)))
      return failure();
    SmallVector<int64_t> logical, bytes;
    for (int64_t extent : stated.asArrayRef())
      logical.push_back(extent < 0 ? ShapedType::kDynamic : extent);
    if (failed(packing.getByteShape(logical, bytes, [&] { return error(); })))
      return failure();
    if (failed(verifyCompatibleShape(bytes, cast<ShapedType>(type).getShape())))
      return error() << "expected bytes of shape " << support::shapeText(bytes)
                     << " for " << packing << " at the stated shape, found "
                     << type;
    return success();
  }
};

/// `ternary.extents` on a memref: one result of the map for each extent.
LogicalResult verifyExtents(Operation *op, unsigned index, Type type,
                            Attribute value) {
  auto map = dyn_cast<AffineMapAttr>(value);
  if (!map || map.getValue().getNumSymbols() != 0)
    return op->emitError() << "'" << kExtentsAttrName
                           << "': expected an affine map without symbols";
  auto memref = dyn_cast<MemRefType>(type);
  if (memref && memref.getRank() == map.getValue().getNumResults())
    return success();
  return op->emitError() << "argument " << index << ": '" << kExtentsAttrName
                         << "' expected a memref of rank "
                         << map.getValue().getNumResults() << ", found "
                         << type;
}

/// `ternary.grad` on a float or a tensor of floats, which may have become a
/// memref.
LogicalResult verifyGrad(Operation *op, StringRef what, unsigned index,
                         Type type, Attribute value) {
  if (!isa<UnitAttr>(value))
    return op->emitError() << "'" << kGradAttrName
                           << "': expected a unit attribute";
  bool shaped = isa<RankedTensorType, MemRefType>(type);
  if (isa<FloatType>(shaped ? getElementTypeOrSelf(type) : type))
    return success();
  return op->emitError() << what << " " << index << ": '" << kGradAttrName
                         << "' expected a float, or a ranked tensor or memref "
                            "of floats, found "
                         << type;
}

} // namespace

LogicalResult TernaryDialect::verifyRegionArgAttribute(Operation *op, unsigned,
                                                       unsigned argIndex,
                                                       NamedAttribute attr) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return op->emitError() << "'" << attr.getName().getValue()
                           << "': expected a function";
  if (attr.getName() == kConstantAttrName)
    return isa<UnitAttr>(attr.getValue())
               ? success()
               : op->emitError() << "'" << kConstantAttrName
                                 << "': expected a unit attribute";
  if (attr.getName() == kGradAttrName)
    return verifyGrad(op, "argument", argIndex,
                      function.getArgumentTypes()[argIndex], attr.getValue());
  if (attr.getName() == kUpdateAttrName)
    return support::verifyUpdates(op, argIndex, attr.getValue());
  if (attr.getName() == kExtentsAttrName)
    return verifyExtents(op, argIndex, function.getArgumentTypes()[argIndex],
                         attr.getValue());
  return Statement{op, "argument", argIndex,
                   function.getArgumentTypes()[argIndex],
                   function.getArgAttrDict(argIndex)}
      .verify(attr);
}

LogicalResult TernaryDialect::verifyRegionResultAttribute(Operation *op,
                                                          unsigned,
                                                          unsigned resultIndex,
                                                          NamedAttribute attr) {
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (!function)
    return op->emitError() << "'" << attr.getName().getValue()
                           << "': expected a function";
  if (attr.getName() == kGradAttrName)
    return verifyGrad(op, "result", resultIndex,
                      function.getResultTypes()[resultIndex], attr.getValue());
  return Statement{op, "result", resultIndex,
                   function.getResultTypes()[resultIndex],
                   function.getResultAttrDict(resultIndex)}
      .verify(attr);
}

int64_t ternary::getNumGroups(int64_t columns, int64_t groupSize) {
  if (ShapedType::isDynamic(columns) || groupSize < 1)
    return ShapedType::kDynamic;
  return columns / groupSize + (columns % groupSize != 0);
}

FailureOr<SmallVector<int64_t>>
ternary::getByteShape(PackingAttrInterface packing, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> bytes;
  if (failed(packing.getByteShape(shape, bytes, nullptr)))
    return failure();
  return bytes;
}
