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
