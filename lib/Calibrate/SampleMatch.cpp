#include "SampleFile.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace quantir;

/// `'a', 'b'`, and how many more where there are too many to read.
static std::string listNames(ArrayRef<std::string> names) {
  constexpr size_t most = 10;
  std::string list =
      join(map_range(names.take_front(most),
                     [](const std::string &name) { return "'" + name + "'"; }),
           ", ");
  if (names.size() > most)
    list += " and " + std::to_string(names.size() - most) + " more";
  return names.empty() ? "nothing" : list;
}

/// The one that `name` may be a slip of, or nothing.
static StringRef nearestName(StringRef name, ArrayRef<std::string> names) {
  unsigned best = std::max<unsigned>(2, name.size() / 3) + 1;
  StringRef nearest;
  for (StringRef candidate : names) {
    unsigned distance = name.edit_distance(candidate, true, best);
    if (distance >= best)
      continue;
    best = distance;
    nearest = candidate;
  }
  return nearest;
}

static Error missingName(StringRef name, ArrayRef<std::string> present,
                         StringRef where) {
  StringRef nearest = nearestName(name, present);
  std::string hint =
      nearest.empty() ? "" : (", did you mean '" + nearest + "'?").str();
  return createStringError(where + " has no array '" + name + "', only " +
                           listNames(present) + hint +
                           "; save each array under the name of its tensor");
}

Expected<std::vector<unsigned>>
quantir::matchNames(ArrayRef<std::string> present, ArrayRef<ArrayInfo> wanted,
                    const std::string &where) {
  std::vector<unsigned> indices;
  for (const ArrayInfo &info : wanted) {
    const std::string *found = find(present, info.name);
    if (found == present.end())
      return missingName(info.name, present, where);
    indices.push_back(found - present.begin());
  }
  std::vector<std::string> extra, names;
  for (auto [index, name] : enumerate(present))
    if (!is_contained(indices, index))
      extra.push_back(name);
  if (extra.empty())
    return indices;
  for (const ArrayInfo &info : wanted)
    names.push_back(info.name);
  return createStringError(where + " has " + listNames(extra) +
                           ", but the model has only " + listNames(names) +
                           "; leave the rest out of the file");
}

/// How often `shape` holds `wanted`; 0 when it does not.
static uint64_t timesHeld(ArrayRef<int64_t> wanted, ArrayRef<int64_t> shape) {
  if (shape == wanted)
    return 1;
  if (shape.size() == wanted.size() + 1 && shape.drop_front() == wanted)
    return shape.front();
  bool sameRest = shape.size() == wanted.size() && !wanted.empty() &&
                  shape.drop_front() == wanted.drop_front();
  if (!sameRest || wanted.front() <= 0 || shape.front() % wanted.front() != 0)
    return 0;
  return shape.front() / wanted.front();
}

Expected<uint64_t> quantir::countSamples(const ArrayInfo &wanted,
                                         ArrayElement element,
                                         ArrayRef<int64_t> shape,
                                         const std::string &where) {
  if (element != wanted.element)
    return createStringError(
        where + " has type " + nameOf(element) + " where the model has " +
        nameOf(wanted.element) + "; save it as array.astype(numpy." +
        (wanted.element == ArrayElement::Bool ? "bool_"
                                              : nameOf(wanted.element)) +
        ")");
  if (uint64_t samples = timesHeld(wanted.shape, shape))
    return samples;
  return createStringError(
      where + " has shape " + shapeString(shape) + " where the model has " +
      shapeString(wanted.shape) +
      "; give that shape, a multiple of its first dimension, or one dimension "
      "more in front");
}
