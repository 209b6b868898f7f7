// RUN: ternary-opt %s --ternary-tile="row-tile=-1" --verify-diagnostics
// RUN: not ternary-opt %s --ternary-tile="row-tile=-1" 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: not ternary-opt %s --ternary-tile="token-tile=-2" 2>&1 | FileCheck %s --check-prefix=TOKENS
// RUN: not ternary-opt %s --ternary-tile="row-tile=many" 2>&1 | FileCheck %s --check-prefix=NUMBER

// ROWS: error: ternary-tile: expected tiles of 0 or more, found row-tile = -1, token-tile = 0
// TOKENS: error: ternary-tile: expected tiles of 0 or more, found row-tile = 0, token-tile = -2
// NUMBER: 'many' value invalid for {{.*}} argument
// expected-error @+1 {{ternary-tile: expected tiles of 0 or more, found row-tile}}
module {}
