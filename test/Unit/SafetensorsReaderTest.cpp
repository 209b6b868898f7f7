//===- SafetensorsReaderTest.cpp ------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ReaderFixture.h"

#include "ternary/Target/Safetensors/Reader.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"

#include <gtest/gtest.h>

using namespace ternary::safetensors;
using llvm::StringRef;

namespace {

/// The bytes of a file whose length field says `length`.
std::string encode(StringRef json, StringRef data, uint64_t length) {
  std::string bytes(sizeof(uint64_t), '\0');
  llvm::support::endian::write64le(bytes.data(), length);
  return (bytes + json + data).str();
}

std::string encode(StringRef json, StringRef data = "") {
  return encode(json, data, json.size());
}

llvm::Expected<File> parse(StringRef bytes) {
  return File::parse(llvm::MemoryBuffer::getMemBufferCopy(bytes, "f"));
}

std::string refusal(StringRef bytes) {
  return ternary::refusalOf(parse(bytes));
}

/// A header with one tensor 'x' of these fields.
std::string one(StringRef dtype, StringRef shape, StringRef offsets) {
  return ("{\"x\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
          ",\"data_offsets\":" + offsets + "}}")
      .str();
}

TEST(SafetensorsReader, ReadsTensorsInDataOrder) {
  std::string data("\x00\x00\x80\x3f\x00\x00\x00\xc0\x01\xff\x00", 11);
  std::string json =
      R"({"b":{"dtype":"I8","shape":[3,1],"data_offsets":[8,11]},)"
      R"("__metadata__":{"format":"t","eps":"1e-5"},)"
      R"("a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  )";
  llvm::Expected<File> file = parse(encode(json, data));
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  ASSERT_EQ(file->getTensors().size(), 2u);
  const Tensor &a = file->getTensors()[0];
  EXPECT_EQ(a.name, "a");
  EXPECT_EQ(a.dtype, DType::F32);
  EXPECT_EQ(a.getNumElements(), 2);
  EXPECT_EQ(a.getF32(0), 1.0f);
  EXPECT_EQ(a.getF32(1), -2.0f);
  const Tensor *b = file->find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->shape, (llvm::SmallVector<int64_t>{3, 1}));
  EXPECT_EQ(b->data[1], '\xff');
  EXPECT_EQ(file->find("c"), nullptr);
  EXPECT_EQ(file->getMetadata().at("eps"), "1e-5");
  EXPECT_EQ(file->getMetadata().size(), 2u);
}

TEST(SafetensorsReader, AcceptsEmptyScalarAndUnalignedTensors) {
  EXPECT_EQ(refusal(encode("{}")), "");
  EXPECT_EQ(refusal(encode(one("F32", "[]", "[0,4]"), "abcd")), "");
  EXPECT_EQ(refusal(encode(one("F32", "[0,7]", "[0,0]"))), "");
  EXPECT_EQ(refusal(encode(one("F4", "[3,2]", "[0,3]"), "abc")), "");
  std::string json = R"({"p":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                     R"("z":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},)"
                     R"("q":{"dtype":"F32","shape":[],"data_offsets":[1,5]}})";
  llvm::Expected<File> file =
      parse(encode(json, StringRef("\x07\x00\x00\x00\x3f", 5)));
  ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
  EXPECT_EQ(file->find("q")->getF32(0), 0.5f);
}

TEST(SafetensorsReader, ReadsEveryDType) {
  for (StringRef name :
       {"BOOL",    "F4",      "F6_E2M3", "F6_E3M2", "U8",  "I8",   "F8_E5M2",
        "F8_E4M3", "F8_E8M0", "I16",     "U16",     "F16", "BF16", "I32",
        "U32",     "F32",     "C64",     "F64",     "I64", "U64"}) {
    std::optional<DType> dtype = parseDType(name);
    ASSERT_TRUE(dtype.has_value()) << name.str();
    EXPECT_EQ(stringifyDType(*dtype), name);
    unsigned bytes = getBitWidth(*dtype);
    std::string offsets = "[0," + std::to_string(bytes) + "]";
    llvm::Expected<File> file =
        parse(encode(one(name, "[8]", offsets), std::string(bytes, 'a')));
    ASSERT_TRUE(static_cast<bool>(file)) << llvm::toString(file.takeError());
    EXPECT_EQ(file->find("x")->getNumElements(), 8);
  }
  EXPECT_FALSE(parseDType("f32").has_value());
}

TEST(SafetensorsReader, RefusesLyingLengths) {
  EXPECT_EQ(refusal(""), "expected at least 8 bytes, found 0");
  EXPECT_EQ(refusal("1234567"), "expected at least 8 bytes, found 7");
  EXPECT_EQ(refusal(encode("{}", "", 3)),
            "header: expected a length of at most the 2 bytes that follow it, "
            "found 3");
  EXPECT_EQ(refusal(encode("{}", "", ~uint64_t(0))),
            "header: expected a length of at most 100000000 bytes, found "
            "18446744073709551615");
  EXPECT_EQ(refusal(encode("{}", "", 0)),
            "header: expected '{' as its first byte, found none");
}

