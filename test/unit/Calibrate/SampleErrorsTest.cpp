#include "Fixtures.h"

#include <random>

using namespace llvm;
using namespace quantir;

static const ArrayInfo x{"x", ArrayElement::F32, {2, 3}};
static const ArrayInfo mask{"mask", ArrayElement::Bool, {2}};

namespace {
class SampleErrors : public FolderTest {
protected:
  /// What opening and reading everything says; empty when nothing is wrong.
  std::string error(StringRef name, ArrayRef<ArrayInfo> inputs,
                    NonFinite nonFinite = NonFinite::Refuse) {
    auto source = openSamples(path(name), inputs, nonFinite);
    if (!source)
      return message(source.takeError());
    std::vector<std::vector<char>> buffers;
    for (const ArrayInfo &info : inputs)
      buffers.emplace_back(info.byteSize());
    std::vector<MutableArrayRef<char>> views(buffers.begin(), buffers.end());
    for (uint64_t sample = 0; sample != (*source)->numSamples(); ++sample)
      if (Error error = (*source)->read(sample, views))
        return message(std::move(error));
    return "";
  }
};
} // namespace

TEST_F(SampleErrors, NamePathsThatCannotBeRead) {
  EXPECT_EQ(error("no.npz", x),
            "cannot open 'no.npz': No such file or directory");
  EXPECT_EQ(error("", x), "'FOLDER' has no .npy or .npz file and no ONNX test "
                          "data set; save the samples there with numpy.savez");
  write("x.npz", "hello, world");
  EXPECT_EQ(error("x.npz", x),
            "'x.npz' is neither an .npy nor an .npz file; save the samples "
            "with numpy.savez");
  write("x.npz", "");
  EXPECT_EQ(error("x.npz", x),
            "'x.npz' is neither an .npy nor an .npz file; save the samples "
            "with numpy.savez");
  python("os.remove('x.npz'); os.mkfifo('x.npz')");
  EXPECT_EQ(error("x.npz", x), "cannot open 'x.npz': it is not a file");
  python("os.remove('x.npz')");
}

TEST_F(SampleErrors, NameMissingAndExtraArrays) {
  python("a = np.zeros((2, 3), 'f')\n"
         "np.savez('x.npz', X_1=a, labels=a)\n"
         "np.savez('extra.npz', x=a, labels=a)\n"
         "np.save('x.npy', a)\n"
         "with zipfile.ZipFile('extra.npz') as z:\n"
         "  data = z.read('x.npy')\n"
         "with zipfile.ZipFile('note.npz', 'w') as z:\n"
         "  z.writestr('x.npy', data); z.writestr('note.txt', 'hi')\n");
  EXPECT_EQ(error("x.npz", ArrayInfo{"x_1", ArrayElement::F32, {2, 3}}),
            "'x.npz' has no array 'x_1', only 'X_1', 'labels', did you mean "
            "'X_1'?; save each array under the name of its tensor");
  EXPECT_EQ(error("extra.npz", ArrayInfo{"photograph", ArrayElement::F32, {}}),
            "'extra.npz' has no array 'photograph', only 'x', 'labels'; save "
            "each array under the name of its tensor");
  EXPECT_EQ(error("extra.npz", x),
            "'extra.npz' has 'labels', but the model has only 'x'; leave the "
            "rest out of the file");
  EXPECT_EQ(error("note.npz", x),
            "'note.npz' has 'note.txt', but the model has only 'x'; leave the "
            "rest out of the file");
  EXPECT_EQ(error("x.npy", {x, mask}),
            "'x.npy' is one array, but the model has 2 inputs; save them by "
            "name in an .npz file");
}

TEST_F(SampleErrors, NameWrongTypesAndShapes) {
  python("np.save('double.npy', np.zeros((2, 3)))\n"
         "np.save('odd.npy', np.zeros((3, 3), 'f'))\n"
         "np.save('none.npy', np.zeros((0, 3), 'f'))\n"
         "np.savez('uneven.npz', x=np.zeros((4, 3), 'f'), \n"
         "         mask=np.zeros(2, bool))\n");
  EXPECT_EQ(error("double.npy", x),
            "'double.npy' has type float64 where the model has float32; save "
            "it as array.astype(numpy.float32)");
  EXPECT_EQ(error("odd.npy", x),
            "'odd.npy' has shape 3x3 where the model has 2x3; give that shape, "
            "a multiple of its first dimension, or one dimension more in "
            "front");
  EXPECT_EQ(error("none.npy", x),
            "'none.npy' has shape 0x3 where the model has 2x3; give that "
            "shape, a multiple of its first dimension, or one dimension more "
            "in front");
  EXPECT_EQ(error("uneven.npz", {x, mask}),
            "'uneven.npz', array 'mask' holds 1 sample, but 'uneven.npz', "
            "array 'x' holds 2; save as many for every input");
}

