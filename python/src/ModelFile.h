//===- ModelFile.h - Model files in Python ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_PYTHON_MODELFILE_H
#define TERNARY_PYTHON_MODELFILE_H

#include <nanobind/nanobind.h>

namespace ternary::python {

/// Adds the functions that ternary.io is made of.
void bindModelFiles(nanobind::module_ &module);

} // namespace ternary::python

#endif // TERNARY_PYTHON_MODELFILE_H
