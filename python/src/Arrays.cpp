//===- Arrays.cpp - Python objects as arrays ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"

#include <cmath>
#include <cstring>
#include <limits>

using namespace ternary::python;

static std::string toString(MlirStringRef text) {
  return std::string(text.data, text.length);
}

Parameter::Parameter(const TernaryParameter &parameter)
    : name(toString(parameter.name)), type(toString(parameter.type)),
      packing(toString(parameter.packing)),
      shape(parameter.shape, parameter.shape + parameter.rank),
      dtype(parameter.dtype), isScalar(parameter.isScalar),
      isConst(parameter.isConst), isResult(parameter.isResult),
      isPrepared(parameter.isPrepared) {}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

[[noreturn]] static void throwTypeError(const std::string &text) {
  throw nb::type_error(text.c_str());
}

[[noreturn]] static void throwValueError(const std::string &text) {
  throw nb::value_error(text.c_str());
}

static std::string typeName(nb::handle object) {
  return nb::type_name(object.type()).c_str();
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

/// The type of a format of the buffer protocol; nothing for those that no
/// parameter has, and for other byte orders.
static std::optional<TernaryDType> parseFormat(const char *format,
                                               Py_ssize_t size) {
  if (*format == '@' || *format == '=' || *format == '<')
    ++format;
  if (format[0] == '\0' || format[1] != '\0')
    return std::nullopt;
  switch (*format) {
  case '?':
    return TernaryBool;
  case 'b':
    return TernaryInt8;
  case 'B':
    return TernaryUInt8;
  case 'e':
    return TernaryFloat16;
  case 'f':
    return TernaryFloat32;
  case 'd':
    return TernaryFloat64;
  case 'h':
  case 'i':
  case 'l':
  case 'q':
    return size == 2 ? TernaryInt16 : size == 4 ? TernaryInt32 : TernaryInt64;
  default:
    return std::nullopt;
  }
}

static std::optional<TernaryDType> parseDLPack(nb::dlpack::dtype dtype) {
  if (dtype.lanes != 1)
    return std::nullopt;
  switch (static_cast<nb::dlpack::dtype_code>(dtype.code)) {
  case nb::dlpack::dtype_code::Bool:
    return TernaryBool;
  case nb::dlpack::dtype_code::Bfloat:
    return TernaryBFloat16;
  case nb::dlpack::dtype_code::UInt:
    return dtype.bits == 8 ? std::optional(TernaryUInt8) : std::nullopt;
  case nb::dlpack::dtype_code::Int:
    switch (dtype.bits) {
    case 8:
      return TernaryInt8;
    case 16:
      return TernaryInt16;
    case 32:
      return TernaryInt32;
    case 64:
      return TernaryInt64;
    default:
      return std::nullopt;
    }
  case nb::dlpack::dtype_code::Float:
    switch (dtype.bits) {
    case 16:
      return TernaryFloat16;
    case 32:
      return TernaryFloat32;
    case 64:
      return TernaryFloat64;
    default:
      return std::nullopt;
    }
  default:
    return std::nullopt;
  }
}

static bool isInteger(TernaryDType dtype) { return dtype <= TernaryInt64; }

/// The name of an object's dtype, or of its type.
static std::string describeDType(nb::handle object) {
  if (!nb::hasattr(object, "dtype"))
    return typeName(object);
  nb::object dtype = object.attr("dtype");
  return nb::str(nb::handle(dtype)).c_str();
}

[[noreturn]] static void refuseDType(nb::handle object,
                                     const Parameter &parameter,
                                     const std::string &where) {
  throwTypeError(where + ": dtype, expected " +
                 toString(ternaryDTypeGetName(parameter.dtype)) + ", found " +
                 describeDType(object));
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

static uint16_t toHalf(float value) {
  // CPython packs halves, rounding to nearest even.
  char bytes[2];
  if (PyFloat_Pack2(value, bytes, /*le=*/1) != 0)
    throw nb::python_error();
  uint16_t bits;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
}

/// Rounds to nearest even; a NaN stays one.
static uint16_t toBFloat16(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  if (std::isnan(value))
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void checkRange(int64_t value, TernaryDType dtype,
                       const std::string &where) {
  unsigned bits = dtype == TernaryBool
                      ? 1
                      : 8 * static_cast<unsigned>(ternaryDTypeGetSize(dtype));
  bool isUnsigned = dtype == TernaryBool || dtype == TernaryUInt8;
  if (bits == 64)
    return;
  int64_t low = isUnsigned ? 0 : -(int64_t(1) << (bits - 1));
  int64_t high = isUnsigned ? (int64_t(1) << bits) - 1 : -low - 1;
  if (value < low || value > high)
    throwValueError(where + ": value, expected " + std::to_string(low) +
                    " to " + std::to_string(high) + ", found " +
                    std::to_string(value));
}

bool BoundArray::bindNumber(nb::handle object, const Parameter &parameter,
                            const std::string &where) {
  if (!parameter.isScalar)
    return false;
  if (isInteger(parameter.dtype)) {
    if (!PyIndex_Check(object.ptr()))
      return false;
    int overflow = 0;
    nb::object index = nb::steal(PyNumber_Index(object.ptr()));
    if (!index)
      throw nb::python_error();
    number.integer = PyLong_AsLongLongAndOverflow(index.ptr(), &overflow);
    if (overflow != 0)
      throwValueError(where + ": value, expected one of 64 bits, found " +
                      nb::str(index).c_str());
    checkRange(number.integer, parameter.dtype, where);
  } else {
    if (!PyFloat_Check(object.ptr()) && !PyLong_Check(object.ptr()))
      return false;
    double value = PyFloat_AsDouble(object.ptr());
    if (value == -1.0 && PyErr_Occurred())
      throw nb::python_error();
    if (parameter.dtype == TernaryFloat64)
      number.real = value;
    else if (parameter.dtype == TernaryFloat32)
      number.single = static_cast<float>(value);
    else if (parameter.dtype == TernaryFloat16)
      number.half = toHalf(static_cast<float>(value));
    else
      number.half = toBFloat16(static_cast<float>(value));
  }
  array = {&number, extents.data(), 0, parameter.dtype};
  isNumber = true;
  return true;
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

BoundArray::~BoundArray() {
  if (buffer.obj)
    PyBuffer_Release(&buffer);
}

/// Strides count elements.
template <typename Extent, typename Stride>
void BoundArray::setShape(intptr_t rank, Extent extent, Stride stride,
                          const std::string &where) {
  if (rank > kMaxRank)
    throwValueError(where + ": rank, expected " + std::to_string(kMaxRank) +
                    " at most, found " + std::to_string(rank));
  bool isEmpty = false;
  for (intptr_t i = 0; i < rank; ++i)
    isEmpty |= (extents[i] = extent(i)) == 0;
  int64_t expected = 1;
  for (intptr_t i = rank; i-- > 0 && !isEmpty;) {
    if (extents[i] != 1 && stride(i) != expected)
      throwValueError(where +
                      ": strides, expected those of a c-contiguous "
                      "array, found " +
                      std::to_string(stride(i)) + " elements along axis " +
                      std::to_string(i) + " instead of " +
                      std::to_string(expected));
    expected *= extents[i];
  }
  array.shape = extents.data();
  array.rank = rank;
}

void BoundArray::takeBuffer(TernaryDType dtype, const Parameter &parameter,
                            const std::string &where) {
  if (buffer.readonly && !parameter.isConst)
    throwValueError(where + ": memory, expected writable, found read-only");
  array.data = buffer.buf;
  array.dtype = dtype;
  setShape(
      buffer.ndim, [&](intptr_t i) { return buffer.shape[i]; },
      [&](intptr_t i) { return buffer.strides[i] / buffer.itemsize; }, where);
}

bool BoundArray::bindBuffer(nb::handle object, const Parameter &parameter,
                            const std::string &where) {
  if (!PyObject_CheckBuffer(object.ptr()))
    return false;
  if (PyObject_GetBuffer(object.ptr(), &buffer, PyBUF_STRIDES | PyBUF_FORMAT) !=
      0) {
    PyErr_Clear();
    return false;
  }
  auto dtype =
      parseFormat(buffer.format ? buffer.format : "B", buffer.itemsize);
  if (!dtype)
    refuseDType(object, parameter, where);
  takeBuffer(*dtype, parameter, where);
  return true;
}

void BoundArray::bindFresh(nb::handle result, const Parameter &parameter) {
  if (PyObject_GetBuffer(result.ptr(), &buffer, PyBUF_STRIDES) != 0)
    throw nb::python_error();
  takeBuffer(parameter.dtype, parameter, parameter.name);
}

/// NumPy knows bfloat16 through ml_dtypes only, and exports no buffer of it.
bool BoundArray::bindBFloat16(nb::handle object, const Parameter &parameter,
                              const std::string &where) {
  if (parameter.dtype != TernaryBFloat16 || !nb::hasattr(object, "dtype") ||
      !nb::hasattr(object, "view"))
    return false;
  nb::object dtype = object.attr("dtype");
  if (!nb::hasattr(dtype, "name") ||
      nb::cast<std::string>(dtype.attr("name")) != "bfloat16")
    return false;
  owner = object.attr("view")("uint16");
  if (PyObject_GetBuffer(owner.ptr(), &buffer, PyBUF_STRIDES) != 0)
    throw nb::python_error();
  takeBuffer(TernaryBFloat16, parameter, where);
  return true;
}

bool BoundArray::bindDLPack(nb::handle object, const Parameter &parameter,
                            const std::string &where) {
  if (!nb::hasattr(object, "__dlpack__"))
    return false;
  // What the exporter has to say, of tensors that need a gradient for instance,
  // comes through. A capsule can be imported once.
  nb::object capsule = object.attr("__dlpack__")();
  if (parameter.isConst) {
    if (!nb::try_cast(capsule, readTensor))
      throwTypeError(where +
                     ": expected an array that dlpack describes, found " +
                     typeName(object));
    bindTensor(readTensor, object, parameter, where);
    return true;
  }
  if (!nb::try_cast(capsule, writtenTensor))
    throwValueError(where + ": memory, expected writable, found read-only");
  bindTensor(writtenTensor, object, parameter, where);
  return true;
}

template <typename Tensor>
void BoundArray::bindTensor(const Tensor &tensor, nb::handle object,
                            const Parameter &parameter,
                            const std::string &where) {
  auto dtype = parseDLPack(tensor.dtype());
  if (!dtype)
    refuseDType(object, parameter, where);
  int device = tensor.device_type();
  onDevice = device == nb::device::cuda::value;
  if (!onDevice && device != nb::device::cpu::value)
    throwValueError(where + ": device, expected cpu or cuda, found dlpack's " +
                    std::to_string(device));
  array.data = const_cast<void *>(static_cast<const void *>(tensor.data()));
  array.dtype = *dtype;
  setShape(
      tensor.ndim(), [&](intptr_t i) { return tensor.shape(i); },
      [&](intptr_t i) { return tensor.stride(i); }, where);
}

void BoundArray::bind(nb::handle object, const Parameter &parameter,
                      const std::string &function) {
  std::string where = function + ": " +
                      (parameter.isResult ? "result '" : "argument '") +
                      parameter.name + "'";
  if (bindNumber(object, parameter, where) ||
      bindBuffer(object, parameter, where) ||
      bindBFloat16(object, parameter, where) ||
      bindDLPack(object, parameter, where))
    return;
  if (nb::hasattr(object, "dtype"))
    refuseDType(object, parameter, where);
  throwTypeError(where + ": expected " +
                 (parameter.isScalar ? "a number" : "an array") + " of " +
                 toString(ternaryDTypeGetName(parameter.dtype)) + ", found " +
                 typeName(object));
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

nb::object ternary::python::getNumPyDType(TernaryDType dtype) {
  nb::object make = nb::module_::import_("numpy").attr("dtype");
  if (dtype != TernaryBFloat16)
    return make(toString(ternaryDTypeGetName(dtype)));
  try {
    return make(nb::module_::import_("ml_dtypes").attr("bfloat16"));
  } catch (nb::python_error &error) {
    if (!error.matches(PyExc_ImportError))
      throw;
    return make("uint16");
  }
}

nb::object ternary::python::makeResult(nb::handle dtype, bool isBFloat16,
                                       intptr_t rank, const int64_t *shape) {
  // Kept for the life of the process, as an import would be.
  static PyObject *empty =
      nb::object(nb::module_::import_("numpy").attr("empty")).release().ptr();
  nb::object sizes = nb::steal(PyTuple_New(rank));
  for (intptr_t i = 0; i < rank; ++i)
    PyTuple_SET_ITEM(sizes.ptr(), i, PyLong_FromLongLong(shape[i]));
  return isBFloat16 ? nb::handle(empty)(sizes, "uint16")
                    : nb::handle(empty)(sizes, dtype);
}

nb::object ternary::python::finishResult(nb::object array, nb::handle dtype,
                                         bool isBFloat16) {
  return isBFloat16 ? array.attr("view")(dtype) : array;
}
