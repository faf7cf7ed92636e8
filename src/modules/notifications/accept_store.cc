#include "modules/notifications/accept_store.h"

#include <array>
#include <optional>
#include <string>

#include "platform/jobs/text_array.h"

namespace ashlar::notifications::store {
namespace {

using jobs::store::TextArray;
using storage::Audience;
using storage::Dialect;
using storage::Row;
using storage::Sql;
using storage::Transaction;

constexpr Sql kInsertMany{
    Audience::kTenant,
    "INSERT INTO notifications (tenant_id, user_id, to_email, to_phone, to_device, locale,"
    " category, template_key, template_version, content, data, channels, priority, dedupe_key,"
    " collapse_key, digest_key, digest_for_s, traceparent, send_at, expires_at, created_at,"
    " updated_at, planned, state, reason) SELECT :tenant, g.user_id, g.to_email, g.to_phone,"
    " g.to_device, g.locale, g.category, g.template_key, g.template_version, g.content, g.data,"
    " g.channels, g.priority, g.dedupe_key, g.collapse_key, g.digest_key, g.digest_for_s,"
    " g.traceparent, g.send_at, g.expires_at, g.created_at, g.created_at, g.planned, g.state,"
    " g.reason FROM unnest(?1::text[], ?2::text[], ?3::text[], ?4::text[], ?5::text[],"
    " ?6::text[], ?7::text[], ?8::bigint[], ?9::text[], ?10::text[], ?11::text[], ?12::bigint[],"
    " ?13::text[], ?14::text[], ?15::text[], ?16::bigint[], ?17::text[], ?18::bigint[],"
    " ?19::bigint[], ?20::bigint[], ?21::bigint[], ?22::bigint[], ?23::text[]) WITH ORDINALITY"
    " AS g(user_id, to_email, to_phone, to_device, locale, category, template_key,"
    " template_version, content, data, channels, priority, dedupe_key, collapse_key, digest_key,"
    " digest_for_s, traceparent, send_at, expires_at, created_at, planned, state, reason, n)"
    " ORDER BY g.n ON CONFLICT DO NOTHING RETURNING id, coalesce(dedupe_key, '')"};

constexpr Sql kInsertDeliveries{
    Audience::kTenant,
    "INSERT INTO notifications_deliveries (tenant_id, notification_id, channel, user_id, category,"
    " address, extra, device, state, reason, detail, dead, replay_of, created_at, updated_at,"
    " counted_at, next_at, sent_at) SELECT :tenant, g.notification_id, g.channel, g.user_id,"
    " g.category, g.address, g.extra, g.device, g.state, g.reason, g.detail, g.dead, g.replay_of,"
    " g.created_at, g.created_at, g.counted_at, g.next_at, g.sent_at"
    " FROM unnest(?1::bigint[], ?2::bigint[], ?3::text[], ?4::text[], ?5::text[], ?6::text[],"
    " ?7::text[], ?8::bigint[], ?9::text[], ?10::text[], ?11::bigint[], ?12::bigint[],"
    " ?13::bigint[], ?14::bigint[], ?15::bigint[], ?16::bigint[]) WITH ORDINALITY"
    " AS g(notification_id, channel, user_id, category, address, extra, device, state, reason,"
    " detail, dead, replay_of, created_at, counted_at, next_at, sent_at, n)"
    " ORDER BY g.n RETURNING id"};

constexpr std::array<const Sql*, 2> kStatements{&kInsertMany, &kInsertDeliveries};

void add_maybe(TextArray& array, const std::optional<base::Time>& time) {
  if (time) {
    array.add(base::to_micros(*time));
  } else {
    array.add_null();
  }
}

// The columns of kInsertMany.
class NotificationArrays {
 public:
  void add(const PlannedNotification& one) {
    const Notification& n = *one.notification;
    a_[0].add(n.user_id), a_[1].add(n.to_email), a_[2].add(n.to_phone), a_[3].add(n.to_device);
    a_[4].add(n.locale), a_[5].add(n.category), a_[6].add(n.template_key);
    a_[7].add(n.template_version), a_[8].add(n.content), a_[9].add(n.data), a_[10].add(n.channels);
    a_[11].add(static_cast<std::int64_t>(n.priority));
    if (n.dedupe_key.empty()) {
      a_[12].add_null();
    } else {
      a_[12].add(n.dedupe_key);
    }
    a_[13].add(n.collapse_key), a_[14].add(n.digest_key);
    a_[15].add(std::int64_t{n.digest_for.count()}), a_[16].add(n.traceparent);
    add_maybe(a_[17], n.send_at), add_maybe(a_[18], n.expires_at);
    a_[19].add(base::to_micros(n.created_at)), a_[20].add(std::int64_t{one.plan.made ? 1 : 0});
    a_[21].add(static_cast<std::int64_t>(one.plan.state)), a_[22].add(one.plan.reason);
  }
  base::Status insert(Transaction& tx, const storage::RowSink& sink) {
    auto& a = a_;
    ASHLAR_TRY(tx.query(
        kInsertMany,
        {a[0].text(),  a[1].text(),  a[2].text(),  a[3].text(),  a[4].text(),  a[5].text(),
         a[6].text(),  a[7].text(),  a[8].text(),  a[9].text(),  a[10].text(), a[11].text(),
         a[12].text(), a[13].text(), a[14].text(), a[15].text(), a[16].text(), a[17].text(),
         a[18].text(), a[19].text(), a[20].text(), a[21].text(), a[22].text()},
        sink));
    return base::ok_status();
  }

