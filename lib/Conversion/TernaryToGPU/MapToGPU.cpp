//===- MapToGPU.cpp - map-loops-to-gpu ------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// What has no kernel of its own still runs on the GPU: each parallel loop of
// the host becomes a kernel with a thread per round, what else reads or writes
// memory a kernel of one thread. Scalars that such code leaves for later go
// through buffers.
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "GPUKernelBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"

namespace ternary {
#define GEN_PASS_DEF_MAPLOOPSTOGPU
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Whether `op` or an op in it satisfies a condition.
template <typename... Ops> static bool holds(Operation *op) {
  return op
      ->walk([](Operation *inner) {
        return isa<Ops...>(inner) ? WalkResult::interrupt()
                                  : WalkResult::advance();
      })
      .wasInterrupted();
}

/// Whether `op` itself reads or writes what memory holds.
static bool accesses(Operation *op) {
  auto effects = dyn_cast<MemoryEffectOpInterface>(op);
  return effects && (effects.hasEffect<MemoryEffects::Read>() ||
                     effects.hasEffect<MemoryEffects::Write>());
}

static bool accessesInside(Operation *op) {
  return op
      ->walk([](Operation *inner) {
        return accesses(inner) ? WalkResult::interrupt()
                               : WalkResult::advance();
      })
      .wasInterrupted();
}

namespace {

/// Maps the ops of one function.
class Mapper {
public:
  explicit Mapper(func::FuncOp function) : function(function) {}

  LogicalResult run() {
    return failure(failed(mapBlock(function.getBody().front())) ||
                   failed(eraseStale()));
  }

private:
  LogicalResult mapBlock(Block &block) {
    SmallVector<Operation *> ops = llvm::map_to_vector(
        block.without_terminator(), [](Operation &op) { return &op; });
    SmallVector<Operation *> alone;
    for (Operation *op : ops) {
      if (isForOneThread(op)) {
        alone.push_back(op);
        waiting.insert(op);
        continue;
      }
      // Scalars in between do not end what one thread does.
      if (isMemoryEffectFree(op) && op->getNumRegions() == 0)
        continue;
      launchAlone(alone);
      if (failed(mapOnHost(op)))
        return failure();
    }
    launchAlone(alone);
    return checkOnHost(block.getTerminator());
  }

  /// What must run on the device, and has no parallel loop.
  bool isForOneThread(Operation *op) {
    if (isa<gpu::LaunchOp, scf::ParallelOp>(op) ||
        holds<gpu::LaunchOp, scf::ParallelOp>(op))
      return false;
    if (accessesInside(op))
      return true;
    // Arithmetic on what only the device knows.
    return isMemoryEffectFree(op) && !isa<ViewLikeOpInterface>(op) &&
           llvm::any_of(op->getOperands(), [&](Value operand) {
             return onDevice.contains(operand) ||
                    waiting.contains(operand.getDefiningOp());
           });
  }

  LogicalResult mapOnHost(Operation *op) {
    if (auto loop = dyn_cast<scf::ParallelOp>(op))
      return launchLoop(loop);
    if (auto launch = dyn_cast<gpu::LaunchOp>(op)) {
      reloadIn(launch);
      return success();
    }
    if (failed(checkOnHost(op)))
      return failure();
    for (Region &region : op->getRegions())
      for (Block &block : region)
        if (failed(mapBlock(block)))
          return failure();
    return success();
  }

  static LogicalResult refuse(Operation *op) {
    return op->emitOpError()
           << "needs a number on the host that the device computes";
  }

  LogicalResult checkOnHost(Operation *op) {
    for (Value operand : op->getOperands())
      if (onDevice.contains(operand))
        return refuse(op);
    return success();
  }

  LogicalResult launchLoop(scf::ParallelOp loop) {
    if (loop.getNumResults() != 0)
      return loop.emitOpError() << "expected no reduction on the GPU";
    OpBuilder before(loop);
    GPUKernelBuilder b(loop, before);
    Values counts;
    Value total = b.index(1);
    for (auto [lower, upper, step] : llvm::zip(
             loop.getLowerBound(), loop.getUpperBound(), loop.getStep())) {
      Value length = b.sub(upper, lower);
      counts.push_back(arith::CeilDivSIOp::create(b, length, step));
      total = b.mul(total, counts.back());
    }
    b.launchThreads(total, [&](Value i) {
      IRMapping mapping;
      Values indices(counts.size());
      for (size_t d = counts.size(); d-- > 0;) {
        Value quotient = d == 0 ? i : Value();
        Value digit = i;
        if (d > 0) {
          quotient = arith::DivUIOp::create(b, i, counts[d]);
          digit = b.sub(i, b.mul(quotient, counts[d]));
        }
        indices[d] =
            b.add(loop.getLowerBound()[d], b.mul(digit, loop.getStep()[d]));
        i = quotient;
      }
      mapping.map(loop.getInductionVars(), indices);
      for (Operation &op : loop.getBody()->without_terminator())
        b.clone(op, mapping);
    });
    reloadIn(cast<gpu::LaunchOp>(loop->getPrevNode()));
    loop.erase();
    return success();
  }

