//===- SelectPacking.cpp - ternary-select-packing -------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "PackingCost.h"

#include "ternary/IR/Constants.h"
#include "ternary/IR/GPUTile.h"
#include "ternary/IR/Panel.h"
#include "ternary/IR/Structured.h"
#include "ternary/IR/Tuning.h"
#include "ternary/Transforms/Passes.h"
#include "ternary/Transforms/Transforms.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/Support/MathExtras.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYSELECTPACKING
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// Finds values that are the same in every call: constants, arguments marked
/// so, and what pure tensor ops make of them.
class ConstantValues {
public:
  bool contains(Value value) {
    auto [it, isNew] = known.try_emplace(value, false);
    if (!isNew)
      return it->second;
    bool result = compute(value);
    return known[value] = result;
  }

private:
  bool compute(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      auto function =
          dyn_cast<FunctionOpInterface>(argument.getOwner()->getParentOp());
      return function && argument.getOwner()->isEntryBlock() &&
             function.getArgAttr(argument.getArgNumber(), kConstantAttrName);
    }
    Operation *op = value.getDefiningOp();
    return op->getNumRegions() == 0 && isMemoryEffectFree(op) &&
           llvm::all_of(op->getOperands(),
                        [&](Value operand) { return contains(operand); });
  }

  DenseMap<Value, bool> known;
};

/// Puts the weights of `op` into `packing`.
LogicalResult repackWeights(BitLinearOp op, PackingAttrInterface packing) {
  OpBuilder b(op);
  Location loc = op.getLoc();
  Value out = op.getInits()[0], input = op.getInput();
  SmallVector<OpFoldResult> shape{
      tensor::getMixedSize(b, loc, out, rankOf(out) - 1),
      tensor::getMixedSize(b, loc, input, rankOf(input) - 1)};
  SmallVector<int64_t> staticShape;
  SmallVector<Value> dynamicShape;
  dispatchIndexOpFoldResults(shape, dynamicShape, staticShape);
  SmallVector<int64_t> byteShape;
  if (failed(packing.getByteShape(staticShape, byteShape,
                                  [&] { return op.emitOpError(); })))
    return failure();
  Value init = tensor::EmptyOp::create(
      b, loc, packing.reifyByteShape(b, loc, shape), b.getI8Type());
  SmallVector<Value> weights;
  for (Value weight : op.getWeights()) {
    Type type = init.getType();
    if (PackingAttrInterface source = op.getPackingAttr())
      weights.push_back(RepackOp::create(b, loc, type, weight, dynamicShape,
                                         /*scales=*/Value(), ValueRange(init),
                                         b.getDenseI64ArrayAttr(staticShape),
                                         source, packing)
                            .getResult(0));
    else
      weights.push_back(
          PackOp::create(b, loc, type, weight, /*scales=*/Value(),
                         ValueRange(init), packing,
                         ConversionAttr::get(b.getContext(), Conversion::Trits))
              .getResult(0));
  }
  op.getWeightsMutable().assign(weights);
  op.setPackingAttr(packing);
  return success();
}

/// Elements of a constant scale `[N, G]` in blocks of rows.
template <typename T>
Value makeBlocks(ImplicitLocOpBuilder &b, RankedTensorType type,
                 ArrayRef<T> scale, int64_t block) {
  int64_t rows = type.getDimSize(0), groups = type.getDimSize(1);
  int64_t blocks = llvm::divideCeil(rows, block);
  std::vector<T> result(blocks * groups * block);
  for (int64_t n = 0; n < rows; ++n)
    for (int64_t g = 0; g < groups; ++g)
      result[(n / block * groups + g) * block + n % block] =
          scale[n * groups + g];
  auto blocked =
      RankedTensorType::get({blocks, groups, block}, type.getElementType());
  ArrayRef<char> bytes(reinterpret_cast<const char *>(result.data()),
                       result.size() * sizeof(T));
  return arith::ConstantOp::create(b, blocked,
                                   makeElements(blocked, "scales", bytes));
}

/// The same, null for what is no constant.
Value makeConstantBlocks(ImplicitLocOpBuilder &b, Value scale, int64_t block) {
  auto type = cast<RankedTensorType>(scale.getType());
  Attribute value;
  if (!matchPattern(scale, m_Constant(&value)))
    return Value();
  if (auto elements = getF32Elements(value))
    return makeBlocks(b, type, elements->get(), block);
  if (auto elements = getI8Elements(value))
    return makeBlocks(b, type, elements->get(), block);
  return Value();
}

