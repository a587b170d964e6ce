#include "quantir/Quantize/ActivationScales.h"

#include "NamedEntries.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "quantir/Calibrate/Estimators.h"

using namespace mlir;
using namespace quantir;

static constexpr StringLiteral scalesName = "quantir.scales";
static constexpr StringLiteral rangesName = "quantir.ranges";

ActivationScale quantir::scaleOfRange(double low, double high) {
  ScaleAndZeroPoint unsign =
      scaleForRange(low, high, CodeRange::unsignedBits(8));
  ScaleAndZeroPoint sign =
      scaleForRange(low, high, CodeRange::symmetricBits(8));
  return {unsign.scale, unsign.zeroPoint, sign.scale};
}

void quantir::setActivationScales(ModuleOp module,
                                  const ActivationScales &scales) {
  Builder builder(module.getContext());
  SmallVector<NamedAttribute> entries;
  for (const auto &[name, scale] : scales) {
    NamedAttribute fields[] = {
        builder.getNamedAttr("scale", builder.getF32FloatAttr(scale.scale)),
        builder.getNamedAttr("symmetric",
                             builder.getF32FloatAttr(scale.symmetricScale)),
        builder.getNamedAttr("zero_point",
                             builder.getI32IntegerAttr(scale.zeroPoint))};
    entries.push_back(
        builder.getNamedAttr(name, builder.getDictionaryAttr(fields)));
  }
  module->setAttr(scalesName, builder.getDictionaryAttr(entries));
}

static bool isUsableScale(float scale) {
  return scale >= std::numeric_limits<float>::min() &&
         scale <= std::numeric_limits<float>::max();
}

static std::optional<ActivationScale> readScale(Attribute entry) {
  auto fields = dyn_cast<DictionaryAttr>(entry);
  if (!fields)
    return std::nullopt;
  auto scale = fields.getAs<FloatAttr>("scale");
  auto symmetric = fields.getAs<FloatAttr>("symmetric");
  auto zeroPoint = fields.getAs<IntegerAttr>("zero_point");
  if (!scale || !symmetric || !zeroPoint || !scale.getType().isF32() ||
      !symmetric.getType().isF32() || !zeroPoint.getType().isInteger(32))
    return std::nullopt;
  ActivationScale read{scale.getValue().convertToFloat(),
                       int32_t(zeroPoint.getInt()),
                       symmetric.getValue().convertToFloat()};
  if (!isUsableScale(read.scale) || !isUsableScale(read.symmetricScale) ||
      read.zeroPoint < 0 || read.zeroPoint > 255)
    return std::nullopt;
  return read;
}

static std::optional<ActivationScale> readRange(Attribute entry) {
  auto range = readFiniteRange(entry);
  if (!range)
    return std::nullopt;
  ActivationScale read = scaleOfRange(range->first, range->second);
  if (!isUsableScale(read.scale) || !isUsableScale(read.symmetricScale))
    return std::nullopt;
  return read;
}

FailureOr<ActivationScales> quantir::getActivationScales(ModuleOp module) {
  if (!module->hasAttr(scalesName) && !module->hasAttr(rangesName))
    return module.emitError("has neither '")
           << scalesName << "' nor '" << rangesName
           << "'; calibrate it with sample data first";
  ActivationScales scales;
  if (failed(readNamedEntries<ActivationScale>(
          module, rangesName, kFiniteRangeForm, readRange, scales)) ||
      failed(readNamedEntries<ActivationScale>(
          module, scalesName,
          "{scale = f32, zero_point = i32, symmetric = f32}, scales positive "
          "and zero point a u8 code,",
          readScale, scales)))
    return failure();
  return scales;
}
