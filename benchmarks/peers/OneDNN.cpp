//===- OneDNN.cpp - oneDNN's int8 matrix product --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Weights as int8, in the layout that the library chooses; activations are int8
// already, and the product of both scales is part of the primitive
// (with scales that come at run time this release chooses slower kernels).
//
//===----------------------------------------------------------------------===//

#include "../peer.h"

#include <oneapi/dnnl/dnnl.h>

#include <memory>
#include <vector>

// Of the OpenMP runtime that oneDNN uses.
extern "C" void omp_set_num_threads(int threads);

namespace {

struct State {
  ternary_bench_problem problem;
  dnnl_engine_t engine = nullptr;
  dnnl_stream_t stream = nullptr;
  dnnl_primitive_desc_t descriptor = nullptr;
  dnnl_primitive_t primitive = nullptr;
  dnnl_memory_t x = nullptr, weights = nullptr, y = nullptr;

  ~State() {
    for (dnnl_memory_t memory : {x, weights, y})
      dnnl_memory_destroy(memory);
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(descriptor);
    dnnl_stream_destroy(stream);
    dnnl_engine_destroy(engine);
  }
};

dnnl_memory_desc_t describe(int64_t rows, int64_t columns,
                            dnnl_data_type_t type, dnnl_format_tag_t format) {
  dnnl_memory_desc_t result;
  dnnl_dims_t dims = {rows, columns};
  dnnl_memory_desc_init_by_tag(&result, 2, dims, type, format);
  return result;
}

const dnnl_memory_desc_t &getWeights(const State &state) {
  return *dnnl_primitive_desc_query_md(state.descriptor, dnnl_query_weights_md,
                                       0);
}

bool createDescriptor(State &state) {
  const ternary_bench_problem &p = state.problem;
  auto x = describe(p.m, p.k, dnnl_s8, dnnl_ab);
  auto weights = describe(p.k, p.n, dnnl_s8, dnnl_format_tag_any);
  auto y = describe(p.m, p.n, dnnl_f32, dnnl_ab);
  dnnl_matmul_desc_t matmul;
  dnnl_primitive_attr_t attributes;
  if (dnnl_matmul_desc_init(&matmul, &x, &weights, nullptr, &y) ||
      dnnl_primitive_attr_create(&attributes))
    return false;
  float scale = p.weight_scale * p.activation_scale;
  bool made =
      !dnnl_primitive_attr_set_output_scales(attributes, 1, 0, &scale) &&
      !dnnl_primitive_desc_create(&state.descriptor, &matmul, attributes,
                                  state.engine, nullptr);
  dnnl_primitive_attr_destroy(attributes);
  return made;
}

bool createMemory(State &state) {
  const ternary_bench_problem &p = state.problem;
  auto x = describe(p.m, p.k, dnnl_s8, dnnl_ab);
  auto y = describe(p.m, p.n, dnnl_f32, dnnl_ab);
  auto make = [&](dnnl_memory_t &memory, const dnnl_memory_desc_t &descriptor) {
    return !dnnl_memory_create(&memory, &descriptor, state.engine,
                               DNNL_MEMORY_NONE);
  };
  return make(state.x, x) && make(state.y, y) &&
         make(state.weights, getWeights(state));
}

void *create(const ternary_bench_problem *problem, const char **reason) {
  auto state = std::make_unique<State>();
  state->problem = *problem;
  // The primitive is built for this number of threads.
  omp_set_num_threads(problem->threads);
  if (dnnl_engine_create(&state->engine, dnnl_cpu, 0) ||
      dnnl_stream_create(&state->stream, state->engine,
                         dnnl_stream_default_flags) ||
      !createDescriptor(*state) ||
      dnnl_primitive_create(&state->primitive, state->descriptor) ||
      !createMemory(*state)) {
    *reason = "oneDNN has no primitive for this problem";
    return nullptr;
  }
  return state.release();
}

void destroy(void *state) { delete static_cast<State *>(state); }

size_t weightBytes(void *opaque) {
  auto *state = static_cast<State *>(opaque);
  return dnnl_memory_desc_get_size(&getWeights(*state));
}

void pack(void *opaque, const int8_t *trits, void *weights) {
  auto *state = static_cast<State *>(opaque);
  const ternary_bench_problem &p = state->problem;
  // [n, k] row-major is [k, n] column-major.
  auto plain = describe(p.k, p.n, dnnl_s8, dnnl_ba);
  dnnl_memory_t source = nullptr;
  dnnl_primitive_desc_t descriptor = nullptr;
  dnnl_primitive_t reorder = nullptr;
  dnnl_memory_create(&source, &plain, state->engine,
                     const_cast<int8_t *>(trits));
  dnnl_memory_set_data_handle(state->weights, weights);
  dnnl_reorder_primitive_desc_create(&descriptor, &plain, state->engine,
                                     &getWeights(*state), state->engine,
                                     nullptr);
  dnnl_primitive_create(&reorder, descriptor);
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_FROM, source},
                                 {DNNL_ARG_TO, state->weights}};
  dnnl_primitive_execute(reorder, state->stream, 2, arguments);
  dnnl_stream_wait(state->stream);
  dnnl_primitive_destroy(reorder);
  dnnl_primitive_desc_destroy(descriptor);
  dnnl_memory_destroy(source);
}

void run(void *opaque, const void *weights, const void *x, float *y) {
  auto *state = static_cast<State *>(opaque);
  omp_set_num_threads(state->problem.threads);
  dnnl_memory_set_data_handle(state->x, const_cast<void *>(x));
  dnnl_memory_set_data_handle(state->weights, const_cast<void *>(weights));
  dnnl_memory_set_data_handle(state->y, y);
  dnnl_exec_arg_t arguments[] = {{DNNL_ARG_SRC, state->x},
                                 {DNNL_ARG_WEIGHTS, state->weights},
                                 {DNNL_ARG_DST, state->y}};
  dnnl_primitive_execute(state->primitive, state->stream, 3, arguments);
  dnnl_stream_wait(state->stream);
}

const ternary_bench_peer peer = {TERNARY_BENCH_VERSION,
                                 TERNARY_BENCH_INT8,
                                 "onednn_s8",
                                 "int8",
                                 "best",
                                 create,
                                 destroy,
                                 weightBytes,
                                 pack,
                                 run};
const ternary_bench_peer *const peers[] = {&peer, nullptr};

} // namespace

const ternary_bench_peer *const *ternary_bench_peers(const char *,
                                                     const char **reason) {
  *reason = "";
  return peers;
}
