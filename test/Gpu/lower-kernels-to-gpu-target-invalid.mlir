// RUN: quant-opt %s -verify-diagnostics '-quantir-lower-kernels-to-gpu=target=adrena'

// expected-error @+1 {{target=adrena is unknown; the nearest valid value is 'adreno'}}
module {
  func.func @main() {
    return
  }
}
