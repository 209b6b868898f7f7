//===- VerifyPacking.cpp - Check packings against statements --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "PackingAnalysis.h"
#include "ternary/IR/Constants.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYVERIFYPACKING
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// A place where an op says what is in bytes; no packing means trits.
struct Use {
  Value value;
  PackedBytes bytes;
};

ArrayRef<int64_t> getShape(Value value) {
  return cast<ShapedType>(value.getType()).getShape();
}

Use makeUse(Value value, PackingAttrInterface packing,
            ArrayRef<int64_t> shape) {
  Use use{value, {packing}};
  if (shape.size() == 2)
    llvm::copy(shape, use.bytes.shape.begin());
  return use;
}

/// Trits, if `value` is of i8.
void addTrits(SmallVectorImpl<Use> &uses, Value value) {
  if (value && cast<ShapedType>(value.getType()).getElementType().isInteger(8))
    uses.push_back(makeUse(value, nullptr, getShape(value)));
}

/// A buffer that is written: what is stated about it holds for good. A tensor
/// init is never read.
void addWritten(SmallVectorImpl<Use> &uses, Operation *op, Value init) {
  if (isa<MemRefType>(init.getType()))
    uses.push_back({init, *getWritten(op)});
}

/// What an op of the dialect says about the bytes that it reads.
SmallVector<Use> getUses(Operation *op) {
  SmallVector<Use> uses;
  auto add = [&](Value value, PackingAttrInterface packing,
                 ArrayRef<int64_t> shape) {
    uses.push_back(makeUse(value, packing, shape));
  };
  TypeSwitch<Operation *>(op)
      .Case([&](PackOp op) {
        addTrits(uses, op.getInput());
        addWritten(uses, op, op.getInits()[0]);
      })
      .Case([&](UnpackOp op) {
        add(op.getBytes(), op.getPacking(), getShape(op.getInits()[0]));
      })
      .Case([&](RepackOp op) {
        add(op.getBytes(), op.getSource(), op.getStaticShape());
        addWritten(uses, op, op.getInits()[0]);
      })
      .Case<DequantizeOp, NonzeroMaskOp>([&](auto op) {
        add(op.getWeight(), op.getPackingAttr(), getShape(op.getInits()[0]));
      })
      .Case([&](SparsifyOp op) {
        addTrits(uses, op.getInput());
        addTrits(uses, op.getMagnitude());
      })
      .Case([&](BitLinearOp op) {
        for (Value weight : op.getWeights())
          add(weight, op.getPackingAttr(),
              {getShape(op.getInits()[0]).back(),
               getShape(op.getInput()).back()});
      })
      .Case([&](EmbeddingOp op) {
        add(op.getTable(), op.getPackingAttr(), op.getStaticShape());
      })
      .Case([&](RMSNormOp op) {
        if (op.getPackingAttr())
          add(op.getWeight(), op.getPackingAttr(),
              {1, getShape(op.getInput()).back()});
        else
          addTrits(uses, op.getWeight());
      })
      .Case([&](RegroupScaleOp op) {
        add(op.getWeight(), op.getPackingAttr(), op.getStaticShape());
      });
  return uses;
}

std::string toText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto print = [&](int64_t extent) {
    ShapedType::isDynamic(extent) ? os << "?" : os << extent;
  };
  os << "[";
  llvm::interleave(shape, os, print, ", ");
  os << "]";
  return text;
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

/// Splats of more bytes are not spread out to look into them.
constexpr int64_t kMaxSplatBytes = int64_t(1) << 24;

/// The constant that `value` is, casts aside.
Attribute getConstant(Value value) {
  while (auto cast = value.getDefiningOp<tensor::CastOp>())
    value = cast.getSource();
  ElementsAttr attr;
  if (!matchPattern(value, m_Constant(&attr)) ||
      (attr.isSplat() && attr.getNumElements() > kMaxSplatBytes))
    return nullptr;
  return attr;
}

/// The first byte with a code that the packing forbids: the end of the shortest
/// start of `bytes` that does not unpack, the rest being packed zeros.
std::optional<int64_t> findForbidden(const PackedBytes &what,
                                     ArrayRef<uint8_t> bytes) {
  auto [rows, columns] = what.shape;
  PackingAttrInterface packing = what.packing;
  std::vector<int8_t> trits(rows * columns);
  if (packing.unpackBytes(bytes, rows, columns, trits, {}))
    return std::nullopt;
  std::vector<uint8_t> zeros(bytes.size()), mixed(bytes.size());
  llvm::fill(trits, 0);
  packing.packBytes(trits, rows, columns, std::vector<float>(bytes.size()),
                    zeros);
  int64_t valid = 0, invalid = bytes.size();
  while (invalid - valid > 1) {
    int64_t middle = valid + (invalid - valid) / 2;
    llvm::copy(zeros, mixed.begin());
    std::copy_n(bytes.begin(), middle, mixed.begin());
    bool unpacks = packing.unpackBytes(mixed, rows, columns, trits, {});
    (unpacks ? valid : invalid) = middle;
  }
  return valid;
}

