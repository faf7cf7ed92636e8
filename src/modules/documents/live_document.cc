#include "modules/documents/live_document.h"

#include <algorithm>
#include <utility>

#include "modules/documents/document_metrics.h"
#include "modules/documents/document_presence.h"
#include "modules/documents/update_checks.h"
#include "modules/documents/update_list.h"
#include "platform/observability/log.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;

constexpr base::Millis kPresenceCheck{3'000};
constexpr int kMostMoves = 50;              // of one batch that others overtake
constexpr std::size_t kAtOnce = 64u << 10;  // bytes that wait for no others

base::Error reloading() {
  return base::fail(Code::kUnavailable, "document_reloading",
                    "The last write failed; open the document again.");
}

}  // namespace

struct LiveDocument::Written {
  Seq seq = 0;
  std::size_t snapshot_bytes = 0;  // 0: none was written
  bool announced = false;
};

LiveDocument::LiveDocument(DocumentRow row, crdt::Doc doc, const crdt::Doc::Options& options,
                           const Needs& needs)
    : needs_(needs),
      row_(std::move(row)),
      tenant_use_(needs.quotas.use_of(row_.tenant)),
      last_seq_(row_.seq),
      options_(options),
      doc_(std::move(doc)),
      presence_(std::make_unique<DocumentPresence>()),
      pace_(needs.limits.pace),
      unannounced_(row_.announced_seq < row_.seq),
      first_change_(needs.loop.mono()),
      last_change_(needs.loop.mono()),
      last_used_(needs.loop.mono()) {
  needs_.metrics.open.add(1);
}

LiveDocument::~LiveDocument() { needs_.metrics.open.add(-1); }

// --- Visitors -----------------------------------------------------------------------------------

base::Result<SessionId> LiveDocument::join(Peer& peer, Visitor visitor) {
  if (broken_) return reloading();
  if (visitor.tenant != row_.tenant || visitor.access == Access::kNone) {
    return fail(Code::kForbidden, "access_denied", "You have no access to this document.");
  }
  if (sessions_.size() >= needs_.limits.max_sessions) {
    return fail(Code::kTooMany, "document_full", "Too many have this document open.");
  }
  ASHLAR_TRY(needs_.quotas.enter(row_.tenant, visitor.user));
  last_used_ = needs_.loop.mono();
  needs_.metrics.sessions.add(1);
  if (sessions_.size() == 0) presence_->open();
  DocumentSession& session =
      sessions_.join(next_session_id(), peer, std::move(visitor), needs_.loop.now());
  ask(session);  // he may have been shut out since the door let him in
  return session.id;
}

void LiveDocument::leave(Peer& peer) {
  const DocumentSession* session = sessions_.find(peer);
  if (session == nullptr) return;
  const SessionId id = session->id;
  needs_.quotas.leave(row_.tenant, session->visitor.user);
  for (const crdt::ClientId client : sessions_.leave(peer)) presence_->claims().release(client);
  needs_.metrics.sessions.add(-1);
  last_used_ = needs_.loop.mono();
  broadcast_awareness(presence_->awareness().remove(static_cast<std::uint64_t>(id.value)));
  if (sessions_.size() == 0) presence_->close();
}

// --- What is read -------------------------------------------------------------------------------

void LiveDocument::when_durable(Done done) {
  if (broken_) return done(reloading());
  if (is_settled()) return done(base::ok_status());
  last_batch().waiters.push_back(std::move(done));
  flush_soon();
}

void LiveDocument::sync(Peer& peer, const crdt::StateVector& have) {
  const DocumentSession* session = sessions_.find(peer);
  if (session == nullptr) return;
  std::string update = doc_.encode_since(have);
  if (is_settled()) return peer.on_sync(std::move(update));
  when_durable([this, id = session->id, update = std::move(update)](const base::Status& status) {
    DocumentSession* still = sessions_.find(id);
    if (status.ok() && still != nullptr) still->peer->on_sync(update);
  });
}

// --- What is written ----------------------------------------------------------------------------

