//===- Reader.cpp - memory-mapped GGUF files ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/GGUF/Reader.h"

#include "Cursor.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace ternary;
using namespace ternary::gguf;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::MemoryBuffer;
using llvm::StringRef;
using llvm::Twine;

namespace {

constexpr TensorType kTensorTypes[] = {
    {0, "F32", 1, 4},         {1, "F16", 1, 2},
    {2, "Q4_0", 32, 18},      {3, "Q4_1", 32, 20},
    {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},
    {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 36},
    {10, "Q2_K", 256, 84},    {11, "Q3_K", 256, 110},
    {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},
    {16, "IQ2_XXS", 256, 66}, {17, "IQ2_XS", 256, 74},
    {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},
    {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},
    {22, "IQ2_S", 256, 82},   {23, "IQ4_XS", 256, 136},
    {24, "I8", 1, 1},         {25, "I16", 1, 2},
    {26, "I32", 1, 4},        {27, "I64", 1, 8},
    {28, "F64", 1, 8},        {29, "IQ1_M", 256, 56},
    {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},
    {35, "TQ2_0", 256, 66},   {kI2S, "I2_S", 1, 1},
    {39, "MXFP4", 32, 17},    {40, "NVFP4", 64, 36},
    {41, "Q1_0", 128, 18},    {kQ20, "Q2_0", 64, 18}};

constexpr unsigned kMaxRank = 4;
/// Arrays of arrays, as deep as a value may nest.
constexpr unsigned kMaxDepth = 8;
constexpr uint32_t kDefaultAlignment = 32;
constexpr uint32_t kMaxAlignment = 1 << 20;
/// The least bytes of a tensor's description and of a key with its value.
constexpr uint64_t kMinTensorBytes = 24, kMinKeyValueBytes = 13;
constexpr StringRef kAlignmentKey = "general.alignment";

Error refuseEnd(const Twine &what, const Cursor &cursor) {
  return refuse("expected " + what + ", found the end of the file after " +
                Twine(cursor.size()) + " bytes");
}

/// The bytes of a tensor, from its type and extents; 0 where one is 0.
Expected<uint64_t> computeBytes(const Tensor &tensor) {
  int64_t elements = 1, row = tensor.shape.empty() ? 1 : tensor.shape.back();
  for (int64_t extent : tensor.shape)
    if (extent != 0 && (llvm::MulOverflow(elements, extent, elements) ||
                        elements >= int64_t(1) << 60))
      return refuse("expected a shape of less than 2^60 elements, found " +
                    quoteShape(tensor.shape));
  if (llvm::is_contained(tensor.shape, 0))
    return 0;
  if (tensor.type->id == kI2S)
    return elements / 4 + 32;
  bool wide = tensor.q2Block == 128;
  int64_t block = wide ? 128 : tensor.type->block;
  int64_t bytes = wide ? 34 : tensor.type->bytes;
  if (row % block)
    return refuse("expected rows of whole blocks of " + Twine(block) + " for " +
                  tensor.type->name + ", found shape " +
                  quoteShape(tensor.shape));
  if (llvm::MulOverflow(elements / block, bytes, elements))
    return refuse("expected a shape of less than 2^63 bytes, found " +
                  quoteShape(tensor.shape));
  return elements;
}

} // namespace

namespace ternary::gguf {

/// Fills a file from its bytes, front to back.
class Parser {
public:
  Parser(File &file, std::optional<unsigned> q2Block)
      : file(file), q2Block(q2Block),
        cursor(ArrayRef<char>(file.buffer->getBufferStart(),
                              file.buffer->getBufferSize())) {}

