//===- BufferizableOpInterfaceImpl.cpp ------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/BufferizableOpInterfaceImpl.h"

#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/IR/DialectRegistry.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace ternary;

namespace {

template <typename OpTy>
struct DstOpModel
    : DstBufferizableOpInterfaceExternalModel<DstOpModel<OpTy>, OpTy> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const AnalysisState &) const {
    // Inits are overwritten whole, but where they hold a state.
    return updatesState(op) ||
           !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options,
                          BufferizationState &state) const {
    auto dst = cast<DestinationStyleOpInterface>(op);
    if (dst.hasPureBufferSemantics())
      return success();
    rewriter.setInsertionPoint(op);
    SmallVector<Value> operands, results;
    for (OpOperand &operand : op->getOpOperands()) {
      Value value = operand.get();
      if (isa<TensorType>(value.getType())) {
        FailureOr<Value> buffer = getBuffer(rewriter, value, options, state);
        if (failed(buffer))
          return failure();
        value = *buffer;
      }
      operands.push_back(value);
      if (dst.isDpsInit(&operand))
        results.push_back(value);
    }
    OperationState newOp(op->getLoc(), op->getName(), operands, TypeRange(),
                         op->getAttrs());
    newOp.propertiesAttr = op->getPropertiesAsAttribute();
    rewriter.create(newOp);
    replaceOpWithBufferizedValues(rewriter, op, results);
    return success();
  }
};

template <typename... Ops> void attach(MLIRContext *context) {
  (Ops::template attachInterface<DstOpModel<Ops>>(*context), ...);
}

} // namespace

void ternary::registerBufferizableOpInterfaceExternalModels(
    DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, TernaryDialect *) {
    attach<AbsmeanOp, AccumulateCorrelationOp, AccumulateTritOp, BitLinearOp,
           DeadzoneStatsOp, DecomposeOp, DequantizeOp, DequantizeActivationOp,
           EffectiveExponentOp, EmbeddingOp, EmbeddingGradSignOp,
           ExponentInitDimOp, ExponentInitMeanOp, GradInputOp, GradSignOp,
           LearnableScaleOp, LearnableScaleBackwardOp, NonzeroMaskOp, PackOp,
           QuantizeActivationOp, RMSNormOp, RMSNormBackwardOp, RegroupScaleOp,
           RepackOp, STEOp, STEBackwardOp, SparsifyOp, StepOp, TernarizeOp,
           UnpackOp, UpdateExponentOp>(context);
  });
}
