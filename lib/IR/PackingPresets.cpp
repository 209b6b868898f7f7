//===- PackingPresets.cpp - Named packings --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// A new packing that is a radix permutation is one row of the table below; the
// rest of the project derives everything from it. docs/packings.md draws them.
//
//===----------------------------------------------------------------------===//

#include "PackingDetail.h"

#include "mlir/AsmParser/AsmParser.h"

using namespace mlir;
using namespace ternary;

namespace {

struct Preset {
  llvm::StringLiteral name;
  /// The custom form, as it would stand in IR.
  llvm::StringLiteral text;
};

constexpr Preset kPresets[] = {
    {"chimera",
     "#ternary.packing<radix = 4, codes = [2, 0, 1], unused = 0, pad = 0, "
     "ragged = pad, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, "
     "order = msb>"},
    {"base3", "#ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, "
              "pad = -1, ragged = pad, f = [*, 5], bytes = [[f0]], digit = f1, "
              "order = lsb>"},
    {"i2_s",
     "#ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, "
     "ragged = refuse, f = [*, 4, 32], bytes = [[f0, f2]], digit = f1, "
     "order = msb, trailer = 32, scale = f32>"},
    {"i2_s_64",
     "#ternary.packing<radix = 4, codes = [0, 1, 2], unused = 0, pad = 0, "
     "ragged = refuse, f = [*, 4, 16], bytes = [[f0, f2]], digit = f1, "
     "order = msb, trailer = 32, scale = f32>"},
    {"tq1_0", "#ternary.tq1_0"},
    {"tq2_0",
     "#ternary.packing<radix = 4, codes = [0, 1, 2], unused = 2, pad = 0, "
     "ragged = refuse, n = [*], k = [*, 2, 4, 32], bytes = [[n0], [k0], "
     "[k1, k3]], digit = k2, order = lsb, trailer = 2, scale = f16>"},
    {"q2_0",
     "#ternary.packing<radix = 4, codes = [0, 1, 2], unused = 2, pad = 0, "
     "ragged = refuse, n = [*], k = [*, 16, 4], bytes = [[n0], [k0], [k1]], "
     "digit = k2, order = lsb, header = 2, scale = f16>"},
    {"hf",
     "#ternary.packing<radix = 4, codes = [0, 1, 2], unused = 2, pad = -1, "
     "ragged = pad, n = [4, *], k = [*], bytes = [[n1], [k0]], digit = n0, "
     "order = lsb>"},
    {"torchao",
     "#ternary.packing<radix = 4, codes = [3, 0, 1], unused = -2, pad = 0, "
     "ragged = refuse, n = [*], k = [*, 4], bytes = [[n0], [k0]], digit = k1, "
     "order = msb>"},
    {"bitnet_gpu",
     "#ternary.packing<radix = 4, codes = [1, 2, 3], unused = -2, pad = 0, "
     "ragged = refuse, n = [*, 2, 8], k = [*, 4, 2, 4, 4], "
     "bytes = [[n0], [k0, k1], [n1, k2, n2], [k4]], digit = k3, "
     "order = lsb>"},
    {"cpu_panel2",
     "#ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 4, 16], k = [*, 4, 4], "
     "bytes = [[n0], [k0], [n1], [n2, k2]], digit = k1, order = lsb>"},
    {"cpu_panel3",
     "#ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 2, 16], k = [*, 5, 4], "
     "bytes = [[n0], [k0], [n1], [n2, k2]], digit = k1, order = lsb>"},
    {"cpu_rows2",
     "#ternary.packing<radix = 4, codes = [0, 1, 2], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 4, 16], k = [*, 4, 4], "
     "bytes = [[n0], [k0], [k1], [n2, k2]], digit = n1, order = lsb>"},
    {"cpu_rows3",
     "#ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 5, 16], k = [*, 2, 4], "
     "bytes = [[n0], [k0], [k1], [n2, k2]], digit = n1, order = lsb>"},
    {"gpu_tile2",
     "#ternary.packing<radix = 4, codes = [3, 0, 1], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 2, 8], k = [*, 4, 4, 2, 4], "
     "bytes = [[n0], [k0], [n2, k1], [k3, n1, k4]], digit = k2, "
     "order = lsb>"},
    {"gpu_tile2k",
     "#ternary.packing<radix = 4, codes = [3, 0, 1], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 2, 8], k = [*, 4, 2, 4, 4], "
     "bytes = [[n0], [k0], [n2, k3], [k2, n1, k4]], digit = k1, "
     "order = lsb>"},
    {"gpu_tile2h",
     "#ternary.packing<radix = 4, codes = [3, 0, 1], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 2, 8], k = [*, 4, 4, 2, 2, 2], "
     "bytes = [[n0], [k0], [n2, k2], [k4, n1, k5, k3]], digit = k1, "
     "order = lsb>"},
    {"gpu_tile2hk",
     "#ternary.packing<radix = 4, codes = [3, 0, 1], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 2, 8], k = [*, 2, 4, 2, 4, 2], "
     "bytes = [[n0], [k0], [n2, k4], [k3, n1, k5, k1]], digit = k2, "
     "order = lsb>"},
    {"gpu_tile3",
     "#ternary.packing<radix = 3, codes = [0, 1, 2], unused = forbid, "
     "pad = 0, ragged = pad, n = [*, 2, 8], k = [*, 4, 5, 2, 4], "
     "bytes = [[n0], [k0], [n2, k1], [k3, n1, k4]], digit = k2, "
     "order = lsb>"},
};

} // namespace

ArrayRef<PackingAttrInterface> TernaryDialect::getPresets() {
  std::call_once(presetsOnce, [&] {
    for (const Preset &preset : kPresets)
      presets.push_back(cast<PackingAttrInterface>(
          ::mlir::parseAttribute(preset.text, getContext())));
  });
  return presets;
}

PackingAttrInterface PackingAttr::getPreset(MLIRContext *context,
                                            StringRef name) {
  auto *dialect = context->getOrLoadDialect<TernaryDialect>();
  for (auto [preset, attr] : llvm::zip(kPresets, dialect->getPresets()))
    if (preset.name == name)
      return attr;
  return nullptr;
}

ArrayRef<StringRef> PackingAttr::getPresetNames() {
  static const SmallVector<StringRef> names = [] {
    SmallVector<StringRef> result;
    for (const Preset &preset : kPresets)
      result.push_back(preset.name);
    return result;
  }();
  return names;
}
