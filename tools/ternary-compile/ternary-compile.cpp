//===- ternary-compile.cpp - Compiles modules to object code --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
// Options of the tool; the work is done by CompiledModule.
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"
#include "InputContext.h"

#include "ternary/ExecutionEngine/AOT.h"
#include "ternary/ExecutionEngine/Engine.h"
#include "ternary/ExecutionEngine/Input.h"
#include "ternary/InitAll.h"
#include "ternary/Pipelines/Pipelines.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

using namespace ternary;
namespace cl = llvm::cl;

namespace {

cl::OptionCategory category("ternary-compile options");

const char kOverview[] =
    R"(compiles the functions of an MLIR file ahead of time, for C and C++

A first library, with its header:
  ternary-compile layer.mlir -o layer.so --emit-header layer.h
an object file for another machine:
  ternary-compile layer.mlir -o layer.o --emit-header layer.h --mcpu=x86-64-v3
a library that chooses the best instruction set when it is called:
  ternary-compile layer.mlir -o layer.so --emit-header layer.h --mcpu=dispatch
a library for NVIDIA GPUs, on pointers to device memory, and their PTX:
  ternary-compile layer.mlir -o layer.so --emit-header layer.h --target=cuda --chip=sm_90a
  ternary-compile layer.mlir -o layer.ptx --target=cuda --chip=sm_90a

Each public function becomes a C function of pointers and sizes, without a result; the header
says which arrays are read and written and how large they are. Arguments marked ternary.constant
that only need work once give a second function, NAME_prepare. The code needs neither MLIR nor
LLVM where it runs; with more than one thread it needs libomp, with the target cuda the driver.
The extension of the output says its form: .o, .so, .s (assembly) or .ll (LLVM IR); of kernels
alone .ptx, .cubin or .fatbin. MLIR's own flags, such as --mlir-print-ir-after-all, work too;
--help-hidden lists them.
)";

struct Flags {
  cl::opt<std::string> input{cl::Positional, cl::desc("<file.mlir>"),
                             cl::init(""), cl::cat(category)};
  cl::opt<std::string> output{"o",
                              cl::desc("file to write: .o, .so, .s, .ll, "
                                       ".ptx, .cubin or .fatbin"),
                              cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> header{"emit-header",
                              cl::desc("header to write, for C11 and C++"),
                              cl::value_desc("file.h"), cl::cat(category)};
  cl::opt<std::string> interface{
      "emit-interface",
      cl::desc("the same as JSON, for programs that load the library"),
      cl::value_desc("file.json"), cl::cat(category)};
  cl::list<std::string> entries{
      "entry",
      cl::desc("function to compile, may be repeated; all public ones "
               "are if there is none"),
      cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> target{
      "target",
      cl::desc(
          "cpu (the default): ternary-to-llvm; cuda: ternary-to-nvvm, for the "
          "chips named; reference: plain loops, the meaning of every "
          "operation"),
      cl::init("cpu"), cl::value_desc("name"), cl::cat(category)};
  cl::list<std::string> chips{
      "chip",
      cl::desc("chips of the target cuda; a call takes the code that its "
               "device runs best"),
      cl::value_desc("sm_90a,..."), cl::CommaSeparated, cl::cat(category)};
  cl::opt<std::string> cpu{
      "mcpu",
      cl::desc("LLVM name of the CPU; native (the default) is this machine, "
               "generic any of its kind, dispatch any x86-64 at its best"),
      cl::init("native"), cl::value_desc("name"), cl::cat(category)};
  cl::opt<std::string> triple{
      "mtriple", cl::desc("LLVM triple of the machine, this one by default"),
      cl::value_desc("triple"), cl::cat(category)};
  cl::opt<int64_t> threads{
      "threads",
      cl::desc("threads of parallel loops: 1 (the default) needs no library, "
               "more need libomp, 0 is OpenMP's own choice"),
      cl::init(1), cl::value_desc("n"), cl::cat(category)};
  cl::opt<std::string> pipelineOptions{
      "pipeline-options",
      cl::desc(
          "options of the target's pipeline, such as \"packing=none\"; help "
          "lists them"),
      cl::value_desc("key=value ..."), cl::cat(category)};
  cl::opt<std::string> linker{
      "linker", cl::desc("C compiler that links shared libraries"),
      cl::value_desc("program"), cl::cat(category)};
  cl::opt<unsigned> optLevel{"O",
                             cl::desc("optimization level of LLVM"),
                             cl::init(3),
                             cl::Prefix,
                             cl::value_desc("0-3"),
                             cl::cat(category)};
};

int report(llvm::Error error) {
  llvm::WithColor::error(llvm::errs(), "ternary-compile")
      << llvm::toString(std::move(error)) << '\n';
  return 1;
}

llvm::Error checkFlags(const Flags &flags) {
  if (flags.input.empty())
    return llvm::createStringError(
        "input: expected a file.mlir, found none (--help shows examples)");
  if (flags.output.empty() && flags.header.empty() && flags.interface.empty())
    return llvm::createStringError(
        "output: expected -o, --emit-header or --emit-interface, found none");
  if (!flags.output.empty()) {
    auto kind = parseOutputKind(flags.output);
    if (!kind)
      return kind.takeError();
    if (!getDeviceFormat(*kind).empty() && flags.target != "cuda")
      return llvm::createStringError(
          flags.output +
          ": output, expected the target cuda for kernels "
          "alone, found '" +
          flags.target + "'");
  }
  if (flags.optLevel > 3)
    return llvm::createStringError(
        "optimization level: expected 0 to 3, found " +
        llvm::Twine(flags.optLevel));
  return llvm::Error::success();
}

CompileOptions getOptions(const Flags &flags) {
  CompileOptions options;
  options.target = flags.target;
  options.cpu = flags.cpu;
  options.triple = flags.triple;
  options.chips.assign(flags.chips.begin(), flags.chips.end());
  if (auto kind = parseOutputKind(flags.output))
    options.deviceFormat = getDeviceFormat(*kind).str();
  else
    llvm::consumeError(kind.takeError());
  options.threads = flags.threads;
  options.pipelineOptions = flags.pipelineOptions;
  options.optLevel = flags.optLevel;
  options.entries.assign(flags.entries.begin(), flags.entries.end());
  options.configure = [](mlir::PassManager &manager) {
    return mlir::applyPassManagerCLOptions(manager);
  };
  return options;
}

llvm::Error compile(const Flags &flags) {
  if (llvm::Error error = checkFlags(flags))
    return error;
  InputContext context;
  auto source = context.parse(flags.input);
  if (!source)
    return source.takeError();
  auto module = CompiledModule::create(**source, getOptions(flags));
  if (!module)
    return module.takeError();
  return module->write({flags.output, flags.header, flags.interface},
                       llvm::sys::path::filename(flags.input), flags.linker);
}

} // namespace

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  freeFlagName("threads");
  Flags flags;
  mlir::registerAsmPrinterCLOptions();
  mlir::registerMLIRContextCLOptions();
  mlir::registerPassManagerCLOptions();
  registerAllPasses();
  cl::HideUnrelatedOptions(category);
  setVersionPrinter("ternary-compile");
  cl::ParseCommandLineOptions(argc, argv, kOverview);
  if (flags.pipelineOptions == "help") {
    printPipelineOptions();
    return 0;
  }
  if (llvm::Error error = compile(flags))
    return report(std::move(error));
  return 0;
}
