//===- TilingInterfaceImpl.h ------------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_TILINGINTERFACEIMPL_H
#define TERNARY_IR_TILINGINTERFACEIMPL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace ternary {

/// Tiling of ops whose result elements depend on slices of the operands:
/// `bitlinear` over tokens and rows (rows in whole blocks of its packing),
/// `quantize_activation`, `dequantize_activation` and `rms_norm` over tokens,
/// `unpack` and `dequantize` over rows.
void registerTilingInterfaceExternalModels(mlir::DialectRegistry &registry);

} // namespace ternary

#endif // TERNARY_IR_TILINGINTERFACEIMPL_H
