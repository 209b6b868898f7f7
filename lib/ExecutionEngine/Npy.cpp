//===- Npy.cpp - Reading and writing .npy files ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/Npy.h"
#include "ternary/Target/OutputFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace ternary;

static_assert(llvm::endianness::native == llvm::endianness::little,
              "arrays are copied to and from little-endian files");

namespace {

constexpr llvm::StringLiteral kMagic("\x93NUMPY");
/// More than any real header has; NumPy itself stops at 10,000.
constexpr size_t kMaxHeader = 65536;
constexpr size_t kMaxRank = 32;

struct Descr {
  DType dtype;
  llvm::StringLiteral text;
};

/// Indexed by DType. NumPy has no bfloat16: ml_dtypes saves it as two bytes of
/// no type.
constexpr Descr kDescrs[] = {{DType::Bool, "|b1"},    {DType::Int8, "|i1"},
                             {DType::UInt8, "|u1"},   {DType::Int16, "<i2"},
                             {DType::Int32, "<i4"},   {DType::Int64, "<i8"},
                             {DType::Float16, "<f2"}, {DType::BFloat16, "<V2"},
                             {DType::Float32, "<f4"}, {DType::Float64, "<f8"}};

llvm::Error fail(llvm::StringRef file, const llvm::Twine &what,
                 const llvm::Twine &expected, const llvm::Twine &found) {
  return llvm::createStringError(file + ": " + what + ", expected " + expected +
                                 ", found " + found);
}

/// Text from a file made safe to print on one line.
std::string quote(llvm::StringRef text) {
  std::string result = "'";
  llvm::raw_string_ostream os(result);
  llvm::printEscapedString(text.take_front(40), os);
  os << (text.size() > 40 ? "...'" : "'");
  return result;
}

/// What a header says, before it is believed.
struct Header {
  std::optional<DType> dtype;
  std::optional<bool> fortranOrder;
  std::optional<llvm::SmallVector<int64_t, 4>> shape;
};

/// Parser for the subset of Python literals that headers consist of.
class HeaderParser {
public:
  HeaderParser(llvm::StringRef text, llvm::StringRef file)
      : rest(text), file(file) {}

  llvm::Expected<Header> parse();

private:
  llvm::Error parseEntry(Header &header);
  llvm::Error parseDescr(Header &header);
  llvm::Error parseFortranOrder(Header &header);
  llvm::Error parseShape(Header &header);
  llvm::Expected<int64_t> parseDimension();
  std::optional<llvm::StringRef> parseString();

  bool consume(char c) {
    rest = rest.ltrim(" \t\n\r");
    return rest.consume_front(llvm::StringRef(&c, 1));
  }
  llvm::Error expected(const llvm::Twine &what) {
    return fail(file, "header", what,
                rest.empty() ? "its end" : quote(rest.ltrim()));
  }

