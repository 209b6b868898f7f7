//===- ternary-opt.cpp - Runs passes over ternary IR ----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"

#include "ternary/IR/PackingPicture.h"
#include "ternary/InitAll.h"
#include "ternary/Pipelines/Report.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace mlir;

static llvm::cl::OptionCategory
    pictureCategory("pictures of packings, in place of a run");
static llvm::cl::opt<std::string> showPacking(
    "show-packing",
    llvm::cl::desc("print what each byte of a packing holds: the name of a "
                   "preset, or an attribute"),
    llvm::cl::value_desc("packing"), llvm::cl::cat(pictureCategory));
static llvm::cl::opt<std::string>
    pictureShape("shape",
                 llvm::cl::desc("the matrix that --show-packing packs: rows x "
                                "columns, such as 4x16"),
                 llvm::cl::value_desc("NxK"), llvm::cl::cat(pictureCategory));

static llvm::cl::opt<bool> report(
    "report",
    llvm::cl::desc("print a table of the layers, with packing, kernel, bytes "
                   "and expected bound, in place of remarks"),
    llvm::cl::init(false));

/// The preset of a name, or the attribute that a text says.
static ternary::PackingAttrInterface parsePacking(MLIRContext &context,
                                                  StringRef text) {
  if (Attribute preset = ternary::PackingAttr::getPreset(&context, text))
    return cast<ternary::PackingAttrInterface>(preset);
  Location loc = UnknownLoc::get(&context);
  Attribute attribute =
      text.starts_with("#") ? parseAttribute(text, &context) : Attribute();
  auto packing = dyn_cast_if_present<ternary::PackingAttrInterface>(attribute);
  if (!packing)
    emitError(loc) << "show-packing: expected a packing, such as 'chimera', "
                      "found '"
                   << text << "'";
  return packing;
}

static LogicalResult showPicture(DialectRegistry &registry) {
  MLIRContext context(registry);
  context.loadDialect<ternary::TernaryDialect>();
  ternary::PackingAttrInterface packing = parsePacking(context, showPacking);
  if (!packing)
    return failure();
  Location loc = UnknownLoc::get(&context);
  auto [rows, columns] = StringRef(pictureShape).split('x');
  int64_t n, k;
  if (rows.getAsInteger(10, n) || columns.getAsInteger(10, k))
    return emitError(loc) << "shape: expected rows x columns, such as 4x16, "
                             "found '"
                          << pictureShape << "'";
  return ternary::printPackingPicture(llvm::outs(), loc, packing, n, k);
}

/// What MlirOptMain does, with remarks as a table. The context that it makes is
/// first seen where passes are set up.
static LogicalResult runWithReport(StringRef input, StringRef output,
                                   DialectRegistry &registry) {
  std::string message;
  auto file = openInputFile(input, &message);
  auto out = file ? openOutputFile(output, &message) : nullptr;
  if (!out) {
    llvm::errs() << message << '\n';
    return failure();
  }
  MlirOptMainConfig config = MlirOptMainConfig::createFromCLOptions();
  MlirOptMainConfig reporting = config;
  reporting.setPassPipelineSetupFn([&](PassManager &manager) {
    ternary::enableReport(*manager.getContext(), llvm::errs());
    return config.setupPassPipeline(manager);
  });
  if (failed(MlirOptMain(out->os(), std::move(file), registry, reporting)))
    return failure();
  out->keep();
  return success();
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  ternary::setVersionPrinter("ternary-opt");
  DialectRegistry registry;
  ternary::registerAllDialects(registry);
  mlir::registerAllPasses();
  ternary::registerAllPasses();
  auto [input, output] = registerAndParseCLIOptions(
      argc, argv,
      "ternary " TERNARY_VERSION " optimizer driver\n\n"
      "  ternary-opt f.mlir --ternary-to-linalg   ops to linalg, the "
      "reference\n"
      "  ternary-opt f.mlir --ternary-to-llvm     ops to LLVM for a CPU\n"
      "  ternary-opt f.mlir --ternary-to-llvm --report -o /dev/null\n"
      "  ternary-opt --show-packing=base3 --shape=2x10\n\n"
      "Every upstream dialect and pass is registered as well.\n",
      registry);
  if (showPacking.getNumOccurrences() || pictureShape.getNumOccurrences())
    return asMainReturnCode(showPicture(registry));
  if (report)
    return asMainReturnCode(runWithReport(input, output, registry));
  return asMainReturnCode(MlirOptMain(argc, argv, input, output, registry));
}
