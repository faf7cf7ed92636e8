#include "platform/events/outbox.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/events/event_id.h"
#include "platform/events/events_store.h"
#include "platform/storage/database.h"

namespace ashlar::events {

Outbox::Outbox(const base::Clock& clock, base::Entropy& entropy, std::function<void()> wake)
    : clock_(clock), entropy_(entropy), wake_(std::move(wake)) {}

void Outbox::set_listener(std::vector<std::string> types, std::function<void(const Event&)> told) {
  told_types_ = std::move(types);
  told_ = std::move(told);
}

base::Result<EventSeq> Outbox::append(storage::Transaction& tx, const NewEvent& event) {
  CHECK(tx.context().is_tenant());
  return append_of(tx, tx.context().tenant_id(), event);
}

base::Result<EventSeq> Outbox::append_for(storage::Transaction& tx, base::TenantId tenant,
                                          const NewEvent& event) {
  CHECK(!tx.context().is_tenant() || tx.context().tenant_id() == tenant);
  return append_of(tx, tenant, event);
}

Event Outbox::row_of(base::TenantId tenant, const NewEvent& event) {
  return {.seq = {},
          .id = make_event_id(clock_.now(), entropy_),
          .tenant = tenant,
          .type = event.type,
          .aggregate_type = event.aggregate_type,
          .aggregate_id = event.aggregate_id,
          .data = {},
          .traceparent = event.traceparent,
          .time = clock_.now()};
}

base::Result<EventSeq> Outbox::append_of(storage::Transaction& tx, base::TenantId tenant,
                                         const NewEvent& event) {
  ASHLAR_TRY(check_event(event));
  Event row = row_of(tenant, event);
  ASHLAR_ASSIGN(row.seq, store::append(tx, row, event.data));
  const EventSeq seq = row.seq;
  after_commit(tx, std::move(row), event.data);
  return seq;
}

base::Status Outbox::append_all_for(storage::Transaction& tx, std::span<const Owned> events) {
  CHECK(!tx.context().is_tenant());
  if (events.empty()) return base::ok_status();
  std::vector<Event> rows;
  for (const Owned& one : events) {
    ASHLAR_TRY(check_event(one.event));
    rows.push_back(row_of(one.tenant, one.event));
    rows.back().data = one.event.data;
  }
  ASHLAR_TRY(store::append_all(tx, rows));
  for (Event& row : rows) {
    const std::string data = std::exchange(row.data, {});
    after_commit(tx, std::move(row), data);
  }
  return base::ok_status();
}

void Outbox::after_commit(storage::Transaction& tx, Event event, const std::string& data) const {
  const bool wanted = std::any_of(told_types_.begin(), told_types_.end(),
                                  [&](const auto& type) { return type_fits(type, event.type); });
  if (!wanted) return tx.on_commit(wake_);
  event.data = data;
  tx.on_commit([this, event = std::move(event)] {
    told_(event);
    wake_();
  });
}

}  // namespace ashlar::events
