// RUN: ternary-opt %s -split-input-file -verify-diagnostics

// Each case is about the constraint that is named above it.

// (update_c1)
// expected-error @+1 {{expected 'state' of 2 arguments, found 1}}
func.func private @f() attributes {p = #ternary.update<rule = correlation, state = [1], group_size = 4>}

// -----

// (update_c1)
// expected-error @+1 {{expected 'state' of 1 arguments, found 2}}
func.func private @f() attributes {p = #ternary.update<rule = exponent, state = [1, 2], group_size = 4>}

// -----

// (update_c1)
// expected-error @+1 {{expected 'state' of 1 arguments, found 0}}
func.func private @f() attributes {p = #ternary.update<rule = trit, state = []>}

// -----

// (update_c1)
// expected-error @+1 {{expected argument numbers in 'state', found -1}}
func.func private @f() attributes {p = #ternary.update<rule = trit, state = [-1]>}

// -----

// (update_c1)
// expected-error @+1 {{expected distinct arguments in 'state', found 3 twice}}
func.func private @f() attributes {p = #ternary.update<rule = correlation, state = [3, 3], group_size = 4>}

// -----

// (update_c2)
// expected-error @+1 {{expected 'group_size' with rule correlation, found none}}
func.func private @f() attributes {p = #ternary.update<rule = correlation, state = [1, 2]>}

// -----

// (update_c2)
// expected-error @+1 {{expected no 'group_size' with rule trit, found it}}
func.func private @f() attributes {p = #ternary.update<rule = trit, state = [1], group_size = 4>}

// -----

// (update_c2)
// expected-error @+1 {{expected no 'group_size' with rule step, found it}}
func.func private @f() attributes {p = #ternary.update<rule = step, state = [1], group_size = 4, threshold = 3>}

// -----

// (update_c2)
// expected-error @+1 {{expected 'group_size' of at least 1, found 0}}
func.func private @f() attributes {p = #ternary.update<rule = exponent, state = [1], group_size = 0>}

// -----

// (update_c3)
// expected-error @+1 {{expected exactly one of 'threshold' and 'thresholds' with rule step, found none}}
func.func private @f() attributes {p = #ternary.update<rule = step, state = [1]>}

// -----

// (update_c3)
// expected-error @+1 {{expected exactly one of 'threshold' and 'thresholds' with rule step, found both}}
func.func private @f() attributes {p = #ternary.update<rule = step, state = [1], group_size = 4, threshold = 3, thresholds = 2>}

// -----

// (update_c3)
// expected-error @+1 {{expected no 'threshold' with rule correlation}}
func.func private @f() attributes {p = #ternary.update<rule = correlation, state = [1, 2], group_size = 4, threshold = 3>}

// -----

// (update_c3)
// expected-error @+1 {{expected no 'thresholds' with rule trit}}
func.func private @f() attributes {p = #ternary.update<rule = trit, state = [1], thresholds = 3>}

// -----

// (update_c4)
// expected-error @+1 {{expected no 'amount' beside the 'threshold' of rule exponent}}
func.func private @f() attributes {p = #ternary.update<rule = exponent, state = [1, 2], group_size = 4, threshold = 3, amount = 1>}

// -----

// (update_c4)
// expected-error @+1 {{expected 'amount_argument' only with rule correlation and without 'amount'}}
func.func private @f() attributes {p = #ternary.update<rule = trit, state = [1], amount_argument = 2>}

// -----

// (update_c4)
// expected-error @+1 {{expected 'amount_argument' only with rule correlation and without 'amount'}}
func.func private @f() attributes {p = #ternary.update<rule = correlation, state = [1, 2], group_size = 4, amount = 1, amount_argument = 2>}

// -----

// (update_c5)
// expected-error @+1 {{argument 0: 'ternary.update' expected a ranked tensor or memref of i8, found 'tensor<16xf32>'}}
func.func private @f(tensor<16xf32> {ternary.update = [#ternary.update<rule = trit, state = [3]>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c5)
// expected-error @+1 {{argument 0: 'ternary.update' expected a ranked tensor or memref of i8, found 'memref<*xi8>'}}
func.func private @f(memref<*xi8> {ternary.update = [#ternary.update<rule = trit, state = [3]>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c5)
// expected-error @+1 {{argument 0: 'ternary.update' expected another argument of the function as 'step', found number 5}}
func.func private @f(tensor<16xi8> {ternary.update = [#ternary.update<rule = correlation, state = [1, 5], group_size = 4>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c5)
// expected-error @+1 {{argument 0: 'ternary.update' expected another argument of the function as 'state', found number 0}}
func.func private @f(tensor<16xi8> {ternary.update = [#ternary.update<rule = trit, state = [0]>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c5)
// expected-error @+1 {{argument 0: 'ternary.update' expected another argument of the function as 'amount_argument', found number -1}}
func.func private @f(tensor<16xi8> {ternary.update = [#ternary.update<rule = correlation, state = [1, 2], group_size = 4, amount_argument = -1>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c6)
// expected-error @+1 {{argument 0: 'ternary.update' expected 'correlation', argument 3, to be a tensor or memref of i64 of rank 2, found 'tensor<8x3xi8>'}}
func.func private @f(tensor<16xi8> {ternary.update = [#ternary.update<rule = correlation, state = [3, 2], group_size = 4>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c6)
// expected-error @+1 {{argument 0: 'ternary.update' expected 'step', argument 4, to be a tensor or memref of i64 with one element, found 'i64'}}
func.func private @f(tensor<16xi8> {ternary.update = [#ternary.update<rule = correlation, state = [1, 4], group_size = 4>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c6)
// expected-error @+1 {{argument 0: 'ternary.update' expected 'state', argument 2, to be a tensor or memref of i8 of rank 2, found 'tensor<1xi64>'}}
func.func private @f(tensor<16xi8> {ternary.update = [#ternary.update<rule = exponent, state = [2], group_size = 4>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c6)
// expected-error @+1 {{argument 0: 'ternary.update' expected 'thresholds', argument 2, to be a tensor or memref of i8 or i32 or i64 of rank 2, found 'tensor<1xi64>'}}
func.func private @f(tensor<16xi8> {ternary.update = [#ternary.update<rule = step, state = [3], group_size = 4, thresholds = 2>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// (update_c6)
// expected-error @+1 {{argument 0: 'ternary.update' expected 'amount_argument', argument 2, to be an i64, found 'tensor<1xi64>'}}
func.func private @f(tensor<16xi8> {ternary.update = [#ternary.update<rule = correlation, state = [1, 2], group_size = 4, amount_argument = 2>]}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// Not an array of updates.
// expected-error @+1 {{'ternary.update': expected an array of #ternary.update, found unit}}
func.func private @f(tensor<16xi8> {ternary.update = unit}, tensor<8x3xi64>, tensor<1xi64>, tensor<8x3xi8>, i64)

// -----

// Not an array of updates.
// expected-error @+1 {{'ternary.update': expected an array of #ternary.update, found [1]}}
func.func private @f(tensor<16xi8> {ternary.update = [1]})

// -----

// expected-error @+1 {{argument 0: 'ternary.grad' expected a float, or a ranked tensor or memref of floats, found 'tensor<4xi8>'}}
func.func private @f(tensor<4xi8> {ternary.grad})

// -----

// expected-error @+1 {{'ternary.grad': expected a unit attribute}}
func.func private @f(tensor<4xf32> {ternary.grad = true})

// -----

// expected-error @+1 {{result 0: 'ternary.grad' expected a float, or a ranked tensor or memref of floats, found 'index'}}
func.func private @f() -> (index {ternary.grad})

// -----

// expected-error @+1 {{'ternary.gradient': expected a name on a function, found "" on 'func.func'}}
func.func private @f() attributes {ternary.gradient = ""}

// -----

// expected-error @+1 {{'ternary.gradient': expected a name on a function, found @g on 'func.func'}}
func.func private @f() attributes {ternary.gradient = @g}

// -----

// expected-error @+1 {{'ternary.gradient': expected a name on a function, found "g" on 'builtin.module'}}
module attributes {ternary.gradient = "g"} {}

// -----

// expected-error @+1 {{'ternary.ste': expected #ternary<ste_variant>, found "clamp"}}
func.func private @f() attributes {ternary.ste = "clamp"}

// -----

// expected-error @+1 {{argument 0: 'ternary.grad' expected a float, or a ranked tensor or memref of floats, found 'vector<4xf32>'}}
func.func private @f(vector<4xf32> {ternary.grad})

// -----

// expected-error @+1 {{argument 0: 'ternary.grad' expected a float, or a ranked tensor or memref of floats, found 'tensor<*xf32>'}}
func.func private @f(tensor<*xf32> {ternary.grad})
