#include "modules/documents/crdt/pending.h"

#include <algorithm>

namespace ashlar::crdt {

std::size_t Pending::cost_of(const WireStruct& s) {
  constexpr std::size_t kNode = 64;
  return sizeof(Waiting) + kNode + s.content.size();
}

std::size_t Pending::cost(const std::vector<std::string>& updates) {
  std::size_t total = 0;
  for (const std::string& update : updates) {
    UpdateReader reader(update, Format::kV1);
    for (WireStruct s; reader.next(s);) total += cost_of(s);
  }
  return total;
}

void Pending::add(std::string update) {
  const auto bytes = std::make_shared<const std::string>(std::move(update));
  UpdateReader reader(*bytes, Format::kV1);
  for (WireStruct s; reader.next(s);) {
    if (s.ref == Ref::kSkip) continue;
    Queue& queue = queues_[s.id.client];
    // Also one in the first's place: it may lack something else, where ids are told twice.
    const bool first = queue.structs.empty() || s.id.clock <= queue.structs.begin()->first;
    const auto [at, fresh] = queue.structs.try_emplace(s.id.clock, Waiting{s, bytes});
    if (!fresh) {
      if (at->second.s.length >= s.length) continue;
      bytes_ -= cost_of(at->second.s);
      at->second = Waiting{s, bytes};
    }
    bytes_ += cost_of(s);
    if (!first) continue;
    if (queue.lacks) waiting_.remove(*queue.lacks, s.id.client);
    queue.lacks.reset();
    ready_.push_back(s.id.client);
  }
}

void Pending::add_deleted(ClientId client, Clock clock, Clock end) {
  auto& ranges = deleted_[client];
  auto at = ranges.upper_bound(clock);
  if (at != ranges.begin() && std::prev(at)->second >= clock) {
    --at;
    clock = at->first;
  }
  while (at != ranges.end() && at->first <= end) {
    end = std::max(end, at->second);
    at = ranges.erase(at);
    bytes_ -= kRangeCost;
  }
  ranges.emplace(clock, end);
  bytes_ += kRangeCost;
}

void Pending::integrate(StructStore& store, Integrator& integrator, Transaction& txn) {
  if (queues_.empty()) return;
  for (const ClientIndex grown : txn.grown) {
    const ClientStructs& client = store.client(grown);
    waiting_.wake(client.id(), client.end(), ready_);
    // Its first may be known by now, from another who told it with other neighbours.
    if (queues_.contains(client.id())) ready_.push_back(client.id());
  }
  ready_.insert(ready_.end(), stalled_.begin(), stalled_.end());
  stalled_.clear();
  while (!ready_.empty()) {
    const ClientId client = ready_.back();
    ready_.pop_back();
    advance(client, store, integrator, txn);
  }
}

void Pending::advance(ClientId client, StructStore& store, Integrator& integrator,
                      Transaction& txn) {
  const auto at = queues_.find(client);
  if (at == queues_.end()) return;
  Queue& queue = at->second;
  if (queue.lacks) waiting_.remove(*queue.lacks, client);
  queue.lacks.reset();
  const Clock before = store.end(client);
  while (!queue.structs.empty()) {
    const auto first = queue.structs.begin();
    const Integration done = integrator.integrate(first->second.s, txn);
    if (done.outcome == Integration::Outcome::kMissing) {
      queue.lacks = done.missing;
      waiting_.add(done.missing, client);
      break;
    }
    if (done.outcome == Integration::Outcome::kTooDeep) {
      drop(queue);
      break;
    }
    if (done.outcome != Integration::Outcome::kDone) {
      stalled_.push_back(client);
      break;
    }
    bytes_ -= cost_of(first->second.s);
    queue.structs.erase(first);
  }
  if (queue.structs.empty()) queues_.erase(at);
  if (const Clock end = store.end(client); end > before) waiting_.wake(client, end, ready_);
}

// It will never lie higher: kept, it would be sent and stored, and nobody could take it in.
void Pending::drop(Queue& queue) {
  for (const auto& [clock, waiting] : queue.structs) bytes_ -= cost_of(waiting.s);
  queue.structs.clear();
}

std::vector<Pending::Due> Pending::take_due(const StructStore& store, const Transaction& txn) {
  std::vector<Due> due;
  if (deleted_.empty()) return due;
  for (const ClientIndex grown : txn.grown) {
    const Clock end = store.client(grown).end();
    const auto at = deleted_.find(store.client(grown).id());
    if (at == deleted_.end()) continue;
    auto& ranges = at->second;
    while (!ranges.empty() && ranges.begin()->first < end) {
      const auto [clock, until] = *ranges.begin();
      ranges.erase(ranges.begin());
      bytes_ -= kRangeCost;
      due.push_back({at->first, clock, std::min(until, end)});
      if (until <= end) continue;
      ranges.emplace(end, until);
      bytes_ += kRangeCost;
    }
    if (ranges.empty()) deleted_.erase(at);
  }
  return due;
}

std::map<ClientId, const Pending::Structs*, std::greater<>> Pending::structs() const {
  std::map<ClientId, const Structs*, std::greater<>> out;
  for (const auto& [client, queue] : queues_) out.emplace(client, &queue.structs);
  return out;
}

void Pending::add_to(DeleteSet& set) const {
  for (const auto& [client, waiting] : deleted_) {
    std::vector<Range>& ranges = set[client];
    for (const auto& [clock, end] : waiting) {
      // What waits is after all that is here.
      if (!ranges.empty() && ranges.back().clock + ranges.back().length == clock) {
        ranges.back().length += end - clock;
      } else {
        ranges.push_back({clock, end - clock});
      }
    }
  }
}

StateVector Pending::missing() const {
  StateVector out;
  for (const auto& [client, queue] : queues_) {
    if (!queue.lacks) continue;
    Clock& clock = out[queue.lacks->client];
    clock = std::max(clock, queue.lacks->clock + 1);
  }
  return out;
}

}  // namespace ashlar::crdt
