//===- Dispatch.cpp - Code for several instruction sets -------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Dispatch.h"

#include "CWrapper.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Support/SourceMgr.h"

using namespace ternary;

//===----------------------------------------------------------------------===//
// Levels
//===----------------------------------------------------------------------===//

static constexpr uint32_t bits(std::initializer_list<unsigned> positions) {
  uint32_t word = 0;
  for (unsigned position : positions)
    word |= 1u << position;
  return word;
}

// sse3, ssse3, fma, cx16, sse4.1, sse4.2, movbe, popcnt, osxsave, avx, f16c.
static constexpr uint32_t kV3Leaf1 =
    bits({0, 9, 12, 13, 19, 20, 22, 23, 27, 28, 29});
// bmi1, avx2, bmi2.
static constexpr uint32_t kV3Leaf7 = bits({3, 5, 8});
// avx512f, dq, cd, bw, vl.
static constexpr uint32_t kV4Leaf7 = kV3Leaf7 | bits({16, 17, 28, 30, 31});
// lahf, lzcnt.
static constexpr uint32_t kV3Extended = bits({0, 5});
// xmm, ymm; opmask and zmm.
static constexpr uint32_t kV3State = bits({1, 2});
static constexpr uint32_t kV4State = kV3State | bits({5, 6, 7});
// avx512vnni, avx512vbmi, in ecx.
static constexpr uint32_t kVNNI = bits({11});
static constexpr uint32_t kVBMI = bits({1});
// amx-tile, amx-int8, in edx; their two states.
static constexpr uint32_t kAMX = bits({24, 25});
static constexpr uint32_t kAMXState = kV4State | bits({17, 18});

// The CPU of the passes has the features that the ISA table asks for; code
// generation is held to what is checked, so that no other feature of that CPU
// slips in.
static const DispatchLevel kLevels[] = {
    {"x86-64", "x86-64", "x86-64", "", {0, 0, 0, 0, 0, 0, 0}},
    {"x86-64-v3",
     "x86-64-v3",
     "x86-64-v3",
     "",
     {kV3Leaf1, kV3Leaf7, 0, 0, kV3Extended, kV3State, 0}},
    {"avx512vnni",
     "cascadelake",
     "x86-64-v4",
     "+avx512vnni",
     {kV3Leaf1, kV4Leaf7, kVNNI, 0, kV3Extended, kV4State, 0}},
    {"avx512vbmi",
     "icelake-server",
     "x86-64-v4",
     "+avx512vnni,+avx512vbmi",
     {kV3Leaf1, kV4Leaf7, kVNNI | kVBMI, 0, kV3Extended, kV4State, 0}},
    {"avx512amx",
     "sapphirerapids",
     "x86-64-v4",
     "+avx512vnni,+avx512vbmi,+amx-tile,+amx-int8",
     {kV3Leaf1, kV4Leaf7, kVNNI | kVBMI, kAMX, kV3Extended, kAMXState, 1}},
};

llvm::ArrayRef<DispatchLevel> ternary::getDispatchLevels() { return kLevels; }

std::string ternary::getVersionName(llvm::StringRef function,
                                    const DispatchLevel &level) {
  // Assemblers take no dash in a name.
  std::string name = (function + "." + level.name).str();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void ternary::setLevel(llvm::Module &module, const DispatchLevel &level) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("target-cpu", level.cpu);
    if (level.features.empty())
      continue;
    function.addFnAttr("target-features", level.features);
    // LLVM's tuning of this CPU would keep loops at 256 bits.
    function.addFnAttr("prefer-vector-width", "512");
  }
}

//===----------------------------------------------------------------------===//
// The choice
//===----------------------------------------------------------------------===//

// Threads that call first at the same time all find the same level, so that the
// order of their stores does not matter.
static constexpr llvm::StringLiteral kRuntime = R"(
@ternary.chosen = internal global i32 0, align 4
@ternary.variable = internal constant [12 x i8] c"TERNARY_ISA\00"
@ternary.none = internal constant [1 x i8] c"\00"

declare ptr @getenv(ptr)
declare i32 @strcmp(ptr, ptr)
declare i32 @ternary.detect()

define i32 @ternary.level() {
  %known = load atomic i32, ptr @ternary.chosen monotonic, align 4
  %is.known = icmp ne i32 %known, 0
  br i1 %is.known, label %done, label %detect
detect:
  %found = call i32 @ternary.detect()
  store atomic i32 %found, ptr @ternary.chosen monotonic, align 4
  br label %done
done:
  %level = phi i32 [ %known, %0 ], [ %found, %detect ]
  ret i32 %level
}