 private:
  std::array<TextArray, 23> a_;
};

// The columns of kInsertDeliveries.
class DeliveryArrays {
 public:
  void add(const NewDelivery& one) {
    const Delivery& d = one.delivery;
    const std::int64_t now = base::to_micros(d.created_at);
    a_[0].add(d.notification.value), a_[1].add(static_cast<std::int64_t>(d.channel));
    a_[2].add(d.user_id), a_[3].add(one.category), a_[4].add(d.target.address);
    a_[5].add(d.target.extra), a_[6].add(d.target.device);
    a_[7].add(static_cast<std::int64_t>(d.state)), a_[8].add(d.reason), a_[9].add(d.detail);
    a_[10].add(std::int64_t{d.dead}), a_[11].add(d.replay_of.value), a_[12].add(now);
    a_[13].add(one.counts ? now : std::int64_t{0});
    add_maybe(a_[14], d.next_at), add_maybe(a_[15], d.sent_at);
  }
  base::Status insert(Transaction& tx, const storage::RowSink& sink) {
    auto& a = a_;
    ASHLAR_TRY(
        tx.query(kInsertDeliveries,
                 {a[0].text(), a[1].text(), a[2].text(), a[3].text(), a[4].text(), a[5].text(),
                  a[6].text(), a[7].text(), a[8].text(), a[9].text(), a[10].text(), a[11].text(),
                  a[12].text(), a[13].text(), a[14].text(), a[15].text()},
                 sink));
    return base::ok_status();
  }

 private:
  std::array<TextArray, 16> a_;
};

}  // namespace

base::Result<std::vector<Accepted>> insert_notifications(
    Transaction& tx, Dialect dialect, std::span<const PlannedNotification> planned) {
  std::vector<Accepted> out(planned.size());
  const bool one_by_one = dialect == Dialect::kSqlite || planned.size() == 1;
  struct Written {
    NotificationId id;
    std::string dedupe_key;
  };
  std::vector<Written> written;
  if (!one_by_one) {
    NotificationArrays arrays;
    for (const PlannedNotification& one : planned) arrays.add(one);
    ASHLAR_TRY(arrays.insert(tx, [&](const Row& row) {
      written.push_back({NotificationId(row.integer(0)), std::string(row.text(1))});
    }));
  }
  // RETURNING gives the rows in the order of the batch, without those that were there already.
  std::size_t next = 0;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    const Notification& n = *planned[i].notification;
    if (next < written.size() && written[next].dedupe_key == n.dedupe_key) {
      out[i].id = written[next++].id;
    } else {
      // One by one; or it was there, which is found out by trying again.
      ASHLAR_ASSIGN(out[i], insert_notification(tx, n, planned[i].plan));
    }
  }
  return out;
}

base::Status insert_deliveries(Transaction& tx, Dialect dialect,
                               std::span<NewDelivery> deliveries) {
  if (dialect == Dialect::kSqlite || deliveries.size() == 1) {
    for (NewDelivery& one : deliveries) {
      ASHLAR_ASSIGN(one.delivery.id, insert_delivery(tx, one.delivery, one.category, one.counts));
    }
    return base::ok_status();
  }
  if (deliveries.empty()) return base::ok_status();
  DeliveryArrays arrays;
  for (const NewDelivery& one : deliveries) arrays.add(one);
  std::size_t next = 0;
  ASHLAR_TRY(arrays.insert(tx, [&](const Row& row) {
    if (next < deliveries.size()) deliveries[next++].delivery.id = DeliveryId(row.integer(0));
  }));
  if (next == deliveries.size()) return base::ok_status();
  return base::fail(base::Code::kInternal, "storage_error", "not all deliveries were written");
}

std::span<const Sql* const> accept_statements() { return kStatements; }

}  // namespace ashlar::notifications::store