  /// A kernel of one thread for ops that follow each other in a block, and the
  /// scalars they need.
  void launchAlone(SmallVector<Operation *> &ops) {
    if (ops.empty())
      return;
    Operation *last = ops.back();
    OpBuilder behind(last->getContext());
    behind.setInsertionPointAfter(last);
    GPUKernelBuilder b(last, behind);
    DenseSet<Operation *> moved(ops.begin(), ops.end());
    Values outputs;
    for (Operation *op : ops)
      for (Value result : op->getResults())
        if (llvm::any_of(result.getUsers(), [&](Operation *user) {
              return !isInside(user, moved);
            }))
          outputs.push_back(result);
    Values buffers;
    for (Value output : outputs)
      buffers.push_back(
          memref::AllocOp::create(b, MemRefType::get({}, output.getType())));
    IRMapping mapping;
    gpu::LaunchOp launch;
    b.launch(b.index(1), b.index(1), 1, [&](const GPUKernelBuilder::Place &) {
      for (Operation *op : ops)
        b.clone(*op, mapping);
      for (auto [output, buffer] : llvm::zip(outputs, buffers))
        b.store(mapping.lookup(output), buffer, {});
      launch = cast<gpu::LaunchOp>(b.getInsertionBlock()->getParentOp());
    });
    for (auto [output, buffer] : llvm::zip(outputs, buffers))
      onDevice[output] = buffer;
    // What is left of them only says whose value a buffer holds; users first.
    SmallVector<Operation *> left;
    for (Operation *op : llvm::reverse(ops)) {
      if (op->use_empty())
        op->erase();
      else
        left.push_back(op);
    }
    stale.push_back(left);
    reloadIn(launch);
    ops.clear();
    waiting.clear();
  }

  static bool isInside(Operation *op, const DenseSet<Operation *> &ops) {
    for (; op; op = op->getParentOp())
      if (ops.contains(op))
        return true;
    return false;
  }

  /// Reads what a kernel takes from buffers.
  void reloadIn(gpu::LaunchOp launch) {
    Region &body = launch.getBody();
    auto inside = OpBuilder::atBlockBegin(&body.front());
    GPUKernelBuilder b(launch, inside);
    DenseMap<Value, Value> loaded;
    body.walk([&](Operation *inner) {
      for (OpOperand &operand : inner->getOpOperands()) {
        auto found = onDevice.find(operand.get());
        if (found == onDevice.end())
          continue;
        Value &value = loaded[operand.get()];
        if (!value)
          value = b.load(found->second, {});
        operand.set(value);
      }
    });
  }

  /// Erases what was replaced by buffers.
  LogicalResult eraseStale() {
    // Ops of later kernels use what earlier ones left.
    for (SmallVector<Operation *> &group : llvm::reverse(stale))
      for (Operation *op : group) {
        if (!op->use_empty())
          return refuse(*op->user_begin());
        op->erase();
      }
    return success();
  }

  func::FuncOp function;
  /// Ops of the kernel of one thread that is being gathered.
  DenseSet<Operation *> waiting;
  /// Scalars that are computed on the device, and where they lie.
  DenseMap<Value, Value> onDevice;
  SmallVector<SmallVector<Operation *>> stale;
};

struct MapLoopsToGPUPass : ternary::impl::MapLoopsToGPUBase<MapLoopsToGPUPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    if (!function.getBody().hasOneBlock()) {
      function.emitOpError() << "expected one block, for the GPU";
      return signalPassFailure();
    }
    Mapper mapper(function);
    if (failed(mapper.run()))
      return signalPassFailure();
    function.walk([&](gpu::LaunchOp launch) { makeSequential(launch); });
  }

private:
  /// Inside of a thread loops are plain, and buffers its own.
  void makeSequential(gpu::LaunchOp launch) {
    launch.getBody().walk([](scf::ParallelOp loop) {
      OpBuilder b(loop);
      scf::LoopNest nest = scf::buildLoopNest(
          b, loop.getLoc(), loop.getLowerBound(), loop.getUpperBound(),
          loop.getStep(), [](OpBuilder &, Location, ValueRange) {});
      Block *inner = nest.loops.back().getBody();
      for (auto [from, to] : llvm::zip(loop.getInductionVars(), nest.loops))
        from.replaceAllUsesWith(to.getInductionVar());
      inner->getOperations().splice(inner->getTerminator()->getIterator(),
                                    loop.getBody()->getOperations(),
                                    loop.getBody()->begin(),
                                    std::prev(loop.getBody()->end()));
      loop.erase();
    });
    launch.getBody().walk([](memref::AllocOp alloc) {
      if (!alloc.getType().hasStaticShape())
        return;
      for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
        if (isa<memref::DeallocOp>(user))
          user->erase();
      OpBuilder b(alloc);
      Value local =
          memref::AllocaOp::create(b, alloc.getLoc(), alloc.getType());
      alloc.replaceAllUsesWith(local);
      alloc.erase();
    });
  }
};

} // namespace
