// Loads and stores of elements narrower and wider than a word.
#include "QuadEvaluator.h"

#include "Quantir/LaneKind.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace quantir;

/// How an element type lies in words.
struct ElementCode {
  explicit ElementCode(Type element)
      : bits(bytesOfElement(getStorageType(element)) * 8),
        isFloat(element.isF32()), isBool(element.isInteger(1)),
        isUnsigned(isZeroExtended(element) || isBool) {}

  int64_t perWord() const { return 32 / bits; }

  int64_t bits;
  bool isFloat, isBool, isUnsigned;
};

static Value splatLike(ImplicitLocOpBuilder &b, Type type, int32_t value) {
  Attribute number = b.getI32IntegerAttr(value);
  if (auto vector = dyn_cast<VectorType>(type))
    number = DenseElementsAttr::get(vector, number);
  return arith::ConstantOp::create(b, cast<TypedAttr>(number));
}

/// i32 lanes, already widened, as what the ops compute with.
static GpuLanes asLanes(ImplicitLocOpBuilder &b, Value wide,
                        const ElementCode &code) {
  Type type = wide.getType();
  if (code.isBool)
    return Value(arith::CmpIOp::create(b, arith::CmpIPredicate::ne, wide,
                                       splatLike(b, type, 0)));
  if (!code.isFloat)
    return wide;
  Type real = b.getF32Type();
  if (auto vector = dyn_cast<VectorType>(type))
    real = vector.clone(real);
  return Value(arith::BitcastOp::create(b, real, wide));
}

GpuLanes quantir::loadElement(GpuKernel &kernel, Value binding, Type element,
                              Value rowWord, Value at) {
  ImplicitLocOpBuilder &b = kernel.builder();
  ElementCode code(element);
  if (code.bits == 64) {
    Value word = kernel.add(rowWord, kernel.mul(at, 2));
    return {kernel.load(binding, word),
            kernel.load(binding, kernel.add(word, 1))};
  }
  if (code.bits == 32)
    return asLanes(b, kernel.load(binding, kernel.add(rowWord, at)), code);
  Value word =
      kernel.load(binding, kernel.add(rowWord, kernel.div(at, code.perWord())));
  Value place = kernel.mul(kernel.rem(at, code.perWord()), code.bits);
  Value shifted = arith::ShRUIOp::create(b, word, kernel.asI32(place));
  Value up = kernel.i32(int32_t(32 - code.bits));
  Value high = arith::ShLIOp::create(b, shifted, up);
  Value wide = code.isUnsigned
                   ? arith::ShRUIOp::create(b, high, up).getResult()
                   : arith::ShRSIOp::create(b, high, up).getResult();
  return asLanes(b, wide, code);
}

static Value fourLanes(ImplicitLocOpBuilder &b, ArrayRef<Value> lanes) {
  auto type = VectorType::get({4}, lanes[0].getType());
  return vector::FromElementsOp::create(b, type, lanes);
}

GpuLanes quantir::joinLanes(GpuKernel &kernel, ArrayRef<GpuLanes> lanes) {
  ImplicitLocOpBuilder &b = kernel.builder();
  SmallVector<Value> low, high;
  for (const GpuLanes &lane : lanes) {
    low.push_back(lane.bits);
    high.push_back(lane.high);
  }
  return {fourLanes(b, low), high[0] ? fourLanes(b, high) : Value()};
}

/// The lanes of each word, one behind the other, widened to i32.
static Value widen(ImplicitLocOpBuilder &b, ArrayRef<Value> words,
                   const ElementCode &code) {
  SmallVector<Value> repeated;
  SmallVector<int32_t> up;
  for (Value word : words)
    for (int64_t i = 0; i < code.perWord(); ++i) {
      repeated.push_back(word);
      up.push_back(int32_t(32 - code.bits * (i + 1)));
    }
  auto type = VectorType::get({4}, b.getI32Type());
  Value all =
      repeated[0] == repeated[3]
          ? vector::BroadcastOp::create(b, type, repeated[0]).getResult()
          : fourLanes(b, repeated);
  Value high = arith::ShLIOp::create(
      b, all,
      arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef(up))));
  Value down = splatLike(b, type, int32_t(32 - code.bits));
  return code.isUnsigned ? arith::ShRUIOp::create(b, high, down).getResult()
                         : arith::ShRSIOp::create(b, high, down).getResult();
}

int64_t quantir::quadWidth(int64_t columns, int64_t bits) {
  return bits == 32 && columns % 4 == 0 ? 4 : 1;
}

static bool isWide(Value binding) {
  return isa<VectorType>(cast<MemRefType>(binding.getType()).getElementType());
}

