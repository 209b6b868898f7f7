//===- ConstantEvaluatorTest.cpp - What constant chains give --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "../../lib/Transforms/Raise/ConstantEvaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace mlir;

namespace {

/// Evaluates what a function without arguments returns.
class ConstantEvaluatorTest : public testing::Test {
protected:
  ConstantEvaluatorTest() {
    context.loadDialect<arith::ArithDialect, cf::ControlFlowDialect,
                        func::FuncDialect, linalg::LinalgDialect,
                        math::MathDialect, tensor::TensorDialect>();
  }

  /// The elements of `%r`, of `type`, that `body` defines, as an attribute
  /// prints them; or a dash and the reason why there are none.
  std::string evaluate(StringRef body, StringRef type) {
    std::string text = ("func.func @f() -> " + type + " {\n" + body +
                        "\nreturn %r : " + type + "\n}\n")
                           .str();
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    if (!module)
      return "no module";
    auto function = *module->getOps<func::FuncOp>().begin();
    Value value = function.front().getTerminator()->getOperand(0);
    ternary::ConstantEvaluator evaluator(/*maxElements=*/64);
    std::optional<ternary::ConstantTensor> found = evaluator.evaluate(value);
    if (!found)
      return "- " + evaluator.getReason().str();
    ternary::ConstantTensor copy = found->clone();
    ArrayRef<char> bytes(copy.getBytes(),
                         copy.getNumElements() * copy.getFormat().getBytes());
    std::string result;
    llvm::raw_string_ostream(result) << DenseElementsAttr::getFromRawBuffer(
        cast<ShapedType>(value.getType()), bytes);
    return StringRef(result).take_until([](char c) { return c == ':'; }).str();
  }

  /// An op of two tensors of three elements each.
  std::string binary(StringRef op, StringRef a, StringRef b, StringRef type) {
    std::string tensor = ("tensor<3x" + type + ">").str();
    return evaluate(("%a = arith.constant dense<[" + a + "]> : " + tensor +
                     "\n%b = arith.constant dense<[" + b + "]> : " + tensor +
                     "\n%r = " + op + " %a, %b : " + tensor)
                        .str(),
                    tensor);
  }
  /// An op of one; with `to`, a cast.
  std::string unary(StringRef op, StringRef a, StringRef type,
                    StringRef to = "") {
    std::string tensor = ("tensor<3x" + type + ">").str();
    std::string result = to.empty() ? tensor : ("tensor<3x" + to + ">").str();
    std::string suffix = to.empty() ? "" : " to " + result;
    return evaluate(("%a = arith.constant dense<[" + a + "]> : " + tensor +
                     "\n%r = " + op + " %a : " + tensor + suffix)
                        .str(),
                    result);
  }

