#include "Fixtures.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>

using namespace llvm;
using namespace quantir;

void FolderTest::SetUp() {
  SmallString<128> created;
  ASSERT_FALSE(sys::fs::createUniqueDirectory("quantir-calibrate", created));
  folder = std::string(created);
}

void FolderTest::TearDown() {
  EXPECT_FALSE(sys::fs::remove_directories(folder, /*IgnoreErrors=*/false));
}

void FolderTest::python(StringRef script) {
  std::string program = "import os, sys, struct, zipfile, numpy as np\n"
                        "os.chdir(sys.argv[1])\n"
                        "rng = np.random.default_rng(5)\n" +
                        script.str();
  std::string why;
  int status = sys::ExecuteAndWait(QUANTIR_PYTHON,
                                   {QUANTIR_PYTHON, "-c", program, folder},
                                   std::nullopt, {}, 60, 0, &why);
  ASSERT_EQ(status, 0) << why << "\n" << program;
}

void FolderTest::write(StringRef name, StringRef bytes) {
  std::error_code code;
  raw_fd_ostream stream(path(name), code);
  ASSERT_FALSE(code);
  stream << bytes;
}

std::string FolderTest::bytesOf(StringRef name) {
  auto buffer = MemoryBuffer::getFile(path(name));
  return buffer ? (*buffer)->getBuffer().str() : "no such file";
}

std::string FolderTest::path(StringRef name) const {
  return name.empty() ? folder : folder + "/" + name.str();
}

std::string FolderTest::message(Error error) const {
  std::string text = toString(std::move(error));
  for (size_t at; (at = text.find(folder + "/")) != std::string::npos;)
    text.erase(at, folder.size() + 1);
  for (size_t at; (at = text.find(folder)) != std::string::npos;)
    text.replace(at, folder.size(), "FOLDER");
  return text;
}

std::vector<float> readAll(SampleSource &source, ArrayRef<ArrayInfo> inputs) {
  std::vector<float> all;
  std::vector<std::vector<char>> buffers;
  for (const ArrayInfo &info : inputs)
    buffers.emplace_back(info.byteSize());
  std::vector<MutableArrayRef<char>> views(buffers.begin(), buffers.end());
  for (uint64_t sample = 0; sample != source.numSamples(); ++sample) {
    Error error = source.read(sample, views);
    EXPECT_FALSE(static_cast<bool>(error)) << toString(std::move(error));
    for (const std::vector<char> &buffer : buffers)
      for (size_t at = 0; at < buffer.size(); at += sizeof(float)) {
        float value;
        std::memcpy(&value, &buffer[at], sizeof(float));
        all.push_back(value);
      }
  }
  return all;
}
