//===- Checkpoint.cpp - the format ternary-mlp ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Checkpoint.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace ternary::safetensors;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;

namespace {

constexpr StringRef kFormat = "ternary-mlp";
/// The activations are int8, so more bits would not fit.
constexpr unsigned kMinActBits = 2, kMaxActBits = 8;

using ternary::refuse;

Error refuseTensor(StringRef name, const Twine &message) {
  return refuse("tensor " + quoteName(name) + ": " + message);
}

/// Collects the layers of one file.
class CheckpointReader {
public:
  explicit CheckpointReader(const File &file) : file(file) {}
  Error read(Checkpoint &checkpoint);

private:
  Expected<StringRef> getMetadata(StringRef key);
  Error readMetadata(Checkpoint &checkpoint);
  Error readLayer(size_t index, Layer &layer);
  Error checkUnused(size_t numLayers);
  Expected<const Tensor *> find(const Twine &name, DType dtype);
  Expected<const Tensor *> findF32(const Twine &name, int64_t size,
                                   bool scalarAllowed = false);

  const File &file;
  llvm::StringSet<> used;
};

/// Refuses the first element that is no trit.
Error checkTrits(const Tensor &tensor) {
  auto isTrit = [](char value) {
    return static_cast<unsigned char>(value + 1) <= 2;
  };
  if (llvm::all_of(tensor.data, isTrit))
    return Error::success();
  const char *bad = llvm::find_if_not(tensor.data, isTrit);
  int64_t index = bad - tensor.data.data();
  int64_t columns = tensor.shape[1];
  return refuseTensor(
      tensor.name, "expected values -1, 0 and 1, found " +
                       Twine(static_cast<int>(static_cast<signed char>(*bad))) +
                       " at [" + Twine(index / columns) + ", " +
                       Twine(index % columns) + "]");
}

Error checkFinite(const Tensor &tensor) {
  for (int64_t i = 0, e = tensor.getNumElements(); i < e; ++i) {
    float value = tensor.getF32(i);
    if (!std::isfinite(value))
      return refuseTensor(tensor.name,
                          "expected finite values, found " +
                              Twine(std::isnan(value) ? "nan" : "infinity") +
                              " at [" + (tensor.shape.empty() ? "" : Twine(i)) +
                              "]");
  }
  return Error::success();
}

} // namespace

Expected<StringRef> CheckpointReader::getMetadata(StringRef key) {
  auto it = file.getMetadata().find(key.str());
  if (it == file.getMetadata().end())
    return refuse("metadata '" + key + "': expected a value, found none");
  return StringRef(it->second);
}

Error CheckpointReader::readMetadata(Checkpoint &checkpoint) {
  auto refuseValue = [](StringRef key, const Twine &expected, StringRef found) {
    return refuse("metadata '" + key + "': expected " + expected + ", found " +
                  quoteName(found));
  };
  Expected<StringRef> format = getMetadata("format");
  if (!format)
    return format.takeError();
  if (*format != kFormat)
    return refuseValue("format", "'" + kFormat + "'", *format);

  Expected<StringRef> activation = getMetadata("activation");
  if (!activation)
    return activation.takeError();
  if (*activation == "relu")
    checkpoint.activation = Activation::ReLU;
  else if (*activation == "relu2")
    checkpoint.activation = Activation::ReLU2;
  else
    return refuseValue("activation", "'relu' or 'relu2'", *activation);

  Expected<StringRef> eps = getMetadata("eps");
  if (!eps)
    return eps.takeError();
  double value = 0;
  if (!eps->getAsDouble(value))
    checkpoint.eps = static_cast<float>(value);
  if (!(checkpoint.eps > 0) || !std::isfinite(checkpoint.eps))
    return refuseValue("eps", "a finite f32 above 0", *eps);

  Expected<StringRef> actBits = getMetadata("act_bits");
  if (!actBits)
    return actBits.takeError();
  if (actBits->getAsInteger(10, checkpoint.actBits) ||
      checkpoint.actBits < kMinActBits || checkpoint.actBits > kMaxActBits)
    return refuseValue("act_bits",
                       "a number from " + Twine(kMinActBits) + " to " +
                           Twine(kMaxActBits),
                       *actBits);
  return Error::success();
}