base::Result<Pushed> LiveDocument::push(Peer& peer, std::string_view update, Ticket ticket) {
  DocumentSession* session = sessions_.find(peer);
  if (session == nullptr) return fail(Code::kForbidden, "access_denied", "You have left.");
  if (session->visitor.access != Access::kWrite) {
    ASHLAR_TRY(crdt::check_update(update));
    if (!has_all_of(doc_, update)) {
      needs_.metrics.refused.add();
      return fail(Code::kForbidden, "access_read_only", "You may read this document only.");
    }
    if (is_settled()) return Pushed::kNothingNew;
    last_batch().claims.push_back({session->id, ticket});
    return Pushed::kWaiting;
  }
  const Seq before = last_seq_;
  ASHLAR_ASSIGN(const crdt::Doc::Applied applied, apply(update, session, session->visitor.user));
  if (before == last_seq_ && !applied.changed && is_settled()) return Pushed::kNothingNew;
  last_batch().claims.push_back({session->id, ticket});
  return Pushed::kWaiting;
}

void LiveDocument::submit(std::string_view author, std::string_view update, Done done) {
  const auto applied = apply(update, nullptr, author);
  if (!applied.ok()) return done(applied.error());
  when_durable(std::move(done));
}

void LiveDocument::edit(std::string_view author, Where where, const Edit& edit, Done done) {
  if (broken_) return done(reloading());
  if (const base::Status room = check_room(1); !room.ok()) {
    needs_.quotas.count_refused();
    return done(room.error());
  }
  if (where == Where::kHere) {
    const auto update = edit(doc_);
    if (!update.ok()) return done(update.error());
    if (!update->empty()) add(author, *update, *update, {});
    return when_durable(std::move(done));
  }
  crdt::Doc copy(options_);
  const auto copied = copy.apply(doc_.encode());
  if (!copied.ok()) return done(copied.error());
  const auto update = edit(copy);
  if (!update.ok()) return done(update.error());
  submit(author, *update, std::move(done));
}

base::Result<crdt::Doc::Applied> LiveDocument::apply(std::string_view update, DocumentSession* by,
                                                     std::string_view author) {
  last_used_ = needs_.loop.mono();
  if (broken_) return reloading();
  if (open_.bytes + in_flight_.bytes + update.size() > needs_.limits.max_waiting_bytes) {
    return fail(Code::kTooMany, "document_busy", "The disk is behind; wait and send it again.");
  }
  if (const base::Status room = check_room(update.size()); !room.ok()) {
    // Providers send all that they have when they connect: who brings nothing new goes on reading.
    ASHLAR_TRY(crdt::check_update(update));
    if (has_all_of(doc_, update)) return crdt::Doc::Applied{};
    needs_.quotas.count_refused();
    return room.error();
  }
  if (by != nullptr) ASHLAR_TRY(check_owner(update, *by));
  auto applied = doc_.apply(update);
  if (!applied.ok()) {
    needs_.metrics.refused.add();
    return applied;
  }
  if (!applied->changed && !applied->pending) return applied;
  if (by != nullptr) claim_client(update, *by);
  // What waits for others is in no change yet; what others waited for is in none that was sent.
  const std::string_view shown = applied->complete ? update : std::string_view(applied->change);
  const std::string_view stored = applied->pending || applied->complete ? update : shown;
  add(author, stored, applied->changed ? shown : std::string_view(),
      by == nullptr ? SessionId() : by->id);
  return applied;
}

// Nobody writes in the name of a client who is here as somebody else.
base::Status LiveDocument::check_owner(std::string_view update, DocumentSession& by) {
  const auto taken = [] {
    return fail(Code::kForbidden, "client_id_taken", "Another user is here with this client id.");
  };
  if (const auto client = only_client(update)) {
    if (std::find(by.clients.begin(), by.clients.end(), *client) != by.clients.end()) {
      return base::ok_status();
    }
  }
  ASHLAR_ASSIGN(const crdt::UpdateMeta meta, crdt::describe_update(update));
  std::optional<crdt::StateVector> known;
  for (const auto& [client, end] : meta.to) {
    if (!is_taken(client, by)) continue;
    if (!known) known = doc_.state_vector();
    const auto have = known->find(client);
    if (have == known->end() || end > have->second) return taken();
  }
  return base::ok_status();
}

