//===- Program.h - Compiled functions in Python -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_PYTHON_PROGRAM_H
#define TERNARY_PYTHON_PROGRAM_H

#include <nanobind/nanobind.h>

namespace ternary::python {

/// Adds Program, Function, Parameter, compile and compile_file.
void bindPrograms(nanobind::module_ &module);

} // namespace ternary::python

#endif // TERNARY_PYTHON_PROGRAM_H
