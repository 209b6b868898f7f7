//===- InterfaceFile.cpp - Interfaces of libraries as JSON ----------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/CInterface.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace ternary;
namespace json = llvm::json;

/// Changes when a reader of the format before would go wrong.
static constexpr int64_t kFormatVersion = 1;

static llvm::StringRef getTermName(mlir::AffineExprKind kind) {
  switch (kind) {
  case mlir::AffineExprKind::Add:
    return "add";
  case mlir::AffineExprKind::Mul:
    return "mul";
  case mlir::AffineExprKind::Mod:
    return "mod";
  case mlir::AffineExprKind::CeilDiv:
    return "ceildiv";
  default:
    return "floordiv";
  }
}

/// A number, the name of a size, or an operation and what it combines.
static json::Value getTerm(mlir::AffineExpr expr,
                           llvm::ArrayRef<std::string> sizes) {
  if (auto constant = llvm::dyn_cast<mlir::AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = llvm::dyn_cast<mlir::AffineDimExpr>(expr))
    return sizes[dim.getPosition()];
  auto binary = llvm::cast<mlir::AffineBinaryOpExpr>(expr);
  return json::Array{getTermName(expr.getKind()),
                     getTerm(binary.getLHS(), sizes),
                     getTerm(binary.getRHS(), sizes)};
}

static json::Array getShape(const CParameter &parameter,
                            llvm::ArrayRef<std::string> sizes) {
  json::Array shape;
  for (mlir::AffineExpr extent : parameter.extents)
    shape.push_back(getTerm(extent, sizes));
  return shape;
}

/// The extents that follow the pointer.
static json::Array getExtentNames(const CParameter &parameter) {
  json::Array names;
  for (const std::string &name : parameter.extentNames)
    if (!name.empty())
      names.push_back(name);
  return names;
}

static void printPacking(json::OStream &file, const CParameter &parameter) {
  if (!parameter.packing)
    return;
  file.attribute("packing", llvm::formatv("{0}", parameter.packing).str());
  if (parameter.logicalShape.empty())
    return;
  file.attributeArray("logical_shape", [&] {
    for (int64_t extent : parameter.logicalShape)
      extent < 0 ? file.value(nullptr) : file.value(extent);
  });
}

/// On one line.
static void printParameter(const CParameter &parameter,
                           llvm::ArrayRef<std::string> sizes,
                           llvm::raw_ostream &os) {
  json::OStream file(os);
  file.object([&] {
    file.attribute("name", parameter.name);
    file.attribute("dtype", name(parameter.spec.dtype));
    file.attribute("type", parameter.spec.type);
    file.attribute("shape", getShape(parameter, sizes));
    file.attribute("extents", getExtentNames(parameter));
    file.attribute("is_scalar", parameter.spec.isScalar);
    file.attribute("is_const", parameter.isConst);
    file.attribute("is_result", parameter.isResult);
    file.attribute("is_constant", parameter.isConstant);
    file.attribute("is_prepared", parameter.isPrepared);
    printPacking(file, parameter);
  });
}

static void printFunction(const CFunction &function, json::OStream &file) {
  file.object([&] {
    file.attribute("name", function.name);
    file.attribute("prepare", function.prepare);
    file.attributeArray("parameters", [&] {
      for (const CParameter &parameter : function.parameters)
        file.rawValue([&](llvm::raw_ostream &os) {
          printParameter(parameter, function.sizes, os);
        });
    });
  });
}

std::string ternary::printInterfaceFile(llvm::ArrayRef<CFunction> functions,
                                        const CLibrary &library) {
  std::string text;
  llvm::raw_string_ostream os(text);
  json::OStream file(os, /*IndentSize=*/2);
  file.object([&] {
    file.attribute("format", "ternary-interface");
    file.attribute("version", kFormatVersion);
    file.attribute("compiler", TERNARY_VERSION);
    file.attribute("source", json::fixUTF8(library.source));
    file.attribute("target", library.target);
    file.attribute("chips", json::Array(library.chips));
    file.attribute("levels", json::Array(library.levels));
    file.attribute("uses_openmp", library.usesOpenMP);
    file.attributeArray("functions", [&] {
      for (const CFunction &function : functions)
        printFunction(function, file);
    });
  });
  os << '\n';
  return text;
}
