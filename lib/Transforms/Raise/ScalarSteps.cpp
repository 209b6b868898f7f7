//===- ScalarSteps.cpp - What arith and math ops compute ------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//
//
// Floats of 16 bits are computed in f32 and rounded: that is the nearest result
// in their own type for every op here, and what machines without such
// arithmetic do.
//
//===----------------------------------------------------------------------===//

#include "ScalarProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"

#include <cmath>

using namespace mlir;
using namespace ternary;

namespace {

constexpr llvm::StringLiteral kDivision =
    "a division by zero or past the range";
constexpr llvm::StringLiteral kShift = "a shift by the width or more";
constexpr llvm::StringLiteral kConversion = "a float does not fit its integer";
constexpr llvm::StringLiteral kUnknownOp = "is not evaluated";

/// Instructions of one op, by the kind of function that it is.
class StepBuilder {
public:
  StepBuilder(Operation *op, ArrayRef<int64_t> operands, int64_t result)
      : op(op), operands(operands), result(result),
        to(*ScalarFormat::get(getElementTypeOrSelf(op->getResult(0)))),
        from(*ScalarFormat::get(getElementTypeOrSelf(op->getOperand(0)))) {}

  Step build();

private:
  /// `function` of a scalar gives a scalar.
  template <typename F> Step unary(F function) {
    return [function, x = operands[0], y = result](Frame &frame) {
      const Lanes &in = frame.registers[x];
      Lanes &out = frame.registers[y];
      for (int64_t lane = 0; lane < frame.size; ++lane)
        out[lane] = function(in[lane]);
      return StringRef();
    };
  }
  template <typename F> Step binary(F function) {
    return
        [function, a = operands[0], b = operands[1], y = result](Frame &frame) {
          const Lanes &left = frame.registers[a], &right = frame.registers[b];
          Lanes &out = frame.registers[y];
          for (int64_t lane = 0; lane < frame.size; ++lane)
            out[lane] = function(left[lane], right[lane]);
          return StringRef();
        };
  }
  /// The same where some operands have no result: `check` tells.
  template <typename C, typename F>
  Step checked(StringRef why, C check, F function) {
    return [=, a = operands[0], b = operands.back(), y = result](Frame &frame) {
      for (int64_t lane = 0; lane < frame.size; ++lane) {
        Scalar left = frame.registers[a][lane];
        Scalar right = frame.registers[b][lane];
        if (!check(left, right))
          return why;
        frame.registers[y][lane] = function(left, right);
      }
      return StringRef();
    };
  }

  static Scalar ofInteger(int64_t value) {
    Scalar scalar;
    scalar.i = value;
    return scalar;
  }
  static Scalar ofFloat(double value) {
    Scalar scalar;
    scalar.f = value;
    return scalar;
  }

  /// Integers modulo the width.
  template <typename F> Step integer(F function) {
    return binary([function, to = to](Scalar a, Scalar b) {
      return ofInteger(to.wrap(function(uint64_t(a.i), uint64_t(b.i))));
    });
  }
  template <typename F> Step signedInteger(F function) {
    return binary([function](Scalar a, Scalar b) {
      return ofInteger(function(a.i, b.i));
    });
  }
  template <typename F> Step unsignedInteger(F function) {
    return binary([function, to = to](Scalar a, Scalar b) {
      return ofInteger(
          to.wrap(function(to.toUnsigned(a.i), to.toUnsigned(b.i))));
    });
  }
  template <typename F> Step signedDivision(F function) {
    int64_t lowest = to.wrap(uint64_t(1) << (to.getWidth() - 1));
    return checked(
        kDivision,
        [lowest](Scalar a, Scalar b) {
          return b.i != 0 && !(b.i == -1 && a.i == lowest);
        },
        [function](Scalar a, Scalar b) {
          return ofInteger(function(a.i, b.i));
        });
  }
  template <typename F> Step unsignedDivision(F function) {
    return checked(
        kDivision, [](Scalar, Scalar b) { return b.i != 0; },
        [function, to = to](Scalar a, Scalar b) {
          return ofInteger(
              to.wrap(function(to.toUnsigned(a.i), to.toUnsigned(b.i))));
        });
  }
  template <typename F> Step shift(F function) {
    return checked(
        kShift,
        [to = to](Scalar, Scalar b) {
          return to.toUnsigned(b.i) < to.getWidth();
        },
        [function, to = to](Scalar a, Scalar b) {
          return ofInteger(to.wrap(function(a.i, b.i)));
        });
  }

