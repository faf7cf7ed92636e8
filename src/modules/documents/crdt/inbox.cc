#include "modules/documents/crdt/inbox.h"

#include <algorithm>
#include <tuple>

namespace ashlar::crdt {
namespace {

// An item can only have seen what its client inserted before it.
bool names_its_future(const WireStruct& s) {
  const auto later = [&](bool has, const Id& id) {
    return has && id.client == s.id.client && id.clock >= s.id.clock;
  };
  return later(s.has_origin, s.origin) || later(s.has_right_origin, s.right_origin) ||
         later(s.parent == WireStruct::Parent::kItem, s.parent_item);
}

// What is left over, and not refused.
bool may_wait(const Integration& done, const Transaction& txn) {
  return done.outcome == Integration::Outcome::kMissing ||
         (done.outcome == Integration::Outcome::kTooDeep && txn.drop_too_deep);
}

}  // namespace

base::Status Inbox::check(UpdateReader reader) {
  structs_.clear();
  groups_.clear();
  deleted_.clear();
  ready_.clear();
  waiting_.clear();
  left_ = 0;
  WireStruct s;
  while (reader.next(s)) {
    if (s.end() > kMaxClock) {
      return base::fail(base::Code::kInvalid, "document_too_large",
                        "a client of this update has inserted more than a document may hold");
    }
    if (s.is_item() && names_its_future(s)) return status_of(Fault::kMalformed);
  }
  ClientId client = 0;
  Range range;
  while (reader.next_deleted(client, range)) {
    if (range.length > 0) deleted_.push_back({client, range.clock, range.clock + range.length});
  }
  ASHLAR_TRY(reader.status());
  if (deleted_.size() > 1) sort_deleted();
  return {};
}

void Inbox::sort_deleted() {
  std::ranges::sort(deleted_, {},
                    [](const Deleted& d) { return std::tuple(d.client, d.clock, d.end); });
  std::size_t kept = 0;
  for (const Deleted& d : deleted_) {
    if (kept > 0 && deleted_[kept - 1].client == d.client && deleted_[kept - 1].end >= d.clock) {
      deleted_[kept - 1].end = std::max(deleted_[kept - 1].end, d.end);
    } else {
      deleted_[kept++] = d;
    }
  }
  deleted_.resize(kept);
}

Integration::Outcome Inbox::integrate(UpdateReader& reader, StructStore& store,
                                      Integrator& integrator, Transaction& txn) {
  using Outcome = Integration::Outcome;
  WireStruct s;
  bool more = reader.next(s);
  while (more) {
    const ClientId client = s.id.client;
    bool keeps = false;
    for (; more && s.id.client == client; more = reader.next(s)) {
      if (!keeps) {
        if (s.ref == Ref::kSkip) continue;
        const Integration done = integrator.integrate(s, txn);
        if (done.outcome == Outcome::kDone) continue;
        if (!may_wait(done, txn)) return done.outcome;
        keeps = true;
        ++left_;
        if (done.outcome == Outcome::kMissing) waiting_.add(done.missing, groups_.size());
        const auto first = static_cast<std::uint32_t>(structs_.size());
        groups_.push_back({first, first});
      }
      ++groups_.back().end;
      structs_.push_back(s);
    }
    if (groups_.empty()) continue;
    const Outcome outcome = advance_ready(client, store, integrator, txn);
    if (outcome != Outcome::kDone) return outcome;
  }
  return Outcome::kDone;
}

Integration::Outcome Inbox::advance_ready(ClientId grown, StructStore& store,
                                          Integrator& integrator, Transaction& txn) {
  waiting_.wake(grown, store.end(grown), ready_);
  while (!ready_.empty()) {
    const auto next = static_cast<std::uint32_t>(ready_.back());
    ready_.pop_back();
    const auto outcome = advance(next, store, integrator, txn);
    if (outcome != Integration::Outcome::kDone) return outcome;
  }
  return Integration::Outcome::kDone;
}

Integration::Outcome Inbox::advance(std::uint32_t number, StructStore& store,
                                    Integrator& integrator, Transaction& txn) {
  using Outcome = Integration::Outcome;
  Group& group = groups_[number];
  const ClientId client = structs_[group.next].id.client;
  const std::uint32_t began = group.next;
  for (; group.next < group.end; ++group.next) {
    const WireStruct& s = structs_[group.next];
    if (s.ref == Ref::kSkip) continue;
    const Integration done = integrator.integrate(s, txn);
    if (done.outcome == Outcome::kDone) continue;
    if (!may_wait(done, txn)) return done.outcome;
    if (done.outcome == Outcome::kMissing) waiting_.add(done.missing, number);
    break;
  }
  if (group.next == group.end) --left_;
  if (group.next != began) waiting_.wake(client, store.end(client), ready_);
  return Outcome::kDone;
}

std::vector<std::string> Inbox::leftovers() const {
  std::vector<std::string> out;
  for (Group group : groups_) {
    while (group.next < group.end && structs_[group.next].ref == Ref::kSkip) ++group.next;
    if (group.next == group.end) continue;
    UpdateWriter writer(Format::kV1);
    writer.begin(structs_[group.next].id.client, structs_[group.next].id.clock);
    for (; group.next < group.end; ++group.next) {
      const WireStruct& s = structs_[group.next];
      if (s.ref == Ref::kSkip) {
        if (group.next + 1 < group.end) writer.skip(s.length);
      } else {
        writer.write(s);
      }
    }
    writer.deletes({});
    out.push_back(writer.finish());
  }
  return out;
}

void Inbox::clear() {
  constexpr std::size_t kKept = 64;
  if (structs_.capacity() > kKept) std::vector<WireStruct>().swap(structs_);
  if (groups_.capacity() > kKept) std::vector<Group>().swap(groups_);
  if (deleted_.capacity() > kKept) std::vector<Deleted>().swap(deleted_);
  if (ready_.capacity() > kKept) std::vector<WaitList::Waiter>().swap(ready_);
}

}  // namespace ashlar::crdt
