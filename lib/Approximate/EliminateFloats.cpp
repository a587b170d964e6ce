#include "FloatOps.h"
#include "OpsOnCodes.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantir/Approximate/Passes.h"
#include "quantir/Quantize/Remarks.h"
#include "llvm/ADT/StringExtras.h"

namespace quantir {
#define GEN_PASS_DEF_ELIMINATEFLOATSPASS
#include "quantir/Approximate/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static constexpr const char *noForm = "it has no form on codes";

namespace {
class Eliminator {
public:
  Eliminator(func::FuncOp func, const ChosenForms &forms)
      : func(func), on(func.getContext(), forms) {}

  void run() {
    SmallVector<Operation *> ops;
    for (Operation &op : func.getBody().front())
      ops.push_back(&op);
    for (Operation *op : ops)
      visit(op);
    for (Operation *op : llvm::reverse(ops))
      if (isOpTriviallyDead(op))
        op->erase();
  }

private:
  void visit(Operation *op) {
    on.builder.setInsertionPoint(op);
    if (auto requantize = dyn_cast<RequantizeOp>(op))
      requantize.setQ31(true);
    if (isa<ConstantOp>(op) || !touchesFloat(op) || isJoined(op) ||
        isDeferredQuotient(op))
      return;
    if (auto dequantize = dyn_cast<DequantizeOp>(op))
      return on.codes.define(dequantize.getResult(), dequantize.getInput());
    if (auto quantize = dyn_cast<QuantizeOp>(op)) {
      if (on.codes.known(quantize.getInput()))
        quantize.getResult().replaceAllUsesWith(on.codes.as(
            quantize.getInput(), getQuantizedElement(quantize.getType())));
      return;
    }
    if (op->hasTrait<OpTrait::IsTerminator>())
      return keepFloat(op);
    Reason note = takeStaysFloat(op);
    // What the inputs of the model hold is quantized where it is needed.
    if (moves(op) && !llvm::any_of(op->getOperands(), [&](Value operand) {
          return on.codes.known(operand) != nullptr;
        }))
      return;
    if (Reason reason = convertOp(op)) {
      keepFloat(op);
      remarkStaysFloat(op, note && *reason == noForm ? *note : *reason);
    }
  }

  /// The operands as real numbers.
  void keepFloat(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      if (isFloat(operand.get()))
        operand.set(on.codes.real(operand.get()));
  }

  Reason convertOp(Operation *op) {
    if (op->getNumResults() != 1)
      return "it has several results";
    if (endsChain(op))
      return convertChain(on, op);
    return llvm::TypeSwitch<Operation *, Reason>(op)
        .Case<AddOp, SubOp, MulOp, DivOp, ReciprocalOp, SqrtOp, MaxOp, MinOp,
              SelectOp, CompareOp, CastOp, ReluOp, ClipOp, FloorOp, CeilOp,
              RoundOp, SoftmaxOp, LayerNormOp, RmsNormOp, ReduceOp, AvgPoolOp,
              ResizeOp>([&](auto op) { return convert(on, op); })
        .Default([&](Operation *op) -> Reason {
          if (moves(op))
            return convertMovement(on, op);
          return noForm;
        });
  }

  func::FuncOp func;
  OnCodes on;
};

struct EliminateFloats
    : quantir::impl::EliminateFloatsPassBase<EliminateFloats> {
  using EliminateFloatsPassBase::EliminateFloatsPassBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    if (!func.getBody().hasOneBlock()) {
      func.emitOpError("has control flow");
      return signalPassFailure();
    }
    ChosenForms forms;
    if (failed(chooseForms(forms)))
      return signalPassFailure();
    Eliminator(func, forms).run();
    func->setAttr(kIntegerOnlyAttr, UnitAttr::get(&getContext()));
  }

  LogicalResult chooseForms(ChosenForms &forms) {
    llvm::Expected<approximate::GeluForm> ofGelu =
        approximate::parseGeluForm(gelu);
    if (!ofGelu)
      return getOperation().emitError() << llvm::toString(ofGelu.takeError());
    forms.gelu = *ofGelu;
    return success(succeeded(chooseForm("softmax", softmax, forms.softmax)) &&
                   succeeded(chooseForm("layer norm", norm, forms.norm)));
  }

  /// The form that the dialect calls `name`; the error lists those there are.
  template <typename Form>
  LogicalResult chooseForm(StringRef what, StringRef name, Form &form) {
    if (std::optional<Form> known = symbolizeEnum<Form>(name)) {
      form = *known;
      return success();
    }
    SmallVector<StringRef> names;
    for (StringRef next = stringifyEnum(Form(0)); !next.empty();
         next = stringifyEnum(Form(names.size())))
      names.push_back(next);
    return getOperation().emitError()
           << "unknown form of " << what << " '" << name << "'; use "
           << llvm::join(names, ", ");
  }
};
} // namespace