  template <typename F> Step floatUnary(F function) {
    if (to.isF64())
      return unary([function](Scalar x) { return ofFloat(function(x.f)); });
    return unary([function, to = to](Scalar x) {
      return ofFloat(to.round(function(static_cast<float>(x.f))));
    });
  }
  template <typename F> Step floatBinary(F function) {
    if (to.isF64())
      return binary([function](Scalar a, Scalar b) {
        return ofFloat(function(a.f, b.f));
      });
    return binary([function, to = to](Scalar a, Scalar b) {
      return ofFloat(
          to.round(function(static_cast<float>(a.f), static_cast<float>(b.f))));
    });
  }

  Step buildInteger();
  Step buildDivision();
  Step buildFloat();
  Step buildRounding();
  Step buildConversion();
  Step compareIntegers(arith::CmpIPredicate predicate);
  Step compareFloats(arith::CmpFPredicate predicate);
  Step select();
  Step fusedMultiplyAdd();
  Step toInteger(bool isSigned);
  Step toFloat(bool isSigned);
  Step bitcast();

  Operation *op;
  ArrayRef<int64_t> operands;
  int64_t result;
  /// Of the result and of the first operand.
  ScalarFormat to, from;
};

template <typename T> T add(T a, T b) { return a + b; }
template <typename T> T sub(T a, T b) { return a - b; }
template <typename T> T mul(T a, T b) { return a * b; }

/// The larger one, +0 above -0; a NaN if there is one and `propagates`, else
/// the other one.
template <typename T> T maximum(T a, T b, bool propagates) {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) == propagates ? a : b;
  if (a == b)
    return std::signbit(a) ? b : a;
  return a > b ? a : b;
}
template <typename T> T minimum(T a, T b, bool propagates) {
  return -maximum(-a, -b, propagates);
}

int64_t floorDiv(int64_t a, int64_t b) {
  return a / b - ((a % b != 0) && ((a < 0) != (b < 0)));
}
int64_t ceilDiv(int64_t a, int64_t b) {
  return a / b + ((a % b != 0) && ((a < 0) == (b < 0)));
}

} // namespace

Step StepBuilder::buildInteger() {
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](arith::AddIOp) { return integer(add<uint64_t>); })
      .Case([&](arith::SubIOp) { return integer(sub<uint64_t>); })
      .Case([&](arith::MulIOp) { return integer(mul<uint64_t>); })
      .Case([&](arith::AndIOp) {
        return integer([](uint64_t a, uint64_t b) { return a & b; });
      })
      .Case([&](arith::OrIOp) {
        return integer([](uint64_t a, uint64_t b) { return a | b; });
      })
      .Case([&](arith::XOrIOp) {
        return integer([](uint64_t a, uint64_t b) { return a ^ b; });
      })
      .Case([&](arith::MaxSIOp) {
        return signedInteger(
            [](int64_t a, int64_t b) { return std::max(a, b); });
      })
      .Case([&](arith::MinSIOp) {
        return signedInteger(
            [](int64_t a, int64_t b) { return std::min(a, b); });
      })
      .Case([&](arith::MaxUIOp) {
        return unsignedInteger(
            [](uint64_t a, uint64_t b) { return std::max(a, b); });
      })
      .Case([&](arith::MinUIOp) {
        return unsignedInteger(
            [](uint64_t a, uint64_t b) { return std::min(a, b); });
      })
      .Case([&](math::AbsIOp) {
        return unary([to = to](Scalar x) {
          uint64_t bits = x.i;
          return ofInteger(to.wrap(x.i < 0 ? 0 - bits : bits));
        });
      })
      .Default(Step());
}

