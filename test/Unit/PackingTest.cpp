//===- PackingTest.cpp - Packings in memory ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Every preset and a few custom packings at edge sizes. The places of trits are
// compared with a slow reading of the parameters, written down here a second
// time.
//
//===----------------------------------------------------------------------===//

#include "PackingFixture.h"

#include "ternary/IR/Constants.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <limits>
#include <map>

using namespace mlir;
using namespace ternary;
using namespace ternary::test;

namespace {

/// Numbers that look random and are the same in each run.
class Numbers {
public:
  uint32_t next() { return state = state * 1664525u + 1013904223u, state >> 8; }
  int8_t trit() { return int8_t(next() % 3) - 1; }

private:
  uint32_t state = 20240531;
};

std::vector<int8_t> randomTrits(Numbers &numbers, int64_t count) {
  std::vector<int8_t> trits(count);
  for (int8_t &trit : trits)
    trit = numbers.trit();
  return trits;
}

/// Scales that f16 holds.
std::vector<float> scalesFor(PackingAttrInterface packing,
                             ArrayRef<int64_t> byteShape) {
  if (!packing.carriesScales())
    return {};
  std::vector<float> scales(product(byteShape.drop_back()));
  for (size_t i = 0; i < scales.size(); ++i)
    scales[i] = (i % 2 ? -0.5f : 0.25f) * float(i % 1000 + 1);
  return scales;
}

/// Bytes between guards, filled with `fill` beforehand.
class Guarded {
public:
  Guarded(int64_t size, uint8_t fill) : data(size + 2 * kGuard, kMark) {
    std::fill_n(data.begin() + kGuard, size, fill);
  }
  MutableArrayRef<uint8_t> bytes() {
    return MutableArrayRef(data).drop_front(kGuard).drop_back(kGuard);
  }
  bool intact() const {
    ArrayRef<uint8_t> all(data);
    auto marked = [](uint8_t byte) { return byte == kMark; };
    return llvm::all_of(all.take_front(kGuard), marked) &&
           llvm::all_of(all.take_back(kGuard), marked);
  }

private:
  static constexpr int64_t kGuard = 64;
  static constexpr uint8_t kMark = 0xA7;
  std::vector<uint8_t> data;
};

constexpr int64_t kColumnBase = 64;

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

TEST_F(Packing, UnpackOfPackIsTheIdentity) {
  Numbers numbers;
  forEachCase(packings, [&](PackingAttrInterface packing, int64_t rows,
                            int64_t columns, ArrayRef<int64_t> byteShape) {
    std::vector<int8_t> trits = randomTrits(numbers, rows * columns);
    std::vector<float> scales = scalesFor(packing, byteShape);
    Guarded bytes(product(byteShape), 0);
    packing.packBytes(trits, rows, columns, scales, bytes.bytes());
    ASSERT_TRUE(bytes.intact());

    std::vector<int8_t> unpacked(trits.size(), 99);
    std::vector<float> unpackedScales(scales.size(), 99);
    ASSERT_TRUE(packing.unpackBytes(bytes.bytes(), rows, columns, unpacked,
                                    unpackedScales));
    EXPECT_EQ(unpacked, trits);
    EXPECT_EQ(unpackedScales, scales);

    // Scales need not be asked for.
    std::vector<int8_t> again(trits.size(), 99);
    ASSERT_TRUE(packing.unpackBytes(bytes.bytes(), rows, columns, again, {}));
    EXPECT_EQ(again, trits);

    // Nor need trits.
    std::vector<float> alone(scales.size(), 99);
    ASSERT_TRUE(packing.unpackBytes(bytes.bytes(), rows, columns, {}, alone));
    EXPECT_EQ(alone, scales);
  });
}

// Every f16 as LLVM widens it, and back.
TEST(HalfFloat, AgreesWithAPFloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    llvm::APFloat number(llvm::APFloat::IEEEhalf(), llvm::APInt(16, bits));
    bool isNaN = number.isNaN(), losesInfo;
    number.convert(llvm::APFloat::IEEEsingle(),
                   llvm::APFloat::rmNearestTiesToEven, &losesInfo);
    float wide = halfBitsToFloat(bits);
    EXPECT_EQ(llvm::bit_cast<uint32_t>(wide),
              number.bitcastToAPInt().getZExtValue());
    EXPECT_TRUE(isNaN || floatToHalfBits(wide) == bits) << bits;
  }
}

