//===- Options.cpp - How model files are read and written -----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/Weights/Options.h"

#include "ternary/Target/Weights/MappedFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace ternary;
using llvm::Error;
using llvm::GlobPattern;
using llvm::StringRef;
using llvm::Twine;

namespace {

Error refuseValue(StringRef key, const Twine &expected, StringRef found) {
  return refuse("option " + key + ": expected " + expected + ", found " +
                quoteName(found));
}

Error refuseKey(StringRef key, StringRef known) {
  return refuse("options: expected one of " + known + ", found " +
                quoteName(key));
}

/// Braces multiply patterns, so their number is bounded.
llvm::Expected<GlobPattern> parseGlob(StringRef key, StringRef text) {
  llvm::Expected<GlobPattern> pattern =
      GlobPattern::create(text, /*MaxSubPatterns=*/64);
  if (pattern)
    return pattern;
  llvm::consumeError(pattern.takeError());
  return refuseValue(key, "a pattern with *, ? and [...]", text);
}

Error addGlob(std::vector<GlobPattern> &patterns, StringRef key,
              StringRef text) {
  llvm::Expected<GlobPattern> pattern = parseGlob(key, text);
  if (!pattern)
    return pattern.takeError();
  patterns.push_back(std::move(*pattern));
  return Error::success();
}

/// Sets `field` to the number of the choice that `value` names.
template <typename T>
Error setChoice(T &field, StringRef key, StringRef value,
                llvm::ArrayRef<std::pair<StringRef, T>> choices) {
  for (const auto &[name, choice] : choices)
    if (name == value) {
      field = choice;
      return Error::success();
    }
  return refuseValue(key,
                     llvm::join(llvm::map_range(choices,
                                                [](const auto &choice) {
                                                  return choice.first.str();
                                                }),
                                " or "),
                     value);
}

/// A convention into an optional or plain field.
template <typename T>
Error setConvention(T &field, StringRef key, StringRef value) {
  return setChoice<T>(field, key, value,
                      {{"multiply", ScaleConvention::Multiply},
                       {"divide", ScaleConvention::Divide}});
}

Error addRows(WeightsImportOptions &options, StringRef key, StringRef value) {
  auto [glob, number] = value.rsplit(':');
  int64_t rows = 0;
  if (number.getAsInteger(10, rows) || rows < 0)
    return refuseValue(key, "PATTERN:N with a number N of rows", value);
  llvm::Expected<GlobPattern> pattern = parseGlob(key, glob);
  if (!pattern)
    return pattern.takeError();
  options.rows.emplace_back(std::move(*pattern), rows);
  return Error::success();
}

template <typename Options> Error parseText(Options &options, StringRef text) {
  llvm::SmallVector<StringRef> items;
  llvm::SplitString(text, items, " \t\n");
  for (StringRef item : items) {
    auto [key, value] = item.split('=');
    if (Error error = options.set(key, value))
      return error;
  }
  return Error::success();
}

} // namespace

Error WeightsImportOptions::set(StringRef key, StringRef value) {
  if (key == "only")
    return addGlob(only, key, value);
  if (key == "skip")
    return addGlob(skip, key, value);
  if (key == "ternarize-only")
    return addGlob(ternarizeOnly, key, value);
  if (key == "ternarize")
    return setChoice<TernarizeRule>(ternarize, key, value,
                                    {{"none", TernarizeRule::None},
                                     {"absmean", TernarizeRule::Absmean},
                                     {"exact", TernarizeRule::Exact}});
  if (key == "granularity")
    return setChoice<bool>(scalePerRow, key, value,
                           {{"tensor", false}, {"row", true}});
  if (key == "i2s-block")
    return setChoice<std::optional<unsigned>>(i2sBlock, key, value,
                                              {{"128", 128}, {"64", 64}});
  if (key == "q2-block")
    return setChoice<std::optional<unsigned>>(q2Block, key, value,
                                              {{"64", 64}, {"128", 128}});
  if (key == "weight-scale")
    return setConvention(weightScale, key, value);
  if (key == "rows")
    return addRows(*this, key, value);
  return refuseKey(key, "only, skip, ternarize, ternarize-only, granularity, "
                        "i2s-block, q2-block, weight-scale, rows");
}

Error WeightsImportOptions::parse(StringRef text) {
  return parseText(*this, text);
}

bool WeightsImportOptions::takes(StringRef name) const {
  auto matches = [&](const GlobPattern &pattern) {
    return pattern.match(name);
  };
  return (only.empty() || llvm::any_of(only, matches)) &&
         llvm::none_of(skip, matches);
}

Error WeightsExportOptions::set(StringRef key, StringRef value) {
  if (key == "type") {
    type = value.str();
    return Error::success();
  }
  if (key == "weight-scale")
    return setConvention(weightScale, key, value);
  return refuseKey(key, "type, weight-scale");
}

Error WeightsExportOptions::parse(StringRef text) {
  return parseText(*this, text);
}
