//===- PackingFixture.h - Packings at edge sizes ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TEST_UNIT_PACKINGFIXTURE_H
#define TERNARY_TEST_UNIT_PACKINGFIXTURE_H

#include "ternary/IR/Ternary.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace ternary::test {

inline constexpr const char *kCustomPackings[] = {
    // Columns outermost, the digit along the rows.
    "radix = 4, codes = [1, 2, 3], unused = forbid, pad = 1, ragged = pad, "
    "n = [*, 4], k = [*], bytes = [[k0], [n0]], digit = n1, order = msb",
    // One digit per byte in the largest radix, header and trailer without
    // scale.
    "radix = 256, codes = [255, 0, 1], unused = 5, pad = 0, ragged = pad, "
    "n = [*], k = [*, 1], bytes = [[n0, k0]], digit = k1, order = lsb, "
    "header = 3, trailer = 2",
    // Odd factors, an f32 scale in the header and a trailer behind it.
    "radix = 3, codes = [2, 1, 0], unused = 0, pad = -1, ragged = pad, "
    "n = [3, *], k = [*, 4, 7], bytes = [[k0], [n1], [k2, n0]], digit = k1, "
    "order = msb, header = 5, trailer = 1, scale = f32",
    // Radix 6, flattened, three digits.
    "radix = 6, codes = [0, 5, 3], unused = -1, pad = 1, ragged = pad, "
    "f = [*, 5, 3, 2], bytes = [[f3], [f0, f1]], digit = f2, order = lsb",
    // Refuses what does not divide.
    "radix = 4, codes = [3, 0, 1], unused = 0, pad = 0, ragged = refuse, "
    "n = [2, *], k = [3, *, 2], bytes = [[n1, k0], [], [k1, n0]], digit = k2, "
    "order = lsb, trailer = 2, scale = f16",
};

class Packing : public testing::Test {
protected:
  Packing() {
    context.loadDialect<TernaryDialect, mlir::arith::ArithDialect>();
    for (llvm::StringRef name : PackingAttr::getPresetNames())
      packings.push_back(parse(name));
    for (llvm::StringRef text : kCustomPackings)
      packings.push_back(parse(text));
  }

  PackingAttrInterface parse(const llvm::Twine &parameters) {
    std::string text = ("#ternary.packing<" + parameters + ">").str();
    mlir::Attribute attr = mlir::parseAttribute(text, &context);
    EXPECT_TRUE(attr) << text;
    return llvm::dyn_cast_or_null<PackingAttrInterface>(attr);
  }

  /// What the packing says when asked for the byte shape; empty if it agrees.
  std::string refusal(PackingAttrInterface packing,
                      llvm::ArrayRef<int64_t> shape) {
    std::string message;
    mlir::ScopedDiagnosticHandler handler(
        &context,
        [&](mlir::Diagnostic &diagnostic) { message = diagnostic.str(); });
    llvm::SmallVector<int64_t> bytes;
    auto emit = [&] {
      return mlir::emitError(mlir::UnknownLoc::get(&context));
    };
    bool refused = mlir::failed(packing.getByteShape(shape, bytes, emit));
    EXPECT_EQ(refused, !message.empty());
    return message;
  }

  mlir::MLIRContext context;
  llvm::SmallVector<PackingAttrInterface> packings;
};

inline std::string text(mlir::Attribute attr) {
  std::string result;
  llvm::raw_string_ostream(result) << attr;
  return result;
}

inline int64_t product(llvm::ArrayRef<int64_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                         std::multiplies<>());
}

/// Extents about one and two blocks of a split, and the smallest ones.
inline llvm::SmallVector<int64_t> edgeExtents(int64_t block) {
  llvm::SmallVector<int64_t> extents{
      0, 1, 2, 3, 5, block - 1, block, block + 1, 2 * block, 2 * block + 1};
  llvm::sort(extents);
  extents.erase(llvm::unique(extents), extents.end());
  return extents;
}

inline int64_t fixedProduct(llvm::ArrayRef<int64_t> factors) {
  int64_t result = 1;
  for (int64_t factor : factors)
    result *= mlir::ShapedType::isDynamic(factor) ? 1 : factor;
  return result;
}

/// The shapes [N, K] to test a packing at, refused ones included.
inline llvm::SmallVector<std::array<int64_t, 2>>
edgeShapes(PackingAttrInterface packing) {
  llvm::SmallVector<int64_t> rows{0, 1, 3}, columns = edgeExtents(256);
  if (auto attr = llvm::dyn_cast<PackingAttr>(packing)) {
    int64_t rowBlock = fixedProduct(attr.getRowFactors());
    rows = attr.getFlat() ? llvm::SmallVector<int64_t>{0, 1, 2, 3}
                          : edgeExtents(rowBlock);
    columns = edgeExtents(
        attr.getFlat() ? rowBlock : fixedProduct(attr.getColumnFactors()));
  }
  llvm::SmallVector<std::array<int64_t, 2>> shapes;
  for (int64_t n : rows)
    for (int64_t k : columns)
      shapes.push_back({n, k});
  return shapes;
}

/// Calls `visit(packing, rows, columns, byteShape)` at each edge shape that the
/// packing defines.
template <typename Visit>
void forEachCase(llvm::ArrayRef<PackingAttrInterface> packings, Visit visit) {
  for (PackingAttrInterface packing : packings) {
    int64_t defined = 0;
    for (auto [rows, columns] : edgeShapes(packing)) {
      mlir::FailureOr<llvm::SmallVector<int64_t>> byteShape =
          getByteShape(packing, {rows, columns});
      if (mlir::failed(byteShape))
        continue;
      SCOPED_TRACE(text(packing) + " at " + std::to_string(rows) + " x " +
                   std::to_string(columns));
      visit(packing, rows, columns, llvm::ArrayRef<int64_t>(*byteShape));
      defined += rows * columns != 0;
      if (testing::Test::HasFailure())
        return;
    }
    EXPECT_GE(defined, 2) << text(packing);
  }
}

} // namespace ternary::test

#endif // TERNARY_TEST_UNIT_PACKINGFIXTURE_H
