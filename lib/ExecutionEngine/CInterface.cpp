//===- CInterface.cpp - Functions as C sees them --------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/ExecutionEngine/CInterface.h"
#include "ternary/IR/Ternary.h"

#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace ternary;
using mlir::func::FuncOp;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// The words of C11 and C++17 that are no names, and `main`.
static bool isReserved(llvm::StringRef name) {
  static const llvm::StringSet<> words = {
      "alignas",     "alignof",      "and",        "and_eq",
      "asm",         "auto",         "bitand",     "bitor",
      "bool",        "break",        "case",       "catch",
      "char",        "char16_t",     "char32_t",   "class",
      "compl",       "const",        "const_cast", "constexpr",
      "continue",    "decltype",     "default",    "delete",
      "do",          "double",       "else",       "dynamic_cast",
      "enum",        "explicit",     "export",     "extern",
      "false",       "float",        "for",        "friend",
      "goto",        "if",           "inline",     "int",
      "long",        "main",         "mutable",    "namespace",
      "new",         "noexcept",     "not",        "not_eq",
      "nullptr",     "operator",     "or",         "or_eq",
      "private",     "protected",    "public",     "register",
      "restrict",    "return",       "short",      "reinterpret_cast",
      "signed",      "sizeof",       "static",     "static_assert",
      "static_cast", "struct",       "switch",     "template",
      "this",        "thread_local", "throw",      "true",
      "try",         "typedef",      "typeid",     "typename",
      "union",       "unsigned",     "using",      "virtual",
      "void",        "volatile",     "wchar_t",    "while",
      "xor",         "xor_eq"};
  return words.contains(name);
}

