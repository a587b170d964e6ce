#include "CompareWithInterpreter.h"
#include "GpuBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SPIRV/IR/SPIRVDialect.h"
#include "mlir/Pass/PassManager.h"
#include "quantir/Gpu/Passes.h"
#include "quantir/Lower/Passes.h"
#include <cmath>

using namespace mlir;
using namespace quantir;
using namespace quantir::test;

namespace {

/// How many results one run computes.
constexpr int64_t kCases = 1 << 18;

using Operands = std::vector<std::vector<uint32_t>>;
using Emit = llvm::function_ref<GpuLanes(GpuBuilder &, ArrayRef<GpuLanes>)>;

/// Runs a kernel that computes f32 from `operands` f32.
class ExactFloats : public OnGpu {
protected:
  ExactFloats() {
    session.context
        .loadDialect<arith::ArithDialect, gpu::GPUDialect, math::MathDialect,
                     memref::MemRefDialect, scf::SCFDialect,
                     spirv::SPIRVDialect, vector::VectorDialect>();
  }

  /// A program of one kernel, of `lanes` results an invocation.
  std::unique_ptr<GpuModel> modelOf(unsigned operands, int64_t lanes,
                                    Emit emit) {
    Location location = UnknownLoc::get(&session.context);
    OwningOpRef<ModuleOp> module = ModuleOp::create(location);
    OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
    SmallVector<Type> buffers(operands + 1,
                              MemRefType::get({kCases}, builder.getI32Type()));
    auto main = func::FuncOp::create(builder, location, "main",
                                     builder.getFunctionType(buffers, {}));
    main->setAttr("quantir.outputs", builder.getI64IntegerAttr(1));
    Block *entry = main.addEntryBlock();
    GpuLowering lowering(*module, OpBuilder::atBlockEnd(entry),
                         *cantFail(GpuTarget::find("generic")),
                         kLargestBinding);
    emitKernel(lowering, entry->getArguments(), lanes, emit);
    func::ReturnOp::create(lowering.main, location);
    return programOf(*module, operands);
  }

  void emitKernel(GpuLowering &lowering, ValueRange buffers, int64_t lanes,
                  Emit emit) {
    GpuKernel kernel(lowering, buffers[0].getLoc(), "cases", {64, 1, 1});
    GpuBuilder b(kernel, lanes);
    Value at = kernel.globalThread();
    SmallVector<GpuLanes> operands;
    for (Value buffer : buffers.drop_back())
      operands.push_back(b.asF32(kernel.load(kernel.use(buffer, lanes), at)));
    GpuLanes result = b.asI32(emit(b, operands));
    kernel.store(result, kernel.useWritten(buffers.back(), lanes), at);
    kernel.dispatchFor(kCases / lanes);
  }

  std::unique_ptr<GpuModel> programOf(ModuleOp module, unsigned operands) {
    PassManager passes(&session.context);
    passes.addPass(createPlanMemoryPass(PlanMemoryPassOptions{256}));
    passes.addPass(createPlaceBarriersPass());
    passes.addPass(createConvertGpuToSpirvPass());
    if (failed(passes.run(module))) {
      ADD_FAILURE() << session.messages;
      return nullptr;
    }
    auto f32 = Float32Type::get(&session.context);
    SmallVector<Type> types(operands, RankedTensorType::get({kCases}, f32));
    FailureOr<GpuProgram> program = gpuProgramOf(module, types, types[0]);
    if (failed(program)) {
      ADD_FAILURE() << session.messages;
      return nullptr;
    }
    auto model = GpuModel::create(std::move(*program));
    if (model)
      return std::move(*model);
    ADD_FAILURE() << llvm::toString(model.takeError());
    return nullptr;
  }

  /// Compares what `model` computes of `operands`, with all of it computed and
  /// with what the device can do itself, with `exact`.
  void expect(GpuModel &model, const Operands &operands,
              llvm::function_ref<float(ArrayRef<float>)> exact) {
    // All kinds of operands, which a device need not take for what they are.
    uint32_t native = keepsSubnormals() ? exactOperations() : 0;
    for (uint32_t constants : {0u, native}) {
      quantir_gpu_options options{};
      options.exact_constants = constants;
      llvm::Error error = model.record(options);
      ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
      expectRun(model, operands, exact);
    }
  }
  void expectRun(GpuModel &model, const Operands &operands,
                 llvm::function_ref<float(ArrayRef<float>)> exact) {
    SmallVector<const void *> inputs;
    for (const std::vector<uint32_t> &words : operands)
      inputs.push_back(words.data());
    std::vector<uint32_t> results(kCases);
    void *output = results.data();
    llvm::Error error = model.run(inputs, output);
    ASSERT_FALSE(bool(error)) << llvm::toString(std::move(error));
    int64_t wrong = 0;
    for (int64_t i = 0; i < kCases; ++i) {
      SmallVector<float> numbers;
      for (const std::vector<uint32_t> &words : operands)
        numbers.push_back(llvm::bit_cast<float>(words[i]));
      float want = exact(numbers), have = llvm::bit_cast<float>(results[i]);
      bool same = llvm::bit_cast<uint32_t>(want) == results[i] ||
                  (std::isnan(want) && std::isnan(have));
      if (same || wrong++ >= 4)
        continue;
      std::string text;
      llvm::raw_string_ostream os(text);
      for (const std::vector<uint32_t> &words : operands)
        os << llvm::format_hex(words[i], 10) << " ";
      ADD_FAILURE() << text << "give " << have << " ("
                    << llvm::utohexstr(results[i]) << "), not " << want << " ("
                    << llvm::utohexstr(llvm::bit_cast<uint32_t>(want)) << ")";
    }
    EXPECT_EQ(wrong, 0);
  }

