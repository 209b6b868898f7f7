//===- Import.cpp - GGUF files to IR --------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Target/GGUF/Import.h"

#include "Formats.h"
#include "Values.h"

#include "ternary/Target/GGUF/Reader.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::gguf;

namespace {

class Importer {
public:
  Importer(std::shared_ptr<File> file, Location loc,
           const WeightsImportOptions &options)
      : file(std::move(file)), loc(loc), options(options) {}

  OwningOpRef<ModuleOp> run();

private:
  LogicalResult importTensor(const Tensor &tensor, Weight &weight);
  LogicalResult importPacked(const Tensor &tensor, const PackedType &type,
                             Weight &weight);
  FailureOr<const PackedType *> choosePacked(const Tensor &tensor,
                                             const Weight &weight);
  FailureOr<const PackedType *> chooseI2S(const Tensor &tensor,
                                          const Weight &weight);
  void sayOnce(bool &said, const Weight &weight, const Twine &text) {
    if (!said)
      weight.remark() << text;
    said = true;
  }

  std::shared_ptr<File> file;
  Location loc;
  const WeightsImportOptions &options;
  bool saidI2S = false, saidI2S64 = false, saidQ2 = false, saidQ2128 = false;
};

} // namespace

/// I2_S is 128 unless that cannot be: nothing in a file tells them apart.
FailureOr<const PackedType *> Importer::chooseI2S(const Tensor &tensor,
                                                  const Weight &weight) {
  int64_t elements = tensor.getNumElements();
  unsigned block = options.i2sBlock.value_or(elements % 128 == 0 ? 128 : 64);
  if (elements % block != 0)
    return weight.error() << "expected a multiple of " << block
                          << " elements for I2_S, found shape "
                          << quoteShape(tensor.shape);
  if (options.i2sBlock)
    return findPackedType(block == 128 ? "i2_s" : "i2_s_64");
  if (block == 128)
    sayOnce(saidI2S, weight,
            "I2_S is read in blocks of 128, as x86 writes it; i2s-block=64 "
            "reads that of ARM");
  else
    sayOnce(saidI2S64, weight,
            "I2_S is read in blocks of 64, as its shape has no whole blocks "
            "of 128");
  return findPackedType(block == 128 ? "i2_s" : "i2_s_64");
}

/// The packing of a tensor; null where it has none.
FailureOr<const PackedType *> Importer::choosePacked(const Tensor &tensor,
                                                     const Weight &weight) {
  if (tensor.type->id == kI2S)
    return chooseI2S(tensor, weight);
  if (tensor.type->id == kQ20) {
    bool wide = tensor.q2Block == 128;
    if (!options.q2Block)
      sayOnce(wide ? saidQ2128 : saidQ2, weight,
              "Q2_0 is read in blocks of " + Twine(tensor.q2Block) +
                  ", as the space for it says");
    return findPackedType(wide ? "q2_0_128" : "q2_0");
  }
  for (const PackedType &type : getPackedTypes())
    if (type.id == tensor.type->id)
      return &type;
  return nullptr;
}

LogicalResult Importer::importPacked(const Tensor &tensor,
                                     const PackedType &type, Weight &weight) {
  MLIRContext *context = loc->getContext();
  weight.packing = getPacking(context, type);
  auto byteShape = getPackedShape(weight, weight.packing);
  if (failed(byteShape))
    return failure();
  int64_t size = ShapedType::getNumElements(*byteShape);
  if (size != int64_t(tensor.data.size()))
    return weight.error() << "expected " << size << " bytes for "
                          << weight.packing << ", found " << tensor.data.size();
  weight.value = mapElements(
      RankedTensorType::get(*byteShape, IntegerType::get(context, 8)),
      weight.name, tensor.data, file);
  // Only the scales are copied: kernels take them beside the bytes.
  std::vector<float> scales(size / std::max<int64_t>(byteShape->back(), 1));
  ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(tensor.data.data()),
                          tensor.data.size());
  weight.packing.unpackBytes(bytes, weight.shape[0], weight.shape[1], {},
                             scales);
  weight.scales = makeScales(context, ArrayRef(*byteShape).drop_back(),
                             weight.name, scales);
  return success();
}

LogicalResult Importer::importTensor(const Tensor &tensor, Weight &weight) {
  weight.name = tensor.name.str();
  weight.shape.assign(tensor.shape.begin(), tensor.shape.end());
  FailureOr<const PackedType *> packed = choosePacked(tensor, weight);
  if (failed(packed))
    return failure();
  if (*packed)
    return importPacked(tensor, **packed, weight);
  Type element = getElementType(loc->getContext(), tensor.type->id);
  if (!element)
    return weight.error()
           << "expected type TQ1_0, TQ2_0, Q2_0, I2_S, a float or an integer, "
              "found "
           << tensor.type->name << " (skip=" << tensor.name
           << " leaves it out)";
  weight.value = mapElements(RankedTensorType::get(tensor.shape, element),
                             weight.name, tensor.data, file);
  return ternarizeWeight(weight, options);
}

OwningOpRef<ModuleOp> Importer::run() {
  ArrayRef<Tensor> tensors = file->getTensors();
  return importTensors(
      loc, getMetadataAttr(loc->getContext(), file->getMetadata()),
      tensors.size(), [&](size_t i) { return options.takes(tensors[i].name); },
      [&](size_t i, Weight &weight) {
        return importTensor(tensors[i], weight);
      });
}

OwningOpRef<ModuleOp> ternary::importGGUF(StringRef path, MLIRContext *context,
                                          const WeightsImportOptions &options) {
  Location loc = getFileLoc(context, path);
  llvm::Expected<File> file = File::open(path, options.q2Block);
  if (!file) {
    emitFileErrors(loc, file.takeError());
    return nullptr;
  }
  return Importer(std::make_shared<File>(std::move(*file)), loc, options).run();
}