SmallVector<Value> quantir::loadQuadWords(GpuKernel &kernel, Value binding,
                                          Type element, Value rowWord,
                                          Value column, int64_t columns) {
  ElementCode code(element);
  assert(code.bits < 32 && "a quad is words of several elements");
  // A word begins at each `perWord` elements, gaps included.
  int64_t last = (columns - 1) / code.perWord();
  Value first = kernel.div(column, code.perWord());
  SmallVector<Value> words;
  for (int64_t i = 0; i < 4 / code.perWord(); ++i) {
    Value word = kernel.add(first, i);
    if (columns % 4 != 0 && i > 0)
      word = kernel.min(word, kernel.index(last));
    words.push_back(kernel.load(binding, kernel.add(rowWord, word)));
  }
  return words;
}

GpuLanes quantir::widenQuad(GpuKernel &kernel, ArrayRef<Value> words,
                            Type element) {
  ImplicitLocOpBuilder &b = kernel.builder();
  ElementCode code(element);
  return asLanes(b, widen(b, words, code), code);
}

GpuLanes quantir::loadQuad(GpuKernel &kernel, Value binding, Type element,
                           Value rowWord, Value column, int64_t columns) {
  ImplicitLocOpBuilder &b = kernel.builder();
  ElementCode code(element);
  if (isWide(binding))
    return asLanes(
        b, kernel.load(binding, kernel.div(kernel.add(rowWord, column), 4)),
        code);
  if (code.bits < 32)
    return widenQuad(
        kernel,
        loadQuadWords(kernel, binding, element, rowWord, column, columns),
        element);
  SmallVector<GpuLanes> lanes;
  for (int64_t i = 0; i < 4; ++i) {
    Value at = kernel.add(column, i);
    if (columns % 4 != 0 && i > 0)
      at = kernel.min(at, kernel.index(columns - 1));
    lanes.push_back(loadElement(kernel, binding, element, rowWord, at));
  }
  return joinLanes(kernel, lanes);
}

static Value laneOf(ImplicitLocOpBuilder &b, Value lanes, int64_t i) {
  return vector::ExtractOp::create(b, lanes, ArrayRef<int64_t>{i});
}

/// `perWord` lanes from `first` on as one word.
static Value packWord(ImplicitLocOpBuilder &b, Value lanes,
                      const ElementCode &code, int64_t first) {
  int64_t mask = (int64_t(1) << code.bits) - 1;
  Value kept =
      arith::AndIOp::create(b, lanes, splatLike(b, lanes.getType(), mask));
  Value word;
  for (int64_t i = 0; i < code.perWord(); ++i) {
    Value lane = laneOf(b, kept, first + i);
    if (i > 0)
      lane = arith::ShLIOp::create(
          b, lane, splatLike(b, lane.getType(), int32_t(i * code.bits)));
    word = word ? arith::OrIOp::create(b, word, lane).getResult() : lane;
  }
  return word;
}

Value quantir::packBytes(GpuKernel &kernel, const GpuLanes &lanes) {
  ElementCode byte(kernel.builder().getI8Type());
  return packWord(kernel.builder(), lanes.bits, byte, 0);
}

void quantir::storeQuad(GpuKernel &kernel, GpuLanes lanes, Value binding,
                        Type element, Value rowWord, Value column,
                        int64_t columns) {
  ImplicitLocOpBuilder &b = kernel.builder();
  ElementCode code(element);
  Value bits = lanes.bits;
  auto words = VectorType::get({4}, b.getI32Type());
  if (code.isBool)
    bits = arith::SelectOp::create(b, bits, splatLike(b, words, 1),
                                   splatLike(b, words, 0));
  else if (code.isFloat)
    bits = arith::BitcastOp::create(b, words, bits);
  if (isWide(binding))
    return kernel.store(bits, binding,
                        kernel.div(kernel.add(rowWord, column), 4));
  // Stores `value` at word `word` of the row, which element `first` of the
  // quad begins, if that element exists.
  auto put = [&](Value value, Value word, int64_t first) {
    auto store = [&] {
      kernel.store(value, binding, kernel.add(rowWord, word));
    };
    if (columns % 4 == 0 || first == 0)
      return store();
    kernel.when(kernel.less(kernel.add(column, first), kernel.index(columns)),
                store);
  };
  if (code.bits < 32) {
    Value word = kernel.div(column, code.perWord());
    for (int64_t first = 0; first < 4; first += code.perWord())
      put(packWord(b, bits, code, first),
          kernel.add(word, first / code.perWord()), first);
    return;
  }
  int64_t wordsOfElement = code.bits / 32;
  for (int64_t i = 0; i < 4; ++i) {
    Value word = kernel.mul(kernel.add(column, i), wordsOfElement);
    put(laneOf(b, bits, i), word, i);
    if (lanes.high)
      put(laneOf(b, lanes.high, i), kernel.add(word, 1), i);
  }
}
