//===- Batches.cpp - Images, and mini-batches of them ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Batches.h"

#include "ternary/ExecutionEngine/Npy.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

#include <cstring>
#include <numeric>

using namespace ternary;
using namespace ternary::training;

/// Of ten images so many come in a variant that may be another than the first.
static constexpr uint64_t kVariedInTen = 7;

static llvm::Expected<Array> read(llvm::StringRef folder,
                                  const llvm::Twine &name, DType dtype,
                                  size_t minRank, size_t maxRank) {
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, name);
  llvm::Expected<Array> array = readNpy(path);
  if (!array)
    return array;
  size_t rank = array->getRank();
  if (array->getDType() != dtype || rank < minRank || rank > maxRank)
    return llvm::createStringError(
        llvm::Twine(path) + ": expected " + ternary::name(dtype) + " of rank " +
        llvm::Twine(minRank) +
        (minRank == maxRank ? "" : " or " + llvm::Twine(maxRank)) + ", found " +
        ternary::name(array->getDType()) + " " +
        formatShape(array->getShape()));
  return array;
}

static llvm::Expected<Samples>
readSamples(llvm::StringRef folder, llvm::StringRef part, size_t maxRank) {
  auto images = read(folder, "x_" + part + ".npy", DType::Float32, 2, maxRank);
  if (!images)
    return images.takeError();
  auto labels = read(folder, "y_" + part + ".npy", DType::Int64, 1, 1);
  if (!labels)
    return labels.takeError();
  int64_t count = images->getShape()[images->getRank() - 2];
  if (images->size() == 0 || count != labels->size())
    return llvm::createStringError(
        folder + ": expected an image per label of '" + part + "', found " +
        formatShape(images->getShape()) + " and " +
        formatShape(labels->getShape()));
  return Samples{std::move(*images), std::move(*labels)};
}

llvm::Expected<Dataset> training::readDataset(llvm::StringRef folder) {
  auto train = readSamples(folder, "train", 3);
  if (!train)
    return train.takeError();
  auto validation = readSamples(folder, "validation", 2);
  if (!validation)
    return validation.takeError();
  auto heldOut = readSamples(folder, "test", 2);
  if (!heldOut)
    return heldOut.takeError();
  return Dataset{std::move(*train), std::move(*validation),
                 std::move(*heldOut)};
}

llvm::Expected<Batches> Batches::create(Samples samples, int64_t size,
                                        uint64_t seed) {
  if (samples.labels.size() < size)
    return llvm::createStringError("training images: expected " +
                                   llvm::Twine(size) + " or more, found " +
                                   llvm::Twine(samples.labels.size()));
  auto images =
      Array::create(DType::Float32, {size, samples.images.getShape().back()});
  if (!images)
    return images.takeError();
  auto labels = Array::create(DType::Int64, {size});
  if (!labels)
    return labels.takeError();
  return Batches(std::move(samples),
                 Batch{std::move(*images), std::move(*labels)}, seed);
}

Batches::Batches(Samples samples, Batch batch, uint64_t seed)
    : samples(std::move(samples)), batch(std::move(batch)), random(seed),
      order(this->samples.labels.size()), position(order.size()) {
  std::iota(order.begin(), order.end(), 0);
}

int64_t Batches::getCount() const {
  return samples.labels.size() / batch.labels.size();
}

void Batches::shuffle() {
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random() % i]);
  position = 0;
}

size_t Batches::chooseVariant() {
  size_t variants = samples.images.size() /
                    (samples.labels.size() * batch.images.getShape()[1]);
  bool varied = random() % 10 < kVariedInTen;
  return varied ? random() % variants : 0;
}

Batch &Batches::next() {
  size_t size = batch.labels.size();
  if (position + size > order.size())
    shuffle();
  size_t imageBytes = batch.images.sizeInBytes() / size;
  for (size_t i = 0; i < size; ++i) {
    size_t chosen = order[position++];
    size_t row = chooseVariant() * order.size() + chosen;
    std::memcpy(batch.images.data() + i * imageBytes,
                samples.images.data() + row * imageBytes, imageBytes);
    std::memcpy(batch.labels.data() + i * sizeof(int64_t),
                samples.labels.data() + chosen * sizeof(int64_t),
                sizeof(int64_t));
  }
  return batch;
}
