//===- RowFusion.h - Ops on the same rows -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_IR_ROWFUSION_H
#define TERNARY_IR_ROWFUSION_H

#include "ternary/IR/Ternary.h"

namespace ternary {

/// What quantizes the result of `op`, on memrefs, if nothing else reads it and
/// nothing in between changes what `op` reads. Null if there is none; the init
/// of `op` is an allocation if there is one.
QuantizeActivationOp getOnlyQuantizer(RMSNormOp op);

} // namespace ternary

#endif // TERNARY_IR_ROWFUSION_H
