//===- AttachTarget.cpp - ternary-attach-target ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/Ternary.h"
#include "ternary/Transforms/Passes.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/TargetParser/AArch64TargetParser.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include "llvm/TargetParser/X86TargetParser.h"

namespace ternary {
#define GEN_PASS_DEF_TERNARYATTACHTARGET
#include "ternary/Transforms/Passes.h.inc"
} // namespace ternary

using namespace mlir;
using namespace ternary;

namespace {

/// The ISA table: the first row whose features the CPU has is its ISA. No two
/// architectures share the name of a feature.
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
    {"neon_i8mm", {"neon", "dotprod", "i8mm"}},
    {"neon_dotprod", {"neon", "dotprod"}},
    {"neon", {"neon"}},
    {"sm90", {"mma", "wgmma"}},
    {"sm80", {"mma"}},
    {"generic", {}},
};

using Features = llvm::StringSet<>;

const ISARow &findRow(const Features &features) {
  return *llvm::find_if(kISATable, [&](const ISARow &row) {
    return llvm::all_of(row.features, [&](StringRef feature) {
      return features.contains(feature);
    });
  });
}

Features getHostFeatures() {
  Features features;
  for (const auto &[name, enabled] : llvm::sys::getHostCPUFeatures())
    if (enabled)
      features.insert(name);
  return features;
}

std::optional<Features> getX86Features(StringRef cpu) {
  Features features;
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

std::optional<Features> getAArch64Features(StringRef cpu) {
  std::optional<llvm::AArch64::CpuInfo> info = llvm::AArch64::parseCpu(cpu);
  if (!info)
    return std::nullopt;
  std::vector<StringRef> names;
  llvm::AArch64::getExtensionFeatures(info->getImpliedExtensions(), names);
  Features features;
  for (StringRef name : names)
    if (name.consume_front("+"))
      features.insert(name);
  return features;
}

/// The features that kernels of NVIDIA GPUs are chosen by: `sm_80` and later
/// multiply matrices of bytes asynchronously fed by copies, `sm_90a` also from
/// registers by groups of warps.
std::optional<Features> getNVPTXFeatures(StringRef chip) {
  unsigned number;
  StringRef digits = chip;
  if (!digits.consume_front("sm_"))
    return std::nullopt;
  bool isSpecific = digits.consume_back("a");
  if (digits.getAsInteger(10, number) || number < 80)
    return std::nullopt;
  Features features;
  features.insert("mma");
  if (isSpecific && number == 90)
    features.insert("wgmma");
  return features;
}

/// The triple of this name, that of this machine if there is none.
llvm::Triple getTriple(StringRef name) {
  return name.empty() ? llvm::Triple(llvm::sys::getProcessTriple())
                      : llvm::Triple(llvm::Triple::normalize(name));
}

bool isHost(const llvm::Triple &triple) {
  return triple.getArch() == getTriple("").getArch();
}

/// The features that LLVM knows of a CPU, or nothing if it knows no such CPU.
std::optional<Features> getFeatures(StringRef cpu, const llvm::Triple &triple) {
  if (cpu == "native")
    return isHost(triple) ? std::optional(getHostFeatures()) : std::nullopt;
  if (triple.isX86_64())
    return getX86Features(cpu);
  if (triple.isAArch64())
    return getAArch64Features(cpu);
  if (triple.isNVPTX())
    return getNVPTXFeatures(cpu);
  return cpu == "generic" ? std::optional(Features()) : std::nullopt;
}

/// What `getFeatures` takes.
std::string describeCPUs(const llvm::Triple &triple) {
  if (triple.isNVPTX())
    return "a chip from 'sm_80' on, such as 'sm_90a'";
  std::string arch = triple.getArchName().str();
  std::string native = isHost(triple) ? "'native', " : "";
  if (!triple.isX86_64() && !triple.isAArch64())
    return native + "'generic', the only cpu of " + arch;
  return native + "'generic' or the LLVM name of an " + arch + " cpu";
}

struct AttachTargetPass
    : ternary::impl::TernaryAttachTargetBase<AttachTargetPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    if (module->hasAttr(kTargetAttrName))
      return;
    llvm::Triple target = getTriple(triple);
    std::optional<Features> features = getFeatures(cpu, target);
    if (!features) {
      module.emitError() << "ternary-attach-target: expected "
                         << describeCPUs(target) << ", found '" << cpu << "'";
      return signalPassFailure();
    }
    if (threads < 0) {
      module.emitError()
          << "ternary-attach-target: expected 'threads' of 0 or more, found "
          << threads.getValue();
      return signalPassFailure();
    }
    std::string name =
        cpu == "native" ? llvm::sys::getHostCPUName().str() : cpu;
    module->setAttr(
        kTargetAttrName,
        TargetAttr::get(&getContext(), name, findRow(*features).name, threads));
  }
};

} // namespace

std::string ternary::findMissingFeature(StringRef cpu, StringRef triple) {
  llvm::Triple target = getTriple(triple);
  if (!isHost(target))
    return target.getArchName().str();
  Features host = getHostFeatures();
  if (std::optional<Features> features = getFeatures(cpu, target))
    for (StringRef feature : findRow(*features).features)
      if (!host.contains(feature))
        return feature.str();
  return "";
}
