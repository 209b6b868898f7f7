/*===- Packing.h - Trits in bytes -------------------------------*- C -*-===*\
|*                                                                          *|
|* SPDX-License-Identifier: Apache-2.0                                      *|
|*                                                                          *|
|* Packings as attributes, and packing in memory. docs/packings.md draws    *|
|* each of them. A matrix is row-major [rows, columns]; bytes are row-major *|
|* in the byte shape.                                                       *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/

#ifndef TERNARY_C_PACKING_H
#define TERNARY_C_PACKING_H

#include "mlir-c/IR.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The number of presets, and the name of one of them. */
MLIR_CAPI_EXPORTED intptr_t ternaryPackingGetNumPresets(void);
MLIR_CAPI_EXPORTED MlirStringRef ternaryPackingGetPresetName(intptr_t index);

/** The preset of this name, such as "chimera" or "base3"; null if there is
 * none. The dialect must be registered with the context. */
MLIR_CAPI_EXPORTED MlirAttribute ternaryPackingGet(MlirContext context,
                                                   MlirStringRef name);

/** Whether the attribute is a packing, a preset or any other. */
MLIR_CAPI_EXPORTED bool ternaryAttributeIsAPacking(MlirAttribute attribute);

/** The rank of the byte shape. */
MLIR_CAPI_EXPORTED intptr_t ternaryPackingGetByteRank(MlirAttribute packing);

/** Writes the byte shape of a matrix to `shape`, which has room for the byte
 * rank. Fails, with a diagnostic in the context, at a matrix that the packing
 * does not define. */
MLIR_CAPI_EXPORTED MlirLogicalResult ternaryPackingGetByteShape(
    MlirAttribute packing, int64_t rows, int64_t columns, int64_t *shape);

/** Whether the bytes carry scales: one f32 per index of the leading axes of the
 * byte shape, all but the last. */
MLIR_CAPI_EXPORTED bool ternaryPackingCarriesScales(MlirAttribute packing);

/** Packs `trits`, each -1, 0 or +1, into `bytes`. `scales` are needed exactly
 * if the packing carries them, and null otherwise. Fails, with a diagnostic,
 * where the byte shape does. */
MLIR_CAPI_EXPORTED MlirLogicalResult ternaryPackingPack(
    MlirAttribute packing, const int8_t *trits, int64_t rows, int64_t columns,
    const float *scales, uint8_t *bytes);

/** Unpacks `bytes` into `trits` and, if it is not null, `scales`. Fails, with a
 * diagnostic, where the byte shape does, and at a code that the packing
 * forbids. */
MLIR_CAPI_EXPORTED MlirLogicalResult ternaryPackingUnpack(
    MlirAttribute packing, const uint8_t *bytes, int64_t rows, int64_t columns,
    int8_t *trits, float *scales);

#ifdef __cplusplus
}
#endif

#endif /* TERNARY_C_PACKING_H */
