//===- Peaks.cpp - Loops of one instruction -------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Each loop keeps more accumulators than the instruction has cycles of latency
// times units, so that nothing waits. The empty assembly keeps the compiler
// from working out the result.
//
//===----------------------------------------------------------------------===//

#include "Peaks.h"

#include <cstring>

using namespace ternary::bench;

namespace {

bool always() { return true; }

#if defined(__x86_64__)

} // namespace

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

#define TARGET(features) __attribute__((target(features)))
#define OPAQUE(value) asm volatile("" : "+v"(value))

/// Repeats `STEP(i)` for ten accumulators.
#define TEN(STEP)                                                              \
  STEP(0)                                                                      \
  STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7) STEP(8) STEP(9)

/// Defines a loop of `steps` times ten `STEP`s on accumulators `a0 ... a9` with
/// the operands `u` and `s`.
#define PEAK_LOOP(NAME, FEATURES, TYPE, ZERO, STEP)                            \
  TARGET(FEATURES) void NAME(int64_t steps) {                                  \
    TYPE u = ZERO, s = ZERO;                                                   \
    OPAQUE(u);                                                                 \
    OPAQUE(s);                                                                 \
    TYPE a0 = u, a1 = u, a2 = u, a3 = u, a4 = u, a5 = u, a6 = u, a7 = u,       \
         a8 = u, a9 = u;                                                       \
    for (int64_t i = 0; i < steps; ++i) {                                      \
      TEN(STEP)                                                                \
    }                                                                          \
  }