// Large matrices are packed by several threads, which share no byte.
TEST_F(Packing, ThreadsGiveTheSameBytes) {
  constexpr int64_t kRows = 640, kColumns = 768;
  Numbers numbers;
  std::vector<int8_t> trits = randomTrits(numbers, kRows * kColumns);
  std::vector<std::vector<uint8_t>> serial;
  for (bool isParallel : {false, true}) {
    context.enableMultithreading(isParallel);
    for (auto [i, packing] : llvm::enumerate(packings)) {
      SCOPED_TRACE(text(packing));
      FailureOr<SmallVector<int64_t>> byteShape =
          getByteShape(packing, {kRows, kColumns});
      ASSERT_TRUE(succeeded(byteShape));
      std::vector<uint8_t> bytes(product(*byteShape));
      packing.packBytes(trits, kRows, kColumns, scalesFor(packing, *byteShape),
                        bytes);
      if (!isParallel)
        serial.push_back(bytes);
      EXPECT_EQ(bytes, serial[i]);
      std::vector<int8_t> unpacked(trits.size(), 99);
      EXPECT_TRUE(packing.unpackBytes(bytes, kRows, kColumns, unpacked, {}));
      EXPECT_EQ(unpacked, trits);
    }
  }
}

TEST_F(Packing, PackWritesEachByteAndNoOther) {
  Numbers numbers;
  forEachCase(packings, [&](PackingAttrInterface packing, int64_t rows,
                            int64_t columns, ArrayRef<int64_t> byteShape) {
    std::vector<int8_t> trits = randomTrits(numbers, rows * columns);
    std::vector<float> scales = scalesFor(packing, byteShape);
    Guarded zeros(product(byteShape), 0), ones(product(byteShape), 0xFF);
    packing.packBytes(trits, rows, columns, scales, zeros.bytes());
    packing.packBytes(trits, rows, columns, scales, ones.bytes());
    EXPECT_TRUE(zeros.intact());
    EXPECT_TRUE(ones.intact());
    EXPECT_EQ(zeros.bytes(), ones.bytes());
  });
}

/// The place of a position, read off the parameters: one index per byte axis
/// and the digit.
struct Place {
  SmallVector<int64_t> index;
  int64_t digit = 0;
};

void splitPosition(ArrayRef<int64_t> factors, int64_t extent, int64_t position,
                   int64_t base,
                   std::map<int64_t, std::array<int64_t, 2>> &out) {
  int64_t fixed = fixedProduct(factors);
  for (int64_t i = int64_t(factors.size()) - 1; i >= 0; --i) {
    int64_t size = ShapedType::isDynamic(factors[i])
                       ? (extent + fixed - 1) / fixed
                       : factors[i];
    out[base + i] = {position % size, size};
    position /= size;
  }
  ASSERT_EQ(position, 0);
}

Place slowPlace(PackingAttr packing, int64_t rows, int64_t columns, int64_t n,
                int64_t k) {
  std::map<int64_t, std::array<int64_t, 2>> values;
  if (packing.getFlat()) {
    splitPosition(packing.getRowFactors(), rows * columns, n * columns + k, 0,
                  values);
  } else {
    splitPosition(packing.getRowFactors(), rows, n, 0, values);
    splitPosition(packing.getColumnFactors(), columns, k, kColumnBase, values);
  }
  Place place;
  int64_t at = 0;
  for (int64_t factor : packing.getAxes()) {
    if (factor < 0) {
      place.index.push_back(at);
      at = 0;
      continue;
    }
    at = at * values[factor][1] + values[factor][0];
  }
  place.index.back() += packing.getHeader();
  place.digit = values[packing.getDigit()][0];
  return place;
}

