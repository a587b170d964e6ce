#include "Quantir/QuantirDialect.h"

using namespace mlir;
using namespace quantir;

#include "Quantir/QuantirDialect.cpp.inc"

void QuantirDialect::initialize() {}
