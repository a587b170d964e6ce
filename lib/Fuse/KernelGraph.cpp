#include "KernelGraph.h"

#include <queue>

using namespace mlir;
using namespace quantir;

KernelGraph::KernelGraph(Block &block) {
  for (Operation &op : block.without_terminator()) {
    if (isa<ConstantOp>(op))
      continue;
    position[&op] = order.size();
    group.push_back(order.size());
    order.push_back(&op);
    lists.push_back({&op});
  }
}

void KernelGraph::forEachSuccessor(Group g,
                                   function_ref<void(Group)> visit) const {
  for (Operation *op : lists[g])
    for (Operation *user : op->getUsers())
      if (position.contains(user) && groupOf(user) != g)
        visit(groupOf(user));
}

/// True when a path leads from one group to the other through a third.
bool KernelGraph::hasDetour(Group from, Group to) const {
  std::vector<char> seen(lists.size(), 0);
  SmallVector<Group> open;
  auto reach = [&](Group next) {
    if (!seen[next])
      open.push_back(next);
    seen[next] = 1;
  };
  forEachSuccessor(from, [&](Group next) {
    if (next != to)
      reach(next);
  });
  while (!open.empty())
    forEachSuccessor(open.pop_back_val(), reach);
  return seen[to];
}

bool KernelGraph::merge(Group into, Group other) {
  if (into == other)
    return true;
  if (hasDetour(into, other) || hasDetour(other, into))
    return false;
  for (Operation *op : lists[other])
    group[position[op]] = into;
  llvm::append_range(lists[into], lists[other]);
  lists[other].clear();
  llvm::sort(lists[into], [&](Operation *a, Operation *b) {
    return position[a] < position[b];
  });
  return true;
}

std::vector<KernelGraph::Group> KernelGraph::sorted() const {
  std::vector<unsigned> waitsFor(lists.size(), 0);
  for (Group g = 0; g < lists.size(); ++g)
    forEachSuccessor(g, [&](Group next) { ++waitsFor[next]; });
  // The group whose first op comes first in the program goes first.
  using Entry = std::pair<unsigned, Group>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  auto push = [&](Group g) {
    ready.push({position.lookup(lists[g].front()), g});
  };
  for (Group g = 0; g < lists.size(); ++g)
    if (!lists[g].empty() && waitsFor[g] == 0)
      push(g);
  std::vector<Group> result;
  while (!ready.empty()) {
    Group g = ready.top().second;
    ready.pop();
    result.push_back(g);
    forEachSuccessor(g, [&](Group next) {
      if (--waitsFor[next] == 0)
        push(next);
    });
  }
  return result;
}
