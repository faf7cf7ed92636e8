// LiveDocument: what other processes write to the same log.
#include <utility>

#include "modules/documents/document_metrics.h"
#include "modules/documents/live_document.h"
#include "modules/documents/update_checks.h"
#include "modules/documents/update_list.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {
namespace {

// What may be over the next moment. Of anything else (the log was trimmed or does not read, the
// document is no more) the next load has to know.
bool is_passing(const base::Error& error) {
  return error.code == base::Code::kUnavailable || error.code == base::Code::kDeadline;
}

base::Error clash() {
  return base::fail(base::Code::kConflict, "client_id_taken",
                    "Another user wrote under this client id; open the document again.");
}

}  // namespace

void LiveDocument::hear_of(Seq seq) {
  follower_.hear(seq);
  read_on();
}

// An own write with updates finds out by itself (it is fenced); behind any other this is asked
// again.
void LiveDocument::read_on() {
  if (broken_ || !on_behind) return;
  if (flying_ ? !behind_ : !follower_.has_heard_of_more_than(row_.seq)) return;
  if (follower_.begin()) on_behind();
}

void LiveDocument::catch_up(const base::Result<std::vector<UpdateRow>>& tail) {
  const auto self = shared_from_this();
  if (broken_) return;
  follower_.end();
  if (flying_ && !behind_) return follower_.hear(kAnySeq);  // read again when that is done
  if (!tail.ok()) return catch_up_later(tail.error());
  follower_.succeed();
  std::vector<LiveBatch::Delivery> news;
  for (const UpdateRow& row : *tail) {
    if (row.seq <= row_.seq) continue;
    if (clashes_with(row)) {
      behind_ = flying_ = false;
      return fail_all(std::exchange(in_flight_, {}), clash());
    }
    std::string_view list = row.bytes;
    std::string_view update;
    while (take_update(list, update)) {
      const base::Status taken = take_in(update, news);
      if (taken.ok()) continue;
      behind_ = flying_ = false;
      return fail_all(std::exchange(in_flight_, {}), taken.error());
    }
    row_.seq = row.seq;
    row_.tail_bytes += static_cast<std::int64_t>(row.bytes.size());
    note_stored(static_cast<std::int64_t>(row.bytes.size()));
  }
  tell(news);
  last_seq_ = renumber(open_, renumber(in_flight_, row_.seq));
  if (!std::exchange(behind_, false)) return read_on();
  if (in_flight_.empty()) {  // it was a snapshot or an announcement, which come again
    flying_ = false;
    LiveBatch batch = std::exchange(in_flight_, {});
    deliver(batch);
    flush();
    return read_on();
  }
  send(false);
}

// Two users wrote under one client id on two instances before either had heard of the other's: of
// such units everybody keeps those that came first, which here are not the log's.
bool LiveDocument::clashes_with(const UpdateRow& theirs) const {
  for (const LiveBatch* batch : {&in_flight_, &open_}) {
    if (batch->empty()) continue;
    for (const UpdateRow& ours : *batch->updates) {
      if (ours.author != theirs.author && have_common_units(ours.bytes, theirs.bytes)) return true;
    }
  }
  return false;
}

// Who is here goes on meanwhile; what they write waits where their own write is behind.
void LiveDocument::catch_up_later(const base::Error& why) {
  const auto again = is_passing(why) ? follower_.fail(needs_.loop.mono()) : std::nullopt;
  if (!again) {
    behind_ = flying_ = false;
    return fail_all(std::exchange(in_flight_, {}), why);
  }
  needs_.metrics.reads_again.add();
  needs_.loop.run_at(*again, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->follower_.wake();
    self->read_on();
  });
}

// Somebody else's, durable already; what is to be shown of it goes to `news`. What of those who are
// here has waited for it comes with it, and is shown once that is durable too.
// What does not read breaks the document, as it would a load: a snapshot would lack it.
base::Status LiveDocument::take_in(std::string_view update,
                                   std::vector<LiveBatch::Delivery>& news) {
  doc_.set_limits(crdt::DocLimits::of_stored());
  const auto applied = doc_.apply(update);
  doc_.set_limits(options_.limits);
  if (!applied.ok()) return applied.error();
  if (!applied->changed) return base::ok_status();
  const auto show = [](std::vector<LiveBatch::Delivery>& where, std::string_view what) {
    where.push_back(
        {{BroadcastKind::kUpdate, std::make_shared<const Broadcast>(std::string(what))}, {}});
  };
  const bool own_waits = !open_.empty() || !in_flight_.empty();
  if (applied->complete || own_waits) show(news, update);
  if (!applied->complete) show(own_waits ? last_batch().deliveries : news, applied->change);
  return base::ok_status();
}

Seq LiveDocument::renumber(LiveBatch& batch, Seq from) {
  if (batch.empty()) return from;
  auto rows = std::make_shared<std::vector<UpdateRow>>(*batch.updates);
  for (UpdateRow& row : *rows) row.seq = from += row.count;
  batch.updates = std::move(rows);
  return from;
}

}  // namespace ashlar::documents