  MLIRContext context;
};

TEST_F(ConstantEvaluatorTest, IntegersWrap) {
  EXPECT_EQ(binary("arith.addi", "127, -128, 1", "1, -1, 1", "i8"),
            "dense<[-128, 127, 2]> ");
  EXPECT_EQ(binary("arith.muli", "64, -128, 3", "4, -1, 5", "i8"),
            "dense<[0, -128, 15]> ");
  EXPECT_EQ(binary("arith.shrui", "-1, -128, 12", "4, 7, 2", "i8"),
            "dense<[15, 1, 3]> ");
  EXPECT_EQ(binary("arith.shrsi", "-1, -128, 12", "4, 6, 2", "i8"),
            "dense<[-1, -2, 3]> ");
  EXPECT_EQ(binary("arith.shli", "1, 3, -1", "7, 6, 1", "i8"),
            "dense<[-128, -64, -2]> ");
  EXPECT_EQ(binary("arith.maxui", "-1, 2, 3", "1, -2, 4", "i16"),
            "dense<[-1, -2, 4]> ");
}

TEST_F(ConstantEvaluatorTest, Divisions) {
  EXPECT_EQ(binary("arith.divsi", "-7, 7, -128", "2, -2, 1", "i8"),
            "dense<[-3, -3, -128]> ");
  EXPECT_EQ(binary("arith.floordivsi", "-7, 7, 6", "2, -2, 3", "i8"),
            "dense<[-4, -4, 2]> ");
  EXPECT_EQ(binary("arith.ceildivsi", "-7, 7, 7", "2, 2, -2", "i8"),
            "dense<[-3, 4, -3]> ");
  EXPECT_EQ(binary("arith.remui", "-1, 7, 5", "16, 4, 5", "i8"),
            "dense<[15, 3, 0]> ");
  EXPECT_EQ(binary("arith.divsi", "-128, 1, 1", "-1, 1, 1", "i8"),
            "- a division by zero or past the range");
  EXPECT_EQ(binary("arith.divui", "1, 1, 1", "0, 1, 1", "i8"),
            "- a division by zero or past the range");
  EXPECT_EQ(binary("arith.shli", "1, 1, 1", "8, 1, 1", "i8"),
            "- a shift by the width or more");
}

TEST_F(ConstantEvaluatorTest, FloatsRoundInTheirType) {
  EXPECT_EQ(binary("arith.divf", "1.0, 2.0, 1.0", "3.0, 3.0, 0.0", "f32"),
            "dense<[0.333333343, 0.666666686, 0x7F800000]> ");
  // Ties to even at the eleven bits of f16, and the eight of bf16.
  EXPECT_EQ(
      binary("arith.addf", "2048.0, 2050.0, 65504.0", "1.0, 1.0, 16.0", "f16"),
      "dense<[2.048000e+03, 2.052000e+03, 0x7C00]> ");
  EXPECT_EQ(binary("arith.mulf", "257.0, 3.0, 1.0", "1.0, 0.3333, 1.0", "bf16"),
            "dense<[2.560000e+02, 1.000000e+00, 1.000000e+00]> ");
  EXPECT_EQ(binary("arith.addf", "1.0e2, 1.0, 0.1", "1.0, 1.0, 0.2", "f64"),
            "dense<[1.010000e+02, 2.000000e+00, 0.30000000000000004]> ");
  EXPECT_EQ(unary("arith.truncf", "1.00000006, 0.1, 3.0e38", "f64", "f32"),
            "dense<[1.00000012, 1.000000e-01, 3.000000e+38]> ");
}

TEST_F(ConstantEvaluatorTest, Roundings) {
  EXPECT_EQ(unary("math.roundeven", "0.5, 1.5, -2.5", "f32"),
            "dense<[0.000000e+00, 2.000000e+00, -2.000000e+00]> ");
  EXPECT_EQ(unary("math.round", "0.5, 1.5, -2.5", "f32"),
            "dense<[1.000000e+00, 2.000000e+00, -3.000000e+00]> ");
  EXPECT_EQ(unary("math.floor", "0.5, -0.5, -2.0", "f32"),
            "dense<[0.000000e+00, -1.000000e+00, -2.000000e+00]> ");
  EXPECT_EQ(unary("math.sqrt", "2.0, 9.0, 0.0", "f32"),
            "dense<[1.41421354, 3.000000e+00, 0.000000e+00]> ");
  EXPECT_EQ(unary("arith.fptosi", "-128.9, 127.9, 0.9", "f32", "i8"),
            "dense<[-128, 127, 0]> ");
  EXPECT_EQ(unary("arith.fptosi", "128.0, 0.0, 0.0", "f32", "i8"),
            "- a float does not fit its integer");
  EXPECT_EQ(unary("arith.fptoui", "0x7FC00000, 0.0, 0.0", "f32", "i8"),
            "- a float does not fit its integer");
}

TEST_F(ConstantEvaluatorTest, Casts) {
  EXPECT_EQ(unary("arith.extui", "-1, 1, -128", "i8", "i32"),
            "dense<[255, 1, 128]> ");
  EXPECT_EQ(unary("arith.extsi", "-1, 1, -2", "i2", "i8"),
            "dense<[-1, 1, -2]> ");
  EXPECT_EQ(unary("arith.trunci", "255, 128, 257", "i32", "i8"),
            "dense<[-1, -128, 1]> ");
  EXPECT_EQ(unary("arith.uitofp", "-1, 1, -128", "i8", "f32"),
            "dense<[2.550000e+02, 1.000000e+00, 1.280000e+02]> ");
  EXPECT_EQ(unary("arith.sitofp", "16777217, -3, 0", "i32", "f32"),
            "dense<[0x4B800000, -3.000000e+00, 0.000000e+00]> ");
  EXPECT_EQ(unary("arith.bitcast", "1.0, -0.0, 2.0", "f32", "i32"),
            "dense<[1065353216, -2147483648, 1073741824]> ");
}

TEST_F(ConstantEvaluatorTest, ComparisonsOfNaN) {
  EXPECT_EQ(
      binary("arith.maximumf", "-0.0, 1.0, 0x7FC00000", "0.0, 2.0, 1.0", "f32"),
      "dense<[0.000000e+00, 2.000000e+00, 0x7FC00000]> ");
  EXPECT_EQ(
      binary("arith.minnumf", "-0.0, 1.0, 0x7FC00000", "0.0, 2.0, 1.0", "f32"),
      "dense<[-0.000000e+00, 1.000000e+00, 1.000000e+00]> ");
  EXPECT_EQ(evaluate(R"(
    %a = arith.constant dense<[0x7FC00000, 1.0, -3.0]> : tensor<3xf32>
    %b = arith.constant dense<-1.0> : tensor<3xf32>
    %c = arith.cmpf ult, %a, %b : tensor<3xf32>
    %r = arith.select %c, %b, %a : tensor<3xi1>, tensor<3xf32>)",
                     "tensor<3xf32>"),
            "dense<[-1.000000e+00, 1.000000e+00, -1.000000e+00]> ");
}

