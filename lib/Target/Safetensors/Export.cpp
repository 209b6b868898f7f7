//===- Export.cpp - IR to .safetensors files ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/Safetensors/Export.h"

#include "WeightsImport.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/EndianStream.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

#include <map>

using namespace mlir;
using namespace ternary;
using namespace ternary::safetensors;
using llvm::Error;

namespace {

/// A tensor that is to be written.
struct Entry {
  std::string name;
  DType dtype;
  SmallVector<int64_t, 4> shape;
  uint64_t bytes;
  /// What its data are made of: scales, or a weight as it is, as trits or in a
  /// packing.
  std::vector<float> scales;
  const Weight *weight = nullptr;
  bool asTrits = false;
  PackingAttrInterface packing;
  uint64_t offset = 0;
};

class Exporter {
public:
  Exporter(ModuleOp module, const WeightsExportOptions &options)
      : module(module), options(options) {}

  LogicalResult run(StringRef path);

private:
  LogicalResult chooseType();
  LogicalResult readMetadata();
  LogicalResult addWeight(const Weight &weight);
  LogicalResult addTernary(const Weight &weight);
  LogicalResult addScales(const Weight &weight);
  void addEntry(Entry entry);
  FailureOr<std::string> makeHeader();
  Error writeData(llvm::raw_ostream &os);
  Error writeEntry(llvm::raw_ostream &os, const Entry &entry);

  ModuleOp module;
  const WeightsExportOptions &options;
  bool asTrits = false;
  /// Null for `keep` and for trits.
  PackingAttrInterface type;
  std::map<std::string, std::string> metadata;
  std::vector<Entry> entries;
};

} // namespace

LogicalResult Exporter::chooseType() {
  asTrits = options.type == "i8";
  if (asTrits || options.type == "keep")
    return success();
  type = PackingAttr::getPreset(module.getContext(), options.type);
  if (type)
    return success();
  return emitError(module.getLoc())
         << "option type: expected keep, i8 or a preset of a packing ("
         << llvm::join(PackingAttr::getPresetNames(), ", ") << "), found "
         << quoteName(options.type);
}

LogicalResult Exporter::readMetadata() {
  auto dictionary = module->getAttrOfType<DictionaryAttr>(kMetadataAttrName);
  unsigned dropped = 0;
  for (NamedAttribute entry :
       dictionary ? dictionary.getValue() : ArrayRef<NamedAttribute>()) {
    auto text = dyn_cast<StringAttr>(entry.getValue());
    StringRef key = entry.getName().getValue();
    if (!text) {
      ++dropped;
      continue;
    }
    if (!llvm::json::isUTF8(key) || !llvm::json::isUTF8(text.getValue()))
      return emitError(module.getLoc())
             << "metadata " << quoteName(key) << ": expected text of UTF-8";
    metadata[key.str()] = text.getValue().str();
  }
  if (dropped)
    emitWarning(module.getLoc())
        << dropped << " of " << dictionary.size()
        << " metadata are no strings and are left out: a "
           ".safetensors file has only strings";
  // What readers of Hugging Face ask for.
  metadata.try_emplace("format", "pt");
  return success();
}

void Exporter::addEntry(Entry entry) {
  entry.bytes =
      ShapedType::getNumElements(entry.shape) * getBitWidth(entry.dtype) / 8;
  entries.push_back(std::move(entry));
}

/// The scales of a weight whose bytes do not carry them: those beside it as
/// they are, those inside of blocks as few as they can be.
LogicalResult Exporter::addScales(const Weight &weight) {
  bool carries = weight.packing && weight.packing.carriesScales();
  if (!weight.scales && !carries)
    return success();
  Entry entry;
  entry.name = weight.name + kScaleSuffix.str();
  entry.dtype = DType::F32;
  if (carries) {
    auto unpacked = unpackWeight(weight);
    if (failed(unpacked))
      return failure();
    ArrayRef<int64_t> shapes[] = {
        {}, ArrayRef(weight.shape).take_front(), unpacked->scaleShape};
    for (ArrayRef<int64_t> shape : shapes) {
      auto scales = regroupScales(weight, *unpacked, shape, /*report=*/false);
      if (failed(scales))
        continue;
      entry.shape.assign(shape.begin(), shape.end());
      entry.scales = std::move(*scales);
      break;
    }
  } else {
    auto scales = getF32Elements(weight.scales);
    if (!scales)
      return weight.error() << "expected f32 scales whose data fits their type";
    entry.scales = scales->get().vec();
    entry.shape.assign(weight.scales.getShapedType().getShape());
  }
  bool rounded = false;
  if (options.weightScale == ScaleConvention::Divide)
    for (float &scale : entry.scales) {
      float reciprocal = 1.0f / scale;
      rounded |= 1.0f / reciprocal != scale;
      scale = reciprocal;
    }
  if (rounded)
    weight.warning() << "the reciprocal of its scale is rounded to f32; the "
                        "trits are exact";
  metadata[kConventionKey.str()] =
      options.weightScale == ScaleConvention::Divide ? "divide" : "multiply";
  if (entry.shape.empty())
    entry.shape.push_back(1);
  addEntry(std::move(entry));
  return success();
}

