#include "modules/payments/payments_store.h"

#include <algorithm>
#include <array>

#include "platform/storage/database.h"

namespace ashlar::payments::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

constexpr Sql kInsertPayment{
    Audience::kTenant,
    "INSERT INTO payments (tenant_id, id, created_at, state, amount, captured, refunded, currency,"
    " customer, merchant_reference, expires_at)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"};

constexpr Sql kUpdatePayment{
    Audience::kTenant,
    "UPDATE payments SET state = ?2, amount = ?3, captured = ?4, refunded = ?5, currency = ?6,"
    " customer = ?7, expires_at = ?8 WHERE tenant_id = :tenant AND id = ?1"};

constexpr Sql kFindByReference{Audience::kTenant,
                               "SELECT id FROM payments WHERE tenant_id = :tenant"
                               " AND merchant_reference = ?1 AND merchant_reference <> ''"};

#define PAYMENTS_BETWEEN "SELECT id FROM payments WHERE tenant_id = :tenant AND id > ?1 AND id < ?2"
constexpr Sql kPaymentsDown{Audience::kTenant, PAYMENTS_BETWEEN " ORDER BY id DESC LIMIT ?3"};
constexpr Sql kPaymentsUp{Audience::kTenant, PAYMENTS_BETWEEN " ORDER BY id LIMIT ?3"};
constexpr Sql kInStateDown{Audience::kTenant,
                           PAYMENTS_BETWEEN " AND state = ?4 ORDER BY id DESC LIMIT ?3"};
constexpr Sql kInStateUp{Audience::kTenant,
                         PAYMENTS_BETWEEN " AND state = ?4 ORDER BY id LIMIT ?3"};
// Where SQLite chooses, it walks all rows of the tenant. On PostgreSQL it is not so.
#define PAYMENTS_OF(INDEX)                             \
  "SELECT id FROM payments" INDEX                      \
  " WHERE tenant_id = :tenant AND id > ?1 AND id < ?2" \
  " AND (?4 < 0 OR state = ?4) AND customer = ?5 AND customer <> ''"
#define BY_CUSTOMER " INDEXED BY payments_by_customer"
constexpr Sql kCustomersDown{Audience::kTenant,
                             PAYMENTS_OF(BY_CUSTOMER) " ORDER BY id DESC LIMIT ?3",
                             PAYMENTS_OF("") " ORDER BY id DESC LIMIT ?3"};
constexpr Sql kCustomersUp{Audience::kTenant, PAYMENTS_OF(BY_CUSTOMER) " ORDER BY id LIMIT ?3",
                           PAYMENTS_OF("") " ORDER BY id LIMIT ?3"};

constexpr Sql kExpired{Audience::kPlatform,
                       "SELECT tenant_id, id FROM payments WHERE expires_at <= ?1"
                       " ORDER BY expires_at LIMIT ?2"};