Step StepBuilder::buildDivision() {
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](arith::DivSIOp) {
        return signedDivision([](int64_t a, int64_t b) { return a / b; });
      })
      .Case([&](arith::RemSIOp) {
        return signedDivision([](int64_t a, int64_t b) { return a % b; });
      })
      .Case([&](arith::FloorDivSIOp) { return signedDivision(floorDiv); })
      .Case([&](arith::CeilDivSIOp) { return signedDivision(ceilDiv); })
      .Case([&](arith::DivUIOp) {
        return unsignedDivision([](uint64_t a, uint64_t b) { return a / b; });
      })
      .Case([&](arith::RemUIOp) {
        return unsignedDivision([](uint64_t a, uint64_t b) { return a % b; });
      })
      .Case([&](arith::CeilDivUIOp) {
        return unsignedDivision(
            [](uint64_t a, uint64_t b) { return a / b + (a % b != 0); });
      })
      .Case([&](arith::ShLIOp) {
        return shift([](int64_t a, int64_t b) { return uint64_t(a) << b; });
      })
      .Case([&](arith::ShRSIOp) {
        return shift([](int64_t a, int64_t b) { return a >> b; });
      })
      .Case([&](arith::ShRUIOp) {
        return shift(
            [to = to](int64_t a, int64_t b) { return to.toUnsigned(a) >> b; });
      })
      .Default(Step());
}

Step StepBuilder::fusedMultiplyAdd() {
  return [a = operands[0], b = operands[1], c = operands[2], y = result,
          to = to](Frame &frame) {
    for (int64_t lane = 0; lane < frame.size; ++lane) {
      double x = frame.registers[a][lane].f, w = frame.registers[b][lane].f;
      double z = frame.registers[c][lane].f;
      float narrow = std::fma(static_cast<float>(x), static_cast<float>(w),
                              static_cast<float>(z));
      frame.registers[y][lane].f =
          to.isF64() ? std::fma(x, w, z) : to.round(narrow);
    }
    return StringRef();
  };
}

Step StepBuilder::buildFloat() {
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](arith::AddFOp) {
        return floatBinary([](auto a, auto b) { return a + b; });
      })
      .Case([&](arith::SubFOp) {
        return floatBinary([](auto a, auto b) { return a - b; });
      })
      .Case([&](arith::MulFOp) {
        return floatBinary([](auto a, auto b) { return a * b; });
      })
      .Case([&](arith::DivFOp) {
        return floatBinary([](auto a, auto b) { return a / b; });
      })
      .Case([&](arith::MaximumFOp) {
        return floatBinary([](auto a, auto b) { return maximum(a, b, true); });
      })
      .Case([&](arith::MinimumFOp) {
        return floatBinary([](auto a, auto b) { return minimum(a, b, true); });
      })
      .Case([&](arith::MaxNumFOp) {
        return floatBinary([](auto a, auto b) { return maximum(a, b, false); });
      })
      .Case([&](arith::MinNumFOp) {
        return floatBinary([](auto a, auto b) { return minimum(a, b, false); });
      })
      .Case(
          [&](arith::NegFOp) { return floatUnary([](auto x) { return -x; }); })
      .Case([&](math::FmaOp) { return fusedMultiplyAdd(); })
      .Default(Step());
}

Step StepBuilder::buildRounding() {
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case([&](math::AbsFOp) {
        return floatUnary([](auto x) { return std::fabs(x); });
      })
      .Case([&](math::SqrtOp) {
        return floatUnary([](auto x) { return std::sqrt(x); });
      })
      .Case([&](math::FloorOp) {
        return floatUnary([](auto x) { return std::floor(x); });
      })
      .Case([&](math::CeilOp) {
        return floatUnary([](auto x) { return std::ceil(x); });
      })
      .Case([&](math::TruncOp) {
        return floatUnary([](auto x) { return std::trunc(x); });
      })
      .Case([&](math::RoundOp) {
        return floatUnary([](auto x) { return std::round(x); });
      })
      .Case([&](math::RoundEvenOp) {
        // The mode of rounding is that of the environment, which nobody here
        // changes.
        return floatUnary([](auto x) { return std::nearbyint(x); });
      })
      .Case([&](math::CopySignOp) {
        return floatBinary([](auto a, auto b) { return std::copysign(a, b); });
      })
      .Default(Step());
}