  llvm::StringRef rest;
  llvm::StringRef file;
};

std::optional<llvm::StringRef> HeaderParser::parseString() {
  char delimiter = consume('\'') ? '\'' : consume('"') ? '"' : '\0';
  size_t end = delimiter ? rest.find(delimiter) : llvm::StringRef::npos;
  if (end == llvm::StringRef::npos)
    return std::nullopt;
  llvm::StringRef text = rest.take_front(end);
  rest = rest.drop_front(end + 1);
  return text;
}

llvm::Error HeaderParser::parseDescr(Header &header) {
  std::optional<llvm::StringRef> text = parseString();
  if (!text)
    return expected("a plain element type ('descr')");
  // One byte has no byte order, nor has no type: either prefix says the same.
  llvm::StringRef name = *text;
  for (const Descr &descr : kDescrs) {
    bool hasOrder =
        byteWidth(descr.dtype) > 1 && descr.dtype != DType::BFloat16;
    if (name == descr.text ||
        (!hasOrder && (name.starts_with("<") || name.starts_with("|")) &&
         name.drop_front() == descr.text.drop_front()))
      header.dtype = descr.dtype;
  }
  if (header.dtype)
    return llvm::Error::success();
  if (name.starts_with(">"))
    return fail(file, "dtype", "little-endian data", quote(name));
  return fail(file, "dtype",
              "one of bool, int8, uint8, int16, int32, int64, float16, "
              "bfloat16, float32, float64",
              quote(name));
}

llvm::Error HeaderParser::parseFortranOrder(Header &header) {
  rest = rest.ltrim(" \t\n\r");
  if (rest.consume_front("False"))
    header.fortranOrder = false;
  else if (rest.consume_front("True"))
    header.fortranOrder = true;
  else
    return expected("True or False ('fortran_order')");
  return llvm::Error::success();
}

llvm::Expected<int64_t> HeaderParser::parseDimension() {
  rest = rest.ltrim(" \t\n\r");
  llvm::StringRef digits = rest.take_while(
      [](char c) { return llvm::isDigit(c) || c == '-' || c == '+'; });
  int64_t value;
  if (digits.empty())
    return expected("a dimension ('shape')");
  if (digits.getAsInteger(10, value))
    return fail(file, "shape", "dimensions that fit in 63 bits", quote(digits));
  if (value < 0)
    return fail(file, "shape", "dimensions of at least 0", quote(digits));
  rest = rest.drop_front(digits.size());
  rest.consume_front("L"); // written by Python 2
  return value;
}

llvm::Error HeaderParser::parseShape(Header &header) {
  if (!consume('('))
    return expected("a tuple ('shape')");
  llvm::SmallVector<int64_t, 4> shape;
  while (!consume(')')) {
    llvm::Expected<int64_t> dim = parseDimension();
    if (!dim)
      return dim.takeError();
    shape.push_back(*dim);
    if (shape.size() > kMaxRank)
      return fail(file, "rank", "at most " + llvm::Twine(kMaxRank), "more");
    if (consume(','))
      continue;
    if (!consume(')'))
      return expected("',' or ')' ('shape')");
    break;
  }
  header.shape = std::move(shape);
  return llvm::Error::success();
}

llvm::Error HeaderParser::parseEntry(Header &header) {
  std::optional<llvm::StringRef> key = parseString();
  if (!key || !consume(':'))
    return expected("'key': value");
  if (*key == "descr" && !header.dtype)
    return parseDescr(header);
  if (*key == "fortran_order" && !header.fortranOrder)
    return parseFortranOrder(header);
  if (*key == "shape" && !header.shape)
    return parseShape(header);
  return fail(file, "header", "'descr', 'fortran_order' and 'shape' once each",
              quote(*key));
}

llvm::Expected<Header> HeaderParser::parse() {
  Header header;
  if (!consume('{'))
    return expected("'{'");
  while (!consume('}')) {
    if (llvm::Error error = parseEntry(header))
      return error;
    if (consume(','))
      continue;
    if (!consume('}'))
      return expected("',' or '}'");
    break;
  }
  if (!rest.trim(" \t\n\r").empty())
    return expected("nothing after '}'");
  if (!header.dtype || !header.fortranOrder || !header.shape)
    return fail(file, "header", "'descr', 'fortran_order' and 'shape'",
                "fewer entries");
  return header;
}

/// Splits a file into header text and data.
llvm::Error split(llvm::StringRef bytes, llvm::StringRef file,
                  llvm::StringRef &header, llvm::StringRef &data) {
  if (!bytes.starts_with(kMagic))
    return fail(file, "format", "a .npy file (\\x93NUMPY)",
                bytes.empty() ? "an empty file"
                              : quote(bytes.take_front(kMagic.size())));
  if (bytes.size() < 8)
    return fail(file, "format", "a version after the magic bytes",
                "the end of the file");
  unsigned major = static_cast<uint8_t>(bytes[6]);
  unsigned minor = static_cast<uint8_t>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0)
    return fail(file, "format version", "1.0, 2.0 or 3.0",
                llvm::Twine(major) + "." + llvm::Twine(minor));
  size_t lengthBytes = major == 1 ? 2 : 4;
  if (bytes.size() < 8 + lengthBytes)
    return fail(file, "format", "a header length", "the end of the file");
  size_t length = major == 1
                      ? llvm::support::endian::read16le(bytes.data() + 8)
                      : llvm::support::endian::read32le(bytes.data() + 8);
  bytes = bytes.drop_front(8 + lengthBytes);
  if (length > kMaxHeader)
    return fail(file, "header length",
                "at most " + llvm::Twine(kMaxHeader) + " bytes",
                llvm::Twine(length));
  if (length > bytes.size())
    return fail(file, "header", llvm::Twine(length) + " bytes",
                llvm::Twine(bytes.size()) + " (truncated file)");
  header = bytes.take_front(length);
  data = bytes.drop_front(length);
  return llvm::Error::success();
}

std::string formatHeader(const Array &array) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "{'descr': '" << kDescrs[static_cast<size_t>(array.getDType())].text
     << "', 'fortran_order': False, 'shape': (";
  llvm::interleaveComma(array.getShape(), os);
  os << (array.getRank() == 1 ? ",), }" : "), }");
  // NumPy aligns the data to 64 bytes; 10 bytes stand before the header.
  os.indent(63 - (10 + text.size()) % 64) << '\n';
  return text;
}

} // namespace

llvm::Expected<Array> ternary::parseNpy(llvm::StringRef bytes,
                                        llvm::StringRef name) {
  llvm::StringRef text, data;
  if (llvm::Error error = split(bytes, name, text, data))
    return error;
  llvm::Expected<Header> header = HeaderParser(text, name).parse();
  if (!header)
    return header.takeError();
  if (*header->fortranOrder)
    return fail(name, "order", "C order (numpy.ascontiguousarray makes it so)",
                "Fortran order");
  std::optional<int64_t> elements =
      countElements(*header->shape, *header->dtype);
  if (!elements)
    return fail(name, "shape", "a byte count that fits in 63 bits",
                formatShape(*header->shape));
  uint64_t size = *elements * byteWidth(*header->dtype);
  if (data.size() != size)
    return fail(name, "data",
                llvm::Twine(size) + " bytes for shape " +
                    formatShape(*header->shape),
                llvm::Twine(data.size()));
  llvm::Expected<Array> array = Array::create(*header->dtype, *header->shape);
  if (!array)
    return llvm::createStringError(name + ": " +
                                   llvm::toString(array.takeError()));
  if (size != 0)
    std::memcpy(array->data(), data.data(), size);
  // Compiled code may rely on a bool being 0 or 1.
  if (*header->dtype == DType::Bool)
    for (uint64_t i = 0; i < size; ++i)
      array->data()[i] = array->data()[i] != 0;
  return array;
}

llvm::Expected<Array> ternary::readNpy(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (std::error_code code = buffer.getError())
    return fail(path, "file", "a readable .npy file", code.message());
  return parseNpy((*buffer)->getBuffer(), path);
}

llvm::Error ternary::writeNpy(llvm::StringRef path, const Array &array) {
  return writeOutputFile(path, [&](llvm::raw_ostream &os) {
    std::string header = formatHeader(array);
    char length[2];
    llvm::support::endian::write16le(length, header.size());
    os << kMagic << '\1' << '\0';
    os.write(length, 2);
    os << header;
    os.write(array.data(), array.sizeInBytes());
    return llvm::Error::success();
  });
}
