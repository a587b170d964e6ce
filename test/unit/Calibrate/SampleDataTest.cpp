#include "Fixtures.h"

using namespace llvm;
using namespace quantir;

static const ArrayInfo x{"x", ArrayElement::F32, {1, 3}};
static const ArrayInfo state{"state", ArrayElement::F32, {2, 1, 2}};

namespace {
class SampleData : public FolderTest {
protected:
  /// All values of the samples at `name`.
  std::vector<float> values(StringRef name, ArrayRef<ArrayInfo> inputs) {
    auto source = openSamples(path(name), inputs);
    if (source)
      return readAll(**source, inputs);
    ADD_FAILURE() << toString(source.takeError());
    return {};
  }
};
using Values = std::vector<float>;
} // namespace

TEST_F(SampleData, CountsSamplesByShape) {
  python("np.save('same.npy', np.float32([[1, 2, 3]]))\n"
         "np.save('batch.npy', np.arange(6, dtype='f').reshape(2, 3))\n"
         "np.save('more.npy', np.arange(6, dtype='f').reshape(2, 1, 3))\n"
         "np.save('pairs.npy', np.arange(16, dtype='f').reshape(8, 1, 2))\n"
         "np.save('numbers.npy', np.float32([7, 8]))\n"
         "np.save('number.npy', np.float32(7))\n");
  Values six{0, 1, 2, 3, 4, 5};
  EXPECT_EQ(values("same.npy", x), (Values{1, 2, 3}));
  EXPECT_EQ(values("batch.npy", x), six);
  EXPECT_EQ(values("more.npy", x), six);
  EXPECT_EQ((*openSamples(path("pairs.npy"), state))->numSamples(), 4u);
  ArrayInfo scalar{"s", ArrayElement::F32, {}};
  EXPECT_EQ(values("numbers.npy", scalar), (Values{7, 8}));
  EXPECT_EQ(values("number.npy", scalar), (Values{7}));
}

TEST_F(SampleData, ReadsStoredAndCompressedArraysAlike) {
  python("a = rng.standard_normal((1000, 3), 'f')\n"
         "b = rng.standard_normal((1000, 2, 1, 2), 'f')\n"
         "np.savez('stored.npz', state=b, x=a)\n"
         "np.savez_compressed('deflated.npz', x=a, state=b)\n"
         "np.save('flat.npy', np.concatenate([a, b.reshape(1000, 4)], 1))\n");
  Values expected =
      values("flat.npy", ArrayInfo{"", ArrayElement::F32, {1, 7}});
  ASSERT_EQ(expected.size(), 7000u);
  EXPECT_EQ(values("stored.npz", {x, state}), expected);
  EXPECT_EQ(values("deflated.npz", {x, state}), expected);
}

TEST_F(SampleData, ReadsSamplesInAnyOrder) {
  python("a = np.arange(300000, dtype='f').reshape(-1, 3)\n"
         "np.savez_compressed('deflated.npz', x=a)\n");
  auto source = openSamples(path("deflated.npz"), x);
  ASSERT_TRUE(static_cast<bool>(source));
  float sample[3];
  MutableArrayRef<char> bytes(reinterpret_cast<char *>(sample), 12);
  for (uint64_t index : {99999u, 5u, 40000u, 39999u, 0u}) {
    ASSERT_FALSE(static_cast<bool>((*source)->read(index, bytes)));
    EXPECT_EQ(sample[0], static_cast<float>(3 * index));
  }
}

TEST_F(SampleData, ReadsZipFilesWrittenAsAStream) {
  // Not seekable: sizes and checksums come after the data.
  python("import io\n"
         "class Pipe(io.RawIOBase):\n"
         "  def __init__(self, f): self.f = f\n"
         "  def writable(self): return True\n"
         "  def write(self, b): return self.f.write(b)\n"
         "for name, kind in ('stored', 0), ('deflated', 8):\n"
         "  with open(name + '.npz', 'wb') as f, \\\n"
         "       zipfile.ZipFile(Pipe(f), 'w', kind) as z:\n"
         "    data = io.BytesIO(); np.save(data, np.float32([[1, 2, 3]]))\n"
         "    z.writestr('x.npy', data.getvalue())\n");
  EXPECT_EQ(values("stored.npz", x), (Values{1, 2, 3}));
  EXPECT_EQ(values("deflated.npz", x), (Values{1, 2, 3}));
}

TEST_F(SampleData, ReadsZip64Fields) {
  // A small file whose directory states everything by zip64.
  python("np.savez('x.npz', x=np.float32([[1, 2, 3]]))\n"
         "b = open('x.npz', 'rb').read()\n"
         "end = b.rfind(b'PK\\5\\6'); cd = b.rfind(b'PK\\1\\2')\n"
         "entry = bytearray(b[cd:cd + 46]); name = b[cd + 46:cd + 51]\n"
         "size, full = struct.unpack('<II', entry[20:28])\n"
         "extra = struct.pack('<HHQQQ', 1, 24, full, size, 0)\n"
         "entry[20:28] = b'\\xff' * 8; entry[42:46] = b'\\xff' * 4\n"
         "entry[30:32] = struct.pack('<H', len(extra))\n"
         "entry += name + extra\n"
         "z = struct.pack('<IQHHIIQQQQ', 0x06064b50, 44, 45, 45, 0, 0, 1, 1,\n"
         "                len(entry), cd)\n"
         "z += struct.pack('<IIQI', 0x07064b50, 0, cd + len(entry), 1)\n"
         "z += struct.pack('<IHHHHIIH', 0x06054b50, 0, 0, 65535, 65535,\n"
         "                 2**32 - 1, 2**32 - 1, 0)\n"
         "open('x.npz', 'wb').write(b[:cd] + bytes(entry) + z)\n");
  EXPECT_EQ(values("x.npz", x), (Values{1, 2, 3}));
}

