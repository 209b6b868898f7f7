//===- Packing.cpp - The packing attribute --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "PackingDetail.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

#include <array>

using namespace mlir;
using namespace ternary;
using namespace ternary::support;

//===----------------------------------------------------------------------===//
// Factors
//===----------------------------------------------------------------------===//

SmallVector<SmallVector<int64_t>> support::splitAxes(PackingAttr packing) {
  SmallVector<SmallVector<int64_t>> axes(1);
  for (int64_t factor : packing.getAxes()) {
    if (factor == kAxisEnd)
      axes.emplace_back();
    else
      axes.back().push_back(factor);
  }
  axes.pop_back();
  return axes;
}

int64_t support::fixedProduct(ArrayRef<int64_t> factors) {
  int64_t product = 1;
  for (int64_t factor : factors)
    if (factor != kStar)
      product *= factor;
  return product;
}

SmallVector<int64_t> support::resolveFactors(ArrayRef<int64_t> factors,
                                             int64_t extent) {
  SmallVector<int64_t> sizes(factors);
  for (int64_t &size : sizes)
    if (size == kStar && !ShapedType::isDynamic(extent))
      size = llvm::divideCeil(extent, fixedProduct(factors));
  return sizes;
}

static int64_t getFactor(PackingAttr packing, int64_t factor) {
  return factor < kColumnBase
             ? packing.getRowFactors()[factor]
             : packing.getColumnFactors()[factor - kColumnBase];
}

int64_t support::getNumDigits(PackingAttr packing) {
  return getFactor(packing, packing.getDigit());
}

SmallVector<int64_t> support::getDigitWeights(PackingAttr packing) {
  SmallVector<int64_t> weights;
  int64_t weight = 1;
  for (int64_t i = 0, e = getNumDigits(packing); i < e; ++i) {
    weights.push_back(weight);
    weight *= packing.getRadix();
  }
  if (packing.getMsbFirst())
    std::reverse(weights.begin(), weights.end());
  return weights;
}