constexpr Sql kInsertEvent{
    Audience::kTenant,
    "INSERT INTO payment_events (tenant_id, subject, no, at, published, type, body, request_id,"
    " key) VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};

#define EVENT_COLUMNS "subject, no, at, published, type, body, request_id, key"
constexpr Sql kListEvents{Audience::kTenant,
                          "SELECT " EVENT_COLUMNS
                          " FROM payment_events WHERE tenant_id = :tenant AND subject = ?1"
                          " AND no > ?2 AND no <= ?3 ORDER BY no"};

#define FEED_BETWEEN                                                 \
  "SELECT " EVENT_COLUMNS                                            \
  " FROM payment_events WHERE tenant_id = :tenant AND published = 1" \
  " AND (at, subject, no) > (?1, ?2, ?3) AND (at, subject, no) < (?4, ?5, ?6)"
constexpr Sql kFeedDown{Audience::kTenant,
                        FEED_BETWEEN " ORDER BY at DESC, subject DESC, no DESC LIMIT ?7"};
constexpr Sql kFeedUp{Audience::kTenant, FEED_BETWEEN " ORDER BY at, subject, no LIMIT ?7"};
// By the subject's own rows: the + keeps the index of all the tenant's out of it.
#define OF_SUBJECT                                                  \
  "SELECT " EVENT_COLUMNS                                           \
  " FROM payment_events WHERE tenant_id = :tenant AND subject = ?8" \
  " AND +published = 1 AND (at, subject, no) > (?1, ?2, ?3)"        \
  " AND (at, subject, no) < (?4, ?5, ?6)"
constexpr Sql kOfSubjectDown{Audience::kTenant,
                             OF_SUBJECT " ORDER BY at DESC, subject DESC, no DESC LIMIT ?7"};
constexpr Sql kOfSubjectUp{Audience::kTenant, OF_SUBJECT " ORDER BY at, subject, no LIMIT ?7"};

// As in the index, which has what is not in every payment.
constexpr std::array<std::string_view, 3> kCommonTypes{"payment.created", "payment.authorized",
                                                       "payment.captured"};
#define OF_TYPE                                                               \
  FEED_BETWEEN                                                                \
  " AND type = ?8 AND type NOT IN ('payment.created', 'payment.authorized', " \
  "'payment.captured')"
constexpr Sql kOfTypeDown{Audience::kTenant,
                          OF_TYPE " ORDER BY at DESC, subject DESC, no DESC LIMIT ?7"};
constexpr Sql kOfTypeUp{Audience::kTenant, OF_TYPE " ORDER BY at, subject, no LIMIT ?7"};

constexpr Sql kPutObject{
    Audience::kTenant,
    "INSERT INTO payment_objects (tenant_id, id, kind, parent, alias, deleted, events, body)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5, ?6, ?7)"
    " ON CONFLICT (tenant_id, id) DO UPDATE SET parent = excluded.parent, alias = excluded.alias,"
    " deleted = excluded.deleted, events = excluded.events, body = excluded.body"};

#define OBJECT_COLUMNS "id, kind, parent, alias, deleted, events, body"
constexpr Sql kFindObject{Audience::kTenant,
                          "SELECT " OBJECT_COLUMNS
                          " FROM payment_objects WHERE tenant_id = :tenant AND id = ?1"};

#define OBJECTS_IN(INDEX)                                \
  "SELECT " OBJECT_COLUMNS " FROM payment_objects" INDEX \
  " WHERE tenant_id = :tenant AND deleted = 0 AND kind = ?1 AND id > ?2 AND id < ?3"
#define CHILDREN_IN(INDEX) OBJECTS_IN(INDEX) " AND parent = ?5 AND parent <> ''"
#define BY_PARENT " INDEXED BY payment_objects_by_parent"
#define NAMED_IN(INDEX) OBJECTS_IN(INDEX) " AND alias = ?5 AND alias <> ''"
#define BY_ALIAS " INDEXED BY payment_objects_by_alias"
#define OBJECTS_DOWN " ORDER BY id DESC LIMIT ?4"
#define OBJECTS_UP " ORDER BY id LIMIT ?4"
constexpr Sql kObjectsDown{Audience::kTenant, OBJECTS_IN("") OBJECTS_DOWN};
constexpr Sql kObjectsUp{Audience::kTenant, OBJECTS_IN("") OBJECTS_UP};
constexpr Sql kChildrenDown{Audience::kTenant, CHILDREN_IN(BY_PARENT) OBJECTS_DOWN,
                            CHILDREN_IN("") OBJECTS_DOWN};
constexpr Sql kChildrenUp{Audience::kTenant, CHILDREN_IN(BY_PARENT) OBJECTS_UP,
                          CHILDREN_IN("") OBJECTS_UP};
constexpr Sql kAliasDown{Audience::kTenant, NAMED_IN(BY_ALIAS) OBJECTS_DOWN,
                         NAMED_IN("") OBJECTS_DOWN};
constexpr Sql kAliasUp{Audience::kTenant, NAMED_IN(BY_ALIAS) OBJECTS_UP, NAMED_IN("") OBJECTS_UP};

constexpr std::array<const Sql*, 26> kStatements{
    &kInsertPayment, &kUpdatePayment, &kFindByReference, &kPaymentsDown, &kPaymentsUp,
    &kInStateDown,   &kInStateUp,     &kCustomersDown,   &kCustomersUp,  &kExpired,
    &kInsertEvent,   &kListEvents,    &kFeedDown,        &kFeedUp,       &kOfSubjectDown,
    &kOfSubjectUp,   &kOfTypeDown,    &kOfTypeUp,        &kPutObject,    &kFindObject,
    &kObjectsDown,   &kObjectsUp,     &kChildrenDown,    &kChildrenUp,   &kAliasDown,
    &kAliasUp};

Param nullable(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}

EventRow event_row(const Row& row) {
  EventRow event;
  event.subject = row.text(0);
  event.no = row.integer(1);
  event.at = base::from_micros(row.integer(2));
  event.published = row.integer(3) != 0;
  event.type = row.text(4);
  event.body = row.text(5);
  event.request_id = row.text(6);
  event.key = row.text(7);
  return event;
}

ObjectRow object_row(const Row& row) {
  ObjectRow object;
  object.id = row.text(0);
  object.kind = static_cast<ObjectKind>(row.integer(1));
  object.parent = row.text(2);
  object.alias = row.text(3);
  object.deleted = row.integer(4) != 0;
  object.events = row.integer(5);
  object.body = row.text(6);
  return object;
}

}  // namespace