Expected<const Tensor *> CheckpointReader::find(const Twine &name,
                                                DType dtype) {
  std::string text = name.str();
  const Tensor *tensor = file.find(text);
  if (!tensor)
    return refuseTensor(text, "expected a tensor, found none");
  if (tensor->dtype != dtype)
    return refuseTensor(text, "expected dtype " + stringifyDType(dtype) +
                                  ", found " + stringifyDType(tensor->dtype));
  used.insert(text);
  return tensor;
}

/// The finite f32 tensor of shape [size], or [] where that is allowed.
Expected<const Tensor *>
CheckpointReader::findF32(const Twine &name, int64_t size, bool scalarAllowed) {
  Expected<const Tensor *> tensor = find(name, DType::F32);
  if (!tensor)
    return tensor;
  ArrayRef<int64_t> shape = (*tensor)->shape;
  if (shape != ArrayRef<int64_t>(size) && !(scalarAllowed && shape.empty()))
    return refuseTensor((*tensor)->name,
                        "expected shape [" + Twine(size) + "]" +
                            (scalarAllowed ? " or []" : "") + ", found " +
                            ternary::quoteShape(shape));
  if (Error error = checkFinite(**tensor))
    return error;
  return tensor;
}

Error CheckpointReader::readLayer(size_t index, Layer &layer) {
  std::string prefix = ("layers." + Twine(index) + ".").str();
  Expected<const Tensor *> weight = find(prefix + "weight", DType::I8);
  if (!weight)
    return weight.takeError();
  layer.weight = *weight;
  if (layer.weight->shape.size() != 2)
    return refuseTensor(layer.weight->name,
                        "expected shape [N, K], found " +
                            ternary::quoteShape(layer.weight->shape));
  if (Error error = checkTrits(*layer.weight))
    return error;

  Expected<const Tensor *> norm = findF32(prefix + "norm.weight", layer.getK());
  if (!norm)
    return norm.takeError();
  layer.normWeight = *norm;

  Expected<const Tensor *> scale =
      findF32(prefix + "weight_scale", layer.getN(), /*scalarAllowed=*/true);
  if (!scale)
    return scale.takeError();
  layer.scale = *scale;

  if (!file.find(prefix + "bias"))
    return Error::success();
  Expected<const Tensor *> bias = findF32(prefix + "bias", layer.getN());
  if (!bias)
    return bias.takeError();
  layer.bias = *bias;
  return Error::success();
}

/// Refuses tensors that no layer uses: computing without them would be wrong.
Error CheckpointReader::checkUnused(size_t numLayers) {
  for (const Tensor &tensor : file.getTensors())
    if (!used.contains(tensor.name))
      return refuseTensor(tensor.name, "expected a tensor of layers 0 to " +
                                           Twine(numLayers - 1) +
                                           " of format " + kFormat +
                                           ", found another");
  return Error::success();
}

Error CheckpointReader::read(Checkpoint &checkpoint) {
  if (Error error = readMetadata(checkpoint))
    return error;
  do {
    Layer layer;
    size_t index = checkpoint.layers.size();
    if (Error error = readLayer(index, layer))
      return error;
    if (index && checkpoint.layers.back().getN() != layer.getK())
      return refuseTensor(
          layer.weight->name,
          "expected K = " + Twine(checkpoint.layers.back().getN()) +
              ", the N of layer " + Twine(index - 1) + ", found " +
              Twine(layer.getK()));
    checkpoint.layers.push_back(layer);
  } while (file.find(
      ("layers." + Twine(checkpoint.layers.size()) + ".weight").str()));
  return checkUnused(checkpoint.layers.size());
}

bool ternary::safetensors::isCheckpoint(const File &file) {
  auto format = file.getMetadata().find("format");
  return format != file.getMetadata().end() && format->second == kFormat;
}

Expected<Checkpoint> ternary::safetensors::readCheckpoint(const File &file) {
  Checkpoint checkpoint;
  if (Error error = CheckpointReader(file).read(checkpoint))
    return llvm::createFileError(file.getPath(), std::move(error));
  return checkpoint;
}
