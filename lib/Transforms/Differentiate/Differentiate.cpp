//===- Differentiate.cpp - ternary-differentiate --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GradientBuilder.h"
#include "StateUpdates.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYDIFFERENTIATE
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

void ternary::registerGradientExternalModels(DialectRegistry &registry) {
  attachScalarGradients(registry);
  attachTensorGradients(registry);
  attachLayerGradients(registry);
  attachQuantizerGradients(registry);
}

namespace {

/// What the attributes of a function ask for, by numbers of its arguments and
/// results.
struct Request {
  explicit Request(func::FuncOp function);
  LogicalResult check();

  func::FuncOp function;
  StringAttr name;
  SmallVector<unsigned> gradients, states, seeds;
  UpdateMap updates;
};

/// The function that a request asks for.
class GradientFunction {
public:
  GradientFunction(const Request &request, STEVariant ste)
      : request(request), source(request.function), cotangents(ste) {}

  /// Fails, and leaves nothing behind, if an op cannot be differentiated.
  LogicalResult build();

private:
  void declare();
  void cloneForward();
  void decompose();
  LogicalResult reverse(OpBuilder &builder);
  void emitRemark(unsigned argument);

  const Request &request;
  func::FuncOp source, function;
  Cotangents cotangents;
  /// What the source function returns.
  SmallVector<Value> results;
};

} // namespace

//===----------------------------------------------------------------------===//
// Requests
//===----------------------------------------------------------------------===//

/// A float or a ranked tensor of floats.
static bool isFloat(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return isa<FloatType>(tensor ? tensor.getElementType() : type);
}

Request::Request(func::FuncOp function)
    : function(function),
      name(function->getAttrOfType<StringAttr>(kGradientAttrName)) {
  llvm::SmallSetVector<unsigned, 8> state;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    if (function.getArgAttr(i, kGradAttrName))
      gradients.push_back(i);
    auto rules = function.getArgAttrOfType<ArrayAttr>(i, kUpdateAttrName);
    if (!rules)
      continue;
    for (auto rule : rules.getAsRange<UpdateAttr>()) {
      updates[i].push_back(rule);
      state.insert_range(rule.getState());
      if (rule.getRule() == UpdateRule::Step)
        state.insert(i);
    }
  }
  states = state.takeVector();
  llvm::sort(states);
  // Without a choice all floats are differentiated.
  bool chosen = false;
  for (unsigned i = 0; i < function.getNumResults(); ++i)
    chosen |= bool(function.getResultAttr(i, kGradAttrName));
  for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
    if (isFloat(type) && (!chosen || function.getResultAttr(i, kGradAttrName)))
      seeds.push_back(i);
}

