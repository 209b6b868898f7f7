//===- DeviceCode.cpp - Code of kernels in lowered modules ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "DeviceCode.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace ternary;

static std::string getFormat(mlir::gpu::CompilationTarget format) {
  switch (format) {
  case mlir::gpu::CompilationTarget::Assembly:
    return "isa";
  case mlir::gpu::CompilationTarget::Binary:
    return "bin";
  case mlir::gpu::CompilationTarget::Fatbin:
    return "fatbin";
  default:
    return "llvm";
  }
}

static DeviceCode read(mlir::gpu::ObjectAttr object) {
  DeviceCode code;
  if (auto target =
          llvm::dyn_cast<mlir::NVVM::NVVMTargetAttr>(object.getTarget()))
    code.chip = target.getChip().str();
  code.format = getFormat(object.getFormat());
  llvm::StringRef bytes = object.getObject().getValue();
  // Text ends with the zero that the driver wants.
  code.bytes = (code.format == "isa" ? bytes.rtrim('\0') : bytes).str();
  return code;
}

void ternary::collectDeviceCode(mlir::ModuleOp lowered,
                                std::vector<DeviceCode> &code) {
  for (auto binary : lowered.getOps<mlir::gpu::BinaryOp>())
    for (auto object : binary.getObjects().getAsRange<mlir::gpu::ObjectAttr>())
      code.push_back(read(object));
}

static bool isInToolkit(llvm::StringRef program) {
  for (llvm::StringRef name : {"CUDA_ROOT", "CUDA_HOME", "CUDA_PATH"}) {
    auto root = llvm::sys::Process::GetEnv(name);
    if (!root)
      continue;
    llvm::SmallString<128> path(*root);
    llvm::sys::path::append(path, "bin", program);
    return llvm::sys::fs::can_execute(path);
  }
  return false;
}

llvm::Error ternary::checkFormat(llvm::StringRef format) {
  if (format == "isa")
    return llvm::Error::success();
  if (format != "bin" && format != "fatbin")
    return llvm::createStringError(
        "format: expected isa, bin or fatbin, found '" + format + "'");
  llvm::SmallVector<llvm::StringRef> programs = {"ptxas"};
  if (format == "fatbin")
    programs.push_back("fatbinary");
  for (llvm::StringRef program : programs)
    if (!llvm::sys::findProgramByName(program) && !isInToolkit(program))
      return llvm::createStringError(
          "format '" + format + "': expected " + program +
          " of a CUDA toolkit on the PATH or in CUDA_HOME/bin, found none; "
          "PTX (format=isa) needs none");
  return llvm::Error::success();
}