  Error parse() {
    uint64_t numTensors, numKeyValues;
    if (Error error = readHeader(numTensors, numKeyValues))
      return error;
    if (Error error = readMetadata(numKeyValues))
      return error;
    std::vector<uint64_t> offsets;
    if (Error error = readTensors(numTensors, offsets))
      return error;
    return placeTensors(offsets);
  }

private:
  Error readHeader(uint64_t &numTensors, uint64_t &numKeyValues);
  Error readMetadata(uint64_t count);
  Error readValue(ValueType type, unsigned depth);
  Error readArray(unsigned depth);
  Error readTensors(uint64_t count, std::vector<uint64_t> &offsets);
  Error readTensor(Tensor &tensor, uint64_t &offset);
  Error placeTensors(ArrayRef<uint64_t> offsets);
  Error placeTensor(Tensor &tensor, uint64_t offset, uint64_t &used);
  void chooseQ2Block(ArrayRef<size_t> order, ArrayRef<uint64_t> offsets,
                     ArrayRef<uint64_t> ends);

  File &file;
  std::optional<unsigned> q2Block;
  Cursor cursor;
  uint32_t alignment = kDefaultAlignment;
  ArrayRef<char> data;
};

} // namespace ternary::gguf

Error Parser::readHeader(uint64_t &numTensors, uint64_t &numKeyValues) {
  StringRef bytes = file.buffer->getBuffer();
  if (!File::isGGUF(bytes))
    return refuse("header: expected the letters GGUF, found " +
                  quoteName(bytes.take_front(4)));
  ArrayRef<char> magic;
  cursor.take(4, magic);
  if (!cursor.read(file.version))
    return refuse("header: expected a version, found the end of the file");
  if (file.version != 2 && file.version != 3)
    return refuse("header: expected version 2 or 3, found " +
                  Twine(file.version) +
                  (file.version != 0 && (file.version & 0xffff) == 0
                       ? ", a file in big-endian order"
                       : ""));
  if (!cursor.read(numTensors) || !cursor.read(numKeyValues))
    return refuse("header: expected the numbers of tensors and of metadata, "
                  "found the end of the file");
  if (numKeyValues > cursor.size() / kMinKeyValueBytes)
    return refuse(
        "header: expected at most " + Twine(cursor.size() / kMinKeyValueBytes) +
        " metadata in a file of this size, found " + Twine(numKeyValues));
  if (numTensors > cursor.size() / kMinTensorBytes)
    return refuse(
        "header: expected at most " + Twine(cursor.size() / kMinTensorBytes) +
        " tensors in a file of this size, found " + Twine(numTensors));
  return Error::success();
}

Error Parser::readMetadata(uint64_t count) {
  llvm::StringSet<> keys;
  for (uint64_t i = 0; i < count; ++i) {
    KeyValue entry;
    uint32_t type;
    if (!cursor.readString(entry.key))
      return refuseEnd("the key of metadata " + Twine(i), cursor);
    auto refuseEntry = [&](const Twine &message) {
      return refuse("metadata " + quoteName(entry.key) + ": " + message);
    };
    if (!llvm::json::isUTF8(entry.key))
      return refuseEntry("expected a key of UTF-8, found other bytes");
    if (!keys.insert(entry.key).second)
      return refuseEntry("expected each key once, found it again");
    if (!cursor.read(type))
      return refuseEntry("expected a type, found the end of the file");
    if (type > uint32_t(ValueType::FLOAT64))
      return refuseEntry("expected a type of 0 to 12, found " + Twine(type));
    entry.value.type = ValueType(type);
    const char *begin = cursor.position();
    if (Error error = readValue(entry.value.type, /*depth=*/0))
      return refuseEntry(llvm::toString(std::move(error)));
    entry.value.data = ArrayRef(begin, cursor.position());
    if (entry.key == kAlignmentKey) {
      if (entry.value.type != ValueType::UINT32)
        return refuseEntry("expected a UINT32, found " +
                           stringifyValueType(entry.value.type));
      alignment = llvm::support::endian::read32le(begin);
      if (!llvm::isPowerOf2_32(alignment) || alignment > kMaxAlignment)
        return refuseEntry("expected a power of two up to " +
                           Twine(kMaxAlignment) + ", found " +
                           Twine(alignment));
    }
    file.metadata.push_back(entry);
  }
  return Error::success();
}

