// Delete sets, state vectors, snapshots: as bytes of their own.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "modules/documents/crdt/lib0.h"
#include "modules/documents/crdt/update.h"

namespace ashlar::crdt {

namespace {

DeleteSet read_delete_set(Reader& in) {
  DeleteSet set;
  const std::uint64_t clients = in.count(2);
  if (clients > kMaxClients) in.fail(Fault::kTooMany);
  for (std::uint64_t i = 0; i < clients && in.ok(); ++i) {
    const ClientId client = in.varuint();
    const std::uint64_t count = in.count(2);
    if (count == 0) continue;
    std::vector<Range>& ranges = set[client];
    for (std::uint64_t k = 0; k < count && in.ok(); ++k) {
      const Range range{in.varuint(), in.varuint()};
      if (range.length > kMaxInteger - range.clock) in.fail(Fault::kMalformed);
      ranges.push_back(range);
    }
  }
  normalize(set);
  return set;
}

StateVector read_state_vector(Reader& in) {
  StateVector vector;
  const std::uint64_t clients = in.count(2);
  if (clients > kMaxClients) in.fail(Fault::kTooMany);
  for (std::uint64_t i = 0; i < clients && in.ok(); ++i) {
    const ClientId client = in.varuint();
    vector[client] = in.varuint();
  }
  return vector;
}

base::Status ended(Reader& in) {
  if (!in.at_end()) in.fail(Fault::kMalformed);
  return status_of(in.fault());
}

}  // namespace

void normalize(std::vector<Range>& ranges) {
  std::erase_if(ranges, [](const Range& range) { return range.length == 0; });
  if (ranges.empty()) return;
  if (!std::ranges::is_sorted(ranges, {}, &Range::clock)) {
    std::ranges::sort(ranges, {}, &Range::clock);
  }
  std::size_t last = 0;
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    const Clock end = ranges[last].clock + ranges[last].length;
    if (ranges[i].clock > end) {
      ranges[++last] = ranges[i];
    } else {
      const Clock other_end = ranges[i].clock + ranges[i].length;
      ranges[last].length = std::max(end, other_end) - ranges[last].clock;
    }
  }
  ranges.resize(last + 1);
}

void normalize(DeleteSet& set) {
  for (auto& [client, ranges] : set) normalize(ranges);
  std::erase_if(set, [](const auto& entry) { return entry.second.empty(); });
}

std::string encode_state_vector(const StateVector& vector) {
  std::string out;
  write_varuint(out, vector.size());
  for (const auto& [client, clock] : vector) {
    write_varuint(out, client);
    write_varuint(out, clock);
  }
  return out;
}

base::Result<StateVector> decode_state_vector(std::string_view bytes) {
  Reader in(bytes);
  StateVector vector = read_state_vector(in);
  ASHLAR_TRY(ended(in));
  return vector;
}

std::string encode_delete_set(const DeleteSet& set) {
  std::string out;
  write_varuint(out, set.size());
  for (const auto& [client, ranges] : set) {
    write_varuint(out, client);
    write_varuint(out, ranges.size());
    for (const Range& range : ranges) {
      write_varuint(out, range.clock);
      write_varuint(out, range.length);
    }
  }
  return out;
}

base::Result<DeleteSet> decode_delete_set(std::string_view bytes) {
  Reader in(bytes);
  DeleteSet set = read_delete_set(in);
  ASHLAR_TRY(ended(in));
  return set;
}

std::string encode_snapshot(const Snapshot& snapshot) {
  return encode_delete_set(snapshot.deleted) + encode_state_vector(snapshot.state);
}

base::Result<Snapshot> decode_snapshot(std::string_view bytes) {
  Reader in(bytes);
  Snapshot snapshot;
  snapshot.deleted = read_delete_set(in);
  snapshot.state = read_state_vector(in);
  ASHLAR_TRY(ended(in));
  return snapshot;
}

}  // namespace ashlar::crdt
