//===- CHeader.cpp - Headers for C and C++ --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/CInterface.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace ternary;

namespace {

llvm::StringRef getCType(DType dtype) {
  switch (dtype) {
  case DType::Bool:
    return "bool";
  case DType::Int8:
    return "int8_t";
  case DType::UInt8:
    return "uint8_t";
  case DType::Int16:
    return "int16_t";
  case DType::Int32:
    return "int32_t";
  case DType::Int64:
    return "int64_t";
  case DType::Float16:
  case DType::BFloat16:
    return "uint16_t";
  case DType::Float32:
    return "float";
  case DType::Float64:
    return "double";
  }
  llvm_unreachable("unknown dtype");
}

/// An extent in C, with brackets around what is more than one word.
std::string printExtent(mlir::AffineExpr expr,
                        llvm::ArrayRef<std::string> sizes) {
  if (auto constant = llvm::dyn_cast<mlir::AffineConstantExpr>(expr))
    return std::to_string(constant.getValue());
  if (auto dim = llvm::dyn_cast<mlir::AffineDimExpr>(expr))
    return sizes[dim.getPosition()];
  auto binary = llvm::cast<mlir::AffineBinaryOpExpr>(expr);
  std::string a = printExtent(binary.getLHS(), sizes);
  std::string b = printExtent(binary.getRHS(), sizes);
  switch (expr.getKind()) {
  case mlir::AffineExprKind::Add:
    return "(" + a + " + " + b + ")";
  case mlir::AffineExprKind::Mul:
    return "(" + a + " * " + b + ")";
  case mlir::AffineExprKind::Mod:
    return "(" + a + " % " + b + ")";
  case mlir::AffineExprKind::CeilDiv:
    return "((" + a + " + " + b + " - 1) / " + b + ")";
  default:
    return "(" + a + " / " + b + ")";
  }
}

std::string printShape(const CParameter &parameter, const CFunction &function) {
  std::string text;
  for (mlir::AffineExpr extent : parameter.extents) {
    std::string inner = printExtent(extent, function.sizes);
    if (inner.front() == '(')
      inner = inner.substr(1, inner.size() - 2);
    text += "[" + inner + "]";
  }
  return text;
}

/// The size of an array in bytes, if it is the same in every call.
std::optional<int64_t> getStaticBytes(const CParameter &parameter) {
  if (parameter.spec.isScalar)
    return std::nullopt;
  llvm::SmallVector<int64_t> shape;
  for (mlir::AffineExpr extent : parameter.extents) {
    auto constant = llvm::dyn_cast<mlir::AffineConstantExpr>(extent);
    if (!constant)
      return std::nullopt;
    shape.push_back(constant.getValue());
  }
  std::optional<int64_t> elements = countElements(shape, parameter.spec.dtype);
  if (!elements)
    return std::nullopt;
  return *elements * static_cast<int64_t>(byteWidth(parameter.spec.dtype));
}

std::string describe(const CParameter &parameter, const CFunction &function) {
  std::string text = getCType(parameter.spec.dtype).str();
  if (parameter.spec.dtype == DType::Float16)
    text += " (bits of a float16)";
  if (parameter.spec.dtype == DType::BFloat16)
    text += " (bits of a bfloat16)";
  if (parameter.spec.isScalar)
    return text;
  text += parameter.extents.empty() ? ", a single one"
                                    : " " + printShape(parameter, function);
  text += parameter.isResult  ? ", written"
          : parameter.isConst ? ", read"
                              : ", read and written in place";
  if (parameter.isPrepared)
    text += "; filled by " + function.prepare;
  else if (parameter.isConstant)
    text += "; the same in every call";
  if (!parameter.packing)
    return text;
  text += ";\n *     packing " + llvm::formatv("{0}", parameter.packing).str();
  if (!parameter.logicalShape.empty())
    text += llvm::formatv(" of trits [{0}][{1}]",
                          parameter.logicalShape[0] < 0
                              ? "N"
                              : std::to_string(parameter.logicalShape[0]),
                          parameter.logicalShape[1] < 0
                              ? "K"
                              : std::to_string(parameter.logicalShape[1]));
  return text;
}

constexpr llvm::StringLiteral kGPURules =
    R"( * NAME takes arrays on the device, and a CUDA stream (CUstream, cudaStream_t; null
 * is the default one) that all its work goes into; it does not wait for it.
 * NAME_host takes arrays of the host, copies them, and waits. Both return 0, or
 * what failed: the driver's CUresult, or -1. NAME_error is the text of the last
 * failure on the calling thread.
 *
 * Arrays are dense and row-major; those on the device begin at multiples of 16
 * bytes. Arrays that are written overlap no others. Extents are not negative, and
 * fit each other as the function's source says; this is not checked. Work is in
 * the thread's current context, or the first device's if it has none. The first
 * call in a context loads kernels and constants; later ones may be captured into
 * a graph. Several threads may call at once.
 *
)";

/// A name for the stream that no parameter has.
std::string getStreamName(const CFunction &function) {
  llvm::StringSet<> taken;
  for (const CParameter &parameter : function.parameters) {
    taken.insert(parameter.name);
    for (const std::string &name : parameter.extentNames)
      taken.insert(name);
  }
  std::string name = "stream";
  while (taken.contains(name))
    name += "_";
  return name;
}