Error Parser::readValue(ValueType type, unsigned depth) {
  if (type == ValueType::ARRAY)
    return readArray(depth + 1);
  if (type == ValueType::STRING) {
    StringRef text;
    return cursor.readString(text) ? Error::success()
                                   : refuseEnd("a string", cursor);
  }
  ArrayRef<char> bytes;
  if (!cursor.take(getByteWidth(type), bytes))
    return refuseEnd("a value", cursor);
  if (type == ValueType::BOOL && uint8_t(bytes[0]) > 1)
    return refuse("expected a bool of 0 or 1, found " +
                  Twine(unsigned(uint8_t(bytes[0]))));
  return Error::success();
}

Error Parser::readArray(unsigned depth) {
  if (depth > kMaxDepth)
    return refuse("expected arrays nested at most " + Twine(kMaxDepth) +
                  " deep, found more");
  uint32_t type;
  uint64_t count;
  if (!cursor.read(type) || !cursor.read(count))
    return refuseEnd("the type and the length of an array", cursor);
  if (type > uint32_t(ValueType::FLOAT64))
    return refuse("expected an array of a type of 0 to 12, found " +
                  Twine(type));
  unsigned width = getByteWidth(ValueType(type));
  // A string has its length, an array inside has its type and length.
  uint64_t most = cursor.size() / (width ? width : 8);
  if (count > most)
    return refuse("expected at most " + Twine(most) +
                  " elements in the rest of the file, found an array of " +
                  Twine(count));
  if (width != 0 && ValueType(type) != ValueType::BOOL) {
    ArrayRef<char> bytes;
    cursor.take(count * width, bytes);
    return Error::success();
  }
  for (uint64_t i = 0; i < count; ++i)
    if (Error error = readValue(ValueType(type), depth))
      return error;
  return Error::success();
}

Error Parser::readTensors(uint64_t count, std::vector<uint64_t> &offsets) {
  llvm::StringSet<> names;
  for (uint64_t i = 0; i < count; ++i) {
    Tensor tensor;
    uint64_t offset;
    if (!cursor.readString(tensor.name))
      return refuseEnd("the name of tensor " + Twine(i), cursor);
    auto refuseTensor = [&](const Twine &message) {
      return refuse("tensor " + quoteName(tensor.name) + ": " + message);
    };
    if (tensor.name.empty() || !llvm::json::isUTF8(tensor.name))
      return refuseTensor(
          "expected a name of UTF-8, found " +
          StringRef(tensor.name.empty() ? "none" : "other bytes"));
    if (!names.insert(tensor.name).second)
      return refuseTensor("expected each name once, found it again");
    if (Error error = readTensor(tensor, offset))
      return refuseTensor(llvm::toString(std::move(error)));
    offsets.push_back(offset);
    file.tensors.push_back(std::move(tensor));
  }
  return Error::success();
}

Error Parser::readTensor(Tensor &tensor, uint64_t &offset) {
  uint32_t rank, type;
  if (!cursor.read(rank))
    return refuseEnd("a rank", cursor);
  if (rank > kMaxRank)
    return refuse("expected a rank of at most " + Twine(kMaxRank) + ", found " +
                  Twine(rank));
  for (uint32_t i = 0; i < rank; ++i) {
    uint64_t extent;
    if (!cursor.read(extent))
      return refuseEnd("an extent", cursor);
    if (extent >= uint64_t(1) << 60)
      return refuse("expected extents below 2^60, found " + Twine(extent));
    tensor.shape.insert(tensor.shape.begin(), extent);
  }
  if (!cursor.read(type) || !cursor.read(offset))
    return refuseEnd("a type and an offset", cursor);
  tensor.type = findTensorType(type);
  if (!tensor.type)
    return refuse("expected a type of the format, found number " + Twine(type));
  if (offset % alignment)
    return refuse("expected an offset that is a multiple of " +
                  Twine(alignment) + ", found " + Twine(offset));
  return Error::success();
}

