//===- ReaderFixture.h - What tests of file readers share -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0
//
//===----------------------------------------------------------------------===//

#ifndef TERNARY_TEST_UNIT_READERFIXTURE_H
#define TERNARY_TEST_UNIT_READERFIXTURE_H

#include "llvm/Support/Error.h"
#include "gtest/gtest.h"

#include <string>

namespace ternary {

/// The message of the refusal of a file named 'f', without the file; empty
/// where it is accepted.
template <typename File> std::string refusalOf(llvm::Expected<File> file) {
  if (file)
    return "";
  std::string message;
  llvm::handleAllErrors(file.takeError(), [&](llvm::FileError &error) {
    EXPECT_EQ(error.getFileName(), "f");
    message = error.messageWithoutFileInfo();
  });
  return message;
}

} // namespace ternary

#endif // TERNARY_TEST_UNIT_READERFIXTURE_H
