extern "C" {
#include "VulkanModel.h"
}

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "quantir/Gpu/PackConstants.h"
#include "quantir/Lower/PackedOrder.h"
#include "quantir/Lower/Passes.h"
#include "gtest/gtest.h"
#include <cstring>
#include <random>

using namespace mlir;
using namespace quantir;

namespace {
/// Weights of a matrix [columns][depth], and constants that have them packed.
class PackConstantsTest : public testing::Test {
protected:
  PackConstantsTest() : b(&context) {}

  DenseElementsAttr codes(int64_t count) {
    std::vector<int8_t> values(count);
    for (int8_t &value : values)
      value = int8_t(random());
    return DenseElementsAttr::get(RankedTensorType::get({count}, b.getI8Type()),
                                  ArrayRef(values));
  }

  /// Panels of `pitch` columns, `together` elements of each side by side.
  static PackedOrder panels(int64_t columns, int64_t depth, int64_t pitch,
                            int64_t together) {
    PackedOrder order;
    int64_t whole = depth / together, rest = depth % together,
            step = pitch * together;
    for (int64_t first = 0; first < columns; first += pitch) {
      int64_t to = first * (depth + (rest ? together - rest : 0)),
              width = std::min(pitch, columns - first);
      order.add(to, first * depth,
                {{whole, step, together},
                 {width, together, depth},
                 {together, 1, 1}});
      order.add(to + whole * step, first * depth + whole * together,
                {{width, together, depth}, {rest, 1, 1}});
    }
    return order;
  }

  /// \param count  elements of the constant.
  MergedConstant ofCpu(const PackedOrder &order, DenseElementsAttr weights,
                       int64_t count, int64_t offset) {
    std::vector<char> bytes(count + 64);
    order.pack(weights, bytes);
    auto type = RankedTensorType::get({int64_t(bytes.size())}, b.getI8Type());
    auto data = DenseElementsAttr::getFromRawBuffer(type, bytes);
    cpuBytes.resize(std::max<size_t>(cpuBytes.size(), offset + count));
    std::memcpy(&cpuBytes[offset], bytes.data(), count);
    return {kConstants, offset, count, data, order.describe(weights)};
  }

  void addToGpu(std::vector<char> bytes, Attribute order = {}) {
    uint64_t offset = llvm::alignTo(program.constantsSize, 256);
    program.constantsSize = offset + bytes.size();
    program.constants.push_back({offset, std::move(bytes), order});
  }
  void addToGpu(const PackedOrder &order, DenseElementsAttr weights,
                int64_t count) {
    std::vector<char> bytes(count);
    order.pack(weights, bytes);
    addToGpu(std::move(bytes), order.describe(weights));
  }
  void addWords(ArrayRef<uint32_t> words) {
    std::vector<char> bytes(words.size() * 4);
    std::memcpy(bytes.data(), words.data(), bytes.size());
    addToGpu(std::move(bytes));
  }

  /// Packs, and loads what was packed as the runtime does.
  PackedConstants pack(ArrayRef<MergedConstant> ofProcessor) {
    PackedConstants sizes = packConstants(program, ofProcessor);
    quantir_gpu_program view = {};
    view.sources[QUANTIR_GPU_LITERALS] = program.literals.data();
    view.source_sizes[QUANTIR_GPU_LITERALS] = program.literals.size();
    view.sources[QUANTIR_GPU_CPU_CONSTANTS] = cpuBytes.data();
    view.source_sizes[QUANTIR_GPU_CPU_CONSTANTS] = cpuBytes.size();
    view.pieces = program.pieces.data();
    view.pieces_size = program.pieces.size();
    view.constants_size = program.constantsSize;
    quantir_error error = {};
    EXPECT_TRUE(quantir_gpu_check_constants(&view, &error)) << error.message;
    std::vector<char> made(program.constantsSize);
    quantir_gpu_put_constants(&view, 0, made.size(), made.data());
    for (const GpuProgram::Constant &constant : program.constants)
      EXPECT_EQ(std::memcmp(&made[constant.offset], constant.bytes.data(),
                            constant.bytes.size()),
                0);
    return sizes;
  }

  MLIRContext context;
  Builder b;
  std::mt19937 random;
  GpuProgram program;
  std::vector<char> cpuBytes;
};
} // namespace

TEST_F(PackConstantsTest, ReadsPanelsInAnotherOrder) {
  for (int64_t columns : {16, 40, 43})
    for (int64_t depth : {16, 27, 64})
      for (int64_t pitch : {8, 16, 64})
        for (int64_t together : {1, 2, 4, 8}) {
          program = {};
          DenseElementsAttr weights = codes(columns * depth);
          int64_t size =
              llvm::alignTo(columns, pitch) * llvm::alignTo(depth, together);
          MergedConstant cpu = ofCpu(panels(columns, depth, pitch, together),
                                     weights, size, 128);
          addToGpu(panels(columns, depth, 48, 4), weights,
                   48 * llvm::alignTo(depth, 4));
          PackedConstants sizes = pack(cpu);
          EXPECT_EQ(sizes.own, 0u);
          EXPECT_TRUE(program.literals.empty());
        }
}