TEST(SafetensorsReader, RefusesWhatIsNoHeader) {
  EXPECT_EQ(refusal(encode("[]")),
            "header: expected '{' as its first byte, found '['");
  EXPECT_EQ(refusal(encode(" {}")),
            "header: expected '{' as its first byte, found ' '");
  EXPECT_EQ(refusal(encode(StringRef("{}\0", 3))),
            "header: expected JSON, found a zero byte at its byte 2");
  EXPECT_EQ(refusal(encode("{")),
            "header: expected JSON, found a syntax error at its byte 2");
  EXPECT_EQ(refusal(encode("{}{}")),
            "header: expected JSON, found a syntax error at its byte 3");
  EXPECT_EQ(refusal(encode("{\"\xff\":1}")),
            "header: expected JSON, found a syntax error at its byte 3");
  EXPECT_EQ(refusal(encode(R"({"x":1})")),
            "tensor 'x': expected an object, found 1");
  EXPECT_EQ(refusal(encode(R"({"x":[]})")),
            "tensor 'x': expected an object, found an array");
  EXPECT_EQ(refusal(encode(R"({"x\n":null})")),
            "tensor 'x\\0A': expected an object, found null");
  EXPECT_EQ(refusal(encode(R"({"__metadata__":1})")),
            "metadata: expected an object, found 1");
  EXPECT_EQ(refusal(encode(R"({"__metadata__":{"a":{}}})")),
            "metadata: expected a string, found an object");
  // Deep nesting stops at the first level that does not belong.
  EXPECT_EQ(refusal(encode("{\"x\":" + std::string(1000000, '['))),
            "tensor 'x': expected an object, found an array");
}

TEST(SafetensorsReader, RefusesMissingAndForeignFields) {
  EXPECT_EQ(refusal(encode(R"({"x":{"dtype":"I8","shape":[]}})")),
            "tensor 'x': expected field 'data_offsets', found none");
  EXPECT_EQ(refusal(encode(R"({"x":{"dtype":"I8","data_offsets":[0,0]}})")),
            "tensor 'x': expected field 'shape', found none");
  EXPECT_EQ(refusal(encode(R"({"x":{}})")),
            "tensor 'x': expected field 'dtype', found none");
  EXPECT_EQ(refusal(encode(R"({"x":{"type":"I8"}})")),
            "tensor 'x': expected dtype, shape and data_offsets, found 'type'");
  EXPECT_EQ(refusal(encode(R"({"x":{"dtype":8}})")),
            "tensor 'x': expected a string, found 8");
  EXPECT_EQ(refusal(encode(R"({"x":{"shape":"I8"}})")),
            "tensor 'x': expected an array, found string 'I8'");
  EXPECT_EQ(refusal(encode(one("I8", "[]", "[0]"))),
            "tensor 'x': expected 2 data_offsets, found 1");
  EXPECT_EQ(refusal(encode(one("I8", "[]", "[0,1,2]"))),
            "tensor 'x': expected 2 data_offsets, found 3");
}

TEST(SafetensorsReader, RefusesRepeatedKeys) {
  EXPECT_EQ(refusal(encode(
                R"({"x":{"dtype":"I8","shape":[0],"data_offsets":[0,0]},)"
                R"("x":{"dtype":"I8","shape":[0],"data_offsets":[0,0]}})")),
            "header: expected each name once, found 'x' again");
  EXPECT_EQ(refusal(encode(R"({"__metadata__":{},"__metadata__":{}})")),
            "header: expected each name once, found '__metadata__' again");
  EXPECT_EQ(refusal(encode(R"({"__metadata__":{"a":"","a":""}})")),
            "metadata: expected each key once, found 'a' again");
  EXPECT_EQ(refusal(encode(R"({"x":{"shape":[],"shape":[]}})")),
            "tensor 'x': expected each field once, found 'shape' again");
}

TEST(SafetensorsReader, RefusesBadNumbers) {
  StringRef expected =
      "tensor 'x': expected a number that is whole, not negative and below "
      "2^64, found ";
  EXPECT_EQ(refusal(encode(one("I8", "[-1]", "[0,0]"))),
            (expected + "-1").str());
  EXPECT_EQ(refusal(encode(one("I8", "[1.5]", "[0,0]"))),
            (expected + "1.5").str());
  EXPECT_EQ(refusal(encode(one("I8", "[18446744073709551616]", "[0,0]"))),
            (expected + "18446744073709551616").str());
  EXPECT_EQ(refusal(encode(one("I8", "[[1]]", "[0,0]"))),
            (expected + "an array").str());
  EXPECT_EQ(refusal(encode(one("I8", "[true]", "[0,0]"))),
            (expected + "true").str());
}