/// `scale` `[N, G]` in blocks of rows, `[ceil(N/R), G, R]`, zeros behind the
/// last row.
Value toBlocks(BitLinearOp op, Value scale, int64_t block) {
  OpBuilder before(op);
  ImplicitLocOpBuilder b(op.getLoc(), before);
  if (Value blocks = makeConstantBlocks(b, scale, block))
    return blocks;
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), scale);
  auto apply = [&](AffineExpr expr) {
    return affine::makeComposedFoldedAffineApply(b, b.getLoc(), expr,
                                                 {sizes[0]});
  };
  AffineExpr n = b.getAffineDimExpr(0), g = b.getAffineDimExpr(1);
  OpFoldResult blocks = apply(n.ceilDiv(block));
  OpFoldResult missing = apply(n.ceilDiv(block) * block - n);
  Type element = elementOf(scale);
  Value zero =
      arith::ConstantOp::create(b, cast<TypedAttr>(b.getZeroAttr(element)));
  OpFoldResult none = b.getIndexAttr(0);
  if (getConstantIntValue(missing) != 0)
    scale = tensor::PadOp::create(b, Type(), scale, ArrayRef{none, none},
                                  ArrayRef{missing, none}, zero);
  SmallVector<OpFoldResult> shape{blocks, sizes[1], b.getIndexAttr(block)};
  Value init = tensor::EmptyOp::create(b, shape, element);
  AffineMap from = AffineMap::get(3, 0, {n * block + b.getAffineDimExpr(2), g},
                                  b.getContext());
  return buildGeneric(b, scale, init, {from, b.getMultiDimIdentityMap(3)}, {},
                      [](ValueRange e) { return e[0]; });
}

/// Rows and columns of the weights.
std::pair<int64_t, int64_t> getExtents(BitLinearOp op) {
  auto last = [](Value value) {
    return cast<ShapedType>(value.getType()).getShape().back();
  };
  return {last(op.getInits()[0]), last(op.getInput())};
}

/// Of all weights, in 2-bit panels; weights of dynamic shape count nothing.
int64_t getWeightBytes(ArrayRef<BitLinearOp> ops) {
  DenseSet<Value> seen;
  int64_t total = 0;
  for (BitLinearOp op : ops) {
    auto twoBit = PackingAttr::getPreset(op.getContext(), "cpu_panel2");
    auto [rows, columns] = getExtents(op);
    int64_t bytes = getPackedBytes(twoBit, rows, columns).value_or(0);
    for (Value weight : op.getWeights())
      if (seen.insert(weight).second && llvm::AddOverflow(total, bytes, total))
        return std::numeric_limits<int64_t>::max();
  }
  return total;
}

bool hasWeightsToPack(BitLinearOp op) {
  return op.hasPureTensorSemantics() && !op.getWeights().empty();
}

void leave(BitLinearOp op, StringRef reason) {
  remark::missed(op.getLoc(), remark::RemarkOpts::name("packing").category(
                                  "ternary-select-packing"))
      << "packing left as given: " << reason.str();
}

/// Chooses the packings of layers and puts their weights into them.
class PackingSelector {
public:
  PackingSelector(const PackingSelection &selection, int64_t moduleBytes)
      : selection(selection), moduleBytes(moduleBytes) {}

  LogicalResult select(BitLinearOp op) {
    if (selection.packing && selection.packing == op.getPackingAttr())
      return success();
    if (std::string reason; !selection.packing && isLeft(op, reason)) {
      leave(op, reason);
      return success();
    }
    PanelChoice choice = choose(op);
    if (failed(repackWeights(op, choice.packing)))
      return failure();
    moveScales(op);
    report(op, choice);
    return success();
  }

private:
  void report(BitLinearOp op, const PanelChoice &choice) {
    auto made = remark::passed(
        op.getLoc(),
        remark::RemarkOpts::name("packing").category("ternary-select-packing"));
    std::string name = nameOf(choice.packing);
    LayerFacts facts = getFacts(op);
    made << remark::add("weights in {0}: {1}", name, choice.reason);
    if (choice.bytes)
      made << remark::metric("Bytes", *choice.bytes * op.getWeights().size());
    made << remark::metric("Weights", formatExtents(facts))
         << remark::metric("Tokens", formatExtent(facts.tokens))
         << remark::metric("Packing", name)
         << remark::metric("Bound", getBound(choice.packing, facts));
  }

  static std::string formatExtent(int64_t extent) {
    return ShapedType::isDynamic(extent) ? "?" : std::to_string(extent);
  }
  static std::string formatExtents(const LayerFacts &facts) {
    return formatExtent(facts.rows) + "x" + formatExtent(facts.columns);
  }

  PanelChoice choose(BitLinearOp op) {
    if (selection.packing)
      return chooseNamed(op, selection.packing, "named by the option");
    if (PackingAttrInterface tuned = LayerTuning::get(op).packing)
      return chooseNamed(op, tuned, "tuned");
    if (isForGPU(getTarget(op)))
      return chooseTiles(op.getContext(), getFacts(op));
    return choosePanels(op.getContext(), getFacts(op));
  }

  static PanelChoice chooseNamed(BitLinearOp op, PackingAttrInterface packing,
                                 StringRef reason) {
    auto [rows, columns] = getExtents(op);
    return {packing, getPackedBytes(packing, rows, columns), reason.str()};
  }

