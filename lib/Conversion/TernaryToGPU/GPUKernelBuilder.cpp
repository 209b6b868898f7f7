//===- GPUKernelBuilder.cpp - Vocabulary of the GPU kernels ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GPUKernelBuilder.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

void GPUKernelBuilder::launch(Value blocks, Value blocksY, int64_t threads,
                              function_ref<void(const Place &)> body,
                              int64_t sharedBytes) {
  Value one = index(1), dynamic;
  if (sharedBytes != 0)
    dynamic = constant(getI32Type(), sharedBytes);
  kernel = gpu::LaunchOp::create(*this, blocks, blocksY, one, index(threads),
                                 one, one, dynamic);
  {
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPointToStart(&kernel.getBody().front());
    gpu::KernelDim3 block = kernel.getBlockIds();
    body({block.x, block.y, kernel.getThreadIds().x});
    gpu::TerminatorOp::create(*this);
  }
  kernel = nullptr;
}

void GPUKernelBuilder::launchThreads(Value count, Body body) {
  constexpr int64_t kThreads = 256;
  launch(ceilDiv(count, kThreads), index(1), kThreads, [&](const Place &at) {
    Value i = add(mul(at.block, kThreads), at.thread);
    ifThen(compare(arith::CmpIPredicate::ult, i, count), [&] { body(i); });
  });
}

static MemRefType getSharedType(ArrayRef<int64_t> shape, Type element) {
  auto space = gpu::AddressSpaceAttr::get(
      element.getContext(), gpu::GPUDialect::getWorkgroupAddressSpace());
  return MemRefType::get(shape, element, MemRefLayoutAttrInterface(),
                         Attribute(space));
}

Value GPUKernelBuilder::shared(Type element, ArrayRef<int64_t> shape) {
  return kernel.addWorkgroupAttribution(getSharedType(shape, element),
                                        getLoc());
}

void GPUKernelBuilder::barrier() { gpu::BarrierOp::create(*this); }