TEST(SafetensorsReader, RefusesUnknownDTypes) {
  EXPECT_EQ(refusal(encode(one("I7", "[]", "[0,0]"))),
            "tensor 'x': expected a dtype of the format, found 'I7'");
}

TEST(SafetensorsReader, RefusesOverflowingShapes) {
  EXPECT_EQ(refusal(encode(one("F64", "[4294967296,4294967296]", "[0,0]"))),
            "tensor 'x': expected a shape of at most 2^63 - 1 bits, found "
            "[4294967296, 4294967296]");
  EXPECT_EQ(refusal(encode(one("I8", "[1152921504606846976]", "[0,0]"))),
            "tensor 'x': expected a shape of at most 2^63 - 1 bits, found "
            "[1152921504606846976]");
  EXPECT_EQ(refusal(encode(one("I8", "[18446744073709551615,0]", "[0,0]"))),
            "tensor 'x': expected a shape of at most 2^63 - 1 bits, found "
            "[18446744073709551615, 0]");
  EXPECT_EQ(refusal(encode(one("F4", "[3]", "[0,1]"), "a")),
            "tensor 'x': expected a shape that fills whole bytes, found [3] "
            "elements of 4 bits");
}

TEST(SafetensorsReader, RefusesLyingOffsets) {
  EXPECT_EQ(refusal(encode(one("I8", "[2]", "[2,0]"), "ab")),
            "tensor 'x': expected data_offsets in rising order, found [2, 0]");
  EXPECT_EQ(refusal(encode(one("I8", "[3]", "[0,3]"), "ab")),
            "tensor 'x': expected data_offsets within the 2 bytes of data, "
            "found [0, 3]");
  EXPECT_EQ(refusal(encode(one("I8", "[1]", "[0,18446744073709551615]"), "ab")),
            "tensor 'x': expected data_offsets within the 2 bytes of data, "
            "found [0, 18446744073709551615]");
  EXPECT_EQ(refusal(encode(one("F32", "[2]", "[0,4]"), "abcd")),
            "tensor 'x': expected 8 bytes for F32 [2], found data_offsets "
            "[0, 4]");
}

TEST(SafetensorsReader, RefusesOverlapAndHoles) {
  auto two = [](StringRef first, StringRef second) {
    return encode((R"({"x":{"dtype":"I8","shape":[2],"data_offsets":)" + first +
                   R"(},"y":{"dtype":"I8","shape":[2],"data_offsets":)" +
                   second + "}}")
                      .str(),
                  "abcde");
  };
  EXPECT_EQ(refusal(two("[0,2]", "[1,3]")),
            "tensor 'y': expected its data at offset 2, found it at 1 "
            "(overlap)");
  EXPECT_EQ(refusal(two("[3,5]", "[0,2]")),
            "tensor 'x': expected its data at offset 2, found it at 3 (hole)");
  EXPECT_EQ(refusal(two("[0,2]", "[2,4]")),
            "expected 4 bytes of data, found 5");
  EXPECT_EQ(refusal(encode("{}", "a")), "expected 0 bytes of data, found 1");
}

TEST(SafetensorsReader, EveryTruncationIsRefused) {
  std::string bytes = encode(one("F32", "[2]", "[0,8]"), "abcdefgh");
  ASSERT_EQ(refusal(bytes), "");
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_NE(refusal(StringRef(bytes).take_front(size)), "") << size;
}

TEST(SafetensorsReader, NoFlippedByteReadsOutside) {
  // What is accepted must hold together; what is not must say why. Run under
  // the address sanitizer this also shows that nothing outside is read.
  std::string good = encode(one("F32", "[2,1]", "[0,8]"), "abcdefgh");
  for (size_t at = 0; at < good.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      llvm::Expected<File> file = parse(bytes);
      if (!file) {
        EXPECT_NE(llvm::toString(file.takeError()), "");
        continue;
      }
      for (const Tensor &tensor : file->getTensors())
        EXPECT_EQ(tensor.data.size(), 8u);
    }
}

TEST(SafetensorsReader, OpenNamesTheFile) {
  llvm::Expected<File> file = File::open("no/such/file");
  ASSERT_FALSE(static_cast<bool>(file));
  EXPECT_EQ(llvm::toString(file.takeError()),
            "'no/such/file': cannot open: no such file or directory");
  llvm::Expected<File> folder = File::open("/");
  ASSERT_FALSE(static_cast<bool>(folder));
  EXPECT_EQ(llvm::toString(folder.takeError()),
            "'/': expected a regular file, found none");
}

TEST(SafetensorsReader, QuotedNamesAreShort) {
  EXPECT_EQ(quoteName("a\x1b[0m"), "'a\\1B[0m'");
  EXPECT_EQ(quoteName(std::string(1000, 'a')),
            "'" + std::string(200, 'a') + "...'");
}

} // namespace
