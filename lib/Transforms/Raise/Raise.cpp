//===- Raise.cpp - ternary-raise ------------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// All layers are decided on before the first one changes, so that what was
// found out about values stays true.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Gather.h"

#include "ternary/IR/Ternary.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <variant>

namespace ternary {
#define GEN_PASS_DEF_TERNARYRAISE
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// What is raised, and with which weights.
struct Decision {
  std::variant<LinearLayer, Gather> layer;
  TernaryWeight weight;

  linalg::LinalgOp getOp() const {
    return std::visit([](auto &found) { return found.op; }, layer);
  }
};

remark::RemarkOpts getRemarkOptions() {
  return remark::RemarkOpts::name("layer").category("ternary-raise");
}

void reportTaken(const Decision &decision) {
  const TernaryWeight &weight = decision.weight;
  auto *linear = std::get_if<LinearLayer>(&decision.layer);
  Type activations =
      linear ? linear->getActivationType()
             : elementOf(std::get<Gather>(decision.layer).ids->get());
  std::string type;
  llvm::raw_string_ostream(type) << activations;
  double total = weight.rows * weight.columns;
  remark::passed(decision.getOp()->getLoc(), getRemarkOptions())
      << remark::add("raised to {0}",
                     linear ? "ternary.bitlinear" : "ternary.embedding")
      << remark::metric("Weights", std::to_string(weight.rows) + "x" +
                                       std::to_string(weight.columns))
      << remark::metric("Scales", weight.getGranularity())
      << remark::metric("Zeros",
                        llvm::formatv("{0:P1}", weight.zeros / total).str())
      << remark::metric("Activations", type);
}

void reportLeft(Operation *op, StringRef reason) {
  remark::missed(op->getLoc(), getRemarkOptions())
      << remark::add("left as it is: {0}", reason);
}

/// Erases ops that have no use any more, and what only they used. The effects
/// of gathers are assertions, which go with them.
void eraseDead(RewriterBase &rewriter, SetVector<Operation *> open,
               const DenseSet<Operation *> &gathers) {
  while (!open.empty()) {
    Operation *op = open.pop_back_val();
    bool isDone = gathers.contains(op) && op->use_empty();
    if (!isDone && !isOpTriviallyDead(op))
      continue;
    for (Value value : getDependencies(op))
      if (Operation *source = value.getDefiningOp())
        open.insert(source);
    for (Value operand : op->getOperands())
      if (Operation *source = operand.getDefiningOp())
        open.insert(source);
    rewriter.eraseOp(op);
  }
}

struct RaisePass : ternary::impl::TernaryRaiseBase<RaisePass> {
  using Base::Base;

  void runOnOperation() override {
    if (maxElements < 1) {
      getOperation()->emitError()
          << "ternary-raise: expected 'max-elements' of 1 or more, found "
          << maxElements.getValue();
      return signalPassFailure();
    }
    std::vector<Decision> decisions = decide();
    IRRewriter rewriter(&getContext());
    SetVector<Operation *> replaced;
    DenseSet<Operation *> gathers;
    for (Decision &decision : decisions) {
      Operation *op = decision.getOp();
      rewriter.replaceAllUsesWith(op->getResult(0), build(rewriter, decision));
      replaced.insert(op);
      if (std::holds_alternative<Gather>(decision.layer))
        gathers.insert(op);
      ++numRaised;
    }
    eraseDead(rewriter, std::move(replaced), gathers);
  }

private:
  static Value build(RewriterBase &rewriter, Decision &decision) {
    if (auto *linear = std::get_if<LinearLayer>(&decision.layer))
      return buildLinearLayer(rewriter, *linear, decision.weight);
    return buildEmbedding(rewriter, std::get<Gather>(decision.layer),
                          decision.weight);
  }

  std::vector<Decision> decide() {
    ConstantEvaluator evaluator(maxElements);
    std::vector<Decision> decisions;
    getOperation()->walk([&](linalg::LinalgOp op) {
      std::string reason;
      std::optional<Decision> decision;
      if (isSumOfProducts(op))
        decision = decideLayer(op, evaluator, reason);
      else if (std::optional<Gather> gather = matchGather(op))
        decision = decideGather(*gather, evaluator, reason);
      else
        return;
      evaluator.freeElements();
      if (decision) {
        reportTaken(*decision);
        decisions.push_back(std::move(*decision));
      } else {
        reportLeft(op, reason);
      }
    });
    return decisions;
  }

  static std::optional<Decision> decideLayer(linalg::LinalgOp op,
                                             ConstantEvaluator &evaluator,
                                             std::string &reason) {
    std::optional<LinearLayer> layer = matchLinearLayer(op, evaluator, reason);
    if (!layer)
      return std::nullopt;
    SmallVector<unsigned> loops(layer->rows);
    llvm::append_range(loops, layer->columns);
    std::optional<ConstantTensor> values =
        evaluator.evaluate(op, layer->weight, loops);
    std::optional<TernaryWeight> weight =
        read(values, layer->countExtents(layer->rows),
             layer->countExtents(layer->columns), evaluator, reason);
    if (!weight || failed(checkTypes(*layer, *weight, reason)))
      return std::nullopt;
    return Decision{*layer, std::move(*weight)};
  }

  static std::optional<Decision> decideGather(const Gather &gather,
                                              ConstantEvaluator &evaluator,
                                              std::string &reason) {
    if (std::string obstacle = evaluator.findObstacle(gather.table);
        !obstacle.empty()) {
      reason = "weights are not constant: " + obstacle;
      return std::nullopt;
    }
    ArrayRef<int64_t> shape =
        cast<ShapedType>(gather.table.getType()).getShape();
    std::optional<TernaryWeight> weight =
        read(evaluator.evaluate(gather.table), shape[0], shape[1], evaluator,
             reason);
    if (!weight)
      return std::nullopt;
    return Decision{gather, std::move(*weight)};
  }

  static std::optional<TernaryWeight>
  read(const std::optional<ConstantTensor> &values, int64_t rows,
       int64_t columns, ConstantEvaluator &evaluator, std::string &reason) {
    if (!values) {
      reason = "weights are not computed: " + evaluator.getReason().str();
      return std::nullopt;
    }
    std::optional<TernaryWeight> weight =
        takeApart(*values, rows, columns, reason);
    if (!weight)
      reason = "weights are not ternary: " + reason;
    return weight;
  }
};

} // namespace
