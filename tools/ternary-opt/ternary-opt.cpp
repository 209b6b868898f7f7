//===- ternary-opt.cpp - Runs passes over ternary IR ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/InitAll.h"

#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  ternary::registerAllDialects(registry);
  mlir::registerAllPasses();
  ternary::registerAllPasses();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv,
      "ternary " TERNARY_VERSION " optimizer driver\n\n"
      "  ternary-opt f.mlir --ternary-to-linalg   ops to linalg, the "
      "reference\n"
      "  ternary-opt f.mlir --ternary-to-llvm     ops to LLVM for a CPU\n\n"
      "Every upstream dialect and pass is registered as well.\n",
      registry));
}
