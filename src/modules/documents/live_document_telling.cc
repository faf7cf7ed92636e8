// LiveDocument: what those who have it open are told, presence, and what quotas say.
#include <algorithm>
#include <utility>

#include "modules/documents/document_metrics.h"
#include "modules/documents/document_presence.h"
#include "modules/documents/live_document.h"
#include "platform/json/writer.h"
#include "platform/runtime/event_loop.h"

namespace ashlar::documents {
namespace {

using base::Code;
using base::fail;

constexpr std::size_t kMostPresence = 256u << 10;  // bytes that wait for updates before them

}  // namespace

// All of it to one, then to the next: who has written none of it gets the same bytes as others.
void LiveDocument::tell(const std::vector<LiveBatch::Delivery>& deliveries) {
  if (deliveries.empty()) return;
  std::vector<BroadcastRun::Part> parts;
  std::vector<SessionId> writers;
  for (const LiveBatch::Delivery& delivery : deliveries) {
    parts.push_back(delivery.part);
    if (delivery.part.kind != BroadcastKind::kUpdate) continue;
    needs_.metrics.deliveries.add(sessions_.size());
    const bool known = std::ranges::find(writers, delivery.from) != writers.end();
    if (delivery.from.value != 0 && !known) writers.push_back(delivery.from);
  }
  const auto run = std::make_shared<const BroadcastRun>(std::move(parts));
  sessions_.for_each([&](const DocumentSession& session) {
    if (std::ranges::find(writers, session.id) == writers.end()) return session.peer->on_run(run);
    for (const LiveBatch::Delivery& delivery : deliveries) {
      if (session.peer == nullptr) return;  // he has left meanwhile
      if (delivery.part.kind == BroadcastKind::kAwareness) {
        session.peer->on_awareness(delivery.part.what);
      } else {
        session.peer->on_update(delivery.part.what, session.id == delivery.from);
      }
    }
  });
}

void LiveDocument::deliver(LiveBatch& batch) {
  tell(batch.deliveries);
  for (const LiveBatch::Claim& claim : batch.claims) {
    DocumentSession* session = sessions_.find(claim.session);
    if (session != nullptr) session->peer->on_stored(claim.ticket);
  }
  for (const Done& waiter : batch.waiters) waiter(base::ok_status());
}

LogWrite::Announcement LiveDocument::announcement(Seq seq) const {
  LogWrite::Announcement announcement{.seq = seq, .event = {}};
  announcement.event.type = "document.updated";
  announcement.event.aggregate_type = "document";
  announcement.event.aggregate_id = row_.name;
  json::Writer json(announcement.event.data);
  json.begin_object().key("name").string(row_.name).key("epoch").string(row_.no.to_string());
  json.key("updates").integer(seq).end_object();
  return announcement;
}

base::Status LiveDocument::awareness(Peer& peer, std::string_view update) {
  const DocumentSession* session = sessions_.find(peer);
  if (session == nullptr) return fail(Code::kForbidden, "access_denied", "You have left.");
  const Visitor& visitor = session->visitor;
  const Awareness::Owner owner{static_cast<std::uint64_t>(session->id.value), visitor.user,
                               visitor.name, visitor.info, visitor.token != 0};
  ASHLAR_ASSIGN(std::string changed,
                presence_->awareness().apply(owner, update, needs_.loop.mono()));
  needs_.metrics.presence_refused.add(presence_->awareness().take_refused());
  broadcast_awareness(std::move(changed));
  return base::ok_status();
}

std::shared_ptr<const Broadcast> LiveDocument::awareness_states() { return presence_->states(); }

void LiveDocument::hear_presence(InstanceId from, const PresenceRecord& record) {
  const auto session = static_cast<std::uint64_t>(next_session_id().value);
  broadcast_awareness(presence_->hear(from, record, session, needs_.loop.mono()));
  needs_.metrics.presence_refused.add(presence_->awareness().take_refused());
}

void LiveDocument::presence_gone(InstanceId instance) {
  broadcast_awareness(presence_->gone(instance));
}

void LiveDocument::broadcast_awareness(std::string bytes) {
  if (bytes.empty() || sessions_.size() == 0) return;
  const std::size_t size = bytes.size();
  const LiveBatch::Delivery delivery{
      {BroadcastKind::kAwareness, std::make_shared<const Broadcast>(std::move(bytes))}, {}};
  LiveBatch& behind = flying_ && open_.empty() ? in_flight_ : open_;
  // Late is better than much of it: clocks put right what comes out of order.
  if (behind.presence_bytes + size > kMostPresence) return tell({delivery});
  behind.presence_bytes += size;
  behind.deliveries.push_back(delivery);
  flush_soon();
}

void LiveDocument::note_stored(std::int64_t bytes) {
  row_.stored_bytes += bytes;
  tenant_use_->stored_bytes += bytes;
}

base::Status LiveDocument::check_room(std::size_t bytes) const {
  const auto waiting = static_cast<std::int64_t>(open_.bytes + in_flight_.bytes);
  return needs_.quotas.check_room(*tenant_use_, row_.stored_bytes + waiting, bytes);
}

base::Status LiveDocument::check_room(std::int64_t stored, std::size_t more) const {
  base::Status room = needs_.quotas.check_room(*tenant_use_, stored, more);
  if (!room.ok()) needs_.quotas.count_refused();
  return room;
}

}  // namespace ashlar::documents
