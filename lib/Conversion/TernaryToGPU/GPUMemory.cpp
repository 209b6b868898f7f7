//===- GPUMemory.cpp - move-memory-to-gpu ---------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Buffers of the host's code are on the device: allocations, and copies of
// constants that the runtime makes when they are first asked for.
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"

namespace ternary {
#define GEN_PASS_DEF_MOVEMEMORYTOGPU
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

/// Of the runtime: the copy on the device of bytes of the host.
constexpr llvm::StringLiteral kConstantFunction = "ternaryGpuConstant";

namespace {

struct MoveMemoryToGPUPass
    : ternary::impl::MoveMemoryToGPUBase<MoveMemoryToGPUPass> {
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      if (op->getParentOfType<gpu::LaunchOp>())
        return;
      if (auto alloc = dyn_cast<memref::AllocOp>(op))
        moveAlloc(alloc);
      else if (auto free = dyn_cast<memref::DeallocOp>(op))
        moveDealloc(free);
      else if (auto global = dyn_cast<memref::GetGlobalOp>(op))
        if (failed(moveConstant(global)))
          signalPassFailure();
    });
  }

private:
  void moveAlloc(memref::AllocOp op) {
    OpBuilder b(op);
    auto alloc = gpu::AllocOp::create(
        b, op.getLoc(), op.getType(), /*asyncToken=*/Type(),
        /*asyncDependencies=*/ValueRange(), op.getDynamicSizes(),
        op.getSymbolOperands());
    op.replaceAllUsesWith(alloc.getMemref());
    op.erase();
  }

  void moveDealloc(memref::DeallocOp op) {
    OpBuilder b(op);
    gpu::DeallocOp::create(b, op.getLoc(), /*asyncToken=*/Type(),
                           /*asyncDependencies=*/ValueRange(), op.getMemref());
    op.erase();
  }

  LogicalResult moveConstant(memref::GetGlobalOp op) {
    OpBuilder b(op);
    b.setInsertionPointAfter(op);
    Location loc = op.getLoc();
    MemRefType type = op.getType();
    LLVMTypeConverter converter(&getContext());
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    FailureOr<LLVM::LLVMFuncOp> function =
        LLVM::lookupOrCreateFn(b, getOperation(), kConstantFunction,
                               {pointer, b.getI64Type()}, pointer);
    if (failed(function))
      return failure();
    Value host = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, op);
    host = arith::IndexCastOp::create(b, loc, b.getI64Type(), host);
    host = LLVM::IntToPtrOp::create(b, loc, pointer, host);
    int64_t bytes = llvm::divideCeil(
        type.getNumElements() * type.getElementTypeBitWidth(), 8);
    Value size = LLVM::ConstantOp::create(b, loc, b.getI64Type(),
                                          b.getI64IntegerAttr(bytes));
    Value device =
        LLVM::CallOp::create(b, loc, *function, ValueRange{host, size})
            .getResult();
    Value descriptor =
        MemRefDescriptor::fromStaticShape(b, loc, converter, type, device);
    Value moved = UnrealizedConversionCastOp::create(b, loc, TypeRange(type),
                                                     ValueRange(descriptor))
                      .getResult(0);
    op.getResult().replaceUsesWithIf(moved, [&](OpOperand &use) {
      return !isa<memref::ExtractAlignedPointerAsIndexOp>(use.getOwner());
    });
    return success();
  }
};

} // namespace
