//===- ModelFile.cpp - Model files in Python ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// What ternary.io is made of. Types are spelled as in IR ("bf16", "ui8"), a
// number of the metadata is a pair of its type and its value or its bytes.
//
//===----------------------------------------------------------------------===//

#include "ModelFile.h"

#include "Source.h"

#include "ternary-c/ModelFile.h"
#include "ternary-c/Packing.h"

#include "mlir-c/BuiltinAttributes.h"
#include "mlir-c/BuiltinTypes.h"

#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>
#include <optional>

using namespace ternary::python;

namespace {

constexpr char kMetadata[] = "ternary.metadata";

/// A module and the context that it is in.
class Model {
public:
  explicit Model(size_t size)
      : context(std::make_shared<Context>(size)), collector(*context) {}
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;
  ~Model() {
    if (!mlirModuleIsNull(module))
      mlirModuleDestroy(module);
  }

  void check(bool succeeded, const std::string &path) {
    if (succeeded)
      return;
    std::string errors = collector.takeErrors();
    throw Error(errors.empty() ? path + ": failed" : errors);
  }

  std::shared_ptr<Context> context;
  DiagnosticCollector collector;
  MlirModule module = {nullptr};
};

bool isGGUF(const std::string &kind) { return kind == "gguf"; }

void importInto(Model &model, const std::string &kind, const std::string &path,
                const std::string &options) {
  {
    nb::gil_scoped_release unlocked;
    auto import = isGGUF(kind) ? ternaryImportGGUF : ternaryImportSafetensors;
    model.module = import(*model.context, stringRef(path), stringRef(options));
  }
  model.check(!mlirModuleIsNull(model.module), path);
}

void exportFrom(MlirModule module, Model *model, Source *source,
                const std::string &kind, const std::string &path,
                const std::string &options) {
  MlirLogicalResult result;
  {
    nb::gil_scoped_release unlocked;
    auto write = isGGUF(kind) ? ternaryExportGGUF : ternaryExportSafetensors;
    result = write(module, stringRef(path), stringRef(options));
  }
  if (mlirLogicalResultIsSuccess(result))
    return;
  if (source)
    source->fail(path + ": not written");
  model->check(false, path);
}

//===----------------------------------------------------------------------===//
// Import and export of IR
//===----------------------------------------------------------------------===//

nb::tuple importFile(const std::string &kind, const std::string &path,
                     const std::string &options) {
  Model model(/*size=*/0);
  importInto(model, kind, path, options);
  std::string bytecode;
  {
    nb::gil_scoped_release unlocked;
    mlirOperationWriteBytecode(mlirModuleGetOperation(model.module), append,
                               &bytecode);
  }
  return nb::make_tuple(nb::bytes(bytecode.data(), bytecode.size()),
                        model.collector.takeRemarks());
}

std::vector<std::string> exportFile(const std::string &kind, nb::handle source,
                                    const std::string &path,
                                    const std::string &options,
                                    const std::string &name) {
  Source parsed(getText(source), name);
  exportFrom(parsed.module, nullptr, &parsed, kind, path, options);
  return parsed.collector.takeRemarks();
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

std::string print(MlirType type) {
  std::string text;
  mlirTypePrint(type, append, &text);
  return text;
}

nb::object toPython(MlirAttribute attribute);

/// Numbers of a dense attribute, as bytes.
nb::object denseToPython(MlirAttribute attribute) {
  MlirType type = mlirAttributeGetType(attribute);
  std::string element = print(mlirShapedTypeGetElementType(type));
  int64_t count = mlirElementsAttrGetNumElements(attribute);
  unsigned width = 0;
  MlirType scalar = mlirShapedTypeGetElementType(type);
  if (mlirTypeIsAInteger(scalar))
    width = mlirIntegerTypeGetWidth(scalar) / 8;
  else if (mlirTypeIsAFloat(scalar))
    width = mlirFloatTypeGetWidth(scalar) / 8;
  const auto *data =
      static_cast<const char *>(mlirDenseElementsAttrGetRawData(attribute));
  std::string bytes;
  bool splat = mlirDenseElementsAttrIsSplat(attribute);
  for (int64_t i = 0; i < count; ++i)
    bytes.append(data + (splat ? 0 : i * width), width);
  return nb::make_tuple(element, nb::bytes(bytes.data(), bytes.size()));
}

nb::object numberToPython(MlirAttribute attribute) {
  MlirType type = mlirAttributeGetType(attribute);
  if (mlirAttributeIsAFloat(attribute))
    return nb::make_tuple(print(type), mlirFloatAttrGetValueDouble(attribute));
  if (mlirTypeIsAInteger(type) && mlirIntegerTypeIsUnsigned(type))
    return nb::make_tuple(print(type), mlirIntegerAttrGetValueUInt(attribute));
  return nb::make_tuple(print(type), mlirIntegerAttrGetValueInt(attribute));
}

nb::object toPython(MlirAttribute attribute) {
  if (mlirAttributeIsAString(attribute)) {
    MlirStringRef text = mlirStringAttrGetValue(attribute);
    // Tokens of a vocabulary may be parts of characters.
    return nb::steal(
        PyUnicode_DecodeUTF8(text.data, text.length, "surrogateescape"));
  }
  if (mlirAttributeIsABool(attribute))
    return nb::bool_(mlirBoolAttrGetValue(attribute));
  if (mlirAttributeIsAArray(attribute)) {
    nb::list list;
    for (intptr_t i = 0; i < mlirArrayAttrGetNumElements(attribute); ++i)
      list.append(toPython(mlirArrayAttrGetElement(attribute, i)));
    return list;
  }
  if (mlirAttributeIsADenseElements(attribute))
    return denseToPython(attribute);
  if (mlirAttributeIsAInteger(attribute) || mlirAttributeIsAFloat(attribute))
    return numberToPython(attribute);
  return nb::none();
}

nb::dict metadataToPython(MlirModule module) {
  nb::dict result;
  MlirAttribute metadata = mlirOperationGetDiscardableAttributeByName(
      mlirModuleGetOperation(module), {kMetadata, sizeof(kMetadata) - 1});
  if (mlirAttributeIsNull(metadata) || !mlirAttributeIsADictionary(metadata))
    return result;
  for (intptr_t i = 0; i < mlirDictionaryAttrGetNumElements(metadata); ++i) {
    MlirNamedAttribute entry = mlirDictionaryAttrGetElement(metadata, i);
    result[nb::cast(toString(mlirIdentifierStr(entry.name)))] =
        toPython(entry.attribute);
  }
  return result;
}

/// The name of a preset, or the attribute in its custom form.
std::string spellPacking(MlirAttribute packing) {
  for (intptr_t i = 0; i < ternaryPackingGetNumPresets(); ++i) {
    MlirStringRef name = ternaryPackingGetPresetName(i);
    if (mlirAttributeEqual(
            packing, ternaryPackingGet(mlirAttributeGetContext(packing), name)))
      return toString(name);
  }
  std::string text;
  mlirAttributePrint(packing, append, &text);
  return text;
}

/// Collects the weights of a module as tuples.
struct WeightList {
  nb::object owner;
  nb::list weights;

  /// Bytes in place, or copied where they are gone after the call.
  nb::object view(const void *data, size_t size, bool isStored) {
    using Array = nb::ndarray<nb::numpy, const uint8_t, nb::ndim<1>>;
    if (isStored && size > 0)
      return nb::cast(Array(data, {size}, owner));
    auto *copy = new uint8_t[std::max<size_t>(size, 1)];
    nb::capsule deleter(
        copy, [](void *p) noexcept { delete[] static_cast<uint8_t *>(p); });
    std::copy_n(static_cast<const uint8_t *>(data), size, copy);
    return nb::cast(Array(copy, {size}, deleter));
  }

  static size_t count(const int64_t *shape, intptr_t rank) {
    size_t result = 1;
    for (intptr_t i = 0; i < rank; ++i)
      result *= static_cast<size_t>(shape[i]);
    return result;
  }

  static nb::tuple toTuple(const int64_t *shape, intptr_t rank) {
    return nb::tuple(nb::cast(std::vector<int64_t>(shape, shape + rank)));
  }

  void add(const TernaryWeight &weight, bool isStored) {
    MlirType type = weight.elementType;
    size_t width = mlirTypeIsAFloat(type) ? mlirFloatTypeGetWidth(type) / 8
                                          : mlirIntegerTypeGetWidth(type) / 8;
    nb::object packing = nb::none(), shape = nb::none(), scales = nb::none(),
               scaleShape = nb::none();
    if (!mlirAttributeIsNull(weight.packing)) {
      packing = nb::cast(spellPacking(weight.packing));
      shape = nb::make_tuple(weight.rows, weight.columns);
    }
    if (weight.scales) {
      size_t numScales = count(weight.scaleShape, weight.scaleRank);
      scales = view(weight.scales, numScales * sizeof(float), isStored);
      scaleShape = toTuple(weight.scaleShape, weight.scaleRank);
    }
    weights.append(nb::make_tuple(
        toString(weight.name), print(type), toTuple(weight.shape, weight.rank),
        view(weight.data, count(weight.shape, weight.rank) * width, isStored),
        packing, shape, scales, scaleShape));
  }

  static void call(const TernaryWeight *weight, bool isStored, void *self) {
    static_cast<WeightList *>(self)->add(*weight, isStored);
  }
};

nb::tuple loadFile(const std::string &kind, const std::string &path,
                   const std::string &options) {
  Model model(/*size=*/0);
  importInto(model, kind, path, options);
  WeightList list;
  list.owner = nb::capsule(new std::shared_ptr<Context>(model.context),
                           [](void *p) noexcept {
                             delete static_cast<std::shared_ptr<Context> *>(p);
                           });
  model.check(mlirLogicalResultIsSuccess(ternaryModuleForEachWeight(
                  model.module, WeightList::call, &list)),
              path);
  return nb::make_tuple(list.weights, metadataToPython(model.module),
                        model.collector.takeRemarks());
}

//===----------------------------------------------------------------------===//
// Saving
//===----------------------------------------------------------------------===//

using Bytes =
    nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// A weight as ternary.io hands it over.
struct GivenWeight {
  std::string name, type;
  std::vector<int64_t> shape;
  Bytes data;
  std::optional<std::string> packing;
  std::vector<int64_t> logicalShape;
  std::optional<Bytes> scales;
  std::vector<int64_t> scaleShape;

  explicit GivenWeight(const nb::tuple &item)
      : name(nb::cast<std::string>(item[0])),
        type(nb::cast<std::string>(item[1])),
        shape(nb::cast<std::vector<int64_t>>(item[2])),
        data(nb::cast<Bytes>(item[3])),
        packing(nb::cast<std::optional<std::string>>(item[4])),
        logicalShape(nb::cast<std::vector<int64_t>>(item[5])),
        scales(nb::cast<std::optional<Bytes>>(item[6])),
        scaleShape(nb::cast<std::vector<int64_t>>(item[7])) {}

  void append(Model &model, const std::string &path) const {
    MlirContext context = *model.context;
    TernaryWeight weight = {};
    weight.name = stringRef(name);
    weight.elementType = mlirTypeParseGet(context, stringRef(type));
    model.check(!mlirTypeIsNull(weight.elementType), path);
    weight.rank = static_cast<intptr_t>(shape.size());
    weight.shape = shape.data();
    weight.data = data.data();
    weight.packing = {nullptr};
    if (packing) {
      weight.packing = ternaryPackingGet(context, stringRef(*packing));
      if (mlirAttributeIsNull(weight.packing))
        weight.packing = mlirAttributeParseGet(context, stringRef(*packing));
      if (mlirAttributeIsNull(weight.packing) ||
          !ternaryAttributeIsAPacking(weight.packing))
        throw Error("tensor '" + name + "': expected a packing, found '" +
                    *packing + "'");
      weight.rows = logicalShape[0];
      weight.columns = logicalShape[1];
    }
    if (scales) {
      static const float none = 0.0f;
      weight.scales = scales->size()
                          ? reinterpret_cast<const float *>(scales->data())
                          : &none;
      weight.scaleRank = static_cast<intptr_t>(scaleShape.size());
      weight.scaleShape = scaleShape.data();
    }
    model.check(mlirLogicalResultIsSuccess(
                    ternaryWeightsModuleAppend(model.module, &weight)),
                path);
  }
};

std::vector<std::string> saveFile(const std::string &kind,
                                  const std::string &path,
                                  const std::string &options,
                                  const nb::list &tensors,
                                  const std::string &metadata) {
  // Outlives the context, whose constants point into the arrays.
  std::vector<GivenWeight> weights;
  size_t size = 0;
  for (nb::handle item : tensors) {
    weights.emplace_back(nb::cast<nb::tuple>(item));
    size += weights.back().data.size();
  }
  Model model(size);
  model.module = ternaryWeightsModuleCreate(*model.context, stringRef(path));
  MlirAttribute parsed =
      mlirAttributeParseGet(*model.context, stringRef(metadata));
  model.check(!mlirAttributeIsNull(parsed), path);
  mlirOperationSetDiscardableAttributeByName(
      mlirModuleGetOperation(model.module), {kMetadata, sizeof(kMetadata) - 1},
      parsed);
  for (const GivenWeight &weight : weights)
    weight.append(model, path);
  exportFrom(model.module, &model, nullptr, kind, path, options);
  return model.collector.takeRemarks();
}

} // namespace

void ternary::python::bindModelFiles(nb::module_ &module) {
  module.def("import_file", &importFile, nb::arg("kind"), nb::arg("path"),
             nb::arg("options"),
             "A model file as bytecode, and remarks; see ternary.io.");
  module.def("export_file", &exportFile, nb::arg("kind"), nb::arg("source"),
             nb::arg("path"), nb::arg("options"), nb::arg("name"),
             "Writes a module of weights; see ternary.io. Returns remarks.");
  module.def("load_file", &loadFile, nb::arg("kind"), nb::arg("path"),
             nb::arg("options"),
             "The weights of a model file, its metadata, and remarks; see "
             "ternary.io.");
  module.def("save_file", &saveFile, nb::arg("kind"), nb::arg("path"),
             nb::arg("options"), nb::arg("tensors"), nb::arg("metadata"),
             "Writes weights to a model file; see ternary.io. Returns "
             "remarks.");
}
