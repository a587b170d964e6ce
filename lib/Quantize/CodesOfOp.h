#ifndef QUANTIR_LIB_QUANTIZE_CODESOFOP_H
#define QUANTIR_LIB_QUANTIZE_CODESOFOP_H

#include "Quantir/QuantirOps.h"
#include "quantir/Quantize/ActivationChannels.h"
#include "quantir/Quantize/ActivationScales.h"
#include "quantir/Quantize/WeightCodes.h"

namespace quantir {

/// What calibration says of the values of a function.
struct CalibratedValues {
  /// By the origin of the value, see `originOf`.
  llvm::DenseMap<mlir::Value, ActivationScale> scales;
  /// By the value itself.
  llvm::DenseMap<mlir::Value, ActivationChannels> channels;
  /// Whether a softmax may leave its division to what its product becomes.
  bool divisionWaits = true;
};

/// The form on codes of one f32 op with role `computes`. Each step returns why
/// the op has to stay in floating point, or nothing; they come in this order.
class CodesOfOp {
public:
  explicit CodesOfOp(mlir::Operation *op)
      : op(mlir::cast<QuantizationInterface>(op)) {}

  /// Types of the activations: u8 for the first, symmetric i8 for the second.
  std::optional<std::string> chooseActivations(const CalibratedValues &known);
  /// Codes of the weights and of the bias, which makes up for the shift that
  /// rounded weights cause; the scales of the accumulator.
  std::optional<std::string> chooseWeights(const CalibratedValues &known);
  /// Drops the bias to floating point, or gives up, when 32 bits could
  /// overflow.
  std::optional<std::string> proveAccumulator();
  /// The proved bound of |accumulator|, partial sums included.
  int64_t largestAccumulator() const { return bound; }

  /// Builds it in front of the op; returns the f32 result.
  mlir::Value build(mlir::OpBuilder &builder);

private:
  mlir::OpOperand *biasOperand();
  void chooseBias(const FloatElements &weightData,
                  const CalibratedValues &known);
  mlir::Value buildFloatBias(mlir::OpBuilder &builder);
  void buildBias(mlir::OpBuilder &builder, mlir::Operation *codes);
  std::vector<int64_t> boundsBeforeBias();
  double accumulatorScale(double weightScale) const;
  mlir::Value buildActivation(mlir::OpBuilder &builder, size_t index);
  mlir::RankedTensorType accumulatorType(mlir::RankedTensorType shape,
                                         int64_t axis) const;

  QuantizationInterface op;
  /// Divided by after the product, or null.
  SoftmaxOp softmax;
  llvm::SmallVector<mlir::quant::QuantizedType> activations;
  WeightCodes weights;
  bool perChannel = false;
  llvm::SmallVector<double> scales;
  /// The bias in f32: nothing when there is none that is constant.
  std::optional<std::vector<float>> biasData;
  /// True when `biasData` differs from the operand.
  bool corrected = false;
  /// Nothing when there is no bias, or it is added in f32.
  std::optional<std::vector<int32_t>> bias;
  int64_t bound = 0;
};

} // namespace quantir

#endif // QUANTIR_LIB_QUANTIZE_CODESOFOP_H