void GPUKernelBuilder::ifThen(Value condition, function_ref<void()> then) {
  auto branch = scf::IfOp::create(*this, condition, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  then();
}

Value GPUKernelBuilder::sumOverLanes(Value x, ArrayRef<int64_t> lanes) {
  for (int64_t lane : lanes) {
    Value other =
        gpu::ShuffleOp::create(*this, x, lane, kWarp, gpu::ShuffleMode::XOR)
            .getShuffleResult();
    x = isa<FloatType>(x.getType()) ? addf(x, other) : add(x, other);
  }
  return x;
}

Values GPUKernelBuilder::loadWords(Value memref, ValueRange at) {
  Value bytes =
      vector::LoadOp::create(*this, VectorType::get(16, getI8Type()), memref,
                             at, /*nontemporal=*/false, llvm::MaybeAlign(16));
  Value words =
      vector::BitCastOp::create(*this, VectorType::get(4, getI32Type()), bytes);
  Values result;
  for (int64_t i = 0; i < 4; ++i)
    result.push_back(vector::ExtractOp::create(*this, words, i));
  return result;
}

Values GPUKernelBuilder::streamWords(Value memref, ValueRange at) {
  // LLVM drops the hint of a nontemporal load.
  Value address = addressOf(memref, at);
  return assembly("ld.global.L1::no_allocate.v4.b32 {$0, $1, $2, $3}, [$4];",
                  "=r,=r,=r,=r,l", 4, address, /*hasSideEffects=*/false);
}

Values GPUKernelBuilder::assembly(StringRef text, StringRef constraints,
                                  int64_t numResults, ValueRange operands,
                                  bool hasSideEffects) {
  Type type;
  if (numResults > 0)
    type = LLVM::LLVMStructType::getLiteral(
        getContext(), SmallVector<Type>(numResults, getI32Type()));
  auto op = LLVM::InlineAsmOp::create(
      *this, type, operands, getStringAttr(text), getStringAttr(constraints),
      hasSideEffects ? getUnitAttr() : UnitAttr(),
      /*is_align_stack=*/UnitAttr(),
      LLVM::TailCallKindAttr::get(getContext(),
                                  LLVM::tailcallkind::TailCallKind::None),
      LLVM::AsmDialectAttr(), ArrayAttr());
  Values results;
  for (int64_t i = 0; i < numResults; ++i)
    results.push_back(LLVM::ExtractValueOp::create(*this, op.getRes(), i));
  return results;
}

Value GPUKernelBuilder::sharedMemory() {
  return gpu::DynamicSharedMemoryOp::create(
      *this, getSharedType({ShapedType::kDynamic}, getI8Type()));
}

Value GPUKernelBuilder::sharedView(Type element, ArrayRef<int64_t> shape) {
  return memref::ViewOp::create(*this, getSharedType(shape, element),
                                sharedMemory(), index(0), ValueRange());
}

void GPUKernelBuilder::copyVector(Value from, ValueRange fromAt, Value to,
                                  ValueRange toAt, int64_t count) {
  llvm::MaybeAlign alignment(16);
  auto type = VectorType::get(count, elementOf(from));
  Value data = vector::LoadOp::create(*this, type, from, fromAt,
                                      /*nontemporal=*/false, alignment);
  vector::StoreOp::create(*this, data, to, toAt, /*nontemporal=*/false,
                          alignment);
}

Value GPUKernelBuilder::sharedBase() {
  Value memory = sharedMemory();
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(*this, memory);
  return arith::IndexCastOp::create(*this, getI32Type(), address);
}

void GPUKernelBuilder::copyAsync(Value memref, ValueRange at, Value address) {
  auto pointer = [&](int64_t space, Value value) -> Value {
    auto type = LLVM::LLVMPointerType::get(getContext(), space);
    return LLVM::IntToPtrOp::create(*this, type, value);
  };
  NVVM::CpAsyncOp::create(*this, pointer(3, address),
                          pointer(1, addressOf(memref, at)), /*size=*/16,
                          NVVM::LoadCacheModifierKind::CG, /*cpSize=*/Value());
}

Values GPUKernelBuilder::loadShared(Value address) {
  return assembly("ld.shared.v4.b32 {$0, $1, $2, $3}, [$4];", "=r,=r,=r,=r,r",
                  4, address);
}

Value GPUKernelBuilder::addressOf(Value memref, ValueRange at) {
  SmallVector<OpFoldResult> offsets(at.begin(), at.end());
  SmallVector<OpFoldResult> ones(at.size(), getIndexAttr(1));
  auto element = memref::SubViewOp::create(*this, memref, offsets, ones, ones);
  auto metadata = memref::ExtractStridedMetadataOp::create(*this, element);
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(*this, element);
  int64_t bytes = elementOf(memref).getIntOrFloatBitWidth() / 8;
  address = add(address, mul(metadata.getOffset(), bytes));
  return arith::IndexCastOp::create(*this, getI64Type(), address);
}

Value GPUKernelBuilder::bytesOf(Value word) {
  return vector::BitCastOp::create(*this, VectorType::get(4, getI8Type()),
                                   broadcast(word, 1));
}

Value GPUKernelBuilder::wordOf(Value bytes) {
  Value words =
      vector::BitCastOp::create(*this, VectorType::get(1, getI32Type()), bytes);
  return vector::ExtractOp::create(*this, words, 0);
}

void GPUKernelBuilder::multiplyBytes(ArrayRef<Value> left,
                                     ArrayRef<Value> right,
                                     MutableArrayRef<Value> sums) {
  auto type = LLVM::LLVMStructType::getLiteral(
      getContext(), SmallVector<Type>(4, getI32Type()));
  Value product = NVVM::MmaOp::create(
      *this, type, left, right, sums, {16, 8, 32}, std::nullopt,
      NVVM::MMAIntOverflow::wrapped,
      std::array{NVVM::MMATypes::s8, NVVM::MMATypes::s8},
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  for (auto [i, sum] : llvm::enumerate(sums))
    sum = LLVM::ExtractValueOp::create(*this, product, i);
}

Value GPUKernelBuilder::loadWord(Value memref, ValueRange at) {
  Value bytes =
      vector::LoadOp::create(*this, VectorType::get(4, getI8Type()), memref, at,
                             /*nontemporal=*/false, llvm::MaybeAlign(4));
  return wordOf(bytes);
}

Value GPUKernelBuilder::mulWords(Value word, int64_t factor) {
  return arith::MulIOp::create(*this, word, constant(word.getType(), factor));
}

Value GPUKernelBuilder::raiseDigit(Value word, int64_t digit) {
  Value bytes = bytesOf(word);
  return wordOf(DecodeOp::create(
      *this, bytes.getType(), bytes, /*radix=*/4, getI64IntegerAttr(digit),
      /*offset=*/0, /*msbFirst=*/false, /*isSigned=*/true,
      getI64IntegerAttr(kRaisedBits)));
}