TEST_F(PackConstantsTest, SaysItInAFewBytes) {
  DenseElementsAttr weights = codes(64 * 64);
  MergedConstant cpu = ofCpu(panels(64, 64, 64, 8), weights, 4096, 0);
  addToGpu(panels(64, 64, 64, 4), weights, 4096);
  pack(cpu);
  // Words of every second step, 8 bytes apart, in one piece.
  EXPECT_LT(program.pieces.size(), 20u);
}

TEST_F(PackConstantsTest, WidensCodesOfTheProcessor) {
  DenseElementsAttr weights = codes(9 * 32);
  PackedOrder byTap, ofGpu;
  byTap.add(0, 0, {{9, 32, 1}, {32, 1, 9}});
  MergedConstant cpu = ofCpu(byTap, weights, 9 * 32, 64);
  std::vector<char> bytes(9 * 32 * 4);
  PackedOrder::forEach(byTap.boxes[0], [&](int64_t to, int64_t from) {
    float wide = weights.getValues<int8_t>()[from];
    std::memcpy(&bytes[4 * to], &wide, 4);
  });
  addToGpu(bytes, byTap.describe(weights, 4));
  EXPECT_EQ(pack(cpu).shared, 9u * 32 * 4);
  EXPECT_TRUE(program.literals.empty());
}

TEST_F(PackConstantsTest, FindsEqualConstantsWithoutAnOrder) {
  DenseElementsAttr weights = codes(64);
  PackedOrder same;
  same.add(0, 0, {{64, 1, 1}});
  MergedConstant cpu = ofCpu(same, weights, 64, 192);
  cpu.order = {};
  ArrayRef<char> raw = weights.getRawData();
  addToGpu({raw.begin(), raw.begin() + 48});
  EXPECT_EQ(pack(cpu).shared, 48u);
  EXPECT_TRUE(program.literals.empty());
}

TEST_F(PackConstantsTest, KeepsWhatTheProcessorLacks) {
  DenseElementsAttr weights = codes(256), others = codes(256);
  PackedOrder order = panels(16, 16, 16, 4);
  MergedConstant cpu = ofCpu(order, weights, 256, 0);
  addToGpu(panels(16, 16, 16, 8), others, 256);
  EXPECT_EQ(pack(cpu).own, 256u);
  EXPECT_EQ(program.literals.size(), 256u);
}

/// An order that is not true costs bytes, and nothing else.
TEST_F(PackConstantsTest, KeepsWhatItsOrderDoesNotGive) {
  DenseElementsAttr weights = codes(256);
  PackedOrder order = panels(16, 16, 16, 4);
  MergedConstant cpu = ofCpu(order, weights, 256, 0);
  cpu.order = panels(16, 16, 8, 4).describe(weights);
  addToGpu(panels(16, 16, 16, 8), weights, 256);
  EXPECT_EQ(pack(cpu).own, 256u);
}

TEST_F(PackConstantsTest, TakesTheCopyWithTheFewestPieces) {
  DenseElementsAttr weights = codes(16 * 64);
  PackedOrder gpu = panels(16, 64, 16, 4);
  MergedConstant far = ofCpu(panels(16, 64, 2, 1), weights, 1024, 0);
  MergedConstant near = ofCpu(panels(16, 64, 16, 8), weights, 1024, 1024);
  addToGpu(gpu, weights, 1024);
  pack(near);
  size_t least = program.pieces.size();
  pack({far, near});
  EXPECT_EQ(program.pieces.size(), least);
}

TEST_F(PackConstantsTest, KeepsLiteralsSmall) {
  std::vector<uint32_t> zeros(100), equal(100, 0x12345678), codes, words;
  for (int i = 0; i < 100; ++i) {
    float code = float(i - 50);
    uint32_t word;
    std::memcpy(&word, &code, 4);
    codes.push_back(word);
    words.push_back(random());
  }
  addWords(zeros);
  addWords(equal);
  addWords(codes);
  addWords(words);
  EXPECT_EQ(pack({}).own, 1600u);
  EXPECT_EQ(program.literals.size(), 0u + 4 + 100 + 400);
}

/// -0.0 and 128.0 are no codes.
TEST_F(PackConstantsTest, NarrowsCodesAlone) {
  addWords({0x3f800000, 0x80000000});
  addWords({0x3f800000, 0x43000000});
  addWords({0x3f800000, 0x7fc00000});
  addWords({0x3f800000, 0xc3000000}); // -128
  pack({});
  EXPECT_EQ(program.literals.size(), 8u + 8 + 8 + 2);
}
