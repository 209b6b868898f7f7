//===- ternary-fuzz-driver.cpp - Runs inputs in children ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Reads jobs from the standard input, one a line:
//
//   INPUT <tab> DIAGNOSTICS <tab> PIPELINE
//
// and runs each in a child of its own, forked after dialects and passes are
// registered: INPUT, text or bytecode, is parsed and verified. Without PIPELINE
// it is then written in each form; with it the pipeline runs over it. What the
// child says goes to the file DIAGNOSTICS, with a stack where it crashed. The
// answer is a line:
//
//   STATUS <tab> PEAK
//
// STATUS being `exit N`, `signal N`, `memory` or `hang`, PEAK the largest
// resident size in MiB that was seen.
//
//===----------------------------------------------------------------------===//

#include "ternary/InitAll.h"

#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/SourceMgr.h"

#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <iostream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;

static llvm::cl::opt<unsigned> cpuSeconds(
    "cpu-seconds", llvm::cl::init(20),
    llvm::cl::desc("CPU time after which a pipeline counts as hanging; "
                   "a fifth of it for jobs without one"));
static llvm::cl::opt<unsigned>
    memoryMiB("memory-mib", llvm::cl::init(2048),
              llvm::cl::desc("resident size that no job may exceed"));

// Stacks are told apart by where their frames are: those of the driver itself
// carry this name.
namespace fuzz {

struct Job {
  std::string input, diagnostics, pipeline;
};

/// The parts of a line; none where it has not three.
static std::optional<Job> parseJob(llvm::StringRef line) {
  llvm::SmallVector<llvm::StringRef, 3> parts;
  line.split(parts, '\t');
  if (parts.size() != 3)
    return std::nullopt;
  return Job{parts[0].str(), parts[1].str(), parts[2].str()};
}

/// Writes a module as text, as generic text and as bytecode.
static LogicalResult write(ModuleOp module) {
  llvm::raw_null_ostream os;
  module->print(os);
  module->print(os, OpPrintingFlags().printGenericOpForm());
  return writeBytecodeToFile(module, os);
}

/// The exit status of a job, in the child.
static int run(const Job &job, const DialectRegistry &registry) {
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.allowUnregisteredDialects();
  auto sources = std::make_shared<llvm::SourceMgr>();
  SourceMgrDiagnosticHandler handler(*sources, &context);
  OwningOpRef<ModuleOp> module =
      parseSourceFile<ModuleOp>(job.input, sources, &context);
  if (!module)
    return 1;
  if (job.pipeline.empty())
    return failed(write(*module));
  FailureOr<OpPassManager> pipeline = parsePassPipeline(job.pipeline);
  if (failed(pipeline))
    return 2;
  PassManager passes(&context, pipeline->getOpAnchorName());
  static_cast<OpPassManager &>(passes) = std::move(*pipeline);
  return failed(passes.run(*module));
}

/// Turns this process into the child of a job. The kernel ends what runs too
/// long by SIGXCPU, upon which the handlers of LLVM print the stack.
[[noreturn]] static void runAsChild(const Job &job, int log,
                                    const DialectRegistry &registry) {
  int none = open("/dev/null", O_RDWR);
  if (none < 0 || dup2(none, STDIN_FILENO) < 0 ||
      dup2(none, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0)
    _exit(3);
  rlim_t limit = job.pipeline.empty() ? (cpuSeconds + 4) / 5 : cpuSeconds;
  rlimit time{limit, limit + 20};
  setrlimit(RLIMIT_CPU, &time);
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_UNBLOCK, &children, nullptr);
  _exit(run(job, registry));
}

/// The resident size of a process in MiB; 0 where it has ended.
static unsigned residentMiB(pid_t process) {
  std::string path = "/proc/" + std::to_string(process) + "/statm";
  FILE *file = std::fopen(path.c_str(), "r");
  if (!file)
    return 0;
  unsigned long total = 0, resident = 0;
  int read = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * sysconf(_SC_PAGESIZE) >> 20 : 0;
}

/// Watches over a child; says how it ended.
class Watch {
public:
  explicit Watch(pid_t child) : child(child) {
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
  }

  std::string status() {
    int state = 0;
    while (waitpid(child, &state, WNOHANG) == 0) {
      look();
      timespec step{0, 50'000'000};
      sigtimedwait(&signals, nullptr, &step);
    }
    if (!verdict.empty())
      return verdict;
    if (WIFEXITED(state))
      return "exit " + std::to_string(WEXITSTATUS(state));
    int signal = WTERMSIG(state);
    return signal == SIGXCPU ? "hang" : "signal " + std::to_string(signal);
  }

  unsigned peakMiB() const { return peak; }

private:
  /// Ends a child that is too large, or that waits for what does not come.
  void look() {
    peak = std::max(peak, residentMiB(child));
    time_t now = time(nullptr);
    if (!verdict.empty()) {
      if (now - ended > 20)
        kill(child, SIGKILL);
      return;
    }
    if (peak > memoryMiB)
      verdict = "memory";
    else if (now - started > 20 * time_t(cpuSeconds))
      verdict = "hang";
    else
      return;
    ended = now;
    kill(child, SIGABRT);
  }

  pid_t child;
  sigset_t signals;
  std::string verdict;
  time_t started = time(nullptr), ended = 0;
  unsigned peak = 0;
};

/// Runs a job in a child; the answer.
static std::string answer(const Job &job, const DialectRegistry &registry) {
  int log = open(job.diagnostics.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  pid_t child = log < 0 ? -1 : fork();
  if (child < 0)
    return "exit 3\t0";
  if (child == 0)
    runAsChild(job, log, registry);
  close(log);
  Watch watch(child);
  std::string status = watch.status();
  return status + "\t" + std::to_string(watch.peakMiB());
}

} // namespace fuzz

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  llvm::cl::ParseCommandLineOptions(
      argc, argv, "ternary " TERNARY_VERSION " runs each input in a child\n");
  DialectRegistry registry;
  ternary::registerAllDialects(registry);
  registerAllPasses();
  ternary::registerAllPasses();

  // A child that ends is told by a signal, waited for in Watch.
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  sigprocmask(SIG_BLOCK, &children, nullptr);
  for (std::string line; std::getline(std::cin, line);) {
    std::optional<fuzz::Job> job = fuzz::parseJob(line);
    if (!job) {
      std::cerr << "ternary-fuzz-driver: expected three fields, found '" << line
                << "'\n";
      return 1;
    }
    std::cout << fuzz::answer(*job, registry) << std::endl;
  }
  return 0;
}
