// RUN: quant-opt %s -split-input-file -verify-diagnostics -quantir-plan-memory

// expected-error @+1 {{has no function 'main' of one block}}
module {
}
