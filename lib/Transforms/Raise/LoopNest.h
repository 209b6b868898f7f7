//===- LoopNest.h - Loops over constants ------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_LIB_TRANSFORMS_RAISE_LOOPNEST_H
#define TERNARY_LIB_TRANSFORMS_RAISE_LOOPNEST_H

#include "ScalarProgram.h"

#include "mlir/IR/AffineMap.h"

namespace ternary {

/// The loops of a linalg op, the last one innermost, around a program. Results
/// are those of running the iterations one by one, in order.
class LoopNest {
public:
  explicit LoopNest(llvm::ArrayRef<int64_t> extents);

  /// Whether there are at most so many iterations, none of them open.
  bool hasAtMost(int64_t limit) const;
  /// What the loops are called in the program: loop i is number `names[i]`.
  void setLoopNames(llvm::ArrayRef<unsigned> names);
  /// Each iteration reads the element at `map` into a register.
  void addInput(const ConstantTensor &tensor, mlir::AffineMap map,
                int64_t target);
  /// Each iteration writes a register to the element at `map`, after reading
  /// that into `before` where it is given. `tensor` has memory of its own.
  void addOutput(ConstantTensor &tensor, mlir::AffineMap map, int64_t source,
                 std::optional<int64_t> before = std::nullopt);

  /// Empty, or why there is no result.
  llvm::StringRef run(const ScalarProgram &program) const;

private:
  struct Access {
    Access(const ConstantTensor &tensor, mlir::AffineMap map,
           llvm::ArrayRef<int64_t> extents);
    /// The position of the element at `point`, -1 outside of the tensor.
    int64_t locate(llvm::ArrayRef<int64_t> point) const;

    ConstantTensor tensor;
    mlir::AffineMap map;
    /// Where the map is linear: the element at the origin, and its distance
    /// along each loop.
    bool isLinear = true;
    int64_t base = 0;
    llvm::SmallVector<int64_t> steps;
    bool isWithin = true;
    char *bytes = nullptr;
    int64_t number = 0;
    std::optional<int64_t> before;
  };

  int64_t countLanes() const;
  bool runChunk(const ScalarProgram &program, Frame &frame,
                llvm::ArrayRef<int64_t> point, llvm::StringRef &why) const;
  static bool load(const Access &access, llvm::ArrayRef<int64_t> point,
                   int64_t target, Frame &frame);
  static bool store(const Access &access, llvm::ArrayRef<int64_t> point,
                    const Frame &frame);

  llvm::SmallVector<int64_t> extents;
  llvm::SmallVector<unsigned> names;
  std::vector<Access> inputs, outputs;
};

} // namespace ternary

#endif // TERNARY_LIB_TRANSFORMS_RAISE_LOOPNEST_H