PaymentRow row_of(const Payment& payment) {
  PaymentRow row;
  row.state = payment.state;
  row.amount = payment.amount;
  row.captured = payment.captured();
  row.refunded = payment.refunded();
  row.currency = payment.currency;
  row.customer = payment.customer;
  row.merchant_reference = payment.merchant_reference;
  if (payment.state == PaymentState::kCapturable)
    row.expires_at = payment.attempts.back().expires_at;
  return row;
}

base::Status insert_payment(storage::Transaction& tx, const Payment& payment) {
  const PaymentRow row = row_of(payment);
  ASHLAR_TRY(tx.execute(kInsertPayment, {payment.id, base::to_micros(payment.created_at),
                                         static_cast<std::int64_t>(row.state), row.amount,
                                         row.captured, row.refunded, row.currency, row.customer,
                                         row.merchant_reference, nullable(row.expires_at)}));
  return base::ok_status();
}

base::Status update_payment(storage::Transaction& tx, std::string_view id, const PaymentRow& row) {
  ASHLAR_TRY(tx.execute(kUpdatePayment,
                        {id, static_cast<std::int64_t>(row.state), row.amount, row.captured,
                         row.refunded, row.currency, row.customer, nullable(row.expires_at)}));
  return base::ok_status();
}

base::Result<std::optional<std::string>> find_by_reference(storage::Transaction& tx,
                                                           std::string_view reference) {
  std::optional<std::string> id;
  ASHLAR_TRY(
      tx.query(kFindByReference, {reference}, [&](const Row& row) { id = row.maybe_text(0); }));
  return id;
}

base::Result<std::vector<std::string>> list_payments(storage::Transaction& tx, const IdRange& range,
                                                     const PaymentChoice& choice) {
  std::vector<std::string> ids;
  const auto sink = [&](const Row& row) { ids.emplace_back(row.text(0)); };
  if (!choice.customer.empty()) {
    ASHLAR_TRY(tx.query(range.newest_first ? kCustomersDown : kCustomersUp,
                        {range.after, range.before, range.limit, choice.state, choice.customer},
                        sink));
  } else if (choice.state >= 0) {
    ASHLAR_TRY(tx.query(range.newest_first ? kInStateDown : kInStateUp,
                        {range.after, range.before, range.limit, choice.state}, sink));
  } else {
    ASHLAR_TRY(tx.query(range.newest_first ? kPaymentsDown : kPaymentsUp,
                        {range.after, range.before, range.limit}, sink));
  }
  return ids;
}

