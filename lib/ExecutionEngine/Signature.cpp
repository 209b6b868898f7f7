//===- Signature.cpp - What a function takes and returns ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/Signature.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace ternary;
using mlir::func::FuncOp;

namespace {

std::optional<DType> toDType(mlir::Type type) {
  if (type.isF16())
    return DType::Float16;
  if (type.isBF16())
    return DType::BFloat16;
  if (type.isF32())
    return DType::Float32;
  if (type.isF64())
    return DType::Float64;
  if (type.isIndex())
    return DType::Int64;
  auto integer = llvm::dyn_cast<mlir::IntegerType>(type);
  if (!integer || (integer.isUnsigned() && integer.getWidth() != 8))
    return std::nullopt;
  switch (integer.getWidth()) {
  case 1:
    return DType::Bool;
  case 8:
    return integer.isUnsigned() ? DType::UInt8 : DType::Int8;
  case 16:
    return DType::Int16;
  case 32:
    return DType::Int32;
  case 64:
    return DType::Int64;
  default:
    return std::nullopt;
  }
}

template <typename T> std::string print(T object) {
  std::string text;
  llvm::raw_string_ostream(text) << object;
  return text;
}

/// The shape of a tensor, or of a memref whose layout is plain row-major.
mlir::ShapedType getShapedType(mlir::Type type) {
  if (auto tensor = llvm::dyn_cast<mlir::RankedTensorType>(type))
    return tensor;
  if (auto memref = llvm::dyn_cast<mlir::MemRefType>(type))
    if (memref.getLayout().isIdentity())
      return memref;
  return nullptr;
}

llvm::Expected<ValueSpec> getSpec(mlir::Type type, mlir::Location location,
                                  const llvm::Twine &what) {
  ValueSpec spec;
  spec.type = print(type);
  spec.location = formatLocation(location);
  mlir::ShapedType shaped = getShapedType(type);
  spec.isScalar = !shaped;
  std::optional<DType> dtype = toDType(shaped ? shaped.getElementType() : type);
  if (!dtype)
    return llvm::createStringError(
        what + " at " + spec.location +
        ": expected a ranked tensor or scalar of i1, i8, i16, i32, i64, index, "
        "f16, bf16, f32 or f64, found " +
        spec.type);
  spec.dtype = *dtype;
  if (shaped)
    for (int64_t size : shaped.getShape())
      spec.shape.push_back(mlir::ShapedType::isDynamic(size) ? kDynamicDim
                                                             : size);
  return spec;
}

std::string listFunctions(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  constexpr unsigned kMax = 8;
  unsigned count = 0;
  for (FuncOp function : module.getOps<FuncOp>())
    if (function.isPublic() && !function.isDeclaration() && ++count <= kMax)
      os << (count == 1 ? "'" : ", '") << function.getName() << "'";
  if (count > kMax)
    os << ", ... (" << count << " functions)";
  return text.empty() ? "none" : text;
}

llvm::Expected<FuncOp> findEntry(mlir::ModuleOp module, llvm::StringRef entry) {
  auto function = module.lookupSymbol<FuncOp>(entry);
  if (!function)
    return llvm::createStringError("entry '" + entry +
                                   "': expected a function of the module, "
                                   "found none of this name; there is: " +
                                   listFunctions(module));
  auto fail = [&](llvm::StringRef expected, llvm::StringRef found) {
    return llvm::createStringError(
        "entry '" + entry + "' at " + formatLocation(function.getLoc()) +
        ": expected " + expected + ", found " + found);
  };
  if (function.isDeclaration())
    return fail("a function with a body", "a declaration");
  if (!function.isPublic())
    return fail("a public function", "a private one");
  return function;
}

llvm::Error checkArgument(const ValueSpec &spec, const ArrayView &array,
                          const llvm::Twine &what) {
  auto fail = [&](const llvm::Twine &property, const llvm::Twine &expected,
                  const llvm::Twine &found) {
    return llvm::createStringError(what + " at " + spec.location + ": " +
                                   property + ", expected " + expected +
                                   " for " + spec.type + ", found " + found);
  };
  DType dtype = array.dtype;
  bool byteForByte =
      (spec.dtype == DType::Int8 || spec.dtype == DType::UInt8) &&
      (dtype == DType::Int8 || dtype == DType::UInt8);
  if (dtype != spec.dtype && !byteForByte)
    return fail("dtype",
                llvm::Twine(name(spec.dtype)) +
                    (spec.dtype == DType::Int8 ? " or uint8" : ""),
                name(dtype));
  if (array.shape.size() != spec.shape.size())
    return fail("rank", llvm::Twine(spec.shape.size()),
                llvm::Twine(array.shape.size()) + " (shape " +
                    formatShape(array.shape) + ")");
  for (auto [want, got] : llvm::zip(spec.shape, array.shape))
    if (want != kDynamicDim && want != got)
      return fail("shape", formatShape(spec.shape), formatShape(array.shape));
  return llvm::Error::success();
}

} // namespace

