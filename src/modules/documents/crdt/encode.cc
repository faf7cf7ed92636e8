#include "modules/documents/crdt/encode.h"

#include <algorithm>

namespace ashlar::crdt {
namespace {

// An item that has its parent from a neighbour need not say that it lies under a key, and yjs does
// not say it where it merges updates; which it does when something waits.
WireStruct without_sub(WireStruct s) {
  if (s.parent == WireStruct::Parent::kNeighbour) s.has_parent_sub = false;
  return s;
}

// Of one client, from clock `from` until before `to`. REQUIRES: from < to <= client.end()
void write_structs(const StructStore& store, const ClientStructs& client, std::uint32_t from,
                   std::uint32_t to, bool merged, UpdateWriter& writer, std::string& scratch) {
  auto place = client.find(from);
  do {
    const Item& item = store.item(client.at(place).item);
    if (item.id.clock >= to) break;
    const std::uint32_t length = std::min(item.end(), to) - item.id.clock;
    const WireStruct s = store.wire(item, length, scratch);
    writer.write(merged ? without_sub(s) : s, std::max(from, item.id.clock) - item.id.clock);
  } while (client.next(place));
}

// After `at`, which is where what has been written for this client ends (if anything has).
void write_waiting(const Pending::Structs& structs, ClientId client, Clock at, bool begun,
                   UpdateWriter& writer) {
  for (const auto& [clock, waiting] : structs) {
    if (waiting.s.end() <= at) continue;
    const Clock from = std::max(at, clock);
    if (!begun) {
      writer.begin(client, from);
      begun = true;
    } else if (from > at) {
      writer.skip(from - at);
    }
    writer.write(without_sub(waiting.s), from - clock);
    at = waiting.s.end();
  }
}

Clock had(const StateVector& have, ClientId client) {
  const auto found = have.find(client);
  return found == have.end() ? 0 : found->second;
}

}  // namespace

StateVector state_vector_of(const StructStore& store) {
  StateVector out;
  for (const ClientStructs& client : store.clients()) {
    if (client.end() > 0) out.emplace(client.id(), client.end());
  }
  return out;
}

DeleteSet delete_set_of(const StructStore& store) {
  DeleteSet out;
  for (const ClientStructs& client : store.clients()) {
    if (client.size() == 0) continue;
    std::vector<Range> ranges;
    auto place = client.find(0);
    do {
      const Item& item = store.item(client.at(place).item);
      if (!item.deleted) continue;
      if (!ranges.empty() && ranges.back().clock + ranges.back().length == item.id.clock) {
        ranges.back().length += item.length;
      } else {
        ranges.push_back({item.id.clock, item.length});
      }
    } while (client.next(place));
    if (!ranges.empty()) out.emplace(client.id(), std::move(ranges));
  }
  return out;
}

std::string encode_since(const StructStore& store, const Pending& pending, const StateVector& have,
                         Format format) {
  UpdateWriter writer(format);
  std::string scratch;
  const auto waiting = pending.structs();
  auto next = waiting.begin();
  // Those without structs here, down to `client`, have their turn.
  const auto write_strangers = [&](ClientId client) {
    for (; next != waiting.end() && next->first > client; ++next) {
      write_waiting(*next->second, next->first, had(have, next->first), false, writer);
    }
  };
  for (const ClientIndex index : store.descending()) {
    const ClientStructs& client = store.client(index);
    if (next != waiting.end()) write_strangers(client.id());
    const Clock from = had(have, client.id());
    const bool writes = from < client.end();
    if (writes) {
      writer.begin(client.id(), from);
      write_structs(store, client, static_cast<std::uint32_t>(from), client.end(), !pending.empty(),
                    writer, scratch);
    }
    if (next != waiting.end() && next->first == client.id()) {
      const Clock at = std::max<Clock>(from, client.end());
      write_waiting(*next->second, client.id(), at, writes, writer);
      ++next;
    }
  }
  for (; next != waiting.end(); ++next) {
    write_waiting(*next->second, next->first, had(have, next->first), false, writer);
  }
  DeleteSet deleted = delete_set_of(store);
  pending.add_to(deleted);
  writer.deletes(deleted);
  return writer.finish();
}

std::string encode_change(const StructStore& store, const Transaction& txn) {
  UpdateWriter writer(Format::kV1);
  std::string scratch;
  std::vector<ClientIndex> grown = txn.grown;
  std::ranges::sort(grown, [&](ClientIndex a, ClientIndex b) {
    return store.client(a).id() > store.client(b).id();
  });
  for (const ClientIndex index : grown) {
    const ClientStructs& client = store.client(index);
    writer.begin(client.id(), client.before());
    write_structs(store, client, client.before(), client.end(), false, writer, scratch);
  }
  DeleteSet deleted;
  for (const Transaction::Run& run : txn.deleted) {
    deleted[store.client(run.client).id()].push_back({run.clock, run.end - run.clock});
  }
  writer.deletes(deleted);
  return writer.finish();
}

std::string encode_at(const StructStore& store, const Snapshot& then) {
  UpdateWriter writer(Format::kV1);
  std::string scratch;
  for (const auto& [id, end] : then.state) {
    if (end == 0) continue;
    const ClientStructs& client = store.client(store.find_client(id));
    writer.begin(id, 0);
    write_structs(store, client, 0, static_cast<std::uint32_t>(end), false, writer, scratch);
  }
  writer.deletes(then.deleted);
  return writer.finish();
}

}  // namespace ashlar::crdt
