//===- GradientTest.cpp - A rule for an op of another dialect -------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/Transforms/Gradient.h"
#include "ternary/InitAll.h"
#include "ternary/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;

namespace {

/// The rule that docs/differentiation.md shows.
struct AtanModel
    : ternary::GradientOpInterface::ExternalModel<AtanModel, math::AtanOp> {
  LogicalResult addCotangents(Operation *op, ternary::Cotangents &c,
                              OpBuilder &builder) const {
    ImplicitLocOpBuilder b(op->getLoc(), builder);
    Value x = op->getOperand(0), g = c.lookup(op->getResult(0));
    c.add(b, x, [&]() -> Value {
      Value one =
          arith::ConstantOp::create(b, b.getFloatAttr(x.getType(), 1.0));
      Value square = arith::MulFOp::create(b, x, x);
      return arith::DivFOp::create(b, g, arith::AddFOp::create(b, one, square));
    });
    return success();
  }
};

constexpr llvm::StringLiteral kSource = R"mlir(
  func.func @f(%x: tensor<4xf32> {ternary.grad}) -> tensor<4xf32>
      attributes {ternary.gradient = "g"} {
    %y = math.atan %x : tensor<4xf32>
    return %y : tensor<4xf32>
  }
)mlir";

struct GradientTest : testing::Test {
  GradientTest() {
    DialectRegistry registry;
    ternary::registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadDialect<math::MathDialect>();
  }

  LogicalResult run() {
    module = parseSourceString<ModuleOp>(kSource, &context);
    PassManager manager(&context);
    manager.addPass(ternary::createTernaryDifferentiate());
    return manager.run(*module);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(GradientTest, refusesAnOpWithoutRule) {
  std::string text;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    text = diagnostic.str();
    return success();
  });
  EXPECT_TRUE(failed(run()));
  EXPECT_EQ(text, "'math.atan' op cannot be differentiated");
  EXPECT_FALSE(module->lookupSymbol("g"));
}

TEST_F(GradientTest, usesTheRuleOfAnEmbeddingCompiler) {
  math::AtanOp::attachInterface<AtanModel>(context);
  ASSERT_TRUE(succeeded(run()));
  auto gradient = module->lookupSymbol<func::FuncOp>("g");
  ASSERT_TRUE(gradient);
  unsigned quotients = 0;
  gradient.walk([&](arith::DivFOp) { ++quotients; });
  EXPECT_EQ(quotients, 1u);
}

} // namespace