std::string ternary::formatLocation(mlir::Location location) {
  if (auto file = location->findInstanceOf<mlir::FileLineColLoc>())
    return (file.getFilename().getValue() + ":" + llvm::Twine(file.getLine()) +
            ":" + llvm::Twine(file.getColumn()))
        .str();
  return "an unknown location";
}

llvm::Expected<Signature> ternary::getSignature(mlir::ModuleOp module,
                                                llvm::StringRef entry) {
  llvm::Expected<FuncOp> function = findEntry(module, entry);
  if (!function)
    return function.takeError();
  Signature signature;
  signature.name = entry.str();
  signature.location = formatLocation(function->getLoc());
  for (mlir::BlockArgument argument : function->getArguments()) {
    llvm::Expected<ValueSpec> spec =
        getSpec(argument.getType(), argument.getLoc(),
                "argument " + llvm::Twine(argument.getArgNumber()) + " of '" +
                    entry + "'");
    if (!spec)
      return spec.takeError();
    signature.arguments.push_back(std::move(*spec));
  }
  for (auto [index, type] : llvm::enumerate(function->getResultTypes())) {
    llvm::Expected<ValueSpec> spec =
        getSpec(type, function->getLoc(),
                "result " + llvm::Twine(index) + " of '" + entry + "'");
    if (!spec)
      return spec.takeError();
    signature.results.push_back(std::move(*spec));
  }
  return signature;
}

llvm::Error ternary::checkArgumentCount(const Signature &signature,
                                        size_t count) {
  if (count == signature.arguments.size())
    return llvm::Error::success();
  return llvm::createStringError("arguments of '" + signature.name + "' at " +
                                 signature.location + ": expected " +
                                 llvm::Twine(signature.arguments.size()) +
                                 ", found " + llvm::Twine(count));
}

llvm::Error ternary::checkArguments(const Signature &signature,
                                    llvm::ArrayRef<ArrayView> arguments,
                                    llvm::ArrayRef<std::string> names) {
  if (llvm::Error error = checkArgumentCount(signature, arguments.size()))
    return error;
  for (auto [i, spec] : llvm::enumerate(signature.arguments)) {
    std::string what =
        ("argument " + llvm::Twine(i) + " of '" + signature.name + "'").str();
    if (i < names.size())
      what = names[i] + ": " + what;
    if (llvm::Error error = checkArgument(spec, arguments[i], what))
      return error;
  }
  return llvm::Error::success();
}

void ternary::markEntryPoints(mlir::ModuleOp module,
                              llvm::ArrayRef<Signature> entries) {
  auto unit = mlir::UnitAttr::get(module.getContext());
  for (const Signature &entry : entries)
    if (auto function = module.lookupSymbol<FuncOp>(entry.name))
      function->setAttr(mlir::LLVM::LLVMDialect::getEmitCWrapperAttrName(),
                        unit);
}

void ternary::eraseUnreachable(mlir::ModuleOp module,
                               llvm::ArrayRef<Signature> entries) {
  llvm::DenseSet<mlir::Operation *> reached;
  llvm::SmallVector<mlir::Operation *> work;
  mlir::SymbolTable symbols(module);
  auto reach = [&](mlir::Operation *op) {
    if (op && reached.insert(op).second)
      work.push_back(op);
  };
  for (const Signature &entry : entries)
    reach(symbols.lookup(entry.name));
  // Whatever is not a function is kept, and so is what it refers to.
  for (mlir::Operation &op : *module.getBody())
    if (!llvm::isa<FuncOp>(op))
      reach(&op);
  while (!work.empty()) {
    auto uses = mlir::SymbolTable::getSymbolUses(work.pop_back_val());
    if (!uses)
      return; // an operation hides its uses: keep everything
    for (mlir::SymbolTable::SymbolUse use : *uses)
      reach(symbols.lookup(use.getSymbolRef().getRootReference()));
  }
  for (FuncOp function : llvm::make_early_inc_range(module.getOps<FuncOp>()))
    if (!reached.contains(function))
      function.erase();
}
