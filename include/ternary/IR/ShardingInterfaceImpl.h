//===- ShardingInterfaceImpl.h ----------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_SHARDINGINTERFACEIMPL_H
#define TERNARY_IR_SHARDINGINTERFACEIMPL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace ternary {

/// Sharding over a grid of processes, for the passes `sharding-propagation` and
/// `shard-partition`:
///
/// * `bitlinear` by tokens, rows and columns. Where columns are cut each
///   process has a partial sum, and a `shard.all_reduce` adds them: such an op
///   has no bias, and its init is i32 or f32.
/// * `dequantize_activation` by tokens and columns;
/// * `quantize_activation` and `rms_norm` by tokens.
///
/// Cuts are even, and lie between the blocks of a packing and the groups of a
/// scale; others are refused with a diagnostic.
void registerShardingInterfaceExternalModels(mlir::DialectRegistry &registry);

} // namespace ternary

#endif // TERNARY_IR_SHARDINGINTERFACEIMPL_H
