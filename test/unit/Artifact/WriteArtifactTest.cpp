#include "quantir/Artifact/WriteArtifact.h"

#include "SmallModel.h"
#include "quantir/Runtime/Runtime.h"
#include "quantir/Target/CheckedFeatures.h"
#include "llvm/Support/Program.h"
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace llvm;
using namespace quantir;
using quantir::test::ScratchFolder;
using quantir::test::SmallModel;

using Names = std::vector<std::string>;

static std::string contents(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

/// Empty when all went well.
static std::string write(const std::string &name, const std::string &path,
                         float factor = 2, unsigned level = 2) {
  SmallModel model(name, factor);
  return toString(
      writeArtifact(*model.module, model.description,
                    cantFail(TargetSpec::resolve("", "", "", level)), path));
}

static int execute(std::vector<std::string> command) {
  std::vector<StringRef> arguments(command.begin(), command.end());
  std::string program = *sys::findProgramByName(command[0]);
  return sys::ExecuteAndWait(program, arguments);
}

TEST(WriteArtifact, SharedLibraryLoadsAndRuns) {
  ScratchFolder folder;
  for (unsigned level : {0, 1, 2, 3}) {
    std::string path = folder / ("small" + std::to_string(level) + ".so");
    ASSERT_EQ(write("small", path, 2, level), "");
    quantir_error error = {};
    quantir_model *model = quantir_load(path.c_str(), &error);
    ASSERT_TRUE(model) << error.message;
    const quantir_description *description = quantir_model_description(model);
    ASSERT_EQ(description->constants_size, sizeof(float));
    EXPECT_EQ(*static_cast<const float *>(description->constants), 2);
    quantir_pool *pool = quantir_pool_create(2);
    std::vector<float> x(64, 1.5F), y(64);
    const void *input = x.data();
    void *output = y.data();
    size_t bytes = 256;
    EXPECT_EQ(quantir_model_run(model, &input, &bytes, 1, &output, &bytes, 1,
                                pool, &error),
              0)
        << error.message;
    EXPECT_EQ(y, std::vector<float>(64, 3.0F));
    quantir_pool_destroy(pool);
    quantir_unload(model);
  }
}

TEST(WriteArtifact, DescriptionReadsBack) {
  ScratchFolder folder;
  SmallModel model("small");
  model.description.inputs.push_back(
      {"codes", QUANTIR_U8, {1, 3, 2}, true, 0.25F, 128});
  model.description.outputs.push_back({"scalar", QUANTIR_I64, {}, true, 2, -3});
  TargetSpec target = cantFail(TargetSpec::host());
  ASSERT_EQ(toString(writeArtifact(*model.module, model.description, target,
                                   folder / "small.so")),
            "");
  quantir_error error = {};
  quantir_model *loaded = quantir_load((folder / "small.so").c_str(), &error);
  ASSERT_TRUE(loaded) << error.message;
  const quantir_description *d = quantir_model_description(loaded);
  EXPECT_STREQ(d->name, "small");
  EXPECT_EQ(d->num_inputs, 2u);
  EXPECT_EQ(d->num_outputs, 2u);
  EXPECT_STREQ(d->inputs[0].name, "images");
  EXPECT_EQ(d->inputs[0].shape[1], 16);
  EXPECT_EQ(d->inputs[0].quantized, 0);
  EXPECT_EQ(d->inputs[1].type, QUANTIR_U8);
  EXPECT_EQ(d->inputs[1].rank, 3);
  EXPECT_EQ(d->inputs[1].shape[2], 2);
  EXPECT_EQ(d->inputs[1].scale, 0.25F);
  EXPECT_EQ(d->inputs[1].zero_point, 128);
  EXPECT_EQ(d->outputs[1].rank, 0);
  EXPECT_EQ(d->outputs[1].zero_point, -3);
  EXPECT_EQ(d->arena_size, 256u);
  EXPECT_EQ(d->arena_alignment, 64u);
  EXPECT_EQ(d->weights_size, 4u);
  EXPECT_STREQ(d->weights_hash, "00ff");
  EXPECT_STREQ(d->target_triple, target.triple.c_str());
  EXPECT_STREQ(d->target_cpu, target.cpu.c_str());
  EXPECT_STREQ(d->target_features, checkedFeatures(target).c_str());
  EXPECT_STREQ(d->quantization, "w8a8");
  EXPECT_STREQ(d->compiler, compilerVersion().c_str());
  quantir_unload(loaded);
}

TEST(WriteArtifact, SameBytesTwice) {
  ScratchFolder folder;
  for (std::string ending : {"so", "o", "a", "s", "ll"}) {
    ASSERT_EQ(write("small", folder / ("first." + ending)), "");
    ASSERT_EQ(write("small", folder / ("second." + ending)), "");
    EXPECT_EQ(contents(folder / ("first." + ending)),
              contents(folder / ("second." + ending)));
  }
  EXPECT_EQ(contents(folder / "first.h"), contents(folder / "second.h"));
}

/// The lines of the call that the header's first comment shows.
static std::string exampleCall(const std::string &header) {
  size_t begin = header.find("A call, on one thread:");
  std::istringstream lines(header.substr(begin, header.find("*/") - begin));
  std::string code, line;
  std::getline(lines, line);
  while (std::getline(lines, line))
    if (line.size() > 2)
      code += line.substr(2) + "\n";
  return code;
}

TEST(WriteArtifact, TwoModelsLiveInOneProgram) {
  ScratchFolder folder;
  ASSERT_EQ(write("twice", folder / "twice.o", 2), "");
  ASSERT_EQ(write("thrice", folder / "thrice.a", 3), "");
  std::ofstream(folder / "main.c")
      << "#include \"twice.h\"\n#include \"thrice.h\"\n"
      << "static int twice(float *first) {\n"
      << exampleCall(contents(folder / "twice.h"))
      << "*first = output0[63]; (void)input0; return status; }\n"
      << "int main(void) {\n  float first = 0;\n"
      << exampleCall(contents(folder / "thrice.h")) << R"(
  if (status != 0 || twice(&first) != 0 || first != 0)
    return 1;
  input0[63] = 5;
  if (thrice_run(&context) != 0 || output0[63] != 15)
    return 2;
  if (twice_run(&context) != 0 || output0[63] != 10)
    return 3;
  return twice_description.inputs[0].rank == 2 ? 0 : 4;
})";
  std::string program = folder / "program";
  ASSERT_EQ(execute({C_COMPILER, "-std=c11", "-Wall", "-Wextra", "-Werror",
                     "-pedantic", "-I", folder / ".", folder / "main.c",
                     folder / "twice.o", folder / "thrice.a", "-o", program}),
            0);
  EXPECT_EQ(execute({program}), 0);
}

