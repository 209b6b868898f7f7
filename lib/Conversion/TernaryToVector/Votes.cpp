//===- Votes.cpp - Votes on trits and exponents ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "Votes.h"

#include "ternary/IR/ScalarRules.h"

using namespace mlir;
using namespace ternary;

/// `x` clamped to i8, in its own type.
static Value sat8(KernelBuilder &b, Value x) {
  Type type = x.getType();
  x = arith::MinSIOp::create(b, x, b.constant(type, int64_t(127)));
  return arith::MaxSIOp::create(b, x, b.constant(type, int64_t(-128)));
}

Value ternary::vote(KernelBuilder &b, Value accumulator, Value sign,
                    int64_t amount) {
  // No product with an amount of clampVote leaves i16.
  Type i16 = b.getI16Type();
  Value s = b.cast(sign, i16);
  Value change = b.mul(s, b.constant(s.getType(), clampVote(amount)));
  return sat8(b, b.sub(b.cast(accumulator, i16), change));
}

ExponentVote ternary::voteOnExponent(KernelBuilder &b, UpdateExponentOp op,
                                     Value scores, const ExponentVote &old) {
  Type i8 = b.getI8Type(), type = elementOf(scores);
  auto constant = [&](int64_t value) {
    return b.constant(scores.getType(), value);
  };
  Value amount = constant(clampVote(op.getAmount().value_or(1)));
  Value votes = b.cast(old.votes, type);
  votes = sat8(b, b.sub(votes, b.mul(b.signOf(scores), amount)));
  if (!op.getThreshold())
    return {b.cast(votes, i8), Value()};
  Value threshold = constant(*op.getThreshold());
  Value up = b.compare(arith::CmpIPredicate::sge, votes, threshold);
  Value down = b.compare(arith::CmpIPredicate::sle, votes,
                         b.sub(constant(0), threshold));
  Value change =
      b.select(up, constant(1), b.select(down, constant(-1), constant(0)));
  Value exponent = sat8(b, b.add(b.cast(old.exponent, type), change));
  votes = b.sub(votes, b.mul(change, threshold));
  return {b.cast(votes, i8), b.cast(exponent, i8)};
}
