//===- Register.cpp - lower-ternary-register ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// The portable lowering: digits are shifted (or divided) down before they are
// multiplied, so accumulators need no correction but the code offset.
//
//===----------------------------------------------------------------------===//

#include "ternary/Conversion/Passes.h"

#include "Register.h"

#include "ternary/IR/GPUTile.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace ternary {
#define GEN_PASS_DEF_LOWERTERNARYREGISTER
#include "ternary/Conversion/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

Value ternary::splat(ImplicitLocOpBuilder &b, VectorType type, int64_t value) {
  auto element = b.getIntegerAttr(type.getElementType(), value);
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, element));
}

static int64_t power(int64_t radix, int64_t exponent) {
  int64_t result = 1;
  while (exponent-- > 0)
    result *= radix;
  return result;
}

Value ternary::sumOfNeighbours(ImplicitLocOpBuilder &b, Value value,
                               int64_t count) {
  auto type = cast<VectorType>(value.getType());
  // Pairs first, then what is odd.
  while (count > 1) {
    int64_t part = count % 2 == 0 ? 2 : count;
    int64_t lanes = type.getNumElements() / part;
    Value sum;
    for (int64_t j = 0; j < part; ++j) {
      SmallVector<int64_t> source;
      for (int64_t i = 0; i < lanes; ++i)
        source.push_back(part * i + j);
      Value term = vector::ShuffleOp::create(b, value, value, source);
      if (!sum)
        sum = term;
      else if (isa<FloatType>(type.getElementType()))
        sum = arith::AddFOp::create(b, sum, term);
      else
        sum = arith::AddIOp::create(b, sum, term);
    }
    value = sum;
    type = cast<VectorType>(value.getType());
    count /= part;
  }
  return value;
}

Value ternary::extractDigit(ImplicitLocOpBuilder &b, Value bytes, int64_t radix,
                            int64_t i) {
  auto type = cast<VectorType>(bytes.getType());
  if (radix == 4) {
    Value shifted = arith::ShRUIOp::create(b, bytes, splat(b, type, 2 * i));
    return arith::AndIOp::create(b, shifted, splat(b, type, 3));
  }
  Value shifted =
      arith::DivUIOp::create(b, bytes, splat(b, type, power(radix, i)));
  return arith::RemUIOp::create(b, shifted, splat(b, type, radix));
}

Value ternary::addDigit(ImplicitLocOpBuilder &b, Value bytes, int64_t radix,
                        Value code) {
  // Bytes are not multiplied, and not shifted, in vectors.
  Value twice = arith::AddIOp::create(b, bytes, bytes);
  bytes = arith::AddIOp::create(b, twice, radix == 4 ? twice : bytes);
  return arith::AddIOp::create(b, bytes, code);
}

Value ternary::divideInWords(ImplicitLocOpBuilder &b, Value bytes, int64_t i) {
  auto type = cast<VectorType>(bytes.getType());
  auto wide = VectorType::get(type.getNumElements() / 2, b.getI16Type());
  auto [factor, shift] = getReciprocal(i);
  auto divide = [&, factor = factor, shift = shift](Value x) -> Value {
    Value product = arith::MulIOp::create(b, x, splat(b, wide, factor));
    return arith::ShRUIOp::create(b, product, splat(b, wide, shift));
  };
  Value words = vector::BitCastOp::create(b, wide, bytes);
  Value eight = splat(b, wide, 8);
  Value even = divide(arith::AndIOp::create(b, words, splat(b, wide, 255)));
  Value odd = divide(arith::ShRUIOp::create(b, words, eight));
  Value both =
      arith::OrIOp::create(b, even, arith::ShLIOp::create(b, odd, eight));
  return vector::BitCastOp::create(b, type, both);
}

Value ternary::callIntrinsic(ImplicitLocOpBuilder &b, StringRef name, Type type,
                             ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name), operands)
      .getResults();
}

