#include "AttentionModule.h"
#include "llvm/Support/FormatVariadic.h"

using namespace quantir::test;

namespace {
std::string tensor(llvm::ArrayRef<int64_t> shape, llvm::StringRef element) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element.str() + ">";
}

constexpr llvm::StringLiteral kQuery = "!quant.uniform<u8:f32, 0.02:131>";
constexpr llvm::StringLiteral kKey = "!quant.uniform<i8<-127:127>:f32, 0.015>";
constexpr llvm::StringLiteral kWeight =
    "!quant.uniform<u8:f32, 0.0039215688593685627>";
constexpr llvm::StringLiteral kResult = "!quant.uniform<u8:f32, 0.01:120>";

/// Builds the body line by line.
class Body {
public:
  explicit Body(const AttentionCase &c) : c(c) {}

  std::string module(bool inKernel) {
    std::vector<std::string> arguments = {
        operandType(c.heads, c.queries, kQuery),
        operandType(c.keyHeads, c.keys, kKey),
        operandType(c.keyHeads, c.keys, kKey)};
    if (!c.mask.empty())
      arguments.push_back(c.mask);
    std::string query = moved("%0", c.heads, c.queries, kQuery);
    std::string key = moved("%1", c.keyHeads, c.keys, kKey);
    std::string value = moved("%2", c.keyHeads, c.keys, kKey);
    std::string keyType = tensor({c.batch, c.heads, c.keys, c.depth}, kKey);
    std::string transposed;
    if (c.transposedKeys) {
      std::string type = tensor({c.batch, c.heads, c.depth, c.keys}, kKey);
      key = add("quantir.transpose " + key +
                    " {permutation = array<i64: 0, 1, 3, 2>} : " + keyType,
                type);
      keyType = type;
    } else {
      transposed = " {transpose_rhs}";
    }
    std::string scores = tensor({c.batch, c.heads, c.queries, c.keys}, "f32");
    std::string sums = tensor({c.batch, c.heads, c.queries, c.keys},
                              "!quant.uniform<i32:f32, 0.0003>");
    std::string queryType =
        tensor({c.batch, c.heads, c.queries, c.depth}, kQuery);
    std::string s = add("quantir.matmul " + query + ", " + key + transposed +
                            " : " + queryType + ", " + keyType,
                        sums);
    std::string weights =
        tensor({c.batch, c.heads, c.queries, c.keys}, kWeight);
    std::string p = c.integers ? probabilitiesOfCodes(s, sums, weights)
                               : probabilities(s, sums, scores, weights);
    product(p, weights, value);
    return (inKernel ? kernelModule : functionModule)(
        arguments, text, operandType(c.heads, c.queries, kResult));
  }

private:
  std::string operandType(int64_t heads, int64_t rows, llvm::StringRef codes) {
    return c.headsInside ? tensor({c.batch, rows, heads, c.depth}, codes)
                         : tensor({c.batch, heads, rows, c.depth}, codes);
  }

  std::string add(const std::string &op, const std::string &type) {
    std::string name = "%v" + std::to_string(values++);
    text += "    " + name + " = " + op + " -> " + type + "\n";
    return name;
  }

  std::string probabilities(std::string s, const std::string &sums,
                            const std::string &scores,
                            const std::string &weights) {
    s = add("quantir.dequantize " + s + " : " + sums, scores);
    if (!c.mask.empty())
      s = add("quantir.add " + s + ", %3 : " + scores + ", " + c.mask, scores);
    if (c.sees)
      s = masked(s, scores);
    s = add("quantir.softmax " + s + form() + " : " + scores, scores);
    return add("quantir.quantize " + s + " : " + scores, weights);
  }

  std::string probabilitiesOfCodes(std::string s, const std::string &sums,
                                   const std::string &weights) {
    std::string codes = tensor({c.batch, c.heads, c.queries, c.keys},
                               "!quant.uniform<i16:f32, 0.001>");
    s = add("quantir.requantize " + s + " {q31} : " + sums, codes);
    return add("quantir.softmax " + s + form() + " : " + codes, weights);
  }

