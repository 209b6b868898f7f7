/*===- layer.c - A layer from nothing, in C -------------------------------===*\
|*                                                                          *|
|* SPDX-License-Identifier: Apache-2.0                                      *|
|*                                                                          *|
|* Builds the IR of a layer, lowers a copy of it to see that a pipeline     *|
|* does, compiles it into the process, calls it, and checks its sums.       *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/

#include "ternary-c/Packing.h"
#include "ternary-c/Program.h"
#include "ternary-c/Ternary.h"

#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Pass.h"

#include <stdio.h>
#include <stdlib.h>

enum { M = 4, N = 6, K = 20, kBytes = 5 };

static MlirStringRef text(const char *string) {
  return mlirStringRefCreateFromCString(string);
}

static void print(MlirStringRef part, void *stream) {
  fwrite(part.data, 1, part.length, stream);
}

static void fail(const char *message) {
  fprintf(stderr, "c-layer: %s\n", message);
  exit(1);
}

/*===----------------------------------------------------------------------===*\
|* IR                                                                         *|
\*===----------------------------------------------------------------------===*/

static MlirType makeTensor(MlirContext context, int64_t rows, int64_t columns,
                           unsigned bits) {
  const int64_t shape[] = {rows, columns};
  return mlirRankedTensorTypeGet(2, shape, mlirIntegerTypeGet(context, bits),
                                 mlirAttributeGetNull());
}

static MlirNamedAttribute name(MlirContext context, const char *key,
                               MlirAttribute value) {
  return mlirNamedAttributeGet(mlirIdentifierGet(context, text(key)), value);
}

static MlirOperation append(MlirBlock block, MlirOperationState *state) {
  MlirOperation op = mlirOperationCreate(state);
  if (mlirOperationIsNull(op))
    fail("an op was refused");
  mlirBlockAppendOwnedOperation(block, op);
  return op;
}

/** A product of int8 activations and weights packed as `chimera`. */
static MlirValue buildProduct(MlirContext context, MlirBlock body) {
  MlirLocation unknown = mlirLocationUnknownGet(context);
  MlirType sums = makeTensor(context, M, N, 32);
  MlirOperationState empty =
      mlirOperationStateGet(text("tensor.empty"), unknown);
  mlirOperationStateAddResults(&empty, 1, &sums);

  MlirOperationState product =
      mlirOperationStateGet(text("ternary.bitlinear"), unknown);
  const MlirValue operands[] = {
      mlirBlockGetArgument(body, 0), mlirBlockGetArgument(body, 1),
      mlirOperationGetResult(append(body, &empty), 0)};
  /* One input, one matrix of weights, no scales, no bias, one init. */
  const int32_t segments[] = {1, 1, 0, 0, 0, 1};
  const MlirNamedAttribute attributes[] = {
      name(context, "operandSegmentSizes",
           mlirDenseI32ArrayGet(context, 6, segments)),
      name(context, "packing", ternaryPackingGet(context, text("chimera")))};
  mlirOperationStateAddOperands(&product, 3, operands);
  mlirOperationStateAddAttributes(&product, 2, attributes);
  mlirOperationStateAddResults(&product, 1, &sums);
  return mlirOperationGetResult(append(body, &product), 0);
}

static MlirModule buildModule(MlirContext context) {
  MlirLocation unknown = mlirLocationUnknownGet(context);
  const MlirType inputs[] = {makeTensor(context, M, K, 8),
                             makeTensor(context, N, kBytes, 8)};
  const MlirType output = makeTensor(context, M, N, 32);
  const MlirLocation locations[] = {unknown, unknown};
  MlirBlock body = mlirBlockCreate(2, inputs, locations);
  MlirValue sums = buildProduct(context, body);
  MlirOperationState end = mlirOperationStateGet(text("func.return"), unknown);
  mlirOperationStateAddOperands(&end, 1, &sums);
  append(body, &end);

  MlirOperationState function =
      mlirOperationStateGet(text("func.func"), unknown);
  MlirType type = mlirFunctionTypeGet(context, 2, inputs, 1, &output);
  const MlirNamedAttribute attributes[] = {
      name(context, "sym_name", mlirStringAttrGet(context, text("layer"))),
      name(context, "function_type", mlirTypeAttrGet(type))};
  MlirRegion region = mlirRegionCreate();
  mlirRegionAppendOwnedBlock(region, body);
  mlirOperationStateAddAttributes(&function, 2, attributes);
  mlirOperationStateAddOwnedRegions(&function, 1, &region);
  MlirModule module = mlirModuleCreateEmpty(unknown);
  append(mlirModuleGetBody(module), &function);
  if (!mlirOperationVerify(mlirModuleGetOperation(module)))
    fail("the module is invalid");
  return module;
}

