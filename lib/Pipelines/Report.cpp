//===- Report.cpp - Remarks about layers as a table -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Three passes know about a layer: ternary-select-packing has its packing,
// ternary-outline-kernels the function that computes it, together with layers
// of the same kind, and a conversion the kernel of that function. The place in
// the source and the name of the function join them.
//
//===----------------------------------------------------------------------===//

#include "ternary/Pipelines/Report.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

#include <array>

using namespace mlir;

namespace {

enum Column { Place, Shape, Tokens, Packing, Kernel, Bytes, Bound, NumColumns };
using Row = std::array<std::string, NumColumns>;

constexpr llvm::StringLiteral kTitles[NumColumns] = {
    "layer", "weights", "tokens", "packing", "kernel", "bytes", "bound"};

/// `layer.mlir:7`, or what the location prints.
std::string printPlace(Location loc) {
  if (auto file = loc->findInstanceOf<FileLineColLoc>())
    return llvm::formatv(
        "{0}:{1}", llvm::sys::path::filename(file.getFilename().getValue()),
        file.getLine());
  std::string text;
  llvm::raw_string_ostream(text) << loc;
  return text;
}

/// The value of an argument of a remark, "" without it.
std::string getArgument(const remark::detail::Remark &remark, StringRef key) {
  for (const auto &argument : remark.getArgs())
    if (argument.key == key)
      return argument.val;
  return "";
}

class ReportStreamer : public remark::detail::MLIRRemarkStreamerBase {
public:
  explicit ReportStreamer(llvm::raw_ostream &os) : os(os) {}

  void streamOptimizationRemark(const remark::detail::Remark &remark) override {
    StringRef name = remark.getRemarkName();
    Location loc = remark.getLocation();
    if (name == "packing")
      addLayer(remark, rows[loc]);
    else if (name == "outlined kernel" && rows.contains(loc))
      functions[loc] = getArgument(remark, "Function");
    else if (name == "kernel")
      kernels[getArgument(remark, "Function")] = getArgument(remark, "Kernel");
  }

  void finalize() override {
    std::vector<Row> table{getTitles()};
    for (auto &[loc, row] : rows) {
      row[Place] = printPlace(loc);
      row[Kernel] = kernels.lookup(functions.lookup(loc));
      table.push_back(row);
    }
    print(table);
  }

private:
  static void addLayer(const remark::detail::Remark &remark, Row &row) {
    row[Shape] = getArgument(remark, "Weights");
    row[Tokens] = getArgument(remark, "Tokens");
    row[Packing] = getArgument(remark, "Packing");
    row[Bytes] = getArgument(remark, "Bytes");
    row[Bound] = getArgument(remark, "Bound");
  }

  static Row getTitles() {
    Row titles;
    llvm::copy(kTitles, titles.begin());
    return titles;
  }

  /// Columns as wide as their widest entry, two spaces between them.
  void print(ArrayRef<Row> table) {
    for (const Row &row : table) {
      std::string line;
      for (int column = 0; column < NumColumns; ++column) {
        size_t width = 0;
        for (const Row &other : table)
          width = std::max(width, std::max<size_t>(other[column].size(), 1));
        const std::string &text = row[column];
        line += (text.empty() ? "-" : text) +
                std::string(width + 2 - std::max<size_t>(text.size(), 1), ' ');
      }
      os << StringRef(line).rtrim() << '\n';
    }
  }

  llvm::raw_ostream &os;
  llvm::MapVector<Location, Row> rows;
  /// Of layers, their functions; of functions, their kernels.
  DenseMap<Location, std::string> functions;
  llvm::StringMap<std::string> kernels;
};

} // namespace

void ternary::enableReport(MLIRContext &context, llvm::raw_ostream &os) {
  // Each kind that is not named is off.
  std::string any = ".*";
  remark::RemarkCategories categories{any, any, any, any, any};
  // Fails only for categories that are no regular expressions.
  (void)remark::enableOptimizationRemarks(
      context, std::make_unique<ReportStreamer>(os),
      std::make_unique<remark::RemarkEmittingPolicyAll>(), categories,
      /*printAsEmitRemarks=*/false);
}