TEST_F(SampleErrors, NameArraysThatHoldNoPlainNumbers) {
  python("np.save('fortran.npy', np.asfortranarray(np.zeros((2, 3), 'f')))\n"
         "np.save('big.npy', np.zeros((2, 3), '>f4'))\n"
         "np.save('object.npy', np.array([{}, 1]), allow_pickle=True)\n"
         "np.save('text.npy', np.array(['a', 'bc']))\n"
         "np.save('fields.npy', np.zeros(2, [('a', 'f'), ('b', 'i')]))\n");
  EXPECT_EQ(error("fortran.npy", x),
            "'fortran.npy' is in Fortran order; save it as "
            "numpy.ascontiguousarray(array)");
  EXPECT_EQ(error("big.npy", x), "'big.npy' is big-endian ('>f4'); save it as "
                                 "array.astype('<f4')");
  EXPECT_EQ(error("object.npy", x), "'object.npy' holds Python objects, which "
                                    "are never loaded; save numbers instead");
  EXPECT_EQ(error("text.npy", x),
            "'text.npy' has elements of type '<U2', which no model input has; "
            "save numbers instead");
  EXPECT_EQ(error("fields.npy", x),
            "'fields.npy' has records as elements, not numbers; save one plain "
            "array a name");
}

TEST_F(SampleErrors, NameValuesThatAreNotFinite) {
  python("a = np.zeros((4, 2, 3), 'f'); a[2, 1, 0] = np.nan\n"
         "np.savez('nan.npz', x=a)\n"
         "a[2, 1, 0] = -np.inf; np.save('inf.npy', a)\n"
         "b = np.array([True, False]).view('u1'); b[0] = 2\n"
         "np.save('bool.npy', b.view(bool))\n");
  EXPECT_EQ(error("nan.npz", x), "'nan.npz', array 'x', sample 2 has a NaN or "
                                 "infinity at element 3; repair or leave out "
                                 "the sample");
  EXPECT_EQ(error("inf.npy", x), "'inf.npy', sample 2 has a NaN or infinity at "
                                 "element 3; repair or leave out the sample");
  EXPECT_EQ(error("inf.npy", x, NonFinite::Allow), "");
  EXPECT_EQ(error("bool.npy", mask),
            "'bool.npy', sample 0 has a bool that is neither 0 nor 1 at "
            "element 0; make the file again");
}

TEST_F(SampleErrors, NameTruncatedAndDamagedFiles) {
  python("a = np.arange(6, dtype='f').reshape(2, 3)\n"
         "np.save('x.npy', a)\n"
         "b = open('x.npy', 'rb').read()\n"
         "open('short.npy', 'wb').write(b[:-1])\n"
         "open('long.npy', 'wb').write(b + b'!')\n"
         "open('header.npy', 'wb').write(b[:40])\n"
         "open('version.npy', 'wb').write(b[:6] + b'\\x04' + b[7:])\n"
         "open('eval.npy', 'wb').write(b.replace(b'False', b'f()  '))\n"
         "np.savez('x.npz', x=a)\n"
         "z = open('x.npz', 'rb').read()\n"
         "open('short.npz', 'wb').write(z[:-30])\n"
         "at = z.index(a.tobytes())\n"
         "open('flip.npz', 'wb').write(z[:at] + b'?' + z[at + 1:])\n"
         "with zipfile.ZipFile('bzip.npz', 'w', zipfile.ZIP_BZIP2) as f:\n"
         "  f.writestr('x.npy', b)\n");
  EXPECT_EQ(error("short.npy", x),
            "'short.npy' is truncated: 2x3 float32 takes 24 bytes and 23 are "
            "there; make or copy the file again");
  EXPECT_EQ(error("long.npy", x),
            "'long.npy' is too long: 2x3 float32 takes 24 bytes and 25 are "
            "there; make or copy the file again");
  EXPECT_EQ(error("header.npy", x),
            "'header.npy' is truncated; make or copy the file again");
  EXPECT_EQ(error("version.npy", x),
            "'version.npy' has numpy format version 4.0, which is not known; "
            "save it with numpy.save");
  EXPECT_EQ(error("eval.npy", x),
            "'eval.npy' has a damaged header; save it with numpy.save");
  EXPECT_EQ(error("short.npz", x),
            "'short.npz' is not a sound npz (zip) file: it has no directory at "
            "its end; make or copy it again");
  EXPECT_EQ(error("flip.npz", x),
            "'flip.npz', array 'x' is damaged: its checksum is wrong; make or "
            "copy the file again");
  EXPECT_EQ(error("bzip.npz", x),
            "'bzip.npz', array 'x' is compressed by method 12; save it with "
            "numpy.savez or numpy.savez_compressed");
}

