//===- Wgmma.cpp - Operands of wgmma in shared memory ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Wgmma.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace ternary;

static Value word(GPUKernelBuilder &b, int64_t value) {
  return b.constant(b.getI32Type(), value);
}

Value ternary::swizzledBase(GPUKernelBuilder &b) {
  Value unaligned = b.add(b.sharedBase(), word(b, kSwizzleBytes - 1));
  return arith::AndIOp::create(b, unaligned, word(b, -kSwizzleBytes));
}

Value ternary::swizzledPlace(GPUKernelBuilder &b, Value row, Value chunk) {
  Value swizzled = arith::XOrIOp::create(b, chunk, b.rem(row, 8));
  return b.add(b.mul(row, kSlabBytes), b.mul(swizzled, 16));
}

Value ternary::describeSlab(GPUKernelBuilder &b, Value address) {
  Value words = arith::ShRUIOp::create(b, address, word(b, 4));
  Value low = arith::ExtUIOp::create(
      b, b.getI64Type(), arith::AndIOp::create(b, words, word(b, 0x3FFF)));
  constexpr uint64_t kStride = kSwizzleBytes >> 4;
  constexpr uint64_t kSwizzle128 = uint64_t(1) << 62;
  Value rest =
      b.constant(b.getI64Type(), int64_t(kSwizzle128 | (kStride << 32)));
  return arith::OrIOp::create(b, low, rest);
}

std::string ternary::listOperands(int64_t first, int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i)
    text += llvm::formatv("{0}${1}", i ? ", " : "", first + i);
  return "{" + text + "}";
}

std::string ternary::tieResults(Type result, int64_t count, StringRef inputs) {
  std::string outputs, ties;
  for (int64_t i = 0; i < count; ++i) {
    outputs += isa<FloatType>(result) ? "=f," : "=r,";
    ties += llvm::formatv("{0}{1}", i ? "," : "", i);
  }
  return outputs + inputs.str() + ties;
}

void ternary::publishSlabs(GPUKernelBuilder &b) {
  NVVM::FenceProxyOp::create(
      b, NVVM::ProxyKind::async_shared,
      NVVM::SharedSpaceAttr::get(b.getContext(),
                                 NVVM::SharedSpace::shared_cta));
}

void ternary::waitForProducts(GPUKernelBuilder &b, int64_t pending,
                              KernelBuilder::Values &sums) {
  std::string text =
      llvm::formatv("wgmma.wait_group.sync.aligned {0};", pending);
  Type type = sums[0].getType();
  int64_t count = sums.size();
  sums = b.assembly(text, tieResults(type, count, ""), type, count, sums);
}
