//===- OptionParsers.h - Values of pipeline options -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_PIPELINES_OPTIONPARSERS_H
#define TERNARY_PIPELINES_OPTIONPARSERS_H

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

namespace ternary {

/// Takes what parsers of values have to say in this thread while it lives. The
/// standard error gets it otherwise: LLVM gives parsers no other stream, and
/// its own ones print there in any case.
class OptionErrors {
public:
  explicit OptionErrors(llvm::raw_ostream &os) : before(stream) {
    stream = &os;
  }
  OptionErrors(const OptionErrors &) = delete;
  OptionErrors &operator=(const OptionErrors &) = delete;
  ~OptionErrors() { stream = before; }

  /// Says what was expected and returns true, which is a failure.
  static bool report(llvm::StringRef option, llvm::StringRef expected,
                     llvm::StringRef found);

private:
  static thread_local llvm::raw_ostream *stream;
  llvm::raw_ostream *before;
};

/// What a parser gives to an option of T. LLVM's own parsers of T are final,
/// and the only ones that its templates take for T itself.
template <typename T> struct ParsedValue {
  ParsedValue(T value = T()) : value(value) {}
  T value;
  operator T() const { return value; }
};

/// An integer of 64 bits, in the notations of C.
struct IntegerParser : llvm::cl::parser<ParsedValue<int64_t>> {
  using parser::parser;
  bool parse(llvm::cl::Option &, llvm::StringRef name, llvm::StringRef text,
             ParsedValue<int64_t> &result) {
    return text.getAsInteger(0, result.value) &&
           OptionErrors::report(name, "an integer", text);
  }
};

/// `true` or `1`, `false` or `0`; true where no value is given.
struct FlagParser : llvm::cl::parser<ParsedValue<bool>> {
  using parser::parser;
  llvm::cl::ValueExpected getValueExpectedFlagDefault() const {
    return llvm::cl::ValueOptional;
  }
  bool parse(llvm::cl::Option &, llvm::StringRef name, llvm::StringRef text,
             ParsedValue<bool> &result) {
    result.value = text.empty() || text == "true" || text == "1";
    return !result.value && text != "false" && text != "0" &&
           OptionErrors::report(name, "true or false", text);
  }
};

} // namespace ternary

#endif // TERNARY_PIPELINES_OPTIONPARSERS_H