base::Result<std::vector<Due>> expired_authorizations(storage::Transaction& tx, base::Time now,
                                                      std::int64_t limit) {
  std::vector<Due> due;
  ASHLAR_TRY(tx.query(kExpired, {base::to_micros(now), limit}, [&](const Row& row) {
    due.push_back({base::TenantId(row.integer(0)), std::string(row.text(1))});
  }));
  return due;
}

base::Status insert_event(storage::Transaction& tx, const EventRow& event) {
  ASHLAR_TRY(tx.execute(kInsertEvent, {event.subject, event.no, base::to_micros(event.at),
                                       std::int64_t{event.published ? 1 : 0}, event.type,
                                       event.body, event.request_id, event.key}));
  return base::ok_status();
}

base::Result<std::vector<EventRow>> list_events(storage::Transaction& tx, std::string_view subject,
                                                std::int64_t after, std::int64_t until) {
  std::vector<EventRow> events;
  ASHLAR_TRY(tx.query(kListEvents, {subject, after, until},
                      [&](const Row& row) { events.push_back(event_row(row)); }));
  return events;
}

bool has_own_list(std::string_view type) {
  return std::ranges::find(kCommonTypes, type) == kCommonTypes.end();
}

base::Result<std::vector<EventRow>> list_feed(storage::Transaction& tx, const FeedRange& range) {
  std::vector<EventRow> events;
  const auto sink = [&](const Row& row) { events.push_back(event_row(row)); };
  const auto ask = [&](const Sql& down, const Sql& up, const std::string& only) {
    return tx.query(range.newest_first ? down : up,
                    {range.after.at, range.after.subject, range.after.no, range.before.at,
                     range.before.subject, range.before.no, range.limit, only},
                    sink);
  };
  if (!range.subject.empty()) {
    ASHLAR_TRY(ask(kOfSubjectDown, kOfSubjectUp, range.subject));
  } else if (!range.type.empty()) {
    ASHLAR_TRY(ask(kOfTypeDown, kOfTypeUp, range.type));
  } else {
    ASHLAR_TRY(tx.query(range.newest_first ? kFeedDown : kFeedUp,
                        {range.after.at, range.after.subject, range.after.no, range.before.at,
                         range.before.subject, range.before.no, range.limit},
                        sink));
  }
  return events;
}

base::Status put_object(storage::Transaction& tx, const ObjectRow& object) {
  ASHLAR_TRY(tx.execute(
      kPutObject, {object.id, static_cast<std::int64_t>(object.kind), object.parent, object.alias,
                   std::int64_t{object.deleted ? 1 : 0}, object.events, object.body}));
  return base::ok_status();
}

base::Result<std::optional<ObjectRow>> find_object(storage::Transaction& tx, std::string_view id) {
  std::optional<ObjectRow> object;
  ASHLAR_TRY(tx.query(kFindObject, {id}, [&](const Row& row) { object = object_row(row); }));
  return object;
}

base::Result<std::vector<ObjectRow>> list_objects(storage::Transaction& tx, const IdRange& range,
                                                  const ObjectChoice& choice) {
  std::vector<ObjectRow> objects;
  const auto sink = [&](const Row& row) { objects.push_back(object_row(row)); };
  const auto kind = static_cast<std::int64_t>(choice.kind);
  const bool down = range.newest_first;
  if (!choice.parent.empty()) {
    ASHLAR_TRY(tx.query(down ? kChildrenDown : kChildrenUp,
                        {kind, range.after, range.before, range.limit, choice.parent}, sink));
  } else if (!choice.alias.empty()) {
    ASHLAR_TRY(tx.query(down ? kAliasDown : kAliasUp,
                        {kind, range.after, range.before, range.limit, choice.alias}, sink));
  } else {
    ASHLAR_TRY(tx.query(down ? kObjectsDown : kObjectsUp,
                        {kind, range.after, range.before, range.limit}, sink));
  }
  return objects;
}

std::span<const Sql* const> payment_statements() { return kStatements; }

}  // namespace ashlar::payments::store