static bool isIdentifier(llvm::StringRef name) {
  return !name.empty() && !llvm::isDigit(name.front()) &&
         llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

namespace {

/// Gives out names, each of them once.
class Names {
public:
  std::string claim(llvm::StringRef wish) {
    std::string name = wish.str();
    for (unsigned i = 2; isReserved(name) || !taken.insert(name).second; ++i)
      name = (wish + "_" + llvm::Twine(i)).str();
    return name;
  }

private:
  llvm::StringSet<> taken;
};

/// The name that the source gives an argument by `loc("name")`.
std::string getSourceName(mlir::Location location) {
  auto named = llvm::dyn_cast<mlir::NameLoc>(location);
  if (!named)
    return "";
  std::string name = named.getName().str();
  for (char &c : name)
    if (!llvm::isAlnum(c))
      c = '_';
  return isIdentifier(name) ? name : "";
}

//===----------------------------------------------------------------------===//
// Constness
//===----------------------------------------------------------------------===//

/// Whether nothing writes to a memref, or might.
class ReadOnly {
public:
  bool contains(mlir::Value memref) {
    if (!visited.insert(memref).second)
      return true;
    return llvm::all_of(memref.getUses(), [&](mlir::OpOperand &use) {
      return isRead(use.getOwner(), use.getOperandNumber(), memref);
    });
  }

private:
  bool isRead(mlir::Operation *op, unsigned operand, mlir::Value memref) {
    if (llvm::isa<mlir::ViewLikeOpInterface>(op))
      return contains(op->getResult(0));
    if (auto tensor = llvm::dyn_cast<mlir::bufferization::ToTensorOp>(op))
      return !tensor.getWritable();
    if (auto call = llvm::dyn_cast<mlir::func::CallOp>(op)) {
      auto callee = mlir::SymbolTable::lookupNearestSymbolFrom<FuncOp>(
          op, call.getCalleeAttr());
      return callee && !callee.isDeclaration() &&
             contains(callee.getArgument(operand));
    }
    auto effects = llvm::dyn_cast<mlir::MemoryEffectOpInterface>(op);
    if (!effects ||
        llvm::any_of(op->getResultTypes(), llvm::IsaPred<mlir::BaseMemRefType>))
      return false;
    llvm::SmallVector<mlir::MemoryEffects::EffectInstance> instances;
    effects.getEffects(instances);
    return llvm::all_of(instances, [&](auto &instance) {
      return (instance.getValue() && instance.getValue() != memref) ||
             llvm::isa<mlir::MemoryEffects::Read>(instance.getEffect());
    });
  }

  llvm::DenseSet<mlir::Value> visited;
};

bool isConstArgument(FuncOp function, mlir::BlockArgument argument) {
  if (llvm::isa<mlir::MemRefType>(argument.getType()))
    return ReadOnly().contains(argument);
  auto writable = function.getArgAttrOfType<mlir::BoolAttr>(
      argument.getArgNumber(),
      mlir::bufferization::BufferizationDialect::kWritableAttrName);
  return writable && !writable.getValue();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

class FunctionReader {
public:
  /// The last `prepared` arguments come from another function; one that
  /// `prepares` makes such values itself.
  FunctionReader(FuncOp function, unsigned prepared, bool prepares)
      : function(function), prepared(prepared), prepares(prepares),
        context(function.getContext()) {}

  llvm::Expected<CFunction> read() {
    llvm::Expected<Signature> signature = getSignature(
        function->getParentOfType<mlir::ModuleOp>(), function.getSymName());
    if (!signature)
      return signature.takeError();
    result.name = signature->name;
    if (auto symbol =
            function->getAttrOfType<mlir::FlatSymbolRefAttr>(kPrepareAttrName))
      result.prepare = symbol.getValue().str();
    numArguments = llvm::count_if(
        function.getArguments(),
        [&](mlir::BlockArgument argument) { return !getExtents(argument); });
    for (auto [argument, spec] :
         llvm::zip(function.getArguments(), signature->arguments))
      addParameter(argument, spec);
    return std::move(result);
  }

private:
  mlir::AffineMapAttr getExtents(mlir::BlockArgument argument) {
    return function.getArgAttrOfType<mlir::AffineMapAttr>(
        argument.getArgNumber(), kExtentsAttrName);
  }

  /// What an argument or result is called that has no name.
  std::string getDefaultName(unsigned index) {
    bool isResult = index >= numArguments;
    if (isResult)
      return (prepares ? "prepared" : "result") +
             std::to_string(index - numArguments);
    unsigned first = numArguments - prepared;
    return index < first ? "arg" + std::to_string(index)
                         : "prepared" + std::to_string(index - first);
  }

  void addParameter(mlir::BlockArgument argument, const ValueSpec &spec) {
    unsigned index = argument.getArgNumber();
    CParameter parameter;
    std::string name;
    parameter.isPrepared =
        index < numArguments && index >= numArguments - prepared;
    if (index < numArguments && !parameter.isPrepared)
      name = getSourceName(argument.getLoc());
    parameter.name = names.claim(name.empty() ? getDefaultName(index) : name);
    parameter.spec = spec;
    mlir::AffineMapAttr extents = getExtents(argument);
    parameter.isResult = extents != nullptr;
    parameter.isConst =
        !extents && (spec.isScalar || isConstArgument(function, argument));
    mlir::DictionaryAttr attrs = function.getArgAttrDict(index);
    parameter.isConstant = attrs && attrs.contains(kConstantAttrName);
    if (attrs)
      parameter.packing = attrs.get(kPackingAttrName);
    if (auto shape = function.getArgAttrOfType<mlir::DenseI64ArrayAttr>(
            index, kShapeAttrName))
      parameter.logicalShape.assign(shape.asArrayRef().begin(),
                                    shape.asArrayRef().end());
    if (extents)
      llvm::append_range(parameter.extents, extents.getValue().getResults());
    else
      addSizes(argument, parameter);
    result.parameters.push_back(std::move(parameter));
  }

  /// Numbers the sizes as `ternary.extents` does.
  void addSizes(mlir::BlockArgument argument, CParameter &parameter) {
    if (argument.getType().isIndex())
      result.sizes.push_back(parameter.name);
    for (auto [i, extent] : llvm::enumerate(parameter.spec.shape)) {
      std::string name;
      if (extent == kDynamicDim) {
        name = names.claim(parameter.name + "_dim" + std::to_string(i));
        parameter.extents.push_back(
            mlir::getAffineDimExpr(result.sizes.size(), context));
        result.sizes.push_back(name);
      } else {
        parameter.extents.push_back(
            mlir::getAffineConstantExpr(extent, context));
      }
      parameter.extentNames.push_back(name);
    }
  }

  FuncOp function;
  unsigned prepared;
  bool prepares;
  mlir::MLIRContext *context;
  unsigned numArguments = 0;
  Names names;
  CFunction result;
};

/// The number of values that a prepare function makes.
unsigned countResults(FuncOp function) {
  return llvm::count_if(llvm::seq(function.getNumArguments()), [&](unsigned i) {
    return function.getArgAttr(i, kExtentsAttrName) != nullptr;
  });
}

} // namespace

llvm::Expected<std::vector<CFunction>>
ternary::getCInterface(mlir::ModuleOp module) {
  mlir::SymbolTable symbols(module);
  llvm::DenseMap<mlir::Operation *, unsigned> prepared;
  llvm::DenseSet<mlir::Operation *> prepares;
  for (FuncOp function : module.getOps<FuncOp>())
    if (auto symbol =
            function->getAttrOfType<mlir::FlatSymbolRefAttr>(kPrepareAttrName))
      if (auto other = symbols.lookup<FuncOp>(symbol.getValue())) {
        prepared[function] = countResults(other);
        prepares.insert(other);
      }
  std::vector<CFunction> functions;
  for (FuncOp function : module.getOps<FuncOp>()) {
    if (!function.isPublic() || function.isDeclaration())
      continue;
    llvm::StringRef name = function.getSymName();
    if (!isIdentifier(name) || isReserved(name))
      return llvm::createStringError(
          "function '" + name + "' at " + formatLocation(function.getLoc()) +
          ": expected a name that C and C++ take for a function, found " +
          (isReserved(name) ? "a reserved word" : "other characters"));
    llvm::Expected<CFunction> read =
        FunctionReader(function, prepared.lookup(function),
                       prepares.contains(function))
            .read();
    if (!read)
      return read.takeError();
    functions.push_back(std::move(*read));
  }
  return functions;
}
