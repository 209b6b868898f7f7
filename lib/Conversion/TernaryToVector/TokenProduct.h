//===- TokenProduct.h - Digits times the activations of many tokens -*- C++
//-*-//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_TOKENPRODUCT_H
#define TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_TOKENPRODUCT_H

#include "KernelBuilder.h"

#include "ternary/IR/Panel.h"

#include <memory>

namespace ternary {

/// The innermost part of a product of int8 activations `[M, K]` with a panel
/// whose digits have been taken apart:
///
///   sums[m, row] += sum_k digits[k / 4, 4 row + k % 4] * input[token + m,
///                                                              column + k]
///
/// for `m < tokens` and `k < count`. What lies in `digits` behind the last
/// whole four columns is any byte.
class TokenProduct {
public:
  virtual ~TokenProduct() = default;

  /// The most tokens that are multiplied together.
  virtual int64_t tokens() const = 0;
  /// The most columns that are taken apart together: a multiple of the panel's.
  virtual int64_t columns() const = 0;

  /// Before all else: `digits` is `[columns / 4, 4 rows]` bytes, `sums`
  /// `[tokens, rows]` i32. Rows of `sums` behind the last token may be changed.
  virtual void setUp(mlir::Value digits, mlir::Value sums) = 0;
  /// Before products with these tokens.
  virtual void begin(mlir::Value token, mlir::Value tokens) = 0;
  /// `column` is where a segment begins, or `columns()` behind such a place.
  virtual void multiply(mlir::Value column, mlir::Value count) = 0;
  /// Behind all else.
  virtual void tearDown() {}
};

/// The one for the ISA of the module that `op` is in.
std::unique_ptr<TokenProduct> createTokenProduct(KernelBuilder &builder,
                                                 BitLinearOp op,
                                                 const PanelShape &panel,
                                                 mlir::Value input);
/// By `dot`, on any ISA.
std::unique_ptr<TokenProduct> createDotProduct(KernelBuilder &builder,
                                               BitLinearOp op,
                                               const PanelShape &panel,
                                               mlir::Value input);
/// By tiles of AMX.
std::unique_ptr<TokenProduct> createTileProduct(KernelBuilder &builder,
                                                BitLinearOp op,
                                                const PanelShape &panel,
                                                mlir::Value input);

} // namespace ternary

#endif // TERNARY_LIB_CONVERSION_TERNARYTOVECTOR_TOKENPRODUCT_H