  /// Any bits, and bits of special meaning.
  uint32_t anyBits() {
    static const uint32_t special[] = {
        0,          1,          2,          3,          0x007fffff, 0x00800000,
        0x00800001, 0x00ffffff, 0x3effffff, 0x3f000000, 0x3f7fffff, 0x3f800000,
        0x3f800001, 0x3fffffff, 0x40000000, 0x4b7fffff, 0x7f000000, 0x7f7fffff,
        0x7f800000, 0x7f800001, 0x7fc00000, 0x33800000, 0x34000000, 0x1f800000};
    if (random() % 4)
      return random();
    return special[random() % std::size(special)] ^ (random() & 1) << 31;
  }
  /// A number of few digits, or of many digits that are the same, whose
  /// exponent is around that of 1.
  uint32_t tidyBits() {
    uint32_t digits = random() % 24;
    uint32_t mantissa = random() % 2 ? (random() << digits) & 0x7fffff
                                     : 0x7fffff >> digits ^ (random() & 3);
    uint32_t exponent = 127 + random() % 40 - 20;
    return (random() & 1) << 31 | exponent << 23 | mantissa;
  }
  Operands operandsOf(unsigned count) {
    Operands operands(count, std::vector<uint32_t>(kCases));
    for (int64_t i = 0; i < kCases; ++i)
      for (std::vector<uint32_t> &words : operands)
        words[i] = i % 2 ? anyBits() : tidyBits();
    return operands;
  }

  Session session;
  std::mt19937 random{20080613};
};

/// Addends that make sums cancel, or lie at half of a product's last place.
void placeAddends(Operands &operands, std::mt19937 &random) {
  for (int64_t i = 0; i < kCases; ++i) {
    float a = llvm::bit_cast<float>(operands[0][i]);
    float b = llvm::bit_cast<float>(operands[1][i]);
    if (random() % 2 == 0)
      continue;
    float product = -a * b;
    int distance = int(random() % 60) - 30;
    float addend = random() % 4 ? product : std::ldexp(product, distance);
    operands[2][i] = llvm::bit_cast<uint32_t>(addend) + random() % 3 - 1;
  }
}

TEST_F(ExactFloats, MultiplyAddIsRoundedOnce) {
  for (int64_t lanes : {1, 4}) {
    auto model = modelOf(3, lanes, [](GpuBuilder &b, ArrayRef<GpuLanes> x) {
      return b.fmaF32(x[0], x[1], x[2]);
    });
    ASSERT_TRUE(model);
    for (int turn = 0; turn < 4; ++turn) {
      Operands operands = operandsOf(3);
      placeAddends(operands, random);
      expect(*model, operands,
             [](ArrayRef<float> x) { return std::fma(x[0], x[1], x[2]); });
    }
  }
}

TEST_F(ExactFloats, QuotientIsRoundedOnce) {
  for (int64_t lanes : {1, 4}) {
    auto model = modelOf(2, lanes, [](GpuBuilder &b, ArrayRef<GpuLanes> x) {
      return b.divF32(x[0], x[1]);
    });
    ASSERT_TRUE(model);
    for (int turn = 0; turn < 4; ++turn)
      expect(*model, operandsOf(2),
             [](ArrayRef<float> x) { return x[0] / x[1]; });
  }
}

TEST_F(ExactFloats, RootIsRoundedOnce) {
  for (int64_t lanes : {1, 4}) {
    auto model = modelOf(1, lanes, [](GpuBuilder &b, ArrayRef<GpuLanes> x) {
      return b.sqrtF32(x[0]);
    });
    ASSERT_TRUE(model);
    for (int turn = 0; turn < 4; ++turn)
      expect(*model, operandsOf(1),
             [](ArrayRef<float> x) { return std::sqrt(x[0]); });
  }
}

TEST_F(ExactFloats, QuotientByAConstantIsRoundedOnce) {
  for (float divisor : {0.037f, -3.0f, 1.5e-19f, 12345.678f}) {
    auto model = modelOf(1, 4, [&](GpuBuilder &b, ArrayRef<GpuLanes> x) {
      return b.divideF32(x[0], divisor);
    });
    ASSERT_TRUE(model);
    Operands operands(1, std::vector<uint32_t>(kCases));
    std::uniform_real_distribution<float> quotients(-70000.0f, 70000.0f);
    for (uint32_t &bits : operands[0])
      bits = llvm::bit_cast<uint32_t>(quotients(random) * divisor);
    expect(*model, operands, [&](ArrayRef<float> x) { return x[0] / divisor; });
  }
}

} // namespace