bool LiveDocument::is_taken(crdt::ClientId client, const DocumentSession& by) const {
  return sessions_.is_taken(client, by) ||
         presence_->claims().is_taken_elsewhere(client, by.visitor.user);
}

void LiveDocument::claim_client(std::string_view update, DocumentSession& by) {
  const auto client = only_client(update);
  if (!client || is_taken(*client, by) || !sessions_.claim(*client, by)) return;
  presence_->claims().claim(*client, by.visitor.user);
}

// `stored` for the log, `shown` to those who are here ("": there is nothing to show yet).
void LiveDocument::add(std::string_view author, std::string_view stored, std::string_view shown,
                       SessionId from) {
  needs_.metrics.updates.add();
  if (!open_.updates) open_.updates = std::make_shared<std::vector<UpdateRow>>();
  std::vector<UpdateRow>& rows = *open_.updates;
  if (rows.empty() || rows.back().author != author) {
    rows.push_back({last_seq_, 0, needs_.loop.now(), std::string(author), {}});
  }
  rows.back().seq = ++last_seq_;
  ++rows.back().count;
  append_update(rows.back().bytes, stored);
  open_.bytes += stored.size();
  tenant_use_->stored_bytes += static_cast<std::int64_t>(stored.size());
  if (!shown.empty()) {
    open_.deliveries.push_back(
        {{BroadcastKind::kUpdate, std::make_shared<const Broadcast>(std::string(shown))}, from});
  }
  flush_soon();
}

bool LiveDocument::is_urgent() const { return !open_.waiters.empty() || open_.bytes >= kAtOnce; }

