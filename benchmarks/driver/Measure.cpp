//===- Measure.cpp - Alternating samples ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Measure.h"

#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

using namespace ternary::bench;

namespace {

using Clock = std::chrono::steady_clock;

/// Threads of the implementation before may still spin for a next call; they
/// are given the time to fall asleep.
constexpr std::chrono::microseconds kPause(2000);

/// Calls that are not timed run for this long; where one call takes much longer
/// than data and threads need to come back, there is none.
constexpr double kWarmMicroseconds = 300, kLongMicroseconds = 10000;

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

/// One runner and the state of its timing.
struct Entrant {
  Runner *runner;
  int64_t call = 0;
  int64_t batch = 1;
  double perCall = 0;
  double spent = 0;
  std::vector<double> samples;

  llvm::Expected<double> time(int64_t calls) {
    Clock::time_point begin = Clock::now();
    for (int64_t i = 0; i < calls; ++i)
      if (llvm::Error error = runner->run(call++))
        return std::move(error);
    return microseconds(Clock::now() - begin);
  }

  /// Finds the number of calls that a sample takes.
  llvm::Error calibrate(const MeasureOptions &options) {
    // The first call builds what is built lazily.
    llvm::Expected<double> elapsed = time(1);
    bool isLong = elapsed && *elapsed > 10 * options.sampleMicroseconds;
    while (elapsed && !isLong) {
      elapsed = time(batch);
      if (!elapsed || *elapsed >= options.sampleMicroseconds / 4)
        break;
      batch *= 2;
    }
    if (!elapsed)
      return elapsed.takeError();
    perCall = *elapsed / batch;
    batch = std::max<int64_t>(
        1, std::llround(std::ceil(options.sampleMicroseconds / perCall)));
    return llvm::Error::success();
  }

  llvm::Error warmUp() {
    double warmed = perCall > kLongMicroseconds ? kWarmMicroseconds : 0;
    while (warmed < kWarmMicroseconds) {
      llvm::Expected<double> elapsed = time(1);
      if (!elapsed)
        return elapsed.takeError();
      warmed += *elapsed;
    }
    return llvm::Error::success();
  }

  llvm::Error sample() {
    std::this_thread::sleep_for(kPause);
    if (llvm::Error error = warmUp())
      return error;
    llvm::Expected<double> elapsed = time(batch);
    if (!elapsed)
      return elapsed.takeError();
    spent += *elapsed;
    samples.push_back(*elapsed / batch);
    return llvm::Error::success();
  }
};

} // namespace

llvm::Expected<std::vector<std::vector<double>>>
ternary::bench::measure(llvm::ArrayRef<Runner *> runners,
                        const MeasureOptions &options) {
  std::vector<Entrant> entrants;
  for (Runner *runner : runners) {
    entrants.push_back(Entrant{runner});
    if (llvm::Error error = entrants.back().calibrate(options))
      return std::move(error);
  }
  for (int32_t round = 0; round < options.samples; ++round)
    for (Entrant &entrant : entrants)
      if (round < options.minSamples ||
          entrant.spent < options.budgetMicroseconds)
        if (llvm::Error error = entrant.sample())
          return std::move(error);
  std::vector<std::vector<double>> samples;
  for (Entrant &entrant : entrants)
    samples.push_back(std::move(entrant.samples));
  return samples;
}
