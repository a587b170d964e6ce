#ifndef QUANTIR_OPS_TD
#define QUANTIR_OPS_TD

include "Quantir/QuantirDialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Quantir_Op<string mnemonic, list<Trait> traits = []>
    : Op<Quantir_Dialect, mnemonic, traits>;

#endif // QUANTIR_OPS_TD
