//===- Target.cpp - The machine that a module is for ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary-c/Target.h"

#include "ternary/IR/Ternary.h"

#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Support.h"
#include "mlir/IR/BuiltinOps.h"

using namespace ternary;

static TargetAttr getTargetAttr(MlirAttribute attribute) {
  return llvm::cast<TargetAttr>(unwrap(attribute));
}

MlirAttribute ternaryTargetAttrGet(MlirContext context, MlirStringRef cpu,
                                   MlirStringRef isa, int64_t threads) {
  return wrap(mlir::Attribute(
      TargetAttr::get(unwrap(context), unwrap(cpu), unwrap(isa), threads)));
}

bool ternaryAttributeIsATarget(MlirAttribute attribute) {
  return llvm::isa_and_present<TargetAttr>(unwrap(attribute));
}

MlirTypeID ternaryTargetAttrGetTypeID(void) {
  return wrap(TargetAttr::getTypeID());
}

MlirStringRef ternaryTargetAttrGetCPU(MlirAttribute target) {
  return wrap(getTargetAttr(target).getCpu());
}

MlirStringRef ternaryTargetAttrGetISA(MlirAttribute target) {
  return wrap(getTargetAttr(target).getIsa());
}

int64_t ternaryTargetAttrGetThreads(MlirAttribute target) {
  return getTargetAttr(target).getThreads();
}

MlirAttribute ternaryModuleGetTarget(MlirModule module) {
  return wrap(mlir::Attribute(getTarget(unwrap(module))));
}

void ternaryModuleSetTarget(MlirModule module, MlirAttribute target) {
  unwrap(module)->setAttr(kTargetAttrName, getTargetAttr(target));
}
