/*===- model.c - Model files through the C interface ----------------------===*\
|*                                                                          *|
|* SPDX-License-Identifier: Apache-2.0                                      *|
|*                                                                          *|
|* model IN.gguf OUT.gguf: prints the weights of a file, writes them and    *|
|* one of its own to another, and does what is refused. model.test checks   *|
|* what it prints.                                                          *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/

#include "ternary-c/ModelFile.h"
#include "ternary-c/Packing.h"
#include "ternary-c/Ternary.h"

#include "mlir-c/BuiltinTypes.h"
#include "mlir-c/Diagnostics.h"

#include <inttypes.h>
#include <stdio.h>

static MlirStringRef text(const char *string) {
  return mlirStringRefCreateFromCString(string);
}

static void print(MlirStringRef part, void *stream) {
  fwrite(part.data, 1, part.length, stream);
}

static MlirLogicalResult report(MlirDiagnostic diagnostic, void *stream) {
  if (mlirDiagnosticGetSeverity(diagnostic) != MlirDiagnosticError)
    return mlirLogicalResultSuccess();
  fputs("diagnostic: ", stream);
  mlirDiagnosticPrint(diagnostic, print, stream);
  fputs("\n", stream);
  return mlirLogicalResultSuccess();
}

static void printWeight(const TernaryWeight *weight, bool isStored,
                        void *target) {
  print(weight->name, stdout);
  printf(":");
  for (intptr_t i = 0; i < weight->rank; ++i)
    printf(" %" PRId64, weight->shape[i]);
  printf(" of ");
  mlirTypePrint(weight->elementType, print, stdout);
  if (!mlirAttributeIsNull(weight->packing)) {
    printf(", ");
    mlirAttributePrint(weight->packing, print, stdout);
    printf(" %" PRId64 " x %" PRId64, weight->rows, weight->columns);
  }
  if (weight->scales)
    printf(", scale %g", weight->scales[0]);
  printf("\n");
  /* What is not stored would be gone when it is written. */
  if (target && isStored && weight->rank == 1)
    if (mlirLogicalResultIsFailure(
            ternaryWeightsModuleAppend(*(MlirModule *)target, weight)))
      puts("not appended");
}

int main(int argc, char **argv) {
  static const int8_t trits[4] = {1, 0, -1, 1};
  static const int64_t shape[2] = {1, 4}, wrong[1] = {3};
  static const float scales[3] = {0.5f, 0.5f, 0.5f};
  if (argc != 3)
    return 1;
  MlirContext context = mlirContextCreate();
  mlirDialectHandleRegisterDialect(mlirGetDialectHandle__ternary__(), context);
  mlirContextAttachDiagnosticHandler(context, report, stdout, NULL);

  MlirModule in = ternaryImportGGUF(context, text(argv[1]), text("skip=half"));
  if (mlirModuleIsNull(in))
    return 1;
  MlirModule out = ternaryWeightsModuleCreate(context, text("model"));
  if (mlirLogicalResultIsFailure(
          ternaryModuleForEachWeight(in, printWeight, &out)))
    puts("no weights");

  TernaryWeight own = {0};
  own.name = text("own");
  own.elementType = mlirIntegerTypeGet(context, 8);
  own.rank = 2;
  own.shape = shape;
  own.data = trits;
  own.scales = scales;
  own.scaleRank = 1;
  own.scaleShape = wrong;
  if (mlirLogicalResultIsFailure(ternaryWeightsModuleAppend(out, &own)))
    puts("refused");
  own.scaleRank = 0;
  if (mlirLogicalResultIsFailure(ternaryWeightsModuleAppend(out, &own)))
    puts("not appended");
  if (mlirLogicalResultIsFailure(ternaryWeightsModuleAppend(out, &own)))
    puts("refused");
  if (mlirLogicalResultIsFailure(
          ternaryExportGGUF(out, text(argv[2]), text("type=tq2_0"))))
    puts("refused");
  if (mlirLogicalResultIsFailure(
          ternaryExportGGUF(out, text(argv[2]), text("kind=tq2_0"))))
    puts("refused");
  if (mlirLogicalResultIsSuccess(
          ternaryExportSafetensors(out, text(argv[2]), text("type=hf"))))
    puts("written");
  MlirModule back = ternaryImportSafetensors(context, text(argv[2]), text(""));
  if (mlirModuleIsNull(back) ||
      mlirLogicalResultIsFailure(
          ternaryModuleForEachWeight(back, printWeight, NULL)))
    puts("no weights");
  if (mlirModuleIsNull(ternaryImportGGUF(context, text(argv[2]), text(""))))
    puts("refused");
  mlirModuleDestroy(in);
  mlirModuleDestroy(out);
  mlirModuleDestroy(back);
  mlirContextDestroy(context);
  return 0;
}
