/*===- layer.c - A layer through the C interface --------------------------===*\
|*                                                                          *|
|* SPDX-License-Identifier: Apache-2.0                                      *|
|*                                                                          *|
|* Parses a layer, lowers one copy by a pipeline, compiles another, packs   *|
|* its weights in memory and by the program, and calls it; then does what   *|
|* is refused. layer.test checks what it prints.                            *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/

#include "ternary-c/Packing.h"
#include "ternary-c/Program.h"
#include "ternary-c/Target.h"
#include "ternary-c/Ternary.h"

#include "mlir-c/Diagnostics.h"
#include "mlir-c/Pass.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { N = 3, K = 10, M = 2, kBytes = N * ((K + 3) / 4) };

static const char kLayer[] =
    "func.func @layer(%x: tensor<?x10xi8> loc(\"x\"),\n"
    "                 %w: tensor<3x3xi8> loc(\"w\")) -> tensor<?x3xi32> {\n"
    "  %c0 = arith.constant 0 : index\n"
    "  %m = tensor.dim %x, %c0 : tensor<?x10xi8>\n"
    "  %init = tensor.empty(%m) : tensor<?x3xi32>\n"
    "  %y = ternary.bitlinear ins(%x : tensor<?x10xi8>)\n"
    "      weights(%w : tensor<3x3xi8>) outs(%init : tensor<?x3xi32>)\n"
    "      {packing = #ternary.packing<chimera>} -> tensor<?x3xi32>\n"
    "  return %y : tensor<?x3xi32>\n"
    "}\n";

static MlirStringRef text(const char *string) {
  return mlirStringRefCreateFromCString(string);
}

static void print(MlirStringRef part, void *stream) {
  fwrite(part.data, 1, part.length, stream);
}

static MlirLogicalResult report(MlirDiagnostic diagnostic, void *stream) {
  fputs("diagnostic: ", stream);
  mlirDiagnosticPrint(diagnostic, print, stream);
  fputs("\n", stream);
  return mlirLogicalResultSuccess();
}

static void lower(MlirContext context) {
  MlirModule module = ternaryModuleParse(context, text(kLayer), text("layer"));
  MlirPassManager manager =
      mlirPassManagerCreateOnOperation(context, text("builtin.module"));
  MlirOpPassManager passes = mlirPassManagerGetAsOpPassManager(manager);
  if (mlirLogicalResultIsFailure(mlirOpPassManagerAddPipeline(
          passes, text("ternary-to-llvm{target-cpu=generic}"), print, stdout)))
    puts("no pipeline");
  MlirOperation op = mlirModuleGetOperation(module);
  if (mlirLogicalResultIsFailure(mlirPassManagerRunOnOp(manager, op)))
    puts("lowering failed");
  MlirOperation first = mlirBlockGetFirstOperation(mlirModuleGetBody(module));
  printf("lowered: ");
  print(mlirIdentifierStr(mlirOperationGetName(first)), stdout);
  puts("");
  mlirPassManagerDestroy(manager);
  mlirModuleDestroy(module);
}

/* What a pass has stated, and what a caller states. */
static void target(MlirContext context) {
  MlirModule module = ternaryModuleParse(context, text(kLayer), text("layer"));
  MlirPassManager manager =
      mlirPassManagerCreateOnOperation(context, text("builtin.module"));
  mlirOpPassManagerAddPipeline(
      mlirPassManagerGetAsOpPassManager(manager),
      text("ternary-attach-target{cpu=haswell threads=2}"), print, stdout);
  if (!mlirAttributeIsNull(ternaryModuleGetTarget(module)))
    puts("a target before the pass");
  mlirPassManagerRunOnOp(manager, mlirModuleGetOperation(module));
  MlirAttribute found = ternaryModuleGetTarget(module);
  printf("target: ");
  print(ternaryTargetAttrGetCPU(found), stdout);
  printf(", ");
  print(ternaryTargetAttrGetISA(found), stdout);
  printf(", %" PRId64 " threads\n", ternaryTargetAttrGetThreads(found));
  ternaryModuleSetTarget(
      module, ternaryTargetAttrGet(context, text("sm_90a"), text("sm90"), 1));
  mlirAttributePrint(ternaryModuleGetTarget(module), print, stdout);
  printf(
      " %d%d\n", ternaryAttributeIsATarget(ternaryModuleGetTarget(module)),
      ternaryAttributeIsATarget(ternaryPackingGet(context, text("chimera"))));
  mlirPassManagerDestroy(manager);
  mlirModuleDestroy(module);
}

