#include "FloatOps.h"
#include "OneVariable.h"
#include "Quantir/SoftmaxForms.h"
#include "WideCodes.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "quantir/Approximate/Passes.h"
#include "quantir/Approximate/RowCertificate.h"
#include "quantir/Quantize/Remarks.h"
#include "quantir/Quantize/WeightCodes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace quantir {
#define GEN_PASS_DEF_ELIMINATEFLOATSPASS
#include "quantir/Approximate/Passes.h.inc"
} // namespace quantir

using namespace mlir;
using namespace quantir;

static constexpr StringLiteral category = "quantir-approximate";

static RankedTensorType tensorOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// True for ops of one variable that a table can hold: clamps and roots are
/// better computed.
static bool needsTable(Operation *op) {
  return variableOf(op) && !isa<ReluOp, ClipOp, SqrtOp, ReciprocalOp>(op);
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

/// True when the only reader of `op` makes a table of both.
static bool isJoined(Operation *op) {
  return op->hasOneUse() && joinedBefore(*op->user_begin()) == op;
}

static Chain chainUpTo(Operation *op) {
  Chain chain{op};
  while (Operation *before = joinedBefore(chain.front()))
    chain.insert(chain.begin(), before);
  return chain;
}

namespace {
/// Why an op stays in floating point; nothing when it does not.
using Reason = std::optional<std::string>;
const Reason notCalibrated = "calibration did not see its result";

struct ChosenForms {
  SoftmaxForm softmax = SoftmaxForm::house;
  approximate::GeluForm gelu = approximate::GeluForm::Table;
  NormForm norm = NormForm::house;
};

class Eliminator {
public:
  Eliminator(func::FuncOp func, const ChosenForms &forms)
      : func(func), forms(forms), builder(func.getContext()), codes(builder) {}

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
    builder.setInsertionPoint(op);
    if (auto requantize = dyn_cast<RequantizeOp>(op))
      requantize.setQ31(true);
    if (isa<ConstantOp>(op) || !touchesFloat(op) || isDeferred(op))
      return;
    if (auto dequantize = dyn_cast<DequantizeOp>(op))
      return codes.define(dequantize.getResult(), dequantize.getInput());
    if (auto quantize = dyn_cast<QuantizeOp>(op)) {
      if (codes.known(quantize.getInput()))
        quantize.getResult().replaceAllUsesWith(codes.as(
            quantize.getInput(), getQuantizedElement(quantize.getType())));
      return;
    }
    if (op->hasTrait<OpTrait::IsTerminator>())
      return keepFloat(op);
    // What the inputs of the model hold is quantized where it is needed.
    if (moves(op) && !llvm::any_of(op->getOperands(), [&](Value operand) {
          return codes.known(operand) != nullptr;
        }))
      return;
    if (Reason reason = convert(op)) {
      keepFloat(op);
      remarkStaysFloat(op, *reason);
    }
  }

  /// The operands as real numbers.
  void keepFloat(Operation *op) {
    for (OpOperand &operand : op->getOpOperands())
      if (isFloat(operand.get()))
        operand.set(codes.real(operand.get()));
  }

  Reason convert(Operation *op) {
    if (op->getNumResults() != 1)
      return "it has several results";
    if (needsTable(op) && hasFunctionUpTo(op))
      return convertChain(op);
    return llvm::TypeSwitch<Operation *, Reason>(op)
        .Case([&](MulOp op) { return convertProduct(op); })
        .Case([&](DivOp op) {
          return convertQuotient(op.getResult(), op.getLhs(), op.getRhs());
        })
        .Case<AddOp, SubOp>([&](auto op) { return convertSum(op); })
        .Case<MaxOp, MinOp>([&](auto op) { return convertSelection(op, 0); })
        .Case([&](SelectOp op) { return convertSelection(op, 1); })
        .Case([&](CompareOp op) { return convertComparison(op); })
        .Case([&](CastOp op) { return convertCast(op); })
        .Case([&](SoftmaxOp op) { return convertSoftmax(op); })
        .Case<LayerNormOp, RmsNormOp>([&](auto op) { return convertNorm(op); })
        .Case([&](ReduceOp op) { return convertReduction(op); })
        .Case<ReluOp, ClipOp>([&](auto op) { return convertClamp(op); })
        .Case([&](SqrtOp op) { return convertRoot(op); })
        .Case([&](ReciprocalOp op) { return convertReciprocal(op); })
        .Default([&](Operation *op) -> Reason {
          if (moves(op))
            return convertMovement(op);
          return "it has no form on codes";
        });
  }

  //===-- Sums and products -----------------------------------------------===

  template <typename Op> Reason convertSum(Op op) {
    quant::QuantizedType type = codes.resultType(op.getResult());
    auto take = [&](Value operand) {
      return isa<MulOp>(op) ? codes.factor(operand) : codes.narrow(operand);
    };
    Value lhs = take(op.getLhs()), rhs = take(op.getRhs());
    if (!type || !lhs || !rhs)
      return notCalibrated;
    codes.define(
        op.getResult(),
        Op::create(builder, op.getLoc(), op.getType().clone(type), lhs, rhs));
    return std::nullopt;
  }

  Reason convertProduct(MulOp op) {
    for (auto [one, other] : {std::pair(op.getLhs(), op.getRhs()),
                              std::pair(op.getRhs(), op.getLhs())}) {
      if (rescaleAccumulator(op, one, other))
        return std::nullopt;
      if (auto quotient = deferredQuotient(other))
        return convertQuotient(op.getResult(), one, quotient.getRhs());
    }
    return convertSum(op);
  }

  /// A positive number times an accumulator that nothing else reads is the
  /// accumulator with another scale.
  bool rescaleAccumulator(MulOp op, Value accumulator, Value number) {
    std::optional<FloatElements> data = constantFloats(number);
    auto dequantize = accumulator.getDefiningOp<DequantizeOp>();
    if (!data || tensorOf(number).getNumElements() != 1 || !dequantize ||
        tensorOf(accumulator) != op.getType() || !accumulator.hasOneUse() ||
        !dequantize.getInput().hasOneUse())
      return false;
    auto product = dequantize.getInput().getDefiningOp<MatmulOp>();
    auto type = dyn_cast<quant::UniformQuantizedType>(
        tensorOf(dequantize.getInput()).getElementType());
    double factor = (*data)[0];
    if (!product || product.getBias() || !type || !(factor > 0) ||
        !std::isfinite(factor))
      return false;
    product.getResult().setType(product.getType().clone(getSymmetricType(
        op.getContext(), 32, {type.getScale() * factor}, std::nullopt)));
    codes.define(op.getResult(), product.getResult());
    return true;
  }

  /// 1 / y that a product alone reads.
  DivOp deferredQuotient(Value value) {
    auto quotient = value.getDefiningOp<DivOp>();
    std::optional<FloatElements> one =
        quotient ? constantFloats(quotient.getLhs()) : std::nullopt;
    bool isOne = one && one->size() > 0 && (*one)[0] == 1.0f &&
                 tensorOf(quotient.getLhs()).getNumElements() == 1;
    return isOne && value.hasOneUse() && isa<MulOp>(*value.user_begin())
               ? quotient
               : DivOp();
  }

  bool isDeferred(Operation *op) {
    return isJoined(op) ||
           (isa<DivOp>(op) && deferredQuotient(op->getResult(0)));
  }

  /// The code of 1, the largest exponential of each row, where `sum` adds up
  /// the codes of exponentials.
  static std::optional<double> codeOfLargestExponential(Value sum) {
    auto reduce = sum.getDefiningOp<ReduceOp>();
    if (!reduce)
      return std::nullopt;
    Operation *made = reduce.getInput().getDefiningOp();
    if (auto quantize = dyn_cast_or_null<QuantizeOp>(made))
      made = quantize.getInput().getDefiningOp();
    auto softmax = dyn_cast_or_null<SoftmaxOp>(made);
    if (!softmax || !softmax.getUnnormalized())
      return std::nullopt;
    double step =
        getScales(getQuantizedElement(reduce.getInput().getType()))[0];
    return std::floor(1 / step);
  }

  /// The smallest code above zero that `divisor` is expected to have.
  double leastCode(Value real, Value divisor) {
    if (std::optional<double> one = codeOfLargestExponential(divisor))
      return *one;
    std::optional<Extent> extent = codes.extent(real);
    double scale = getScales(getQuantizedElement(divisor.getType()))[0];
    return extent ? std::max(1.0, std::floor(extent->low / scale)) : 1.0;
  }

  static bool isTensorAccumulator(Value value) {
    Type element = tensorOf(value).getElementType();
    return isa<quant::UniformQuantizedType>(element) &&
           isAccumulatorCode(element);
  }

  /// An accumulator of one scale as it is, else 16-bit codes; null when the
  /// extent is unknown.
  Value atLeastWide(Value real) {
    Value known = codes.known(real);
    return known && isTensorAccumulator(known) ? known : codes.wide(real);
  }

  Reason convertQuotient(Value result, Value dividend, Value divisor) {
    quant::QuantizedType type = codes.resultType(result);
    Value below = atLeastWide(divisor);
    Value above = codes.known(dividend);
    if (!above || !isTensorAccumulator(above))
      above = codes.narrow(dividend);
    if (!type || !below || !above)
      return notCalibrated;
    double scale = reciprocalScale(divisor, below);
    if (isTensorAccumulator(above)) {
      // The product of two 32-bit codes has no bits left for a multiplier.
      double ratio = getScales(type)[0] /
                     getScales(getQuantizedElement(above.getType()))[0];
      scale = std::ldexp(ratio, -int(std::floor(std::log2(ratio / scale))));
    }
    Location location = result.getLoc();
    codes.define(result,
                 MulOp::create(builder, location, tensorOf(result).clone(type),
                               above, reciprocal(location, below, scale)));
    return std::nullopt;
  }

  Value reciprocal(Location location, Value divisor, double scale) {
    auto type = tensorOf(divisor).clone(
        getSymmetricType(builder.getContext(), 32, {scale}, std::nullopt));
    return ReciprocalOp::create(builder, location, type, divisor);
  }

  /// The scale of reciprocals of `codes` whose largest takes 30 bits.
  double reciprocalScale(Value real, Value codes) {
    double step = getScales(getQuantizedElement(codes.getType()))[0];
    return 1 / (leastCode(real, codes) * step * 0x1p30);
  }

  Reason convertReciprocal(ReciprocalOp op) {
    Value input = atLeastWide(op.getInput());
    if (!input)
      return notCalibrated;
    codes.define(
        op.getResult(),
        reciprocal(op.getLoc(), input, reciprocalScale(op.getInput(), input)));
    return std::nullopt;
  }

  //===-- Choices ---------------------------------------------------------===

  /// `first` operands are no numbers.
  template <typename Op> Reason convertSelection(Op op, unsigned first) {
    quant::QuantizedType type = codes.resultType(op.getResult());
    if (!type)
      return notCalibrated;
    SmallVector<Value> operands(op->getOperands());
    for (Value &operand : MutableArrayRef(operands).drop_front(first))
      operand = codes.as(operand, type);
    Operation *made = builder.clone(*op);
    made->setOperands(operands);
    made->getResult(0).setType(op.getType().clone(type));
    codes.define(op.getResult(), made->getResult(0));
    return std::nullopt;
  }

  Reason convertComparison(CompareOp op) {
    std::optional<Extent> lhs = codes.extent(op.getLhs());
    std::optional<Extent> rhs = codes.extent(op.getRhs());
    if (!lhs || !rhs)
      return notCalibrated;
    quant::QuantizedType type = codes.wideType(
        {std::min(lhs->low, rhs->low), std::max(lhs->high, rhs->high)});
    auto made = CompareOp::create(
        builder, op.getLoc(), op.getType(), op.getPredicate(),
        codes.as(op.getLhs(), type), codes.as(op.getRhs(), type));
    op.getResult().replaceAllUsesWith(made.getResult());
    return std::nullopt;
  }

  Reason convertCast(CastOp op) {
    if (isFloat(op.getInput()))
      return "integers of other kinds are made of real numbers";
    std::optional<Extent> extent = codes.extent(op.getResult());
    if (!extent)
      return notCalibrated;
    if (std::max(-extent->low, extent->high) > 32767)
      return "16 bits do not hold its integers";
    auto type = op.getType().clone(
        getSymmetricType(op.getContext(), 16, {1.0}, std::nullopt));
    codes.define(op.getResult(),
                 CastOp::create(builder, op.getLoc(), type, op.getInput()));
    return std::nullopt;
  }

  //===-- Functions -------------------------------------------------------===

  Reason convertClamp(Operation *op) {
    quant::QuantizedType type = codes.resultType(op->getResult(0));
    Value input = codes.known(op->getOperand(0));
    if (!input)
      input = codes.narrow(op->getOperand(0));
    if (!type || !input)
      return notCalibrated;
    float low = 0, high = std::numeric_limits<float>::infinity();
    if (auto clip = dyn_cast<ClipOp>(op)) {
      low = clip.getLow().convertToFloat();
      high = clip.getHigh().convertToFloat();
    }
    auto bound = [&](float value, int64_t storage) {
      double code = std::nearbyint(value / getScales(type)[0]) +
                    double(getZeroPoints(type)[0]);
      auto limited = int32_t(std::clamp(code, double(type.getStorageTypeMin()),
                                        double(type.getStorageTypeMax())));
      return limited == storage ? IntegerAttr()
                                : builder.getI32IntegerAttr(limited);
    };
    codes.define(op->getResult(0),
                 RequantizeOp::create(
                     builder, op->getLoc(),
                     tensorOf(op->getResult(0)).clone(type), input,
                     bound(low, type.getStorageTypeMin()),
                     bound(high, type.getStorageTypeMax()), /*q31=*/true));
    return std::nullopt;
  }

  Reason convertRoot(SqrtOp op) {
    quant::QuantizedType type = codes.resultType(op.getResult());
    Value input = atLeastWide(op.getInput());
    if (!type || !input)
      return notCalibrated;
    codes.define(
        op.getResult(),
        SqrtOp::create(builder, op.getLoc(), op.getType().clone(type), input));
    return std::nullopt;
  }

  Reason convertChain(Operation *op) {
    Chain chain = chainUpTo(op);
    Value variable = variableOf(chain.front());
    quant::QuantizedType type = codes.resultType(op->getResult(0));
    Value input = codes.narrow(variable);
    if (type && input && !isActivationCode(type))
      input = codes.wide(variable);
    if (!type || !input)
      return notCalibrated;
    Tabulated table = tabulate(builder, chain, input, type, forms.gelu);
    if (!table.result)
      return table.reason;
    remarkCertificate(op, table.stepsOff, "over all codes");
    codes.define(op->getResult(0), table.result);
    return std::nullopt;
  }

  static void remarkCertificate(Operation *op, double stepsOff, StringRef how) {
    remark::analysis(op->getLoc(),
                     remark::RemarkOpts::name("Certificate").category(category))
        << remark::add("{0} is at most {1} steps of its result off, {2}",
                       op->getName().getStringRef(),
                       llvm::formatv("{0:F2}", stepsOff).str(), how);
  }

  //===-- Rows ------------------------------------------------------------===

  Reason convertSoftmax(SoftmaxOp op) {
    if (op.getLog())
      return "its logarithm has no form on codes";
    if (op.getType().getShape().back() > 65536)
      return "its rows have more than 65,536 elements";
    Value input = codes.narrow(op.getInput());
    if (!input)
      return notCalibrated;
    quant::QuantizedType type = codes.resultType(op.getResult());
    if (!type || isWideCode(type))
      type = getSymmetricType(op.getContext(), 16, {0x1p-15}, std::nullopt);
    auto made =
        SoftmaxOp::create(builder, op.getLoc(), op.getType().clone(type), input,
                          /*log=*/false, op.getUnnormalized());
    if (Reason reason = takeForm(op, made)) {
      made.erase();
      return reason;
    }
    remarkCertificate(op, softmaxStepsOff(made),
                      op.getUnnormalized() ? "over all codes"
                                           : "proved for any row");
    codes.define(op.getResult(), made.getResult());
    return std::nullopt;
  }

  /// Gives `made` the chosen form; where that refuses 16-bit scores, with the 8
  /// bits for which most were published.
  Reason takeForm(SoftmaxOp op, SoftmaxOp made) {
    if (forms.softmax == SoftmaxForm::house || op.getUnnormalized())
      return std::nullopt;
    made.setForm(forms.softmax);
    std::optional<Extent> extent = codes.extent(op.getInput());
    if (!SoftmaxFormCodes::reasonAgainst(made).empty() && extent) {
      double most = std::max(-extent->low, extent->high) / 127;
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(made);
      made->setOperand(
          0, codes.as(op.getInput(), getSymmetricType(op.getContext(), 8,
                                                      {most}, std::nullopt)));
    }
    std::string reason = SoftmaxFormCodes::reasonAgainst(made);
    if (reason.empty())
      return std::nullopt;
    return llvm::formatv("form {0}: {1}", stringifySoftmaxForm(forms.softmax),
                         reason)
        .str();
  }

  Reason convertNorm(Operation *op) {
    auto isConstant = [](Value operand) {
      return bool(operand.getDefiningOp<ConstantOp>());
    };
    if (!llvm::all_of(op->getOperands().drop_front(), isConstant))
      return "its scale or bias is not constant";
    auto rows = cast<RankedTensorType>(op->getResult(0).getType());
    if (rows.getShape().back() > 32767)
      return "its rows have more than 32,767 elements";
    quant::QuantizedType type = codes.resultType(op->getResult(0));
    Value input = codes.narrow(op->getOperand(0));
    if (!type || !input)
      return notCalibrated;
    Operation *made = builder.clone(*op);
    made->setOperand(0, input);
    made->getResult(0).setType(rows.clone(type));
    if (auto norm = dyn_cast<LayerNormOp>(made))
      norm.setForm(forms.norm);
    codes.define(op->getResult(0), made->getResult(0));
    return std::nullopt;
  }

  Reason convertReduction(ReduceOp op) {
    ReduceKind kind = op.getKind();
    if (kind == ReduceKind::prod)
      return "a product of many codes has no form on codes";
    Value input = codes.narrow(op.getInput());
    if (!input)
      return notCalibrated;
    quant::QuantizedType type = getQuantizedElement(input.getType());
    if (kind == ReduceKind::sum || kind == ReduceKind::mean) {
      int64_t count = op.getAccumulationDepth();
      if (count > (isWideCode(type) ? 65535 : 8421504))
        return "its sum may leave 32 bits";
      double share = kind == ReduceKind::mean ? 1.0 / double(count) : 1.0;
      type = getSymmetricType(op.getContext(), 32, {getScales(type)[0] * share},
                              std::nullopt);
    }
    Operation *made = builder.clone(*op);
    made->setOperand(0, input);
    made->getResult(0).setType(op.getType().clone(type));
    codes.define(op.getResult(), made->getResult(0));
    return std::nullopt;
  }

  //===-- Movement --------------------------------------------------------===

  Reason convertMovement(Operation *op) {
    Value result = op->getResult(0);
    SmallVector<OpOperand *> moved =
        cast<QuantizationInterface>(op).getActivationOperands();
    quant::QuantizedType type;
    // Zero is a code of every type.
    auto pad = dyn_cast<PadOp>(op);
    bool padsWithNumber = pad && pad.getMode() == PadMode::constant &&
                          pad.getValue().convertToFloat() != 0;
    if (moved.size() == 1 && !padsWithNumber) {
      Value only = codes.narrow(moved[0]->get());
      type = only ? getQuantizedElement(only.getType()) : nullptr;
    } else {
      type = codes.wideTypeOf(result);
    }
    if (!type)
      return notCalibrated;
    SmallVector<Value> operands(op->getOperands());
    for (OpOperand *operand : moved)
      operands[operand->getOperandNumber()] = codes.as(operand->get(), type);
    Operation *made = builder.clone(*op);
    made->setOperands(operands);
    made->getResult(0).setType(tensorOf(result).clone(type));
    codes.define(result, made->getResult(0));
    return std::nullopt;
  }

  func::FuncOp func;
  ChosenForms forms;
  OpBuilder builder;
  WideCodes codes;
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
    std::optional<SoftmaxForm> ofSoftmax = symbolizeSoftmaxForm(softmax);
    if (!ofSoftmax)
      return getOperation().emitError()
             << "unknown form of softmax '" << softmax
             << "'; use house, ibert, shiftmax, log2, hyq, litert, litert16, "
                "index or xnnpack";
    llvm::Expected<approximate::GeluForm> ofGelu =
        approximate::parseGeluForm(gelu);
    if (!ofGelu)
      return getOperation().emitError() << llvm::toString(ofGelu.takeError());
    std::optional<NormForm> ofNorm = symbolizeNormForm(norm);
    if (!ofNorm)
      return getOperation().emitError()
             << "unknown form of layer norm '" << norm
             << "'; use house, ibert or ivit";
    forms = {*ofSoftmax, *ofGelu, *ofNorm};
    return success();
  }
};
} // namespace
