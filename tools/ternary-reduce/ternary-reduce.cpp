//===- ternary-reduce.cpp - Makes a failing file small --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Upstream's mlir-reduce with this dialect: an op may be replaced by the arrays
// that it would have written, or lose operands that it can do without.
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"

#include "ternary/IR/Ternary.h"
#include "ternary/InitAll.h"

#include "mlir/IR/PatternMatch.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Reducer/Passes.h"
#include "mlir/Reducer/ReductionPatternInterface.h"
#include "mlir/Reducer/Tester.h"
#include "mlir/Tools/mlir-reduce/MlirReduceMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"

using namespace mlir;

namespace {

/// A simplification that is kept where the module still fails with it.
class TriedPattern : public RewritePattern {
public:
  TriedPattern(MLIRContext *context, Tester &tester)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context),
        tester(tester) {}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const final {
    auto module = op->getParentOfType<ModuleOp>();
    if (!isa<ternary::TernaryDialect>(op->getDialect()) || !canApply(op) ||
        !module || !isWhole(module) || !failsAfter(module, op))
      return failure();
    apply(op, rewriter);
    return success();
  }

protected:
  virtual bool canApply(Operation *op) const = 0;
  virtual void apply(Operation *op, RewriterBase &rewriter) const = 0;

private:
  /// Between two steps of the reduction, ops may lack operands.
  static bool isWhole(ModuleOp module) {
    WalkResult found = module.walk([](Operation *op) {
      return WalkResult(
          success(!llvm::is_contained(op->getOperands(), Value())));
    });
    return !found.wasInterrupted();
  }

  bool failsAfter(ModuleOp module, Operation *op) const {
    IRMapping copies;
    OwningOpRef<ModuleOp> copy = cast<ModuleOp>(module->clone(copies));
    IRRewriter rewriter(op->getContext());
    Operation *copied = copies.lookup(op);
    rewriter.setInsertionPoint(copied);
    apply(copied, rewriter);
    return tester.isInteresting(*copy).first == Tester::Interestingness::True;
  }

  Tester &tester;
};

struct ReplaceByInits : TriedPattern {
  using TriedPattern::TriedPattern;
  bool canApply(Operation *op) const final {
    auto destination = dyn_cast<DestinationStyleOpInterface>(op);
    return destination &&
           op->getNumResults() == destination.getDpsInits().size();
  }
  void apply(Operation *op, RewriterBase &rewriter) const final {
    rewriter.replaceOp(op, cast<DestinationStyleOpInterface>(op).getDpsInits());
  }
};

struct DropOptionalOperands : TriedPattern {
  using TriedPattern::TriedPattern;
  bool canApply(Operation *op) const final {
    auto layer = dyn_cast<ternary::BitLinearOp>(op);
    return layer && (layer.getBias() || layer.getActivationScale());
  }
  void apply(Operation *op, RewriterBase &rewriter) const final {
    auto layer = cast<ternary::BitLinearOp>(op);
    rewriter.modifyOpInPlace(layer, [&] {
      layer.getBiasMutable().clear();
      layer.getActivationScaleMutable().clear();
    });
  }
};

struct TernaryReductionPatterns : DialectReductionPatternInterface {
  explicit TernaryReductionPatterns(Dialect *dialect)
      : DialectReductionPatternInterface(dialect) {}
  void populateReductionPatterns(RewritePatternSet &) const final {}
  void populateReductionPatternsWithTester(RewritePatternSet &patterns,
                                           Tester &tester) const final {
    patterns.add<ReplaceByInits, DropOptionalOperands>(patterns.getContext(),
                                                       tester);
  }
};

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  ternary::setVersionPrinter("ternary-reduce");
  DialectRegistry registry;
  ternary::registerAllDialects(registry);
  registry.addExtension(+[](MLIRContext *, ternary::TernaryDialect *dialect) {
    dialect->addInterfaces<TernaryReductionPatterns>();
  });
  mlir::registerAllPasses();
  ternary::registerAllPasses();
  MLIRContext context(registry);
  context.loadDialect<ternary::TernaryDialect>();
  return failed(mlirReduceMain(argc, argv, context));
}
