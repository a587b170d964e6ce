// RUN: quant-opt %s -split-input-file -verify-diagnostics -quantir-lower-to-llvm

// expected-error @+1 {{has no planned main; run quantir-plan-memory first}}
module {
}

// -----

func.func @main(%context: !llvm.ptr, %arena: memref<0xi8>) attributes {quantir.arena_size = 0 : i64, quantir.outputs = 0 : i64} {
  // expected-error @+1 {{names no function of the module}}
  quantir.launch @missing tiles 2()
  return
}
