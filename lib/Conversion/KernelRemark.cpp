//===- KernelRemark.cpp - Which kernel a layer gets -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "KernelRemark.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

void ternary::remarkKernel(BitLinearOp op, StringRef pass, StringRef kernel) {
  auto function = op->getParentOfType<FunctionOpInterface>();
  remark::passed(op.getLoc(), remark::RemarkOpts::name("kernel").category(pass))
      << remark::metric("Function",
                        function ? function.getName().str() : std::string())
      << remark::metric("Kernel", kernel.str());
}