Value ternary::addByRegisters(ImplicitLocOpBuilder &b, int64_t bytes,
                              Value digits, Value x, Value acc,
                              AddProducts addProducts) {
  int64_t count = cast<VectorType>(digits.getType()).getNumElements();
  if (count == bytes)
    return addProducts(digits, x, acc);
  auto slice = [&](Value vector, int64_t begin, int64_t size) {
    return vector::ExtractStridedSliceOp::create(
        b, vector, ArrayRef(begin), ArrayRef(size), ArrayRef<int64_t>(1));
  };
  Value result = acc;
  for (int64_t begin = 0; begin < count; begin += bytes) {
    Value part =
        addProducts(slice(digits, begin, bytes), slice(x, begin, bytes),
                    slice(acc, begin / 4, bytes / 4));
    result = vector::InsertStridedSliceOp::create(
        b, part, result, ArrayRef(begin / 4), ArrayRef<int64_t>(1));
  }
  return result;
}

SmallVector<Value> ternary::addParts(DotOp op, ArrayRef<Value> parts,
                                     AddProducts addProducts) {
  SmallVector<Value> results;
  for (auto [i, part, acc] : llvm::enumerate(parts, op.getAccumulators()))
    results.push_back(addProducts(part, op.getActivation(i), acc));
  return results;
}

/// Bytes as they are below 243, else what is left of them; below, the
/// difference wraps.
static Value wrapAt243(ImplicitLocOpBuilder &b, Value bytes) {
  auto type = cast<VectorType>(bytes.getType());
  Value above = arith::SubIOp::create(b, bytes, splat(b, type, 243));
  return arith::MinUIOp::create(b, bytes, above);
}

/// The digit that is left of a quotient after the next one.
static Value subtractThrice(ImplicitLocOpBuilder &b, Value x, Value next) {
  Value three = splat(b, cast<VectorType>(x.getType()), 3);
  return arith::SubIOp::create(b, x, arith::MulIOp::create(b, next, three));
}

SmallVector<Value> ternary::addDigits3(ImplicitLocOpBuilder &b, DotOp op,
                                       DivideByPower divide,
                                       AddProducts addProducts) {
  Value bytes = wrapAt243(b, op.getBytes());
  SmallVector<Value> results(op.getAccumulators());
  Value quotient = bytes;
  for (size_t i = 0; i < results.size(); ++i) {
    Value digit = quotient;
    if (i < 4) {
      quotient = divide(b, bytes, i + 1);
      digit = subtractThrice(b, digit, quotient);
    }
    Value &sum = results[op.sharesActivations() ? i : 0];
    sum = addProducts(digit, op.getActivation(i), sum);
  }
  return results;
}

Value ternary::combineDots(ImplicitLocOpBuilder &b, DotFinishOp op,
                           function_ref<int64_t(int64_t)> shift) {
  auto type = cast<VectorType>(op.getOutput().getType());
  Value total;
  for (auto [i, acc] : llvm::enumerate(op.getAccumulators())) {
    if (op.getDigit() && i != *op.getDigit())
      continue;
    if (int64_t bits = shift(i))
      acc = arith::ShRSIOp::create(b, acc, splat(b, type, bits));
    total = total ? Value(arith::AddIOp::create(b, total, acc)) : acc;
  }
  return subtractOffset(b, op, total);
}

Value ternary::subtractOffset(ImplicitLocOpBuilder &b, DotFinishOp op,
                              Value sum) {
  auto type = cast<VectorType>(op.getOutput().getType());
  Value offset = arith::MulIOp::create(b, op.getActivationSum(),
                                       splat(b, type, op.getOffset()));
  return arith::SubIOp::create(b, sum, offset);
}

/// floor(2 byte * factor / 2^16) is floor(byte / radix^i): exact for every byte
/// and power of the radices 3 and 4.
static int64_t reciprocal(int64_t radix, int64_t i) {
  return llvm::divideCeil(int64_t(1) << 15, power(radix, i));
}