int64_t support::getPaddingByte(PackingAttr packing) {
  int64_t byte = 0;
  for (int64_t weight : getDigitWeights(packing))
    byte += getCode(packing, packing.getPad()) * weight;
  return byte;
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

using EmitError = function_ref<InFlightDiagnostic()>;

/// (packing_c3) and the part of (packing_c6) on `f`.
static LogicalResult verifySplit(EmitError emitError, StringRef name,
                                 ArrayRef<int64_t> factors, bool starFirst) {
  if (factors.empty() || factors.size() >= size_t(kColumnBase))
    return emitError() << "expected 1 to " << kColumnBase - 1 << " factors of "
                       << name << ", found " << factors.size();
  // A larger product could overflow before any extent is seen.
  constexpr int64_t kMaxProduct = int64_t(1) << 20;
  int64_t product = 1;
  for (int64_t factor : factors) {
    if (factor == kStar)
      continue;
    if (factor < 1 || factor > kMaxProduct || (product *= factor) > kMaxProduct)
      return emitError() << "expected factors of " << name
                         << " with a product of 1 to " << kMaxProduct
                         << ", found factor " << factor;
  }
  if (llvm::count(factors, kStar) != 1)
    return emitError() << "expected one factor '*' of " << name << ", found "
                       << llvm::count(factors, kStar);
  if (starFirst && factors.front() != kStar)
    return emitError() << "expected '*' as the first factor of f";
  return success();
}

/// (packing_c4): every factor stands in one axis, or is the digit.
static LogicalResult verifyUse(EmitError emitError, size_t numRow,
                               size_t numColumn, ArrayRef<int64_t> axes,
                               int64_t digit) {
  SmallVector<int64_t> used(axes);
  llvm::erase(used, kAxisEnd);
  used.push_back(digit);
  llvm::sort(used);
  SmallVector<int64_t> expected;
  for (size_t i = 0; i < numRow; ++i)
    expected.push_back(i);
  for (size_t i = 0; i < numColumn; ++i)
    expected.push_back(kColumnBase + i);
  if (used != expected)
    return emitError() << "expected each of " << expected.size()
                       << " factors exactly once in bytes and digit";
  return success();
}

/// (packing_c1) and (packing_c2).
static LogicalResult verifyCodes(EmitError emitError, int64_t radix,
                                 ArrayRef<int64_t> codes, int64_t digits) {
  if (radix < 3 || radix > 256)
    return emitError() << "expected a radix of 3 to 256, found " << radix;
  int64_t states = 1;
  for (int64_t i = 0; i < digits && states <= 256; ++i)
    states *= radix;
  if (states > 256)
    return emitError() << "expected digits that fit a byte, found " << digits
                       << " digits of radix " << radix;
  if (codes.size() != 3)
    return emitError() << "expected three codes, found " << codes.size();
  for (int64_t code : codes)
    if (code < 0 || code >= radix)
      return emitError() << "expected codes of 0 to " << radix - 1 << ", found "
                         << code;
  if (codes[0] == codes[1] || codes[1] == codes[2] || codes[0] == codes[2])
    return emitError() << "expected distinct codes, found [" << codes << "]";
  return success();
}

LogicalResult
PackingAttr::verify(EmitError emitError, int64_t radix, ArrayRef<int64_t> codes,
                    std::optional<int64_t> unused, int64_t pad, bool exact,
                    bool flat, ArrayRef<int64_t> rowFactors,
                    ArrayRef<int64_t> columnFactors, ArrayRef<int64_t> axes,
                    int64_t digit, bool msbFirst, int64_t header,
                    int64_t trailer, int64_t scaleBytes) {
  // (packing_c3)
  if (failed(verifySplit(emitError, flat ? "f" : "n", rowFactors, flat)))
    return failure();
  if (!flat && failed(verifySplit(emitError, "k", columnFactors, false)))
    return failure();
  // (packing_c4)
  if (axes.empty() || axes.back() != kAxisEnd)
    return emitError() << "expected at least one axis of bytes";
  if (failed(verifyUse(emitError, rowFactors.size(), columnFactors.size(), axes,
                       digit)))
    return failure();
  int64_t digits = digit < kColumnBase ? rowFactors[digit]
                                       : columnFactors[digit - kColumnBase];
  if (digits == kStar)
    return emitError() << "expected a digit of fixed size, found '*'";
  // (packing_c1) (packing_c2)
  if (failed(verifyCodes(emitError, radix, codes, digits)))
    return failure();
  // (packing_c5)
  if (header < 0 || trailer < 0 || header > 4096 || trailer > 4096)
    return emitError() << "expected a header and trailer of 0 to 4096 bytes";
  if (scaleBytes > (header > 0 ? header : trailer))
    return emitError() << "expected a header or trailer of at least "
                       << scaleBytes << " bytes for the scale";
  // (packing_c6)
  if (pad < -1 || pad > 1)
    return emitError() << "expected a padding trit of -1 to 1, found " << pad;
  if (unused && (*unused < -127 || *unused > 127))
    return emitError() << "expected unused codes to read as -127 to 127, found "
                       << *unused;
  return success();
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

int64_t PackingAttr::getByteRank() const {
  return llvm::count(getAxes(), kAxisEnd);
}

bool PackingAttr::carriesScales() const { return getScaleBytes() != 0; }

std::optional<int64_t> PackingAttr::getUnusedValue() const {
  return getUnused();
}

/// Fails with a diagnostic, if any is wanted.
static LogicalResult refuse(EmitError emitError, PackingAttr packing,
                            const Twine &message) {
  if (emitError)
    emitError() << packing << ": " << message;
  return failure();
}

LogicalResult PackingAttr::getByteShape(ArrayRef<int64_t> logicalShape,
                                        SmallVectorImpl<int64_t> &byteShape,
                                        EmitError emitError) const {
  int64_t rows = logicalShape[0], columns = logicalShape[1];
  int64_t rowExtent = rows;
  if (getFlat()) {
    if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns))
      rowExtent = ShapedType::kDynamic;
    else if (llvm::MulOverflow(rows, columns, rowExtent))
      return refuse(emitError, *this, "the byte count overflows");
  }
  auto checkDivides = [&](StringRef name, ArrayRef<int64_t> factors,
                          int64_t extent) {
    int64_t product = fixedProduct(factors);
    if (ShapedType::isDynamic(extent) || !getExact() || extent % product == 0)
      return success();
    return refuse(emitError, *this,
                  "expected " + name + " to be a multiple of " +
                      Twine(product) + ", found " + Twine(extent));
  };
  if (failed(checkDivides(getFlat() ? "N * K" : "N", getRowFactors(),
                          rowExtent)) ||
      (!getFlat() && failed(checkDivides("K", getColumnFactors(), columns))))
    return failure();

  SmallVector<int64_t> rowSizes = resolveFactors(getRowFactors(), rowExtent);
  SmallVector<int64_t> columnSizes =
      resolveFactors(getColumnFactors(), columns);
  int64_t total = 1;
  SmallVector<SmallVector<int64_t>> axes = splitAxes(*this);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t length = 1;
    for (int64_t factor : axis) {
      int64_t size = factor < kColumnBase ? rowSizes[factor]
                                          : columnSizes[factor - kColumnBase];
      if (ShapedType::isDynamic(size) || ShapedType::isDynamic(length))
        length = ShapedType::kDynamic;
      else if (llvm::MulOverflow(length, size, length))
        return refuse(emitError, *this, "the byte count overflows");
    }
    if (i + 1 == axes.size() && !ShapedType::isDynamic(length) &&
        llvm::AddOverflow(length, getHeader() + getTrailer(), length))
      return refuse(emitError, *this, "the byte count overflows");
    if (!ShapedType::isDynamic(length) &&
        llvm::MulOverflow(total, length, total))
      return refuse(emitError, *this, "the byte count overflows");
    byteShape.push_back(length);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

namespace {

class PackingParser {
public:
  explicit PackingParser(AsmParser &parser) : parser(parser) {}

  /// Parses the fields behind the keyword `radix`.
  ParseResult parse(PackingFields &fields) {
    if (parser.parseEqual() || parser.parseInteger(fields.radix) ||
        parseNextKey("codes") || parseIntegers(fields.codes) ||
        parseNextKey("unused") || parseUnused(fields.unused) ||
        parseNextKey("pad") || parser.parseInteger(fields.pad) ||
        parseNextKey("ragged") ||
        parseChoice({"pad", "refuse"}, fields.exact) || parser.parseComma())
      return failure();
    if (succeeded(parser.parseOptionalKeyword("f"))) {
      fields.flat = true;
      if (parser.parseEqual() || parseFactors(fields.rowFactors))
        return failure();
    } else if (parseKey("n") || parseFactors(fields.rowFactors) ||
               parseNextKey("k") || parseFactors(fields.columnFactors)) {
      return failure();
    }
    flat = fields.flat;
    if (parseNextKey("bytes") || parseAxes(fields.axes) ||
        parseNextKey("digit") || parseFactorName(fields.digit) ||
        parseNextKey("order") || parseChoice({"lsb", "msb"}, fields.msbFirst))
      return failure();
    return parseBlock(fields);
  }

private:
  ParseResult parseKey(StringRef key) {
    return failure(parser.parseKeyword(key) || parser.parseEqual());
  }
  ParseResult parseNextKey(StringRef key) {
    return failure(parser.parseComma() || parseKey(key));
  }
  ParseResult parseIntegers(SmallVectorImpl<int64_t> &values) {
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
      return parser.parseInteger(values.emplace_back());
    });
  }
  ParseResult parseUnused(std::optional<int64_t> &unused) {
    if (succeeded(parser.parseOptionalKeyword("forbid")))
      return success();
    return parser.parseInteger(unused.emplace());
  }
  /// One of two keywords; `second` says whether it was the second.
  ParseResult parseChoice(std::array<StringRef, 2> names, bool &second) {
    SMLoc loc = parser.getCurrentLocation();
    StringRef keyword;
    if (parser.parseKeyword(&keyword))
      return failure();
    second = keyword == names[1];
    if (second || keyword == names[0])
      return success();
    return parser.emitError(loc) << "expected '" << names[0] << "' or '"
                                 << names[1] << "', found '" << keyword << "'";
  }
  ParseResult parseFactors(SmallVectorImpl<int64_t> &factors) {
    return parser.parseCommaSeparatedList(
        AsmParser::Delimiter::Square, [&]() -> ParseResult {
          int64_t &factor = factors.emplace_back(kStar);
          if (succeeded(parser.parseOptionalStar()))
            return success();
          return parser.parseInteger(factor);
        });
  }
  ParseResult parseFactorName(int64_t &factor) {
    SMLoc loc = parser.getCurrentLocation();
    StringRef name;
    if (parser.parseKeyword(&name))
      return failure();
    StringRef allowed = flat ? "f" : "nk";
    if (name.size() < 2 || !allowed.contains(name.front()) ||
        name.drop_front().getAsInteger(10, factor) || factor < 0 ||
        factor >= kColumnBase)
      return parser.emitError(loc)
             << "expected a factor such as '" << allowed.front()
             << "0', found '" << name << "'";
    if (name.front() == 'k')
      factor += kColumnBase;
    return success();
  }
  ParseResult parseAxes(SmallVectorImpl<int64_t> &axes) {
    return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
      ParseResult result =
          parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
            return parseFactorName(axes.emplace_back());
          });
      axes.push_back(kAxisEnd);
      return result;
    });
  }
  ParseResult parseBlock(PackingFields &fields) {
    while (succeeded(parser.parseOptionalComma())) {
      if (succeeded(parser.parseOptionalKeyword("header"))) {
        if (parser.parseEqual() || parser.parseInteger(fields.header))
          return failure();
      } else if (succeeded(parser.parseOptionalKeyword("trailer"))) {
        if (parser.parseEqual() || parser.parseInteger(fields.trailer))
          return failure();
      } else {
        bool wide = false;
        if (parseKey("scale") || parseChoice({"f16", "f32"}, wide))
          return failure();
        fields.scaleBytes = wide ? 4 : 2;
      }
    }
    return success();
  }

  AsmParser &parser;
  bool flat = false;
};

} // namespace

