#include "quantir/Artifact/WriteFolder.h"

#include "SmallModel.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace quantir;
using quantir::test::ScratchFolder;
using Names = std::vector<std::string>;

static std::string contents(const std::string &path) {
  auto file = MemoryBuffer::getFile(path);
  return file ? (*file)->getBuffer().str() : "no file";
}

TEST(WriteFolder, MakesAndReplacesAFolder) {
  ScratchFolder folder;
  std::string path = folder / "out";
  ASSERT_EQ(toString(writeFolderWhole(path + "/", ".x",
                                      {{"a.x", "one"}, {"b.x", "two"}})),
            "");
  EXPECT_EQ(folder.files(), Names{"out"});
  EXPECT_EQ(contents(path + "/a.x"), "one");
  EXPECT_EQ(contents(path + "/b.x"), "two");
  ASSERT_EQ(toString(writeFolderWhole(path, ".x", {{"a.x", "three"}})), "");
  EXPECT_EQ(folder.files(), Names{"out"});
  EXPECT_EQ(contents(path + "/a.x"), "three");
  EXPECT_EQ(contents(path + "/b.x"), "no file");
}

TEST(WriteFolder, LeavesWhatItDidNotWrite) {
  ScratchFolder folder;
  std::string path = folder / "out";
  ASSERT_FALSE(sys::fs::create_directory(path));
  ASSERT_FALSE(sys::fs::create_directory(path + "/inner.x"));
  EXPECT_EQ(toString(writeFolderWhole(path, ".x", {{"a.x", "one"}})),
            "cannot write '" + path +
                "': it holds more than .x files, such as 'inner.x'");
  EXPECT_EQ(folder.files(), Names{"out"});
  EXPECT_TRUE(sys::fs::is_directory(path + "/inner.x"));
}

TEST(WriteFolder, LeavesNothingWhenAFileCannotBe) {
  ScratchFolder folder;
  EXPECT_NE(toString(writeFolderWhole(folder / "out", ".x",
                                      {{"a.x", "one"}, {"no/b.x", "two"}})),
            "");
  EXPECT_EQ(folder.files(), Names{});
}
