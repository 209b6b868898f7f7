//===- GPUKernelBuilder.cpp - Vocabulary of the GPU kernels ---------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "GPUKernelBuilder.h"

#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

using Values = KernelBuilder::Values;

/// Of the runtime: whether launches behind it may overlap.
constexpr llvm::StringLiteral kOverlapFunction = "ternaryGpuOverlapLaunches";

void GPUKernelBuilder::launch(Value blocks, Value blocksY, int64_t threads,
                              function_ref<void(const Place &)> body,
                              const LaunchOptions &options) {
  Value one = index(1), sharedBytes, cluster, oneCluster;
  if (options.sharedBytes != 0)
    sharedBytes = constant(getI32Type(), options.sharedBytes);
  if (options.clusterSize != 1) {
    cluster = index(options.clusterSize);
    oneCluster = one;
  }
  kernel = gpu::LaunchOp::create(
      *this, blocks, blocksY, one, index(threads), one, one, sharedBytes,
      /*asyncTokenType=*/Type(), /*asyncDependencies=*/ValueRange(),
      /*workgroupAttributions=*/TypeRange(),
      /*privateAttributions=*/TypeRange(), cluster, oneCluster, oneCluster);
  if (options.blocksPerProcessor != 0)
    kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                    getI32IntegerAttr(options.blocksPerProcessor));
  {
    OpBuilder::InsertionGuard guard(*this);
    // LLVM 22 leaves out the arguments for indices and sizes of clusters.
    while (kernel.getBody().getNumArguments() <
           kernel.getNumConfigRegionAttributes())
      kernel.getBody().addArgument(getIndexType(), getLoc());
    setInsertionPointToStart(&kernel.getBody().front());
    gpu::KernelDim3 block = kernel.getBlockIds();
    here = {block.x, block.y, kernel.getThreadIds().x};
    body(here);
    gpu::TerminatorOp::create(*this);
  }
  kernel = nullptr;
}

void GPUKernelBuilder::overlapLaunches(function_ref<void()> body) {
  FailureOr<LLVM::LLVMFuncOp> function =
      LLVM::lookupOrCreateFn(*this, module, kOverlapFunction, {getI32Type()},
                             LLVM::LLVMVoidType::get(getContext()));
  assert(succeeded(function) && "the runtime's function has another type");
  auto allow = [&](int64_t isAllowed) {
    LLVM::CallOp::create(*this, *function,
                         ValueRange(constant(getI32Type(), isAllowed)));
  };
  allow(1);
  isOverlapping = true;
  body();
  isOverlapping = false;
  allow(0);
}

void GPUKernelBuilder::allowNextLaunch() {
  NVVM::GriddepcontrolOp::create(*this,
                                 NVVM::GridDepActionKind::launch_dependents);
}

void GPUKernelBuilder::waitForLastLaunch() {
  if (isOverlapping)
    NVVM::GriddepcontrolOp::create(*this, NVVM::GridDepActionKind::wait);
}

void GPUKernelBuilder::launchThreads(Value count, Body body) {
  constexpr int64_t kThreads = 256;
  launch(ceilDiv(count, kThreads), index(1), kThreads, [&](const Place &at) {
    Value i = add(mul(at.block, kThreads), at.thread);
    ifThen(compare(arith::CmpIPredicate::ult, i, count), [&] { body(i); });
  });
}

void GPUKernelBuilder::launchStream(Value count, int64_t reads,
                                    function_ref<Finish(Value)> load,
                                    Value rest, function_ref<void(Value)> one) {
  bool hasRest = rest && getConstantIntValue(rest) != 0;
  Value blocks = ceilDiv(count, kStreamThreads * reads);
  if (hasRest)
    blocks = arith::MaxUIOp::create(*this, blocks, index(1));
  launch(blocks, index(1), kStreamThreads, [&](const Place &at) {
    if (!hasRest)
      return stream(count, reads, load);
    Value isFirst = compare(arith::CmpIPredicate::eq, at.block, index(0));
    Value exists = compare(arith::CmpIPredicate::ult, at.thread, rest);
    ifThen(arith::AndIOp::create(*this, isFirst, exists),
           [&] { one(at.thread); });
    ifThen(compare(arith::CmpIPredicate::ne, count, index(0)),
           [&] { stream(count, reads, load); });
  });
}

