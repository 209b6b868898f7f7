//===- AttachTarget.cpp - ternary-attach-target ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Ternary.h"
#include "ternary/Transforms/Passes.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/X86TargetParser.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYATTACHTARGET
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// The ISA table: the first row whose features the CPU has is its ISA.
struct ISARow {
  llvm::StringLiteral name;
  std::initializer_list<llvm::StringLiteral> features;
};
const ISARow kISATable[] = {
    {"avx512amx",
     {"avx512f", "avx512bw", "avx512vl", "avx512vnni", "avx512vbmi",
      "amx-int8"}},
    {"avx512vbmi",
     {"avx512f", "avx512bw", "avx512vl", "avx512vnni", "avx512vbmi"}},
    {"avx512vnni", {"avx512f", "avx512bw", "avx512vl", "avx512vnni"}},
    {"avxvnni", {"avx2", "fma", "avxvnni"}},
    {"avx2", {"avx2", "fma"}},
    {"generic", {}},
};

/// The features that LLVM knows of a CPU, or nothing if it knows no such CPU.
std::optional<llvm::StringSet<>> getFeatures(StringRef cpu, bool native) {
  llvm::StringSet<> features;
  if (native) {
    for (const auto &[name, enabled] : llvm::sys::getHostCPUFeatures())
      if (enabled)
        features.insert(name);
    return features;
  }
  if (cpu == "generic")
    return features;
  SmallVector<StringRef> known;
  llvm::X86::fillValidCPUArchList(known, /*Only64Bit=*/true);
  if (!llvm::is_contained(known, cpu))
    return std::nullopt;
  SmallVector<StringRef> names;
  llvm::X86::getFeaturesForCPU(cpu, names);
  // The list leaves out what others imply.
  llvm::StringMap<bool> all;
  for (StringRef name : names) {
    all[name] = true;
    llvm::X86::updateImpliedFeatures(name, /*Enabled=*/true, all);
  }
  for (const auto &[name, enabled] : all)
    if (enabled)
      features.insert(name);
  return features;
}

struct AttachTargetPass
    : ternary::impl::TernaryAttachTargetBase<AttachTargetPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (module->hasAttr(kTargetAttrName))
      return;
    bool native = cpu == "native";
    std::string name = native ? llvm::sys::getHostCPUName().str() : cpu;
    std::optional<llvm::StringSet<>> features = getFeatures(name, native);
    if (!features) {
      module.emitError() << "ternary-attach-target: expected 'native', "
                            "'generic' or the LLVM name of an x86-64 cpu, "
                            "found '"
                         << cpu << "'";
      return signalPassFailure();
    }
    if (threads < 0) {
      module.emitError()
          << "ternary-attach-target: expected 'threads' of 0 or more, found "
          << threads.getValue();
      return signalPassFailure();
    }
    const ISARow *row = llvm::find_if(kISATable, [&](const ISARow &candidate) {
      return llvm::all_of(candidate.features, [&](StringRef feature) {
        return features->contains(feature);
      });
    });
    module->setAttr(kTargetAttrName,
                    TargetAttr::get(&getContext(), name, row->name, threads));
  }
};

} // namespace
