// What the lit tests of the operations cannot see: observers, refused inputs,
// memory shared with attributes.
#include "quantir/Interpret/Interpreter.h"

#include "Quantir/QuantirOps.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace quantir;

namespace {

class Interpreter : public testing::Test {
protected:
  Interpreter() { context.loadDialect<QuantirDialect, func::FuncDialect>(); }

  func::FuncOp parse(StringRef text) {
    module = parseSourceString<ModuleOp>(text, &context);
    return *module->getOps<func::FuncOp>().begin();
  }

  Tensor floats(ArrayRef<float> values) {
    Tensor tensor(RankedTensorType::get(int64_t(values.size()),
                                        Float32Type::get(&context)));
    llvm::copy(values, tensor.mutableAs<float>());
    return tensor;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(Interpreter, ShowsObservedValues) {
  func::FuncOp function = parse(R"mlir(
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %y = quantir.neg %x : tensor<2xf32> -> tensor<2xf32>
      quantir.observe %y {index = 7 : i64} : tensor<2xf32>
      return %x : tensor<2xf32>
    })mlir");
  int64_t seen = 0;
  auto results =
      run(function, floats({1, -2}), [&](int64_t index, const Tensor &value) {
        seen = index;
        EXPECT_EQ(value.as<float>()[1], 2.0f);
      });
  ASSERT_TRUE(succeeded(results));
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(results->front().as<float>()[1], -2.0f);
}

TEST_F(Interpreter, RefusesInputsOfOtherTypes) {
  func::FuncOp function = parse(R"mlir(
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      return %x : tensor<2xf32>
    })mlir");
  std::string message;
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { message = diagnostic.str(); });
  EXPECT_TRUE(failed(run(function, floats({1, 2, 3}))));
  EXPECT_NE(message.find("is given inputs of other types"), std::string::npos)
      << message;
}

TEST_F(Interpreter, ReadsSplatsAndTruths) {
  auto truths = RankedTensorType::get(3, IntegerType::get(&context, 1));
  auto bits = DenseElementsAttr::get(truths, ArrayRef({true, false, true}));
  auto tensor = Tensor::fromAttribute(bits, truths);
  ASSERT_TRUE(succeeded(tensor));
  EXPECT_EQ(tensor->as<uint8_t>()[1], 0);
  EXPECT_EQ(tensor->toAttribute(), bits);

  auto type = RankedTensorType::get({2, 2}, Float32Type::get(&context));
  auto splat = DenseElementsAttr::get(type, 2.5f);
  auto repeated = Tensor::fromAttribute(splat, type);
  ASSERT_TRUE(succeeded(repeated));
  EXPECT_EQ(repeated->as<float>()[3], 2.5f);
  EXPECT_EQ(repeated->toAttribute(), splat);
}

TEST_F(Interpreter, RefusesAttributesOfOtherStorage) {
  auto ints = RankedTensorType::get(2, IntegerType::get(&context, 32));
  auto floats = RankedTensorType::get(2, Float32Type::get(&context));
  auto value = DenseElementsAttr::get(ints, int32_t(1));
  EXPECT_TRUE(failed(Tensor::fromAttribute(value, floats)));
}

TEST_F(Interpreter, FoldsOnlyWhatDependsOnConstants) {
  func::FuncOp function = parse(R"mlir(
    func.func @main(%x: tensor<f32>) {
      %c = quantir.constant dense<-2.0> : tensor<f32> -> tensor<f32>
      %known = quantir.abs %c : tensor<f32> -> tensor<f32>
      %unknown = quantir.add %c, %x : tensor<f32>, tensor<f32> -> tensor<f32>
      return
    })mlir");
  SmallVector<Operation *> ops;
  for (Operation &op : function.getBody().front())
    ops.push_back(&op);
  EXPECT_TRUE(failed(foldToConstant(ops[0])));
  auto folded = foldToConstant(ops[1]);
  ASSERT_TRUE(succeeded(folded));
  EXPECT_EQ(folded->getSplatValue<float>(), 2.0f);
  EXPECT_TRUE(failed(foldToConstant(ops[2])));
  EXPECT_TRUE(failed(foldToConstant(ops[3])));
}

TEST_F(Interpreter, SizesBeyondMemoryAreRefused) {
  auto byte = IntegerType::get(&context, 8);
  EXPECT_EQ(byteSize(RankedTensorType::get({1 << 20, 1 << 20}, byte)),
            std::nullopt);
  EXPECT_EQ(byteSize(RankedTensorType::get({1 << 20, 0}, byte)), 0);
}

} // namespace
