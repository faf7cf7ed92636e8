#include "modules/documents/update_checks.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "base/varint.h"
#include "modules/documents/crdt/doc.h"
#include "modules/documents/crdt/struct_codec.h"
#include "modules/documents/update_list.h"

namespace ashlar::documents {
namespace {

// Whether all of `range` lies in one of `ranges` (sorted, not touching).
bool covers(const std::vector<crdt::Range>& ranges, const crdt::Range& range) {
  auto after = std::upper_bound(
      ranges.begin(), ranges.end(), range.clock,
      [](crdt::Clock clock, const crdt::Range& other) { return clock < other.clock; });
  if (after == ranges.begin()) return false;
  const crdt::Range& before = *std::prev(after);
  return range.clock + range.length <= before.clock + before.length;
}

// From the first to behind the last clock of each client.
using Spans = std::map<crdt::ClientId, std::pair<crdt::Clock, crdt::Clock>>;

Spans spans_of(std::string_view list) {
  Spans spans;
  std::string_view update;
  while (take_update(list, update)) {
    crdt::UpdateReader reader(update);
    crdt::WireStruct one;
    while (reader.next(one)) {
      if (one.ref == crdt::Ref::kSkip) continue;
      const auto [at, is_new] = spans.try_emplace(one.id.client, one.id.clock, one.end());
      if (is_new) continue;
      at->second.first = std::min(at->second.first, one.id.clock);
      at->second.second = std::max(at->second.second, one.end());
    }
  }
  return spans;
}

}  // namespace

bool have_common_units(std::string_view one, std::string_view other) {
  const Spans ours = spans_of(one);
  for (const auto& [client, span] : spans_of(other)) {
    const auto found = ours.find(client);
    if (found == ours.end()) continue;
    if (span.first < found->second.second && found->second.first < span.second) return true;
  }
  return false;
}

std::optional<crdt::ClientId> only_client(std::string_view update) {
  std::uint64_t clients = 0;
  std::uint64_t structs = 0;
  std::uint64_t client = 0;
  if (!base::read_varint(update, clients) || clients != 1 || !base::read_varint(update, structs) ||
      !base::read_varint(update, client)) {
    return std::nullopt;
  }
  return client;
}

bool has_all_of(const crdt::Doc& doc, std::string_view update) {
  crdt::UpdateReader reader(update);
  crdt::WireStruct one;
  const crdt::StateVector state = doc.state_vector();
  while (reader.next(one)) {
    const auto have = state.find(one.id.client);
    if (one.ref == crdt::Ref::kSkip) continue;
    if (have == state.end() || one.end() > have->second) return false;
  }
  std::optional<crdt::DeleteSet> deleted;
  crdt::ClientId client = 0;
  crdt::Range range;
  while (reader.next_deleted(client, range)) {
    if (!deleted) deleted = doc.delete_set();
    const auto ranges = deleted->find(client);
    if (ranges == deleted->end() || !covers(ranges->second, range)) return false;
  }
  return reader.status().ok();
}

}  // namespace ashlar::documents
