/*===- Program.h - Compiling and calling functions --------------*- C -*-===*\
|*                                                                          *|
|* SPDX-License-Identifier: Apache-2.0                                      *|
|*                                                                          *|
|* A program is the machine code of a module's functions in this process.   *|
|* Its functions are those that a library would have (docs/aot.md): they    *|
|* write results into arrays of the caller and change states in place.      *|
|*                                                                          *|
|* Messages come in pieces through a callback; they name the function, the  *|
|* argument, what was expected and what was found.                          *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/

#ifndef TERNARY_C_PROGRAM_H
#define TERNARY_C_PROGRAM_H

#include "mlir-c/IR.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TERNARY_DEFINE_STRUCT(name)                                            \
  struct name {                                                                \
    void *ptr;                                                                 \
  };                                                                           \
  typedef struct name name

/** Owned by the caller: ternaryProgramDestroy. */
TERNARY_DEFINE_STRUCT(TernaryProgram);
/** Belongs to its program. */
TERNARY_DEFINE_STRUCT(TernaryFunction);

#undef TERNARY_DEFINE_STRUCT

/** Element types, in the order of their names in NumPy's: see
 * ternaryDTypeGetName. */
typedef enum TernaryDType {
  TernaryBool,
  TernaryInt8,
  TernaryUInt8,
  TernaryInt16,
  TernaryInt32,
  TernaryInt64,
  TernaryFloat16,
  TernaryBFloat16,
  TernaryFloat32,
  TernaryFloat64
} TernaryDType;

/** The size of an element in bytes, and NumPy's name of the type (that of
 * ml_dtypes, "bfloat16"). */
MLIR_CAPI_EXPORTED size_t ternaryDTypeGetSize(TernaryDType dtype);
MLIR_CAPI_EXPORTED MlirStringRef ternaryDTypeGetName(TernaryDType dtype);

/** A dense row-major array of the caller, or the value of a scalar (rank 0). */
typedef struct TernaryArray {
  void *data;
  const int64_t *shape;
  intptr_t rank;
  TernaryDType dtype;
} TernaryArray;

/** An open extent in the shape of a parameter. */
#define TERNARY_DYNAMIC INT64_MIN

typedef struct TernaryParameter {
  MlirStringRef name;
  /** The type in the source, and what it states of packed bytes or "". */
  MlirStringRef type;
  MlirStringRef packing;
  const int64_t *shape;
  intptr_t rank;
  TernaryDType dtype;
  bool isScalar;
  /** A call only reads the array. */
  bool isConst;
  bool isResult;
  /** Comes from the prepare function. */
  bool isPrepared;
} TernaryParameter;

typedef struct TernaryCompileOptions {
  /** "cpu", "reference" or "cuda". */
  MlirStringRef target;
  /** "native", or LLVM's name of a CPU whose features this one has. */
  MlirStringRef cpu;
  /** Of the GPU, such as "sm_90a"; empty for this machine's. */
  MlirStringRef chip;
  /** Further options of the target's pipeline, as text. */
  MlirStringRef pipelineOptions;
  /** Functions to compile; all public ones if there are none. */
  const MlirStringRef *entries;
  intptr_t numEntries;
  /** Threads of parallel loops; other than 1 needs libomp. */
  int64_t threads;
  /** Of LLVM, 0 to 3. */
  unsigned optLevel;
  /** Whether calls check that open extents fit each other, which keeps a copy
   * of the module: its context has to outlive the program. */
  bool checkExtents;
  /** Called before each pass, on one thread at a time; compilation stops where
   * it returns false. May be null. */
  bool (*progress)(MlirStringRef pass, void *progressData);
  void *progressData;
} TernaryCompileOptions;

/** For this CPU, one thread, level 3, extents checked. */
MLIR_CAPI_EXPORTED TernaryCompileOptions ternaryCompileOptionsGetDefault(void);

