// Code for a processor without FMA and SSE 4.1, against the C library.
#include "SmallModel.h"
#include "quantir/Artifact/Codegen.h"
#include "quantir/Artifact/Jit.h"
#include "quantir/Artifact/Package.h"
#include "llvm/ADT/bit.h"
#include <cmath>
#include <limits>
#include <random>

using namespace llvm;
using namespace quantir;
using quantir::test::SmallModel;

static TargetSpec oldest() {
  return cantFail(TargetSpec::resolve("x86_64-linux-gnu", "x86-64", "", 2));
}

/// A function of four numbers that uses an intrinsic of `arguments` arguments.
static std::string usesIntrinsic(const std::string &intrinsic, int arguments) {
  std::string types, values, loads;
  for (int i = 0; i < arguments; ++i) {
    std::string comma = i ? ", " : "", number = std::to_string(i);
    types += comma + "<4 x float>";
    values += comma + "<4 x float> %v" + number;
    loads += "  %p" + number + " = getelementptr <4 x float>, ptr %in, i32 " +
             number + "\n  %v" + number + " = load <4 x float>, ptr %p" +
             number + ", align 4\n";
  }
  return "declare <4 x float> @llvm." + intrinsic + ".v4f32(" + types +
         ")\ndefine void @small_run(ptr %in, ptr %out) {\n" + loads +
         "  %r = call <4 x float> @llvm." + intrinsic + ".v4f32(" + values +
         ")\n  store <4 x float> %r, ptr %out, align 4\n  ret void\n}\n";
}

using FourNumbers = void (*)(const float *in, float *out);

namespace {
struct Compiled {
  Compiled(const std::string &intrinsic, int arguments) : model("small") {
    model.parse(usesIntrinsic(intrinsic, arguments));
    jit = std::make_unique<JitModule>(
        cantFail(JitModule::compile(*model.module, oldest())));
    run = reinterpret_cast<FourNumbers>(cantFail(jit->lookup("small_run")));
  }
  SmallModel model;
  std::unique_ptr<JitModule> jit;
  FourNumbers run = nullptr;
};
} // namespace

static const float edges[] = {
    0.0F,      0.5F,      1.5F,      2.5F,        0.49999997F, 8388607.5F,
    8388608.F, 16777217., 1e30F,     1e-45F,      0x1p-126F,   0x1.fffffep127F,
    1.F,       0x1p-75F,  0x1p-149F, 0x1.8p-149F, 4194303.5F,  INFINITY,
    NAN};

static bool isSame(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) ||
         bit_cast<uint32_t>(a) == bit_cast<uint32_t>(b);
}

TEST(Builtins, RoundAsTheCLibraryDoes) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the code is for x86-64";
#endif
  std::mt19937 random(1);
  using Function = float (*)(float);
  for (auto [name, reference] :
       {std::pair<const char *, Function>("roundeven", nearbyintf),
        {"rint", rintf},
        {"nearbyint", nearbyintf},
        {"floor", floorf},
        {"ceil", ceilf},
        {"trunc", truncf}}) {
    Compiled compiled(name, 1);
    for (int i = 0; i < 200000; ++i) {
      float x[4], y[4];
      for (int lane = 0; lane < 4; ++lane)
        x[lane] = i < 40 ? std::copysign(edges[i % 19], i < 19 ? 1.F : -1.F)
                         : bit_cast<float>(static_cast<uint32_t>(random()));
      compiled.run(x, y);
      for (int lane = 0; lane < 4; ++lane)
        ASSERT_TRUE(isSame(y[lane], reference(x[lane])))
            << name << "(" << x[lane] << ") is not " << y[lane];
    }
  }
}

