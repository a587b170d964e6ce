#include "quantir/Artifact/Jit.h"

#include "SmallModel.h"
#include "quantir/Runtime/Runtime.h"

using namespace llvm;
using namespace quantir;
using quantir::test::SmallModel;

TEST(Jit, RunsAModel) {
  SmallModel model("small", 3);
  Expected<JitModule> jit =
      JitModule::compile(*model.module, cantFail(TargetSpec::host()));
  ASSERT_TRUE(bool(jit)) << toString(jit.takeError());
  auto run = reinterpret_cast<int (*)(const quantir_context *)>(
      cantFail(jit->lookup("small_run")));
  std::vector<float> x(64), arena(64), y(64);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(i) - 30;
  const void *inputs[] = {x.data()};
  void *outputs[] = {y.data()};
  for (bool isParallel : {false, true}) {
    quantir_context context = {inputs,
                               outputs,
                               arena.data(),
                               nullptr,
                               isParallel ? quantir_pool_parallel_for : nullptr,
                               nullptr,
                               nullptr,
                               nullptr};
    y.assign(y.size(), 0);
    EXPECT_EQ(run(&context), 0);
    for (size_t i = 0; i < x.size(); ++i)
      ASSERT_EQ(y[i], 3 * x[i]);
  }
}

static const char *const callsObserver = R"(
declare void @observe(ptr, i64)
define i32 @small_run(ptr %context) {
  call void @observe(ptr %context, i64 41)
  ret i32 7
})";

static void storeNext(int64_t *place, int64_t value) { *place = value + 1; }

TEST(Jit, CallsFunctionsOfThisProcess) {
  SmallModel model("small");
  model.parse(callsObserver);
  Expected<JitModule> jit =
      JitModule::compile(*model.module, cantFail(TargetSpec::host()),
                         {{"observe", reinterpret_cast<void *>(&storeNext)}});
  ASSERT_TRUE(bool(jit)) << toString(jit.takeError());
  auto run =
      reinterpret_cast<int (*)(void *)>(cantFail(jit->lookup("small_run")));
  int64_t place = 0;
  EXPECT_EQ(run(&place), 7);
  EXPECT_EQ(place, 42);
}

TEST(Jit, NamesAFunctionThatIsMissing) {
  SmallModel model("small");
  model.parse(callsObserver);
  Expected<JitModule> jit =
      JitModule::compile(*model.module, cantFail(TargetSpec::host()));
  ASSERT_FALSE(bool(jit));
  EXPECT_EQ(toString(jit.takeError()),
            "internal error: the compiled code needs 'observe', which it may "
            "not expect of a program");
}
