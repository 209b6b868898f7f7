//===- embed-opt.cpp - Its own opt ----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Embed.h"

#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  embed::registerDialects(registry);
  mlir::registerAllPasses();
  embed::registerPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "embed optimizer driver\n", registry));
}
