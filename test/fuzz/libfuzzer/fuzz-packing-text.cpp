//===- fuzz-packing-text.cpp - libFuzzer: the parser of attributes --------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// The input is the text of an attribute. What parses is printed, and has to be
// the same attribute when it is parsed again.
//
//===----------------------------------------------------------------------===//

#include "AttributeFuzzer.h"

#include "mlir/AsmParser/AsmParser.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::Context context;
  llvm::StringRef text(reinterpret_cast<const char *>(data), size);
  mlir::Attribute parsed = mlir::parseAttribute(text, context.get());
  // Others are upstream's to print and parse.
  if (!parsed || parsed.getDialect().getNamespace() != "ternary")
    return 0;
  std::string printed;
  llvm::raw_string_ostream(printed) << parsed;
  if (mlir::parseAttribute(printed, context.get()) != parsed)
    std::abort();
  if (auto packing = llvm::dyn_cast<ternary::PackingAttrInterface>(parsed))
    fuzz::askPacking(packing);
  return 0;
}
