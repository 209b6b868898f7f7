//===- TuningFile.cpp - Files of measured decisions -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Transforms/TuningFile.h"

#include "PackingCost.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <tuple>

using namespace mlir;
using namespace ternary;
namespace json = llvm::json;

constexpr int64_t kVersion = 1;

LayerKey LayerKey::get(BitLinearOp op, TargetAttr target) {
  auto input = cast<ShapedType>(op.getInput().getType());
  LayerKey key;
  key.cpu = target.getCpu();
  key.threads = target.getThreads();
  key.rows = cast<ShapedType>(op.getInits()[0].getType()).getShape().back();
  key.columns = input.getShape().back();
  key.tokens = countTokens(op);
  llvm::raw_string_ostream(key.input) << input.getElementType();
  key.groupSize = op.getGroupSize().value_or(0);
  key.components = op.getWeights().size();
  return key;
}

bool LayerKey::operator==(const LayerKey &other) const {
  auto all = [](const LayerKey &key) {
    return std::tie(key.cpu, key.threads, key.rows, key.columns, key.tokens,
                    key.input, key.groupSize, key.components);
  };
  return all(*this) == all(other);
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

/// null for an open extent.
static json::Value toJSON(int64_t extent) {
  return ShapedType::isDynamic(extent) ? json::Value(nullptr)
                                       : json::Value(extent);
}

/// Microseconds without the digits that no clock gives.
static double roundToNanoseconds(double microseconds) {
  return std::round(microseconds * 1000) / 1000;
}

static json::Object toJSON(const TunedLayer &layer) {
  const LayerKey &key = layer.key;
  json::Object object{{"cpu", key.cpu},
                      {"threads", key.threads},
                      {"rows", toJSON(key.rows)},
                      {"columns", toJSON(key.columns)},
                      {"tokens", toJSON(key.tokens)},
                      {"input", key.input},
                      {"group_size", key.groupSize},
                      {"components", key.components},
                      {"row_tile", layer.tuning.rowTile},
                      {"token_tile", layer.tuning.tokenTile},
                      {"median_us", roundToNanoseconds(layer.median)},
                      {"default_us", roundToNanoseconds(layer.defaultMedian)}};
  if (Attribute packing = layer.tuning.packing) {
    std::string text;
    llvm::raw_string_ostream(text) << packing;
    object["packing"] = text;
  }
  return object;
}

std::string ternary::printTuning(ArrayRef<TunedLayer> layers) {
  json::Array array;
  for (const TunedLayer &layer : layers)
    array.push_back(toJSON(layer));
  json::Value file =
      json::Object{{"version", kVersion}, {"layers", std::move(array)}};
  std::string text;
  llvm::raw_string_ostream(text) << llvm::formatv("{0:2}\n", file);
  return text;
}

//===----------------------------------------------------------------------===//
// Reader
//===----------------------------------------------------------------------===//

static PackingAttrInterface parsePacking(StringRef text, MLIRContext *context) {
  ScopedDiagnosticHandler quiet(context,
                                [](Diagnostic &) { return success(); });
  auto packing =
      dyn_cast_if_present<PackingAttrInterface>(parseAttribute(text, context));
  return packing && !packing.carriesScales() ? packing : PackingAttrInterface();
}

static bool readPacking(const json::Value &value, json::Path path,
                        MLIRContext *context, PackingAttrInterface &packing) {
  std::optional<StringRef> text = value.getAsString();
  if (text)
    packing = parsePacking(*text, context);
  if (packing)
    return true;
  path.report("expected a packing without scales, as text");
  return false;
}

/// A count of `least` or more.
static bool readCount(const json::Value &value, json::Path path, int64_t least,
                      int64_t &count) {
  std::optional<int64_t> number = value.getAsInteger();
  if (number && *number >= least) {
    count = *number;
    return true;
  }
  llvm::StringLiteral expected = "expected an integer of 0 or more";
  if (least > 0)
    expected = "expected a positive integer";
  path.report(expected);
  return false;
}

static bool readExtent(const json::Value &value, json::Path path,
                       int64_t &extent) {
  if (!value.getAsNull())
    return readCount(value, path, /*least=*/0, extent);
  extent = ShapedType::kDynamic;
  return true;
}

namespace {

/// The members of one layer; the first that does not fit ends it.
class LayerReader {
public:
  LayerReader(const json::Object &object, json::Path path)
      : object(object), path(path) {}

  bool read(TunedLayer &layer, MLIRContext *context) {
    LayerKey &key = layer.key;
    LayerTuning &tuning = layer.tuning;
    auto text = [](std::string &to) {
      return [&to](const json::Value &value, json::Path at) {
        return json::fromJSON(value, to, at);
      };
    };
    auto count = [](int64_t &to, int64_t least) {
      return [&to, least](const json::Value &value, json::Path at) {
        return readCount(value, at, least, to);
      };
    };
    auto extent = [](int64_t &to) {
      return [&to](const json::Value &value, json::Path at) {
        return readExtent(value, at, to);
      };
    };
    auto packing = [&](const json::Value &value, json::Path at) {
      return readPacking(value, at, context, tuning.packing);
    };
    return require("cpu", text(key.cpu)) &&
           require("threads", count(key.threads, 0)) &&
           require("rows", extent(key.rows)) &&
           require("columns", extent(key.columns)) &&
           require("tokens", extent(key.tokens)) &&
           require("input", text(key.input)) &&
           allow("group_size", count(key.groupSize, 0)) &&
           allow("components", count(key.components, 1)) &&
           allow("packing", packing) &&
           allow("row_tile", count(tuning.rowTile, 0)) &&
           allow("token_tile", count(tuning.tokenTile, 0));
  }

private:
  template <typename Read> bool allow(StringRef name, Read read) {
    const json::Value *value = object.get(name);
    return !value || read(*value, path.field(name));
  }
  template <typename Read> bool require(StringRef name, Read read) {
    if (object.get(name))
      return allow(name, read);
    path.field(name).report("expected a value, found none");
    return false;
  }

  const json::Object &object;
  json::Path path;
};

} // namespace

static bool readLayers(const json::Value &file, json::Path path,
                       MLIRContext *context, std::vector<TunedLayer> &layers) {
  const json::Object *object = file.getAsObject();
  const json::Array *array = object ? object->getArray("layers") : nullptr;
  if (!array || object->getInteger("version") != kVersion) {
    path.report("expected an object with \"version\": 1 and \"layers\"");
    return false;
  }
  // A path refers to the one that it goes on from.
  json::Path list = path.field("layers");
  for (auto [i, value] : llvm::enumerate(*array)) {
    json::Path at = list.index(i);
    const json::Object *layer = value.getAsObject();
    if (!layer) {
      at.report("expected an object");
      return false;
    }
    if (!LayerReader(*layer, at).read(layers.emplace_back(), context))
      return false;
  }
  return true;
}

llvm::Expected<std::vector<TunedLayer>>
ternary::readTuning(StringRef path, MLIRContext *context) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError(path + ": " + buffer.getError().message());
  llvm::Expected<json::Value> file = json::parse((*buffer)->getBuffer());
  if (!file)
    return llvm::createStringError(path + ": " +
                                   llvm::toString(file.takeError()));
  json::Path::Root root("file");
  std::vector<TunedLayer> layers;
  if (!readLayers(*file, root, context, layers))
    return llvm::createStringError(path + ": " +
                                   llvm::toString(root.getError()));
  return layers;
}
