#include "quantir/Target/Tuning.h"

#include "quantir/Target/CheckedFeatures.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace quantir;

static constexpr StringLiteral kVersionKey = "quantir_tuning";
static constexpr int64_t kVersion = 1;
static constexpr uint64_t kMostBytes = uint64_t(64) << 20;

//===-- Reading ----------------------------------------------------------===//

namespace {
/// Reads one file; the first problem ends it.
class Reader {
public:
  explicit Reader(StringRef name) : name(name) {}

  Expected<std::vector<TunedTarget>> read(StringRef text);

private:
  /// "FILE: WHERE PROBLEM; remedy".
  Error problem(const Twine &what) const {
    return createStringError(
        "'" + name + "' cannot be used for tuning: " + what +
        "; remove it and make it anew with --tune=" + name);
  }
  Error checkKeys(const json::Object &object, const Twine &where,
                  ArrayRef<StringRef> known) const;
  Expected<TunedTarget> readTarget(const json::Value &value, size_t index);
  Error readTile(const json::Value &value, const Twine &where,
                 TunedTarget &target);

  StringRef name;
};
} // namespace

/// JSON's parser calls itself for every bracket.
static bool isTooDeep(StringRef text) {
  int64_t depth = 0;
  for (char c : text) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (depth > 100) // brackets within strings count: there are none
      return true;
  }
  return false;
}

Error Reader::checkKeys(const json::Object &object, const Twine &where,
                        ArrayRef<StringRef> known) const {
  for (const auto &[key, value] : object)
    if (!is_contained(known, StringRef(key)))
      return problem(where + " has an unknown key '" + StringRef(key) + "'");
  return Error::success();
}

Error Reader::readTile(const json::Value &value, const Twine &where,
                       TunedTarget &target) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return problem(where + " is no object");
  if (Error error = checkKeys(
          *object, where,
          {"contraction", "tile", "nanoseconds", "model_nanoseconds"}))
    return error;
  std::optional<StringRef> contraction = object->getString("contraction"),
                           tile = object->getString("tile");
  if (!contraction || !tile)
    return problem(where + " lacks the text 'contraction' or 'tile'");
  std::optional<ContractionKey> key = ContractionKey::parse(*contraction);
  if (!key)
    return problem(where + ": '" + *contraction + "' names no contraction");
  std::optional<TileChoice> choice = TileChoice::parse(*tile);
  if (!choice)
    return problem(where + ": '" + *tile +
                   "' is no tile; write ROWSxVECTORS, such as 6x4");
  TunedTile tuned{*choice};
  for (auto [name, to] :
       {std::pair("nanoseconds", &tuned.nanoseconds),
        std::pair("model_nanoseconds", &tuned.modelNanoseconds)})
    if (const json::Value *time = object->get(name)) {
      *to = time->getAsNumber().value_or(-1);
      if (!(*to >= 0 && *to < 1e15))
        return problem(where + ": " + name + " is no time");
    }
  if (!target.tiles.try_emplace(key->text(), tuned).second)
    return problem(where + ": '" + *contraction + "' is there twice");
  return Error::success();
}

Expected<TunedTarget> Reader::readTarget(const json::Value &value,
                                         size_t index) {
  std::string where = formatv("target {0}", index + 1);
  const json::Object *object = value.getAsObject();
  if (!object)
    return problem(where + " is no object");
  if (Error error = checkKeys(*object, where, {"cpu", "features", "tiles"}))
    return error;
  std::optional<StringRef> cpu = object->getString("cpu"),
                           features = object->getString("features");
  const json::Array *tiles = object->getArray("tiles");
  if (!cpu || !features || !tiles)
    return problem(where + " lacks the texts 'cpu' and 'features' or the list "
                           "'tiles'");
  TunedTarget target{cpu->str(), features->str(), {}};
  for (auto [i, tile] : enumerate(*tiles))
    if (Error error = readTile(
            tile, formatv("entry {0} of {1}", i + 1, *cpu).str(), target))
      return error;
  return target;
}

