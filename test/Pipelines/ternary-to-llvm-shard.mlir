// RUN: ternary-opt %s --pass-pipeline="builtin.module(func.func(sharding-propagation{traversal=forward},shard-partition),convert-shard-to-mpi,canonicalize,convert-to-llvm{filter-dialects=mpi},symbol-dce,ternary-to-llvm)" | FileCheck %s

// A layer by columns down to calls of MPI, as docs/sharding.md shows it.

module attributes {dlti.map = #dlti.map<"MPI:Implementation" = "MPICH">} {
shard.grid @ranks(shape = 2) {sym_visibility = "private"}

// CHECK-NOT: shard.
// CHECK: llvm.func @layer
// CHECK: llvm.call @MPI_Allreduce(%{{.*}}) : (!llvm.ptr, !llvm.ptr, i32, i32, i32, i32) -> i32
// CHECK-NOT: unrealized_conversion_cast
func.func @layer(%x: tensor<2x8xi8>, %w: tensor<3x8xi8>) -> tensor<2x3xi32> {
  %columns = shard.sharding @ranks split_axes = [[], [0]] : !shard.sharding
  %whole = shard.sharding @ranks split_axes = [[]] : !shard.sharding
  %cut = shard.shard %w to %columns : tensor<3x8xi8>
  %init = tensor.empty() : tensor<2x3xi32>
  %y = ternary.bitlinear ins(%x : tensor<2x8xi8>) weights(%cut : tensor<3x8xi8>)
      outs(%init : tensor<2x3xi32>) -> tensor<2x3xi32>
  %sum = shard.shard %y to %whole : tensor<2x3xi32>
  %result = shard.shard %sum to %whole annotate_for_users : tensor<2x3xi32>
  return %result : tensor<2x3xi32>
}
}