/// Digits `first ..` of all digits of the bytes in order: each byte is
/// repeated, then divided by a power of its own. digit i = byte / radix^i -
/// radix * (byte / radix^(i+1)).
static Value extractDigits(ImplicitLocOpBuilder &b, DecodeOp op, int64_t first,
                           int64_t lanes) {
  auto wide = VectorType::get(lanes, b.getI16Type());
  int64_t digits = digitsPerByte(op);
  SmallVector<int64_t> source;
  SmallVector<Attribute> lower, upper;
  for (int64_t l = first; l < first + lanes; ++l) {
    int64_t i = l % digits;
    if (op.getMsbFirst())
      i = digits - 1 - i;
    source.push_back(l / digits);
    lower.push_back(b.getI16IntegerAttr(reciprocal(op.getRadix(), i)));
    upper.push_back(b.getI16IntegerAttr(reciprocal(op.getRadix(), i + 1)));
  }
  Value bytes =
      vector::ShuffleOp::create(b, op.getBytes(), op.getBytes(), source);
  Value twice = arith::ShLIOp::create(b, arith::ExtUIOp::create(b, wide, bytes),
                                      splat(b, wide, 1));
  auto quotient = [&](ArrayRef<Attribute> factors) {
    auto attr = DenseElementsAttr::get(wide, factors);
    Value factor = arith::ConstantOp::create(b, attr);
    return arith::MulUIExtendedOp::create(b, twice, factor).getHigh();
  };
  Value above =
      arith::MulIOp::create(b, quotient(upper), splat(b, wide, op.getRadix()));
  Value digit = arith::SubIOp::create(b, quotient(lower), above);
  auto narrow = VectorType::get(lanes, b.getI8Type());
  return arith::SubIOp::create(b, arith::TruncIOp::create(b, narrow, digit),
                               splat(b, narrow, op.getOffset()));
}

int64_t ternary::digitsPerByte(DecodeOp op) {
  auto type = cast<VectorType>(op.getOutput().getType());
  return type.getNumElements() / op.getBytes().getType().getNumElements();
}

Value ternary::decodeByParts(
    ImplicitLocOpBuilder &b, DecodeOp op,
    function_ref<Value(int64_t first, int64_t lanes)> decodePart) {
  auto type = cast<VectorType>(op.getOutput().getType());
  int64_t lanes = op.getBytes().getType().getNumElements();
  Value result = arith::ConstantOp::create(b, b.getZeroAttr(type));
  for (int64_t first = 0; first < type.getNumElements(); first += lanes)
    result = vector::InsertStridedSliceOp::create(b, decodePart(first, lanes),
                                                  result, ArrayRef(first),
                                                  ArrayRef<int64_t>(1));
  return result;
}

/// Codes 0, 1, 2, 3 of two bits as 0, 1, -2, -1.
static Value extendSign(ImplicitLocOpBuilder &b, Value digit) {
  Value two = splat(b, cast<VectorType>(digit.getType()), 2);
  return arith::SubIOp::create(b, arith::XOrIOp::create(b, digit, two), two);
}

namespace {

struct LowerDot : OpRewritePattern<DotOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DotOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto bytes = cast<VectorType>(op.getBytes().getType());
    // 3 * 128 * 4 fits i16.
    auto wide = VectorType::get(bytes.getShape(), b.getIntegerType(16));
    SmallVector<Value> results;
    for (auto [i, acc] : llvm::enumerate(op.getAccumulators())) {
      Value x = op.getActivation(i);
      Value digit = extractDigit(b, op.getBytes(), op.getRadix(), i);
      Value factor =
          op.getIsSigned()
              ? Value(arith::ExtSIOp::create(b, wide, extendSign(b, digit)))
              : Value(arith::ExtUIOp::create(b, wide, digit));
      Value product =
          arith::MulIOp::create(b, factor, arith::ExtSIOp::create(b, wide, x));
      Value sum = arith::ExtSIOp::create(b, acc.getType(),
                                         sumOfNeighbours(b, product, 4));
      results.push_back(arith::AddIOp::create(b, acc, sum));
    }
    rewriter.replaceOp(op, results);
    return success();
  }
};

struct LowerDotFinish : OpRewritePattern<DotFinishOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DotFinishOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    rewriter.replaceOp(op, combineDots(b, op, [](int64_t) { return 0; }));
    return success();
  }
};

