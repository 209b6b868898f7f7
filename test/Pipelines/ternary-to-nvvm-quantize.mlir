// RUN: ternary-compile %s --target=cuda --chip=sm_90a -o %t.ptx
// RUN: FileCheck %s < %t.ptx

// Rows of an odd length are stored byte by byte. The byte of a level must not
// be the last one of a float's register, which ptxas would convert.

// CHECK: add.rn.f32 %[[SUM:r[0-9]+]], %{{r[0-9]+}}, 0f4B400080;
// CHECK: cvt.u16.u32 %[[LOW:rs[0-9]+]], %[[SUM]];
// CHECK: xor.b16 %[[LEVEL:rs[0-9]+]], %[[LOW]], 128;
// CHECK: st.global.b8 [%{{rd[0-9]+}}], %[[LEVEL]];
func.func @quantize(%x: tensor<?x33xf32>) -> (tensor<?x33xi8>, tensor<?xf32>) {
  %c0 = arith.constant 0 : index
  %m = tensor.dim %x, %c0 : tensor<?x33xf32>
  %qi = tensor.empty(%m) : tensor<?x33xi8>
  %ai = tensor.empty(%m) : tensor<?xf32>
  %q, %a = ternary.quantize_activation ins(%x : tensor<?x33xf32>)
      outs(%qi, %ai : tensor<?x33xi8>, tensor<?xf32>)
      -> tensor<?x33xi8>, tensor<?xf32>
  return %q, %a : tensor<?x33xi8>, tensor<?xf32>
}
