// RUN: split-file %s %t
// RUN: not ternary-opt %t/layer.mlir --ternary-apply-tuning=file=%t/none.json 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not ternary-opt %t/layer.mlir --ternary-apply-tuning=file=%t/text.json 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: not ternary-opt %t/layer.mlir --ternary-apply-tuning=file=%t/version.json 2>&1 | FileCheck %s --check-prefix=VERSION
// RUN: not ternary-opt %t/layer.mlir --ternary-apply-tuning=file=%t/member.json 2>&1 | FileCheck %s --check-prefix=MEMBER
// RUN: not ternary-opt %t/layer.mlir --ternary-apply-tuning=file=%t/packing.json 2>&1 | FileCheck %s --check-prefix=PACKING
// RUN: not ternary-opt %t/layer.mlir --ternary-apply-tuning=file=%t/tile.json 2>&1 | FileCheck %s --check-prefix=TILE
// RUN: not ternary-opt %t/layer.mlir --ternary-apply-tuning=file=%t/entry.json 2>&1 | FileCheck %s --check-prefix=ENTRY
// RUN: not ternary-opt %t/layer.mlir --ternary-apply-tuning=file=%t/empty.json 2>&1 | FileCheck %s --check-prefix=TARGET

// NONE: error: ternary-apply-tuning: {{.*}}none.json: {{[Nn]}}o such file or directory
// TEXT: error: ternary-apply-tuning: {{.*}}text.json: [1:
// VERSION: error: ternary-apply-tuning: {{.*}}version.json: expected an object with "version": 1 and "layers"
// MEMBER: error: ternary-apply-tuning: {{.*}}member.json: expected a value, found none at file.layers[1].threads
// PACKING: error: ternary-apply-tuning: {{.*}}packing.json: expected a packing without scales, as text at file.layers[0].packing
// TILE: error: ternary-apply-tuning: {{.*}}tile.json: expected an integer of 0 or more at file.layers[0].row_tile
// ENTRY: error: ternary-apply-tuning: {{.*}}entry.json: expected an object at file.layers[0]
// TARGET: error: ternary-apply-tuning: expected a module with 'ternary.target', found none

//--- layer.mlir
module {
}

//--- text.json
layers
//--- version.json
{"version": 2, "layers": []}
//--- empty.json
{"version": 1, "layers": []}
//--- entry.json
{"version": 1, "layers": [3]}
//--- member.json
{"version": 1, "layers": [
  {"cpu": "a", "threads": 1, "rows": 1, "columns": 1, "tokens": 1, "input": "i8"},
  {"cpu": "a", "rows": 1, "columns": 1, "tokens": 1, "input": "i8"}]}
//--- packing.json
{"version": 1, "layers": [
  {"cpu": "a", "threads": 1, "rows": 1, "columns": 1, "tokens": 1, "input": "i8",
   "packing": "#ternary.packing<tq2_0>"}]}
//--- tile.json
{"version": 1, "layers": [
  {"cpu": "a", "threads": 1, "rows": 1, "columns": 1, "tokens": 1, "input": "i8", "row_tile": -1}]}
