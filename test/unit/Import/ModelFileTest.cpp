#include "ModelFile.h"

#include <gtest/gtest.h>

using namespace llvm;
using quantir::ModelFile;

static onnx::ModelProto modelWith(ArrayRef<std::string> data) {
  onnx::ModelProto model;
  model.set_producer_name("test");
  for (const std::string &raw : data) {
    onnx::TensorProto *tensor = model.mutable_graph()->add_initializer();
    tensor->set_name("w" + std::to_string(raw.size()));
    tensor->set_raw_data(raw);
  }
  return model;
}

TEST(ModelFile, LeavesLargeDataInTheFile) {
  std::string small(100, 'a'), large(5000, 'b');
  std::string bytes = modelWith({small, large}).SerializeAsString();
  ModelFile file;
  ASSERT_TRUE(file.parse(bytes));
  const onnx::GraphProto &graph = file.model().graph();
  ASSERT_EQ(graph.initializer_size(), 2);
  EXPECT_EQ(graph.initializer(0).raw_data(), small);
  EXPECT_EQ(file.dataOf(graph.initializer(0)), "");
  EXPECT_FALSE(graph.initializer(1).has_raw_data());
  EXPECT_EQ(graph.initializer(1).name(), "w5000");
  EXPECT_EQ(file.dataOf(graph.initializer(1)), large);
  EXPECT_GE(file.dataOf(graph.initializer(1)).data(), bytes.data());
  EXPECT_LE(file.dataOf(graph.initializer(1)).end(),
            bytes.data() + bytes.size());
}

// A field may come again, and then the last one counts.
TEST(ModelFile, OfRepeatedDataTheLastCounts) {
  std::string small(100, 'a'), large(5000, 'b');
  for (auto [first, last] : {std::pair(small, large), std::pair(large, small),
                             std::pair(large, large)}) {
    onnx::TensorProto once, again;
    once.set_raw_data(first);
    again.set_raw_data(last);
    std::string tensor = once.SerializeAsString() + again.SerializeAsString();
    onnx::GraphProto graph;
    ASSERT_TRUE(graph.add_initializer()->ParseFromString(tensor));
    // Initializer and graph are fields 5 and 7, with lengths of two bytes.
    auto field = [](int number, const std::string &content) {
      return std::string{char(number * 8 + 2), char(content.size() % 128 + 128),
                         char(content.size() / 128)} +
             content;
    };
    std::string bytes = field(7, field(5, tensor));
    ModelFile file;
    ASSERT_TRUE(file.parse(bytes));
    const onnx::TensorProto &read = file.model().graph().initializer(0);
    EXPECT_EQ(file.dataOf(read).empty() ? read.raw_data()
                                        : file.dataOf(read).str(),
              last);
  }
}

TEST(ModelFile, RefusesWhatProtobufRefuses) {
  std::string bytes = modelWith({std::string(5000, 'b')}).SerializeAsString();
  for (size_t size : {size_t(1), size_t(20), bytes.size() - 1})
    EXPECT_FALSE(ModelFile().parse(StringRef(bytes).take_front(size))) << size;
}