class HeaderPrinter {
public:
  HeaderPrinter(const CLibrary &library, llvm::StringRef name,
                llvm::raw_ostream &os)
      : library(library), name(name), os(os) {}

  void print(llvm::ArrayRef<CFunction> functions) {
    std::string guard = "TERNARY_GENERATED_";
    for (char c : name)
      guard += llvm::isAlnum(c) ? llvm::toUpper(c) : '_';
    printPreamble();
    os << "#ifndef " << guard << "\n#define " << guard << "\n\n"
       << "#include <stdbool.h>\n#include <stdint.h>\n\n"
       << "#ifdef __cplusplus\n#define TERNARY_RESTRICT __restrict\n"
       << "extern \"C\" {\n#else\n#define TERNARY_RESTRICT restrict\n#endif\n";
    if (!library.levels.empty())
      os << "\n/* The name of the instruction set that is used. */\n"
         << "const char *ternary_isa(void);\n";
    for (const CFunction &function : functions)
      printFunction(function);
    os << "\n#undef TERNARY_RESTRICT\n#ifdef __cplusplus\n}\n#endif\n\n#endif "
       << "/* " << guard << " */\n";
  }

private:
  bool isGPU() const { return !library.chips.empty(); }

  void printPreamble() {
    // The name must not end the comment.
    std::string source = library.source;
    std::replace(source.begin(), source.end(), '*', '_');
    os << "/* Made by ternary-compile " << TERNARY_VERSION << " from " << source
       << ".\n *\n";
    isGPU() ? printGPUPreamble() : printCPUPreamble();
    os << " */\n";
  }

  void printCPUPreamble() {
    os << " * Arrays are dense and row-major, and so aligned as their elements "
          "are; 64\n"
       << " * bytes are fastest. Arrays that are written overlap no others. "
          "Extents are\n"
       << " * not negative, and fit each other as the function's source says; "
          "this is not\n"
       << " * checked. Functions keep no state: several threads may call them "
          "at once, as\n"
       << " * long as each writes to arrays of its own.\n *\n";
    if (library.usesOpenMP)
      os << " * Threaded: programs link libomp.\n";
    else
      os << " * Needs no library but libc and libm.\n";
    if (!library.levels.empty())
      os << " * The first call chooses the best instruction set that the CPU "
            "has, from\n * "
         << llvm::join(library.levels, ", ")
         << ". The environment variable TERNARY_ISA sets an\n"
         << " * upper limit by one of these names.\n";
  }

  void printGPUPreamble() {
    os << kGPURules << " * Kernels for " << llvm::join(library.chips, ", ")
       << ". Needs no library but libc; opens the\n"
       << " * driver, libcuda.so.1, when it is called first.\n";
  }

  void printFunction(const CFunction &function) {
    os << "\n/* " << function.name;
    if (!function.prepare.empty())
      os << ": takes what " << function.prepare << " has computed once";
    os << (function.parameters.empty() ? "\n" : "\n *\n");
    for (const CParameter &parameter : function.parameters)
      os << " *   " << parameter.name << ": " << describe(parameter, function)
         << "\n";
    os << " */\n";
    for (const CParameter &parameter : function.parameters)
      if (std::optional<int64_t> bytes = getStaticBytes(parameter);
          bytes && parameter.isResult && !parameter.extents.empty())
        os << "#define " << function.name << "_" << parameter.name << "_bytes "
           << *bytes << "\n";
    std::vector<std::string> parameters = getParameters(function);
    if (!isGPU()) {
      printDeclaration("void", function.name, parameters);
      return;
    }
    printDeclaration("int", function.name + "_host", parameters);
    parameters.push_back("void *" + getStreamName(function));
    printDeclaration("int", function.name, parameters);
    printDeclaration("const char *", function.name + "_error", {});
  }

  static std::vector<std::string> getParameters(const CFunction &function) {
    std::vector<std::string> parameters;
    for (const CParameter &parameter : function.parameters) {
      std::string type = getCType(parameter.spec.dtype).str();
      if (parameter.spec.isScalar)
        parameters.push_back(type + " " + parameter.name);
      else
        parameters.push_back((parameter.isConst ? "const " : "") + type +
                             " *TERNARY_RESTRICT " + parameter.name);
      for (const std::string &name : parameter.extentNames)
        if (!name.empty())
          parameters.push_back("int64_t " + name);
    }
    return parameters;
  }

  void printDeclaration(llvm::StringRef result, llvm::StringRef name,
                        llvm::ArrayRef<std::string> parameters) {
    os << result << (result.ends_with("*") ? "" : " ") << name;
    if (parameters.empty())
      os << "(void);\n";
    else
      os << "(\n    " << llvm::join(parameters, ",\n    ") << ");\n";
  }

  const CLibrary &library;
  llvm::StringRef name;
  llvm::raw_ostream &os;
};

} // namespace

std::string ternary::printCHeader(llvm::ArrayRef<CFunction> functions,
                                  const CLibrary &library,
                                  llvm::StringRef name) {
  std::string text;
  llvm::raw_string_ostream os(text);
  HeaderPrinter(library, name, os).print(functions);
  return text;
}