Expected<std::vector<TunedTarget>> Reader::read(StringRef text) {
  if (text.size() > kMostBytes)
    return problem("it is larger than 64 MiB");
  if (isTooDeep(text))
    return problem("its brackets are nested too deeply");
  Expected<json::Value> parsed = json::parse(text);
  if (!parsed)
    return problem(toString(parsed.takeError()));
  const json::Object *object = parsed->getAsObject();
  std::optional<int64_t> version =
      object ? object->getInteger(kVersionKey) : std::nullopt;
  if (!version)
    return problem("it has no '" + kVersionKey + "' with a version");
  if (*version != kVersion)
    return problem(
        formatv("it is of version {0}, not {1}", *version, kVersion));
  if (Error error = checkKeys(*object, "the file", {kVersionKey, "targets"}))
    return error;
  const json::Array *list = object->getArray("targets");
  if (!list)
    return problem("it has no list 'targets'");
  std::vector<TunedTarget> targets;
  for (auto [i, value] : enumerate(*list)) {
    Expected<TunedTarget> target = readTarget(value, i);
    if (!target)
      return target.takeError();
    auto isSame = [&](const TunedTarget &other) {
      return other.cpu == target->cpu && other.features == target->features;
    };
    if (any_of(targets, isSame))
      return problem("target '" + target->cpu + "' is there twice");
    targets.push_back(std::move(*target));
  }
  return targets;
}

Expected<Tuning> Tuning::parse(StringRef text, StringRef name) {
  Expected<std::vector<TunedTarget>> targets = Reader(name).read(text);
  if (!targets)
    return targets.takeError();
  Tuning tuning;
  tuning.targets = std::move(*targets);
  return tuning;
}

Expected<Tuning> Tuning::load(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer =
      MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return createStringError("cannot read '" + path +
                             "': " + buffer.getError().message() +
                             "; --tune=" + path + " makes it");
  return parse((*buffer)->getBuffer(), path);
}

//===-- Writing and looking up -------------------------------------------===//

std::string Tuning::text() const {
  json::Array list;
  for (const TunedTarget &target : targets) {
    json::Array tiles;
    for (const auto &[key, tuned] : target.tiles) {
      json::Object entry{{"contraction", key}, {"tile", tuned.choice.text()}};
      if (tuned.nanoseconds > 0) {
        entry["nanoseconds"] = std::round(tuned.nanoseconds);
        entry["model_nanoseconds"] = std::round(tuned.modelNanoseconds);
      }
      tiles.push_back(std::move(entry));
    }
    list.push_back(json::Object{{"cpu", target.cpu},
                                {"features", target.features},
                                {"tiles", std::move(tiles)}});
  }
  json::Object file{{kVersionKey, kVersion}, {"targets", std::move(list)}};
  return formatv("{0:2}\n", json::Value(std::move(file)));
}

const TunedTarget *Tuning::find(const TargetSpec &spec) const {
  auto isSame = [&, features = checkedFeatures(spec)](const TunedTarget &t) {
    return t.cpu == spec.cpu && t.features == features;
  };
  auto found = find_if(targets, isSame);
  return found == targets.end() ? nullptr : &*found;
}

Expected<const TunedTarget *> Tuning::choicesFor(const TargetSpec &spec,
                                                 StringRef name) const {
  const TunedTarget *target = find(spec);
  if (!target) {
    auto there = map_range(targets, [](const TunedTarget &t) { return t.cpu; });
    return createStringError(
        formatv("'{0}' has no choices for {1} with the features this "
                "compilation may use, only for: {2}; add them with --tune={0} "
                "on such a machine, or leave --tuning out",
                name, spec.cpu, join(there, ", ")));
  }
  for (const auto &[text, tuned] : target->tiles)
    if (auto reason =
            reasonAgainst(*ContractionKey::parse(text), tuned.choice, spec))
      return createStringError(
          formatv("'{0}': tile '{1}' of the entry '{2}' for {3} cannot be had: "
                  "{4}; remove the entry, or measure again with --tune={0}",
                  name, tuned.choice.text(), text, spec.cpu, *reason));
  return target;
}

void Tuning::add(const TargetSpec &spec,
                 const std::map<std::string, TunedTile> &tiles) {
  auto *target = const_cast<TunedTarget *>(find(spec));
  if (!target)
    target =
        &targets.emplace_back(TunedTarget{spec.cpu, checkedFeatures(spec), {}});
  for (const auto &[key, tuned] : tiles)
    target->tiles.insert_or_assign(key, tuned);
}
