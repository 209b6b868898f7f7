//===- Ternary.cpp - The dialect, passes and pipelines --------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary-c/Ternary.h"

#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/IR/Ternary.h"
#include "ternary/InitAll.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Registration.h"
#include "mlir/CAPI/Support.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Parser/Parser.h"

#include <mutex>

MLIR_DEFINE_CAPI_DIALECT_REGISTRATION(Ternary, ternary, ternary::TernaryDialect)

void ternaryRegisterAllDialects(MlirDialectRegistry registry) {
  ternary::registerAllDialects(*unwrap(registry));
  ternary::registerEngineTranslations(*unwrap(registry));
}

void ternaryContextEnableRemarks(MlirContext context) {
  // Each kind that is not named is off.
  std::string any = ".*";
  mlir::remark::RemarkCategories categories{any, any, any, any, any};
  // Fails only for categories that are no regular expressions.
  (void)mlir::remark::enableOptimizationRemarks(
      *unwrap(context), /*streamer=*/nullptr,
      std::make_unique<mlir::remark::RemarkEmittingPolicyAll>(), categories,
      /*printAsEmitRemarks=*/true);
}

void ternaryRegisterAllPasses(void) {
  static std::once_flag once;
  std::call_once(once, ternary::registerAllPasses);
}

MlirModule ternaryModuleParse(MlirContext context, MlirStringRef source,
                              MlirStringRef name) {
  mlir::ParserConfig config(unwrap(context));
  return wrap(mlir::parseSourceString<mlir::ModuleOp>(unwrap(source), config,
                                                      unwrap(name))
                  .release());
}

MlirStringRef ternaryGetVersion(void) {
  return mlirStringRefCreateFromCString(TERNARY_VERSION);
}