/// Before the patterns of CPUs, whose dots take unsigned digits.
template <typename Pattern, typename Op> struct LowerSigned : Pattern {
  LowerSigned(MLIRContext *context) : Pattern(context, /*benefit=*/3) {}
  LogicalResult matchAndRewrite(Op op,
                                PatternRewriter &rewriter) const override {
    if (!op.getIsSigned())
      return rewriter.notifyMatchFailure(op, "unsigned digits");
    return Pattern::matchAndRewrite(op, rewriter);
  }
};

struct LowerDecode : OpRewritePattern<DecodeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DecodeOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    if (!op.getDigit()) {
      auto part = [&](int64_t first, int64_t lanes) {
        return extractDigits(b, op, first, lanes);
      };
      rewriter.replaceOp(op, decodeByParts(b, op, part));
      return success();
    }
    auto type = cast<VectorType>(op.getOutput().getType());
    Value digit =
        extractDigit(b, op.getBytes(), op.getRadix(), int64_t(*op.getDigit()));
    if (op.getIsSigned())
      digit = extendSign(b, digit);
    digit = arith::SubIOp::create(b, digit, splat(b, type, op.getOffset()));
    if (op.getShift())
      digit = arith::ShLIOp::create(b, digit, splat(b, type, *op.getShift()));
    rewriter.replaceOp(op, digit);
    return success();
  }
};

class LowerDecode3 : public OpRewritePattern<DecodeOp> {
public:
  using Divide = Value (*)(ImplicitLocOpBuilder &, Value, int64_t);

  LowerDecode3(MLIRContext *context, Divide divide)
      : OpRewritePattern(context, /*benefit=*/2), divide(divide) {}

  LogicalResult matchAndRewrite(DecodeOp op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<VectorType>(op.getOutput().getType());
    if (op.getRadix() != 3 || !op.getDigit() || op.getShift() ||
        type.getNumElements() % 2 != 0)
      return rewriter.notifyMatchFailure(op, "not one digit of pairs of bytes");
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    int64_t i = *op.getDigit();
    Value bytes = wrapAt243(b, op.getBytes());
    Value digit = i == 0 ? bytes : divide(b, bytes, i);
    if (i < 4)
      digit = subtractThrice(b, digit, divide(b, bytes, i + 1));
    rewriter.replaceOp(
        op, arith::SubIOp::create(b, digit, splat(b, type, op.getOffset())));
    return success();
  }

private:
  Divide divide;
};

struct LowerEncode : OpRewritePattern<EncodeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(EncodeOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = cast<VectorType>(op.getOutput().getType());
    Value offset = splat(b, type, op.getOffset());
    Value bytes;
    for (Value trits : llvm::reverse(op.getTrits())) {
      Value code = arith::AddIOp::create(b, trits, offset);
      bytes = bytes ? addDigit(b, bytes, op.getRadix(), code) : code;
    }
    rewriter.replaceOp(op, bytes);
    return success();
  }
};

struct LowerLookUp : OpRewritePattern<LookUpOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(LookUpOp op,
                                PatternRewriter &rewriter) const override {
    ImplicitLocOpBuilder b(op.getLoc(), rewriter);
    auto type = cast<VectorType>(op.getIndex().getType());
    int64_t lanes = type.getNumElements();
    auto indices = VectorType::get(lanes, b.getIndexType());
    Value places = arith::IndexCastUIOp::create(b, indices, op.getIndex());
    places = arith::AndIOp::create(b, places, splat(b, indices, lanes - 1));
    Value result =
        arith::ConstantOp::create(b, b.getZeroAttr(op.getOutput().getType()));
    for (int64_t lane = 0; lane < lanes; ++lane) {
      Value place = vector::ExtractOp::create(b, places, lane);
      Value entry = vector::ExtractOp::create(b, op.getTable(), place);
      result = vector::InsertOp::create(b, entry, result, lane);
    }
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// A store of one lane, as one of a scalar. LLVM 22 turns a store of truncated
/// integers under a constant mask of one lane into a scalar store of the
/// integer before the truncation, which writes over its neighbours.
struct StoreOneLane : OpRewritePattern<vector::MaskedStoreOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(vector::MaskedStoreOp op,
                                PatternRewriter &rewriter) const override {
    auto mask = op.getMask().getDefiningOp<vector::ConstantMaskOp>();
    if (!mask || mask.getMaskDimSizes() != ArrayRef<int64_t>({1}))
      return rewriter.notifyMatchFailure(op, "not one lane");
    Value lane = vector::ExtractOp::create(rewriter, op.getLoc(),
                                           op.getValueToStore(), 0);
    rewriter.replaceOpWithNewOp<memref::StoreOp>(op, lane, op.getBase(),
                                                 op.getIndices());
    return success();
  }
};

