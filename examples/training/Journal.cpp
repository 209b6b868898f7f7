//===- Journal.cpp - The course of a training run -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Journal.h"

#include "ternary/Target/OutputFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace ternary;
using namespace ternary::training;

/// Seconds between two changes of the line on a terminal.
static constexpr double kShowEvery = 0.1;

void Score::add(const Score &other) {
  int64_t sum = images + other.images;
  if (sum != 0)
    loss = (loss * images + other.loss * other.images) / sum;
  correct += other.correct;
  images = sum;
}

Journal::Journal(llvm::StringRef rule, uint64_t seed, uint64_t epochs) {
  llvm::raw_string_ostream(text)
      << "{\"rule\": \"" << rule << "\", \"seed\": " << seed
      << ", \"epochs\": " << epochs << "}\n";
}

void Journal::add(int64_t step, const Score &train, const Score &validation) {
  llvm::raw_string_ostream(text)
      << "{\"step\": " << step << llvm::format(", \"loss\": %.9g", train.loss)
      << llvm::format(", \"accuracy\": %.4f", train.getPercent())
      << llvm::format(", \"validation_loss\": %.9g", validation.loss)
      << llvm::format(", \"validation_accuracy\": %.4f}\n",
                      validation.getPercent());
}

void Journal::finish(const Score &heldOut) {
  llvm::raw_string_ostream(text)
      << llvm::format("{\"held_out_loss\": %.9g", heldOut.loss)
      << llvm::format(", \"held_out_accuracy\": %.4f}\n", heldOut.getPercent());
}

llvm::Error Journal::write(llvm::StringRef path) const {
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  if (!folder.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(folder))
      return llvm::createFileError(folder, code);
  return writeOutputFile(path, [&](llvm::raw_ostream &os) {
    os << text;
    return llvm::Error::success();
  });
}

Progress::Progress(int64_t steps)
    : steps(steps), isTerminal(llvm::errs().is_displayed()) {}

double Progress::getSeconds() const {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

static void writeLine(int64_t step, int64_t steps, const Score &score,
                      double seconds) {
  double rest = seconds / step * (steps - step);
  llvm::errs() << "step " << step << "/" << steps
               << llvm::format("  loss %.4f", score.loss)
               << llvm::format("  accuracy %.1f %%", score.getPercent())
               << llvm::format("  ETA %.0f s", rest);
}

void Progress::show(int64_t step, const Score &batch) {
  double seconds = getSeconds();
  if (!isTerminal || seconds - lastShown < kShowEvery)
    return;
  lastShown = seconds;
  llvm::errs() << "\r\033[K";
  writeLine(step, steps, batch, seconds);
}

void Progress::report(int64_t step, const Score &train,
                      const Score &validation) {
  if (isTerminal)
    llvm::errs() << "\r\033[K";
  writeLine(step, steps, train, getSeconds());
  llvm::errs() << llvm::format("  validation %.1f %%\n",
                               validation.getPercent());
}