Step StepBuilder::toInteger(bool isSigned) {
  return checked(
      kConversion,
      [isSigned, to = to](Scalar x, Scalar) { return to.holds(x.f, isSigned); },
      [isSigned, to = to](Scalar x, Scalar) {
        return ofInteger(isSigned ? static_cast<int64_t>(x.f)
                                  : to.wrap(static_cast<uint64_t>(x.f)));
      });
}

/// By way of f32 where the target is of 16 bits.
Step StepBuilder::toFloat(bool isSigned) {
  return unary([isSigned, from = from, to = to](Scalar x) {
    uint64_t bits = from.toUnsigned(x.i);
    if (to.isF64())
      return ofFloat(isSigned ? static_cast<double>(x.i)
                              : static_cast<double>(bits));
    return ofFloat(to.round(isSigned ? static_cast<float>(x.i)
                                     : static_cast<float>(bits)));
  });
}

Step StepBuilder::bitcast() {
  return unary([from = from, to = to](Scalar x) {
    char bytes[sizeof(Scalar)] = {};
    from.store(bytes, 0, x);
    return to.load(bytes, 0);
  });
}

Step StepBuilder::buildConversion() {
  return llvm::TypeSwitch<Operation *, Step>(op)
      .Case<arith::ExtSIOp, arith::TruncIOp, arith::IndexCastOp>([&](auto) {
        return unary([to = to](Scalar x) { return ofInteger(to.wrap(x.i)); });
      })
      .Case<arith::ExtUIOp, arith::IndexCastUIOp>([&](auto) {
        return unary([from = from, to = to](Scalar x) {
          return ofInteger(to.wrap(from.toUnsigned(x.i)));
        });
      })
      .Case<arith::ExtFOp>(
          [&](auto) { return unary([](Scalar x) { return x; }); })
      .Case([&](arith::TruncFOp cast) {
        if (cast.getRoundingmode().value_or(
                arith::RoundingMode::to_nearest_even) !=
            arith::RoundingMode::to_nearest_even)
          return Step();
        return unary([to = to](Scalar x) { return ofFloat(to.round(x.f)); });
      })
      .Case([&](arith::SIToFPOp) { return toFloat(/*isSigned=*/true); })
      .Case([&](arith::UIToFPOp) { return toFloat(/*isSigned=*/false); })
      .Case([&](arith::FPToSIOp) { return toInteger(/*isSigned=*/true); })
      .Case([&](arith::FPToUIOp) { return toInteger(/*isSigned=*/false); })
      .Case([&](arith::BitcastOp) { return bitcast(); })
      .Default(Step());
}

static bool holds(arith::CmpIPredicate predicate, int64_t a, int64_t b,
                  uint64_t ua, uint64_t ub) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return a == b;
  case arith::CmpIPredicate::ne:
    return a != b;
  case arith::CmpIPredicate::slt:
    return a < b;
  case arith::CmpIPredicate::sle:
    return a <= b;
  case arith::CmpIPredicate::sgt:
    return a > b;
  case arith::CmpIPredicate::sge:
    return a >= b;
  case arith::CmpIPredicate::ult:
    return ua < ub;
  case arith::CmpIPredicate::ule:
    return ua <= ub;
  case arith::CmpIPredicate::ugt:
    return ua > ub;
  case arith::CmpIPredicate::uge:
    return ua >= ub;
  }
  llvm_unreachable("all predicates are handled");
}

Step StepBuilder::compareIntegers(arith::CmpIPredicate predicate) {
  return binary([predicate, from = from](Scalar a, Scalar b) {
    bool result =
        holds(predicate, a.i, b.i, from.toUnsigned(a.i), from.toUnsigned(b.i));
    return ofInteger(result ? -1 : 0);
  });
}

