/*===- ternary-c/Target.h - The machine that a module is for -----*- C -*-===*\
|*
|* SPDX-License-Identifier: Apache-2.0
|*
\*===----------------------------------------------------------------------===*/

#ifndef TERNARY_C_TARGET_H
#define TERNARY_C_TARGET_H

#include "mlir-c/IR.h"
#include "mlir-c/Support.h"

#ifdef __cplusplus
extern "C" {
#endif

/** `#ternary.target`: an LLVM name of a CPU or of an NVIDIA chip, the row of
 * the ISA table that kernels are chosen from, such as "avx512vnni", "generic"
 * or "sm90", and the threads of parallel loops (1: none; 0: as many as OpenMP
 * has). The dialect must be loaded into the context. */
MLIR_CAPI_EXPORTED MlirAttribute ternaryTargetAttrGet(MlirContext context,
                                                      MlirStringRef cpu,
                                                      MlirStringRef isa,
                                                      int64_t threads);

MLIR_CAPI_EXPORTED bool ternaryAttributeIsATarget(MlirAttribute attribute);
MLIR_CAPI_EXPORTED MlirTypeID ternaryTargetAttrGetTypeID(void);

/** Strings live as long as the context. */
MLIR_CAPI_EXPORTED MlirStringRef ternaryTargetAttrGetCPU(MlirAttribute target);
MLIR_CAPI_EXPORTED MlirStringRef ternaryTargetAttrGetISA(MlirAttribute target);
MLIR_CAPI_EXPORTED int64_t ternaryTargetAttrGetThreads(MlirAttribute target);

/** What the module states, or null. The pass ternary-attach-target states what
 * its options and this machine say. */
MLIR_CAPI_EXPORTED MlirAttribute ternaryModuleGetTarget(MlirModule module);

/** States the target of a module. */
MLIR_CAPI_EXPORTED void ternaryModuleSetTarget(MlirModule module,
                                               MlirAttribute target);

#ifdef __cplusplus
}
#endif

#endif /* TERNARY_C_TARGET_H */
