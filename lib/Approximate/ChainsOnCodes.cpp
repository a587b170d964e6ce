// Chains of functions of one variable, which become tables.
#include "OneVariable.h"
#include "OpsOnCodes.h"
#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace quantir;

/// True for ops of one variable that a table can hold: clamps, roots and steps
/// are better computed.
static bool needsTable(Operation *op) {
  return variableOf(op) &&
         !isa<ReluOp, ClipOp, SqrtOp, ReciprocalOp, FloorOp, CeilOp, RoundOp>(
             op);
}

/// The op whose result `op` alone reads, and which makes one table with it;
/// null when there is none. A chain of sums and products alone is no table.
static Operation *joinedBefore(Operation *op);

static bool hasFunctionUpTo(Operation *op) {
  if (isFunction(op))
    return true;
  Operation *before = joinedBefore(op);
  return before && hasFunctionUpTo(before);
}

static Operation *joinedBefore(Operation *op) {
  Operation *before = needsTable(op) ? variableOf(op).getDefiningOp() : nullptr;
  if (!before || !needsTable(before) || !before->hasOneUse() ||
      !(isFunction(op) || hasFunctionUpTo(before)))
    return nullptr;
  return before;
}

bool quantir::isJoined(Operation *op) {
  return op->hasOneUse() && joinedBefore(*op->user_begin()) == op;
}

static Chain chainUpTo(Operation *op) {
  Chain chain{op};
  while (Operation *before = joinedBefore(chain.front()))
    chain.insert(chain.begin(), before);
  return chain;
}

bool quantir::endsChain(Operation *op) {
  return needsTable(op) && hasFunctionUpTo(op);
}

Reason quantir::convertChain(OnCodes &on, Operation *op) {
  Chain chain = chainUpTo(op);
  Value variable = variableOf(chain.front());
  quant::QuantizedType type = on.codes.resultType(op->getResult(0));
  Value input = on.codes.narrow(variable);
  if (type && input && !isActivationCode(type))
    input = on.codes.wide(variable);
  if (!type || !input)
    return notCalibrated;
  Tabulated table = tabulate(on.builder, chain, input, type, on.forms.gelu);
  if (!table.result)
    return table.reason;
  remarkCertificate(op, table.stepsOff, "over all codes");
  on.codes.define(op->getResult(0), table.result);
  return std::nullopt;
}

void quantir::remarkCertificate(Operation *op, double stepsOff, StringRef how) {
  remark::analysis(
      op->getLoc(),
      remark::RemarkOpts::name("Certificate").category("quantir-approximate"))
      << remark::add("{0} is at most {1} steps of its result off, {2}",
                     op->getName().getStringRef(),
                     llvm::formatv("{0:F2}", stepsOff).str(), how);
}