  std::string form() const { return c.normalized ? "" : " {unnormalized}"; }

  std::string masked(const std::string &s, const std::string &scores) {
    std::string hidden = llvm::formatv("{0:E6}", c.hidden), values;
    for (int64_t query = 0; query < c.queries; ++query) {
      values += query ? "], [" : "[[";
      for (int64_t key = 0; key < c.keys; ++key) {
        bool seen = c.sees(query, key);
        values += key ? ", " : "";
        values +=
            c.selects ? (seen ? "true" : "false") : (seen ? "0.0" : hidden);
      }
    }
    std::string type = tensor({c.queries, c.keys}, c.selects ? "i1" : "f32");
    std::string mask =
        add("quantir.constant dense<" + values + "]]> : " + type, type);
    if (!c.selects)
      return add("quantir.add " + s + ", " + mask + " : " + scores + ", " +
                     type,
                 scores);
    std::string low = add(
        "quantir.constant dense<" + hidden + "> : tensor<f32>", "tensor<f32>");
    return add("quantir.select " + mask + ", " + s + ", " + low + " : " + type +
                   ", " + scores + ", tensor<f32>",
               scores);
  }

  /// As [B, H, S, D], with as many heads as the queries have.
  std::string moved(std::string value, int64_t heads, int64_t rows,
                    llvm::StringRef codes) {
    std::string type = tensor({c.batch, heads, rows, c.depth}, codes);
    if (c.headsInside)
      value = add("quantir.transpose " + value +
                      " {permutation = array<i64: 0, 2, 1, 3>} : " +
                      operandType(heads, rows, codes),
                  type);
    if (heads == c.heads)
      return value;
    std::string apart = tensor({c.batch, heads, 1, rows, c.depth}, codes);
    std::string groups =
        tensor({c.batch, heads, c.heads / heads, rows, c.depth}, codes);
    value = add("quantir.reshape " + value + " : " + type, apart);
    value = add("quantir.expand " + value + " : " + apart, groups);
    return add("quantir.reshape " + value + " : " + groups,
               tensor({c.batch, c.heads, rows, c.depth}, codes));
  }

  void product(const std::string &p, const std::string &weights,
               const std::string &value) {
    std::string sums = tensor({c.batch, c.heads, c.queries, c.depth},
                              "!quant.uniform<i32:f32, 0.00006>");
    std::string real = tensor({c.batch, c.heads, c.queries, c.depth}, "f32");
    std::string codes = tensor({c.batch, c.heads, c.queries, c.depth}, kResult);
    std::string rowSums =
        tensor({c.batch, c.heads, c.queries, 1},
               "!quant.uniform<i32:f32, 0.0039215688593685627>");
    std::string rows = tensor({c.batch, c.heads, c.queries, 1}, "f32");
    std::string x =
        add("quantir.matmul " + p + ", " + value + " : " + weights + ", " +
                tensor({c.batch, c.heads, c.keys, c.depth}, kKey),
            sums);
    x = add("quantir.dequantize " + x + " : " + sums, real);
    if (!c.normalized) {
      std::string r = add("quantir.reduce <sum> " + p +
                              " {axes = array<i64: 3>, keepdims} : " + weights,
                          rowSums);
      r = add("quantir.dequantize " + r + " : " + rowSums, rows);
      r = add("quantir.reciprocal " + r + " : " + rows, rows);
      x = add("quantir.mul " + x + ", " + r + " : " + real + ", " + rows, real);
    }
    x = add("quantir.quantize " + x + " : " + real, codes);
    std::string last =
        c.headsInside ? "quantir.transpose " + x +
                            " {permutation = array<i64: 0, 2, 1, 3>} : " + codes
                      : "quantir.reshape " + x + " : " + codes;
    text += "    %r = " + last + " -> " +
            operandType(c.heads, c.queries, kResult) + "\n";
  }

  const AttentionCase &c;
  std::string text;
  int values = 0;
};
} // namespace