static ParseResult failAtPreset(AsmParser &parser) {
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  return parser.emitError(loc)
         << "unknown packing preset '" << name << "', expected one of "
         << llvm::join(PackingAttr::getPresetNames(), ", ");
}

Attribute PackingAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  SMLoc loc = parser.getCurrentLocation();
  // An editor offers the words that are allowed.
  SmallVector<StringRef> words(getPresetNames());
  words.push_back("radix");
  StringRef word;
  if (failed(parser.parseOptionalKeyword(&word, words))) {
    (void)failAtPreset(parser);
    return {};
  }
  // Presets are parsed themselves, where they are first asked for.
  if (word != "radix")
    return succeeded(parser.parseGreater())
               ? getPreset(parser.getContext(), word)
               : Attribute();
  PackingFields fields;
  if (PackingParser(parser).parse(fields) || parser.parseGreater())
    return {};
  return PackingAttr::makeChecked([&] { return parser.emitError(loc); },
                                  parser.getContext(), fields);
}

static void printFactors(AsmPrinter &printer, ArrayRef<int64_t> factors) {
  printer << "[";
  llvm::interleaveComma(factors, printer.getStream(), [&](int64_t factor) {
    if (factor == kStar)
      printer << "*";
    else
      printer << factor;
  });
  printer << "]";
}

