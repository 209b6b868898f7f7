//===- fuzz-bytecode.cpp - libFuzzer: attributes in bytecode --------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// The input is the text of an attribute of the dialect, as bytecode holds it. A
// module is written with it by a context that does not know the dialect, and
// read and verified by one that does: upstream's reader, which trusts its input
// in places (docs/fuzzing.md), gets a file that is right but for our part.
//
//===----------------------------------------------------------------------===//

#include "AttributeFuzzer.h"

#include "mlir/Bytecode/BytecodeReader.h"
#include "mlir/Bytecode/BytecodeWriter.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <string>

using namespace mlir;

/// Bytecode of a module with this attribute of the dialect.
static std::string writeAttribute(llvm::StringRef text) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.allowUnregisteredDialects();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  (*module)->setAttr("test.value",
                     OpaqueAttr::get(StringAttr::get(&context, "ternary"), text,
                                     NoneType::get(&context)));
  std::string bytecode;
  llvm::raw_string_ostream os(bytecode);
  return succeeded(writeBytecodeToFile(*module, os)) ? bytecode : "";
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string bytecode =
      writeAttribute({reinterpret_cast<const char *>(data), size});
  fuzz::Context context;
  context.get()->allowUnregisteredDialects();
  Block block;
  llvm::MemoryBufferRef buffer(bytecode, "input");
  if (failed(readBytecodeFile(buffer, &block, ParserConfig(context.get()))))
    return 0;
  for (Operation &op : block)
    if (auto packing =
            op.getAttrOfType<ternary::PackingAttrInterface>("test.value"))
      fuzz::askPacking(packing);
  return 0;
}