TEST_F(SampleData, ReadsEveryElementType) {
  python(
      "for t in 'bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 ' \\\n"
      "         'float16 float32 float64'.split():\n"
      "  np.save(t + '.npy', np.array([1, 0, 1], t))\n");
  for (unsigned kind = 0; kind <= static_cast<unsigned>(ArrayElement::F64);
       ++kind) {
    ArrayInfo info{"x", static_cast<ArrayElement>(kind), {3}};
    std::string file = nameOf(info.element).str() + ".npy";
    auto source = openSamples(path(file), info);
    ASSERT_TRUE(static_cast<bool>(source)) << toString(source.takeError());
    std::vector<char> bytes(info.byteSize());
    EXPECT_FALSE(
        static_cast<bool>((*source)->read(0, MutableArrayRef<char>(bytes))));
    EXPECT_EQ(StringRef(bytes.data(), bytes.size()),
              StringRef(bytesOf(file)).take_back(bytes.size()));
  }
}

TEST_F(SampleData, ReadsHeadersOfAllVersions) {
  python("a = np.float32([[1, 2, 3]])\n"
         "for v in 1, 2, 3:\n"
         "  with open(f'{v}.npy', 'wb') as f:\n"
         "    np.lib.format.write_array(f, a, (v, 0))\n"
         "np.save('column.npy', np.asfortranarray(a))\n");
  for (StringRef name : {"1.npy", "2.npy", "3.npy", "column.npy"})
    EXPECT_EQ(values(name, x), (Values{1, 2, 3}));
}

TEST_F(SampleData, ReadsFoldersInOrderOfNames) {
  python("for i in 10, 9, 1:\n"
         "  np.save(f'part_{i}.npy', np.full((2, 3), i, 'f'))\n"
         "np.savez('part_11.npz', x=np.full((1, 3), 11, 'f'))\n"
         "open('notes.txt', 'w').write('hello')\n");
  EXPECT_EQ(values("", x), (Values{1, 1,  1,  1,  1,  1,  9,  9,  9,  9, 9,
                                   9, 10, 10, 10, 10, 10, 10, 11, 11, 11}));
}

static const char *const writeTestSets =
    "from onnx import numpy_helper as onh, helper, TensorProto\n"
    "def put(path, tensor):\n"
    "  os.makedirs(os.path.dirname(path), exist_ok=True)\n"
    "  open(path, 'wb').write(tensor.SerializeToString())\n"
    "for i in range(11):\n"
    "  d = f'test_data_set_{i}/'\n"
    "  put(d + 'input_0.pb', onh.from_array(np.full((2, 1, 2), i, 'f'), "
    "'state'))\n"
    "  put(d + 'input_1.pb', helper.make_tensor('x', 1, (1, 3), [i, i, i]))\n"
    "  put(d + 'output_0.pb', onh.from_array(np.full((1, 3), -i, 'f'), 'y'))\n";

TEST_F(SampleData, ReadsTestDataSets) {
  python(writeTestSets);
  Values all = values("", {x, state});
  ASSERT_EQ(all.size(), 77u);
  for (int set = 0; set != 11; ++set)
    EXPECT_EQ(all[7 * set + 6], static_cast<float>(set));
  EXPECT_EQ(values("test_data_set_3", {x, state}), Values(7, 3.0f));

  ArrayInfo y{"y", ArrayElement::F32, {1, 3}};
  auto outputs = readTestOutputs(path("test_data_set_4"), y);
  ASSERT_TRUE(static_cast<bool>(outputs)) << toString(outputs.takeError());
  float minusFour = -4;
  EXPECT_EQ(StringRef(outputs->front().bytes.data(), 4),
            StringRef(reinterpret_cast<const char *>(&minusFour), 4));
}

TEST_F(SampleData, TakesTestDataInOrderWhereNoNameFits) {
  python(writeTestSets);
  ArrayInfo first = state, second = x;
  first.name = "a";
  second.name = "b";
  EXPECT_EQ(values("test_data_set_3", {first, second}), Values(7, 3.0f));
}

TEST_F(SampleData, ReadsTypedFieldsOfTensors) {
  python(std::string(writeTestSets) +
         "for n, t, v in (('i8', 3, [-5, 7]), ('u8', 2, [255, 0]), \\\n"
         "    ('b', 9, [True, False]), ('i64', 7, [-2**40, 1]), \\\n"
         "    ('f16', 10, [1.5, -2]), ('f64', 11, [1e300, 0])):\n"
         "  put(n + '/input_0.pb', helper.make_tensor('v', t, (2,), v))\n"
         "  a = onh.to_array(helper.make_tensor('v', t, (2,), v))\n"
         "  np.save(n + '.npy', a)\n");
  for (auto [name, element] :
       {std::pair("i8", ArrayElement::I8), std::pair("u8", ArrayElement::U8),
        std::pair("b", ArrayElement::Bool), std::pair("i64", ArrayElement::I64),
        std::pair("f16", ArrayElement::F16),
        std::pair("f64", ArrayElement::F64)}) {
    ArrayInfo info{"v", element, {2}};
    std::vector<char> bytes(info.byteSize());
    auto source = openSamples(path(name), info);
    ASSERT_TRUE(static_cast<bool>(source)) << toString(source.takeError());
    ASSERT_FALSE(
        static_cast<bool>((*source)->read(0, MutableArrayRef<char>(bytes))));
    EXPECT_EQ(
        StringRef(bytes.data(), bytes.size()),
        StringRef(bytesOf(name + std::string(".npy"))).take_back(bytes.size()));
  }
}