TEST(Builtins, FusedMultiplyAddRoundsOnce) {
#if !defined(__x86_64__)
  GTEST_SKIP() << "the code is for x86-64";
#endif
  Compiled compiled("fma", 3);
  std::mt19937 random(2);
  auto number = [&] {
    // Near exponents and few digits make ties and cancellations.
    float value =
        random() % 8 == 0
            ? edges[random() % 19]
            : std::ldexp(static_cast<float>(random() >> (random() % 31)),
                         static_cast<int>(random() % 80) - 60);
    return random() % 2 ? value : -value;
  };
  auto check = [&](float a, float b, float c) {
    float in[12], out[4];
    std::fill_n(in, 4, a);
    std::fill_n(in + 4, 4, b);
    std::fill_n(in + 8, 4, c);
    compiled.run(in, out);
    ASSERT_TRUE(isSame(out[0], std::fma(a, b, c)))
        << a << " * " << b << " + " << c << " is not " << out[0];
  };
  for (int i = 0; i < 500000; ++i)
    check(number(), number(), number());
  for (int i = 0; i < 200000; ++i)
    check(bit_cast<float>(static_cast<uint32_t>(random())),
          bit_cast<float>(static_cast<uint32_t>(random())),
          bit_cast<float>(static_cast<uint32_t>(random())));
  // Just above and below a tie, where rounding twice goes wrong.
  check(1 + 0x1p-12F, 1 + 0x1p-12F, 0x1p-60F);
  check(1 + 0x1p-12F, 1 + 0x1p-12F, -0x1p-60F);
}

namespace {
/// Functions of Builtins.c, called as the module below does.
class MemoryAndIntegers : public testing::Test {
protected:
  void SetUp() override {
#if !defined(__x86_64__)
    GTEST_SKIP() << "the code is for x86-64";
#endif
    model.parse(R"(
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
define void @copy(ptr %to, ptr %from, i64 %size) {
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %size, i1 false)
  ret void
}
define void @move(ptr %to, ptr %from, i64 %size) {
  call void @llvm.memmove.p0.p0.i64(ptr %to, ptr %from, i64 %size, i1 false)
  ret void
}
define void @fill(ptr %to, i8 %value, i64 %size) {
  call void @llvm.memset.p0.i64(ptr %to, i8 %value, i64 %size, i1 false)
  ret void
}
declare void @quantir_copy_words(ptr, ptr, i64)
declare void @quantir_move_words(ptr, ptr, i64)
declare void @quantir_fill_words(ptr, i8, i64)
define void @copy_words(ptr %to, ptr %from, i64 %size) {
  call void @quantir_copy_words(ptr %to, ptr %from, i64 %size)
  ret void
}
define void @move_words(ptr %to, ptr %from, i64 %size) {
  call void @quantir_move_words(ptr %to, ptr %from, i64 %size)
  ret void
}
define void @fill_words(ptr %to, i8 %value, i64 %size) {
  call void @quantir_fill_words(ptr %to, i8 %value, i64 %size)
  ret void
}
declare i64 @quantir_sdiv(i64, i64)
declare i64 @quantir_urem(i64, i64)
declare i64 @quantir_f32_to_i64(float)
declare float @quantir_u64_to_f32(i64)
declare float @quantir_i64_to_f32(i64)
define i64 @sdiv(i64 %a, i64 %b) {
  %r = call i64 @quantir_sdiv(i64 %a, i64 %b)
  ret i64 %r
}
define i64 @urem(i64 %a, i64 %b) {
  %r = call i64 @quantir_urem(i64 %a, i64 %b)
  ret i64 %r
}
define i64 @to_i64(float %x) {
  %r = call i64 @quantir_f32_to_i64(float %x)
  ret i64 %r
}
define float @from_u64(i64 %x) {
  %r = call float @quantir_u64_to_f32(i64 %x)
  ret float %r
}
define float @from_i64(i64 %x) {
  %r = call float @quantir_i64_to_f32(i64 %x)
  ret float %r
}
declare void @quantir_probe_x86_64()
define i64 @probe(i64 %size) {
  %r = call i64 asm sideeffect "callq ${2:P}", "={ax},{ax},i,~{memory},~{flags}"(i64 %size, ptr @quantir_probe_x86_64)
  ret i64 %r
}
)");
    jit = std::make_unique<JitModule>(
        cantFail(JitModule::compile(*model.module, oldest())));
  }
  template <typename Function> Function *find(StringRef name) {
    return reinterpret_cast<Function *>(cantFail(jit->lookup(name)));
  }
  SmallModel model{"small"};
  std::unique_ptr<JitModule> jit;
};
} // namespace

