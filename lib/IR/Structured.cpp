//===- Structured.cpp - Building structured ops ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Structured.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

Value ternary::buildGeneric(ImplicitLocOpBuilder &b, ValueRange inputs,
                            Value out, ArrayRef<AffineMap> maps,
                            ArrayRef<int64_t> reductions,
                            function_ref<Value(ValueRange)> body) {
  SmallVector<utils::IteratorType> iterators(maps.back().getNumDims(),
                                             utils::IteratorType::parallel);
  for (int64_t reduction : reductions)
    iterators[reduction] = utils::IteratorType::reduction;
  auto build = [&](OpBuilder &nested, Location, ValueRange elements) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(nested.getInsertionBlock());
    Value result = body(elements);
    linalg::YieldOp::create(b, result);
  };
  return linalg::GenericOp::create(b, out.getType(), inputs, out, maps,
                                   iterators, build)
      .getResult(0);
}

SmallVector<AffineExpr> ternary::getScaleExprs(int64_t rank, AffineExpr n,
                                               AffineExpr k,
                                               int64_t groupSize) {
  if (rank == 0)
    return {};
  if (rank == 1)
    return {n};
  return {n, k.floorDiv(groupSize)};
}