static void pack(MlirContext context, uint8_t *bytes) {
  int8_t trits[N][K], back[N][K];
  for (int i = 0; i < N * K; ++i)
    trits[i / K][i % K] = (int8_t)(i % 3 - 1);
  MlirAttribute chimera = ternaryPackingGet(context, text("chimera"));
  int64_t shape[2] = {0, 0};
  ternaryPackingGetByteShape(chimera, N, K, shape);
  printf("bytes: %" PRId64 " x %" PRId64 "\n", shape[0], shape[1]);
  ternaryPackingPack(chimera, trits[0], N, K, NULL, bytes);
  ternaryPackingUnpack(chimera, bytes, N, K, back[0], NULL);
  printf("packing: %s\n",
         memcmp(trits, back, sizeof(trits)) ? "differs" : "same");
  MlirAttribute tq = ternaryPackingGet(context, text("tq2_0"));
  if (mlirLogicalResultIsFailure(ternaryPackingGetByteShape(tq, N, K, shape)))
    puts("refused");
  if (mlirAttributeIsNull(ternaryPackingGet(context, text("none such"))))
    puts("unknown");
}

static void call(TernaryFunction layer, uint8_t *bytes) {
  int8_t x[M][K];
  int32_t y[M][N];
  for (int i = 0; i < M * K; ++i)
    x[i / K][i % K] = (int8_t)(i - 7);
  const int64_t xShape[] = {M, K}, wShape[] = {N, kBytes / N},
                yShape[] = {M, N};
  TernaryArray arguments[] = {{x, xShape, 2, TernaryInt8},
                              {bytes, wShape, 2, TernaryUInt8}};
  TernaryArray result = {y, yShape, 2, TernaryInt32};
  int64_t inferred[2] = {0, 0};
  ternaryFunctionInferShapes(layer, 2, arguments, inferred, print, stdout);
  printf("result: %" PRId64 " x %" PRId64 "\n", inferred[0], inferred[1]);
  ternaryFunctionInvoke(layer, 2, arguments, 1, &result, print, stdout);
  for (int m = 0; m < M; ++m)
    for (int n = 0; n < N; ++n) {
      int32_t sum = 0;
      for (int k = 0; k < K; ++k)
        sum += x[m][k] * ((n * K + k) % 3 - 1);
      printf("%s", y[m][n] == sum ? "=" : "!");
    }
  puts("");
  arguments[0].dtype = TernaryFloat32;
  printf(" -> %d\n",
         ternaryFunctionInvoke(layer, 2, arguments, 1, &result, print, stdout));
  arguments[0].dtype = TernaryInt8;
  result.data = bytes;
  printf(" -> %d\n",
         ternaryFunctionInvoke(layer, 2, arguments, 1, &result, print, stdout));
  printf(" -> %d\n",
         ternaryFunctionInvoke(layer, 1, arguments, 1, &result, print, stdout));
}

static void compile(MlirContext context, uint8_t *bytes) {
  MlirModule module = ternaryModuleParse(context, text(kLayer), text("layer"));
  TernaryCompileOptions options = ternaryCompileOptionsGetDefault();
  options.checkExtents = false; /* the program outlives the module */
  TernaryProgram program =
      ternaryProgramCreate(module, &options, print, stdout);
  options.target = text("tpu");
  if (ternaryProgramIsNull(
          ternaryProgramCreate(module, &options, print, stdout)))
    puts("");
  mlirModuleDestroy(module);
  TernaryFunction layer = ternaryProgramGetFunction(program, 0);
  printf("function: ");
  print(ternaryFunctionGetName(layer), stdout);
  TernaryParameter x = ternaryFunctionGetParameter(layer, 0);
  printf(", ");
  print(x.name, stdout);
  printf(" %s x %" PRId64 " of ", x.shape[0] == TERNARY_DYNAMIC ? "?" : "!",
         x.shape[1]);
  print(ternaryDTypeGetName(x.dtype), stdout);
  puts("");
  call(layer, bytes);
  ternaryProgramDestroy(program);
}

int main(void) {
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  ternaryRegisterAllDialects(registry);
  ternaryRegisterAllPasses();
  MlirContext context = mlirContextCreateWithRegistry(registry, false);
  mlirContextAttachDiagnosticHandler(context, report, stdout, NULL);
  uint8_t bytes[64];
  lower(context);
  target(context);
  pack(context, bytes);
  compile(context, bytes);
  if (mlirModuleIsNull(
          ternaryModuleParse(context, text("func.func"), text("broken"))))
    puts("invalid");
  mlirContextDestroy(context);
  mlirDialectRegistryDestroy(registry);
  return 0;
}