/// A sum of three floats.
constexpr const char *kSum = R"(
    %a = arith.constant dense<[TERMS]> : tensor<3xf32>
    %zero = arith.constant dense<0.0> : tensor<f32>
    %r = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>,
        affine_map<(i) -> ()>], iterator_types = ["reduction"]}
        ins(%a : tensor<3xf32>) outs(%zero : tensor<f32>) {
      ^bb0(%x: f32, %sum: f32):
        %s = arith.addf %x, %sum : f32
        linalg.yield %s : f32
    } -> tensor<f32>)";

TEST_F(ConstantEvaluatorTest, ReductionsKeepTheirOrder) {
  auto sum = [&](StringRef terms) {
    std::string text = kSum;
    return evaluate(text.replace(text.find("TERMS"), 5, terms), "tensor<f32>");
  };
  EXPECT_EQ(sum("1.0, 1.0e8, -1.0e8"), "dense<0.000000e+00> ");
  EXPECT_EQ(sum("1.0e8, -1.0e8, 1.0"), "dense<1.000000e+00> ");
}

TEST_F(ConstantEvaluatorTest, MapsAndIndices) {
  EXPECT_EQ(evaluate(R"(
    %a = arith.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
    %e = tensor.empty() : tensor<2x3xi32>
    %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> ((i + j) floordiv 2)>,
        affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%a : tensor<4xi32>) outs(%e : tensor<2x3xi32>) {
      ^bb0(%x: i32, %o: i32):
        %i = linalg.index 0 : index
        %j = linalg.index 1 : index
        %s = arith.addi %i, %j : index
        %t = arith.index_cast %s : index to i32
        %p = arith.muli %t, %x : i32
        linalg.yield %p : i32
    } -> tensor<2x3xi32>)",
                     "tensor<2x3xi32>"),
            "dense<[[0, 1, 4], [1, 4, 6]]> ");
}

TEST_F(ConstantEvaluatorTest, Slices) {
  EXPECT_EQ(evaluate(R"(
    %a = arith.constant dense<[[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]> : tensor<2x5xi8>
    %r = tensor.extract_slice %a[1, 0] [1, 3] [1, 2] : tensor<2x5xi8> to tensor<3xi8>)",
                     "tensor<3xi8>"),
            "dense<[6, 8, 10]> ");
  EXPECT_EQ(evaluate(R"(
    %a = arith.constant dense<0> : tensor<2x3xi8>
    %b = arith.constant dense<[7, 8]> : tensor<2xi8>
    %r = tensor.insert_slice %b into %a[1, 0] [1, 2] [1, 2] : tensor<2xi8> into tensor<2x3xi8>)",
                     "tensor<2x3xi8>"),
            "dense<[[0, 0, 0], [7, 0, 8]]> ");
  EXPECT_EQ(evaluate(R"(
    %a = arith.constant dense<[1, 2]> : tensor<2xi8>
    %z = arith.constant 9 : i8
    %p = tensor.pad %a low[1] high[2] { ^bb0(%i: index): tensor.yield %z : i8 }
        : tensor<2xi8> to tensor<5xi8>
    %s = tensor.splat %z : tensor<1xi8>
    %r = tensor.concat dim(0) %s, %p : (tensor<1xi8>, tensor<5xi8>) -> tensor<6xi8>)",
                     "tensor<6xi8>"),
            "dense<[9, 9, 1, 2, 9, 9]> ");
}

TEST_F(ConstantEvaluatorTest, ElementsThatNobodyWrote) {
  // Two halves make a whole.
  std::string halves = R"(
    %a = arith.constant dense<[1, 2]> : tensor<2xi8>
    %e = tensor.empty() : tensor<4xi8>
    %h = tensor.insert_slice %a into %e[0] [2] [1] : tensor<2xi8> into tensor<4xi8>
    %r = tensor.insert_slice %a into %h[2] [2] [1] : tensor<2xi8> into tensor<4xi8>)";
  EXPECT_EQ(evaluate(halves, "tensor<4xi8>"), "dense<[1, 2, 1, 2]> ");
  halves.replace(halves.find("%h[2]"), 5, "%h[1]");
  EXPECT_EQ(evaluate(halves, "tensor<4xi8>"),
            "- elements of 'tensor.empty' are read");
}

TEST_F(ConstantEvaluatorTest, Limits) {
  EXPECT_EQ(
      evaluate("%r = arith.constant dense<1> : tensor<65xi8>", "tensor<65xi8>"),
      "- 'arith.constant' has more than 64 elements");
  EXPECT_EQ(evaluate(R"(
    %a = arith.constant dense<1.0> : tensor<16x8xf32>
    %r = tensor.extract_slice %a[0, 0] [1, 1] [1, 1] : tensor<16x8xf32> to tensor<f32>)",
                     "tensor<f32>"),
            "- 'arith.constant' has more than 64 elements");
}

} // namespace