LogicalResult Request::check() {
  auto error = [&] {
    return function->emitOpError() << "cannot be differentiated: expected ";
  };
  if (function.isExternal())
    return error() << "a body";
  if (!function.getBody().hasOneBlock())
    return error() << "one block, found "
                   << function.getBody().getBlocks().size();
  if (gradients.empty() && updates.empty())
    return error() << "an argument with '" << kGradAttrName << "' or '"
                   << kUpdateAttrName << "'";
  if (seeds.empty())
    return error() << "a result that is a float or a ranked tensor of floats";
  for (Type type : function.getArgumentTypes())
    if (isa<BaseMemRefType>(type))
      return error() << "tensors, found an argument of type " << type;
  // What is written to memory would be lost to the gradient.
  WalkResult walk = function.walk([&](Operation *op) {
    auto memory =
        llvm::find_if(op->getResultTypes(), llvm::IsaPred<BaseMemRefType>);
    if (memory == op->getResultTypes().end())
      return WalkResult::advance();
    op->emitOpError() << "cannot be differentiated: expected tensors, found a "
                         "result of type "
                      << *memory;
    return WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}

//===----------------------------------------------------------------------===//
// The gradient function
//===----------------------------------------------------------------------===//

/// The attributes of each argument or result but for some.
static SmallVector<DictionaryAttr> without(ArrayRef<DictionaryAttr> attrs,
                                           ArrayRef<StringLiteral> names) {
  return llvm::map_to_vector(attrs, [&](DictionaryAttr all) {
    NamedAttrList kept(all);
    for (StringLiteral name : names)
      kept.erase(name);
    return kept.getDictionary(all.getContext());
  });
}

void GradientFunction::declare() {
  SmallVector<Type> arguments(source.getArgumentTypes());
  SmallVector<Type> types(source.getResultTypes());
  SmallVector<DictionaryAttr> argumentAttrs, resultAttrs;
  source.getAllArgAttrs(argumentAttrs);
  source.getAllResultAttrs(resultAttrs);
  // What is trained is no constant.
  argumentAttrs = without(argumentAttrs,
                          {kGradAttrName, kUpdateAttrName, kConstantAttrName});
  resultAttrs = without(resultAttrs, kGradAttrName);
  for (unsigned i : request.seeds)
    arguments.push_back(types[i]);
  for (unsigned i : request.gradients)
    types.push_back(arguments[i]);
  for (unsigned i : request.states)
    types.push_back(arguments[i]);
  DictionaryAttr none = DictionaryAttr::get(source.getContext());
  argumentAttrs.resize(arguments.size(), none);
  resultAttrs.resize(source.getNumResults() + request.gradients.size(), none);
  for (unsigned i : request.states)
    resultAttrs.push_back(argumentAttrs[i]);

  OpBuilder builder(source.getContext());
  builder.setInsertionPointAfter(source);
  NamedAttrList attrs(llvm::to_vector(source->getDiscardableAttrs()));
  attrs.erase(kGradientAttrName);
  attrs.erase(kPrepareAttrName);
  function = func::FuncOp::create(builder, source.getLoc(), request.name,
                                  builder.getFunctionType(arguments, types),
                                  attrs.getAttrs(), argumentAttrs);
  function.setVisibility(source.getVisibility());
  function.setAllResultAttrs(resultAttrs);
}

void GradientFunction::cloneForward() {
  Block *block = function.addEntryBlock();
  IRMapping mapping;
  for (BlockArgument argument : source.getArguments())
    mapping.map(argument, block->getArgument(argument.getArgNumber()));
  OpBuilder builder = OpBuilder::atBlockBegin(block);
  for (Operation &op : source.front().without_terminator())
    builder.clone(op, mapping);
  for (Value result : source.front().getTerminator()->getOperands())
    results.push_back(mapping.lookup(result));
}

/// Takes softmax and its like apart, into structured ops that have a rule.
void GradientFunction::decompose() {
  for (Operation &op : llvm::make_early_inc_range(function.front())) {
    auto composite = dyn_cast<linalg::AggregatedOpInterface>(op);
    if (!composite || !isa<linalg::LinalgDialect>(op.getDialect()))
      continue;
    OpBuilder builder(&op);
    FailureOr<SmallVector<Value>> parts = composite.decomposeOperation(builder);
    if (failed(parts))
      continue;
    for (Value &result : results)
      for (auto [old, part] : llvm::zip(op.getResults(), *parts))
        if (result == old)
          result = part;
    op.replaceAllUsesWith(*parts);
    op.erase();
  }
}

/// A quantizer of comparisons has a gradient of zeros: say so.
void GradientFunction::emitRemark(unsigned argument) {
  remark::missed(source.getLoc(), remark::RemarkOpts::name("zero gradient")
                                      .category("ternary-differentiate")
                                      .function(source.getSymName()))
      << remark::add("no gradient reaches argument {0}", argument);
}

LogicalResult GradientFunction::reverse(OpBuilder &builder) {
  Block &block = function.front();
  StateUpdates updates(function, request.updates, builder);
  cotangents.onArgument = [&](BlockArgument weight, WeightGradient use) {
    updates.add(weight, use);
  };
  SmallVector<Value> roots;
  for (unsigned i : request.gradients)
    roots.push_back(block.getArgument(i));
  for (auto &[i, rules] : request.updates)
    roots.push_back(block.getArgument(i));
  cotangents.activate(block, roots);

  SmallVector<Operation *> ops;
  for (Operation &op : block)
    ops.push_back(&op);
  ImplicitLocOpBuilder b(source.getLoc(), builder);
  for (auto [i, result] : llvm::enumerate(request.seeds))
    cotangents.add(b, results[result], [&] {
      return block.getArgument(source.getNumArguments() + i);
    });
  if (failed(ternary::reverse(ops, cotangents, builder)) ||
      failed(updates.finish()))
    return failure();

  for (unsigned i : request.gradients) {
    Value argument = block.getArgument(i), sum = cotangents.lookup(argument);
    if (!sum) {
      emitRemark(i);
      sum = GradientBuilder(argument.getLoc(), builder).zerosLike(argument);
    }
    results.push_back(sum);
  }
  for (unsigned i : request.states)
    results.push_back(updates.getState(i));
  return success();
}

LogicalResult GradientFunction::build() {
  declare();
  cloneForward();
  decompose();
  OpBuilder builder = OpBuilder::atBlockEnd(&function.front());
  if (failed(reverse(builder))) {
    function.erase();
    return failure();
  }
  func::ReturnOp::create(builder, source.front().getTerminator()->getLoc(),
                         results);
  return success();
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// What was asked for is done: a second run finds nothing. All attributes are
/// set at once, since each change makes a new array of all.
static void dropRequest(func::FuncOp function) {
  function->removeAttr(kGradientAttrName);
  SmallVector<DictionaryAttr> arguments, results;
  function.getAllArgAttrs(arguments);
  function.getAllResultAttrs(results);
  function.setAllArgAttrs(without(arguments, {kGradAttrName, kUpdateAttrName}));
  function.setAllResultAttrs(without(results, kGradAttrName));
}

namespace {

struct DifferentiatePass
    : ternary::impl::TernaryDifferentiateBase<DifferentiatePass> {
  using TernaryDifferentiateBase::TernaryDifferentiateBase;

  void runOnOperation() override {
    std::vector<Request> requests;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function->hasAttr(kGradientAttrName))
        requests.emplace_back(function);
    if (requests.empty())
      return markAllAnalysesPreserved();
    for (Request &request : requests) {
      if (failed(checkName(request)) || failed(request.check()) ||
          failed(GradientFunction(request, ste).build()))
        return signalPassFailure();
      dropRequest(request.function);
      ++numFunctions;
    }
  }

private:
  LogicalResult checkName(const Request &request) {
    Operation *other =
        SymbolTable::lookupSymbolIn(getOperation(), request.name);
    if (!other)
      return success();
    func::FuncOp function = request.function;
    InFlightDiagnostic error = function.emitOpError()
                               << "expected the name @"
                               << request.name.getValue()
                               << " to be free, found it taken";
    error.attachNote(other->getLoc()) << "taken here";
    return error;
  }
};

} // namespace