/// Cuts the data into tensors, which may have space between them but not
/// overlap.
Error Parser::placeTensors(ArrayRef<uint64_t> offsets) {
  uint64_t headerBytes = cursor.position() - file.buffer->getBufferStart();
  uint64_t start = llvm::alignTo(headerBytes, alignment);
  size_t size = file.buffer->getBufferSize();
  // A file without data may end before its padding.
  start = std::min<uint64_t>(start, size);
  data = ArrayRef(file.buffer->getBufferStart() + start, size - start);

  std::vector<size_t> order(offsets.size());
  for (auto [i, index] : llvm::enumerate(order))
    index = i;
  llvm::stable_sort(
      order, [&](size_t a, size_t b) { return offsets[a] < offsets[b]; });
  // Where the next tensor at another place starts.
  std::vector<uint64_t> ends(order.size(), data.size());
  for (size_t i = order.size(); i-- > 1;) {
    uint64_t next = offsets[order[i]];
    ends[i - 1] = next == offsets[order[i - 1]]
                      ? ends[i]
                      : std::min<uint64_t>(next, data.size());
  }
  chooseQ2Block(order, offsets, ends);
  uint64_t used = 0;
  for (size_t index : order) {
    Tensor &tensor = file.tensors[index];
    if (Error error = placeTensor(tensor, offsets[index], used))
      return refuse("tensor " + quoteName(tensor.name) + ": " +
                    llvm::toString(std::move(error)));
  }
  return Error::success();
}

/// Blocks of 128 are smaller than those of 64: a file where these do not fit
/// has the others, in all its tensors.
void Parser::chooseQ2Block(ArrayRef<size_t> order, ArrayRef<uint64_t> offsets,
                           ArrayRef<uint64_t> ends) {
  bool wide = q2Block == 128u;
  for (auto [index, end] : llvm::zip(order, ends)) {
    Tensor &tensor = file.tensors[index];
    if (tensor.type->id != kQ20 || q2Block)
      continue;
    tensor.q2Block = 64;
    Expected<uint64_t> bytes = computeBytes(tensor);
    if (!bytes)
      llvm::consumeError(bytes.takeError());
    else
      wide |= offsets[index] <= end && *bytes > end - offsets[index];
  }
  for (Tensor &tensor : file.tensors)
    if (tensor.type->id == kQ20)
      tensor.q2Block = wide ? 128 : 64;
}

/// `used` is where the tensor before ends.
Error Parser::placeTensor(Tensor &tensor, uint64_t offset, uint64_t &used) {
  Expected<uint64_t> bytes = computeBytes(tensor);
  if (!bytes)
    return bytes.takeError();
  if (*bytes == 0)
    return Error::success();
  if (offset > data.size() || *bytes > data.size() - offset)
    return refuse("expected data within the " + Twine(data.size()) +
                  " bytes of the file, found " + Twine(*bytes) +
                  " bytes at offset " + Twine(offset));
  if (offset < used)
    return refuse("expected its data at offset " + Twine(used) +
                  " or behind, found it at " + Twine(offset) + " (overlap)");
  used = offset + *bytes;
  tensor.data = data.slice(offset, *bytes);
  return Error::success();
}

const TensorType *ternary::gguf::findTensorType(uint32_t id) {
  const auto *found = llvm::find_if(
      kTensorTypes, [&](const TensorType &type) { return type.id == id; });
  return found == std::end(kTensorTypes) ? nullptr : found;
}

int64_t Tensor::getNumElements() const {
  int64_t count = 1;
  for (int64_t extent : shape)
    count *= extent;
  return count;
}

Expected<File> File::parse(std::unique_ptr<MemoryBuffer> buffer,
                           std::optional<unsigned> q2Block) {
  File file;
  file.buffer = std::move(buffer);
  if (Error error = Parser(file, q2Block).parse())
    return llvm::createFileError(file.getPath(), std::move(error));
  return file;
}

Expected<File> File::open(StringRef path, std::optional<unsigned> q2Block) {
  Expected<std::unique_ptr<MemoryBuffer>> buffer = mapFile(path);
  if (!buffer)
    return buffer.takeError();
  return parse(std::move(*buffer), q2Block);
}