std::string quantir::test::moduleOf(const AttentionCase &attention,
                                    bool inKernel) {
  return Body(attention).module(inKernel);
}

static bool causal(int64_t query, int64_t key) { return key <= query; }
static bool window(int64_t query, int64_t key) {
  return key <= query + 5 && key + 40 > query;
}
/// Some queries see nothing.
static bool late(int64_t query, int64_t key) {
  return query > 70 && key + 100 < query;
}

std::vector<AttentionCase> quantir::test::attentionCases() {
  return {
      AttentionCase{.name = "Plain", .queries = 16, .keys = 16, .depth = 32},
      AttentionCase{.name = "OddSizes", .queries = 37, .keys = 53, .depth = 19},
      AttentionCase{.name = "OneQuery", .queries = 1, .keys = 70, .depth = 8},
      AttentionCase{.name = "OneKey", .queries = 5, .keys = 1, .depth = 4},
      AttentionCase{.name = "OneChannel", .queries = 3, .keys = 9, .depth = 1},
      AttentionCase{.name = "Batches",
                    .batch = 3,
                    .queries = 20,
                    .keys = 33,
                    .depth = 16},
      AttentionCase{.name = "KeysAsTheyAre",
                    .queries = 20,
                    .keys = 67,
                    .depth = 36,
                    .transposedKeys = false},
      AttentionCase{.name = "HeadsInside",
                    .batch = 2,
                    .heads = 3,
                    .queries = 21,
                    .keys = 35,
                    .depth = 20,
                    .keyHeads = 3,
                    .headsInside = true},
      AttentionCase{.name = "Grouped",
                    .batch = 2,
                    .heads = 6,
                    .queries = 9,
                    .keys = 18,
                    .depth = 8,
                    .keyHeads = 2},
      AttentionCase{.name = "GroupedInside",
                    .heads = 4,
                    .queries = 9,
                    .keys = 18,
                    .depth = 8,
                    .keyHeads = 1,
                    .headsInside = true},
      AttentionCase{.name = "Normalized",
                    .queries = 11,
                    .keys = 40,
                    .depth = 12,
                    .normalized = true},
      AttentionCase{.name = "Masked",
                    .queries = 11,
                    .keys = 40,
                    .depth = 12,
                    .mask = "tensor<11x40xf32>"},
      AttentionCase{.name = "MaskedBatches",
                    .batch = 2,
                    .queries = 7,
                    .keys = 23,
                    .depth = 12,
                    .mask = "tensor<2x1x1x23xf32>"},
      AttentionCase{.name = "Causal",
                    .queries = 150,
                    .keys = 150,
                    .depth = 8,
                    .sees = causal},
      AttentionCase{.name = "CausalBySelect",
                    .queries = 130,
                    .keys = 200,
                    .depth = 8,
                    .sees = causal,
                    .selects = true},
      AttentionCase{.name = "CausalNormalized",
                    .queries = 90,
                    .keys = 90,
                    .depth = 8,
                    .normalized = true,
                    .sees = causal},
      AttentionCase{.name = "Window",
                    .queries = 210,
                    .keys = 210,
                    .depth = 8,
                    .sees = window},
      AttentionCase{.name = "SomeSeeNothing",
                    .queries = 200,
                    .keys = 150,
                    .depth = 8,
                    .sees = late},
      AttentionCase{.name = "HardlyHidden",
                    .queries = 150,
                    .keys = 150,
                    .depth = 8,
                    .sees = causal,
                    .hidden = -3.0f},
      AttentionCase{.name = "Integers",
                    .queries = 40,
                    .keys = 77,
                    .depth = 12,
                    .integers = true},
      AttentionCase{.name = "IntegersNormalized",
                    .queries = 9,
                    .keys = 77,
                    .depth = 12,
                    .normalized = true,
                    .integers = true},
      AttentionCase{.name = "LongRows",
                    .heads = 1,
                    .queries = 70,
                    .keys = 1100,
                    .depth = 16,
                    .keyHeads = 1}};
}