void GPUKernelBuilder::stream(Value count, int64_t reads,
                              function_ref<Finish(Value)> load) {
  Value begin = mul(here.block, kStreamThreads * reads);
  Value last = sub(count, index(1));
  struct Read {
    Value begin, place;
    Finish finish;
  };
  SmallVector<Read> loaded;
  for (int64_t i = 0; i < reads; ++i) {
    Value first = add(begin, i * kStreamThreads);
    Value place = add(first, here.thread);
    loaded.push_back({first, place, load(min(place, last))});
  }
  for (Read &read : loaded) {
    readBegin = read.begin;
    read.finish(compare(arith::CmpIPredicate::ule, read.place, last));
  }
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

void GPUKernelBuilder::arriveInCluster() {
  NVVM::ClusterArriveOp::create(*this, /*aligned=*/getUnitAttr());
}

void GPUKernelBuilder::waitForCluster() {
  NVVM::ClusterWaitOp::create(*this, /*aligned=*/getUnitAttr());
}

void GPUKernelBuilder::ifThen(Value condition, function_ref<void()> then) {
  auto branch = scf::IfOp::create(*this, condition, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  then();
}

Value GPUKernelBuilder::exchangeLanes(Value x, int64_t lanes) {
  return gpu::ShuffleOp::create(*this, x, lanes, kWarp, gpu::ShuffleMode::XOR)
      .getShuffleResult();
}

Value GPUKernelBuilder::combineOverLanes(Value x, ArrayRef<int64_t> lanes,
                                         Combine combine) {
  for (int64_t lane : lanes) {
    x = combine(x, exchangeLanes(x, lane));
  }
  return x;
}

Value GPUKernelBuilder::combineOverBlock(Value x, Value thread, int64_t threads,
                                         Combine combine) {
  x = combineOverLanes(x, {16, 8, 4, 2, 1}, combine);
  if (threads == kWarp)
    return x;
  int64_t warps = threads / kWarp;
  Value parts = shared(x.getType(), {warps});
  Value isFirst =
      compare(arith::CmpIPredicate::eq, rem(thread, kWarp), index(0));
  ifThen(isFirst, [&] { store(x, parts, {floorDiv(thread, kWarp)}); });
  barrier();
  Value all = load(parts, {index(0)});
  for (int64_t warp = 1; warp < warps; ++warp)
    all = combine(all, load(parts, {index(warp)}));
  return all;
}

Value GPUKernelBuilder::sumOverLanes(Value x, ArrayRef<int64_t> lanes) {
  return combineOverLanes(x, lanes, [&](Value x, Value y) {
    return isa<FloatType>(x.getType()) ? addf(x, y) : add(x, y);
  });
}

/// What a vector is loaded and stored at a multiple of.
static llvm::MaybeAlign alignmentOf(VectorType type) {
  int64_t bytes = type.getNumElements() * type.getElementTypeBitWidth() / 8;
  return llvm::MaybeAlign(std::min<int64_t>(16, bytes & -bytes));
}

Value GPUKernelBuilder::loadVector(Value memref, ValueRange at, int64_t size) {
  auto type = VectorType::get(size, elementOf(memref));
  return vector::LoadOp::create(*this, type, memref, at, /*nontemporal=*/false,
                                alignmentOf(type));
}

void GPUKernelBuilder::storeVector(Value value, Value memref, ValueRange at) {
  auto type = llvm::cast<VectorType>(value.getType());
  vector::StoreOp::create(*this, value, memref, at, /*nontemporal=*/false,
                          alignmentOf(type));
}

Value GPUKernelBuilder::joinWords(ValueRange words) {
  auto type = VectorType::get(words.size(), getI32Type());
  Value vector = vector::FromElementsOp::create(*this, type, words);
  return vector::BitCastOp::create(
      *this, VectorType::get(4 * words.size(), getI8Type()), vector);
}

void GPUKernelBuilder::storeBlock(ValueRange words, Value memref, Value begin,
                                  Value end) {
  constexpr int64_t kVector = 16, kWord = 4;
  int64_t bytes = kWord * words.size(), all = bytes * kStreamThreads;
  int64_t size = std::min<int64_t>(kVector, bytes & -bytes);
  Value buffer = shared(getI8Type(), {all});
  for (int64_t i = 0; i < bytes; i += size)
    storeVector(joinWords(words.slice(i / kWord, size / kWord)), buffer,
                {add(mul(here.thread, bytes), i)});
  barrier();
  for (int64_t i = 0; i < all; i += kStreamThreads * kVector) {
    Value from = add(mul(here.thread, kVector), i);
    Value to = add(begin, from);
    auto store = [&](int64_t size, int64_t offset) {
      Value last = add(to, offset + size);
      Value exists = compare(arith::CmpIPredicate::ule, last, end);
      if (i + kStreamThreads * kVector > all)
        exists = arith::AndIOp::create(
            *this, exists,
            compare(arith::CmpIPredicate::ult, from, index(all)));
      ifThen(exists, [&] {
        storeVector(loadVector(buffer, {add(from, offset)}, size), memref,
                    {add(to, offset)});
      });
    };
    store(kVector, 0);
    if (bytes % kVector == 0)
      continue;
    // The end may be inside of a vector.
    Value isCut = compare(arith::CmpIPredicate::ugt, add(to, kVector), end);
    ifThen(isCut, [&] {
      for (int64_t offset = 0; offset < kVector; offset += kWord)
        store(kWord, offset);
    });
  }
}

/// Words of any elements, at a multiple of their bytes.
static Value loadWordVector(GPUKernelBuilder &b, Value memref, ValueRange at,
                            int64_t words) {
  int64_t bits = elementOf(memref).getIntOrFloatBitWidth();
  Value vector = b.loadVector(memref, at, 32 * words / bits);
  return vector::BitCastOp::create(b, VectorType::get(words, b.getI32Type()),
                                   vector);
}

Values GPUKernelBuilder::loadWords(Value memref, ValueRange at) {
  Value words = loadWordVector(*this, memref, at, 4);
  Values result;
  for (int64_t i = 0; i < 4; ++i)
    result.push_back(vector::ExtractOp::create(*this, words, i));
  return result;
}

Value GPUKernelBuilder::loadWord(Value memref, ValueRange at) {
  return vector::ExtractOp::create(*this, loadWordVector(*this, memref, at, 1),
                                   0);
}

Values GPUKernelBuilder::streamWords(Value memref, ValueRange at) {
  // LLVM drops the hint of a nontemporal load.
  Value address =
      arith::IndexCastOp::create(*this, getI64Type(), addressOf(memref, at));
  return assembly("ld.global.L1::no_allocate.v4.b32 {$0, $1, $2, $3}, [$4];",
                  "=r,=r,=r,=r,l", getI32Type(), 4, address,
                  /*hasSideEffects=*/isOverlapping);
}

Values GPUKernelBuilder::assembly(StringRef text, StringRef constraints,
                                  Type result, int64_t numResults,
                                  ValueRange operands, bool hasSideEffects) {
  Type type;
  if (numResults > 0)
    type = LLVM::LLVMStructType::getLiteral(
        getContext(), SmallVector<Type>(numResults, result));
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

Value GPUKernelBuilder::sharedView(Type element, ArrayRef<int64_t> shape,
                                   int64_t offset) {
  return memref::ViewOp::create(*this, getSharedType(shape, element),
                                sharedMemory(), index(offset), ValueRange());
}

void GPUKernelBuilder::copyVector(Value from, ValueRange fromAt, Value to,
                                  ValueRange toAt, int64_t count) {
  storeVector(loadVector(from, fromAt, count), to, toAt);
}

Value GPUKernelBuilder::sharedBase() {
  Value memory = sharedMemory();
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(*this, memory);
  return arith::IndexCastOp::create(*this, getI32Type(), address);
}

Value GPUKernelBuilder::pointerTo(Space space, Value address) {
  if (address.getType().isIndex())
    address = arith::IndexCastOp::create(*this, getI64Type(), address);
  auto type = LLVM::LLVMPointerType::get(getContext(), unsigned(space));
  return LLVM::IntToPtrOp::create(*this, type, address);
}

void GPUKernelBuilder::copyAsync(Value memref, ValueRange at, Value address) {
  NVVM::CpAsyncOp::create(*this, pointerTo(Space::shared, address),
                          pointerTo(Space::global, addressOf(memref, at)),
                          /*size=*/16, NVVM::LoadCacheModifierKind::CG,
                          /*cpSize=*/Value());
}

void GPUKernelBuilder::copyAsync(Value from, ValueRange fromAt, Value to,
                                 ValueRange toAt, int64_t bytes,
                                 Value isInside) {
  Type i32 = getI32Type();
  Value address = arith::IndexCastOp::create(*this, i32, addressOf(to, toAt));
  // Behind so many bytes there are zeros.
  Value size = select(isInside, constant(i32, bytes), zero(i32));
  // Only 16 bytes can pass by L1.
  auto cache = bytes == 16 ? NVVM::LoadCacheModifierKind::CG
                           : NVVM::LoadCacheModifierKind::CA;
  NVVM::CpAsyncOp::create(*this, pointerTo(Space::shared, address),
                          pointerTo(Space::global, addressOf(from, fromAt)),
                          bytes, cache, size);
}

void GPUKernelBuilder::storeInside(Value lanes, Value memref, ValueRange at,
                                   bool isWhole) {
  auto type = llvm::cast<VectorType>(lanes.getType());
  int64_t count = type.getNumElements();
  auto isInside = [&](ValueRange at) -> Value {
    return arith::AndIOp::create(
        *this, compare(arith::CmpIPredicate::ult, at[0], dim(memref, 0)),
        compare(arith::CmpIPredicate::ult, at[1], dim(memref, 1)));
  };
  if (isWhole)
    return ifThen(isInside(at), [&] { storeVector(lanes, memref, at); });
  for (int64_t i = 0; i < count; ++i) {
    Values next{at[0], add(at[1], i)};
    ifThen(isInside(next), [&] {
      store(vector::ExtractOp::create(*this, lanes, i), memref, next);
    });
  }
}

void GPUKernelBuilder::atomicAdd(Value value, Value memref, ValueRange at) {
  LLVM::AtomicRMWOp::create(*this, LLVM::AtomicBinOp::add,
                            pointerTo(Space::global, addressOf(memref, at)),
                            value, LLVM::AtomicOrdering::monotonic, "device");
}

void GPUKernelBuilder::storeTransposed(ArrayRef<Value> words, Value address) {
  auto type = LLVM::LLVMPointerType::get(getContext(), /*addressSpace=*/3);
  Value pointer = LLVM::IntToPtrOp::create(*this, type, address);
  auto shape = NVVM::LdStMatrixShapeAttr::get(getContext(), 8, 8);
  NVVM::StMatrixOp::create(*this, pointer, words, NVVM::MMALayout::col, shape,
                           NVVM::LdStMatrixEltType::B16);
}

Values GPUKernelBuilder::loadShared(Value address) {
  return assembly("ld.shared.v4.b32 {$0, $1, $2, $3}, [$4];", "=r,=r,=r,=r,r",
                  getI32Type(), 4, address);
}

void GPUKernelBuilder::storeWords(ArrayRef<Value> words, Value pointer) {
  auto type = VectorType::get(words.size(), getI32Type());
  Value vector = vector::FromElementsOp::create(*this, type, words);
  LLVM::StoreOp::create(*this, vector, pointer, /*alignment=*/16);
}

void GPUKernelBuilder::storeShared(ArrayRef<Value> words, Value address) {
  storeWords(words, pointerTo(Space::shared, address));
}

void GPUKernelBuilder::storeShared(ArrayRef<Value> words, Value address,
                                   Value block) {
  auto type =
      LLVM::LLVMPointerType::get(getContext(), unsigned(Space::cluster));
  Value remote = NVVM::MapaOp::create(*this, type,
                                      pointerTo(Space::shared, address), block);
  storeWords(words, remote);
}

Value GPUKernelBuilder::addressOf(Value memref, ValueRange at) {
  SmallVector<OpFoldResult> offsets(at.begin(), at.end());
  SmallVector<OpFoldResult> ones(at.size(), getIndexAttr(1));
  auto element = memref::SubViewOp::create(*this, memref, offsets, ones, ones);
  auto metadata = memref::ExtractStridedMetadataOp::create(*this, element);
  Value address =
      memref::ExtractAlignedPointerAsIndexOp::create(*this, element);
  int64_t bytes = elementOf(memref).getIntOrFloatBitWidth() / 8;
  return add(address, mul(metadata.getOffset(), bytes));
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

/// sums += the product of fragments, by `mma`.
static void addProduct(GPUKernelBuilder &b, MutableArrayRef<Value> sums,
                       function_ref<Value(Type)> mma) {
  auto type = LLVM::LLVMStructType::getLiteral(
      b.getContext(), SmallVector<Type>(sums.size(), sums[0].getType()));
  Value product = mma(type);
  for (auto [i, sum] : llvm::enumerate(sums))
    sum = LLVM::ExtractValueOp::create(b, product, i);
}

void GPUKernelBuilder::multiplyBytes(ArrayRef<Value> left,
                                     ArrayRef<Value> right,
                                     MutableArrayRef<Value> sums) {
  addProduct(*this, sums, [&](Type type) -> Value {
    return NVVM::MmaOp::create(
        *this, type, left, right, sums, {16, 8, 32}, std::nullopt,
        NVVM::MMAIntOverflow::wrapped,
        std::array{NVVM::MMATypes::s8, NVVM::MMATypes::s8},
        std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  });
}

void GPUKernelBuilder::multiplyHalves(Type element, ArrayRef<Value> left,
                                      ArrayRef<Value> right,
                                      MutableArrayRef<Value> sums) {
  bool isF16 = element.isF16();
  // Pairs of bf16 are words to the op, pairs of f16 are vectors.
  auto pairs = [&](ArrayRef<Value> words) {
    return llvm::map_to_vector(words, [&](Value word) -> Value {
      if (!isF16)
        return word;
      return LLVM::BitcastOp::create(*this, VectorType::get(2, element), word);
    });
  };
  auto type = isF16 ? NVVM::MMATypes::f16 : NVVM::MMATypes::bf16;
  addProduct(*this, sums, [&](Type result) -> Value {
    return NVVM::MmaOp::create(
        *this, result, pairs(left), pairs(right), sums, {16, 8, 16},
        std::nullopt, std::nullopt, std::array{type, type},
        std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  });
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

Value GPUKernelBuilder::raiseHalves(Value word, int64_t digit) {
  auto constantWord = [&](int64_t value) {
    return constant(getI32Type(), value);
  };
  word = createOrFold<arith::ShLIOp>(word, constantWord(14 - 2 * digit));
  return arith::AndIOp::create(*this, word, constantWord(int32_t(0xC000C000)));
}

/// (bits of x & mask) | others.
static Value changeBits(GPUKernelBuilder &b, Value x, uint32_t mask,
                        uint32_t others) {
  Type words = withElements(x.getType(), b.getI32Type());
  auto constant = [&](uint32_t bits) {
    return b.constant(words, int64_t(int32_t(bits)));
  };
  Value bits = arith::BitcastOp::create(b, words, x);
  bits = arith::AndIOp::create(b, bits, constant(mask));
  bits = b.createOrFold<arith::OrIOp>(bits, constant(others));
  return arith::BitcastOp::create(b, x.getType(), bits);
}

/// The upper half of each f32: what a bf16 holds of it, cut.
static Value cutToHalf(GPUKernelBuilder &b, Value x) {
  return changeBits(b, x, 0xFFFF0000, 0);
}

/// 1 or -1.
static Value unitOf(GPUKernelBuilder &b, Value x) {
  return changeBits(b, x, 0x80000000, 0x3F800000);
}

Values GPUKernelBuilder::splitFloat(Value x) {
  Value difference = arith::SubFOp::create(*this, x, x);
  Value isFinite = compare(arith::CmpFPredicate::ORD, difference, x);
  Value rest = select(isFinite, x, unitOf(*this, x));
  Values parts;
  for (int64_t part = 1; part < kFloatParts; ++part) {
    Value half = cutToHalf(*this, rest);
    parts.push_back(cast(half, getBF16Type()));
    rest = arith::SubFOp::create(*this, rest, half);
  }
  Value last = select(isFinite, cutToHalf(*this, rest), x);
  parts.push_back(cast(last, getBF16Type()));
  return parts;
}

bool ternary::isDense(Value value) {
  auto type = dyn_cast<MemRefType>(value.getType());
  return !type || type.getLayout().isIdentity();
}

Value ternary::asVector(GPUKernelBuilder &b, Value memref) {
  int64_t rank = rankOf(memref);
  if (rank == 1)
    return memref;
  SmallVector<ReassociationIndices> axes;
  if (rank == 0) {
    auto type = MemRefType::get({1}, elementOf(memref));
    return memref::ExpandShapeOp::create(b, type, memref, axes);
  }
  axes.push_back(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  return memref::CollapseShapeOp::create(b, memref, axes);
}

int64_t ternary::vectorLanes(Value memref, int64_t count) {
  int64_t bits = elementOf(memref).getIntOrFloatBitWidth();
  return std::gcd<int64_t>(count, 128 / bits);
}
