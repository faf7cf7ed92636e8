#include "modules/documents/crdt/commit.h"

#include <algorithm>
#include <tuple>

namespace ashlar::crdt {
namespace {

using Place = ClientStructs::Place;

void sort_runs(std::vector<Transaction::Run>& runs) {
  std::ranges::sort(runs, {},
                    [](const Transaction::Run& run) { return std::tuple(run.client, run.clock); });
  std::size_t kept = 0;
  for (const Transaction::Run& run : runs) {
    if (kept > 0 && runs[kept - 1].client == run.client && runs[kept - 1].end == run.clock) {
      runs[kept - 1].end = run.end;
    } else {
      runs[kept++] = run;
    }
  }
  runs.resize(kept);
}

void collect_deleted(StructStore& store, const Transaction& txn) {
  for (const Transaction::Run& run : txn.deleted) {
    const ClientStructs& client = store.client(run.client);
    Place place = client.find(run.clock);
    do {
      const ItemRef ref = client.at(place).item;
      if (store.item(ref).id.clock >= run.end) break;
      store.collect(ref, false);
    } while (client.next(place));
  }
}

// The item at `place` into its left neighbour, that into its own, and so on. False: there is no
// item to the left of `place` any more; else `place` is the next one to look at.
bool merge_leftward(StructStore& store, ClientStructs& client, Place& place) {
  while (true) {
    Place left = place;
    if (!client.previous(left)) return false;
    const bool merged = store.merge(client.at(left).item, client.at(place).item);
    if (merged) client.erase(place);
    place = left;
    if (!merged) return true;
  }
}

void merge_run(StructStore& store, const Transaction::Run& run) {
  ClientStructs& client = store.client(run.client);
  Place place = client.find(run.end - 1);
  if (Place after = place; client.next(after)) place = after;
  while (client.at(place).clock >= run.clock && merge_leftward(store, client, place)) {
  }
}

void merge_grown(StructStore& store, ClientStructs& client) {
  Place place = client.last();
  while (client.at(place).clock >= client.before() && merge_leftward(store, client, place)) {
  }
}

}  // namespace

void merge_mended(StructStore& store, Transaction& txn) {
  for (auto id = txn.mend.rbegin(); id != txn.mend.rend(); ++id) {
    if (id->client >= store.clients().size()) continue;  // undone
    ClientStructs& client = store.client(id->client);
    if (id->clock >= client.end()) continue;
    Place place = client.find(id->clock);
    const std::uint32_t starts = client.at(place).clock;
    if (client.next(place)) {
      merge_leftward(store, client, place);
      place = client.find(starts);
    }
    merge_leftward(store, client, place);
    store.compact(store.find(*id));
    if (id->clock > 0) store.compact(store.find({id->client, id->clock - 1}));
  }
}

void commit(StructStore& store, Transaction& txn, bool gc) {
  sort_runs(txn.deleted);
  if (gc) collect_deleted(store, txn);
  for (const Transaction::Run& run : txn.deleted) merge_run(store, run);
  for (const ClientIndex index : txn.grown) merge_grown(store, store.client(index));
  merge_mended(store, txn);
}

void settle(StructStore& store, const Transaction& txn) {
  for (const ClientIndex index : txn.grown) store.client(index).settle();
}

}  // namespace ashlar::crdt