static bool holds(arith::CmpFPredicate predicate, double a, double b) {
  using P = arith::CmpFPredicate;
  bool unordered = std::isnan(a) || std::isnan(b);
  switch (predicate) {
  case P::AlwaysFalse:
    return false;
  case P::AlwaysTrue:
    return true;
  case P::ORD:
    return !unordered;
  case P::UNO:
    return unordered;
  case P::OEQ:
    return a == b;
  case P::OGT:
    return a > b;
  case P::OGE:
    return a >= b;
  case P::OLT:
    return a < b;
  case P::OLE:
    return a <= b;
  case P::ONE:
    return !unordered && a != b;
  case P::UEQ:
    return unordered || a == b;
  case P::UGT:
    return unordered || a > b;
  case P::UGE:
    return unordered || a >= b;
  case P::ULT:
    return unordered || a < b;
  case P::ULE:
    return unordered || a <= b;
  case P::UNE:
    return unordered || a != b;
  }
  llvm_unreachable("all predicates are handled");
}

Step StepBuilder::compareFloats(arith::CmpFPredicate predicate) {
  return binary([predicate](Scalar a, Scalar b) {
    return ofInteger(holds(predicate, a.f, b.f) ? -1 : 0);
  });
}

Step StepBuilder::select() {
  return [c = operands[0], a = operands[1], b = operands[2],
          y = result](Frame &frame) {
    for (int64_t lane = 0; lane < frame.size; ++lane)
      frame.registers[y][lane] =
          frame.registers[frame.registers[c][lane].i ? a : b][lane];
    return StringRef();
  };
}

Step StepBuilder::build() {
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return compareIntegers(compare.getPredicate());
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return compareFloats(compare.getPredicate());
  if (isa<arith::SelectOp>(op))
    return select();
  for (auto build : {&StepBuilder::buildInteger, &StepBuilder::buildDivision,
                     &StepBuilder::buildFloat, &StepBuilder::buildRounding,
                     &StepBuilder::buildConversion})
    if (Step step = (this->*build)())
      return step;
  return Step();
}

bool ternary::hasStep(Operation *op) {
  return isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::AndIOp,
             arith::OrIOp, arith::XOrIOp, arith::MaxSIOp, arith::MinSIOp,
             arith::MaxUIOp, arith::MinUIOp, math::AbsIOp, arith::DivSIOp,
             arith::RemSIOp, arith::FloorDivSIOp, arith::CeilDivSIOp,
             arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp, arith::ShLIOp,
             arith::ShRSIOp, arith::ShRUIOp>(op) ||
         isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::MaximumFOp, arith::MinimumFOp, arith::MaxNumFOp,
             arith::MinNumFOp, arith::NegFOp, math::FmaOp, math::AbsFOp,
             math::SqrtOp, math::FloorOp, math::CeilOp, math::TruncOp,
             math::RoundOp, math::RoundEvenOp, math::CopySignOp>(op) ||
         isa<arith::ExtSIOp, arith::TruncIOp, arith::IndexCastOp,
             arith::ExtUIOp, arith::IndexCastUIOp, arith::ExtFOp,
             arith::TruncFOp, arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp,
             arith::FPToUIOp, arith::BitcastOp, arith::CmpIOp, arith::CmpFOp,
             arith::SelectOp>(op);
}

Step ternary::makeStep(Operation *op, ArrayRef<int64_t> operands,
                       int64_t result, std::string &reason) {
  bool areNumbers = llvm::all_of(op->getOperandTypes(), [](Type type) {
    return ScalarFormat::get(getElementTypeOrSelf(type)).has_value();
  });
  if (hasStep(op) && areNumbers &&
      ScalarFormat::get(getElementTypeOrSelf(op->getResult(0))))
    if (Step step = StepBuilder(op, operands, result).build())
      return step;
  reason = ("'" + op->getName().getStringRef() + "' " + kUnknownOp).str();
  return Step();
}
