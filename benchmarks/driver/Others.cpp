//===- Others.cpp - Runners of code that is not ours ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Others.h"

#include "Region.h"

#include <cstring>

using namespace ternary::bench;

namespace {

class PeerRunner : public Runner {
public:
  PeerRunner(const ternary_bench_peer &peer, void *state, const PeerData &data,
             Region region)
      : peer(peer), state(state), data(data), region(std::move(region)) {}
  ~PeerRunner() override { peer.destroy(state); }

  llvm::Error run(int64_t call) override {
    peer.run(state, region.get(call), data.x, data.y);
    return llvm::Error::success();
  }

  const Region *getRegion() const override { return &region; }

private:
  const ternary_bench_peer &peer;
  void *state;
  PeerData data;
  Region region;
};

class GemmRunner : public Runner {
public:
  GemmRunner(const GemmProblem &problem, Region region)
      : problem(problem), region(std::move(region)) {}

  llvm::Error run(int64_t call) override {
    constexpr int rowMajor = 101, keep = 111, transpose = 112;
    const GemmProblem &p = problem;
    p.gemm(rowMajor, p.transposeA ? transpose : keep,
           p.transposeB ? transpose : keep, p.m, p.n, p.k, 1.0f, p.a,
           p.transposeA ? p.m : p.k,
           reinterpret_cast<const float *>(region.get(call)),
           p.transposeB ? p.k : p.n, 0.0f, p.c, p.n);
    return llvm::Error::success();
  }

  const Region *getRegion() const override { return &region; }

private:
  GemmProblem problem;
  Region region;
};

class CallbackRunner : public Runner {
public:
  explicit CallbackRunner(void (*callback)()) : callback(callback) {}

  llvm::Error run(int64_t) override {
    callback();
    return llvm::Error::success();
  }

private:
  void (*callback)();
};

} // namespace

llvm::Expected<std::unique_ptr<Runner>>
ternary::bench::bindPeer(const ternary_bench_peer &peer,
                         const ternary_bench_problem &problem,
                         const PeerData &data, int64_t walk) {
  const char *reason = "no reason given";
  void *state = peer.create(&problem, &reason);
  if (!state)
    return llvm::createStringError(reason);
  llvm::Expected<Region> region =
      Region::create(peer.weight_bytes(state), walk);
  if (!region) {
    peer.destroy(state);
    return region.takeError();
  }
  peer.pack(state, data.trits, region->get(0));
  region->replicate();
  return std::make_unique<PeerRunner>(peer, state, data, std::move(*region));
}

llvm::Expected<std::unique_ptr<Runner>>
ternary::bench::bindGemm(const GemmProblem &problem, int64_t walk) {
  size_t bytes = problem.n * problem.k * sizeof(float);
  llvm::Expected<Region> region = Region::create(bytes, walk);
  if (!region)
    return region.takeError();
  std::memcpy(region->get(0), problem.b, bytes);
  region->replicate();
  return std::make_unique<GemmRunner>(problem, std::move(*region));
}

std::unique_ptr<Runner> ternary::bench::bindCallback(void (*callback)()) {
  return std::make_unique<CallbackRunner>(callback);
}
