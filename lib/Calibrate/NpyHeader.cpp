#include "NpyHeader.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/Endian.h"

using namespace llvm;
using namespace quantir;

static constexpr char magic[] = "\x93NUMPY";
static constexpr size_t magicSize = 6;
/// Far more than a dictionary of three entries needs.
static constexpr uint32_t largestHeader = 65536;
static constexpr size_t largestRank = 32;

namespace {
/// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
class HeaderParser {
public:
  explicit HeaderParser(StringRef text) : rest(text) {}

  /// False when the text is no such dictionary.
  bool parse() {
    if (!punctuation("{"))
      return false;
    while (!punctuation("}")) {
      if (!entry() || (!punctuation(",") && !rest.ltrim().starts_with("}")))
        return false;
    }
    return rest.trim().empty() && seen == 7;
  }

  StringRef type;
  bool fortranOrder = false;
  SmallVector<int64_t> shape;
  /// The type is not a plain one but a list or dictionary of fields.
  bool structured = false;

private:
  bool punctuation(StringRef token) {
    StringRef after = rest.ltrim();
    if (!after.consume_front(token))
      return false;
    rest = after;
    return true;
  }

  bool string(StringRef &value) {
    rest = rest.ltrim();
    if (!rest.starts_with("'") && !rest.starts_with("\""))
      return false;
    size_t end = rest.find(rest.front(), 1);
    if (end == StringRef::npos)
      return false;
    value = rest.slice(1, end);
    rest = rest.drop_front(end + 1);
    return !value.contains('\\');
  }

  bool once(unsigned bit) {
    bool isNew = !(seen & bit);
    seen |= bit;
    return isNew;
  }

  bool entry() {
    StringRef key;
    if (!string(key) || !punctuation(":"))
      return false;
    if (key == "descr")
      return once(1) && descr();
    if (key == "fortran_order")
      return once(2) && boolean();
    return key == "shape" && once(4) && tuple();
  }

  bool descr() {
    if (string(type))
      return true;
    structured = rest.ltrim().starts_with("[");
    return false;
  }

  bool boolean() {
    fortranOrder = punctuation("True");
    return fortranOrder || punctuation("False");
  }

  bool tuple() {
    if (!punctuation("("))
      return false;
    bool comma = true;
    while (!punctuation(")")) {
      rest = rest.ltrim();
      int64_t dim;
      if (!comma || !isDigit(rest.empty() ? '-' : rest.front()) ||
          rest.consumeInteger(10, dim) || shape.size() == largestRank)
        return false;
      shape.push_back(dim);
      comma = punctuation(",");
    }
    return shape.size() != 1 || comma; // (3) is a number, not a tuple
  }

  StringRef rest;
  unsigned seen = 0;
};
} // namespace

static std::optional<ArrayElement> elementOf(StringRef type) {
  return StringSwitch<std::optional<ArrayElement>>(type)
      .Case("|b1", ArrayElement::Bool)
      .Case("|i1", ArrayElement::I8)
      .Case("|u1", ArrayElement::U8)
      .Case("<i2", ArrayElement::I16)
      .Case("<u2", ArrayElement::U16)
      .Case("<i4", ArrayElement::I32)
      .Case("<u4", ArrayElement::U32)
      .Case("<i8", ArrayElement::I64)
      .Case("<u8", ArrayElement::U64)
      .Case("<f2", ArrayElement::F16)
      .Case("<f4", ArrayElement::F32)
      .Case("<f8", ArrayElement::F64)
      .Default(std::nullopt);
}

static Error refuseType(const ByteStream &stream, StringRef type) {
  if (type.starts_with(">"))
    return stream.failure("is big-endian ('" + type +
                          "'); save it as array.astype('<" + type.drop_front() +
                          "')");
  if (type.contains('O'))
    return stream.failure(
        "holds Python objects, which are never loaded; save numbers instead");
  return stream.failure("has elements of type '" + type +
                        "', which no model input has; save numbers instead");
}

