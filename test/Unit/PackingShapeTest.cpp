//===- PackingShapeTest.cpp - Assembly and shapes of packings ------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "PackingFixture.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

using namespace mlir;
using namespace ternary;
using namespace ternary::test;

namespace {

//===----------------------------------------------------------------------===//
// Assembly
//===----------------------------------------------------------------------===//

TEST_F(Packing, PresetsPrintAsTheyAreWritten) {
  EXPECT_EQ(PackingAttr::getPresetNames().size(), 19u);
  for (StringRef name : PackingAttr::getPresetNames()) {
    PackingAttrInterface preset = parse(name);
    EXPECT_EQ(Attribute(PackingAttr::getPreset(&context, name)), preset);
    std::string printed = text(preset);
    EXPECT_EQ(printed, isa<PackingAttr>(preset)
                           ? ("#ternary.packing<" + name + ">").str()
                           : ("#ternary." + name).str());
    EXPECT_EQ(parseAttribute(printed, &context), Attribute(preset));
  }
  EXPECT_FALSE(PackingAttr::getPreset(&context, "chimaera"));
  EXPECT_FALSE(PackingAttr::getPreset(&context, ""));
}

TEST_F(Packing, CustomPackingsRoundTrip) {
  for (StringRef parameters : kCustomPackings)
    EXPECT_EQ(text(parse(parameters)),
              ("#ternary.packing<" + parameters + ">").str());
}

TEST_F(Packing, PresetsDifferFromEachOther) {
  llvm::SmallDenseSet<Attribute> seen;
  for (PackingAttrInterface packing : packings)
    EXPECT_TRUE(seen.insert(packing).second) << text(packing);
}

//===----------------------------------------------------------------------===//
// Shapes
//===----------------------------------------------------------------------===//

TEST_F(Packing, ByteShapes) {
  auto shape = [&](StringRef name, int64_t n, int64_t k) {
    return *getByteShape(parse(name), {n, k});
  };
  using Shape = SmallVector<int64_t>;
  constexpr int64_t kDynamic = ShapedType::kDynamic;
  EXPECT_EQ(shape("chimera", 8, 10), (Shape{8, 3}));
  EXPECT_EQ(shape("base3", 8, 10), (Shape{16}));
  EXPECT_EQ(shape("i2_s", 4, 64), (Shape{96}));
  EXPECT_EQ(shape("i2_s_64", 1, 64), (Shape{48}));
  EXPECT_EQ(shape("tq1_0", 3, 512), (Shape{3, 2, 54}));
  EXPECT_EQ(shape("tq2_0", 3, 512), (Shape{3, 2, 66}));
  EXPECT_EQ(shape("q2_0", 3, 512), (Shape{3, 8, 18}));
  EXPECT_EQ(shape("hf", 5, 7), (Shape{2, 7}));
  EXPECT_EQ(shape("torchao", 5, 8), (Shape{5, 2}));
  EXPECT_EQ(shape("bitnet_gpu", 32, 256), (Shape{2, 8, 32, 4}));
  EXPECT_EQ(shape("cpu_panel2", 65, 17), (Shape{2, 2, 4, 64}));
  EXPECT_EQ(shape("cpu_panel3", 33, 21), (Shape{2, 2, 2, 64}));
  EXPECT_EQ(shape("cpu_rows2", 65, 17), (Shape{2, 2, 4, 64}));
  EXPECT_EQ(shape("cpu_rows3", 81, 9), (Shape{2, 2, 2, 64}));
  EXPECT_EQ(shape("gpu_tile2", 17, 129), (Shape{2, 2, 32, 16}));
  EXPECT_EQ(shape("gpu_tile2k", 17, 129), (Shape{2, 2, 32, 16}));
  EXPECT_EQ(shape("gpu_tile2h", 17, 129), (Shape{2, 2, 32, 16}));
  EXPECT_EQ(shape("gpu_tile2hk", 17, 129), (Shape{2, 2, 32, 16}));
  EXPECT_EQ(shape("gpu_tile3", 17, 161), (Shape{2, 2, 32, 16}));
  EXPECT_EQ(shape("chimera", 0, 10), (Shape{0, 3}));
  EXPECT_EQ(shape("chimera", 8, 0), (Shape{8, 0}));

  EXPECT_EQ(shape("chimera", kDynamic, 10), (Shape{kDynamic, 3}));
  EXPECT_EQ(shape("chimera", 8, kDynamic), (Shape{8, kDynamic}));
  EXPECT_EQ(shape("base3", kDynamic, 10), (Shape{kDynamic}));
  EXPECT_EQ(shape("tq1_0", kDynamic, kDynamic),
            (Shape{kDynamic, kDynamic, 54}));
  EXPECT_EQ(shape("cpu_panel2", kDynamic, 17), (Shape{kDynamic, 2, 4, 64}));
}

TEST_F(Packing, RankAndScalesFollowTheShape) {
  forEachCase(packings, [&](PackingAttrInterface packing, int64_t, int64_t,
                            ArrayRef<int64_t> byteShape) {
    EXPECT_EQ(packing.getByteRank(), int64_t(byteShape.size()));
  });
  for (StringRef name : PackingAttr::getPresetNames()) {
    bool carries =
        llvm::is_contained({"i2_s", "i2_s_64", "tq1_0", "tq2_0", "q2_0"}, name);
    EXPECT_EQ(parse(name).carriesScales(), carries) << name.str();
  }
}

TEST_F(Packing, ShapesThatAreNotDefinedAreRefused) {
  auto refused = [&](StringRef name, int64_t n, int64_t k) {
    return refusal(parse(name), {n, k});
  };
  EXPECT_EQ(refused("i2_s", 5, 100),
            "#ternary.packing<i2_s>: expected N * K to be a multiple of 128, "
            "found 500");
  EXPECT_EQ(refused("tq1_0", 5, 100),
            "#ternary.tq1_0: expected K to be a multiple of 256, found 100");
  EXPECT_EQ(refused("bitnet_gpu", 8, 128),
            "#ternary.packing<bitnet_gpu>: expected N to be a multiple of 16, "
            "found 8");
  for (StringRef name :
       {"i2_s", "i2_s_64", "tq1_0", "tq2_0", "q2_0", "torchao", "bitnet_gpu"})
    EXPECT_NE(refused(name, 16, 127), "") << name.str();
  for (StringRef name : {"chimera", "base3", "hf", "cpu_panel2", "cpu_panel3",
                         "cpu_rows2", "cpu_rows3", "gpu_tile2", "gpu_tile2k",
                         "gpu_tile2h", "gpu_tile2hk", "gpu_tile3"})
    EXPECT_EQ(refused(name, 7, 127), "") << name.str();
  // What may be a multiple is not refused.
  EXPECT_EQ(refused("tq2_0", ShapedType::kDynamic, ShapedType::kDynamic), "");
  EXPECT_EQ(refused("i2_s", 5, ShapedType::kDynamic), "");
}

TEST_F(Packing, ByteCountsThatOverflowAreRefused) {
  // A multiple of every block.
  constexpr int64_t kMultiple = int64_t(3) << 60;
  for (PackingAttrInterface packing : packings)
    EXPECT_EQ(refusal(packing, {kMultiple, kMultiple}),
              text(packing) + ": the byte count overflows");
  constexpr int64_t kHuge = int64_t(1) << 62;
  EXPECT_EQ(refusal(parse("chimera"), {kHuge, 1}), "");
  EXPECT_NE(refusal(parse("chimera"), {kHuge, 5}), "");
  EXPECT_EQ(refusal(parse("base3"), {kHuge, 1}), "");
  // 2^57 blocks of 54 bytes are less than 2^63, 2^58 are more.
  EXPECT_EQ(refusal(parse("tq1_0"), {int64_t(1) << 57, 256}), "");
  EXPECT_NE(refusal(parse("tq1_0"), {int64_t(1) << 58, 256}), "");
  // Rows rounded up to a panel, and the trailer, count as well.
  EXPECT_NE(refusal(parse("cpu_panel2"), {int64_t(1) << 61, 16}), "");
  EXPECT_EQ(refusal(parse("chimera"), {0, kHuge}), "");
}

// The shape that IR computes is the one that the verifier derives.
TEST_F(Packing, ReifiedShapes) {
  Location loc = UnknownLoc::get(&context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  OpBuilder builder(&context);
  builder.setInsertionPointToStart(module->getBody());
  forEachCase(packings, [&](PackingAttrInterface packing, int64_t rows,
                            int64_t columns, ArrayRef<int64_t> byteShape) {
    SmallVector<OpFoldResult> shape = packing.reifyByteShape(
        builder, loc,
        {builder.getIndexAttr(rows), builder.getIndexAttr(columns)});
    EXPECT_EQ(getConstantIntValues(shape),
              std::optional(SmallVector<int64_t>(byteShape)));
  });
}

} // namespace