; Empty where the variable is not set.
define internal ptr @ternary.limit() {
  %value = call ptr @getenv(ptr @ternary.variable)
  %is.null = icmp eq ptr %value, null
  %text = select i1 %is.null, ptr @ternary.none, ptr %value
  ret ptr %text
}

define internal { i32, i32, i32, i32 } @ternary.cpuid(i32 %leaf) {
  %words = call { i32, i32, i32, i32 } asm sideeffect "cpuid", "={ax},={bx},={cx},={dx},0,2,~{dirflag},~{fpsr},~{flags}"(i32 %leaf, i32 0)
  ret { i32, i32, i32, i32 } %words
}

; A leaf, or zeros where the CPU does not have it.
define internal { i32, i32, i32, i32 } @ternary.leaf(i32 %leaf) {
  %base = and i32 %leaf, -2147483648
  %first = call { i32, i32, i32, i32 } @ternary.cpuid(i32 %base)
  %max = extractvalue { i32, i32, i32, i32 } %first, 0
  %words = call { i32, i32, i32, i32 } @ternary.cpuid(i32 %leaf)
  %is.known = icmp uge i32 %max, %leaf
  %known = select i1 %is.known, { i32, i32, i32, i32 } %words, { i32, i32, i32, i32 } zeroinitializer
  ret { i32, i32, i32, i32 } %known
}

; 1 if Linux grants the tiles: arch_prctl(ARCH_REQ_XCOMP_PERM, XTILEDATA).
define internal i32 @ternary.tiles() {
  %result = call i64 asm sideeffect "syscall", "={ax},0,{di},{si},~{rcx},~{r11},~{memory},~{dirflag},~{fpsr},~{flags}"(i64 158, i64 4131, i64 18)
  %is.granted = icmp eq i64 %result, 0
  %granted = zext i1 %is.granted to i32
  ret i32 %granted
}

; The instruction exists only where osxsave is set.
define internal i32 @ternary.states(i32 %ecx) {
  %osxsave = and i32 %ecx, 134217728
  %is.set = icmp ne i32 %osxsave, 0
  br i1 %is.set, label %read, label %done
read:
  %pair = call { i32, i32 } asm sideeffect "xgetbv", "={ax},={dx},{cx},~{dirflag},~{fpsr},~{flags}"(i32 0)
  %low = extractvalue { i32, i32 } %pair, 0
  br label %done
done:
  %states = phi i32 [ 0, %0 ], [ %low, %read ]
  ret i32 %states
}
)";

namespace {

/// Builds `ternary.detect`: the number of the best level, from 1.
class DetectBuilder {
public:
  explicit DetectBuilder(llvm::Module &module)
      : module(module), detect(module.getFunction("ternary.detect")),
        b(llvm::BasicBlock::Create(module.getContext(), "entry", detect)) {}

  void build() {
    detect->setLinkage(llvm::GlobalValue::InternalLinkage);
    llvm::SmallVector<llvm::Value *> words = readWords();
    llvm::Value *limit = readLimit();
    llvm::Value *best = b.getInt32(0);
    for (auto [i, level] : llvm::enumerate(getDispatchLevels())) {
      llvm::Value *has = b.CreateICmpUGE(limit, b.getInt32(i));
      for (auto [word, bits] : llvm::zip(words, level.bits))
        has = b.CreateAnd(
            has, b.CreateICmpEQ(b.CreateAnd(word, bits), b.getInt32(bits)));
      best = b.CreateSelect(has, b.getInt32(i), best);
    }
    b.CreateRet(b.CreateAdd(best, b.getInt32(1)));
  }

private:
  llvm::Value *call(llvm::StringRef name,
                    llvm::ArrayRef<llvm::Value *> values) {
    return b.CreateCall(module.getFunction(name), values);
  }

  llvm::Value *readLeaf(uint32_t leaf, unsigned word) {
    llvm::Value *words = call("ternary.leaf", {b.getInt32(leaf)});
    return b.CreateExtractValue(words, word);
  }

