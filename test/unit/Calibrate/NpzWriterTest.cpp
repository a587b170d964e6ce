#include "quantir/Calibrate/NpzWriter.h"

#include "Fixtures.h"

using namespace llvm;
using namespace quantir;

namespace {
class NpzWriting : public FolderTest {
protected:
  const std::vector<ArrayInfo> arrays{
      {"logits", ArrayElement::F32, {3, 2}},
      {"dir/\xc3\xa4:0", ArrayElement::I64, {3}},
      {"scalar", ArrayElement::Bool, {}}};

  void writeAll(StringRef name) {
    auto writer = NpzWriter::create(path(name), arrays);
    ASSERT_TRUE(static_cast<bool>(writer)) << toString(writer.takeError());
    for (int64_t sample = 0; sample != 3; ++sample) {
      float row[2] = {sample + 0.5f, -1.0f};
      append(**writer, 0, row, sizeof(row));
      append(**writer, 1, &sample, sizeof(sample));
    }
    char yes = 1;
    append(**writer, 2, &yes, 1);
    ASSERT_FALSE(static_cast<bool>((*writer)->finish()));
  }

  void append(NpzWriter &writer, unsigned index, const void *data,
              size_t size) {
    Error error =
        writer.append(index, ArrayRef(static_cast<const char *>(data), size));
    EXPECT_FALSE(static_cast<bool>(error)) << toString(std::move(error));
  }
};
} // namespace

TEST_F(NpzWriting, GivesWhatNumpyReads) {
  writeAll("y.npz");
  python("assert zipfile.ZipFile('y.npz').testzip() is None\n"
         "y = np.load('y.npz')\n"
         "assert y.files == ['logits', 'dir/\\u00e4:0', 'scalar'], y.files\n"
         "assert y['logits'].dtype == 'f4'\n"
         "assert y['logits'].tolist() == [[.5, -1], [1.5, -1], [2.5, -1]]\n"
         "assert y['dir/\\u00e4:0'].tolist() == [0, 1, 2]\n"
         "assert y['scalar'].shape == () and y['scalar'] == True\n");
}

TEST_F(NpzWriting, GivesTheSameBytesAgainAndWhatItReadsItself) {
  writeAll("one.npz");
  writeAll("two.npz");
  EXPECT_EQ(bytesOf("one.npz"), bytesOf("two.npz"));
  auto source = openSamples(path("one.npz"), arrays);
  EXPECT_TRUE(static_cast<bool>(source)) << toString(source.takeError());
}

TEST_F(NpzWriting, LeavesNothingBehindUnlessFinished) {
  {
    auto writer = NpzWriter::create(path("y.npz"), arrays);
    ASSERT_TRUE(static_cast<bool>(writer));
    EXPECT_EQ(message((*writer)->finish()),
              "array 'logits' of 'y.npz' has 0 of its 24 bytes");
    std::vector<char> tooMany(25);
    EXPECT_EQ(message((*writer)->append(0, tooMany)),
              "array 'logits' of 'y.npz' is full");
  }
  python("assert os.listdir() == []");
}

TEST_F(NpzWriting, SaysWhereItCannotWrite) {
  auto writer = NpzWriter::create(path("no/y.npz"), arrays);
  ASSERT_FALSE(static_cast<bool>(writer));
  EXPECT_EQ(message(writer.takeError()),
            "cannot write 'no/y.npz': No such file or directory");
}

TEST_F(NpzWriting, LeavesDevicesInPlace) {
  python("os.symlink('/dev/null', 'null.npz')");
  writeAll("null.npz");
  python("assert os.path.islink('null.npz') and os.listdir() == ['null.npz']");
}

TEST(ShapeOfSamples, GrowsTheFirstDimension) {
  EXPECT_EQ(shapeOfSamples({2, 3}, 4), (SmallVector<int64_t>{8, 3}));
  EXPECT_EQ(shapeOfSamples({2, 3}, 1), (SmallVector<int64_t>{2, 3}));
  EXPECT_EQ(shapeOfSamples({}, 4), (SmallVector<int64_t>{4}));
}