// After what this turn of the loop still brings, or when its time has come.
void LiveDocument::flush_soon() {
  if (flying_ || flush_posted_ || (open_.empty() && open_.deliveries.empty())) return;
  const base::Mono due = pace_.due(sessions_.size());
  if (due > needs_.loop.mono() && !is_urgent()) return flush_at(due);
  flush_posted_ = true;
  needs_.loop.post([self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void LiveDocument::flush_at(base::Mono when) {
  if (std::exchange(flush_timed_, true)) return;
  needs_.loop.run_at(when, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->flush_timed_ = false;
    self->flush();
  });
}

void LiveDocument::flush() {
  if (flying_ || broken_) return;
  const bool announce = unannounced_ && announcement_due();
  if (open_.empty() && !wants_snapshot_ && !announce) {
    if (open_.deliveries.empty()) return;
    pace_.went(needs_.loop.mono());  // presence alone: no disk is waited for
    LiveBatch presence = std::exchange(open_, {});
    return deliver(presence);
  }
  pace_.went(needs_.loop.mono());
  in_flight_ = std::exchange(open_, {});
  send(announce);
}

void LiveDocument::send(bool announce) {
  flying_ = true;
  LogWrite write;
  write.tenant = row_.tenant;
  write.no = row_.no;
  write.from = row_.seq;
  write.updates = in_flight_.updates;
  write.urgent = !in_flight_.waiters.empty() || in_flight_.bytes >= kAtOnce;
  write.notice = "u " + row_.tenant.to_string() + " " + row_.name;
  const std::int64_t tail = row_.tail_bytes + static_cast<std::int64_t>(in_flight_.bytes);
  const auto most =
      std::max(static_cast<std::int64_t>(needs_.limits.snapshot_after), row_.snapshot_bytes);
  // A snapshot is of what is written with it: what came since must not be in it.
  if (open_.empty() && (std::exchange(wants_snapshot_, false) || tail >= most)) {
    write.snapshot = SnapshotRow{last_seq_, needs_.loop.now(), doc_.encode()};
  }
  const Seq seq = in_flight_.empty() ? row_.seq : in_flight_.updates->back().seq;
  if (announce) write.announcement = announcement(seq);
  const Written done{.seq = seq,
                     .snapshot_bytes = write.snapshot ? write.snapshot->bytes.size() : 0,
                     .announced = announce};
  write.loop = &needs_.loop;
  write.done = [self = shared_from_this(), done](const base::Status& status) {
    self->written(done, status);
  };
  needs_.writer.submit(std::move(write));
}

void LiveDocument::written(const Written& done, const base::Status& status) {
  const auto self = shared_from_this();
  const bool moved = !status.ok() && std::string_view(status.error().reason) == "document_moved";
  if (moved && on_behind && ++moved_ <= kMostMoves) {
    behind_ = true;  // still in flight: nothing else is written before it
    return read_on();
  }
  flying_ = false;
  LiveBatch batch = std::exchange(in_flight_, {});
  if (!status.ok()) return fail_all(std::move(batch), status.error());
  moved_ = 0;
  if (done.announced) {
    unannounced_ = false;
    row_.announced_seq = done.seq;
  } else if (done.seq > row_.seq) {
    note_change();
  }
  row_.seq = done.seq;
  row_.updated_at = needs_.loop.now();
  row_.tail_bytes += static_cast<std::int64_t>(batch.bytes);
  row_.stored_bytes += static_cast<std::int64_t>(batch.bytes);
  if (done.snapshot_bytes > 0) {
    // The one before it goes with it, as a rule.
    note_stored(static_cast<std::int64_t>(done.snapshot_bytes) - row_.snapshot_bytes);
    row_.snapshot_seq = done.seq;
    row_.snapshot_bytes = static_cast<std::int64_t>(done.snapshot_bytes);
    row_.tail_bytes = 0;
  }
  deliver(batch);
  flush_soon();
  read_on();  // of what was heard meanwhile an announcement or a snapshot finds nothing out
  if (is_settled() && on_settled) on_settled();
}

// Memory is ahead of the disk: nobody may go on from it.
void LiveDocument::fail_all(LiveBatch batch, const base::Error& why) {
  needs_.log.warn("document's write failed",
                  {{"document", row_.no.to_string()}, {"reason", why.reason}});
  needs_.metrics.reloads.add();
  broken_ = true;
  const LiveBatch later = std::exchange(open_, {});
  if (on_broken) on_broken();
  end_all(EndReason::kReload);
  for (const Done& waiter : batch.waiters) waiter(why);
  for (const Done& waiter : later.waiters) waiter(why);
  if (on_settled) on_settled();
}

// --- What happens by itself ---------------------------------------------------------------------

void LiveDocument::tick() {
  const auto self = shared_from_this();
  const base::Time now = needs_.loop.now();
  sessions_.for_each([&](DocumentSession& session) {
    if (session.visitor.expires <= now) {
      const bool by_key = session.visitor.token == 0;
      end_session(session.id, by_key ? EndReason::kKeyExpired : EndReason::kExpired);
    } else if (session.question.wanted) {
      ask(session);
    }
  });
  if (needs_.loop.mono() >= next_expiry_) {
    next_expiry_ = needs_.loop.mono() + kPresenceCheck;
    broadcast_awareness(presence_->awareness().expire(needs_.loop.mono()));
    presence_->forget_states();
  }
  if (unannounced_ && announcement_due()) flush();
}

bool LiveDocument::want_snapshot(std::size_t bytes) {
  if (broken_ || row_.tail_bytes < static_cast<std::int64_t>(bytes)) return false;
  wants_snapshot_ = true;
  flush();
  return true;
}

void LiveDocument::announce_now() {
  if (!unannounced_) return;
  first_change_ = needs_.loop.mono() - needs_.limits.announce_latest;
  flush();
}

void LiveDocument::note_change() {
  last_change_ = needs_.loop.mono();
  if (!std::exchange(unannounced_, true)) first_change_ = last_change_;
}

bool LiveDocument::announcement_due() const {
  const base::Mono now = needs_.loop.mono();
  return now - last_change_ >= needs_.limits.announce_after ||
         now - first_change_ >= needs_.limits.announce_latest;
}

std::size_t LiveDocument::memory_bytes() {
  if (measured_seq_ != last_seq_) {
    measured_bytes_ = doc_.size().bytes;
    measured_seq_ = last_seq_;
  }
  return measured_bytes_ + sizeof *this + open_.bytes + in_flight_.bytes;
}

}  // namespace ashlar::documents
