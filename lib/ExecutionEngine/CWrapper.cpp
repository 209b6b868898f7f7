//===- CWrapper.cpp - C functions around lowered ones ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "CWrapper.h"

using namespace ternary;

namespace {

/// How C passes a scalar: one of 16 bits as they are.
llvm::Type *getScalarType(DType dtype, llvm::LLVMContext &context) {
  switch (dtype) {
  case DType::Float32:
    return llvm::Type::getFloatTy(context);
  case DType::Float64:
    return llvm::Type::getDoubleTy(context);
  case DType::Bool:
    return llvm::Type::getInt1Ty(context);
  default:
    return llvm::Type::getIntNTy(context, 8 * byteWidth(dtype));
  }
}

/// Builds the arguments of one lowered function.
class ArgumentBuilder {
public:
  ArgumentBuilder(llvm::IRBuilderBase &builder, MapArray map)
      : b(builder), map(map) {}

  llvm::SmallVector<llvm::Value *> build(const CFunction &function,
                                         llvm::Argument *next) {
    for (const CParameter &parameter : function.parameters) {
      if (parameter.spec.isScalar)
        addScalar(parameter, next++);
      else
        addArray(parameter, next);
    }
    return std::move(values);
  }

private:
  void addScalar(const CParameter &parameter, llvm::Value *value) {
    if (parameter.spec.type == "index")
      sizes.push_back(value);
    if (parameter.spec.dtype == DType::Float16)
      value = b.CreateBitCast(value, llvm::Type::getHalfTy(b.getContext()));
    if (parameter.spec.dtype == DType::BFloat16)
      value = b.CreateBitCast(value, llvm::Type::getBFloatTy(b.getContext()));
    values.push_back(value);
  }

  /// A descriptor: allocated and aligned pointer, offset, extents, strides.
  void addArray(const CParameter &parameter, llvm::Argument *&next) {
    llvm::Value *pointer = next++;
    for (const std::string &name : parameter.extentNames)
      if (!name.empty())
        sizes.push_back(next++);
    llvm::SmallVector<llvm::Value *> extents;
    for (mlir::AffineExpr extent : parameter.extents)
      extents.push_back(emit(extent));
    llvm::SmallVector<llvm::Value *> strides(extents.size(), b.getInt64(1));
    for (size_t i = extents.size(); i-- > 1;)
      strides[i - 1] = b.CreateMul(strides[i], extents[i]);
    if (map)
      pointer = map(parameter, pointer, countBytes(parameter, extents));
    values.append({pointer, pointer, b.getInt64(0)});
    values.append(extents);
    values.append(strides);
  }

  llvm::Value *countBytes(const CParameter &parameter,
                          llvm::ArrayRef<llvm::Value *> extents) {
    llvm::Value *bytes = b.getInt64(byteWidth(parameter.spec.dtype));
    for (llvm::Value *extent : extents)
      bytes = b.CreateMul(bytes, extent);
    return bytes;
  }

  llvm::Value *emit(mlir::AffineExpr expr) {
    if (auto constant = llvm::dyn_cast<mlir::AffineConstantExpr>(expr))
      return b.getInt64(constant.getValue());
    if (auto dim = llvm::dyn_cast<mlir::AffineDimExpr>(expr))
      return sizes[dim.getPosition()];
    auto binary = llvm::cast<mlir::AffineBinaryOpExpr>(expr);
    llvm::Value *left = emit(binary.getLHS());
    llvm::Value *right = emit(binary.getRHS());
    switch (expr.getKind()) {
    case mlir::AffineExprKind::Add:
      return b.CreateAdd(left, right);
    case mlir::AffineExprKind::Mul:
      return b.CreateMul(left, right);
    case mlir::AffineExprKind::Mod:
      return b.CreateSRem(left, right);
    case mlir::AffineExprKind::CeilDiv:
      left = b.CreateSub(b.CreateAdd(left, right), b.getInt64(1));
      [[fallthrough]];
    default:
      return b.CreateSDiv(left, right);
    }
  }

