//===- Limits.cpp - What the machine could do at best ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Limits.h"

#include "Peaks.h"
#include "Pool.h"
#include "Region.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>
#include <cstring>

using namespace ternary::bench;

namespace {

/// Calls `body(begin, size)` on each thread for its part of `bytes`, in units
/// of cache lines.
template <typename Body>
void splitLines(size_t bytes, int32_t threads, Body body) {
  size_t lines = llvm::divideCeil(bytes, 64);
  size_t part = llvm::divideCeil(lines, threads);
  runParallel(threads, [&](int32_t thread) {
    size_t begin = std::min(lines, thread * part);
    size_t end = std::min(lines, begin + part);
    body(begin * 64, (end - begin) * 64);
  });
}

class Read : public Runner {
public:
  Read(const Region &region, int32_t threads)
      : region(region), threads(threads) {}

  llvm::Error run(int64_t call) override {
    const char *data = region.get(call);
    splitLines(region.getBytes(), threads, [&](size_t begin, size_t size) {
      readMemory(data + begin, size);
    });
    return llvm::Error::success();
  }

private:
  const Region &region;
  int32_t threads;
};

class Copy : public Runner {
public:
  Copy(Region source, Region target, int32_t threads)
      : source(std::move(source)), target(std::move(target)), threads(threads) {
  }

  llvm::Error run(int64_t) override {
    splitLines(source.getBytes(), threads, [&](size_t begin, size_t size) {
      copyMemory(target.get(0) + begin, source.get(0) + begin, size);
    });
    return llvm::Error::success();
  }

private:
  Region source, target;
  int32_t threads;
};

class Multiply : public Runner {
public:
  Multiply(const Peak &peak, int64_t products, int32_t threads)
      : peak(peak), steps(llvm::divideCeil(products, peak.products * threads)),
        threads(threads) {}

  llvm::Error run(int64_t) override {
    runParallel(threads, [&](int32_t) { peak.loop(steps); });
    return llvm::Error::success();
  }

private:
  const Peak &peak;
  int64_t steps;
  int32_t threads;
};

} // namespace

std::unique_ptr<Runner> ternary::bench::createRead(const Runner &model,
                                                   int32_t threads) {
  return std::make_unique<Read>(*model.getRegion(), threads);
}

llvm::Expected<std::unique_ptr<Runner>>
ternary::bench::createCopy(int64_t bytes, int32_t threads) {
  auto source = Region::create(bytes, /*walk=*/0);
  if (!source)
    return source.takeError();
  auto target = Region::create(bytes, /*walk=*/0);
  if (!target)
    return target.takeError();
  // Without a first write all pages of the source would be the same one.
  std::memset(source->get(0), 1, bytes);
  return std::make_unique<Copy>(std::move(*source), std::move(*target),
                                threads);
}

llvm::Expected<std::unique_ptr<Runner>>
ternary::bench::createDot(llvm::StringRef isa, int64_t products,
                          int32_t threads) {
  for (const Peak &peak : getDotPeaks())
    if (peak.isa == isa && peak.isSupported())
      return std::make_unique<Multiply>(peak, products, threads);
  return llvm::createStringError(
      "limit: expected a dot instruction that this machine has, found '" + isa +
      "'");
}

llvm::Expected<std::unique_ptr<Runner>>
ternary::bench::createFMA(int64_t products, int32_t threads) {
  const Peak *peak = llvm::find_if(
      getFMAPeaks(), [](const Peak &peak) { return peak.isSupported(); });
  return std::make_unique<Multiply>(*peak, products, threads);
}

llvm::StringRef ternary::bench::getBestDot() {
  return llvm::find_if(getDotPeaks(),
                       [](const Peak &peak) { return peak.isSupported(); })
      ->isa;
}
