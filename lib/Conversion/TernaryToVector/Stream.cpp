//===- Stream.cpp - Results that are written once -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Stream.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Bytes from which on a result is unlikely to be read out of a cache.
constexpr int64_t kLarge = 8 << 20;
constexpr int64_t kLine = 64;

Values RunTarget::at(KernelBuilder &b, Value i) const {
  Values index(prefix);
  index.push_back(b.add(column, i));
  return index;
}

void RunTarget::store(KernelBuilder &b, Value value, Value i,
                      Value count) const {
  b.store(value, memref, at(b, i), hasSlack ? Value() : count);
}

OutputStream::OutputStream(KernelBuilder &b, Value memref)
    : b(b), memref(memref), type(cast<MemRefType>(memref.getType())),
      bytes(type.getElementTypeBitWidth() / 8), lanes(kLine / bytes) {
  // Where a line begins follows from the shape only without other strides.
  Value size = b.index(type.getLayout().isIdentity() ? bytes : 0);
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    size = b.mul(size, b.dim(memref, axis));
  isLarge = b.compare(arith::CmpIPredicate::uge, size, b.index(kLarge));
}

void OutputStream::open(std::optional<int64_t> size) {
  if (getConstantIntValue(isLarge) != 0)
    buffer = b.scratch(type.getElementType(),
                       {b.index(size.value_or(longestRun()) + kLine)});
}

void OutputStream::close() {
  if (!buffer)
    return;
  // Stores past the caches wait in the core until something drains them; an
  // atomic operation does, before other threads are told of this block.
  auto drain = [&] {
    memref::AtomicRMWOp::create(b, arith::AtomicRMWKind::assign,
                                b.zero(type.getElementType()), buffer,
                                ValueRange(b.index(0)));
  };
  b.ifElse(isLarge, drain, [] {});
  b.free(buffer);
  buffer = {};
}

void OutputStream::write(ValueRange prefix, Value column, Value count,
                         function_ref<void(const RunTarget &)> fill) {
  if (!buffer)
    return fill({memref, Values(prefix), column, /*hasSlack=*/false});
  fill({buffer, {}, b.index(0), /*hasSlack=*/true});
  copy(buffer, b.index(0), prefix, column, count);
}

void OutputStream::copy(Value source, Value from, ValueRange prefix,
                        Value column, Value count) {
  b.ifElse(
      isLarge, [&] { copyPastCaches(source, from, prefix, column, count); },
      [&] { copyPlain(source, from, prefix, column, count); });
}

static Values join(ValueRange prefix, Value column) {
  Values index(prefix);
  index.push_back(column);
  return index;
}

void OutputStream::copyPlain(Value source, Value from, ValueRange prefix,
                             Value column, Value count) {
  b.chunks(b.index(0), count, lanes, [&](Value i, Value rest) {
    Value value = b.load(source, {b.add(from, i)}, lanes, rest);
    b.store(value, memref, join(prefix, b.add(column, i)), rest);
  });
}

void OutputStream::copyPastCaches(Value source, Value from, ValueRange prefix,
                                  Value column, Value count) {
  Value head = b.min(distanceToLine(prefix, column), count);
  // A store without lanes would still read its line.
  auto copyPart = [&](Value i, Value count) {
    auto copySome = [&] {
      Value value = b.load(source, {b.add(from, i)}, lanes, count);
      b.store(value, memref, join(prefix, b.add(column, i)), count);
    };
    b.ifElse(b.compare(arith::CmpIPredicate::ne, count, b.index(0)), copySome,
             [] {});
  };
  copyPart(b.index(0), head);
  Value lines = b.floorDiv(b.sub(count, head), lanes);
  Value end = b.add(head, b.mul(lines, lanes));
  b.loop(head, end, lanes, [&](Value i) {
    Value value = b.load(source, {b.add(from, i)}, lanes);
    storePastCaches(value, prefix, b.add(column, i));
  });
  copyPart(end, b.sub(count, end));
}

void OutputStream::storePastCaches(Value value, ValueRange prefix,
                                   Value column) {
  const llvm::Align alignment(kLine);
  if (!isa<FloatType>(type.getElementType()) || bytes == 4) {
    vector::StoreOp::create(b, value, memref, join(prefix, column),
                            /*nontemporal=*/true, alignment);
    return;
  }
  // LLVM has no such store for vectors of half floats.
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value integer =
      arith::IndexCastOp::create(b, b.getI64Type(), addressOf(prefix, column));
  Value address = LLVM::IntToPtrOp::create(b, pointer, integer);
  auto integers = VectorType::get(lanes, b.getI16Type());
  LLVM::StoreOp::create(b, vector::BitCastOp::create(b, integers, value),
                        address, kLine, /*isVolatile=*/false,
                        /*isNonTemporal=*/true);
}

Value OutputStream::addressOf(ValueRange prefix, Value column) {
  Value element = b.index(0);
  for (auto [axis, i] : llvm::enumerate(join(prefix, column)))
    element = b.add(b.mul(element, b.dim(memref, axis)), i);
  Value base = memref::ExtractAlignedPointerAsIndexOp::create(b, memref);
  return b.add(base, b.mul(element, bytes));
}

Value OutputStream::distanceToLine(ValueRange prefix, Value column) {
  Value past = b.rem(addressOf(prefix, column), kLine);
  return b.floorDiv(b.rem(b.sub(b.index(kLine), past), kLine), bytes);
}
