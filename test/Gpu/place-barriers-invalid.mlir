// RUN: quant-opt %s -verify-diagnostics -quantir-place-barriers

// expected-error @+1 {{has no function 'main' of one block}}
module {
}
