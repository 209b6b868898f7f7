//===- Module.cpp - The extension module ----------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Arrays.h"
#include "Diagnostics.h"
#include "ModelFile.h"
#include "Program.h"

#include "ternary-c/Packing.h"
#include "ternary-c/Ternary.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <mutex>

using namespace ternary::python;

//===----------------------------------------------------------------------===//
// Packings
//===----------------------------------------------------------------------===//

namespace {

/// A context for questions about packings, one at a time.
class Packings {
public:
  static Packings &get() {
    // Not destroyed: threads may still ask when the process ends.
    static Packings *packings = new Packings();
    return *packings;
  }

  nb::tuple getByteShape(const std::string &name, int64_t rows,
                         int64_t columns) {
    std::vector<int64_t> shape = askByteShape(name, rows, columns);
    return toTuple(shape);
  }

  nb::object getScaleShape(const std::string &name, int64_t rows,
                           int64_t columns) {
    std::vector<int64_t> shape = askByteShape(name, rows, columns);
    if (!carriesScales(name))
      return nb::none();
    shape.pop_back();
    return toTuple(shape);
  }

private:
  Packings() : context(mlirContextCreateWithThreading(false)) {
    mlirDialectHandleLoadDialect(mlirGetDialectHandle__ternary__(), context);
  }

  static nb::tuple toTuple(const std::vector<int64_t> &shape) {
    return nb::tuple(nb::cast(shape));
  }

  MlirAttribute find(const std::string &name) {
    MlirAttribute packing =
        ternaryPackingGet(context, {name.data(), name.size()});
    if (!mlirAttributeIsNull(packing))
      return packing;
    std::string known;
    for (intptr_t i = 0; i < ternaryPackingGetNumPresets(); ++i) {
      MlirStringRef preset = ternaryPackingGetPresetName(i);
      known += (i == 0 ? "" : ", ") + std::string(preset.data, preset.length);
    }
    throw Error("packing: expected one of " + known + ", found '" + name + "'");
  }

  std::vector<int64_t> askByteShape(const std::string &name, int64_t rows,
                                    int64_t columns) {
    std::lock_guard<std::mutex> lock(mutex);
    DiagnosticCollector collector(context);
    MlirAttribute packing = find(name);
    std::vector<int64_t> shape(ternaryPackingGetByteRank(packing));
    if (mlirLogicalResultIsFailure(
            ternaryPackingGetByteShape(packing, rows, columns, shape.data())))
      throw Error(collector.takeErrors());
    return shape;
  }

  bool carriesScales(const std::string &name) {
    std::lock_guard<std::mutex> lock(mutex);
    return ternaryPackingCarriesScales(find(name));
  }

  std::mutex mutex;
  MlirContext context;
};

nb::list listPackings() {
  nb::list names;
  for (intptr_t i = 0; i < ternaryPackingGetNumPresets(); ++i) {
    MlirStringRef name = ternaryPackingGetPresetName(i);
    names.append(nb::str(name.data, name.length));
  }
  return names;
}

std::string getVersion() {
  MlirStringRef version = ternaryGetVersion();
  return std::string(version.data, version.length);
}

} // namespace

NB_MODULE(_core, module) {
  module.doc() = "Compiles ternary IR into this process and calls it.";
  // Programs in caches are alive when the interpreter ends.
  nb::set_leak_warnings(false);
  nb::exception<Error>(module, "Error", PyExc_RuntimeError).attr("__doc__") =
      "The compiler refuses a source, or a call fails: an assertion of the "
      "source, the device. Its text is the diagnostics, with their places.";
  bindPrograms(module);
  bindModelFiles(module);
  module.def("packings", &listPackings,
             "Names of the packings that have one, such as 'chimera'.");
  module.def(
      "packing_byte_shape",
      [](const std::string &packing, int64_t rows, int64_t columns) {
        return Packings::get().getByteShape(packing, rows, columns);
      },
      nb::arg("packing"), nb::arg("rows"), nb::arg("columns"),
      nb::sig("def packing_byte_shape(packing: str, rows: int, columns: int) "
              "-> tuple[int, ...]"),
      "Shape of the bytes of a [rows, columns] matrix. Raises Error for a name "
      "that is no packing, and a matrix that the packing does not define.");
  module.def(
      "packing_scale_shape",
      [](const std::string &packing, int64_t rows, int64_t columns) {
        return Packings::get().getScaleShape(packing, rows, columns);
      },
      nb::arg("packing"), nb::arg("rows"), nb::arg("columns"),
      nb::sig("def packing_scale_shape(packing: str, rows: int, columns: int) "
              "-> tuple[int, ...] | None"),
      "Shape of the float32 scales that the bytes carry; None where they carry "
      "none. Raises what packing_byte_shape raises.");
  module.def("version", &getVersion, "Version of the project.");
}
