//===- ternary-plugin.cpp - The project inside another mlir-opt -----------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// `--load-dialect-plugin` brings dialects, interfaces, passes and pipelines.
// `--load-pass-plugin` brings passes and pipelines: it sees no registry, so
// files with ops of the dialect need the former.
//
//===----------------------------------------------------------------------===//

#include "ternary/InitAll.h"

#include "mlir/Tools/Plugins/DialectPlugin.h"
#include "mlir/Tools/Plugins/PassPlugin.h"

#include <mutex>

static void registerPasses() {
  static std::once_flag once;
  std::call_once(once, ternary::registerAllPasses);
}

static void registerDialects(mlir::DialectRegistry *registry) {
  ternary::registerAllDialects(*registry);
  registerPasses();
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::DialectPluginLibraryInfo
mlirGetDialectPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "ternary", TERNARY_VERSION,
          registerDialects};
}

extern "C" LLVM_ATTRIBUTE_WEAK mlir::PassPluginLibraryInfo
mlirGetPassPluginInfo() {
  return {MLIR_PLUGIN_API_VERSION, "ternary", TERNARY_VERSION, registerPasses};
}
