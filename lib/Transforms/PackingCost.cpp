//===- PackingCost.cpp - Which panels are fastest -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A call of one token takes, for each panel packing,
//
//   max(bytes / read, bytes / decode)   nanoseconds on one core,
//
// `read` being the speed of memory (unlimited for weights that stay in the
// cache) and `decode` that of the kernel, in packed bytes per nanosecond. Only
// ratios count. More tokens take a panel apart once, which costs 2-bit panels
// less, and multiply; so do float activations. For these digits are columns.
//
//===----------------------------------------------------------------------===//

#include "PackingCost.h"

#include "ternary/IR/GPUTile.h"
#include "ternary/IR/Panel.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ternary;

namespace {

/// Packed bytes per nanosecond that one core decodes and multiplies by one
/// token, out of a cache: what `benchmarks/run.py --suite decode --modes hot`
/// saw on a Xeon. A Zen 5 is twice as fast, and so is its memory.
struct DecodeSpeed {
  llvm::StringLiteral isa;
  double twoBit, baseThree;
};
constexpr DecodeSpeed kDecodeSpeeds[] = {
    // Tables of 128 bytes. One token does not use tiles.
    {"avx512amx", 55, 27},
    {"avx512vbmi", 55, 27},
    // Division from here on.
    {"avx512vnni", 55, 7},
    {"avxvnni", 26, 6},
    {"avx2", 18, 5},
    {"generic", 5, 3},
};
/// The same for a plain read from memory by one core.
constexpr double kReadSpeed = 16;

const DecodeSpeed &getDecodeSpeed(StringRef isa) {
  for (const DecodeSpeed &row : kDecodeSpeeds)
    if (row.isa == isa)
      return row;
  return *std::prev(std::end(kDecodeSpeeds));
}

/// 3.2 MB, 14.7 MB.
std::string megabytes(int64_t bytes) {
  return llvm::formatv("{0:F1} MB", double(bytes) / 1e6);
}

} // namespace

int64_t ternary::countTokens(BitLinearOp op) {
  auto input = cast<ShapedType>(op.getInput().getType());
  int64_t tokens = 1;
  for (int64_t extent : input.getShape().drop_back())
    if (ShapedType::isDynamic(extent) ||
        llvm::MulOverflow(tokens, extent, tokens))
      return ShapedType::kDynamic;
  return tokens;
}

std::optional<int64_t> ternary::getPackedBytes(PackingAttrInterface packing,
                                               int64_t rows, int64_t columns) {
  SmallVector<int64_t> shape;
  Location loc = UnknownLoc::get(packing.getContext());
  ScopedDiagnosticHandler quiet(packing.getContext(),
                                [](Diagnostic &) { return success(); });
  if (ShapedType::isDynamic(rows) || ShapedType::isDynamic(columns) ||
      failed(packing.getByteShape({rows, columns}, shape,
                                  [&] { return emitError(loc); })))
    return std::nullopt;
  return ShapedType::getNumElements(shape);
}

/// Why panels of 2-bit digits that are columns are taken, if they are.
static std::string getReasonForColumns(const LayerFacts &layer) {
  if (!ShapedType::isDynamic(layer.tokens) && layer.tokens != 1)
    return llvm::formatv("{0} tokens share what is decoded", layer.tokens);
  if (layer.floatActivations)
    return "products of floats take longer than reading";
  return "";
}

/// Why 2-bit panels are taken without a look at times, if they are.
static std::string getReasonForTwoBit(const LayerFacts &layer,
                                      const PanelShape &baseThree) {
  if (layer.groupSize && *layer.groupSize % baseThree.columns() != 0)
    return llvm::formatv("groups of {0} columns are no whole number of blocks "
                         "of {1}",
                         *layer.groupSize, baseThree.columns());
  if (layer.cacheBytes > 0 && layer.moduleBytes <= layer.cacheBytes)
    return llvm::formatv("{0} of weights in the module stay in the cache",
                         megabytes(layer.moduleBytes));
  return "";
}

PanelChoice ternary::choosePanels(MLIRContext *context,
                                  const LayerFacts &layer) {
  auto choice = [&](StringRef name) {
    PackingAttrInterface packing = PackingAttr::getPreset(context, name);
    return PanelChoice{packing,
                       getPackedBytes(packing, layer.rows, layer.columns), ""};
  };
  PanelChoice columns = choice("cpu_panel2");
  columns.reason = getReasonForColumns(layer);
  if (!columns.reason.empty())
    return columns;
  PanelChoice twoBit = choice("cpu_rows2"), baseThree = choice("cpu_rows3");
  twoBit.reason = getReasonForTwoBit(layer, *getPanelShape(baseThree.packing));
  if (!twoBit.reason.empty())
    return twoBit;
  // Where an extent is dynamic: digits per byte.
  bool known = twoBit.bytes && baseThree.bytes;
  auto time = [&](const PanelChoice &panels, double decode, double nominal) {
    double bytes = known ? double(*panels.bytes) : nominal;
    return bytes / std::min(kReadSpeed, decode);
  };
  const DecodeSpeed &speed = getDecodeSpeed(layer.isa);
  double two = time(twoBit, speed.twoBit, 1.0 / 4);
  double three = time(baseThree, speed.baseThree, 1.0 / 5);
  std::string streams = llvm::formatv("{0} of weights in the module stream",
                                      megabytes(layer.moduleBytes));
  baseThree.reason = streams + " from memory";
  twoBit.reason = llvm::formatv("{0}, base 3 would take {1:F0} % longer on {2}",
                                streams, 100 * (three / two - 1), layer.isa);
  return three < two ? baseThree : twoBit;
}

PanelChoice ternary::chooseTiles(MLIRContext *context,
                                 const LayerFacts &layer) {
  auto choice = [&](StringRef name, StringRef reason) {
    PackingAttrInterface packing = PackingAttr::getPreset(context, name);
    return PanelChoice{packing,
                       getPackedBytes(packing, layer.rows, layer.columns),
                       reason.str()};
  };
  bool isForFew =
      !ShapedType::isDynamic(layer.tokens) && layer.tokens <= kGPUFewTokens;
  constexpr StringRef kLanes = "a lane loads columns side by side";
  constexpr StringRef kTokens = "columns in the order of the tokens in memory";
  if (layer.floatActivations)
    return isForFew ? choice("gpu_tile2h", kLanes)
                    : choice("gpu_tile2hk", kTokens);
  // Tensor cores multiply whole groups.
  bool hasPartialGroups =
      layer.groupSize && (layer.tokens == 1 || *layer.groupSize % 32 != 0);
  bool isForLanes = layer.groupSize ? hasPartialGroups : isForFew;
  return isForLanes ? choice("gpu_tile2", kLanes)
                    : choice("gpu_tile2k", kTokens);
}

llvm::StringRef ternary::getBound(PackingAttrInterface packing,
                                  const LayerFacts &layer) {
  bool isFew = !ShapedType::isDynamic(layer.tokens) &&
               layer.tokens <= (getGPUTile(packing) ? kGPUFewTokens : 1);
  if (!isFew)
    return "products";
  if (getGPUTile(packing))
    return "memory";
  if (layer.floatActivations)
    return "products";
  std::optional<DigitRuns> runs = getDigitRuns(packing);
  const DecodeSpeed &speed = getDecodeSpeed(layer.isa);
  double decode = runs && runs->radix == 3 ? speed.baseThree : speed.twoBit;
  return layer.moduleBytes > layer.cacheBytes && kReadSpeed < decode ? "memory"
                                                                     : "decode";
}
