//===- Header.cpp - the JSON header of a .safetensors file ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// The header has a fixed shape, so it is read by events instead of through a
// document: whatever does not belong is refused where it stands, repeated keys
// are seen, and a hostile header cannot make the reader build deep trees.
//
//===----------------------------------------------------------------------===//

#include "Header.h"

#include "ternary/Target/Safetensors/Reader.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"

#include <nlohmann/json.hpp>

using namespace ternary::safetensors;
using llvm::StringRef;
using llvm::Twine;

namespace {

/// Receives the parser's events. Each returns false to stop the parse, after
/// setting `message`.
class HeaderHandler final : public nlohmann::json_sax<nlohmann::json> {
public:
  Header header;
  std::string message;

  bool null() override { return refuse("null"); }
  bool boolean(bool value) override { return refuse(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override {
    return refuse(Twine(value));
  }
  bool number_unsigned(number_unsigned_t value) override;
  bool number_float(number_float_t, const string_t &text) override {
    return refuse(StringRef(text).take_front(40));
  }
  bool string(string_t &value) override;
  bool binary(binary_t &) override { return refuse("binary data"); }
  bool start_object(std::size_t) override;
  bool key(string_t &name) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string &,
                   const nlohmann::json::exception &) override;

private:
  /// What the next value must be; also the state of the parse.
  enum class State {
    Start,       // the header object itself
    Names,       // inside the header object: a value is a tensor's object
    Metadata,    // inside __metadata__: strings
    Fields,      // inside a tensor's object, between fields
    DType,       // the value of "dtype"
    Shape,       // the value of "shape": its array
    ShapeItems,  // inside that array
    Offsets,     // the value of "data_offsets": its array
    OffsetItems, // inside that array
    End
  };

  bool fail(const Twine &text);
  bool refuse(const Twine &found);
  bool startName(StringRef name);
  bool startField(StringRef field);
  std::string where() const;
  HeaderEntry &entry() { return header.entries.back(); }

  State state = State::Start;
  bool nextIsMetadata = false;
  llvm::StringSet<> names;
  /// Fields of the current tensor seen so far, one bit each.
  unsigned seen = 0;
  std::string metadataKey;
};

constexpr unsigned kDType = 1, kShape = 2, kOffsets = 4, kAllFields = 7;

} // namespace

bool HeaderHandler::fail(const Twine &text) {
  message = text.str();
  return false;
}

std::string HeaderHandler::where() const {
  if (state == State::Start || state == State::End)
    return "header";
  if (state == State::Metadata || nextIsMetadata)
    return "metadata";
  return header.entries.empty()
             ? "header"
             : "tensor " + quoteName(header.entries.back().name);
}

bool HeaderHandler::refuse(const Twine &found) {
  const char *expected = "an object";
  switch (state) {
  case State::Metadata:
  case State::DType:
    expected = "a string";
    break;
  case State::Shape:
  case State::Offsets:
    expected = "an array";
    break;
  case State::ShapeItems:
  case State::OffsetItems:
    expected = "a number that is whole, not negative and below 2^64";
    break;
  default:
    break;
  }
  return fail(where() + ": expected " + expected + ", found " + found);
}

bool HeaderHandler::number_unsigned(number_unsigned_t value) {
  if (state == State::ShapeItems) {
    entry().shape.push_back(value);
    return true;
  }
  if (state == State::OffsetItems) {
    entry().offsets.push_back(value);
    return true;
  }
  return refuse(Twine(value));
}

bool HeaderHandler::string(string_t &value) {
  if (state == State::Metadata) {
    header.metadata[metadataKey] = value;
    return true;
  }
  if (state == State::DType) {
    entry().dtype = value;
    state = State::Fields;
    return true;
  }
  return refuse("string " + quoteName(value));
}

bool HeaderHandler::start_object(std::size_t) {
  if (state == State::Start) {
    state = State::Names;
    return true;
  }
  if (state != State::Names)
    return refuse("an object");
  state = nextIsMetadata ? State::Metadata : State::Fields;
  nextIsMetadata = false;
  seen = 0;
  return true;
}

bool HeaderHandler::key(string_t &name) {
  if (state == State::Names)
    return startName(name);
  if (state == State::Fields)
    return startField(name);
  // Only __metadata__ is left: arrays have no keys.
  metadataKey = name;
  if (header.metadata.count(name))
    return fail("metadata: expected each key once, found " + quoteName(name) +
                " again");
  return true;
}

bool HeaderHandler::startName(StringRef name) {
  nextIsMetadata = name == "__metadata__";
  if (!names.insert(name).second)
    return fail("header: expected each name once, found " + quoteName(name) +
                " again");
  if (!nextIsMetadata) {
    header.entries.emplace_back();
    entry().name = name.str();
  }
  return true;
}

bool HeaderHandler::startField(StringRef field) {
  unsigned bit = 0;
  if (field == "dtype") {
    bit = kDType;
    state = State::DType;
  } else if (field == "shape") {
    bit = kShape;
    state = State::Shape;
  } else if (field == "data_offsets") {
    bit = kOffsets;
    state = State::Offsets;
  } else {
    return fail(where() + ": expected dtype, shape and data_offsets, found " +
                quoteName(field));
  }
  if (seen & bit)
    return fail(where() + ": expected each field once, found " +
                quoteName(field) + " again");
  seen |= bit;
  return true;
}

bool HeaderHandler::end_object() {
  if (state == State::Names) {
    state = State::End;
    return true;
  }
  if (state == State::Fields && seen != kAllFields) {
    const char *missing = !(seen & kDType)   ? "dtype"
                          : !(seen & kShape) ? "shape"
                                             : "data_offsets";
    return fail(where() + ": expected field '" + missing + "', found none");
  }
  state = State::Names;
  return true;
}

bool HeaderHandler::start_array(std::size_t) {
  if (state == State::Shape) {
    state = State::ShapeItems;
    return true;
  }
  if (state == State::Offsets) {
    state = State::OffsetItems;
    return true;
  }
  return refuse("an array");
}

bool HeaderHandler::end_array() {
  if (state == State::OffsetItems && entry().offsets.size() != 2)
    return fail(where() + ": expected 2 data_offsets, found " +
                Twine(entry().offsets.size()));
  state = State::Fields;
  return true;
}

bool HeaderHandler::parse_error(std::size_t position, const std::string &,
                                const nlohmann::json::exception &) {
  return fail("header: expected JSON, found a syntax error at its byte " +
              Twine(position));
}

llvm::Expected<Header> ternary::safetensors::parseHeader(StringRef json) {
  auto refuse = [](const Twine &message) {
    return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
  };
  if (!json.starts_with("{"))
    return refuse("header: expected '{' as its first byte, found " +
                  (json.empty() ? "none" : quoteName(json.take_front())));
  // The parser takes a zero byte for the end of its input.
  if (size_t zero = json.find('\0'); zero != StringRef::npos)
    return refuse("header: expected JSON, found a zero byte at its byte " +
                  Twine(zero));
  HeaderHandler handler;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &handler))
    return refuse(handler.message);
  return std::move(handler.header);
}
