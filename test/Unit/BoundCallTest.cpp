//===- BoundCallTest.cpp - Calls that are repeated ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/InitAll.h"
#include "ternary/Pipelines/Pipelines.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLExtras.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace ternary;

namespace {

// Adds `b` to `a` in place, and returns a new tensor that has to be freed.
constexpr const char kSource[] = R"(
  func.func @add(%a: memref<16xi32>, %b: memref<16xi32>) -> tensor<16xi32> {
    linalg.add ins(%a, %b : memref<16xi32>, memref<16xi32>)
        outs(%a : memref<16xi32>)
    %c = arith.constant 1 : i32
    %e = tensor.empty() : tensor<16xi32>
    %f = linalg.fill ins(%c : i32) outs(%e : tensor<16xi32>) -> tensor<16xi32>
    return %f : tensor<16xi32>
  })";

class BoundCallTest : public ::testing::Test {
protected:
  BoundCallTest() : context(getRegistry()) {
    auto module = mlir::parseSourceString<mlir::ModuleOp>(kSource, &context);
    Signature signature = llvm::cantFail(getSignature(*module, "add"));
    markEntryPoints(*module, {signature});
    mlir::PassManager manager(&context, mlir::ModuleOp::getOperationName());
    buildTernaryToLLVMPipeline(manager, TernaryToLLVMOptions());
    EXPECT_TRUE(succeeded(manager.run(*module)));
    engine = llvm::cantFail(Engine::create(*module, {signature}));
  }

  static mlir::DialectRegistry getRegistry() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    registerEngineTranslations(registry);
    return registry;
  }

  static Array makeFilled(int32_t value) {
    Array array = llvm::cantFail(Array::create(DType::Int32, {16}));
    std::fill_n(reinterpret_cast<int32_t *>(array.data()), 16, value);
    return array;
  }

  mlir::MLIRContext context;
  std::unique_ptr<Engine> engine;
};

TEST_F(BoundCallTest, RepeatsWithTheSameArguments) {
  Array a = makeFilled(0), b = makeFilled(3);
  BoundCall call = llvm::cantFail(engine->bind("add", {&a, &b}));
  for (int i = 0; i < 4; ++i)
    llvm::cantFail(call());
  EXPECT_EQ(a.getAsInteger(15), 12);
}

TEST_F(BoundCallTest, TakesOtherMemory) {
  Array a = makeFilled(0), b = makeFilled(3), c = makeFilled(100);
  BoundCall call = llvm::cantFail(engine->bind("add", {&a, &b}));
  llvm::cantFail(call());
  call.setData(1, c.data());
  llvm::cantFail(call());
  EXPECT_EQ(a.getAsInteger(0), 103);
}

TEST_F(BoundCallTest, ChecksArguments) {
  Array a = makeFilled(0);
  llvm::Expected<BoundCall> call = engine->bind("add", {&a});
  ASSERT_FALSE(call);
  EXPECT_NE(llvm::toString(call.takeError()).find("expected 2"),
            std::string::npos);
  llvm::Expected<BoundCall> other = engine->bind("sub", {&a, &a});
  EXPECT_FALSE(other);
  llvm::consumeError(other.takeError());
}

} // namespace