static std::string factorName(bool flat, int64_t factor) {
  if (factor >= kColumnBase)
    return "k" + std::to_string(factor - kColumnBase);
  return (flat ? "f" : "n") + std::to_string(factor);
}

void PackingAttr::print(AsmPrinter &printer) const {
  auto *dialect = getContext()->getLoadedDialect<TernaryDialect>();
  for (auto [name, preset] : llvm::zip(getPresetNames(), dialect->getPresets()))
    if (Attribute(preset) == *this) {
      printer << "<" << name << ">";
      return;
    }
  printer << "<radix = " << getRadix() << ", codes = [" << getCodes()
          << "], unused = ";
  if (getUnused())
    printer << *getUnused();
  else
    printer << "forbid";
  printer << ", pad = " << getPad()
          << ", ragged = " << (getExact() ? "refuse" : "pad")
          << (getFlat() ? ", f = " : ", n = ");
  printFactors(printer, getRowFactors());
  if (!getFlat()) {
    printer << ", k = ";
    printFactors(printer, getColumnFactors());
  }
  printer << ", bytes = [";
  llvm::interleaveComma(
      splitAxes(*this), printer.getStream(), [&](ArrayRef<int64_t> axis) {
        printer << "[";
        llvm::interleaveComma(axis, printer.getStream(), [&](int64_t factor) {
          printer << factorName(getFlat(), factor);
        });
        printer << "]";
      });
  printer << "], digit = " << factorName(getFlat(), getDigit())
          << ", order = " << (getMsbFirst() ? "msb" : "lsb");
  if (getHeader())
    printer << ", header = " << getHeader();
  if (getTrailer())
    printer << ", trailer = " << getTrailer();
  if (getScaleBytes())
    printer << ", scale = " << (getScaleBytes() == 2 ? "f16" : "f32");
  printer << ">";
}
