//===- Values.cpp - GGUF metadata as attributes ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Values.h"

#include "Cursor.h"

#include "ternary/IR/Constants.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::gguf;
using llvm::Error;

namespace {

struct ValueTypeInfo {
  llvm::StringLiteral name;
  unsigned width;
};

constexpr ValueTypeInfo kValueTypes[] = {
    {"UINT8", 1},  {"INT8", 1},    {"UINT16", 2}, {"INT16", 2},  {"UINT32", 4},
    {"INT32", 4},  {"FLOAT32", 4}, {"BOOL", 1},   {"STRING", 0}, {"ARRAY", 0},
    {"UINT64", 8}, {"INT64", 8},   {"FLOAT64", 8}};

/// The type of a number; null for others.
Type getNumberType(MLIRContext *context, ValueType type) {
  switch (type) {
  case ValueType::BOOL:
  case ValueType::STRING:
  case ValueType::ARRAY:
    return nullptr;
  case ValueType::FLOAT32:
    return Float32Type::get(context);
  case ValueType::FLOAT64:
    return Float64Type::get(context);
  default:
    return IntegerType::get(context, getByteWidth(type) * 8,
                            stringifyValueType(type).starts_with("U")
                                ? IntegerType::Unsigned
                                : IntegerType::Signless);
  }
}

/// The number of a type that getNumberType gives.
std::optional<ValueType> getValueType(Type type) {
  for (uint32_t i = 0; i < std::size(kValueTypes); ++i)
    if (Type number = getNumberType(type.getContext(), ValueType(i)))
      if (number == type)
        return ValueType(i);
  return std::nullopt;
}

/// Reads the values of a file, which are checked.
class AttributeReader {
public:
  AttributeReader(MLIRContext *context, ArrayRef<char> data)
      : builder(context), cursor(data) {}

  Attribute read(ValueType type) {
    if (type == ValueType::STRING) {
      StringRef text;
      cursor.readString(text);
      return builder.getStringAttr(text);
    }
    if (type == ValueType::ARRAY)
      return readArray();
    ArrayRef<char> bytes;
    cursor.take(getByteWidth(type), bytes);
    if (type == ValueType::BOOL)
      return builder.getBoolAttr(bytes[0] != 0);
    auto element =
        RankedTensorType::get({}, getNumberType(builder.getContext(), type));
    return *DenseElementsAttr::getFromRawBuffer(element, bytes)
                .value_begin<Attribute>();
  }

private:
  Attribute readArray() {
    uint32_t type = 0;
    uint64_t count = 0;
    cursor.read(type);
    cursor.read(count);
    if (Type number = getNumberType(builder.getContext(), ValueType(type))) {
      ArrayRef<char> bytes;
      cursor.take(count * getByteWidth(ValueType(type)), bytes);
      auto tensor = RankedTensorType::get(int64_t(count), number);
      return count == 0 ? DenseElementsAttr::get(tensor, ArrayRef<Attribute>())
                        : DenseElementsAttr::getFromRawBuffer(tensor, bytes);
    }
    SmallVector<Attribute> elements;
    for (uint64_t i = 0; i < count; ++i)
      elements.push_back(read(ValueType(type)));
    return builder.getArrayAttr(elements);
  }

