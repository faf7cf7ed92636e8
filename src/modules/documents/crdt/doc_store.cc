#include "modules/documents/crdt/doc_store.h"

#include <algorithm>

#include "modules/documents/crdt/commit.h"
#include "modules/documents/crdt/encode.h"
#include "modules/documents/crdt/restore.h"

namespace ashlar::crdt {
namespace {

base::Error too_large() {
  return base::fail(base::Code::kInvalid, "document_too_large",
                    "with this the document would be larger than its limit");
}

}  // namespace

void Doc::Store::begin() {
  structs_.begin(txn_);
  txn_.steps_left = options_.limits.conflict_steps;
  txn_.drop_too_deep = options_.limits.drop_too_deep;
}

void Doc::Store::undo() {
  structs_.undo(txn_);
  merge_mended(structs_, txn_);
}

base::Status Doc::Store::check_size() const {
  if (resident() > options_.limits.bytes) return too_large();
  return {};
}

base::Result<Doc::Applied> Doc::Store::apply(std::string_view update, Format format) {
  ASHLAR_TRY(inbox_.check(UpdateReader(update, format)));
  UpdateReader reader(update, format);
  begin();
  std::vector<std::string> leftovers;
  if (auto done = integrate(reader, leftovers); !done.ok()) {
    undo();
    inbox_.clear();
    return std::move(done).error();
  }
  // Of what is left over something may be dropped: then this was not all integrated either.
  const bool waited = !pending_.empty() || !leftovers.empty();
  for (std::string& leftover : leftovers) pending_.add(std::move(leftover));
  txn_.steps_left = options_.limits.conflict_steps;
  pending_.integrate(structs_, integrator_, txn_);
  delete_all();
  inbox_.clear();

  Applied out;
  out.changed = txn_.changed();
  out.pending = !pending_.empty();
  out.complete = out.changed && !txn_.partly_known && !waited && !out.pending;
  commit(structs_, txn_, options_.gc);
  if (out.changed && !out.complete) out.change = encode_change(structs_, txn_);
  settle(structs_, txn_);
  return out;
}

base::Status Doc::Store::integrate(UpdateReader& reader, std::vector<std::string>& leftovers) {
  using Outcome = Integration::Outcome;
  switch (inbox_.integrate(reader, structs_, integrator_, txn_)) {
    case Outcome::kTooCostly:
      return base::fail(base::Code::kInvalid, "update_too_costly",
                        "too many insertions at one place to find this one's");
    case Outcome::kTooDeep:
      return base::fail(base::Code::kInvalid, "update_too_deep",
                        "types are nested deeper than a document may hold");
    case Outcome::kDone:
    case Outcome::kMissing:
      break;
  }
  ASHLAR_TRY(check_size());
  std::size_t waits = 0;
  if (!inbox_.complete()) {
    leftovers = inbox_.leftovers();
    waits = Pending::cost(leftovers);
  }
  for (const Inbox::Deleted& d : inbox_.deleted()) {
    if (d.end > structs_.end(d.client)) waits += Pending::kRangeCost;
  }
  if (waits > 0 && pending_.bytes() + waits > options_.limits.pending_bytes) {
    return base::fail(base::Code::kInvalid, "update_pending_too_large",
                      "too much waits already for what has to come first");
  }
  return {};
}

void Doc::Store::delete_all() {
  for (const Inbox::Deleted& d : inbox_.deleted()) {
    const Clock have = structs_.end(d.client);
    if (d.clock < have) delete_range(d.client, d.clock, std::min(d.end, have));
    if (d.end > have) pending_.add_deleted(d.client, std::max(d.clock, have), d.end);
  }
  for (const Pending::Due& due : pending_.take_due(structs_, txn_)) {
    delete_range(due.client, due.clock, due.end);
  }
}

// REQUIRES: end <= the client's end
void Doc::Store::delete_range(ClientId id, Clock from, Clock to) {
  const ClientIndex index = structs_.find_client(id);
  auto clock = static_cast<std::uint32_t>(from);
  const auto end = static_cast<std::uint32_t>(to);
  while (clock < end) {
    const ClientStructs& client = structs_.client(index);
    ItemRef ref = client.item_at(clock);
    if (structs_.item(ref).deleted) {
      if (structs_.item(ref).id.clock < client.before()) txn_.partly_known = true;
      clock = structs_.item(ref).end();
      continue;
    }
    if (structs_.item(ref).id.clock < clock) ref = structs_.starting_at({index, clock}, txn_);
    if (structs_.item(ref).end() > end) structs_.ending_at({index, end - 1}, txn_);
    clock = structs_.item(ref).end();
    structs_.delete_item(ref, txn_);
  }
}

base::Result<std::string> Doc::Store::restore(const StructStore& then) {
  return change([&] { return Restore(structs_, integrator_, txn_, options_.client, then).run(); });
}

std::string Doc::Store::finish_edit() {
  structs_.heal_torn(txn_);
  commit(structs_, txn_, options_.gc);
  std::string update = encode_change(structs_, txn_);
  settle(structs_, txn_);
  return update;
}

}  // namespace ashlar::crdt
