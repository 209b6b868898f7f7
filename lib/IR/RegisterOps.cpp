//===- RegisterOps.cpp - dot, dot_finish, decode, encode ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Ternary.h"

using namespace mlir;
using namespace ternary;

/// `radix` is 3 or 4 and so many digits fit a byte.
static LogicalResult verifyDigits(Operation *op, int64_t radix,
                                  int64_t digits) {
  if (radix != 3 && radix != 4)
    return op->emitOpError() << "expected 'radix' of 3 or 4, found " << radix;
  int64_t most = radix == 3 ? 5 : 4;
  if (digits < 1 || digits > most)
    return op->emitOpError() << "expected 1 to " << most << " digits of radix "
                             << radix << ", found " << digits;
  return success();
}

/// Two's complement digits are of two bits.
static LogicalResult verifySigned(Operation *op, bool isSigned, int64_t radix) {
  if (isSigned && radix != 4)
    return op->emitOpError()
           << "expected 'radix' of 4 with 'is_signed', found " << radix;
  return success();
}

static LogicalResult verifySameTypes(Operation *op, StringRef name,
                                     TypeRange types, Type expected) {
  for (Type type : types)
    if (type != expected)
      return op->emitOpError() << "expected " << name << " of type " << expected
                               << ", found " << type;
  return success();
}

LogicalResult DotOp::verify() {
  // (dot_c1)
  size_t digits = getAccumulators().size(),
         activations = getActivations().size();
  if (failed(verifyDigits(*this, getRadix(), digits)))
    return failure();
  if (activations != digits && activations != 1)
    return emitOpError() << "expected one activation vector or one per "
                            "accumulator, found "
                         << activations << " for " << digits;
  if (getNumResults() != getAccumulators().size())
    return emitOpError() << "expected " << getAccumulators().size()
                         << " results, found " << getNumResults();
  // (dot_c2)
  auto bytes = cast<VectorType>(getBytes().getType());
  if (failed(verifySameTypes(*this, "activations", getActivations().getTypes(),
                             bytes)))
    return failure();
  // (dot_c3)
  if (bytes.getNumElements() % 4 != 0)
    return emitOpError() << "expected a multiple of 4 bytes, found " << bytes;
  auto lanes = VectorType::get(bytes.getNumElements() / 4,
                               IntegerType::get(getContext(), 32));
  // (dot_c4)
  return failure(
      failed(verifySameTypes(*this, "accumulators",
                             getAccumulators().getTypes(), lanes)) ||
      failed(verifySameTypes(*this, "results", getResultTypes(), lanes)) ||
      failed(verifySigned(*this, getIsSigned(), getRadix())));
}

LogicalResult DotFinishOp::verify() {
  // (dot_finish_c1)
  if (failed(verifyDigits(*this, getRadix(), getAccumulators().size())))
    return failure();
  // (dot_finish_c4)
  if (std::optional<uint64_t> digit = getDigit();
      digit && *digit >= getAccumulators().size())
    return emitOpError() << "expected 'digit' of 0 to "
                         << getAccumulators().size() - 1 << ", found "
                         << int64_t(*digit);
  // (dot_finish_c2) (dot_finish_c3)
  return failure(failed(verifySameTypes(*this, "accumulators",
                                        getAccumulators().getTypes(),
                                        getOutput().getType())) ||
                 failed(verifySameTypes(*this, "activation sum",
                                        getActivationSum().getType(),
                                        getOutput().getType())) ||
                 failed(verifySigned(*this, getIsSigned(), getRadix())));
}

LogicalResult DecodeOp::verify() {
  int64_t lanes = getBytes().getType().getNumElements();
  int64_t outputs = getOutput().getType().getNumElements();
  // (decode_c3)
  if (failed(verifySigned(*this, getIsSigned(), getRadix())))
    return failure();
  // (decode_c4)
  if (getShift() && (int64_t(*getShift()) < 0 || int64_t(*getShift()) > 7))
    return emitOpError() << "expected 'shift' of 0 to 7, found "
                         << int64_t(*getShift());
  if (!getDigit()) {
    // (decode_c2)
    if (getIsSigned() || getShift())
      return emitOpError() << "expected no "
                           << (getIsSigned() ? "'is_signed'" : "'shift'")
                           << " without 'digit'";
    // (decode_c1)
    if (outputs % lanes != 0)
      return emitOpError() << "expected a multiple of " << lanes
                           << " lanes in the result, found " << outputs;
    return verifyDigits(*this, getRadix(), outputs / lanes);
  }
  // (decode_c2)
  if (outputs != lanes)
    return emitOpError() << "expected a result of " << lanes
                         << " lanes with 'digit', found " << outputs;
  if (getMsbFirst())
    return emitOpError() << "expected no 'msb_first' with 'digit'";
  // (decode_c1)
  if (int64_t(*getDigit()) < 0)
    return emitOpError() << "expected 'digit' of at least 0, found "
                         << int64_t(*getDigit());
  return verifyDigits(*this, getRadix(), *getDigit() + 1);
}