TEST_F(MemoryAndIntegers, CopiesMovesAndFillsOfEverySize) {
  using Bytes = std::vector<uint8_t>;
  Bytes source(600);
  for (size_t i = 0; i < source.size(); ++i)
    source[i] = uint8_t(i * 7 + i / 256);
  auto at = [](Bytes &bytes, size_t offset) { return bytes.begin() + offset; };
  for (std::string suffix : {"", "_words"}) {
    using Transfer = void(uint8_t *, const uint8_t *, uint64_t);
    auto *copy = find<Transfer>("copy" + suffix);
    auto *move = find<Transfer>("move" + suffix);
    auto *fill = find<void(uint8_t *, uint8_t, uint64_t)>("fill" + suffix);
    for (size_t size = 0; size < 270; ++size)
      for (size_t offset : {0, 1, 8, 40}) {
        Bytes expected(600), actual(600);
        std::copy_n(at(source, 3 * offset), size, at(expected, offset));
        copy(&actual[offset], &source[3 * offset], size);
        ASSERT_EQ(actual, expected) << "copy of " << size;
        for (size_t to : {64 - offset, 64 + offset}) {
          actual = expected = source;
          std::copy_n(at(source, 64), size, at(expected, to));
          move(&actual[to], &actual[64], size);
          ASSERT_EQ(actual, expected) << "move of " << size << " to " << to;
        }
        actual = expected = source;
        std::fill_n(at(expected, offset), size, 0xa5);
        fill(&actual[offset], 0xa5, size);
        ASSERT_EQ(actual, expected) << "fill of " << size;
      }
  }
}

TEST_F(MemoryAndIntegers, IntegersOf64BitsAsTheProcessor) {
  auto *sdiv = find<int64_t(int64_t, int64_t)>("sdiv");
  auto *urem = find<uint64_t(uint64_t, uint64_t)>("urem");
  auto *toI64 = find<int64_t(float)>("to_i64");
  auto *fromU64 = find<float(uint64_t)>("from_u64");
  auto *fromI64 = find<float(int64_t)>("from_i64");
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    uint64_t a = random() >> random() % 64, b = (random() >> random() % 64) | 1;
    auto sa = int64_t(random() % 2 ? a : -a),
         sb = int64_t(random() % 2 ? b : -b);
    ASSERT_EQ(urem(a, b), a % b);
    ASSERT_EQ(sdiv(sa, sb), sa / sb) << sa << " / " << sb;
    ASSERT_EQ(fromU64(a), float(a)) << a;
    ASSERT_EQ(fromI64(sa), float(sa)) << sa;
    float x = std::ldexp(float(sa), -int(random() % 64));
    if (std::fabs(x) < 0x1p63F) {
      ASSERT_EQ(toI64(x), int64_t(x)) << x;
    }
  }
}

TEST_F(MemoryAndIntegers, ProbeOfTheStackKeepsItsSize) {
  auto *probe = find<int64_t(int64_t)>("probe");
  for (int64_t size : {0, 1, 4095, 4096, 4097, 100000})
    EXPECT_EQ(probe(size), size);
}

TEST(Builtins, StayOutWhereTheyAreInstructions) {
  SmallModel model("small");
  model.parse(usesIntrinsic("fma", 3));
  TargetSpec target =
      cantFail(TargetSpec::resolve("x86_64-linux-gnu", "haswell", "", 2));
  ASSERT_EQ(toString(optimizeModule(*model.module, target)), "");
  EXPECT_EQ(model.module->getFunction("fmaf"), nullptr);
}

TEST(Builtins, AreNotVisible) {
  SmallModel model("small");
  model.parse(usesIntrinsic("floor", 1));
  cantFail(optimizeModule(*model.module, oldest()));
  std::string object = cantFail(emitObject(*model.module, oldest()));
  EXPECT_EQ(toString(checkFreestanding(object)), "");
  EXPECT_TRUE(model.module->getFunction("floorf")->hasLocalLinkage());
  EXPECT_TRUE(model.module->getFunction("roundevenf")->hasLocalLinkage());
}
