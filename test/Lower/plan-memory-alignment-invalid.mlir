// RUN: quant-opt %s -verify-diagnostics '-quantir-plan-memory=alignment=96'

// expected-error @+1 {{alignment 96 is no power of two}}
module {
}
