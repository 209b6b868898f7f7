//===- ScalarRulesTest.cpp - Rules on numbers ----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#include "ternary/IR/ScalarRules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

using namespace ternary;

namespace {

TEST(ScalarRules, VotesUpTo255AreCounted) {
  for (int64_t amount = -255; amount <= 255; ++amount)
    EXPECT_EQ(clampVote(amount), amount);
  EXPECT_EQ(clampVote(256), 255);
  EXPECT_EQ(clampVote(-256), -255);
  EXPECT_EQ(clampVote(std::numeric_limits<int64_t>::max()), 255);
  EXPECT_EQ(clampVote(std::numeric_limits<int64_t>::min()), -255);
}

int64_t vote(int64_t accumulator, int64_t sign, int64_t amount) {
  return std::clamp<int64_t>(accumulator - sign * amount, -128, 127);
}

/// No accumulator and no sign, bytes that are no signs included, can tell a
/// larger amount from the clamped one.
TEST(ScalarRules, LargerVotesAreTheSame) {
  constexpr int64_t most = std::numeric_limits<int64_t>::max() / 256;
  for (int64_t amount : {int64_t(256), int64_t(1000), int64_t(1) << 32, most})
    for (int64_t accumulator = -128; accumulator <= 127; ++accumulator)
      for (int64_t sign = -128; sign <= 127; ++sign)
        for (int64_t either : {amount, -amount})
          ASSERT_EQ(vote(accumulator, sign, clampVote(either)),
                    vote(accumulator, sign, either))
              << accumulator << " - " << sign << " * " << either;
}

/// With 254 an accumulator of 127 would not reach -128.
TEST(ScalarRules, SmallerVotesAreNot) {
  EXPECT_EQ(vote(127, 1, 255), -128);
  EXPECT_NE(vote(127, 1, 254), -128);
}

} // namespace