/// A program without any library: it proves what an artifact needs.
static const char *const bareProgram = R"(
static float x[64], y[64], arena[64] __attribute__((aligned(64)));
static int run(void) {
  x[63] = 5;
  const void *inputs[] = {x};
  void *outputs[] = {y};
  quantir_context context = {inputs, outputs, arena, 0, 0, 0, 0, 0};
  return thrice_run(&context) != 0 ? 1 : y[63] == 15 && y[0] == 0 ? 0 : 2;
}
void _start(void) {
  register long status __asm__("x0") = run();
  register long exit_call __asm__("x8") = 93;
  __asm__ volatile("svc 0" : : "r"(status), "r"(exit_call));
}
)";

TEST(WriteArtifact, AArch64CodeRunsWithoutAnyLibrary) {
  ErrorOr<std::string> qemu = sys::findProgramByName("qemu-aarch64-static");
  if (!qemu)
    GTEST_SKIP() << "needs qemu-aarch64-static";
  ScratchFolder folder;
  for (unsigned level : {0, 2}) {
    SmallModel model("thrice", 3);
    ASSERT_EQ(toString(writeArtifact(*model.module, model.description,
                                     cantFail(TargetSpec::resolve(
                                         "aarch64-linux-gnu", "", "", level)),
                                     folder / "thrice.o")),
              "");
    std::ofstream(folder / "main.c") << "#include \"thrice.h\"\n"
                                     << bareProgram;
    ASSERT_EQ(execute({C_COMPILER, "--target=aarch64-linux-gnu", "-O1",
                       "-ffreestanding", "-nostdlib", "-static", "-fuse-ld=lld",
                       "-fno-stack-protector", folder / "main.c",
                       folder / "thrice.o", "-o", folder / "program"}),
              0);
    EXPECT_EQ(execute({*qemu, folder / "program"}), 0);
  }
}

TEST(WriteArtifact, HeaderIsAlsoCPlusPlus) {
  ScratchFolder folder;
  ASSERT_EQ(write("small", folder / "small.o"), "");
  std::ofstream(folder / "main.cpp")
      << "#include \"small.h\"\n#include \"small.h\"\n"
         "int main() { return small_description.num_inputs == 0; }\n";
  EXPECT_EQ(execute({CXX_COMPILER, "-std=c++11", "-Wall", "-Wextra", "-Werror",
                     "-pedantic", "-fsyntax-only", folder / "main.cpp"}),
            0);
}

TEST(WriteArtifact, LeavesNothingBehindWhenItFails) {
  ScratchFolder folder;
  SmallModel model("small");
  model.parse("declare void @abort()\n"
              "define i32 @small_run(ptr %context) {\n"
              "  call void @abort()\n  ret i32 0\n}");
  EXPECT_NE(toString(writeArtifact(*model.module, model.description,
                                   cantFail(TargetSpec::host()),
                                   folder / "small.so")),
            "");
  sys::fs::create_directory(folder / "taken.so");
  EXPECT_EQ(write("small", folder / "taken.so"),
            "cannot write '" + folder / "taken.so" + "': Is a directory");
  EXPECT_EQ(folder.files(), Names{"taken.so"});
}

TEST(WriteArtifact, SaysWhichFolderIsMissing) {
  ScratchFolder folder;
  EXPECT_EQ(write("small", folder / "none/small.so"),
            "cannot write '" + folder / "none/small.h" +
                "': No such file or directory");
}

TEST(WriteArtifact, SaysWhichEndingsThereAre) {
  EXPECT_EQ(write("small", "small.dld"),
            "cannot tell what 'small.dld' should be; give it one of the "
            "endings .so, .o, .a, .s, .ll");
}

TEST(WriteFileWhole, ReportsAFullDisk) {
  EXPECT_NE(toString(writeFileWhole("/dev/full/x", "bytes")), "");
}

TEST(WriteFileWhole, LeavesDevicesAndPipesInPlace) {
  ScratchFolder folder;
  std::string pipe = folder / "pipe.so";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  EXPECT_EQ(toString(writeFileWhole(pipe, "bytes")), "");
  char bytes[8] = {};
  EXPECT_EQ(read(reader, bytes, sizeof(bytes)), 5);
  EXPECT_STREQ(bytes, "bytes");
  EXPECT_EQ(write("small", pipe), "cannot write '" + pipe + "': File exists");
  close(reader);
  EXPECT_NE(toString(writeFileWhole("/dev/full", "bytes")), "");
}