  Builder builder;
  Cursor cursor;
};

void writeString(llvm::raw_ostream &os, StringRef text) {
  llvm::support::endian::write<uint64_t>(os, text.size(),
                                         llvm::endianness::little);
  os << text;
}

void writeType(llvm::raw_ostream &os, ValueType type) {
  llvm::support::endian::write<uint32_t>(os, uint32_t(type),
                                         llvm::endianness::little);
}

Error refuseAttribute(Attribute value) {
  std::string text;
  llvm::raw_string_ostream(text) << value;
  return refuse("expected a number, a bool, a string or an array of GGUF, "
                "found " +
                StringRef(text).take_front(80));
}

/// Writes a value without its type, which it returns.
llvm::Expected<ValueType> writePlain(llvm::raw_ostream &os, Attribute value);

/// Elements have one type; nested arrays have it inside.
Error writeArray(llvm::raw_ostream &os, ArrayAttr array) {
  std::string elements;
  llvm::raw_string_ostream body(elements);
  ValueType type = ValueType::STRING;
  for (auto [i, element] : llvm::enumerate(array)) {
    llvm::Expected<ValueType> found = writePlain(body, element);
    if (!found)
      return found.takeError();
    if (i > 0 && *found != type)
      return refuse("expected an array of one type, found " +
                    stringifyValueType(type) + " and " +
                    stringifyValueType(*found));
    type = *found;
  }
  writeType(os, type);
  llvm::support::endian::write<uint64_t>(os, array.size(),
                                         llvm::endianness::little);
  os << elements;
  return Error::success();
}

llvm::Expected<ValueType> writePlain(llvm::raw_ostream &os, Attribute value) {
  if (auto text = dyn_cast<StringAttr>(value)) {
    writeString(os, text.getValue());
    return ValueType::STRING;
  }
  if (auto flag = dyn_cast<BoolAttr>(value)) {
    os << char(flag.getValue());
    return ValueType::BOOL;
  }
  if (auto array = dyn_cast<ArrayAttr>(value)) {
    if (Error error = writeArray(os, array))
      return std::move(error);
    return ValueType::ARRAY;
  }
  // Numbers alone and in arrays: their bytes.
  auto elements = dyn_cast<DenseElementsAttr>(value);
  if (auto number = dyn_cast<TypedAttr>(value);
      number && isa<IntegerAttr, FloatAttr>(value) &&
      number.getType().isIntOrFloat())
    elements = DenseElementsAttr::get(
        RankedTensorType::get({}, number.getType()), value);
  if (!elements || elements.getType().getRank() > 1)
    return refuseAttribute(value);
  std::optional<ValueType> type = getValueType(elements.getElementType());
  auto bytes = getRawElements(elements);
  if (!type || !bytes)
    return refuseAttribute(value);
  bool isArray = elements.getType().getRank() == 1;
  if (isArray) {
    writeType(os, *type);
    llvm::support::endian::write<uint64_t>(os, elements.getNumElements(),
                                           llvm::endianness::little);
  }
  os << StringRef(bytes->get().data(), bytes->get().size());
  return isArray ? ValueType::ARRAY : *type;
}

/// Prints a value and moves behind it.
void print(llvm::raw_ostream &os, Cursor &cursor, ValueType type) {
  constexpr uint64_t kShown = 4;
  if (type == ValueType::STRING) {
    StringRef text;
    cursor.readString(text);
    os << quoteName(text);
    return;
  }
  if (type != ValueType::ARRAY) {
    ArrayRef<char> bytes;
    cursor.take(getByteWidth(type), bytes);
    auto read = [&](auto number) {
      return llvm::support::endian::read<decltype(number),
                                         llvm::endianness::little>(
          bytes.data());
    };
    switch (type) {
    case ValueType::FLOAT32:
      os << llvm::format("%.9g", double(read(float())));
      return;
    case ValueType::FLOAT64:
      os << llvm::format("%.17g", read(double()));
      return;
    case ValueType::BOOL:
      os << (bytes[0] ? "true" : "false");
      return;
    case ValueType::INT8:
      os << int(read(int8_t()));
      return;
    case ValueType::INT16:
      os << read(int16_t());
      return;
    case ValueType::INT32:
      os << read(int32_t());
      return;
    case ValueType::INT64:
      os << read(int64_t());
      return;
    case ValueType::UINT8:
      os << unsigned(read(uint8_t()));
      return;
    case ValueType::UINT16:
      os << read(uint16_t());
      return;
    case ValueType::UINT32:
      os << read(uint32_t());
      return;
    default:
      os << read(uint64_t());
      return;
    }
  }
  uint32_t element = 0;
  uint64_t count = 0;
  cursor.read(element);
  cursor.read(count);
  os << stringifyValueType(ValueType(element)) << " [" << count << "]: ";
  for (uint64_t i = 0; i < std::min(count, kShown); ++i) {
    os << (i ? ", " : "");
    print(os, cursor, ValueType(element));
  }
  os << (count > kShown ? ", ..." : "");
}

} // namespace

StringRef ternary::gguf::stringifyValueType(ValueType type) {
  return kValueTypes[uint32_t(type)].name;
}

unsigned ternary::gguf::getByteWidth(ValueType type) {
  return kValueTypes[uint32_t(type)].width;
}

void ternary::gguf::printValue(llvm::raw_ostream &os, const Value &value) {
  os << stringifyValueType(value.type) << ' ';
  Cursor cursor(value.data);
  print(os, cursor, value.type);
}

DictionaryAttr ternary::gguf::getMetadataAttr(MLIRContext *context,
                                              ArrayRef<KeyValue> metadata) {
  Builder builder(context);
  SmallVector<NamedAttribute> entries;
  for (const KeyValue &entry : metadata)
    // An attribute needs a name.
    if (!entry.key.empty())
      entries.push_back(builder.getNamedAttr(
          entry.key,
          AttributeReader(context, entry.value.data).read(entry.value.type)));
  return builder.getDictionaryAttr(entries);
}

Error ternary::gguf::writeValue(llvm::raw_ostream &os, Attribute value) {
  std::string text;
  llvm::raw_string_ostream body(text);
  llvm::Expected<ValueType> type = writePlain(body, value);
  if (!type)
    return type.takeError();
  writeType(os, *type);
  os << text;
  return Error::success();
}
