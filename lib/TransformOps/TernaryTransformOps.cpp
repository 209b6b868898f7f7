//===- TernaryTransformOps.cpp - Schedules as IR --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/TransformOps/TernaryTransformOps.h"

#include "ternary/Conversion/Passes.h"
#include "ternary/Transforms/Transforms.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace ternary;
using mlir::transform::ApplyToEachResultList;
using mlir::transform::TransformResults;
using mlir::transform::TransformRewriter;
using mlir::transform::TransformState;

#define GET_OP_CLASSES
#include "ternary/TransformOps/TernaryTransformOps.cpp.inc"

using Effects = SmallVectorImpl<MemoryEffects::EffectInstance>;

/// The payload as layers, or a failure at the first op that is none.
template <typename Op>
static DiagnosedSilenceableFailure
findLayers(Op op, TransformState &state, SmallVectorImpl<BitLinearOp> &layers) {
  for (Operation *payload : state.getPayloadOps(op.getLayers())) {
    auto layer = dyn_cast<BitLinearOp>(payload);
    if (!layer) {
      DiagnosedSilenceableFailure failure =
          op.emitSilenceableError()
          << "layers: expected ternary.bitlinear, found '" << payload->getName()
          << "'";
      failure.attachNote(payload->getLoc()) << "payload op";
      return failure;
    }
    layers.push_back(layer);
  }
  return DiagnosedSilenceableFailure::success();
}

//===----------------------------------------------------------------------===//
// SelectPackingOp
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure ternary::transform::SelectPackingOp::apply(
    TransformRewriter &, TransformResults &, TransformState &state) {
  SmallVector<BitLinearOp> layers;
  DiagnosedSilenceableFailure found = findLayers(*this, state, layers);
  if (!found.succeeded())
    return found;
  PackingSelection selection{getPackingAttr(), int64_t(getCacheBytes())};
  if (failed(selectPackings(layers, selection)))
    return DiagnosedSilenceableFailure::definiteFailure();
  return DiagnosedSilenceableFailure::success();
}

void ternary::transform::SelectPackingOp::getEffects(Effects &effects) {
  mlir::transform::onlyReadsHandle(getLayersMutable(), effects);
  mlir::transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// TileOp
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure
ternary::transform::TileOp::apply(TransformRewriter &rewriter,
                                  TransformResults &results,
                                  TransformState &state) {
  SmallVector<BitLinearOp> layers;
  DiagnosedSilenceableFailure found = findLayers(*this, state, layers);
  if (!found.succeeded())
    return found;
  SmallVector<Operation *> loops;
  for (BitLinearOp layer : layers) {
    FailureOr<Operation *> loop =
        tileLayer(rewriter, layer, getRowTile(), getTokenTile());
    if (failed(loop))
      return DiagnosedSilenceableFailure::definiteFailure();
    if (*loop)
      loops.push_back(*loop);
  }
  results.set(cast<OpResult>(getLoops()), loops);
  return DiagnosedSilenceableFailure::success();
}

void ternary::transform::TileOp::getEffects(Effects &effects) {
  mlir::transform::consumesHandle(getLayersMutable(), effects);
  mlir::transform::producesHandle(getOperation()->getOpResults(), effects);
  mlir::transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// Lowerings
//===----------------------------------------------------------------------===//

static RewriterBase::Listener *getListener(TransformRewriter &rewriter) {
  return static_cast<RewriterBase::Listener *>(rewriter.getListener());
}

static DiagnosedSilenceableFailure toFailure(LogicalResult result) {
  return succeeded(result) ? DiagnosedSilenceableFailure::success()
                           : DiagnosedSilenceableFailure::definiteFailure();
}

DiagnosedSilenceableFailure
ternary::transform::LowerToRegisterLevelOp::applyToOne(
    TransformRewriter &rewriter, Operation *target, ApplyToEachResultList &,
    TransformState &) {
  return toFailure(convertToRegisterLevel(target, getListener(rewriter)));
}

void ternary::transform::LowerToRegisterLevelOp::getEffects(Effects &effects) {
  mlir::transform::onlyReadsHandle(getTargetMutable(), effects);
  mlir::transform::modifiesPayload(effects);
}

DiagnosedSilenceableFailure ternary::transform::VectorizeOp::applyToOne(
    TransformRewriter &rewriter, Operation *target, ApplyToEachResultList &,
    TransformState &) {
  return toFailure(lowerRegisterLevel(target, getListener(rewriter)));
}

void ternary::transform::VectorizeOp::getEffects(Effects &effects) {
  mlir::transform::onlyReadsHandle(getTargetMutable(), effects);
  mlir::transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// Extension
//===----------------------------------------------------------------------===//

namespace {

struct TernaryTransformExtension
    : mlir::transform::TransformDialectExtension<TernaryTransformExtension> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TernaryTransformExtension)

  void init() {
    declareDependentDialect<TernaryDialect>();
    declareGeneratedDialect<affine::AffineDialect>();
    declareGeneratedDialect<amx::AMXDialect>();
    declareGeneratedDialect<arith::ArithDialect>();
    declareGeneratedDialect<linalg::LinalgDialect>();
    declareGeneratedDialect<LLVM::LLVMDialect>();
    declareGeneratedDialect<math::MathDialect>();
    declareGeneratedDialect<memref::MemRefDialect>();
    declareGeneratedDialect<scf::SCFDialect>();
    declareGeneratedDialect<tensor::TensorDialect>();
    declareGeneratedDialect<vector::VectorDialect>();
    registerTransformOps<
#define GET_OP_LIST
#include "ternary/TransformOps/TernaryTransformOps.cpp.inc"
        >();
  }
};

} // namespace

void ternary::registerTransformDialectExtension(DialectRegistry &registry) {
  registry.addExtensions<TernaryTransformExtension>();
}
