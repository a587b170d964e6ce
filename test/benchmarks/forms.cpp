// Errors of the plain forms of lib/Approximate as JSON, for forms.py.
#include "../unit/Approximate/Rows.h"

#include "quantir/Approximate/Certificate.h"
#include "quantir/Approximate/Norm.h"
#include "llvm/Support/JSON.h"
#include <cmath>
#include <random>

using namespace llvm;
using namespace quantir::approximate;
using namespace quantir::test;

static constexpr Conduct conducts[] = {Conduct::Sound, Conduct::AsPublished};

static std::string label(StringRef name, Conduct conduct) {
  return (name + (conduct == Conduct::Sound ? "" : ", as published")).str();
}

/// The object of a form that refuses, which says why.
static json::Value refused(Error error) {
  return json::Object{{"refused", toString(std::move(error))}};
}

//===-- Softmax -------------------------------------------------------------===

static json::Value softmaxCase(SoftmaxForm form, Conduct conduct, int columns,
                               double deviation, int32_t most) {
  Rows rows = normalRows(200, columns, deviation, most);
  int64_t span = 2 * int64_t(most);
  auto made =
      SoftmaxArithmetic::create(form, {rows.scale, columns, span, conduct});
  if (!made)
    return refused(made.takeError());
  SoftmaxError error = errorOf(form, conduct, rows);
  return json::Object{{"l1", error.l1}, {"sum", error.sum}};
}

static json::Value softmaxBound(SoftmaxForm form, Conduct conduct) {
  SoftmaxRows rows{0.05, 197, 255, conduct};
  auto made = SoftmaxArithmetic::create(form, rows);
  if (!made)
    return refused(made.takeError());
  RowCertificate certificate = certifySoftmax(**made, rows);
  return json::Object{{"bound", certificate.bound},
                      {"worst", certificate.worst},
                      {"rows", certificate.checked}};
}

static json::Object softmaxes() {
  json::Object all;
  for (const FormInfo<SoftmaxForm> &info : softmaxForms())
    for (Conduct conduct : conducts)
      all[label(info.name, conduct)] = json::Object{
          {"source", info.source.str()},
          {"mild", softmaxCase(info.form, conduct, 197, 1, 127)},
          {"peaky", softmaxCase(info.form, conduct, 197, 4, 127)},
          {"flat", softmaxCase(info.form, conduct, 1024, 0.2, 127)},
          {"certificate", softmaxBound(info.form, conduct)}};
  return all;
}

//===-- GELU ----------------------------------------------------------------===

/// Over all codes in [-most, most], of which the largest is `amax`: the largest
/// error of the form's own integers, and that of an 8-bit result in its steps.
static json::Value geluCase(GeluForm form, Conduct conduct, double amax,
                            int32_t most) {
  CodeSet in{amax / most, 0, -most, most};
  CodeSet out{(amax + 0.17) / 255,
              int32_t(std::lround(0.17 * 255 / (amax + 0.17))), 0, 255};
  json::Object result;
  std::vector<int32_t> codes;
  for (int32_t code = -most; code <= most; ++code)
    codes.push_back(code);
  if (form != GeluForm::Table) {
    Expected<ScaledCodes> values = gelu(form, codes, in.scale, conduct);
    if (!values)
      return refused(values.takeError());
    double worst = 0;
    for (auto [code, value] : zip(codes, values->codes))
      worst = std::max(worst, std::abs(double(value) * values->scale -
                                       exactGelu(in.real(code))));
    result["absolute"] = worst;
  }
  Expected<std::vector<int32_t>> table = geluTable(form, in, out, conduct);
  if (table)
    result["steps"] = certifyTable(*table, in, out, exactGelu).worst;
  consumeError(table.takeError());
  return result;
}

static json::Object gelus() {
  json::Object all;
  for (const FormInfo<GeluForm> &info : geluForms())
    for (Conduct conduct : conducts)
      all[label(info.name, conduct)] =
          json::Object{{"source", info.source.str()},
                       {"int8, 4", geluCase(info.form, conduct, 4, 127)},
                       {"int8, 16", geluCase(info.form, conduct, 16, 127)},
                       {"int16, 8", geluCase(info.form, conduct, 8, 32767)}};
  return all;
}

//===-- Layer norm ----------------------------------------------------------===

static json::Value normCase(NormForm form, Conduct conduct, int32_t most,
                            bool outliers) {
  double worst = 0;
  for (const std::vector<int32_t> &row : normRows(100, 768, most, outliers)) {
    double mean = 0, variance = 0;
    for (double code : row)
      mean += code / double(row.size());
    for (double code : row)
      variance += (code - mean) * (code - mean) / double(row.size());
    Expected<ScaledCodes> result = normalize(form, row, conduct);
    if (!result)
      return refused(result.takeError());
    for (auto [code, value] : zip(row, result->codes))
      worst = std::max(worst, std::abs(double(value) * result->scale -
                                       (code - mean) / std::sqrt(variance)));
  }
  return worst;
}

static json::Object norms() {
  json::Object all;
  for (const FormInfo<NormForm> &info : normForms())
    for (Conduct conduct : conducts)
      all[label(info.name, conduct)] = json::Object{
          {"source", info.source.str()},
          {"int8", normCase(info.form, conduct, 127, false)},
          {"int8, outliers", normCase(info.form, conduct, 127, true)},
          {"int16, outliers", normCase(info.form, conduct, 32767, true)}};
  return all;
}

int main() {
  outs() << json::Value(json::Object{
                {"softmax", softmaxes()}, {"gelu", gelus()}, {"norm", norms()}})
         << "\n";
}
