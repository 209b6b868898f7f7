//===- Driver.cpp - The C functions that run.py calls ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Functions that can fail return null (or a negative number); bench_error()
// then says why. ternary_bench/driver.py holds the same signatures in Python.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "Limits.h"
#include "Measure.h"
#include "Others.h"
#include "Pool.h"
#include "Region.h"

#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <dlfcn.h>

using namespace ternary::bench;

namespace {

std::string lastError;

template <typename T> T *release(llvm::Expected<std::unique_ptr<T>> made) {
  if (made)
    return made->release();
  lastError = llvm::toString(made.takeError());
  return nullptr;
}

} // namespace

extern "C" {

const char *bench_error() { return lastError.c_str(); }

/// A function of the module `source`, compiled.
Kernel *bench_kernel_compile(const char *source, const char *entry,
                             const char *pipelineOptions) {
  return release(Kernel::compile(source, entry, pipelineOptions));
}

void bench_kernel_free(Kernel *kernel) { delete kernel; }

/// JSON; valid until the next call.
const char *bench_kernel_describe(const Kernel *kernel) {
  static std::string text;
  text.clear();
  llvm::raw_string_ostream os(text);
  os << llvm::json::Value(
      llvm::json::Object{{"cpu", kernel->cpu},
                         {"isa", kernel->isa},
                         {"packing", kernel->packing},
                         {"bytes", kernel->constantBytes},
                         {"compile_ms", kernel->compileMilliseconds}});
  return text.c_str();
}

Runner *bench_kernel_bind(const Kernel *kernel, void *const *arguments,
                          size_t count, int64_t walk) {
  return release(
      bindKernel(*kernel, llvm::ArrayRef<void *>(arguments, count), walk));
}

/// The peers of a library, ended by null. The library stays loaded.
const ternary_bench_peer *const *bench_peers_load(const char *library,
                                                  const char *path) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    lastError = dlerror();
    return nullptr;
  }
  using List = decltype(&ternary_bench_peers);
  auto list = reinterpret_cast<List>(dlsym(handle, "ternary_bench_peers"));
  if (!list) {
    lastError = "it exports no function ternary_bench_peers";
    return nullptr;
  }
  const char *reason = "no reason given";
  const ternary_bench_peer *const *peers = list(path, &reason);
  if (!peers) {
    lastError = reason;
    return nullptr;
  }
  for (size_t i = 0; peers[i]; ++i)
    if (peers[i]->version != TERNARY_BENCH_VERSION) {
      lastError = "expected a peer of version " +
                  std::to_string(TERNARY_BENCH_VERSION) + ", found " +
                  std::to_string(peers[i]->version);
      return nullptr;
    }
  return peers;
}

Runner *bench_peer_bind(const ternary_bench_peer *peer,
                        const ternary_bench_problem *problem,
                        const int8_t *trits, const void *x, float *y,
                        int64_t walk) {
  ternary_bench_problem complete = *problem;
  complete.parallel = &runParallel;
  return release(bindPeer(*peer, complete, PeerData{trits, x, y}, walk));
}

Runner *bench_gemm_bind(void *gemm, int transposeA, int transposeB, int64_t m,
                        int64_t n, int64_t k, const float *a, const float *b,
                        float *c, int64_t walk) {
  return release(
      bindGemm(GemmProblem{reinterpret_cast<Gemm>(gemm), transposeA != 0,
                           transposeB != 0, m, n, k, a, b, c},
               walk));
}

Runner *bench_callback_bind(void (*callback)()) {
  return bindCallback(callback).release();
}

Runner *bench_read_bind(const Runner *model, int32_t threads) {
  return createRead(*model, threads).release();
}

Runner *bench_copy_bind(int64_t bytes, int32_t threads) {
  return release(createCopy(bytes, threads));
}

Runner *bench_dot_bind(const char *isa, int64_t products, int32_t threads) {
  return release(createDot(isa, products, threads));
}

Runner *bench_fma_bind(int64_t products, int32_t threads) {
  return release(createFMA(products, threads));
}

const char *bench_best_dot() { return getBestDot().data(); }

/// Bytes of weights and scales that a call reads, or 0.
int64_t bench_runner_bytes(const Runner *runner) {
  const Region *region = runner->getRegion();
  return region ? static_cast<int64_t>(region->getBytes()) : 0;
}

/// Runs once, so that the result can be looked at; 0 if all went well.
int32_t bench_runner_run(Runner *runner) {
  llvm::Error error = runner->run(0);
  if (!error)
    return 0;
  lastError = llvm::toString(std::move(error));
  return -1;
}

void bench_runner_free(Runner *runner) { delete runner; }

/// Threads of the OpenMP runtime that compiled kernels use, once it is loaded.
void bench_set_threads(int32_t threads) {
  using Set = void (*)(int);
  if (auto set = reinterpret_cast<Set>(
          llvm::sys::DynamicLibrary::SearchForAddressOfSymbol(
              "omp_set_num_threads")))
    set(threads);
}

/// Times the runners by turns. `times` has room for `options->samples` per
/// runner; `counts` receives how many each of them got.
int32_t bench_measure(Runner *const *runners, size_t count,
                      const MeasureOptions *options, double *times,
                      int32_t *counts) {
  auto samples = measure(llvm::ArrayRef<Runner *>(runners, count), *options);
  if (!samples) {
    lastError = llvm::toString(samples.takeError());
    return -1;
  }
  for (size_t i = 0; i < count; ++i) {
    const std::vector<double> &own = (*samples)[i];
    counts[i] = static_cast<int32_t>(own.size());
    std::copy(own.begin(), own.end(), times + i * options->samples);
  }
  return 0;
}

} // extern "C"