/** Compiles functions of `module`, which is not changed; the context must have
 * what ternaryRegisterAllDialects adds. What passes have to say goes to the
 * context's diagnostic handlers. Null and a message if it fails. */
MLIR_CAPI_EXPORTED TernaryProgram ternaryProgramCreate(
    MlirModule module, const TernaryCompileOptions *options,
    MlirStringCallback onError, void *userData);
MLIR_CAPI_EXPORTED void ternaryProgramDestroy(TernaryProgram program);
static inline bool ternaryProgramIsNull(TernaryProgram program) {
  return !program.ptr;
}

/** Compiles the same into a file: `.o`, `.so`, `.s`, `.ll`, `.ptx`, `.cubin` or
 * `.fatbin`. `cpu` may be "dispatch", and `chip` a list with commas. `header`
 * and `interface` are the paths of a C header and of the same as JSON, or
 * empty. Leaves no file behind where it fails. */
MLIR_CAPI_EXPORTED MlirLogicalResult ternaryCompileToFile(
    MlirModule module, const TernaryCompileOptions *options, MlirStringRef path,
    MlirStringRef header, MlirStringRef interface, MlirStringCallback onError,
    void *userData);

MLIR_CAPI_EXPORTED intptr_t
ternaryProgramGetNumFunctions(TernaryProgram program);
MLIR_CAPI_EXPORTED TernaryFunction
ternaryProgramGetFunction(TernaryProgram program, intptr_t index);

MLIR_CAPI_EXPORTED MlirStringRef
ternaryFunctionGetName(TernaryFunction function);
/** The name of the function that makes its prepared arguments; may be empty. */
MLIR_CAPI_EXPORTED MlirStringRef
ternaryFunctionGetPrepare(TernaryFunction function);
/** Parameters are the arguments, then the results. */
MLIR_CAPI_EXPORTED intptr_t
ternaryFunctionGetNumArguments(TernaryFunction function);
MLIR_CAPI_EXPORTED intptr_t
ternaryFunctionGetNumResults(TernaryFunction function);
MLIR_CAPI_EXPORTED TernaryParameter
ternaryFunctionGetParameter(TernaryFunction function, intptr_t index);

typedef enum TernaryStatus {
  TernarySuccess,
  /** The number of arguments or results. */
  TernaryWrongCount,
  TernaryWrongDType,
  /** A rank or extent, or extents that do not fit each other. */
  TernaryWrongShape,
  /** An address that is not aligned, or memory that is written and overlaps. */
  TernaryWrongMemory,
  /** The call itself: an assertion of the source, or the device. */
  TernaryFailed
} TernaryStatus;

/** Checks the arguments, and writes the shapes of the results, one behind the
 * other, to `shapes`, which has room for the sum of their ranks. */
MLIR_CAPI_EXPORTED TernaryStatus ternaryFunctionInferShapes(
    TernaryFunction function, intptr_t numArguments,
    const TernaryArray *arguments, int64_t *shapes, MlirStringCallback onError,
    void *userData);

/** Checks a call, and makes it. Any number of threads may call at once, with
 * arrays that no other call writes. */
MLIR_CAPI_EXPORTED TernaryStatus ternaryFunctionInvoke(
    TernaryFunction function, intptr_t numArguments,
    const TernaryArray *arguments, intptr_t numResults,
    const TernaryArray *results, MlirStringCallback onError, void *userData);

/** The same with arrays (but not scalars) on the GPU, in the order of `stream`,
 * a CUstream. */
MLIR_CAPI_EXPORTED TernaryStatus ternaryFunctionInvokeOnDevice(
    TernaryFunction function, intptr_t numArguments,
    const TernaryArray *arguments, intptr_t numResults,
    const TernaryArray *results, void *stream, MlirStringCallback onError,
    void *userData);

#ifdef __cplusplus
}
#endif

#endif /* TERNARY_C_PROGRAM_H */
