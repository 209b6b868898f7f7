//===- Reader.cpp - memory-mapped .safetensors files ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/Safetensors/Reader.h"

#include "Header.h"

#include "ternary/Target/Weights/MappedFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

#include <limits>
#include <tuple>

using namespace ternary;
using namespace ternary::safetensors;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::MemoryBuffer;
using llvm::StringRef;
using llvm::Twine;

namespace {

struct DTypeInfo {
  StringRef name;
  DType dtype;
  unsigned bits;
};

constexpr DTypeInfo kDTypes[] = {
    {"BOOL", DType::BOOL, 8},       {"F4", DType::F4, 4},
    {"F6_E2M3", DType::F6_E2M3, 6}, {"F6_E3M2", DType::F6_E3M2, 6},
    {"U8", DType::U8, 8},           {"I8", DType::I8, 8},
    {"F8_E5M2", DType::F8_E5M2, 8}, {"F8_E4M3", DType::F8_E4M3, 8},
    {"F8_E8M0", DType::F8_E8M0, 8}, {"I16", DType::I16, 16},
    {"U16", DType::U16, 16},        {"F16", DType::F16, 16},
    {"BF16", DType::BF16, 16},      {"I32", DType::I32, 32},
    {"U32", DType::U32, 32},        {"F32", DType::F32, 32},
    {"C64", DType::C64, 64},        {"F64", DType::F64, 64},
    {"I64", DType::I64, 64},        {"U64", DType::U64, 64},
};

/// The reference implementation's limit: a longer header is an attack.
constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr uint64_t kLengthBytes = sizeof(uint64_t);

const DTypeInfo &getInfo(DType dtype) {
  return *llvm::find_if(
      kDTypes, [&](const DTypeInfo &info) { return info.dtype == dtype; });
}

/// Splits the buffer into the header's JSON and the tensors' data.
Error splitBuffer(StringRef bytes, StringRef &json, ArrayRef<char> &data) {
  if (bytes.size() < kLengthBytes)
    return refuse("expected at least 8 bytes, found " + Twine(bytes.size()));
  uint64_t length = llvm::support::endian::read64le(bytes.data());
  if (length > kMaxHeaderBytes)
    return refuse("header: expected a length of at most " +
                  Twine(kMaxHeaderBytes) + " bytes, found " + Twine(length));
  if (length > bytes.size() - kLengthBytes)
    return refuse("header: expected a length of at most the " +
                  Twine(bytes.size() - kLengthBytes) +
                  " bytes that follow it, found " + Twine(length));
  json = bytes.substr(kLengthBytes, length);
  StringRef rest = bytes.substr(kLengthBytes + length);
  data = ArrayRef<char>(rest.data(), rest.size());
  return Error::success();
}

/// The number of bytes of a tensor of this shape, or an error where it does not
/// fit. Sizes of 0 are left out of the overflow check on purpose: MLIR's own
/// shape products would overflow before they reach the 0.
Expected<uint64_t> computeBytes(ArrayRef<uint64_t> shape, unsigned bits) {
  constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
  uint64_t product = bits;
  bool isEmpty = false;
  for (uint64_t size : shape) {
    isEmpty |= size == 0;
    bool overflowed = false;
    product = llvm::SaturatingMultiply<uint64_t>(product, size ? size : 1,
                                                 &overflowed);
    if (overflowed || product > kMax)
      return refuse("expected a shape of at most 2^63 - 1 bits, found " +
                    quoteShape(shape));
  }
  if (isEmpty)
    return 0;
  if (product % 8)
    return refuse("expected a shape that fills whole bytes, found " +
                  quoteShape(shape) + " elements of " + Twine(bits) + " bits");
  return product / 8;
}

/// Checks one entry against the data and turns it into a tensor.
Expected<Tensor> checkEntry(const HeaderEntry &entry, ArrayRef<char> data) {
  std::optional<DType> dtype = parseDType(entry.dtype);
  if (!dtype)
    return refuse("expected a dtype of the format, found " +
                  quoteName(entry.dtype));
  uint64_t begin = entry.offsets[0], end = entry.offsets[1];
  Expected<uint64_t> bytes = computeBytes(entry.shape, getBitWidth(*dtype));
  if (!bytes)
    return bytes.takeError();
  if (begin > end)
    return refuse("expected data_offsets in rising order, found " +
                  quoteShape(entry.offsets));
  if (end > data.size())
    return refuse("expected data_offsets within the " + Twine(data.size()) +
                  " bytes of data, found " + quoteShape(entry.offsets));
  if (end - begin != *bytes)
    return refuse("expected " + Twine(*bytes) + " bytes for " + entry.dtype +
                  " " + quoteShape(entry.shape) + ", found data_offsets " +
                  quoteShape(entry.offsets));
  Tensor tensor;
  tensor.name = entry.name;
  tensor.dtype = *dtype;
  tensor.shape.assign(entry.shape.begin(), entry.shape.end());
  tensor.data = data.slice(begin, end - begin);
  return tensor;
}

/// Checks that the tensors, sorted by position, cover `data` without overlap
/// or hole, as the format demands.
Error checkCoverage(ArrayRef<Tensor> tensors, ArrayRef<char> data) {
  uint64_t position = 0;
  for (const Tensor &tensor : tensors) {
    uint64_t begin = tensor.data.data() - data.data();
    if (begin != position)
      return refuse("tensor " + quoteName(tensor.name) +
                    ": expected its data at offset " + Twine(position) +
                    ", found it at " + Twine(begin) +
                    (begin < position ? " (overlap)" : " (hole)"));
    position += tensor.data.size();
  }
  if (position != data.size())
    return refuse("expected " + Twine(position) + " bytes of data, found " +
                  Twine(data.size()));
  return Error::success();
}

/// Everything that `parse` checks, without the file's name in the errors.
Error readTensors(StringRef bytes, std::vector<Tensor> &tensors,
                  std::map<std::string, std::string> &metadata) {
  StringRef json;
  ArrayRef<char> data;
  if (Error error = splitBuffer(bytes, json, data))
    return error;
  Expected<Header> header = parseHeader(json);
  if (!header)
    return header.takeError();
  tensors.reserve(header->entries.size());
  for (const HeaderEntry &entry : header->entries) {
    Expected<Tensor> tensor = checkEntry(entry, data);
    if (!tensor)
      return refuse("tensor " + quoteName(entry.name) + ": " +
                    llvm::toString(tensor.takeError()));
    tensors.push_back(std::move(*tensor));
  }
  // Empty tensors share their position with the one that follows.
  llvm::sort(tensors, [](const Tensor &a, const Tensor &b) {
    return std::forward_as_tuple(a.data.data(), a.data.size(), a.name) <
           std::forward_as_tuple(b.data.data(), b.data.size(), b.name);
  });
  metadata = std::move(header->metadata);
  return checkCoverage(tensors, data);
}

} // namespace