/*===----------------------------------------------------------------------===*\
|* Code                                                                       *|
\*===----------------------------------------------------------------------===*/

static void lowerCopy(MlirContext context, MlirModule module) {
  MlirOperation copy = mlirOperationClone(mlirModuleGetOperation(module));
  MlirPassManager manager =
      mlirPassManagerCreateOnOperation(context, text("builtin.module"));
  if (mlirLogicalResultIsFailure(mlirOpPassManagerAddPipeline(
          mlirPassManagerGetAsOpPassManager(manager), text("ternary-to-llvm"),
          print, stderr)) ||
      mlirLogicalResultIsFailure(mlirPassManagerRunOnOp(manager, copy)))
    fail("lowering failed");
  MlirBlock body = mlirRegionGetFirstBlock(mlirOperationGetRegion(copy, 0));
  MlirOperation first = mlirBlockGetFirstOperation(body);
  printf("the module begins with ");
  print(mlirIdentifierStr(mlirOperationGetName(first)), stdout);
  printf("\n");
  mlirPassManagerDestroy(manager);
  mlirOperationDestroy(copy);
}

static int call(TernaryFunction layer, int8_t x[M][K], uint8_t *weights,
                int32_t y[M][N]) {
  const int64_t xShape[] = {M, K}, wShape[] = {N, kBytes}, yShape[] = {M, N};
  const TernaryArray arguments[] = {{x, xShape, 2, TernaryInt8},
                                    {weights, wShape, 2, TernaryUInt8}};
  const TernaryArray result = {y, yShape, 2, TernaryInt32};
  return ternaryFunctionInvoke(layer, 2, arguments, 1, &result, print,
                               stderr) == TernarySuccess;
}

static int countEqual(int8_t x[M][K], int8_t w[N][K], int32_t y[M][N]) {
  int equal = 0;
  for (int i = 0; i < M * N; ++i) {
    int32_t sum = 0;
    for (int k = 0; k < K; ++k)
      sum += x[i / N][k] * w[i % N][k];
    equal += y[i / N][i % N] == sum;
  }
  return equal;
}

static int run(MlirContext context, MlirModule module) {
  static int8_t x[M][K], w[N][K];
  static uint8_t weights[N * kBytes];
  static int32_t y[M][N];
  for (int i = 0; i < M * K; ++i)
    x[i / K][i % K] = (int8_t)(i * 37 % 256 - 128);
  for (int i = 0; i < N * K; ++i)
    w[i / K][i % K] = (int8_t)(i * i % 3 - i % 2);
  if (mlirLogicalResultIsFailure(
          ternaryPackingPack(ternaryPackingGet(context, text("chimera")), w[0],
                             N, K, NULL, weights)))
    fail("packing failed");
  TernaryCompileOptions options = ternaryCompileOptionsGetDefault();
  TernaryProgram program =
      ternaryProgramCreate(module, &options, print, stderr);
  if (ternaryProgramIsNull(program))
    fail("compiling failed");
  if (!call(ternaryProgramGetFunction(program, 0), x, weights, y))
    fail("the call failed");
  ternaryProgramDestroy(program);
  int equal = countEqual(x, w, y);
  printf("%d of %d sums equal\n", equal, M * N);
  return equal == M * N ? 0 : 1;
}

int main(void) {
  MlirDialectRegistry registry = mlirDialectRegistryCreate();
  ternaryRegisterAllDialects(registry);
  ternaryRegisterAllPasses();
  MlirContext context = mlirContextCreateWithRegistry(registry, false);
  mlirContextLoadAllAvailableDialects(context);
  MlirModule module = buildModule(context);
  lowerCopy(context, module);
  int status = run(context, module);
  mlirModuleDestroy(module);
  mlirContextDestroy(context);
  mlirDialectRegistryDestroy(registry);
  return status;
}
