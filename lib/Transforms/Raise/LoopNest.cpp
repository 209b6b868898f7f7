//===- LoopNest.cpp - Loops over constants --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "LoopNest.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace ternary;

/// Adds `factor * expr` to a linear function; false if that is not linear.
static bool addLinear(AffineExpr expr, int64_t factor, int64_t &base,
                      MutableArrayRef<int64_t> steps) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    base += factor * constant.getValue();
    return true;
  }
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    steps[dim.getPosition()] += factor;
    return true;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return false;
  if (binary.getKind() == AffineExprKind::Add)
    return addLinear(binary.getLHS(), factor, base, steps) &&
           addLinear(binary.getRHS(), factor, base, steps);
  auto scale = dyn_cast<AffineConstantExpr>(binary.getRHS());
  if (binary.getKind() == AffineExprKind::Mul && scale)
    return addLinear(binary.getLHS(), factor * scale.getValue(), base, steps);
  return false;
}

/// The value of an expression; nothing for a division by what is not positive.
static std::optional<int64_t> compute(AffineExpr expr,
                                      ArrayRef<int64_t> point) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return point[dim.getPosition()];
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return std::nullopt;
  std::optional<int64_t> a = compute(binary.getLHS(), point);
  std::optional<int64_t> b = compute(binary.getRHS(), point);
  if (!a || !b)
    return std::nullopt;
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return *a + *b;
  case AffineExprKind::Mul:
    return *a * *b;
  case AffineExprKind::Mod:
    return *b < 1 ? std::nullopt : std::optional(llvm::mod(*a, *b));
  case AffineExprKind::FloorDiv:
    return *b < 1 ? std::nullopt
                  : std::optional(llvm::divideFloorSigned(*a, *b));
  case AffineExprKind::CeilDiv:
    return *b < 1 ? std::nullopt
                  : std::optional(llvm::divideCeilSigned(*a, *b));
  default:
    return std::nullopt;
  }
}

LoopNest::Access::Access(const ConstantTensor &tensor, AffineMap map,
                         ArrayRef<int64_t> extents)
    : tensor(tensor), map(map), steps(extents.size(), 0) {
  for (auto [expr, stride] :
       llvm::zip_equal(map.getResults(), tensor.getStrides()))
    isLinear = isLinear && addLinear(expr, stride, base, steps);
  int64_t first = base, last = base;
  for (auto [step, extent] : llvm::zip_equal(steps, extents))
    (step < 0 ? first : last) += step * (extent - 1);
  isWithin = !isLinear || (first >= 0 && last < tensor.getNumElements());
}

int64_t LoopNest::Access::locate(ArrayRef<int64_t> point) const {
  int64_t position = 0;
  if (isLinear) {
    position = base;
    for (auto [index, step] : llvm::zip_equal(point, steps))
      position += index * step;
    return position;
  }
  for (auto [expr, stride, extent] : llvm::zip_equal(
           map.getResults(), tensor.getStrides(), tensor.getShape())) {
    std::optional<int64_t> at = compute(expr, point);
    if (!at || *at < 0 || *at >= extent)
      return -1;
    position += *at * stride;
  }
  return position;
}

LoopNest::LoopNest(ArrayRef<int64_t> extents)
    : extents(extents), names(extents.size()) {
  std::iota(names.begin(), names.end(), 0);
}

bool LoopNest::hasAtMost(int64_t limit) const {
  int64_t count = 1;
  for (int64_t extent : extents)
    if (extent < 0 || llvm::MulOverflow(count, extent, count) || count > limit)
      return false;
  return true;
}

void LoopNest::setLoopNames(ArrayRef<unsigned> newNames) {
  names.assign(newNames.begin(), newNames.end());
}

void LoopNest::addInput(const ConstantTensor &tensor, AffineMap map,
                        int64_t target) {
  inputs.emplace_back(tensor, map, extents);
  inputs.back().number = target;
}

void LoopNest::addOutput(ConstantTensor &tensor, AffineMap map, int64_t source,
                         std::optional<int64_t> before) {
  outputs.emplace_back(tensor, map, extents);
  outputs.back().number = source;
  outputs.back().bytes = tensor.getBytes();
  outputs.back().before = before;
}

/// How many iterations of the last loop run together: one where an iteration
/// may read what the one before it has written.
int64_t LoopNest::countLanes() const {
  for (const Access &output : outputs)
    if (!output.isLinear || extents.empty() || output.steps.back() == 0)
      return 1;
  return kLanes;
}

bool LoopNest::load(const Access &access, ArrayRef<int64_t> point,
                    int64_t target, Frame &frame) {
  MutableArrayRef<Scalar> lanes(frame.registers[target].data(), frame.size);
  if (access.isLinear) {
    access.tensor.load(access.locate(point),
                       point.empty() ? 0 : access.steps.back(), lanes);
    return true;
  }
  SmallVector<int64_t> at(point);
  for (Scalar &lane : lanes) {
    int64_t position = access.locate(at);
    if (position < 0)
      return false;
    lane = access.tensor.load(position);
    if (!at.empty())
      ++at.back();
  }
  return true;
}

bool LoopNest::store(const Access &access, ArrayRef<int64_t> point,
                     const Frame &frame) {
  int64_t position = access.locate(point);
  if (position < 0)
    return false;
  int64_t step = access.isLinear && !point.empty() ? access.steps.back() : 0;
  access.tensor.getFormat().store(
      access.bytes, position, step,
      ArrayRef(frame.registers[access.number].data(), frame.size));
  return true;
}

bool LoopNest::runChunk(const ScalarProgram &program, Frame &frame,
                        ArrayRef<int64_t> point, StringRef &why) const {
  for (auto [name, index] : llvm::zip_equal(names, point))
    frame.point[name] = index;
  why = "an element lies outside of its tensor";
  for (const Access &input : inputs)
    if (!load(input, point, input.number, frame))
      return false;
  for (const Access &output : outputs)
    if (output.before && !load(output, point, *output.before, frame))
      return false;
  why = program.run(frame);
  if (!why.empty())
    return false;
  why = "an element lies outside of its tensor";
  for (const Access &output : outputs)
    if (!store(output, point, frame))
      return false;
  return true;
}

StringRef LoopNest::run(const ScalarProgram &program) const {
  if (llvm::is_contained(extents, 0))
    return "";
  for (const std::vector<Access> *accesses : {&inputs, &outputs})
    for (const Access &access : *accesses)
      if (!access.isWithin)
        return "an element lies outside of its tensor";
  Frame frame = program.makeFrame();
  unsigned numNames = 0;
  for (unsigned name : names)
    numNames = std::max(numNames, name + 1);
  frame.point.assign(numNames, 0);
  frame.laneLoop = names.empty() ? 0 : names.back();
  int64_t lanes = countLanes();
  SmallVector<int64_t> point(extents.size(), 0);
  StringRef why;
  while (true) {
    frame.size =
        point.empty() ? 1 : std::min(lanes, extents.back() - point.back());
    if (!runChunk(program, frame, point, why))
      return why;
    int64_t loop = point.size();
    while (loop-- > 0) {
      bool isLast = loop + 1 == int64_t(point.size());
      point[loop] += isLast ? frame.size : 1;
      if (point[loop] < extents[loop])
        break;
      point[loop] = 0;
    }
    if (loop < 0)
      return "";
  }
}
