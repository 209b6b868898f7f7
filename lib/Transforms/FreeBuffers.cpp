//===- FreeBuffers.cpp - ternary-free-buffers -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYFREEBUFFERS
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;

namespace {

/// Positions of the ops of a block, counted once: op order in the block itself
/// is recounted after each insertion.
using Positions = DenseMap<Operation *, int64_t>;

/// Whether a value of this type may stand for a buffer: a memref, a tensor, a
/// descriptor.
bool mayAlias(Type type) {
  return !type.isIntOrIndexOrFloat() && !isa<VectorType>(type);
}

/// Collects the ops that use `value` or a view of it. Fails if it may live on
/// in another value, or is freed already.
LogicalResult collectUsers(Value value, SmallVectorImpl<Operation *> &users) {
  for (Operation *user : value.getUsers()) {
    if (isa<ViewLikeOpInterface>(user)) {
      if (failed(collectUsers(user->getResult(0), users)))
        return failure();
      continue;
    }
    auto store = dyn_cast<memref::StoreOp>(user);
    if ((store && store.getValueToStore() == value) ||
        user->hasTrait<OpTrait::IsTerminator>() ||
        isa<RegionBranchOpInterface, memref::DeallocOp,
            memref::ExtractAlignedPointerAsIndexOp>(user) ||
        llvm::any_of(user->getResultTypes(), mayAlias))
      return failure();
    users.push_back(user);
  }
  return success();
}

struct FreeBuffersPass
    : ternary::impl::TernaryFreeBuffersBase<FreeBuffersPass> {
  void runOnOperation() override {
    SmallVector<memref::AllocOp> allocs;
    DenseMap<Block *, Positions> blocks;
    getOperation()->walk([&](Operation *op) {
      if (auto alloc = dyn_cast<memref::AllocOp>(op))
        allocs.push_back(alloc);
      if (auto dealloc = dyn_cast<memref::DeallocOp>(op))
        keep(dealloc);
    });
    for (memref::AllocOp alloc : allocs) {
      Positions &positions = blocks[alloc->getBlock()];
      if (positions.empty())
        for (auto [i, op] : llvm::enumerate(*alloc->getBlock()))
          positions[&op] = i;
      if (Operation *last = getLastUser(alloc, positions))
        freeBehind(last, alloc);
    }
  }

private:
  /// The last op of the alloc's block that uses it (or holds a user), null if
  /// it escapes.
  Operation *getLastUser(memref::AllocOp alloc, const Positions &positions) {
    SmallVector<Operation *> users;
    if (failed(collectUsers(alloc, users)))
      return nullptr;
    Operation *last = alloc;
    for (Operation *user : users) {
      Operation *ancestor = alloc->getBlock()->findAncestorOpInBlock(*user);
      if (!ancestor)
        return nullptr;
      if (positions.lookup(ancestor) > positions.lookup(last))
        last = ancestor;
    }
    return last;
  }

  void freeBehind(Operation *last, memref::AllocOp alloc) {
    OpBuilder b(&getContext());
    b.setInsertionPointAfter(last);
    keep(memref::DeallocOp::create(b, alloc.getLoc(), alloc));
  }

  /// Marks a dealloc and its alloc as done.
  void keep(memref::DeallocOp dealloc) {
    auto mark = [&](Operation *op) {
      op->setAttr(bufferization::BufferizationDialect::kManualDeallocation,
                  UnitAttr::get(&getContext()));
    };
    mark(dealloc);
    Value memref = dealloc.getMemref();
    while (auto view = memref.getDefiningOp<ViewLikeOpInterface>())
      memref = view.getViewSource();
    if (auto alloc = memref.getDefiningOp<memref::AllocOp>())
      mark(alloc);
  }
};

} // namespace