int64_t codeAt(PackingAttr packing, uint8_t byte, int64_t digit) {
  int64_t digits =
      packing.getDigit() < kColumnBase
          ? packing.getRowFactors()[packing.getDigit()]
          : packing.getColumnFactors()[packing.getDigit() - kColumnBase];
  if (packing.getMsbFirst())
    digit = digits - 1 - digit;
  int64_t rest = byte;
  while (digit-- > 0)
    rest /= packing.getRadix();
  return rest % packing.getRadix();
}

int64_t flatten(ArrayRef<int64_t> index, ArrayRef<int64_t> shape) {
  int64_t at = 0;
  for (auto [i, extent] : llvm::zip_equal(index, shape)) {
    EXPECT_LT(i, extent);
    at = at * extent + i;
  }
  return at;
}

TEST_F(Packing, TritsLieWhereTheParametersSay) {
  Numbers numbers;
  forEachCase(packings, [&](PackingAttrInterface packing, int64_t rows,
                            int64_t columns, ArrayRef<int64_t> byteShape) {
    auto attr = dyn_cast<PackingAttr>(packing);
    if (!attr)
      return;
    std::vector<int8_t> trits = randomTrits(numbers, rows * columns);
    std::vector<uint8_t> bytes(product(byteShape));
    packing.packBytes(trits, rows, columns, scalesFor(packing, byteShape),
                      bytes);
    for (int64_t n = 0; n < rows; ++n)
      for (int64_t k = 0; k < columns; ++k) {
        Place place = slowPlace(attr, rows, columns, n, k);
        uint8_t byte = bytes[flatten(place.index, byteShape)];
        ASSERT_EQ(codeAt(attr, byte, place.digit),
                  attr.getCodes()[trits[n * columns + k] + 1])
            << "at (" << n << ", " << k << ")";
      }
  });
}

int64_t roundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// A ragged matrix has the bytes of the larger one that is filled with `pad`.
TEST_F(Packing, PaddingHoldsThePaddingTrit) {
  Numbers numbers;
  forEachCase(packings, [&](PackingAttrInterface packing, int64_t rows,
                            int64_t columns, ArrayRef<int64_t> byteShape) {
    auto attr = dyn_cast<PackingAttr>(packing);
    if (!attr || attr.getExact())
      return;
    int64_t rowBlock = fixedProduct(attr.getRowFactors());
    int64_t fullRows = attr.getFlat() ? 1 : roundUp(rows, rowBlock);
    int64_t fullColumns =
        attr.getFlat()
            ? roundUp(rows * columns, rowBlock)
            : roundUp(columns, fixedProduct(attr.getColumnFactors()));
    int64_t width = attr.getFlat() ? fullColumns : columns;
    std::vector<int8_t> trits = randomTrits(numbers, rows * columns);
    std::vector<int8_t> full(fullRows * fullColumns, attr.getPad());
    for (size_t i = 0; i < trits.size(); ++i)
      full[i / width * fullColumns + i % width] = trits[i];

    std::vector<float> scales = scalesFor(packing, byteShape);
    std::vector<uint8_t> ragged(product(byteShape)), padded(ragged.size());
    ASSERT_EQ(*getByteShape(packing, {fullRows, fullColumns}),
              SmallVector<int64_t>(byteShape));
    packing.packBytes(trits, rows, columns, scales, ragged);
    packing.packBytes(full, fullRows, fullColumns, scales, padded);
    EXPECT_EQ(ragged, padded);
  });
}

TEST_F(Packing, KnownBytes) {
  std::vector<int8_t> trits{1, 0, -1, 1, -1, 0, 1, 1, 0, -1};
  auto pack = [&](StringRef name, int64_t size) {
    std::vector<uint8_t> bytes(size);
    parse(name).packBytes(trits, 2, 5, {}, bytes);
    return bytes;
  };
  EXPECT_EQ(pack("chimera", 4), (std::vector<uint8_t>{0x49, 0x80, 0x14, 0x80}));
  EXPECT_EQ(pack("base3", 2), (std::vector<uint8_t>{59, 52}));
  EXPECT_EQ(pack("hf", 5), (std::vector<uint8_t>{6, 9, 8, 6, 0}));
}

