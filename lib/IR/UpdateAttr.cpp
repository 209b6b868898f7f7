//===- UpdateAttr.cpp - Updates of ternary weights by a gradient ----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Verify.h"

#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace ternary;

/// (update_c1).
static LogicalResult verifyState(function_ref<InFlightDiagnostic()> emitError,
                                 ArrayRef<int64_t> state, bool pair) {
  if (state.size() != (pair ? 2 : 1))
    return emitError() << "expected 'state' of " << (pair ? 2 : 1)
                       << " arguments, found " << state.size();
  for (int64_t number : state)
    if (number < 0)
      return emitError() << "expected argument numbers in 'state', found "
                         << number;
  if (pair && state[0] == state[1])
    return emitError() << "expected distinct arguments in 'state', found "
                       << state[0] << " twice";
  return success();
}

/// (update_c2).
static LogicalResult verifyGroup(function_ref<InFlightDiagnostic()> emitError,
                                 UpdateRule rule, bool grouped,
                                 std::optional<int64_t> groupSize) {
  if (grouped != groupSize.has_value())
    return emitError() << "expected " << (grouped ? "" : "no ")
                       << "'group_size' with rule " << stringifyUpdateRule(rule)
                       << ", found " << (grouped ? "none" : "it");
  if (groupSize && *groupSize < 1)
    return emitError() << "expected 'group_size' of at least 1, found "
                       << *groupSize;
  return success();
}

LogicalResult UpdateAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 UpdateRule rule, ArrayRef<int64_t> state,
                                 std::optional<int64_t> groupSize,
                                 std::optional<int64_t> threshold,
                                 std::optional<int64_t> thresholds,
                                 std::optional<int64_t> amount,
                                 std::optional<int64_t> amountArgument) {
  bool correlates = rule == UpdateRule::Correlation,
       steps = rule == UpdateRule::Step, votes = rule == UpdateRule::Exponent;
  if (failed(verifyState(emitError, state, correlates || (votes && threshold))))
    return failure();
  // (update_c3)
  if (steps && threshold.has_value() == thresholds.has_value())
    return emitError() << "expected exactly one of 'threshold' and "
                          "'thresholds' with rule step, found "
                       << (threshold ? "both" : "none");
  if ((threshold && !steps && !votes) || (thresholds && !steps))
    return emitError() << "expected no '"
                       << (thresholds ? "thresholds" : "threshold")
                       << "' with rule " << stringifyUpdateRule(rule);
  // (update_c4)
  if (amount && votes && threshold)
    return emitError() << "expected no 'amount' beside the 'threshold' of rule "
                          "exponent";
  if (amountArgument && (amount || !correlates))
    return emitError() << "expected 'amount_argument' only with rule "
                          "correlation and without 'amount'";
  return verifyGroup(emitError, rule, correlates || votes || thresholds,
                     groupSize);
}

/// Tensors, or the memrefs that bufferization makes of them.
static bool isShaped(Type type) {
  return isa<RankedTensorType, MemRefType>(type);
}

/// Integers of one of these widths and of this rank; without one, one element.
static bool fits(Type type, ArrayRef<unsigned> widths,
                 std::optional<int64_t> rank) {
  if (!isShaped(type))
    return false;
  auto shaped = cast<ShapedType>(type);
  bool counts = llvm::any_of(widths, [&](unsigned width) {
    return shaped.getElementType().isInteger(width);
  });
  if (rank)
    return counts && shaped.getRank() == *rank;
  return counts && (shaped.getRank() == 0 ||
                    succeeded(verifyCompatibleShape(shaped.getShape(), {1})));
}

namespace {

/// The arguments that one update names.
class UpdateArguments {
public:
  UpdateArguments(FunctionOpInterface function, unsigned weight)
      : function(function), weight(weight) {}

  LogicalResult verify(UpdateAttr update) {
    ArrayRef<int64_t> state = update.getState();
    if (update.getRule() == UpdateRule::Correlation) {
      if (failed(verify("correlation", state[0], {64}, 2)) ||
          failed(verify("step", state[1], {64}, std::nullopt)))
        return failure();
    } else {
      for (int64_t number : state)
        if (failed(verify("state", number, {8}, 2)))
          return failure();
    }
    if (update.getThresholds() &&
        failed(verify("thresholds", *update.getThresholds(), {8, 32, 64}, 2)))
      return failure();
    return verifyAmount(update.getAmountArgument());
  }

private:
  InFlightDiagnostic error() {
    return function->emitError()
           << "argument " << weight << ": '" << kUpdateAttrName << "' ";
  }

  /// (update_c5).
  LogicalResult verifyNumber(StringRef name, int64_t number) {
    if (number >= 0 && number < function.getNumArguments() && number != weight)
      return success();
    return error() << "expected another argument of the function as '" << name
                   << "', found number " << number;
  }

  /// (update_c6): a tensor of integers of one of these widths. Without a rank
  /// it holds one element.
  LogicalResult verify(StringRef name, int64_t number,
                       ArrayRef<unsigned> widths, std::optional<int64_t> rank) {
    if (failed(verifyNumber(name, number)))
      return failure();
    Type type = function.getArgumentTypes()[number];
    if (fits(type, widths, rank))
      return success();
    InFlightDiagnostic diag = error();
    diag << "expected '" << name << "', argument " << number
         << ", to be a tensor or memref of ";
    llvm::interleave(
        widths, [&](unsigned width) { diag << "i" << width; },
        [&] { diag << " or "; });
    if (rank)
      diag << " of rank " << *rank;
    else
      diag << " with one element";
    return diag << ", found " << type;
  }

  LogicalResult verifyAmount(std::optional<int64_t> number) {
    if (!number)
      return success();
    if (failed(verifyNumber("amount_argument", *number)))
      return failure();
    Type type = function.getArgumentTypes()[*number];
    if (type.isInteger(64))
      return success();
    return error() << "expected 'amount_argument', argument " << *number
                   << ", to be an i64, found " << type;
  }

  FunctionOpInterface function;
  unsigned weight;
};

} // namespace

LogicalResult support::verifyUpdates(Operation *op, unsigned argument,
                                     Attribute value) {
  auto function = cast<FunctionOpInterface>(op);
  auto updates = dyn_cast<ArrayAttr>(value);
  if (!updates || !llvm::all_of(updates, llvm::IsaPred<UpdateAttr>))
    return op->emitError() << "'" << kUpdateAttrName
                           << "': expected an array of #ternary.update, found "
                           << value;
  // (update_c5)
  Type type = function.getArgumentTypes()[argument];
  if (!isShaped(type) || !cast<ShapedType>(type).getElementType().isInteger(8))
    return op->emitError()
           << "argument " << argument << ": '" << kUpdateAttrName
           << "' expected a ranked tensor or memref of i8, found " << type;
  UpdateArguments arguments(function, argument);
  for (auto update : updates.getAsRange<UpdateAttr>())
    if (failed(arguments.verify(update)))
      return failure();
  return success();
}
