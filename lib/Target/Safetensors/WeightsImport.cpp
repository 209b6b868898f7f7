//===- WeightsImport.cpp - weights of .safetensors files ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "WeightsImport.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::safetensors;

namespace {

class Importer {
public:
  Importer(std::shared_ptr<File> file, Location loc,
           const WeightsImportOptions &options)
      : file(std::move(file)), loc(loc), context(loc->getContext()),
        options(options) {}

  OwningOpRef<ModuleOp> run();

private:
  DictionaryAttr getMetadata();
  bool isScaleOfAnother(const Tensor &tensor);
  const Tensor *findScale(const Tensor &tensor);
  LogicalResult importTensor(const Tensor &tensor, Weight &weight);
  LogicalResult importPacked(const Tensor &tensor, Weight &weight);
  LogicalResult importStated(const Tensor &tensor, StringRef text,
                             Weight &weight);
  LogicalResult importHuggingFace(const Tensor &tensor, Weight &weight);
  LogicalResult importTrits(const Tensor &tensor, Weight &weight);
  LogicalResult addScales(const Tensor &scale, ScaleConvention otherwise,
                          Weight &weight);
  FailureOr<int64_t> findRows(const Tensor &tensor, const Weight &weight);
  ScaleConvention getConvention(ScaleConvention otherwise,
                                const Weight &weight);

  std::shared_ptr<File> file;
  Location loc;
  MLIRContext *context;
  const WeightsImportOptions &options;
  /// What the file or its config says.
  std::optional<ScaleConvention> convention;
  bool saidConvention = false;
};

/// A number of F32, F16 or BF16.
float readFloat(const Tensor &tensor, int64_t index) {
  if (tensor.dtype == DType::F32)
    return tensor.getF32(index);
  uint16_t bits = llvm::support::endian::read16le(tensor.data.data() +
                                                  index * sizeof(uint16_t));
  return tensor.dtype == DType::F16
             ? halfBitsToFloat(bits)
             : llvm::bit_cast<float>(uint32_t(bits) << 16);
}

StringRef stringify(ScaleConvention convention) {
  return convention == ScaleConvention::Divide ? "divide" : "multiply";
}

bool isBytes(const Tensor &tensor) {
  return tensor.dtype == DType::U8 || tensor.dtype == DType::I8;
}

} // namespace

DictionaryAttr Importer::getMetadata() {
  Builder builder(context);
  SmallVector<NamedAttribute> entries;
  for (const auto &[key, value] : file->getMetadata())
    if (!key.empty() && !StringRef(key).starts_with(kPackingKey) &&
        key != kConventionKey)
      entries.push_back(
          builder.getNamedAttr(key, builder.getStringAttr(value)));
  return builder.getDictionaryAttr(entries);
}

const Tensor *Importer::findScale(const Tensor &tensor) {
  return file->find(tensor.name + kScaleSuffix.str());
}

bool Importer::isScaleOfAnother(const Tensor &tensor) {
  StringRef name = tensor.name;
  if (!name.consume_back(kScaleSuffix))
    return false;
  const Tensor *weight = file->find(name);
  return weight && isBytes(*weight) && options.takes(name);
}

/// What the scales of the file do, said where nothing states it.
ScaleConvention Importer::getConvention(ScaleConvention otherwise,
                                        const Weight &weight) {
  if (options.weightScale)
    return *options.weightScale;
  if (convention)
    return *convention;
  if (!saidConvention)
    weight.remark() << "neither the file nor a config.json beside it says "
                       "whether outputs are multiplied or divided by the "
                       "scale; weight-scale="
                    << stringify(otherwise) << " is taken";
  saidConvention = true;
  return otherwise;
}

LogicalResult Importer::addScales(const Tensor &scale,
                                  ScaleConvention otherwise, Weight &weight) {
  if (scale.dtype != DType::F32 && scale.dtype != DType::F16 &&
      scale.dtype != DType::BF16)
    return emitError(loc) << "tensor " << quoteName(scale.name)
                          << ": expected F32, F16 or BF16, found "
                          << stringifyDType(scale.dtype);
  int64_t rows = weight.shape[0], columns = weight.shape[1];
  // One scale is written as [1] or []; one for each row as [N] or [N, 1].
  SmallVector<int64_t> shape(scale.shape);
  if (shape.size() == 2 && shape[1] == 1)
    shape.pop_back();
  if (shape.size() == 1 && shape[0] == 1)
    shape.clear();
  bool fits = shape.empty() || shape[0] == rows;
  if (shape.size() == 2)
    fits &= shape[1] > 0 ? columns % shape[1] == 0 : columns == 0;
  if (!fits || shape.size() > 2)
    return emitError(loc) << "tensor " << quoteName(scale.name)
                          << ": expected shape [1], [" << rows
                          << "] or [N, G] with G a divisor of " << columns
                          << ", found " << quoteShape(scale.shape);
  bool divides = getConvention(otherwise, weight) == ScaleConvention::Divide;
  std::vector<float> scales;
  bool rounded = false;
  for (int64_t i = 0, e = scale.getNumElements(); i < e; ++i) {
    float stored = readFloat(scale, i);
    float value = divides ? 1.0f / stored : stored;
    rounded |= divides && 1.0f / value != stored;
    scales.push_back(value);
  }
  if (rounded)
    weight.warning() << "the reciprocal of its scale is rounded to f32; the "
                        "trits are exact";
  weight.scales = makeScales(context, shape, weight.name, scales);
  return success();
}