//===----------------------------------------------------------------------===//
// Codes
//===----------------------------------------------------------------------===//

// The digits of 0xE4 are 0, 1, 2, 3 from the least significant one.
TEST_F(Packing, UnusedCodesReadAsThePresetSays) {
  struct Case {
    const char *name;
    int64_t rows, columns, numBytes;
    std::array<int64_t, 4> positions;
    std::array<int8_t, 4> values;
    bool valid;
  };
  const Case cases[] = {
      {"chimera", 1, 4, 1, {3, 2, 1, 0}, {0, 1, -1, 0}, true},
      {"torchao", 1, 4, 1, {3, 2, 1, 0}, {0, 1, -2, -1}, true},
      {"hf", 4, 1, 1, {0, 1, 2, 3}, {-1, 0, 1, 2}, true},
      {"tq2_0", 1, 256, 66, {0, 32, 64, 96}, {-1, 0, 1, 2}, true},
      {"q2_0", 1, 64, 18, {0, 1, 2, 3}, {-1, 0, 1, 2}, true},
      {"i2_s", 1, 128, 64, {96, 64, 32, 0}, {-1, 0, 1, 0}, true},
      {"i2_s_64", 1, 64, 48, {48, 32, 16, 0}, {-1, 0, 1, 0}, true},
      {"bitnet_gpu", 16, 128, 512, {0, 4, 8, 12}, {-2, -1, 0, 1}, true},
      {"cpu_panel2", 1, 16, 256, {0, 4, 8, 12}, {-1, 0, 1, 0}, false},
      {"gpu_tile2", 1, 128, 512, {0, 8, 16, 24}, {0, 1, 0, -1}, false},
  };
  for (const Case &c : cases) {
    std::vector<uint8_t> bytes(c.numBytes, 0xE4);
    std::vector<int8_t> trits(c.rows * c.columns);
    EXPECT_EQ(parse(c.name).unpackBytes(bytes, c.rows, c.columns, trits, {}),
              c.valid)
        << c.name;
    for (auto [position, value] : llvm::zip(c.positions, c.values))
      EXPECT_EQ(trits[position], value) << c.name << " at " << position;
    std::optional<int64_t> unused = parse(c.name).getUnusedValue();
    EXPECT_EQ(unused.has_value(), c.valid) << c.name;
    if (unused) {
      EXPECT_TRUE(llvm::is_contained(c.values, *unused)) << c.name;
    }
  }
}

TEST_F(Packing, ForbiddenCodesCountOnlyWhereTheyAreRead) {
  PackingAttrInterface packing = parse("cpu_panel2");
  std::vector<uint8_t> bytes(256, 0x55);
  std::vector<int8_t> trits(10);
  // Byte 0 holds columns 0, 4, 8 and 12 of row 0; there is no column 12.
  bytes[0] = 0xD5;
  EXPECT_TRUE(packing.unpackBytes(bytes, 1, 10, trits, {}));
  bytes[0] = 0x75;
  EXPECT_FALSE(packing.unpackBytes(bytes, 1, 10, trits, {}));
  EXPECT_EQ(trits, std::vector<int8_t>(10, 0));
}

TEST_F(Packing, EveryByteOfBase3AndTQ1Decodes) {
  for (int64_t byte = 0; byte < 256; ++byte) {
    std::vector<uint8_t> bytes(54, byte);
    std::vector<int8_t> trits(256, 99);
    ASSERT_TRUE(parse("tq1_0").unpackBytes(bytes, 1, 256, trits, {}));
    EXPECT_TRUE(
        llvm::all_of(trits, [](int8_t t) { return t >= -1 && t <= 1; }));

    // Bytes from 243 on read like byte - 243.
    std::vector<int8_t> digits(5), wrapped(5);
    ASSERT_TRUE(parse("base3").unpackBytes({uint8_t(byte)}, 1, 5, digits, {}));
    ASSERT_TRUE(
        parse("base3").unpackBytes({uint8_t(byte % 243)}, 1, 5, wrapped, {}));
    EXPECT_EQ(digits, wrapped);
  }
}

