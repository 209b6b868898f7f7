//===- Arrays.h - Python objects as arrays ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_PYTHON_ARRAYS_H
#define TERNARY_PYTHON_ARRAYS_H

#include "ternary-c/Program.h"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace ternary::python {

namespace nb = nanobind;

/// What arrays and scalars are bound to.
struct Parameter {
  explicit Parameter(const TernaryParameter &parameter);

  std::string name;
  std::string type;
  std::string packing;
  std::vector<int64_t> shape;
  TernaryDType dtype;
  bool isScalar;
  bool isConst;
  bool isResult;
  bool isPrepared;
};

/// An argument or result of one call, and what keeps its memory alive.
class BoundArray {
public:
  BoundArray() = default;
  BoundArray(const BoundArray &) = delete;
  BoundArray &operator=(const BoundArray &) = delete;
  ~BoundArray();

  /// Binds an object with the buffer protocol or DLPack, or a number to a
  /// scalar. `where` begins the messages. Throws TypeError where it is neither,
  /// ValueError where it is not row-major, or read-only and written.
  void bind(nb::handle object, const Parameter &parameter,
            const std::string &function);

  /// Binds what `makeResult` has made for the parameter.
  void bindFresh(nb::handle result, const Parameter &parameter);

  const TernaryArray &get() const { return array; }
  /// Whether the memory is that of a GPU; nothing for scalars.
  bool isOnDevice() const { return onDevice; }
  bool isBoundToMemory() const { return !isNumber; }

private:
  static constexpr intptr_t kMaxRank = 8;

  bool bindNumber(nb::handle object, const Parameter &parameter,
                  const std::string &where);
  /// Binds to `buffer`.
  void takeBuffer(TernaryDType dtype, const Parameter &parameter,
                  const std::string &where);
  bool bindBuffer(nb::handle object, const Parameter &parameter,
                  const std::string &where);
  bool bindBFloat16(nb::handle object, const Parameter &parameter,
                    const std::string &where);
  bool bindDLPack(nb::handle object, const Parameter &parameter,
                  const std::string &where);
  template <typename Tensor>
  void bindTensor(const Tensor &tensor, nb::handle object,
                  const Parameter &parameter, const std::string &where);
  template <typename Extent, typename Stride>
  void setShape(intptr_t rank, Extent extent, Stride stride,
                const std::string &where);

  TernaryArray array = {};
  std::array<int64_t, kMaxRank> extents;
  union {
    int64_t integer;
    float single;
    double real;
    uint16_t half;
    uint8_t byte;
  } number = {};
  bool isNumber = false;
  bool onDevice = false;
  Py_buffer buffer = {};
  nb::object owner;
  nb::ndarray<nb::ro> readTensor;
  nb::ndarray<> writtenTensor;
};

/// NumPy's dtype for results of this type. bfloat16 is that of ml_dtypes, or
/// uint16 where it is not installed.
nb::object getNumPyDType(TernaryDType dtype);

/// A fresh NumPy array; one of bfloat16 is uint16 until `finishResult`.
nb::object makeResult(nb::handle dtype, bool isBFloat16, intptr_t rank,
                      const int64_t *shape);
nb::object finishResult(nb::object array, nb::handle dtype, bool isBFloat16);

} // namespace ternary::python

#endif // TERNARY_PYTHON_ARRAYS_H
