//===- Progress.h - How long a large file still takes -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_TRANSLATE_PROGRESS_H
#define TERNARY_TOOLS_TRANSLATE_PROGRESS_H

#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

#include <chrono>

namespace ternary {

/// Shows on a terminal how much of a file of 100 MB and more is written.
class Progress {
public:
  void update(uint64_t done, uint64_t total) {
    constexpr uint64_t kLarge = 100'000'000;
    if (total < kLarge || !llvm::sys::Process::StandardErrIsDisplayed())
      return;
    done = std::min(done, total);
    Clock::time_point now = Clock::now();
    if (done < total && now - shown < std::chrono::milliseconds(200))
      return;
    shown = now;
    double seconds = std::chrono::duration<double>(now - start).count();
    double left = done ? seconds * double(total - done) / double(done) : 0.0;
    // Spaces cover what a longer line has left.
    llvm::errs() << "\rwriting: " << done * 100 / total << " % of "
                 << total / 1'000'000 << " MB, " << uint64_t(left + 0.5)
                 << " s left   " << (done == total ? "\n" : "");
  }

private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now(), shown = start;
};

/// Hands on what is written, a part at a time, and shows the progress.
class ProgressStream : public llvm::raw_ostream {
public:
  ProgressStream(llvm::raw_ostream &os, uint64_t total)
      : llvm::raw_ostream(/*unbuffered=*/true), os(os), total(total) {}
  ~ProgressStream() override {
    flush();
    progress.update(total, total);
  }

private:
  void write_impl(const char *data, size_t size) override {
    constexpr size_t kPart = size_t(16) << 20;
    while (size > 0) {
      size_t part = std::min(size, kPart);
      os.write(data, part);
      data += part;
      size -= part;
      done += part;
      progress.update(std::min(done, total - 1), total);
    }
  }
  uint64_t current_pos() const override { return done; }

  llvm::raw_ostream &os;
  uint64_t total, done = 0;
  Progress progress;
};

} // namespace ternary

#endif // TERNARY_TOOLS_TRANSLATE_PROGRESS_H