std::optional<DType> ternary::safetensors::parseDType(StringRef name) {
  for (const DTypeInfo &info : kDTypes)
    if (info.name == name)
      return info.dtype;
  return std::nullopt;
}

StringRef ternary::safetensors::stringifyDType(DType dtype) {
  return getInfo(dtype).name;
}

unsigned ternary::safetensors::getBitWidth(DType dtype) {
  return getInfo(dtype).bits;
}

int64_t Tensor::getNumElements() const {
  return static_cast<int64_t>(data.size() * 8 / getBitWidth(dtype));
}

float Tensor::getF32(int64_t index) const {
  return llvm::bit_cast<float>(
      llvm::support::endian::read32le(data.data() + index * sizeof(float)));
}

Expected<File> File::parse(std::unique_ptr<MemoryBuffer> buffer) {
  File file;
  file.buffer = std::move(buffer);
  if (Error error =
          readTensors(file.buffer->getBuffer(), file.tensors, file.metadata))
    return llvm::createFileError(file.getPath(), std::move(error));
  for (auto [index, tensor] : llvm::enumerate(file.tensors))
    file.indexOfName[tensor.name] = index;
  return file;
}

Expected<File> File::open(StringRef path) {
  Expected<std::unique_ptr<MemoryBuffer>> buffer = mapFile(path);
  if (!buffer)
    return buffer.takeError();
  return parse(std::move(*buffer));
}

const Tensor *File::find(StringRef name) const {
  auto it = indexOfName.find(name);
  return it == indexOfName.end() ? nullptr : &tensors[it->second];
}