/// Bytes whose packing the metadata state.
LogicalResult Importer::importStated(const Tensor &tensor, StringRef text,
                                     Weight &weight) {
  // The parser recurses, so what it gets is short.
  constexpr size_t kMaxText = 1024;
  size_t used = 0;
  Attribute packing;
  {
    ScopedDiagnosticHandler quiet(context, [](Diagnostic &) {});
    if (text.size() <= kMaxText && text.starts_with("#"))
      packing = parseAttribute(text, context, Type(), &used);
  }
  weight.packing = dyn_cast_or_null<PackingAttrInterface>(packing);
  StringRef shape = text.drop_front(std::min(used, text.size())).trim();
  int64_t rows = -1, columns = -1;
  if (!weight.packing || !shape.consume_front("[") ||
      shape.consumeInteger(10, rows) || !shape.consume_front(", ") ||
      shape.consumeInteger(10, columns) || shape != "]" || rows < 0 ||
      columns < 0)
    return weight.error() << "metadata '" << kPackingKey << weight.name
                          << "': expected a packing and [N, K], found "
                          << quoteName(text);
  weight.shape = {rows, columns};
  if (failed(importPacked(tensor, weight)))
    return failure();
  const Tensor *scale = findScale(tensor);
  if (!weight.packing.carriesScales() && scale)
    return addScales(*scale, ScaleConvention::Multiply, weight);
  if (!weight.packing.carriesScales())
    return success();
  ArrayRef<int64_t> bytes = weight.value.getShapedType().getShape();
  int64_t count = tensor.data.size() / std::max<int64_t>(bytes.back(), 1);
  std::vector<float> scales(count);
  weight.packing.unpackBytes(
      ArrayRef<uint8_t>(reinterpret_cast<const uint8_t *>(tensor.data.data()),
                        tensor.data.size()),
      rows, columns, {}, scales);
  weight.scales = makeScales(context, bytes.drop_back(), weight.name, scales);
  return success();
}

/// The bytes of a packing and a shape that are known.
LogicalResult Importer::importPacked(const Tensor &tensor, Weight &weight) {
  auto byteShape = getPackedShape(weight, weight.packing);
  if (failed(byteShape))
    return failure();
  if (!isBytes(tensor) ||
      ArrayRef<int64_t>(tensor.shape) != ArrayRef(*byteShape))
    return weight.error() << "expected U8 " << quoteShape(*byteShape) << " for "
                          << weight.packing << ", found "
                          << stringifyDType(tensor.dtype) << " "
                          << quoteShape(tensor.shape);
  weight.value = mapElements(
      RankedTensorType::get(*byteShape, IntegerType::get(context, 8)),
      weight.name, tensor.data, file);
  return success();
}

/// A file of Hugging Face rounds the rows up to a multiple of 4 and does not
/// say how many there were: the bias does, or the caller.
FailureOr<int64_t> Importer::findRows(const Tensor &tensor,
                                      const Weight &weight) {
  int64_t packed = tensor.shape[0];
  for (const auto &[pattern, rows] : options.rows) {
    if (!pattern.match(tensor.name))
      continue;
    if (rows / 4 + (rows % 4 != 0) == packed)
      return rows;
    return weight.error() << "expected " << packed * 4 - 3 << " to "
                          << packed * 4 << " rows in " << packed
                          << " rows of bytes, found " << rows
                          << " in the option rows";
  }
  StringRef name = tensor.name;
  if (name.consume_back("weight")) {
    const Tensor *bias = file->find((name + "bias").str());
    if (bias && bias->shape.size() == 1 &&
        bias->shape[0] / 4 + (bias->shape[0] % 4 != 0) == packed)
      return bias->shape[0];
  }
  return packed * 4;
}

LogicalResult Importer::importHuggingFace(const Tensor &tensor,
                                          Weight &weight) {
  // A product below stays in 63 bits: bytes of the file are counted in it.
  FailureOr<int64_t> rows = findRows(tensor, weight);
  if (failed(rows))
    return failure();
  weight.packing = PackingAttr::getPreset(context, "hf");
  weight.shape = {*rows, tensor.shape[1]};
  if (failed(importPacked(tensor, weight)))
    return failure();
  return addScales(*findScale(tensor), ScaleConvention::Divide, weight);
}