/// Small integers to bf16 by way of f32, which holds them exactly.
struct ConvertToBF16 : OpRewritePattern<arith::SIToFPOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(arith::SIToFPOp op,
                                PatternRewriter &rewriter) const override {
    Type type = op.getType();
    if (!getElementTypeOrSelf(type).isBF16() ||
        getElementTypeOrSelf(op.getIn()).getIntOrFloatBitWidth() > 16)
      return rewriter.notifyMatchFailure(op, "not a small integer to bf16");
    Type wide = rewriter.getF32Type();
    if (auto vector = dyn_cast<VectorType>(type))
      wide = vector.clone(wide);
    Value value =
        arith::SIToFPOp::create(rewriter, op.getLoc(), wide, op.getIn());
    rewriter.replaceOpWithNewOp<arith::TruncFOp>(op, type, value);
    return success();
  }
};

struct LowerTernaryRegisterPass
    : ternary::impl::LowerTernaryRegisterBase<LowerTernaryRegisterPass> {
  void runOnOperation() override {
    if (failed(lowerRegisterLevel(getOperation())))
      signalPassFailure();
  }
};

} // namespace

/// Of the row of the ISA table that the module is compiled for.
static void populateISAPatterns(RewritePatternSet &patterns, StringRef isa,
                                bool isGPU) {
  if (isa.starts_with("avx512"))
    populateDotAVX512VNNIPatterns(patterns,
                                  isa == "avx512vbmi" || isa == "avx512amx");
  else if (isa.starts_with("avx"))
    populateDotAVX2Patterns(patterns, isa == "avxvnni");
  else if (isa == "neon_i8mm" || isa == "neon_dotprod")
    populateDotNEONPatterns(patterns, isa == "neon_i8mm");
  else if (isGPU)
    populateDotNVVMPatterns(patterns);
  // Without an instruction, LLVM calls a function that older libgccs have not.
  if (isa != "avx512amx" && !isGPU) {
    patterns.add<ConvertToBF16>(patterns.getContext());
    arith::populateExpandBFloat16Patterns(patterns);
  }
}

LogicalResult ternary::lowerRegisterLevel(Operation *op,
                                          RewriterBase::Listener *listener) {
  TargetAttr target = getTarget(op);
  RewritePatternSet patterns(op->getContext());
  populateLowerTernaryRegisterPatterns(patterns);
  populateISAPatterns(patterns, target ? target.getIsa() : "generic",
                      isForGPU(target));
  GreedyRewriteConfig config;
  config.setListener(listener);
  if (failed(applyPatternsGreedily(op, std::move(patterns), config)))
    return failure();
  requestTiles(op);
  return success();
}

void ternary::populateDecode3Pattern(RewritePatternSet &patterns,
                                     LowerDecode3::Divide divide) {
  patterns.add<LowerDecode3>(patterns.getContext(), divide);
}

void ternary::populateLowerTernaryRegisterPatterns(
    RewritePatternSet &patterns) {
  patterns.add<LowerDot, LowerDotFinish, LowerDecode, LowerEncode, LowerLookUp,
               LowerSigned<LowerDot, DotOp>,
               LowerSigned<LowerDotFinish, DotFinishOp>, StoreOneLane>(
      patterns.getContext());
}
