//===- Planes.cpp - Trits to and from quarters of rows --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Planes.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

bool PlaneMemory::takes(Value memref, PackingAttrInterface packing,
                        ArrayRef<int64_t> shape) {
  if (!getDigitPlanes(packing) || !isDense(memref) ||
      ShapedType::isDynamicShape(shape))
    return false;
  // Quarters are whole, and begin at vectors.
  return shape[0] % 4 == 0 && shape[0] / 4 * shape[1] % kTrits == 0;
}

Value PlaneMemory::firstOf(Value place, int64_t plane) {
  return b.add(place, b.mul(b.dim(memref, 0), plane));
}

void PlaneMemory::write(function_ref<Values(Value)> load) {
  Value count = b.floorDiv(b.dim(memref, 0), kTrits);
  auto loadBytes = [&](Value i) -> GPUKernelBuilder::Finish {
    Value place = b.mul(i, kTrits);
    Values bytes;
    for (auto [plane, shift] : llvm::enumerate(planes.shifts)) {
      Values codes = load(firstOf(place, plane));
      bytes.resize(codes.size());
      for (auto [byte, code] : llvm::zip(bytes, codes)) {
        code = b.mulWords(code, int64_t(1) << shift);
        byte = byte ? b.add(byte, code) : code;
      }
    }
    return [=](Value exists) {
      b.ifThen(exists,
               [&] { b.storeVector(bytesOf(b, bytes), memref, {place}); });
    };
  };
  b.launchStream(count, /*reads=*/1, loadBytes);
}

/// `values` of the codes of two bits in the bytes of a word.
static Value mapCodes(GPUKernelBuilder &b, Value codes,
                      ArrayRef<int64_t> values) {
  constexpr int64_t kOnes = 0x01010101;
  Value low = bitAnd(b, codes, kOnes);
  Value high =
      arith::ShRUIOp::create(b, codes, b.constant(codes.getType(), int64_t(1)));
  high = bitAnd(b, high, kOnes);
  Value both = arith::AndIOp::create(b, low, high);
  Value result =
      b.constant(codes.getType(), int64_t(int32_t((values[0] & 255) * kOnes)));
  auto add = [&](Value bits, int64_t value) {
    if (value & 255)
      result = arith::XOrIOp::create(b, result, b.mulWords(bits, value & 255));
  };
  add(low, values[0] ^ values[1]);
  add(high, values[0] ^ values[2]);
  add(both, values[0] ^ values[1] ^ values[2] ^ values[3]);
  return result;
}

void PlaneMemory::read(ArrayRef<int64_t> values,
                       function_ref<void(ValueRange, Value)> store) {
  SmallVector<int64_t> read = valuesOfCodes(planes.trits, values);
  Value count = b.floorDiv(b.dim(memref, 0), kTrits);
  auto loadBytes = [&](Value i) -> GPUKernelBuilder::Finish {
    Value place = b.mul(i, kTrits);
    Values bytes = b.loadWords(memref, {place});
    return [=](Value exists) {
      b.ifThen(exists, [&] {
        for (auto [plane, shift] : llvm::enumerate(planes.shifts)) {
          Values words;
          for (Value word : bytes) {
            Value codes = arith::ShRUIOp::create(
                b, word, b.constant(word.getType(), shift));
            words.push_back(mapCodes(b, codes, read));
          }
          store(words, firstOf(place, plane));
        }
      });
    };
  };
  b.launchStream(count, /*reads=*/2, loadBytes);
}
