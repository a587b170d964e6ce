#include "quantir/Gpu/PackConstants.h"

#include "ConstantPieces.h"
#include "quantir/Lower/Passes.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/xxhash.h"
#include <cstring>
#include <unordered_map>

using namespace mlir;
using namespace quantir;

/// Constants of the CPU are found by so many of their first bytes.
static constexpr size_t kKeyBytes = 32;

using Pieces = std::vector<ConstantPiece>;

static ArrayRef<char> bytesOf(const MergedConstant &constant) {
  return constant.data.getRawData().take_front(constant.bytes);
}

static quantir_gpu_source sourceOf(const MergedConstant &constant) {
  return constant.merged == kTables ? QUANTIR_GPU_CPU_TABLES
                                    : QUANTIR_GPU_CPU_CONSTANTS;
}

static uint64_t keyOf(ArrayRef<char> bytes) {
  return llvm::xxh3_64bits(ArrayRef<uint8_t>(
      reinterpret_cast<const uint8_t *>(bytes.data()), kKeyBytes));
}

namespace {
/// Where elements of weights are in a constant of the CPU's.
struct WeightsOfCpu {
  const MergedConstant *constant;
  DescribedOrder described;
};

/// The constants of the CPU's code, by what they hold.
class ConstantsOfCpu {
public:
  explicit ConstantsOfCpu(ArrayRef<MergedConstant> constants);

  /// The pieces of a constant of the GPU's, its first byte at 0, that are the
  /// fewest; nothing where the CPU lacks some of it.
  std::optional<Pieces> find(const GpuProgram::Constant &constant) const;

private:
  std::optional<Pieces> reordered(const GpuProgram::Constant &constant) const;
  std::optional<Pieces> equal(const GpuProgram::Constant &constant) const;

  llvm::StringMap<SmallVector<WeightsOfCpu, 1>> weights;
  std::unordered_multimap<uint64_t, const MergedConstant *> byFirstBytes;
};
} // namespace

ConstantsOfCpu::ConstantsOfCpu(ArrayRef<MergedConstant> constants) {
  for (const MergedConstant &constant : constants) {
    if (constant.data.isSplat())
      continue;
    if (auto described = DescribedOrder::parse(constant.order))
      weights[described->weights].push_back({&constant, *described});
    if (size_t(constant.bytes) >= kKeyBytes)
      byFirstBytes.emplace(keyOf(bytesOf(constant)), &constant);
  }
}

namespace {
/// Which element of a packed constant each of the weights is, and of which box.
class ElementPlaces {
public:
  explicit ElementPlaces(const PackedOrder &order) {
    int64_t count = 0;
    for (const PackedOrder::Box &box : order.boxes) {
      int64_t last = box.from;
      for (const PackedOrder::Loop &loop : box.loops)
        last += (loop.count - 1) * loop.from;
      count = std::max(count, last + 1);
    }
    places.resize(count, -1);
    boxes.resize(count);
    for (auto [number, box] : llvm::enumerate(order.boxes))
      PackedOrder::forEach(box, [&, number = number](int64_t to, int64_t from) {
        if (places[from] < 0) {
          places[from] = to;
          boxes[from] = uint16_t(number);
        }
      });
  }

  bool has(int64_t element) const {
    return element < int64_t(places.size()) && places[element] >= 0;
  }
  int64_t placeOf(int64_t element) const { return places[element]; }
  size_t boxOf(int64_t element) const { return boxes[element]; }

private:
  std::vector<int64_t> places;
  std::vector<uint16_t> boxes;
};
} // namespace

/// The box with its loops in the order of what they write.
static PackedOrder::Box sorted(PackedOrder::Box box) {
  llvm::sort(box.loops, [](const PackedOrder::Loop &a,
                           const PackedOrder::Loop &b) {
    return std::tie(a.to, a.from, a.count) > std::tie(b.to, b.from, b.count);
  });
  return box;
}

/// The pieces of weights in the order `wanted`, of those in another order. Of
/// elements that are wider there, the low bytes are read.
static std::optional<Pieces> compose(const DescribedOrder &wanted,
                                     const WeightsOfCpu &there) {
  const DescribedOrder &known = there.described;
  ElementPlaces elements(known.order);
  ConstantPiece pattern;
  pattern.source = sourceOf(*there.constant);
  pattern.widens = wanted.width == 4 && known.width < 4;
  int64_t read = pattern.widens ? 1 : wanted.width;
  if (read > known.width)
    return std::nullopt;
  Pieces pieces;
  for (const PackedOrder::Box &box : wanted.order.boxes) {
    std::vector<PieceFolder> folders(known.order.boxes.size(),
                                     PieceFolder(pattern));
    bool all = true;
    PackedOrder::forEach(sorted(box), [&](int64_t to, int64_t from) {
      all = all && elements.has(from);
      if (all)
        folders[elements.boxOf(from)].add(
            to * wanted.width, elements.placeOf(from) * known.width, read);
    });
    if (!all)
      return std::nullopt;
    for (PieceFolder &folder : folders)
      llvm::append_range(pieces, folder.finish());
  }
  return pieces;
}