TEST_F(SampleErrors, NameHeadersWithImpossibleShapes) {
  python("def npy(shape):\n"
         "  h = (\"{'descr': '<f4', 'fortran_order': False, 'shape': \" +\n"
         "       shape + ', }').encode()\n"
         "  return b'\\x93NUMPY\\1\\0' + struct.pack('<H', len(h)) + h\n"
         "for name, shape in (('huge', '(4294967296, 4294967296, 4)'),\n"
         "    ('negative', '(-1, 3)'), ('number', '(3)'), ('list', '[3]'),\n"
         "    ('sum', '(1+1,)'), ('deep', '(' * 60000)):\n"
         "  open(name + '.npy', 'wb').write(npy(shape))\n");
  EXPECT_EQ(error("huge.npy", x), "'huge.npy' has the impossible shape "
                                  "4294967296x4294967296x4");
  for (StringRef name : {"negative", "number", "list", "sum", "deep"})
    EXPECT_EQ(error(name.str() + ".npy", x),
              "'" + name.str() +
                  ".npy' has a damaged header; save it with numpy.save");
}

TEST_F(SampleErrors, NameUnusableTensorFiles) {
  python(
      "from onnx import numpy_helper as onh, helper, TensorProto\n"
      "def put(path, tensor):\n"
      "  os.makedirs(os.path.dirname(path), exist_ok=True)\n"
      "  open(path, 'wb').write(tensor.SerializeToString())\n"
      "a = np.zeros((2, 3), 'f')\n"
      "t = onh.from_array(a, 'x'); t.dims[0] = 5; put('size/input_0.pb', t)\n"
      "t = onh.from_array(a, 'x'); t.dims[0] = -2; put('dim/input_0.pb', t)\n"
      "t = onh.from_array(a, 'x'); t.data_location = 1\n"
      "t.ClearField('raw_data'); put('place/input_0.pb', t)\n"
      "put('text/input_0.pb', helper.make_tensor('x', 8, (1,), [b'a']))\n"
      "t = helper.make_tensor('x', 3, (2,), [1, 2]); t.int32_data[0] = 300\n"
      "put('range/input_0.pb', t)\n"
      "put('type/input_0.pb', onh.from_array(a.astype('d'), 'x'))\n"
      "put('two/input_0.pb', onh.from_array(a, 'x'))\n"
      "put('two/input_1.pb', onh.from_array(a, 'other'))\n"
      "os.mkdir('junk'); open('junk/input_0.pb', 'wb').write(b'\\xff' * 9)\n");
  EXPECT_EQ(error("size", x), "'size/input_0.pb' has 24 bytes of data where "
                              "5x3 float32 takes 60; make or copy the file "
                              "again");
  EXPECT_EQ(error("dim", x),
            "'dim/input_0.pb' has an impossible shape; make the file again");
  EXPECT_EQ(error("place", x), "'place/input_0.pb' keeps its data in another "
                               "place; save them inside the file");
  EXPECT_EQ(error("text", x),
            "'text/input_0.pb' has ONNX element type 8, which is not read from "
            "files; save numbers of 8 to 64 bits");
  EXPECT_EQ(error("range", x), "'range/input_0.pb' holds a number that is no "
                               "int8; make the file again");
  EXPECT_EQ(error("type", x),
            "'type/input_0.pb', tensor 'x' has type float64 where the model "
            "has float32; save it as array.astype(numpy.float32)");
  EXPECT_EQ(error("two", x), "'two' has 'other', but the model has only 'x'; "
                             "leave the rest out of the file");
  EXPECT_EQ(error("junk", x), "'junk/input_0.pb' is not a file with one ONNX "
                              "tensor; make or copy it again");
}

// Any bytes give samples or one message. Whether memory stays sound is for the
// sanitizers to say.
TEST_F(SampleErrors, AreAllThatDamagedFilesCause) {
  python("from onnx import numpy_helper as onh\n"
         "a = np.arange(60, dtype='f').reshape(10, 2, 3)\n"
         "np.savez('stored.npz', x=a); np.save('plain.npy', a)\n"
         "np.savez_compressed('deflated.npz', x=a)\n"
         "os.mkdir('set'); t = onh.from_array(a, 'x')\n"
         "open('set/input_0.pb', 'wb').write(t.SerializeToString())\n");
  std::mt19937 random(1);
  for (auto [file, opened] : {std::pair("stored.npz", "stored.npz"),
                              std::pair("deflated.npz", "deflated.npz"),
                              std::pair("plain.npy", "plain.npy"),
                              std::pair("set/input_0.pb", "set")}) {
    const std::string sound = bytesOf(file);
    for (int trial = 0; trial != 400; ++trial) {
      std::string bytes = sound;
      for (unsigned flips = random() % 3 + 1; flips; --flips)
        bytes[random() % bytes.size()] = static_cast<char>(random());
      if (trial % 4 == 0)
        bytes.resize(random() % bytes.size());
      write(file, bytes);
      error(opened, x);
    }
  }
}
