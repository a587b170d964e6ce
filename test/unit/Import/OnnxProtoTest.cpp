#include "onnx/onnx-ml.pb.h"
#include "gtest/gtest.h"

// An ONNX file of the backend tests begins like this: field 1 (dims) twice,
// field 2 (data_type), field 8 (name), field 9 (raw_data).
TEST(OnnxProto, ReadsTensor) {
  std::string bytes("\x08\x01\x08\x02\x10\x02\x42\x01x\x4a\x02\x07\x09", 13);
  onnx::TensorProto tensor;
  ASSERT_TRUE(tensor.ParseFromString(bytes));
  EXPECT_EQ(tensor.dims_size(), 2);
  EXPECT_EQ(tensor.data_type(), onnx::TensorProto::UINT8);
  EXPECT_EQ(tensor.name(), "x");
  EXPECT_EQ(tensor.raw_data(), "\x07\x09");
  EXPECT_EQ(tensor.SerializeAsString(), bytes);
}

TEST(OnnxProto, KnowsTypesOfRecentSchemas) {
  EXPECT_TRUE(onnx::TensorProto::DataType_IsValid(onnx::TensorProto::INT4));
  EXPECT_TRUE(
      onnx::TensorProto::DataType_IsValid(onnx::TensorProto::FLOAT4E2M1));
}