//===----------------------------------------------------------------------===//
// Scales
//===----------------------------------------------------------------------===//

TEST_F(Packing, ScalesAreRoundedToHalf) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::pair<float, float> cases[] = {
      {1.0f, 1.0f},
      {-0.0f, -0.0f},
      {65504.0f, 65504.0f},
      {65519.0f, 65504.0f},
      {65520.0f, kInf},
      {-kInf, -kInf},
      {1.0f + 0x1p-11f, 1.0f},
      {1.0f + 0x3p-11f, 1.0f + 0x1p-9f},
      {0x1p-24f, 0x1p-24f},
      {0x1p-25f, 0.0f},
      {0x1.8p-24f, 0x1p-23f},
  };
  for (StringRef name : {"tq1_0", "tq2_0"})
    for (auto [scale, expected] : cases) {
      std::vector<uint8_t> bytes(name == "tq1_0" ? 54 : 66);
      std::vector<int8_t> trits(256);
      std::vector<float> scales(1);
      parse(name).packBytes(trits, 1, 256, {scale}, bytes);
      parse(name).unpackBytes(bytes, 1, 256, trits, scales);
      EXPECT_EQ(scales[0], expected) << name.str() << " of " << scale;
      EXPECT_EQ(std::signbit(scales[0]), std::signbit(expected));
    }
}

TEST_F(Packing, NaNScalesStayNaN) {
  for (StringRef name : {"tq1_0", "tq2_0", "i2_s"}) {
    PackingAttrInterface packing = parse(name);
    std::vector<uint8_t> bytes(product(*getByteShape(packing, {1, 256})));
    std::vector<int8_t> trits(256);
    std::vector<float> scales{std::numeric_limits<float>::quiet_NaN()};
    packing.packBytes(trits, 1, 256, scales, bytes);
    scales[0] = 0;
    packing.unpackBytes(bytes, 1, 256, trits, scales);
    EXPECT_TRUE(std::isnan(scales[0])) << name.str();
  }
}

// Where the scale lies, and that all else around the data is zero.
TEST_F(Packing, ScalesLieInHeaderOrTrailer) {
  std::vector<int8_t> trits(256, 1);
  auto pack = [&](StringRef name, int64_t columns, int64_t size) {
    std::vector<uint8_t> bytes(size, 0xFF);
    std::vector<float> scales(columns / 64, -2.0f);
    parse(name).packBytes(ArrayRef(trits).take_front(columns), 1, columns,
                          scales, bytes);
    return bytes;
  };
  std::vector<uint8_t> q2 = pack("q2_0", 64, 18);
  EXPECT_EQ(q2[0], 0x00);
  EXPECT_EQ(q2[1], 0xC0);
  EXPECT_EQ(q2[2], 0xAA);
  std::vector<uint8_t> tq2 = pack("tq2_0", 256, 66);
  EXPECT_EQ(tq2[63], 0xAA);
  EXPECT_EQ(tq2[64], 0x00);
  EXPECT_EQ(tq2[65], 0xC0);
  std::vector<uint8_t> i2s = pack("i2_s", 128, 64);
  EXPECT_EQ(i2s[31], 0xAA);
  EXPECT_EQ(ArrayRef(i2s).slice(32, 4), ArrayRef<uint8_t>({0, 0, 0, 0xC0}));
  EXPECT_TRUE(llvm::all_of(ArrayRef(i2s).drop_front(36),
                           [](uint8_t byte) { return byte == 0; }));
}

// An empty matrix of i2_s still has its scale; one of blocks has none.
TEST_F(Packing, ScalesOfEmptyMatrices) {
  std::vector<uint8_t> bytes(32, 0xFF);
  std::vector<float> scales(1);
  parse("i2_s").packBytes({}, 0, 10, {3.0f}, bytes);
  EXPECT_TRUE(parse("i2_s").unpackBytes(bytes, 0, 10, {}, scales));
  EXPECT_EQ(scales[0], 3.0f);
  EXPECT_EQ(product(*getByteShape(parse("tq2_0"), {5, 0})), 0);
  parse("tq2_0").packBytes({}, 5, 0, {}, {});
}

} // namespace
