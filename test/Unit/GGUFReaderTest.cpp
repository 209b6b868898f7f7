//===- GGUFReaderTest.cpp -------------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ReaderFixture.h"

#include "ternary/Target/GGUF/Reader.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

using namespace ternary::gguf;
using llvm::StringRef;

namespace {

/// Bytes of a file, appended one number after the other.
class Bytes {
public:
  template <typename T> Bytes &number(T value) {
    char bytes[sizeof(T)];
    llvm::support::endian::write<T, llvm::endianness::little>(bytes, value);
    text.append(bytes, sizeof(T));
    return *this;
  }
  Bytes &string(StringRef value) {
    number<uint64_t>(value.size());
    text += value.str();
    return *this;
  }
  Bytes &align(size_t alignment) {
    text.append((alignment - text.size() % alignment) % alignment, '\0');
    return *this;
  }
  Bytes &zeros(size_t count) {
    text.append(count, '\0');
    return *this;
  }
  /// A tensor's description; extents innermost first.
  Bytes &tensor(StringRef name, std::vector<uint64_t> extents, uint32_t type,
                uint64_t offset) {
    string(name).number<uint32_t>(extents.size());
    for (uint64_t extent : extents)
      number(extent);
    return number(type).number(offset);
  }

  std::string text;
};

Bytes header(uint64_t tensors, uint64_t keyValues) {
  Bytes bytes;
  bytes.text = "GGUF";
  return bytes.number<uint32_t>(3).number(tensors).number(keyValues);
}

llvm::Expected<File> parse(StringRef bytes,
                           std::optional<unsigned> q2Block = std::nullopt) {
  return File::parse(llvm::MemoryBuffer::getMemBufferCopy(bytes, "f"), q2Block);
}

std::string refusal(StringRef bytes) {
  return ternary::refusalOf(parse(bytes));
}

/// A file with values of each form and two tensors, without padding behind.
std::string goodFile() {
  Bytes bytes = header(2, 4);
  bytes.string("a").number<uint32_t>(8).string("text");
  bytes.string("b").number<uint32_t>(9).number<uint32_t>(8);
  bytes.number<uint64_t>(2).string("x").string("");
  bytes.string("c").number<uint32_t>(9).number<uint32_t>(9);
  bytes.number<uint64_t>(1).number<uint32_t>(7).number<uint64_t>(2);
  bytes.number<uint8_t>(1).number<uint8_t>(0);
  bytes.string("d").number<uint32_t>(12).number<double>(0.5);
  bytes.tensor("w", {256, 2}, 35, 0).tensor("n", {3}, 0, 160);
  return bytes.align(32).zeros(160 + 12).text;
}

TEST(GGUFReader, ReadsMetadataAndTensors) {
  llvm::Expected<File> file = parse(goodFile());
  ASSERT_TRUE(bool(file));
  std::string text;
  llvm::raw_string_ostream os(text);
  for (const KeyValue &entry : file->getMetadata()) {
    os << entry.key << ": ";
    printValue(os, entry.value);
    os << '\n';
  }
  EXPECT_EQ(text, "a: STRING 'text'\n"
                  "b: ARRAY STRING [2]: 'x', ''\n"
                  "c: ARRAY ARRAY [1]: BOOL [2]: true, false\n"
                  "d: FLOAT64 0.5\n");
  ASSERT_EQ(file->getTensors().size(), 2u);
  const Tensor &weight = file->getTensors()[0];
  EXPECT_EQ(weight.name, "w");
  EXPECT_EQ(weight.type->name, "TQ2_0");
  EXPECT_EQ(llvm::ArrayRef<int64_t>(weight.shape),
            llvm::ArrayRef<int64_t>({2, 256}));
  EXPECT_EQ(weight.data.size(), 132u);
  EXPECT_EQ(file->getTensors()[1].data.data() - weight.data.data(), 160);
}

// Whatever the file is cut at, it is refused, and nothing behind is read: the
// sanitizers see that.
TEST(GGUFReader, RefusesEveryPrefix) {
  std::string good = goodFile();
  EXPECT_EQ(refusal(good), "");
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(refusal(StringRef(good).take_front(size)), "") << size;
}

// One byte changed at a time: refused or read, within the buffer.
TEST(GGUFReader, SurvivesEveryByte) {
  std::string good = goodFile();
  unsigned refused = 0;
  for (size_t i = 0; i + 172 < good.size(); ++i)
    for (int value : {0, 1, 127, 128, 255}) {
      std::string changed = good;
      changed[i] = char(value);
      refused += !refusal(changed).empty();
    }
  EXPECT_GT(refused, 100u);
}

// 4096 elements are 1152 bytes in blocks of 64 and 1088 in blocks of 128; 512
// are 144 and 136, which take the same space.
TEST(GGUFReader, TellsTheBlocksOfQ2) {
  auto make = [](size_t space) {
    return header(2, 0)
        .tensor("w", {256, 16}, 42, 0)
        .tensor("v", {256, 2}, 42, space)
        .align(32)
        .zeros(space + 160)
        .text;
  };
  for (auto [space, block] : {std::pair(1152, 64u), std::pair(1088, 128u)}) {
    llvm::Expected<File> file = parse(make(space));
    ASSERT_TRUE(bool(file));
    for (const Tensor &tensor : file->getTensors())
      EXPECT_EQ(tensor.q2Block, block);
  }
  llvm::Expected<File> forced = parse(make(1152), 128);
  ASSERT_TRUE(bool(forced));
  EXPECT_EQ(forced->getTensors()[0].data.size(), 1088u);
}

TEST(GGUFReader, TakesTimeInProportion) {
  // Many tensors without data at one place.
  constexpr uint64_t kCount = 20000;
  Bytes bytes = header(kCount, 0);
  for (uint64_t i = 0; i < kCount; ++i)
    bytes.tensor(std::to_string(i), {0}, 0, 0);
  EXPECT_EQ(refusal(bytes.text), "");
}

} // namespace