  llvm::SmallVector<llvm::Value *> readWords() {
    constexpr unsigned kEbx = 1, kEcx = 2, kEdx = 3;
    llvm::Value *first = readLeaf(1, kEcx);
    return {first,
            readLeaf(7, kEbx),
            readLeaf(7, kEcx),
            readLeaf(7, kEdx),
            readLeaf(0x80000001, kEcx),
            call("ternary.states", {first}),
            call("ternary.tiles", {})};
  }

  /// The number of the level that TERNARY_ISA names, else of the best one.
  llvm::Value *readLimit() {
    llvm::Value *text = call("ternary.limit", {});
    llvm::Value *limit = b.getInt32(getDispatchLevels().size() - 1);
    for (auto [i, level] : llvm::enumerate(getDispatchLevels())) {
      llvm::Value *name = b.CreateGlobalString(level.name, "ternary.name");
      llvm::Value *order = call("strcmp", {text, name});
      limit = b.CreateSelect(b.CreateICmpEQ(order, b.getInt32(0)),
                             b.getInt32(i), limit);
    }
    return limit;
  }

  llvm::Module &module;
  llvm::Function *detect;
  llvm::IRBuilder<> b;
};

/// The function that callers see: a switch over the levels.
void addStub(llvm::Module &module, const CFunction &function) {
  llvm::Function *stub = declareCFunction(module, function, function.name);
  llvm::LLVMContext &context = module.getContext();
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(context, "entry", stub));
  llvm::Value *level = b.CreateCall(module.getFunction("ternary.level"));
  llvm::SmallVector<llvm::Value *> arguments;
  for (llvm::Argument &argument : stub->args())
    arguments.push_back(&argument);
  llvm::SwitchInst *choice = nullptr;
  for (auto [i, row] : llvm::enumerate(getDispatchLevels())) {
    auto *block = llvm::BasicBlock::Create(context, row.name, stub);
    if (!choice)
      choice = b.CreateSwitch(level, block);
    else
      choice->addCase(b.getInt32(i + 1), block);
    llvm::Function *version =
        module.getFunction(getVersionName(function.name, row));
    version->setLinkage(llvm::GlobalValue::InternalLinkage);
    llvm::IRBuilder<> inner(block);
    llvm::CallInst *call = inner.CreateCall(version, arguments);
    call->setAttributes(version->getAttributes());
    call->setTailCall();
    inner.CreateRetVoid();
  }
}

/// `const char *ternary_isa(void)`: the name of the level that was chosen.
/// Weak, because a program may link several such objects.
void addName(llvm::Module &module) {
  llvm::LLVMContext &context = module.getContext();
  auto *type = llvm::FunctionType::get(llvm::PointerType::get(context, 0),
                                       /*isVarArg=*/false);
  auto *function = llvm::Function::Create(
      type, llvm::GlobalValue::WeakODRLinkage, "ternary_isa", module);
  llvm::IRBuilder<> b(llvm::BasicBlock::Create(context, "entry", function));
  llvm::Value *level = b.CreateCall(module.getFunction("ternary.level"));
  llvm::Value *name = llvm::ConstantPointerNull::get(b.getPtrTy());
  for (auto [i, row] : llvm::enumerate(getDispatchLevels()))
    name = b.CreateSelect(b.CreateICmpEQ(level, b.getInt32(i + 1)),
                          b.CreateGlobalString(row.name, "ternary.name"), name);
  b.CreateRet(name);
}

} // namespace

llvm::Error ternary::addDispatch(llvm::Module &module,
                                 llvm::ArrayRef<CFunction> functions) {
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> runtime =
      llvm::parseAssemblyString(kRuntime, diagnostic, module.getContext());
  if (!runtime)
    return llvm::createStringError("dispatch: expected valid code, found: " +
                                   diagnostic.getMessage());
  runtime->setDataLayout(module.getDataLayout());
  runtime->setTargetTriple(module.getTargetTriple());
  DetectBuilder(*runtime).build();
  if (llvm::Linker::linkModules(module, std::move(runtime)))
    return llvm::createStringError("dispatch: expected names of functions that "
                                   "are free, found them taken");
  // Only what is not internal is linked without being used.
  module.getFunction("ternary.level")
      ->setLinkage(llvm::GlobalValue::InternalLinkage);
  if (module.getFunction("ternary_isa"))
    return llvm::createStringError("dispatch: expected no function of the name "
                                   "'ternary_isa', found one");
  addName(module);
  for (const CFunction &function : functions)
    addStub(module, function);
  return llvm::Error::success();
}
