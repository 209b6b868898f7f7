//===- Export.cpp - IR to GGUF files --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/GGUF/Export.h"

#include "Formats.h"
#include "Values.h"

#include "llvm/Support/EndianStream.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::gguf;
using llvm::Error;

namespace {

constexpr uint32_t kVersion = 3, kDefaultAlignment = 32,
                   kMaxAlignment = 1 << 20;

/// A tensor that is to be written.
struct Entry {
  const Weight *weight;
  uint32_t id;
  /// Null for plain values.
  PackingAttrInterface packing;
  uint64_t bytes;
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
  LogicalResult addEntry(const Weight &weight);
  LogicalResult addPacked(const Weight &weight, Entry &entry);
  void writeHeader(llvm::raw_ostream &os);
  Error writeData(llvm::raw_ostream &os);

  template <typename T> void writeNumber(llvm::raw_ostream &os, T value) {
    llvm::support::endian::write<T>(os, value, llvm::endianness::little);
  }
  void writeString(llvm::raw_ostream &os, StringRef text) {
    writeNumber<uint64_t>(os, text.size());
    os << text;
  }

  ModuleOp module;
  const WeightsExportOptions &options;
  /// Null for `keep`.
  const PackedType *type = nullptr;
  std::string metadata;
  uint64_t numMetadata = 0;
  uint32_t alignment = kDefaultAlignment;
  std::vector<Entry> entries;
};

} // namespace

LogicalResult Exporter::chooseType() {
  if (options.type == "keep")
    return success();
  type = findPackedType(options.type);
  if (type)
    return success();
  InFlightDiagnostic error = emitError(module.getLoc());
  error << "option type: expected keep";
  for (const PackedType &known : getPackedTypes())
    error << (&known == &getPackedTypes().back() ? " or " : ", ") << known.name;
  return error << ", found " << quoteName(options.type);
}

/// Metadata may state the alignment, and the type of most weights.
LogicalResult Exporter::readMetadata() {
  auto dictionary = module->getAttrOfType<DictionaryAttr>(kMetadataAttrName);
  llvm::raw_string_ostream os(metadata);
  for (NamedAttribute entry :
       dictionary ? dictionary.getValue() : ArrayRef<NamedAttribute>()) {
    StringRef key = entry.getName().getValue();
    Attribute value = entry.getValue();
    if (!llvm::json::isUTF8(key))
      return emitError(module.getLoc())
             << "metadata " << quoteName(key) << ": expected a key of UTF-8";
    auto number = dyn_cast<IntegerAttr>(value);
    if (key == "general.alignment") {
      uint64_t stated = number && number.getType().isUnsignedInteger(32)
                            ? number.getUInt()
                            : 0;
      if (!llvm::isPowerOf2_64(stated) || stated > kMaxAlignment)
        return emitError(module.getLoc())
               << "metadata 'general.alignment': expected a power of two of "
                  "ui32 up to "
               << kMaxAlignment << ", found " << value;
      alignment = stated;
    }
    if (key == "general.file_type" && type && number) {
      // It would say what the weights were.
      if (type->fileType < 0)
        continue;
      value = IntegerAttr::get(number.getType(), type->fileType);
    }
    writeString(os, key);
    if (Error error = writeValue(os, value))
      return emitError(module.getLoc()) << "metadata " << quoteName(key) << ": "
                                        << llvm::toString(std::move(error));
    ++numMetadata;
  }
  return success();
}

LogicalResult Exporter::addPacked(const Weight &weight, Entry &entry) {
  const PackedType *chosen =
      type || !weight.packing ? type : findPackedType(weight.packing);
  if (!chosen) {
    InFlightDiagnostic error = weight.error();
    error << "expected a packing of GGUF or an option type, found ";
    if (weight.packing)
      return error << weight.packing;
    return error << "plain trits";
  }
  entry.id = chosen->id;
  entry.packing = getPacking(module.getContext(), *chosen);
  auto shape = getPackedShape(weight, entry.packing);
  if (failed(shape))
    return failure();
  entry.bytes = ShapedType::getNumElements(*shape);
  return success();
}

LogicalResult Exporter::addEntry(const Weight &weight) {
  if (!llvm::json::isUTF8(weight.name))
    return weight.error() << "expected a name of UTF-8";
  constexpr size_t kMaxName = 63;
  if (weight.name.size() > kMaxName)
    weight.warning() << "its name has more than " << kMaxName
                     << " bytes, which llama.cpp refuses";
  Entry entry{&weight, 0, nullptr, 0};
  if (weight.isTernary()) {
    if (failed(addPacked(weight, entry)))
      return failure();
  } else {
    ShapedType plain = weight.value.getShapedType();
    std::optional<uint32_t> id = findElementType(plain.getElementType());
    if (!id || plain.getRank() > 4)
      return weight.error() << "expected a tensor of up to rank 4 of f16, "
                               "bf16, f32, f64 or i8 to i64, found "
                            << plain;
    entry.id = *id;
    entry.bytes =
        weight.value.getNumElements() * plain.getElementTypeBitWidth() / 8;
  }
  if (!entries.empty())
    entry.offset =
        llvm::alignTo(entries.back().offset + entries.back().bytes, alignment);
  entries.push_back(entry);
  return success();
}

void Exporter::writeHeader(llvm::raw_ostream &os) {
  uint64_t start = os.tell();
  os << "GGUF";
  writeNumber(os, kVersion);
  writeNumber<uint64_t>(os, entries.size());
  writeNumber(os, numMetadata);
  os << metadata;
  for (const Entry &entry : entries) {
    writeString(os, entry.weight->name);
    ArrayRef<int64_t> shape = entry.weight->shape;
    writeNumber<uint32_t>(os, shape.size());
    for (int64_t extent : llvm::reverse(shape))
      writeNumber<uint64_t>(os, extent);
    writeNumber(os, entry.id);
    writeNumber(os, entry.offset);
  }
  os.write_zeros(
      llvm::offsetToAlignment(os.tell() - start, llvm::Align(alignment)));
}

/// One tensor after the other, so that no more than one is held repacked.
Error Exporter::writeData(llvm::raw_ostream &os) {
  for (const Entry &entry : entries) {
    std::optional<ConstantElements<char>> bytes;
    if (entry.packing) {
      auto packed = packWeight(*entry.weight, entry.packing);
      if (succeeded(packed))
        bytes.emplace(std::move(*packed));
      else
        return refuse("cannot pack tensor " + quoteName(entry.weight->name));
    } else {
      bytes = getRawElements(entry.weight->value);
    }
    if (!bytes || bytes->get().size() != entry.bytes)
      return refuse("tensor " + quoteName(entry.weight->name) +
                    ": expected a constant whose data fits its type");
    os.write(bytes->get().data(), bytes->get().size());
    os.write_zeros(
        llvm::offsetToAlignment(entry.bytes, llvm::Align(alignment)));
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
    if (failed(addEntry(weight)))
      return failure();
  return writeWeightsFile(module, path, [&](llvm::raw_ostream &os) {
    writeHeader(os);
    return writeData(os);
  });
}

LogicalResult ternary::exportGGUF(ModuleOp module, StringRef path,
                                  const WeightsExportOptions &options) {
  return Exporter(module, options).run(path);
}
