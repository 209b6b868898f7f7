//===- Pool.cpp - Threads of peers and limits -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

using namespace ternary::bench;

namespace {

/// How long threads wait actively. The pause between two samples is longer, so
/// that nobody spins while another implementation is timed.
constexpr std::chrono::microseconds kSpin(500);

/// Spins until the condition holds, or for a limited time; true if it holds.
/// Now and then it lets others run, in case they are what it waits for.
template <typename Condition>
bool spin(Condition holds, std::chrono::steady_clock::duration limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    for (int i = 0; i < 256; ++i) {
      if (holds())
        return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::yield();
  }
}

/// One worker: waits for a round that it has not seen, runs it, reports.
class Worker {
public:
  explicit Worker(int32_t index) : index(index), thread([this] { loop(); }) {
    // They live as long as the process.
    thread.detach();
  }

  void start(void (*body)(void *, int32_t), void *data) {
    this->body = body;
    this->data = data;
    done.store(false, std::memory_order_relaxed);
    {
      std::lock_guard<std::mutex> lock(mutex);
      round.fetch_add(1, std::memory_order_release);
    }
    wake.notify_one();
  }

  void join() const {
    auto isDone = [&] { return done.load(std::memory_order_acquire); };
    while (!spin(isDone, kSpin)) {
    }
  }

private:
  void awaitRound(uint64_t seen) {
    auto isNext = [&] { return round.load(std::memory_order_acquire) != seen; };
    if (spin(isNext, kSpin))
      return;
    std::unique_lock<std::mutex> lock(mutex);
    wake.wait(lock, isNext);
  }

  [[noreturn]] void loop() {
    for (uint64_t seen = 0;; ++seen) {
      awaitRound(seen);
      body(data, index);
      done.store(true, std::memory_order_release);
    }
  }

  int32_t index;
  void (*body)(void *, int32_t) = nullptr;
  void *data = nullptr;
  std::atomic<uint64_t> round{0};
  std::atomic<bool> done{true};
  std::mutex mutex;
  std::condition_variable wake;
  std::thread thread;
};

} // namespace

void ternary::bench::runParallel(int32_t threads, void (*body)(void *, int32_t),
                                 void *data) {
  // Never destroyed: the workers use them until the process ends.
  static auto &workers = *new std::vector<std::unique_ptr<Worker>>();
  while (static_cast<int32_t>(workers.size()) < threads - 1)
    workers.push_back(
        std::make_unique<Worker>(static_cast<int32_t>(workers.size()) + 1));
  for (int32_t i = 1; i < threads; ++i)
    workers[i - 1]->start(body, data);
  body(data, 0);
  for (int32_t i = 1; i < threads; ++i)
    workers[i - 1]->join();
}
