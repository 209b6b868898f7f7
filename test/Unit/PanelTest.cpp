//===- PanelTest.cpp - Packings that kernels read ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Which packings are runs of digits, and that the runs say where each trit is:
// bytes that a packing writes are read as its runs describe.
//
//===----------------------------------------------------------------------===//

#include "PackingFixture.h"

#include "ternary/IR/Panel.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::test;

namespace {

class Panel : public Packing {
protected:
  DigitRuns runsOf(StringRef parameters) {
    std::optional<DigitRuns> runs = getDigitRuns(parse(parameters));
    EXPECT_TRUE(runs) << parameters.str();
    return runs.value_or(DigitRuns());
  }

  bool hasRuns(StringRef parameters) {
    return getDigitRuns(parse(parameters)).has_value();
  }
};

using List = std::vector<int64_t>;

List list(ArrayRef<int64_t> numbers) { return numbers.vec(); }

constexpr const char *kFiveInRows =
    "radix = 3, codes = [2, 0, 1], unused = 0, pad = 1, ragged = pad, "
    "n = [*], k = [*, 5], bytes = [[n0], [k0]], digit = k1, order = msb";
constexpr const char *kThreeFlat =
    "radix = 4, codes = [1, 2, 3], unused = forbid, pad = 0, ragged = pad, "
    "f = [*, 3], bytes = [[f0]], digit = f1, order = lsb";

TEST_F(Panel, RunsOfChimera) {
  DigitRuns runs = runsOf("chimera");
  EXPECT_EQ(runs.radix, 4);
  EXPECT_EQ(runs.digits, 4);
  EXPECT_FALSE(runs.flat);
  EXPECT_TRUE(runs.msbFirst);
  EXPECT_EQ(list(runs.codes), (List{2, 0, 1}));
  EXPECT_EQ(list(runs.trits), (List{0, 1, -1, 0}));
  EXPECT_EQ(runs.pad, 0);
}

TEST_F(Panel, RunsOfBase3) {
  DigitRuns runs = runsOf("base3");
  EXPECT_EQ(runs.radix, 3);
  EXPECT_EQ(runs.digits, 5);
  EXPECT_TRUE(runs.flat);
  EXPECT_FALSE(runs.msbFirst);
  EXPECT_EQ(list(runs.codes), (List{0, 1, 2}));
  EXPECT_EQ(list(runs.trits), (List{-1, 0, 1}));
  EXPECT_EQ(runs.pad, -1);
}

TEST_F(Panel, RunsOfTorchao) {
  DigitRuns runs = runsOf("torchao");
  EXPECT_EQ(runs.digits, 4);
  EXPECT_FALSE(runs.flat);
  EXPECT_TRUE(runs.msbFirst);
  EXPECT_EQ(list(runs.codes), (List{3, 0, 1}));
  EXPECT_EQ(list(runs.trits), (List{0, 1, -2, -1}));
}

TEST_F(Panel, RunsOfCustomPackings) {
  DigitRuns rows = runsOf(kFiveInRows);
  EXPECT_EQ(rows.radix, 3);
  EXPECT_EQ(rows.digits, 5);
  EXPECT_FALSE(rows.flat);
  EXPECT_TRUE(rows.msbFirst);
  EXPECT_EQ(list(rows.trits), (List{0, 1, -1}));
  EXPECT_EQ(rows.pad, 1);

  DigitRuns flat = runsOf(kThreeFlat);
  EXPECT_EQ(flat.digits, 3);
  EXPECT_TRUE(flat.flat);
  // A forbidden code reads as 0.
  EXPECT_EQ(list(flat.trits), (List{0, -1, 0, 1}));
}

TEST_F(Panel, OtherPackingsHaveNoRuns) {
  for (const char *name :
       {"hf", "i2_s", "i2_s_64", "tq1_0", "tq2_0", "q2_0", "bitnet_gpu",
        "cpu_panel2", "cpu_panel3", "cpu_rows2", "cpu_rows3", "gpu_tile2",
        "gpu_tile2k", "gpu_tile2h", "gpu_tile2hk", "gpu_tile3"})
    EXPECT_FALSE(hasRuns(name)) << name;
  EXPECT_FALSE(getDigitRuns(PackingAttrInterface()));
}

/// Each is one parameter away from a packing with runs.
TEST_F(Panel, NearlyRuns) {
  // A radix that register-level ops do not know.
  EXPECT_FALSE(hasRuns(
      "radix = 5, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, "
      "n = [*], k = [*, 3], bytes = [[n0], [k0]], digit = k1, order = lsb"));
  // The digit runs over bytes, and the byte over digits.
  EXPECT_FALSE(hasRuns(
      "radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, "
      "n = [*], k = [4, *], bytes = [[n0], [k1]], digit = k0, order = lsb"));
  // Columns in front of rows.
  EXPECT_FALSE(hasRuns(
      "radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, "
      "n = [*], k = [*, 4], bytes = [[k0], [n0]], digit = k1, order = lsb"));
  // One axis for rows and columns.
  EXPECT_FALSE(hasRuns(
      "radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, "
      "n = [*], k = [*, 4], bytes = [[n0, k0]], digit = k1, order = lsb"));
  // A byte in front of each row.
  EXPECT_FALSE(hasRuns(
      "radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, "
      "n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, order = lsb, "
      "header = 1"));
}

TEST_F(Panel, ShapesOfPanels) {
  PanelShape columns = *getPanelShape(parse("cpu_panel3"));
  EXPECT_FALSE(columns.digitsAreRows);
  EXPECT_EQ(columns.rows(), 32);
  EXPECT_EQ(columns.columns(), 20);
  EXPECT_EQ(columns.digits(), 5);
  EXPECT_EQ(columns.vectors(), 2);
  PanelShape rows = *getPanelShape(parse("cpu_rows3"));
  EXPECT_TRUE(rows.digitsAreRows);
  EXPECT_EQ(rows.rows(), 80);
  EXPECT_EQ(rows.columns(), 8);
  EXPECT_EQ(rows.digits(), 5);
  EXPECT_EQ(rows.vectors(), 2);
  for (const char *name : {"chimera", "base3", "hf", "tq2_0", "bitnet_gpu"})
    EXPECT_FALSE(getPanelShape(parse(name))) << name;
  // The digit counts rows, and so does the axis of vectors.
  EXPECT_FALSE(getPanelShape(parse(
      "radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, ragged = pad, "
      "n = [*, 4, 4, 16], k = [*, 4], bytes = [[n0], [k0], [n1], [n3, k1]], "
      "digit = n2, order = lsb")));
}

/// Panels say where each trit is.
TEST_F(Panel, PanelsSayWhereTritsAre) {
  constexpr int64_t kRows = 100, kColumns = 50;
  std::vector<int8_t> trits(kRows * kColumns);
  for (size_t i = 0; i < trits.size(); ++i)
    trits[i] = int8_t(i * 7 % 5 % 3) - 1;
  for (const char *name :
       {"cpu_panel2", "cpu_panel3", "cpu_rows2", "cpu_rows3"}) {
    PackingAttrInterface packing = parse(name);
    PanelShape panel = *getPanelShape(packing);
    SmallVector<int64_t> shape;
    ASSERT_TRUE(succeeded(packing.getByteShape({kRows, kColumns}, shape, [&] {
      return emitError(UnknownLoc::get(packing.getContext()));
    })));
    std::vector<uint8_t> bytes(product(shape));
    packing.packBytes(trits, kRows, kColumns, {}, bytes);
    for (int64_t n = 0; n < kRows; ++n)
      for (int64_t k = 0; k < kColumns; ++k) {
        int64_t row = n % panel.rows(), column = k % panel.columns();
        auto [vector, digit] = panel.find(row / panel.lanes, column / 4);
        auto [block, word] = panel.at(vector, digit);
        EXPECT_EQ(block, row / panel.lanes);
        EXPECT_EQ(word, column / 4);
        int64_t at = n / panel.rows() * shape[1] + k / panel.columns();
        at = at * panel.bytes() + vector * panel.vectorBytes();
        int64_t byte = bytes[at + row % panel.lanes * 4 + column % 4];
        while (digit-- > 0)
          byte /= panel.radix;
        ASSERT_EQ(byte % panel.radix - 1, trits[n * kColumns + k])
            << name << ", row " << n << ", column " << k;
      }
  }
}

/// Reads trit number `i` of a run of bytes.
int64_t tritAt(const DigitRuns &runs, ArrayRef<uint8_t> bytes, int64_t i) {
  int64_t digit = i % runs.digits;
  if (runs.msbFirst)
    digit = runs.digits - 1 - digit;
  int64_t byte = bytes[i / runs.digits];
  while (digit-- > 0)
    byte /= runs.radix;
  return runs.trits[byte % runs.radix];
}

TEST_F(Panel, RunsSayWhereTritsAre) {
  int64_t described = 0;
  packings.push_back(parse(kFiveInRows));
  packings.push_back(parse(kThreeFlat));
  forEachCase(packings, [&](PackingAttrInterface packing, int64_t rows,
                            int64_t columns, ArrayRef<int64_t> byteShape) {
    std::optional<DigitRuns> runs = getDigitRuns(packing);
    if (!runs)
      return;
    ++described;
    std::vector<int8_t> trits(rows * columns);
    for (size_t i = 0; i < trits.size(); ++i)
      trits[i] = int8_t(i * 7 % 5 % 3) - 1;
    std::vector<uint8_t> bytes(product(byteShape));
    packing.packBytes(trits, rows, columns, {}, bytes);

    int64_t numRuns = runs->flat ? 1 : rows;
    int64_t length = runs->flat ? rows * columns : columns;
    int64_t stride = runs->flat ? byteShape.front() : byteShape.back();
    for (int64_t r = 0; r < numRuns; ++r) {
      ArrayRef<uint8_t> run = ArrayRef(bytes).slice(r * stride, stride);
      for (int64_t i = 0; i < stride * runs->digits; ++i) {
        int64_t want = i < length ? trits[r * length + i] : runs->pad;
        ASSERT_EQ(tritAt(*runs, run, i), want) << "run " << r << ", trit " << i;
      }
    }
  });
  EXPECT_GT(described, 20);
}

} // namespace