LogicalResult EncodeOp::verify() {
  // (encode_c1) (encode_c2)
  return failure(failed(verifyDigits(*this, getRadix(), getTrits().size())) ||
                 failed(verifySameTypes(*this, "trits", getTrits().getTypes(),
                                        getOutput().getType())));
}

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

using Operands = SmallVector<OpAsmParser::UnresolvedOperand>;

static ParseResult parseList(OpAsmParser &parser, Operands &operands) {
  return parser.parseOperandList(operands, OpAsmParser::Delimiter::Square);
}

static void printList(OpAsmPrinter &printer, ValueRange operands) {
  printer << "[" << operands << "]";
}

ParseResult DotOp::parse(OpAsmParser &parser, OperationState &result) {
  OpAsmParser::UnresolvedOperand bytes;
  Operands activations, accumulators;
  Type byteType, laneType;
  if (parser.parseOperand(bytes) || parser.parseComma() ||
      parseList(parser, activations) || parser.parseComma() ||
      parseList(parser, accumulators) ||
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseColonType(byteType) || parser.parseComma() ||
      parser.parseType(laneType) ||
      parser.resolveOperand(bytes, byteType, result.operands) ||
      parser.resolveOperands(activations, byteType, result.operands) ||
      parser.resolveOperands(accumulators, laneType, result.operands))
    return failure();
  result.getOrAddProperties<Properties>().setOperandSegmentSizes(
      {1, int32_t(activations.size()), int32_t(accumulators.size())});
  result.addTypes(SmallVector<Type>(accumulators.size(), laneType));
  return success();
}

void DotOp::print(OpAsmPrinter &printer) {
  printer << " " << getBytes() << ", ";
  printList(printer, getActivations());
  printer << ", ";
  printList(printer, getAccumulators());
  printer.printOptionalAttrDict((*this)->getAttrs(),
                                getOperandSegmentSizeAttr());
  printer << " : " << getBytes().getType() << ", "
          << (getNumResults() ? Type(getResultTypes().front())
                              : Type(getBytes().getType()));
}

LogicalResult LookUpOp::verify() {
  auto table = cast<VectorType>(getTable().getType());
  auto index = cast<VectorType>(getIndex().getType());
  // (look_up_c1)
  if (!llvm::isPowerOf2_64(table.getNumElements()))
    return emitOpError() << "expected a power of two of lanes, found "
                         << table.getNumElements();
  // (look_up_c2)
  if (table.getNumElements() != index.getNumElements())
    return emitOpError() << "expected 'index' of " << table.getNumElements()
                         << " lanes like 'table', found "
                         << index.getNumElements();
  return success();
}

ParseResult DotFinishOp::parse(OpAsmParser &parser, OperationState &result) {
  Operands accumulators;
  OpAsmParser::UnresolvedOperand sum;
  Type type;
  return failure(parseList(parser, accumulators) || parser.parseComma() ||
                 parser.parseOperand(sum) ||
                 parser.parseOptionalAttrDict(result.attributes) ||
                 parser.parseColonType(type) ||
                 parser.resolveOperands(accumulators, type, result.operands) ||
                 parser.resolveOperand(sum, type, result.operands) ||
                 parser.addTypeToList(type, result.types));
}

void DotFinishOp::print(OpAsmPrinter &printer) {
  printer << " ";
  printList(printer, getAccumulators());
  printer << ", " << getActivationSum();
  printer.printOptionalAttrDict((*this)->getAttrs());
  printer << " : " << getOutput().getType();
}

ParseResult DecodeOp::parse(OpAsmParser &parser, OperationState &result) {
  OpAsmParser::UnresolvedOperand bytes;
  Type type;
  if (parser.parseOperand(bytes) ||
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseColonType(type) ||
      parser.resolveOperand(bytes, type, result.operands) ||
      (succeeded(parser.parseOptionalKeyword("to")) && parser.parseType(type)))
    return failure();
  result.addTypes(type);
  return success();
}

void DecodeOp::print(OpAsmPrinter &printer) {
  printer << " " << getBytes();
  printer.printOptionalAttrDict((*this)->getAttrs());
  printer << " : " << getBytes().getType();
  if (getOutput().getType() != getBytes().getType())
    printer << " to " << getOutput().getType();
}

ParseResult EncodeOp::parse(OpAsmParser &parser, OperationState &result) {
  Operands trits;
  Type type;
  return failure(parseList(parser, trits) ||
                 parser.parseOptionalAttrDict(result.attributes) ||
                 parser.parseColonType(type) ||
                 parser.resolveOperands(trits, type, result.operands) ||
                 parser.addTypeToList(type, result.types));
}

void EncodeOp::print(OpAsmPrinter &printer) {
  printer << " ";
  printList(printer, getTrits());
  printer.printOptionalAttrDict((*this)->getAttrs());
  printer << " : " << getOutput().getType();
}
