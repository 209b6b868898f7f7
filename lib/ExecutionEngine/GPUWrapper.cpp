//===- GPUWrapper.cpp - C functions that launch kernels -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GPUWrapper.h"

#include "llvm/ADT/StringExtras.h"

using namespace ternary;

std::string ternary::getChipVersion(llvm::StringRef function,
                                    llvm::StringRef chip) {
  return (function + "." + chip).str();
}

namespace {

/// Builds the body of one C function:
///
///   version = ternaryGpuBegin(stream, chips);
///   if (version != 0) { ... the version of the lowered function ... }
///   return ternaryGpuEnd();
class GPUWrapperBuilder {
public:
  GPUWrapperBuilder(llvm::Module &module, const CFunction &function,
                    llvm::ArrayRef<std::string> chips)
      : module(module), function(function), chips(chips),
        b(module.getContext()) {}

  /// On device pointers: nothing but the lowered function.
  void buildDevice(llvm::StringRef symbol) {
    begin(symbol, /*hasStream=*/true);
    callVersion(emitLoweredArguments(b, function, *wrapper));
    end();
  }

  /// On host pointers: copies to the device and back.
  void buildHost(llvm::StringRef symbol) {
    begin(symbol, /*hasStream=*/false);
    auto map = [&](const CParameter &parameter, llvm::Value *host,
                   llvm::Value *bytes) {
      return copyIn(parameter, host, bytes);
    };
    callVersion(emitLoweredArguments(b, function, *wrapper, map));
    for (const Copy &copy : copies)
      call("ternaryGpuCopyOut", b.getVoidTy(),
           {copy.host, copy.device, copy.bytes, b.getInt32(copy.isWritten)});
    call("ternaryGpuSynchronize", b.getVoidTy(), {});
    end();
  }

private:
  /// An array of the host, and its room on the device.
  struct Copy {
    llvm::Value *host;
    llvm::Value *device;
    llvm::Value *bytes;
    bool isWritten;
  };

  llvm::Value *call(llvm::StringRef name, llvm::Type *result,
                    llvm::ArrayRef<llvm::Value *> arguments) {
    llvm::SmallVector<llvm::Type *> types;
    for (llvm::Value *argument : arguments)
      types.push_back(argument->getType());
    return b.CreateCall(
        module.getOrInsertFunction(
            name, llvm::FunctionType::get(result, types, /*isVarArg=*/false)),
        arguments);
  }

  llvm::BasicBlock *addBlock(llvm::StringRef name) {
    return llvm::BasicBlock::Create(module.getContext(), name, wrapper);
  }

  void begin(llvm::StringRef symbol, bool hasStream) {
    wrapper = declareCFunction(module, function, symbol,
                               CConvention{b.getInt32Ty(), hasStream});
    b.SetInsertPoint(addBlock("entry"));
    llvm::Value *stream =
        hasStream ? wrapper->getArg(wrapper->arg_size() - 1)
                  : call("ternaryGpuThreadStream", b.getPtrTy(), {});
    version = call("ternaryGpuBegin", b.getInt32Ty(),
                   {stream, b.CreateGlobalString(llvm::join(chips, ","),
                                                 "ternary.chips")});
    llvm::BasicBlock *run = addBlock("run");
    done = addBlock("done");
    b.CreateCondBr(b.CreateICmpNE(version, b.getInt32(0)), run, done);
    b.SetInsertPoint(run);
  }

  /// Goes on behind the version that was chosen.
  void callVersion(llvm::ArrayRef<llvm::Value *> arguments) {
    llvm::BasicBlock *next = addBlock("next");
    llvm::SwitchInst *choice = b.CreateSwitch(version, next);
    for (auto [i, chip] : llvm::enumerate(chips)) {
      llvm::BasicBlock *block = addBlock(chip);
      choice->addCase(b.getInt32(i + 1), block);
      b.SetInsertPoint(block);
      b.CreateCall(module.getFunction(getChipVersion(function.name, chip)),
                   arguments);
      b.CreateBr(next);
    }
    b.SetInsertPoint(next);
  }

  void end() {
    b.CreateBr(done);
    b.SetInsertPoint(done);
    b.CreateRet(call("ternaryGpuEnd", b.getInt32Ty(), {}));
  }

  llvm::Value *copyIn(const CParameter &parameter, llvm::Value *host,
                      llvm::Value *bytes) {
    llvm::Value *device = call("ternaryGpuCopyIn", b.getPtrTy(),
                               {host, bytes, b.getInt32(!parameter.isResult)});
    copies.push_back({host, device, bytes, !parameter.isConst});
    return device;
  }

  llvm::Module &module;
  const CFunction &function;
  llvm::ArrayRef<std::string> chips;
  llvm::IRBuilder<> b;
  llvm::Function *wrapper = nullptr;
  llvm::Value *version = nullptr;
  llvm::BasicBlock *done = nullptr;
  llvm::SmallVector<Copy> copies;
};

/// `const char *f_error(void)`.
void addErrorFunction(llvm::Module &module, llvm::StringRef symbol) {
  auto *type = llvm::FunctionType::get(
      llvm::PointerType::get(module.getContext(), 0), /*isVarArg=*/false);
  auto *function = llvm::Function::Create(
      type, llvm::GlobalValue::ExternalLinkage, symbol, module);
  llvm::IRBuilder<> b(
      llvm::BasicBlock::Create(module.getContext(), "entry", function));
  b.CreateRet(
      b.CreateCall(module.getOrInsertFunction("ternaryGpuError", type)));
}

} // namespace

llvm::Error ternary::addGPUWrappers(llvm::Module &module,
                                    const CFunction &function,
                                    llvm::ArrayRef<std::string> chips) {
  GPUNames names(function.name);
  for (const std::string &name : {names.device, names.host, names.error})
    if (module.getFunction(name))
      return llvm::createStringError(
          "function '" + name +
          "' of the library: expected one of this name, found two: each "
          "function NAME takes NAME_host and NAME_error as well");
  for (const std::string &chip : chips)
    module.getFunction(getChipVersion(function.name, chip))
        ->setLinkage(llvm::GlobalValue::InternalLinkage);
  GPUWrapperBuilder(module, function, chips).buildDevice(names.device);
  GPUWrapperBuilder(module, function, chips).buildHost(names.host);
  addErrorFunction(module, names.error);
  return llvm::Error::success();
}