LogicalResult Importer::importTrits(const Tensor &tensor, Weight &weight) {
  weight.value = mapElements(
      RankedTensorType::get(tensor.shape, IntegerType::get(context, 8)),
      weight.name, tensor.data, file);
  // Refuses what is no trit.
  if (failed(unpackWeight(weight)))
    return failure();
  return addScales(*findScale(tensor), ScaleConvention::Multiply, weight);
}

LogicalResult Importer::importTensor(const Tensor &tensor, Weight &weight) {
  weight.name = tensor.name;
  weight.shape.assign(tensor.shape.begin(), tensor.shape.end());
  if (tensor.name.empty())
    return weight.error() << "expected a name, found none";
  auto stated = file->getMetadata().find(kPackingKey.str() + tensor.name);
  if (stated != file->getMetadata().end())
    return importStated(tensor, stated->second, weight);
  if (tensor.shape.size() == 2 && findScale(tensor)) {
    constexpr int64_t kMaxRows = int64_t(1) << 60;
    if (tensor.dtype == DType::U8 && tensor.shape[0] < kMaxRows)
      return importHuggingFace(tensor, weight);
    if (tensor.dtype == DType::I8)
      return importTrits(tensor, weight);
  }
  Type element = getElementType(context, tensor.dtype);
  if (!element)
    return weight.error() << "expected a dtype of whole bytes but BOOL and "
                             "C64, found "
                          << stringifyDType(tensor.dtype)
                          << " (skip=" << tensor.name << " leaves it out)";
  weight.value = mapElements(RankedTensorType::get(tensor.shape, element),
                             weight.name, tensor.data, file);
  return ternarizeWeight(weight, options);
}

OwningOpRef<ModuleOp> Importer::run() {
  auto stated = file->getMetadata().find(kConventionKey.str());
  if (stated != file->getMetadata().end()) {
    if (stated->second != "multiply" && stated->second != "divide") {
      emitError(loc) << "metadata '" << kConventionKey
                     << "': expected 'multiply' or 'divide', found "
                     << quoteName(stated->second);
      return nullptr;
    }
    convention = stated->second == "divide" ? ScaleConvention::Divide
                                            : ScaleConvention::Multiply;
  } else {
    SmallString<256> config(file->getPath());
    llvm::sys::path::remove_filename(config);
    llvm::sys::path::append(config, "config.json");
    llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer =
        mapFile(config);
    constexpr size_t kMaxConfig = size_t(1) << 20;
    if (!buffer)
      llvm::consumeError(buffer.takeError());
    else if ((*buffer)->getBufferSize() <= kMaxConfig)
      convention = readConvention((*buffer)->getBuffer());
  }

  ArrayRef<Tensor> tensors = file->getTensors();
  return importTensors(
      loc, getMetadata(), tensors.size(),
      [&](size_t i) {
        return options.takes(tensors[i].name) && !isScaleOfAnother(tensors[i]);
      },
      [&](size_t i, Weight &weight) {
        return importTensor(tensors[i], weight);
      });
}

Type ternary::safetensors::getElementType(MLIRContext *context, DType dtype) {
  switch (dtype) {
  case DType::F16:
    return Float16Type::get(context);
  case DType::BF16:
    return BFloat16Type::get(context);
  case DType::F32:
    return Float32Type::get(context);
  case DType::F64:
    return Float64Type::get(context);
  case DType::F8_E5M2:
    return Float8E5M2Type::get(context);
  case DType::F8_E4M3:
    return Float8E4M3FNType::get(context);
  case DType::F8_E8M0:
    return Float8E8M0FNUType::get(context);
  case DType::I8:
  case DType::I16:
  case DType::I32:
  case DType::I64:
    return IntegerType::get(context, getBitWidth(dtype));
  case DType::U8:
  case DType::U16:
  case DType::U32:
  case DType::U64:
    return IntegerType::get(context, getBitWidth(dtype), IntegerType::Unsigned);
  default:
    return nullptr;
  }
}

std::optional<DType> ternary::safetensors::findDType(Type type) {
  for (DType dtype :
       {DType::F16, DType::BF16, DType::F32, DType::F64, DType::F8_E5M2,
        DType::F8_E4M3, DType::F8_E8M0, DType::I8, DType::I16, DType::I32,
        DType::I64, DType::U8, DType::U16, DType::U32, DType::U64})
    if (getElementType(type.getContext(), dtype) == type)
      return dtype;
  return std::nullopt;
}

OwningOpRef<ModuleOp>
ternary::safetensors::importWeights(std::shared_ptr<File> file, Location loc,
                                    const WeightsImportOptions &options) {
  return Importer(std::move(file), loc, options).run();
}