LogicalResult checkConstant(Operation *op, const Use &use) {
  PackingAttrInterface packing = use.bytes.packing;
  if (!packing || packing.getUnusedValue() ||
      ShapedType::isDynamicShape(use.bytes.shape))
    return success();
  auto elements = getI8Elements(getConstant(use.value));
  if (!elements)
    return success();
  ArrayRef<uint8_t> bytes(
      reinterpret_cast<const uint8_t *>(elements->get().data()),
      elements->get().size());
  std::optional<int64_t> index = findForbidden(use.bytes, bytes);
  if (!index)
    return success();
  return op->emitOpError() << "expected constant bytes without codes that "
                           << packing << " forbids, found "
                           << unsigned(bytes[*index]) << " at byte " << *index;
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

class Checker {
public:
  explicit Checker(const DataFlowSolver &solver) : solver(solver) {}
  LogicalResult check(Operation *op);

private:
  LogicalResult checkStated(Operation *op, const Use &use);
  SmallVector<Use> getBoundaryUses(Operation *op);

  const DataFlowSolver &solver;
  SymbolTableCollection symbolTables;
};

LogicalResult Checker::check(Operation *op) {
  bool valid = true;
  for (const Use &use : getUses(op))
    valid &=
        succeeded(checkStated(op, use)) && succeeded(checkConstant(op, use));
  for (const Use &use : getBoundaryUses(op))
    valid &= succeeded(checkStated(op, use));
  return success(valid);
}

LogicalResult Checker::checkStated(Operation *op, const Use &use) {
  const auto *lattice = solver.lookupState<StatementLattice>(use.value);
  if (!lattice || lattice->getValue().kind != Statement::Known)
    return success();
  const Statement &stated = lattice->getValue();
  PackingAttrInterface packing = use.bytes.packing;
  if (packing != stated.bytes.packing) {
    InFlightDiagnostic error = op->emitOpError()
                               << "expected packing " << stated.bytes.packing
                               << " as stated, found ";
    packing ? error << packing : error << "trits";
    error.attachNote(stated.loc) << "stated here";
    return error;
  }
  if (succeeded(verifyCompatibleShape(stated.bytes.shape, use.bytes.shape)))
    return success();
  InFlightDiagnostic error = op->emitOpError()
                             << "expected logical shape "
                             << toText(stated.bytes.shape)
                             << " as stated, found " << toText(use.bytes.shape);
  error.attachNote(stated.loc) << "stated here";
  return error;
}

/// What is stated about arguments of a call and about returned values.
SmallVector<Use> Checker::getBoundaryUses(Operation *op) {
  SmallVector<Use> uses;
  auto add = [&](ValueRange values, unsigned count, auto getAttrs) {
    for (unsigned i = 0; i < std::min<unsigned>(values.size(), count); ++i)
      if (std::optional<PackedBytes> stated = getStated(getAttrs(i)))
        uses.push_back({values[i], *stated});
  };
  if (auto call = dyn_cast<CallOpInterface>(op)) {
    if (FunctionOpInterface callee = getCallee(call, symbolTables))
      add(call.getArgOperands(), callee.getNumArguments(),
          [&](unsigned i) { return callee.getArgAttrDict(i); });
  } else if (op->hasTrait<OpTrait::ReturnLike>()) {
    if (auto function = dyn_cast<FunctionOpInterface>(op->getParentOp()))
      add(op->getOperands(), function.getNumResults(),
          [&](unsigned i) { return function.getResultAttrDict(i); });
  }
  return uses;
}

struct VerifyPackingPass
    : ternary::impl::TernaryVerifyPackingBase<VerifyPackingPass> {
  void runOnOperation() override {
    DataFlowSolver solver;
    loadPackingAnalysis(solver);
    if (failed(solver.initializeAndRun(getOperation())))
      return signalPassFailure();
    Checker checker(solver);
    bool valid = true;
    getOperation()->walk(
        [&](Operation *op) { valid &= succeeded(checker.check(op)); });
    if (!valid)
      return signalPassFailure();
    markAllAnalysesPreserved();
  }
};

} // namespace
