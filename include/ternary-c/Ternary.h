/*===- Ternary.h - The dialect, passes and pipelines ------------*- C -*-===*\
|*                                                                          *|
|* SPDX-License-Identifier: Apache-2.0                                      *|
|*                                                                          *|
|* C interface, on top of MLIR's (mlir-c/IR.h, mlir-c/Pass.h). Contexts,    *|
|* modules and attributes are MLIR's own handles, with their ownership.     *|
|*                                                                          *|
\*===----------------------------------------------------------------------===*/

#ifndef TERNARY_C_TERNARY_H
#define TERNARY_C_TERNARY_H

#include "mlir-c/IR.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The dialect alone, for contexts that parse and print. */
MLIR_DECLARE_CAPI_DIALECT_REGISTRATION(Ternary, ternary);

/** Adds the dialect with its external interfaces, every upstream dialect and
 * extension, and the translations to LLVM IR: what pipelines need. */
MLIR_CAPI_EXPORTED void
ternaryRegisterAllDialects(MlirDialectRegistry registry);

/** Turns optimization remarks, what passes decided and why, into diagnostics of
 * the context. */
MLIR_CAPI_EXPORTED void ternaryContextEnableRemarks(MlirContext context);

/** Registers the project's passes and pipelines, so that
 * mlirParsePassPipeline and mlirOpPassManagerAddPipeline know
 * "ternary-to-llvm" and the others; they run on a "builtin.module". Safe to
 * call again, from any thread. */
MLIR_CAPI_EXPORTED void ternaryRegisterAllPasses(void);

/** Parses text or bytecode; functions may stand without a module around them.
 * Diagnostics call the source `name`. Null, with diagnostics in the context, if
 * it is invalid; else owned by the caller (mlirModuleDestroy). */
MLIR_CAPI_EXPORTED MlirModule ternaryModuleParse(MlirContext context,
                                                 MlirStringRef source,
                                                 MlirStringRef name);

/** The version of the project, such as "0.1.0". */
MLIR_CAPI_EXPORTED MlirStringRef ternaryGetVersion(void);

#ifdef __cplusplus
}
#endif

#endif /* TERNARY_C_TERNARY_H */
