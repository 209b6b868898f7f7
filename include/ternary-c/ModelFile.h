/*===- ternary-c/ModelFile.h - Model files and their weights -----*- C -*-===*\
|*                                                                          *|
|* SPDX-License-Identifier: Apache-2.0                                      *|
|*                                                                          *|
|* GGUF and .safetensors files as modules of weights, and back; see         *|
|* docs/model-files.md. Options are text such as "only=blk.* ternarize=     *|
|* exact", with the keys that ternary-translate has as flags.               *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/

#ifndef TERNARY_C_MODELFILE_H
#define TERNARY_C_MODELFILE_H

#include "mlir-c/IR.h"
#include "mlir-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Imports a file as a module of weights. Its constants point into the mapped
 * file, which must not change while the context lives. A .safetensors file of
 * the format ternary-mlp is a network instead, with the function "forward".
 * Null, with diagnostics in the context, where the file or an option is
 * refused; else owned by the caller (mlirModuleDestroy). */
MLIR_CAPI_EXPORTED MlirModule ternaryImportGGUF(MlirContext context,
                                                MlirStringRef path,
                                                MlirStringRef options);
MLIR_CAPI_EXPORTED MlirModule ternaryImportSafetensors(MlirContext context,
                                                       MlirStringRef path,
                                                       MlirStringRef options);

/** Writes a module of weights to a file. Fails, with diagnostics in the
 * context and without a file, where a weight or an option is refused. */
MLIR_CAPI_EXPORTED MlirLogicalResult ternaryExportGGUF(MlirModule module,
                                                       MlirStringRef path,
                                                       MlirStringRef options);
MLIR_CAPI_EXPORTED MlirLogicalResult ternaryExportSafetensors(
    MlirModule module, MlirStringRef path, MlirStringRef options);

/** One weight of a module. */
typedef struct TernaryWeight {
  MlirStringRef name;
  /** The elements of `data`: i8 for packed bytes and for plain trits. */
  MlirType elementType;
  /** The shape of `data`, row-major. */
  intptr_t rank;
  const int64_t *shape;
  const void *data;
  /** The packing of the bytes, or null; `rows` and `columns` are the logical
   * shape then. */
  MlirAttribute packing;
  int64_t rows, columns;
  /** Scales of rank 0, [N] or [N, G], or null. */
  const float *scales;
  intptr_t scaleRank;
  const int64_t *scaleShape;
} TernaryWeight;

/** Calls `callback` for each weight of a module, in order. What `weight` points
 * to is valid in the call only; `data` and `scales` are valid as long as the
 * context where `isStored` says so. Fails, with diagnostics, where the module
 * has none, or data that do not fit their type. */
MLIR_CAPI_EXPORTED MlirLogicalResult ternaryModuleForEachWeight(
    MlirModule module,
    void (*callback)(const TernaryWeight *weight, bool isStored, void *data),
    void *data);

/** An empty module of weights, which diagnostics call `name`. */
MLIR_CAPI_EXPORTED MlirModule ternaryWeightsModuleCreate(MlirContext context,
                                                         MlirStringRef name);

/** Appends a weight. Its `data` are not copied where they are large and must
 * live as long as the context. Fails, with a diagnostic, where shapes do not
 * fit each other. */
MLIR_CAPI_EXPORTED MlirLogicalResult
ternaryWeightsModuleAppend(MlirModule module, const TernaryWeight *weight);

#ifdef __cplusplus
}
#endif

#endif /* TERNARY_C_MODELFILE_H */
