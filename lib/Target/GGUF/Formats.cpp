//===- Formats.cpp - GGUF's types and ours --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Formats.h"

#include "ternary/Target/GGUF/Reader.h"

#include "mlir/AsmParser/AsmParser.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::gguf;

static constexpr PackedType kPackedTypes[] = {
    {"tq1_0", 34, 36, "#ternary.tq1_0"},
    {"tq2_0", 35, 37, "#ternary.packing<tq2_0>"},
    {"q2_0", kQ20, -1, "#ternary.packing<q2_0>"},
    {"q2_0_128", kQ20, -1,
     "#ternary.packing<radix = 4, codes = [0, 1, 2], unused = 2, pad = 0, "
     "ragged = refuse, n = [*], k = [*, 32, 4], bytes = [[n0], [k0], [k1]], "
     "digit = k2, order = lsb, header = 2, scale = f16>"},
    {"i2_s", kI2S, 40, "#ternary.packing<i2_s>"},
    {"i2_s_64", kI2S, 40, "#ternary.packing<i2_s_64>"}};

ArrayRef<PackedType> ternary::gguf::getPackedTypes() { return kPackedTypes; }

PackingAttrInterface ternary::gguf::getPacking(MLIRContext *context,
                                               const PackedType &type) {
  context->loadDialect<TernaryDialect>();
  return cast<PackingAttrInterface>(parseAttribute(type.packing, context));
}

const PackedType *ternary::gguf::findPackedType(StringRef name) {
  const auto *found = llvm::find_if(
      kPackedTypes, [&](const PackedType &type) { return type.name == name; });
  return found == std::end(kPackedTypes) ? nullptr : found;
}

const PackedType *ternary::gguf::findPackedType(PackingAttrInterface packing) {
  const auto *found = llvm::find_if(kPackedTypes, [&](const PackedType &type) {
    return getPacking(packing.getContext(), type) == packing;
  });
  return found == std::end(kPackedTypes) ? nullptr : found;
}

Type ternary::gguf::getElementType(MLIRContext *context, uint32_t id) {
  switch (id) {
  case 0:
    return Float32Type::get(context);
  case 1:
    return Float16Type::get(context);
  case 24:
    return IntegerType::get(context, 8);
  case 25:
    return IntegerType::get(context, 16);
  case 26:
    return IntegerType::get(context, 32);
  case 27:
    return IntegerType::get(context, 64);
  case 28:
    return Float64Type::get(context);
  case 30:
    return BFloat16Type::get(context);
  default:
    return nullptr;
  }
}

std::optional<uint32_t> ternary::gguf::findElementType(Type type) {
  for (uint32_t id : {0, 1, 24, 25, 26, 27, 28, 30})
    if (getElementType(type.getContext(), id) == type)
      return id;
  return std::nullopt;
}