  llvm::IRBuilderBase &b;
  MapArray map;
  llvm::SmallVector<llvm::Value *> values;
  /// The sizes of the call, as far as they have been seen.
  llvm::SmallVector<llvm::Value *> sizes;
};

/// The parameters of the lowered function.
size_t countLowered(const CFunction &function) {
  size_t count = 0;
  for (const CParameter &parameter : function.parameters)
    count += parameter.spec.isScalar ? 1 : 3 + 2 * parameter.spec.shape.size();
  return count;
}

} // namespace

llvm::Function *ternary::declareCFunction(llvm::Module &module,
                                          const CFunction &function,
                                          llvm::StringRef symbol,
                                          const CConvention &convention) {
  llvm::LLVMContext &context = module.getContext();
  llvm::SmallVector<llvm::Type *> types;
  llvm::SmallVector<std::string> names;
  llvm::SmallVector<const CParameter *> parameters;
  for (const CParameter &parameter : function.parameters) {
    types.push_back(parameter.spec.isScalar
                        ? getScalarType(parameter.spec.dtype, context)
                        : llvm::PointerType::get(context, 0));
    names.push_back(parameter.name);
    parameters.push_back(&parameter);
    for (const std::string &name : parameter.extentNames)
      if (!name.empty()) {
        types.push_back(llvm::Type::getInt64Ty(context));
        names.push_back(name);
        parameters.push_back(nullptr);
      }
  }
  if (convention.hasStream) {
    types.push_back(llvm::PointerType::get(context, 0));
    names.push_back("stream");
    parameters.push_back(nullptr);
  }
  auto *type = llvm::FunctionType::get(
      convention.result ? convention.result : llvm::Type::getVoidTy(context),
      types, /*isVarArg=*/false);
  auto *result = llvm::Function::Create(
      type, llvm::GlobalValue::ExternalLinkage, symbol, module);
  for (auto [argument, name, parameter] :
       llvm::zip(result->args(), names, parameters)) {
    argument.setName(name);
    if (argument.getType()->isIntegerTy(1))
      argument.addAttr(llvm::Attribute::ZExt);
    if (!parameter || parameter->spec.isScalar)
      continue;
    argument.addAttr(llvm::Attribute::NoAlias);
    if (parameter->isConst)
      argument.addAttr(llvm::Attribute::ReadOnly);
  }
  return result;
}

llvm::SmallVector<llvm::Value *>
ternary::emitLoweredArguments(llvm::IRBuilderBase &builder,
                              const CFunction &function,
                              llvm::Function &cFunction, MapArray map) {
  return ArgumentBuilder(builder, map).build(function, cFunction.arg_begin());
}

llvm::Expected<llvm::Function *> ternary::takeLowered(llvm::Module &module,
                                                      const CFunction &function,
                                                      llvm::StringRef symbol) {
  llvm::Function *lowered = module.getFunction(function.name);
  size_t expected = countLowered(function);
  if (!lowered || lowered->isDeclaration() || lowered->arg_size() != expected ||
      !lowered->getReturnType()->isVoidTy())
    return llvm::createStringError(
        "lowered function '" + function.name + "': expected " +
        llvm::Twine(expected) + " parameters and no result, found " +
        (lowered ? llvm::Twine(lowered->arg_size()) + " parameters"
                 : llvm::Twine("no function")));
  lowered->setName(symbol);
  return lowered;
}

llvm::Error ternary::addCWrapper(llvm::Module &module,
                                 const CFunction &function,
                                 llvm::StringRef symbol) {
  llvm::Expected<llvm::Function *> body =
      takeLowered(module, function, function.name + ".body");
  if (!body)
    return body.takeError();
  (*body)->setLinkage(llvm::GlobalValue::InternalLinkage);
  llvm::Function *wrapper = declareCFunction(module, function, symbol);
  for (llvm::StringRef key :
       {"target-cpu", "target-features", "prefer-vector-width"})
    if ((*body)->hasFnAttribute(key))
      wrapper->addFnAttr((*body)->getFnAttribute(key));
  llvm::IRBuilder<> b(
      llvm::BasicBlock::Create(module.getContext(), "entry", wrapper));
  b.CreateCall(*body, emitLoweredArguments(b, function, *wrapper));
  b.CreateRetVoid();
  return llvm::Error::success();
}