  /// Rows whose scales of a group are read together: of a panel, or of a tile
  /// of which a lane has one group of two rows.
  static std::optional<int64_t> getScaleRows(PackingAttrInterface packing) {
    if (std::optional<PanelShape> panel = getPanelShape(packing))
      return panel->rows();
    std::optional<GPUTile> tile = getGPUTile(packing);
    if (tile && !tile->halves && !tile->byColumns)
      return kGPUTileRows;
    return std::nullopt;
  }

  /// Puts constant scales of groups beside each other by such rows.
  void moveScales(BitLinearOp op) {
    std::optional<int64_t> rows = getScaleRows(op.getPackingAttr());
    if (!rows || op.getRoundOperands())
      return;
    for (OpOperand &scale : op.getScalesMutable())
      if (rankOf(scale.get()) == 2 && constants.contains(scale.get()))
        scale.set(toBlocks(op, scale.get(), *rows));
  }

  LayerFacts getFacts(BitLinearOp op) {
    auto [rows, columns] = getExtents(op);
    TargetAttr target = getTarget(op);
    return {target ? target.getIsa() : StringRef("generic"),
            rows,
            columns,
            countTokens(op),
            isa<FloatType>(elementOf(op.getInput())),
            op.getGroupSize(),
            moduleBytes,
            selection.cacheBytes};
  }

  /// Whether no kernel reads the op, or repacking would not pay.
  bool isLeft(BitLinearOp op, std::string &reason) {
    PackingAttrInterface given = op.getPackingAttr();
    std::optional<PanelShape> panel = getPanelShape(given);
    bool isGPU = isForGPU(getTarget(op));
    bool isConstant = llvm::all_of(op.getWeights(), [&](Value weight) {
      return constants.contains(weight);
    });
    if (op.getRoundOperands())
      reason = "'round_operands' is left to the reference loops";
    else if (isGPU && !hasKernelForGroups(op))
      reason = "no GPU kernel multiplies floats by groups of this size";
    else if (panel || (!isConstant && getGPUTile(given)))
      reason = "weights are in an execution packing";
    // GPU kernels read nothing but tiles, and to make these in every call takes
    // little longer than to read the weights twice.
    else if (!isConstant && !isGPU)
      reason = "weights are not constant, repacking would run in every call";
    return !reason.empty();
  }

  /// Tensor cores multiply floats by whole groups of 32 columns.
  static bool hasKernelForGroups(BitLinearOp op) {
    return elementOf(op.getInput()).isInteger(8) ||
           op.getGroupSize().value_or(32) % 32 == 0;
  }

  /// Of a preset; a packing of somebody else has no name.
  static std::string nameOf(PackingAttrInterface packing) {
    auto presets =
        packing.getContext()->getLoadedDialect<TernaryDialect>()->getPresets();
    size_t index = llvm::find(presets, packing) - presets.begin();
    ArrayRef<StringRef> names = PackingAttr::getPresetNames();
    return index < names.size() ? names[index].str() : "the packing given";
  }

  const PackingSelection &selection;
  int64_t moduleBytes;
  ConstantValues constants;
};

struct SelectPackingPass
    : ternary::impl::TernarySelectPackingBase<SelectPackingPass> {
  using Base::Base;

  void runOnOperation() override {
    PackingSelection selection{{}, cacheBytes};
    if (failed(parseOptions(selection)))
      return signalPassFailure();
    SmallVector<BitLinearOp> layers;
    getOperation()->walk([&](BitLinearOp op) {
      if (hasWeightsToPack(op))
        layers.push_back(op);
    });
    if (packing == "none")
      for (BitLinearOp layer : layers)
        leave(layer, "packing is 'none'");
    else if (failed(selectPackings(layers, selection)))
      signalPassFailure();
  }

private:
  LogicalResult parseOptions(PackingSelection &selection) {
    if (packing != "auto" && packing != "none") {
      selection.packing = PackingAttr::getPreset(&getContext(), packing);
      if (!selection.packing || selection.packing.carriesScales())
        return getOperation()->emitError()
               << "ternary-select-packing: expected 'auto', 'none' or a preset "
                  "without scales, found '"
               << packing << "'";
    }
    if (cacheBytes < 0)
      return getOperation()->emitError()
             << "ternary-select-packing: expected 'cache-bytes' of 0 or more, "
                "found "
             << cacheBytes.getValue();
    return success();
  }
};

} // namespace

LogicalResult ternary::selectPackings(ArrayRef<BitLinearOp> layers,
                                      const PackingSelection &selection) {
  SmallVector<BitLinearOp> taken(
      llvm::make_filter_range(layers, hasWeightsToPack));
  PackingSelector selector(selection, getWeightBytes(taken));
  for (BitLinearOp op : taken)
    if (failed(selector.select(op)))
      return failure();
  return success();
}
