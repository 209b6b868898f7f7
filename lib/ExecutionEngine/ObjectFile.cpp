//===- ObjectFile.cpp - Target machines, code and libraries ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ObjectFile.h"

#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"

using namespace ternary;

//===----------------------------------------------------------------------===//
// Target machines
//===----------------------------------------------------------------------===//

static std::string getHostFeatures() {
  llvm::SubtargetFeatures features;
  llvm::StringMap<bool, llvm::MallocAllocator> host =
      llvm::sys::getHostCPUFeatures();
  for (const auto &[name, enabled] : host)
    features.AddFeature(name, enabled);
  return features.getString();
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
ternary::createMachine(llvm::StringRef tripleName, llvm::StringRef cpu,
                       llvm::StringRef features, unsigned optLevel) {
  llvm::InitializeAllTargetInfos();
  llvm::InitializeAllTargets();
  llvm::InitializeAllTargetMCs();
  llvm::InitializeAllAsmPrinters();
  llvm::InitializeAllAsmParsers();
  llvm::Triple host(llvm::sys::getDefaultTargetTriple());
  llvm::Triple triple = tripleName.empty() ? host : llvm::Triple(tripleName);
  std::string message;
  const llvm::Target *target =
      llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return llvm::createStringError(
        "triple: expected one of a target of this LLVM, found '" + tripleName +
        "'");
  std::string ownFeatures = features.str();
  if (cpu == "native") {
    if (triple.getArch() != host.getArch())
      return llvm::createStringError(
          "cpu: expected a name for a machine other than this one, found "
          "'native'");
    cpu = llvm::sys::getHostCPUName();
    ownFeatures = getHostFeatures();
  }
  std::unique_ptr<llvm::MCSubtargetInfo> info(
      target->createMCSubtargetInfo(triple, "", ""));
  if (cpu != "generic" && !info->isCPUStringValid(cpu))
    return llvm::createStringError(
        "cpu: expected native, dispatch, generic or the LLVM name of one of " +
        triple.getArchName() + ", found '" + cpu + "'");
  auto level = llvm::CodeGenOpt::getLevel(static_cast<int>(optLevel))
                   .value_or(llvm::CodeGenOptLevel::Aggressive);
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      triple, cpu, ownFeatures, llvm::TargetOptions(), llvm::Reloc::PIC_,
      std::nullopt, level));
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

llvm::Expected<OutputKind> ternary::parseOutputKind(llvm::StringRef path) {
  static const std::pair<llvm::StringLiteral, OutputKind> kKinds[] = {
      {".o", OutputKind::Object},     {".so", OutputKind::SharedLibrary},
      {".s", OutputKind::Assembly},   {".ll", OutputKind::LLVMIR},
      {".ptx", OutputKind::PTX},      {".cubin", OutputKind::Cubin},
      {".fatbin", OutputKind::Fatbin}};
  llvm::StringRef extension = llvm::sys::path::extension(path);
  for (const auto &[name, kind] : kKinds)
    if (extension == name)
      return kind;
  return llvm::createStringError(
      path +
      ": output, expected a name that ends in .o, .so, .s, .ll, .ptx, .cubin "
      "or .fatbin, found " +
      (extension.empty() ? llvm::Twine("no extension")
                         : "'" + llvm::Twine(extension) + "'"));
}

llvm::StringRef ternary::getDeviceFormat(OutputKind kind) {
  switch (kind) {
  case OutputKind::PTX:
    return "isa";
  case OutputKind::Cubin:
    return "bin";
  case OutputKind::Fatbin:
    return "fatbin";
  default:
    return "";
  }
}

llvm::Error ternary::writeCode(llvm::Module &module,
                               llvm::TargetMachine &machine, OutputKind kind,
                               llvm::raw_ostream &os) {
  if (kind == OutputKind::LLVMIR) {
    module.print(os, nullptr);
    return llvm::Error::success();
  }
  // Object code is patched after it is written, which not every stream allows.
  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  llvm::legacy::PassManager manager;
  auto type = kind == OutputKind::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                           : llvm::CodeGenFileType::ObjectFile;
  if (machine.addPassesToEmitFile(manager, stream, nullptr, type))
    return llvm::createStringError("code generation: expected a target that "
                                   "writes this kind of file, found " +
                                   machine.getTargetTriple().str());
  manager.run(module);
  os.write(code.data(), code.size());
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// Libraries
//===----------------------------------------------------------------------===//

static llvm::Expected<std::string> findLinker(llvm::StringRef linker) {
  if (!linker.empty()) {
    if (auto path = llvm::sys::findProgramByName(linker))
      return *path;
    return llvm::createStringError(
        "linker: expected a C compiler, found no program '" + linker + "'");
  }
  for (llvm::StringRef name : {"cc", "clang-22", "clang", "gcc"})
    if (auto path = llvm::sys::findProgramByName(name))
      return *path;
  return llvm::createStringError(
      "linker: expected cc, clang-22, clang or gcc on the PATH for a shared "
      "library, found none; write a .o file, or name a C compiler with "
      "--linker");
}

namespace {

/// A file that goes with this object.
class TemporaryFile {
public:
  static llvm::Expected<std::unique_ptr<TemporaryFile>>
  create(llvm::StringRef extension) {
    llvm::SmallString<128> path;
    if (std::error_code code =
            llvm::sys::fs::createTemporaryFile("ternary", extension, path))
      return llvm::createStringError(code, "temporary file: expected room for "
                                           "one, found: " +
                                               code.message());
    return std::make_unique<TemporaryFile>(path);
  }

  explicit TemporaryFile(llvm::StringRef path) : path(path), remover(path) {}

  const std::string path;

private:
  llvm::FileRemover remover;
};

} // namespace

llvm::Error ternary::linkLibrary(llvm::StringRef object, llvm::StringRef name,
                                 const LinkOptions &options,
                                 llvm::raw_ostream &os) {
  llvm::Expected<std::string> linker = findLinker(options.linker);
  if (!linker)
    return linker.takeError();
  auto input = TemporaryFile::create("o");
  if (!input)
    return input.takeError();
  auto output = TemporaryFile::create("so");
  if (!output)
    return output.takeError();
  std::error_code code;
  llvm::raw_fd_ostream file((*input)->path, code);
  if (!code) {
    file << object;
    file.close();
    code = file.error();
    file.clear_error();
  }
  if (code)
    return llvm::createFileError((*input)->path, code);

  std::string soname = ("-Wl,-soname," + name).str();
  // What is missing is found here, not when the library is loaded.
  llvm::SmallVector<llvm::StringRef> arguments = {
      *linker, "-shared",         "-o",  (*output)->path, (*input)->path,
      soname,  "-Wl,--as-needed", "-lm", "-Wl,-z,defs"};
  if (options.usesOpenMP)
    arguments.append({"-L" TERNARY_LLVM_LIBRARY_DIR, "-lomp"});
  std::string message;
  int status = llvm::sys::ExecuteAndWait(*linker, arguments, std::nullopt, {},
                                         /*SecondsToWait=*/0,
                                         /*MemoryLimit=*/0, &message);
  if (status != 0)
    return llvm::createStringError(
        "linker: expected '" + *linker + "' to link the library, found " +
        (message.empty() ? "exit status " + std::to_string(status) : message));
  auto library = llvm::MemoryBuffer::getFile((*output)->path);
  if (!library)
    return llvm::createFileError((*output)->path, library.getError());
  os << (*library)->getBuffer();
  return llvm::Error::success();
}