#define DOT512(I)                                                              \
  a##I = _mm512_dpbusd_epi32(a##I, u, s);                                      \
  OPAQUE(a##I);
#define DOT256(I)                                                              \
  a##I = _mm256_dpbusd_avx_epi32(a##I, u, s);                                  \
  OPAQUE(a##I);
#define MADD256(I)                                                             \
  OPAQUE(u);                                                                   \
  a##I = _mm256_add_epi32(a##I,                                                \
                          _mm256_madd_epi16(_mm256_maddubs_epi16(u, s), s));   \
  OPAQUE(a##I);
#define MADD128(I)                                                             \
  OPAQUE(u);                                                                   \
  a##I = _mm_add_epi32(a##I, _mm_madd_epi16(u, s));                            \
  OPAQUE(a##I);
#define FMA512(I)                                                              \
  a##I = _mm512_fmadd_ps(u, s, a##I);                                          \
  OPAQUE(a##I);
#define FMA256(I)                                                              \
  a##I = _mm256_fmadd_ps(u, s, a##I);                                          \
  OPAQUE(a##I);
#define MULADD128(I)                                                           \
  OPAQUE(u);                                                                   \
  a##I = _mm_add_ps(a##I, _mm_mul_ps(u, s));                                   \
  OPAQUE(a##I);

TARGET("amx-tile,amx-int8") void dotAMX(int64_t steps) {
  struct alignas(64) Config {
    uint8_t palette = 1, row = 0, reserved[14] = {};
    uint16_t bytes[8] = {64, 64, 64, 64, 64, 64, 64, 64}, unused[8] = {};
    uint8_t rows[8] = {16, 16, 16, 16, 16, 16, 16, 16}, rest[8] = {};
  } config;
  // GCC 12 believes that only the first bytes are read.
  asm volatile("" : : "r"(&config) : "memory");
  _tile_loadconfig(&config);
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  _tile_zero(6);
  _tile_zero(7);
  for (int64_t i = 0; i < steps; ++i) {
    _tile_dpbsud(0, 4, 6);
    _tile_dpbsud(1, 4, 7);
    _tile_dpbsud(2, 5, 6);
    _tile_dpbsud(3, 5, 7);
  }
  _tile_release();
}

PEAK_LOOP(dotAVX512VNNI, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(),
          DOT512)
PEAK_LOOP(dotAVXVNNI, "avx2,avxvnni", __m256i, _mm256_setzero_si256(), DOT256)
PEAK_LOOP(dotAVX2, "avx2", __m256i, _mm256_setzero_si256(), MADD256)
PEAK_LOOP(dotGeneric, "sse2", __m128i, _mm_setzero_si128(), MADD128)
PEAK_LOOP(fmaAVX512, "avx512f", __m512, _mm512_setzero_ps(), FMA512)
PEAK_LOOP(fmaAVX2, "avx2,fma", __m256, _mm256_setzero_ps(), FMA256)
PEAK_LOOP(mulAddGeneric, "sse2", __m128, _mm_setzero_ps(), MULADD128)

bool hasAVX512VNNI() { return __builtin_cpu_supports("avx512vnni"); }
/// Linux has to be asked for the tiles of AMX.
bool hasAMX() {
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  unsigned eax, ebx, ecx, edx = 0;
  __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx);
  return (edx >> 25 & 1) &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
bool hasAVXVNNI() { return __builtin_cpu_supports("avxvnni"); }
bool hasAVX2() { return __builtin_cpu_supports("avx2"); }
bool hasAVX512() { return __builtin_cpu_supports("avx512f"); }
bool hasFMA() { return hasAVX2() && __builtin_cpu_supports("fma"); }

// By the names of the rows of the ISA table.
const Peak kDotPeaks[] = {
    {"avx512amx", 4 * 16 * 16 * 64, dotAMX, hasAMX},
    {"avx512vnni", 10 * 64, dotAVX512VNNI, hasAVX512VNNI},
    {"avx512vbmi", 10 * 64, dotAVX512VNNI, hasAVX512VNNI},
    {"avxvnni", 10 * 32, dotAVXVNNI, hasAVXVNNI},
    {"avx2", 10 * 32, dotAVX2, hasAVX2},
    {"generic", 10 * 8, dotGeneric, always},
};
const Peak kFMAPeaks[] = {
    {"avx512", 10 * 16, fmaAVX512, hasAVX512},
    {"avx2", 10 * 8, fmaAVX2, hasFMA},
    {"generic", 10 * 4, mulAddGeneric, always},
};

TARGET("avx512f") void read512(const char *data, size_t bytes) {
  __m512i a = _mm512_setzero_si512(), b = a, c = a, d = a;
  size_t i = 0;
  for (; i + 256 <= bytes; i += 256) {
    a = _mm512_or_si512(a, _mm512_load_si512(data + i));
    b = _mm512_or_si512(b, _mm512_load_si512(data + i + 64));
    c = _mm512_or_si512(c, _mm512_load_si512(data + i + 128));
    d = _mm512_or_si512(d, _mm512_load_si512(data + i + 192));
  }
  for (; i < bytes; i += 64)
    a = _mm512_or_si512(a, _mm512_load_si512(data + i));
  a = _mm512_or_si512(_mm512_or_si512(a, b), _mm512_or_si512(c, d));
  OPAQUE(a);
}

TARGET("avx2") void read256(const char *data, size_t bytes) {
  __m256i a = _mm256_setzero_si256(), b = a;
  for (size_t i = 0; i < bytes; i += 64) {
    auto *source = reinterpret_cast<const __m256i *>(data + i);
    a = _mm256_or_si256(a, _mm256_load_si256(source));
    b = _mm256_or_si256(b, _mm256_load_si256(source + 1));
  }
  a = _mm256_or_si256(a, b);
  asm volatile("" : "+x"(a));
}

TARGET("avx512f")
void copy512(char *target, const char *source, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 64)
    _mm512_stream_si512(reinterpret_cast<__m512i *>(target + i),
                        _mm512_load_si512(source + i));
  _mm_sfence();
}

void copy128(char *target, const char *source, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 16)
    _mm_stream_si128(
        reinterpret_cast<__m128i *>(target + i),
        _mm_load_si128(reinterpret_cast<const __m128i *>(source + i)));
  _mm_sfence();
}

#else

/// Left to the compiler's vectorizer, which knows the machine's instructions.
void dotGeneric(int64_t steps) {
  int8_t u[64] = {}, s[64] = {};
  int32_t sums[16] = {};
  for (int64_t i = 0; i < steps; ++i) {
    for (int j = 0; j < 64; ++j)
      sums[j / 4] += u[j] * s[j];
    asm volatile("" : : "r"(sums), "r"(u), "r"(s) : "memory");
  }
}

void fmaGeneric(int64_t steps) {
  float u[64] = {}, s[64] = {}, sums[64] = {};
  for (int64_t i = 0; i < steps; ++i) {
    for (int j = 0; j < 64; ++j)
      sums[j] += u[j] * s[j];
    asm volatile("" : : "r"(sums), "r"(u), "r"(s) : "memory");
  }
}

const Peak kDotPeaks[] = {{"generic", 64, dotGeneric, always}};
const Peak kFMAPeaks[] = {{"generic", 64, fmaGeneric, always}};

void readGeneric(const char *data, size_t bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes; i += sizeof(sum)) {
    uint64_t word;
    std::memcpy(&word, data + i, sizeof(word));
    sum |= word;
  }
  asm volatile("" : : "r"(sum));
}

#endif

} // namespace

llvm::ArrayRef<Peak> ternary::bench::getDotPeaks() { return kDotPeaks; }
llvm::ArrayRef<Peak> ternary::bench::getFMAPeaks() { return kFMAPeaks; }

void ternary::bench::readMemory(const char *data, size_t bytes) {
#if defined(__x86_64__)
  if (hasAVX512())
    return read512(data, bytes);
  if (hasAVX2())
    return read256(data, bytes);
  // The widest loads of a machine without either.
  __m128i sum = _mm_setzero_si128();
  for (size_t i = 0; i < bytes; i += 16)
    sum = _mm_or_si128(
        sum, _mm_load_si128(reinterpret_cast<const __m128i *>(data + i)));
  asm volatile("" : "+x"(sum));
#else
  readGeneric(data, bytes);
#endif
}

void ternary::bench::copyMemory(char *target, const char *source,
                                size_t bytes) {
#if defined(__x86_64__)
  return hasAVX512() ? copy512(target, source, bytes)
                     : copy128(target, source, bytes);
#else
  std::memcpy(target, source, bytes);
#endif
}