LogicalResult Exporter::addTernary(const Weight &weight) {
  Entry entry;
  entry.name = weight.name;
  entry.weight = &weight;
  entry.packing = type ? type : asTrits ? nullptr : weight.packing;
  if (!entry.packing) {
    entry.asTrits = true;
    entry.dtype = DType::I8;
    entry.shape.assign(weight.shape.begin(), weight.shape.end());
    addEntry(std::move(entry));
    return addScales(weight);
  }
  auto shape = getPackedShape(weight, entry.packing);
  if (failed(shape))
    return failure();
  entry.dtype = DType::U8;
  entry.shape.assign(shape->begin(), shape->end());
  std::string text;
  llvm::raw_string_ostream(text)
      << entry.packing << " " << quoteShape(weight.shape);
  metadata[kPackingKey.str() + weight.name] = text;
  bool carries = entry.packing.carriesScales();
  addEntry(std::move(entry));
  return carries ? success() : addScales(weight);
}

LogicalResult Exporter::addWeight(const Weight &weight) {
  if (!llvm::json::isUTF8(weight.name))
    return weight.error() << "expected a name of UTF-8";
  if (weight.isTernary())
    return addTernary(weight);
  ShapedType plain = weight.value.getShapedType();
  std::optional<DType> dtype = findDType(plain.getElementType());
  if (!dtype)
    return weight.error() << "expected elements that a .safetensors file can "
                             "hold, found "
                          << plain;
  Entry entry;
  entry.name = weight.name;
  entry.dtype = *dtype;
  entry.shape.assign(plain.getShape());
  entry.weight = &weight;
  addEntry(std::move(entry));
  return success();
}

/// Wide elements come first, so that all are aligned; the data follow a
/// header that is padded to 8 bytes.
FailureOr<std::string> Exporter::makeHeader() {
  llvm::stable_sort(entries, [](const Entry &a, const Entry &b) {
    return getBitWidth(a.dtype) > getBitWidth(b.dtype);
  });
  llvm::StringSet<> names;
  for (const Entry &entry : entries)
    if (!names.insert(entry.name).second || entry.name == "__metadata__")
      return emitError(module.getLoc())
             << "tensor " << quoteName(entry.name)
             << ": expected each name once, found it again";
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::json::OStream json(os);
  uint64_t offset = 0;
  json.objectBegin();
  json.attributeObject("__metadata__", [&] {
    for (const auto &[key, value] : metadata)
      json.attribute(key, value);
  });
  for (Entry &entry : entries) {
    entry.offset = offset;
    offset += entry.bytes;
    json.attributeObject(entry.name, [&] {
      json.attribute("dtype", stringifyDType(entry.dtype));
      json.attributeArray("shape", [&] {
        for (int64_t extent : entry.shape)
          json.value(extent);
      });
      json.attributeArray("data_offsets", [&] {
        json.value(int64_t(entry.offset));
        json.value(int64_t(offset));
      });
    });
  }
  json.objectEnd();
  text.append(llvm::offsetToAlignment(text.size(), llvm::Align(8)), ' ');
  return text;
}

Error Exporter::writeEntry(llvm::raw_ostream &os, const Entry &entry) {
  auto write = [&](ArrayRef<char> bytes) -> Error {
    if (bytes.size() != entry.bytes)
      return refuse("tensor " + quoteName(entry.name) +
                    ": expected a constant whose data fits its type");
    os.write(bytes.data(), bytes.size());
    return Error::success();
  };
  if (!entry.weight)
    return write(
        ArrayRef<char>(reinterpret_cast<const char *>(entry.scales.data()),
                       entry.scales.size() * sizeof(float)));
  if (entry.asTrits) {
    auto unpacked = unpackWeight(*entry.weight);
    if (failed(unpacked))
      return refuse("cannot unpack tensor " + quoteName(entry.name));
    ArrayRef<int8_t> trits = unpacked->trits.get();
    return write(ArrayRef<char>(reinterpret_cast<const char *>(trits.data()),
                                trits.size()));
  }
  if (entry.packing) {
    auto bytes = packWeight(*entry.weight, entry.packing);
    if (failed(bytes))
      return refuse("cannot pack tensor " + quoteName(entry.name));
    return write(bytes->get());
  }
  auto bytes = getRawElements(entry.weight->value);
  return write(bytes ? bytes->get() : ArrayRef<char>());
}

Error Exporter::writeData(llvm::raw_ostream &os) {
  for (const Entry &entry : entries) {
    if (Error error = writeEntry(os, entry))
      return error;
    if (options.progress)
      options.progress(entry.offset + entry.bytes,
                       entries.back().offset + entries.back().bytes);
  }
  return Error::success();
}

LogicalResult Exporter::run(StringRef path) {
  auto weights = collectWeights(module);
  if (failed(weights) || failed(chooseType()) || failed(readMetadata()))
    return failure();
  for (const Weight &weight : *weights)
    if (failed(addWeight(weight)))
      return failure();
  FailureOr<std::string> header = makeHeader();
  if (failed(header))
    return failure();
  return writeWeightsFile(module, path, [&](llvm::raw_ostream &os) {
    llvm::support::endian::write<uint64_t>(os, header->size(),
                                           llvm::endianness::little);
    os << *header;
    return writeData(os);
  });
}

LogicalResult ternary::exportSafetensors(ModuleOp module, StringRef path,
                                         const WeightsExportOptions &options) {
  return Exporter(module, options).run(path);
}
