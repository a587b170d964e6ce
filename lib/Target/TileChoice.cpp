#include "quantir/Target/TileChoice.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace quantir;

std::string ContractionKey::text() const {
  return formatv("{0} batches={1} rights={2} lines={3} rows={4} stride={5} "
                 "depth={6}x{7}x{8} columns={9}",
                 tile, batches, rights, lines, rows, stride, outer, inner, run,
                 columns);
}

/// A positive number that no product of a few of them overflows.
static bool readSize(StringRef text, int64_t &size) {
  return !text.getAsInteger(10, size) && size > 0 && size < (int64_t(1) << 40);
}

/// The numbers of `NAME=1x2x3`.
static bool readField(StringRef text, StringRef name,
                      ArrayRef<int64_t *> sizes) {
  SmallVector<StringRef> parts;
  if (!text.consume_front(name) || !text.consume_front("="))
    return false;
  text.split(parts, 'x');
  return parts.size() == sizes.size() &&
         all_of(zip(parts, sizes), [](auto pair) {
           return readSize(std::get<0>(pair), *std::get<1>(pair));
         });
}

std::optional<ContractionKey> ContractionKey::parse(StringRef text) {
  SmallVector<StringRef> words;
  text.split(words, ' ');
  ContractionKey key;
  if (words.size() != 8 || words[0].empty())
    return std::nullopt;
  key.tile = words[0].str();
  bool read =
      readField(words[1], "batches", &key.batches) &&
      readField(words[2], "rights", &key.rights) &&
      readField(words[3], "lines", &key.lines) &&
      readField(words[4], "rows", &key.rows) &&
      readField(words[5], "stride", &key.stride) &&
      readField(words[6], "depth", {&key.outer, &key.inner, &key.run}) &&
      readField(words[7], "columns", &key.columns);
  return read ? std::optional(key) : std::nullopt;
}

static constexpr StringLiteral kRowsOutside = " rows outside";

std::string TileChoice::text() const {
  return formatv("{0}x{1}{2}", rows, vectors,
                 rowsOutside ? StringRef(kRowsOutside) : "");
}

std::optional<TileChoice> TileChoice::parse(StringRef text) {
  TileChoice choice;
  choice.rowsOutside = text.consume_back(kRowsOutside);
  auto [rows, vectors] = text.split('x');
  if (!readSize(rows, choice.rows) || !readSize(vectors, choice.vectors))
    return std::nullopt;
  return choice;
}

int64_t quantir::partsOf(const InnerTile *tile) {
  return tile ? tile->parts() : 1;
}

bool quantir::packsLeft(const VectorUnit &unit, const InnerTile *tile) {
  return tile ? tile->packsLeft : unit.byLane;
}

int64_t quantir::rowsOfRegister(const InnerTile *tile) {
  return tile && tile->kind == DotKind::Matrix ? 2 : 4;
}

int64_t quantir::leftRegisters(const InnerTile *tile, int64_t rows) {
  // Pairs of bf16 that are widened are packed as two f32.
  bool isWidened = tile && tile->kind == DotKind::WidenFma;
  int64_t each = isWidened ? tile->depth : 1;
  return each * divideCeil(rows, rowsOfRegister(tile));
}

int64_t quantir::registersNeeded(const TileChoice &choice,
                                 const InnerTile *tile, bool packed,
                                 int64_t sums) {
  if (!packed) // A step's weights stay in registers while the rows pass by.
    return (choice.rows * sums + 1) * choice.vectors * partsOf(tile);
  bool isMatrix = tile && tile->kind == DotKind::Matrix;
  int64_t rows = isMatrix ? alignTo(choice.rows, 2) : choice.rows;
  return rows * choice.vectors + leftRegisters(tile, choice.rows) +
         choice.vectors * partsOf(tile);
}

int64_t quantir::registersFree(const VectorUnit &unit, const InnerTile *tile,
                               bool packed) {
  if (packed)
    return tile ? tile->registers - tile->temporaries : unit.registers;
  return tile ? tile->registers - std::max(tile->temporaries, 1u)
              : unit.registers - 1;
}

std::optional<std::string> quantir::reasonAgainst(const ContractionKey &key,
                                                  const TileChoice &choice,
                                                  const TargetSpec &spec) {
  const InnerTile *tile = nullptr;
  VectorUnit unit = vectorUnit(spec);
  if (key.tile != "f32") {
    tile = find_if(innerTiles(),
                   [&](const InnerTile &row) { return key.tile == row.name; });
    if (tile == innerTiles().end())
      return formatv("there is no inner tile '{0}'", key.tile).str();
    if (!tile->processor.areMetBy(spec))
      return formatv("{0} lacks what '{1}' needs", spec.cpu, key.tile).str();
  }
  // In this order: what fits is small.
  int64_t vectors =
      divideCeil(key.columns, int64_t(tile ? tile->lanes : unit.lanes));
  if (choice.vectors > std::min(kMostVectors, vectors))
    return formatv("{0} vectors are more than the {1} that there are",
                   choice.vectors, std::min(kMostVectors, vectors))
        .str();
  if (choice.rows > std::min(kMostRows, key.rows))
    return formatv("{0} rows are more than the {1} that there are", choice.rows,
                   std::min(kMostRows, key.rows))
        .str();
  bool packed = packsLeft(unit, tile);
  int64_t needed = registersNeeded(choice, tile, packed),
          free = registersFree(unit, tile, packed);
  if (needed > free)
    return formatv("it needs {0} registers of {1}", needed, free).str();
  return std::nullopt;
}