/// Whether a loader would make the constant of these pieces of one source.
static bool isRight(const Pieces &pieces, ArrayRef<char> source,
                    ArrayRef<char> constant) {
  std::vector<char> made(constant.size());
  for (const ConstantPiece &piece : pieces)
    piece.put(source.data(), made);
  return ArrayRef(made) == constant;
}

static std::vector<uint8_t> encoded(ArrayRef<ConstantPiece> pieces) {
  std::vector<uint8_t> numbers;
  for (const ConstantPiece &piece : pieces)
    piece.encode(numbers);
  return numbers;
}

static Pieces moved(Pieces pieces, int64_t to, int64_t from) {
  for (ConstantPiece &piece : pieces) {
    piece.to += to;
    piece.from += from;
  }
  return pieces;
}

std::optional<Pieces>
ConstantsOfCpu::reordered(const GpuProgram::Constant &constant) const {
  auto wanted = DescribedOrder::parse(constant.order);
  auto found = wanted ? weights.find(wanted->weights) : weights.end();
  if (found == weights.end())
    return std::nullopt;
  std::optional<Pieces> best;
  size_t least = constant.bytes.size();
  for (const WeightsOfCpu &there : found->second) {
    std::optional<Pieces> pieces = compose(*wanted, there);
    size_t size = pieces ? encoded(*pieces).size() : least;
    if (size >= least ||
        !isRight(*pieces, bytesOf(*there.constant), constant.bytes))
      continue;
    least = size;
    best = moved(*std::move(pieces), 0, there.constant->offset);
  }
  return best;
}

/// Whether `whole` begins with `part`, and what is missing of it is zero.
static bool beginsWith(ArrayRef<char> whole, ArrayRef<char> part) {
  size_t common = std::min(whole.size(), part.size());
  return whole.take_front(common) == part.take_front(common) &&
         llvm::all_of(part.drop_front(common), [](char c) { return c == 0; });
}

std::optional<Pieces>
ConstantsOfCpu::equal(const GpuProgram::Constant &constant) const {
  if (constant.bytes.size() < kKeyBytes)
    return std::nullopt;
  auto [first, last] = byFirstBytes.equal_range(keyOf(constant.bytes));
  for (auto it = first; it != last; ++it) {
    const MergedConstant &there = *it->second;
    if (!beginsWith(bytesOf(there), constant.bytes))
      continue;
    ConstantPiece piece;
    piece.source = sourceOf(there);
    piece.from = there.offset;
    piece.run = std::min<int64_t>(there.bytes, constant.bytes.size());
    return Pieces{piece};
  }
  return std::nullopt;
}

std::optional<Pieces>
ConstantsOfCpu::find(const GpuProgram::Constant &constant) const {
  if (std::optional<Pieces> whole = equal(constant))
    return whole;
  return reordered(constant);
}

/// The codes that f32 constants are, if they all are such.
static std::optional<std::vector<char>> narrowed(ArrayRef<char> bytes) {
  std::vector<char> codes;
  for (; bytes.size() >= 4; bytes = bytes.drop_front(4)) {
    float value;
    std::memcpy(&value, bytes.data(), 4);
    auto code = int8_t(value >= -128 && value <= 127 ? value : 0);
    if (llvm::bit_cast<uint32_t>(float(code)) !=
        llvm::bit_cast<uint32_t>(value))
      return std::nullopt;
    codes.push_back(char(code));
  }
  return codes;
}

/// Puts a constant behind the literals.
static Pieces literal(ArrayRef<char> bytes, std::vector<uint8_t> &literals) {
  if (llvm::all_of(bytes, [](char byte) { return byte == 0; }))
    return {};
  ConstantPiece piece;
  piece.from = int64_t(literals.size());
  std::optional<std::vector<char>> codes = narrowed(bytes);
  piece.widens = codes.has_value();
  ArrayRef<char> kept = codes ? ArrayRef(*codes) : bytes;
  ArrayRef<char> word = bytes.take_front(4);
  size_t words = bytes.size() / 4;
  if (!codes && words > 1 && bytes.drop_back(4) == bytes.drop_front(4)) {
    kept = word;
    piece.loops = {{int64_t(words), 4, 0}};
  }
  piece.run = int64_t(kept.size());
  literals.insert(literals.end(), kept.begin(), kept.end());
  return {piece};
}

PackedConstants quantir::packConstants(GpuProgram &program,
                                       ArrayRef<MergedConstant> ofProcessor) {
  ConstantsOfCpu ofCpu(ofProcessor);
  PackedConstants sizes;
  program.literals.clear();
  program.pieces.clear();
  for (const GpuProgram::Constant &constant : program.constants) {
    std::optional<Pieces> found = ofCpu.find(constant);
    (found ? sizes.shared : sizes.own) += constant.bytes.size();
    Pieces pieces = found ? *found : literal(constant.bytes, program.literals);
    llvm::append_range(
        program.pieces,
        encoded(moved(std::move(pieces), int64_t(constant.offset), 0)));
  }
  return sizes;
}
