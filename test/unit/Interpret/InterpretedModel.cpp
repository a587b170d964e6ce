#include "InterpretedModel.h"

#include "Quantir/QuantirDialect.h"
#include "Quantir/QuantirOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"

using namespace mlir;
using namespace quantir;
using namespace quantir::test;

Session::Session() : Session(DialectRegistry()) {}

Session::Session(const DialectRegistry &more)
    : handler(&context, [this](Diagnostic &diagnostic) {
        llvm::raw_string_ostream(messages) << diagnostic << "\n";
      }) {
  context.appendDialectRegistry(more);
  context.loadDialect<QuantirDialect, quant::QuantDialect, func::FuncDialect>();
}

static void fillRandomly(Tensor &tensor, std::mt19937 &random, Inputs inputs) {
  Type element = tensor.getElementType();
  int64_t count = tensor.getNumElements();
  if (element.isF32() && inputs != Inputs::anyBits) {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    const float extremes[] = {0.0f,  -0.0f,  infinity, -infinity, NAN,  1e-40f,
                              3e38f, -3e38f, 100.0f,   -100.0f,   0.5f, 1.5f};
    std::normal_distribution<float> normal(0.0f, 3.0f);
    for (int64_t i = 0; i < count; ++i)
      tensor.mutableAs<float>()[i] =
          inputs == Inputs::extreme && random() % 4 == 0
              ? extremes[random() % std::size(extremes)]
              : normal(random);
    return;
  }
  int64_t size = elementSize(element);
  bool small = inputs == Inputs::ordinary && size > 1;
  for (int64_t i = 0; i < count; ++i) {
    int64_t value = int64_t(uint64_t(random()) << 32 | random());
    if (small)
      value = int64_t(random() % 41) - 20;
    if (element.isInteger(1))
      value &= 1;
    if (auto codes = dyn_cast<quant::QuantizedType>(element);
        codes && size == 1)
      value = codes.getStorageTypeMin() +
              int64_t(random() % (codes.getStorageTypeMax() -
                                  codes.getStorageTypeMin() + 1));
    std::memcpy(tensor.mutableData() + i * size, &value, size);
  }
}

std::vector<Tensor> quantir::test::randomInputs(func::FuncOp main,
                                                std::mt19937 &random,
                                                Inputs kind) {
  std::vector<Tensor> inputs;
  for (Type type : main.getArgumentTypes())
    fillRandomly(inputs.emplace_back(cast<RankedTensorType>(type)), random,
                 kind);
  return inputs;
}

std::string quantir::test::difference(const Tensor &expected,
                                      const uint8_t *actual) {
  int64_t size = elementSize(expected.getElementType());
  std::string text;
  llvm::raw_string_ostream os(text);
  int64_t wrong = 0;
  for (int64_t i = 0, e = expected.getNumElements(); i < e; ++i) {
    const uint8_t *want = expected.data() + i * size, *have = actual + i * size;
    if (std::memcmp(want, have, size) == 0)
      continue;
    if (expected.getElementType().isF32()) {
      float a, b;
      std::memcpy(&a, want, 4);
      std::memcpy(&b, have, 4);
      if (std::isnan(a) && std::isnan(b))
        continue;
      if (wrong++ < 4)
        os << "element " << i << " is " << llvm::format("%.9g", b) << ", not "
           << llvm::format("%.9g", a) << "; ";
      continue;
    }
    int64_t a = 0, b = 0;
    std::memcpy(&a, want, size);
    std::memcpy(&b, have, size);
    if (wrong++ < 4)
      os << "element " << i << " is " << b << ", not " << a << "; ";
  }
  if (wrong)
    os << wrong << " of " << expected.getNumElements() << " differ";
  return text;
}

std::string quantir::test::dims(const Shape &shape) {
  std::string text;
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text;
}

int64_t quantir::test::count(const Shape &shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    product *= size;
  return product;
}

std::string quantir::test::functionModule(ArrayRef<std::string> arguments,
                                          StringRef body, StringRef result) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "func.func @main(";
  for (auto [i, type] : llvm::enumerate(arguments))
    os << (i ? ", " : "") << "%" << i << ": " << type;
  os << ") -> " << result << " {\n"
     << body << "\n  return %r : " << result << "\n}\n";
  return text;
}

std::string quantir::test::kernelModule(llvm::ArrayRef<std::string> arguments,
                                        llvm::StringRef body,
                                        llvm::StringRef result) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto list = [&](llvm::StringRef name, bool types) {
    for (auto [i, type] : llvm::enumerate(arguments)) {
      os << (i ? ", " : "") << "%" << name << i;
      if (types)
        os << ": " << type;
    }
  };
  os << "func.func @main(";
  list("input", true);
  os << ") -> " << result << " {\n  %out = quantir.kernel (";
  list("input", false);
  os << ") {\n  ^bb0(";
  list("", true);
  os << "):\n" << body << "\n    quantir.yield %r : " << result << "\n  } : (";
  llvm::interleaveComma(arguments, os);
  os << ") -> " << result << "\n  return %out : " << result << "\n}\n";
  return text;
}
