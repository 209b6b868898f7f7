//===- InputContext.h - Where a tool reads its input ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TOOLS_SUPPORT_INPUTCONTEXT_H
#define TERNARY_TOOLS_SUPPORT_INPUTCONTEXT_H

#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/ExecutionEngine/Input.h"
#include "ternary/InitAll.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/SourceMgr.h"

namespace ternary {

/// A context for what is compiled, whose diagnostics show the text of the
/// input. It outlives the modules that it has parsed.
class InputContext {
public:
  InputContext() : context(makeRegistry()), handler(sources, &context) {}

  llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
  parse(llvm::StringRef path) {
    return parseModuleFile(path, sources, context);
  }

private:
  static mlir::DialectRegistry makeRegistry() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    registerEngineTranslations(registry);
    return registry;
  }

  mlir::MLIRContext context;
  llvm::SourceMgr sources;
  mlir::SourceMgrDiagnosticHandler handler;
};

} // namespace ternary

#endif // TERNARY_TOOLS_SUPPORT_INPUTCONTEXT_H