static Expected<uint64_t> checkedByteSize(const ByteStream &stream,
                                          ArrayElement element,
                                          ArrayRef<int64_t> shape) {
  std::optional<uint64_t> size = byteSizeOf(element);
  for (int64_t dim : shape)
    if (size)
      size = checkedMulUnsigned(*size, static_cast<uint64_t>(dim));
  // A later zero does not excuse an overflow before it.
  if (!size)
    return stream.failure("has the impossible shape " + shapeString(shape));
  return *size;
}

/// Reads the fixed part; the text then takes `length` bytes at `offset`.
static Error readPreamble(ByteStream &stream, uint64_t &offset,
                          uint32_t &length) {
  char bytes[12] = {};
  if (stream.size < 10)
    return stream.failure("is not a numpy array file");
  if (Error error = stream.read(0, MutableArrayRef(bytes, 10)))
    return error;
  if (StringRef(bytes, magicSize) != StringRef(magic, magicSize))
    return stream.failure("is not a numpy array file");
  unsigned major = static_cast<uint8_t>(bytes[6]);
  unsigned minor = static_cast<uint8_t>(bytes[7]);
  if (major < 1 || major > 3 || minor != 0)
    return stream.failure("has numpy format version " + Twine(major) + "." +
                          Twine(minor) +
                          ", which is not known; save it with numpy.save");
  offset = major == 1 ? 10 : 12;
  if (major > 1)
    if (Error error = stream.read(10, MutableArrayRef(bytes).take_back(2)))
      return error;
  length = major == 1 ? support::endian::read16le(bytes + 8)
                      : support::endian::read32le(bytes + 8);
  if (length > largestHeader)
    return stream.failure("has a header of " + Twine(length) +
                          " bytes, over the limit of " + Twine(largestHeader));
  return Error::success();
}

Expected<NpyHeader> quantir::readNpyHeader(ByteStream &stream) {
  uint64_t offset = 0;
  uint32_t length = 0;
  if (Error error = readPreamble(stream, offset, length))
    return error;
  std::string text(length, '\0');
  if (Error error = stream.read(offset, MutableArrayRef(text.data(), length)))
    return error;

  HeaderParser parser(text);
  if (!parser.parse()) {
    if (parser.structured)
      return stream.failure(
          "has records as elements, not numbers; save one plain array a name");
    return stream.failure("has a damaged header; save it with numpy.save");
  }
  std::optional<ArrayElement> element = elementOf(parser.type);
  if (!element)
    return refuseType(stream, parser.type);
  // The order only matters where two dimensions are larger than one.
  if (parser.fortranOrder &&
      count_if(parser.shape, [](int64_t dim) { return dim != 1; }) > 1)
    return stream.failure("is in Fortran order; save it as "
                          "numpy.ascontiguousarray(array)");
  Expected<uint64_t> size = checkedByteSize(stream, *element, parser.shape);
  if (!size)
    return size.takeError();
  uint64_t dataOffset = offset + length;
  uint64_t present = stream.size - dataOffset;
  if (*size == present)
    return NpyHeader{*element, std::move(parser.shape), dataOffset};
  return stream.failure((*size > present ? "is truncated: " : "is too long: ") +
                        shapeString(parser.shape) + " " + nameOf(*element) +
                        " takes " + Twine(*size) + " bytes and " +
                        Twine(present) +
                        " are there; make or copy the file again");
}

static StringRef typeString(ArrayElement element) {
  for (StringRef type : {"|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8",
                         "<u8", "<f2", "<f4", "<f8"})
    if (elementOf(type) == element)
      return type;
  llvm_unreachable("every element type has a name in numpy's format");
}

std::string quantir::npyHeader(ArrayElement element, ArrayRef<int64_t> shape) {
  std::string dims = join(
      map_range(shape, [](int64_t dim) { return std::to_string(dim); }), ", ");
  std::string text = "{'descr': '" + typeString(element).str() +
                     "', 'fortran_order': False, 'shape': (" + dims +
                     (shape.size() == 1 ? ",), }" : "), }");
  // Data start at a multiple of 64; a line feed ends the text.
  size_t total = alignTo(magicSize + 4 + text.size() + 1, 64);
  text.append(total - magicSize - 4 - text.size() - 1, ' ');
  text += '\n';
  std::string header(magic, magicSize);
  header += {1, 0, static_cast<char>(text.size() & 0xff),
             static_cast<char>(text.size() >> 8)};
  return header + text;
}
