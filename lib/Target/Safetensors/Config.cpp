//===- Config.cpp - config.json beside a .safetensors file ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "WeightsImport.h"

#include "llvm/Support/JSON.h"

using namespace ternary;
using llvm::StringRef;

/// LLVM's parser recurses, so what is nested deeply does not reach it.
static bool isShallow(StringRef json) {
  constexpr unsigned kMaxDepth = 64;
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < json.size(); ++i) {
    char c = json[i];
    if (inString) {
      i += c == '\\';
      inString = c != '"';
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth)
        return false;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return true;
}

std::optional<ScaleConvention>
ternary::safetensors::readConvention(StringRef config) {
  if (!isShallow(config))
    return std::nullopt;
  llvm::Expected<llvm::json::Value> json = llvm::json::parse(config);
  if (!json) {
    llvm::consumeError(json.takeError());
    return std::nullopt;
  }
  const llvm::json::Object *root = json->getAsObject();
  const llvm::json::Object *quantization =
      root ? root->getObject("quantization_config") : nullptr;
  if (!quantization ||
      quantization->getString("quant_method").value_or("") != "bitnet")
    return std::nullopt;
  // A config without a class has that which divides.
  StringRef linear =
      quantization->getString("linear_class").value_or("bitlinear");
  if (linear == "autobitlinear")
    return ScaleConvention::Multiply;
  if (linear == "bitlinear")
    return ScaleConvention::Divide;
  return std::nullopt;
}
