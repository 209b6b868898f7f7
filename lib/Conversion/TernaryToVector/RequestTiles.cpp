//===- RequestTiles.cpp - Permission for the registers of AMX -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Linux lets a process use the tiles of AMX only after it has asked for them
// (arch_prctl, Linux 5.16 and later). Threads, and processes that are forked,
// keep the permission. A module asks when it is loaded.
//
//===----------------------------------------------------------------------===//

#include "Register.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;

static constexpr llvm::StringLiteral kRequest = "ternary.request_tiles";
// arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)
static constexpr int64_t kArchPrctl = 158, kRequestPermission = 0x1023,
                         kTileData = 18;

static bool usesTiles(Operation *module) {
  return module->walk([](amx::TileLoadOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

void ternary::requestTiles(Operation *op) {
  auto module = dyn_cast<ModuleOp>(op);
  if (!module || !usesTiles(module) || module.lookupSymbol(kRequest))
    return;
  ImplicitLocOpBuilder b(module.getLoc(), module.getBodyRegion());
  Type none = LLVM::LLVMVoidType::get(b.getContext());
  auto request = LLVM::LLVMFuncOp::create(b, kRequest,
                                          LLVM::LLVMFunctionType::get(none, {}),
                                          LLVM::Linkage::Internal);
  LLVM::GlobalCtorsOp::create(
      b, b.getArrayAttr(FlatSymbolRefAttr::get(b.getContext(), kRequest)),
      b.getI32ArrayAttr(0),
      b.getArrayAttr(LLVM::ZeroAttr::get(b.getContext())));
  b.setInsertionPointToStart(request.addEntryBlock(b));
  SmallVector<Value> operands;
  for (int64_t value : {kArchPrctl, kRequestPermission, kTileData})
    operands.push_back(LLVM::ConstantOp::create(b, b.getI64Type(), value));
  auto dialect =
      LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT);
  // A refusal is like a machine without AMX: the first tile traps.
  LLVM::InlineAsmOp::create(
      b, b.getI64Type(), operands, "syscall",
      "={ax},0,{di},{si},~{rcx},~{r11},~{memory},~{dirflag},~{fpsr},~{flags}",
      /*has_side_effects=*/true, /*is_align_stack=*/false,
      LLVM::tailcallkind::TailCallKind::None, dialect,
      /*operand_attrs=*/ArrayAttr());
  LLVM::ReturnOp::create(b, ValueRange());
}
