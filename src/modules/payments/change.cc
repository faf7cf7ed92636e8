#include "modules/payments/change.h"

#include <utility>

#include "modules/payments/entries_store.h"
#include "modules/payments/folding.h"
#include "modules/payments/ids.h"
#include "platform/events/outbox.h"
#include "platform/json/writer.h"
#include "platform/observability/log.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::payments {
namespace {

using base::Code;

base::Error not_found(const char* reason, const char* what) {
  return base::fail(Code::kNotFound, reason, std::string("There is no such ") + what + ".");
}

base::Error too_many_changes() {
  return base::fail(Code::kConflict, "too_many_changes", "It was changed too often.");
}

// After how many events of a payment another of this type may begin: what is asked for, and what
// only describes, leaves room for what comes of it, or money that has moved could not be booked.
std::int64_t room_for(EventType type) {
  constexpr std::int64_t kUpdates = kMaxEventsOfPayment * 4 / 10;
  constexpr std::int64_t kAsked = kMaxEventsOfPayment * 6 / 10;
  switch (type) {
    case EventType::kUpdated:
    case EventType::kChargeUpdated:
    case EventType::kRefundUpdated:
    case EventType::kDisputeUpdated:
      return kUpdates;
    case EventType::kAuthorizing:
    case EventType::kCapturing:
    case EventType::kCanceling:
    case EventType::kRefunding:
      return kAsked;
    default:
      return kMaxEventsOfPayment;
  }
}

template <class T>
base::Result<std::pair<T, std::int64_t>> object_of(storage::Transaction& tx, std::string_view id,
                                                   store::ObjectKind kind, const char* reason,
                                                   const char* what,
                                                   base::Result<T> (*decode)(std::string_view)) {
  ASHLAR_ASSIGN(const auto row, store::find_object(tx, id));
  if (!row || row->kind != kind || row->deleted) return not_found(reason, what);
  if (row->events >= kMaxEvents) return too_many_changes();
  ASHLAR_ASSIGN(T object, decode(row->body));
  return std::pair(std::move(object), row->events);
}

}  // namespace

Change::Change(Desk& desk, ledger::Booking& booking, const Asked& by)
    : desk_(desk), booking_(booking), by_(by), now_(booking.now()) {}

base::Status Change::load(std::string_view payment) {
  if (const auto kept = desk_.folds.find(by_.tenant, payment)) {
    payment_ = *kept;
    ASHLAR_TRY(fold_on(tx(), payment_));
  } else {
    ASHLAR_ASSIGN(std::optional<Payment> found, fold_payment(tx(), payment));
    if (!found) return not_found("payment_not_found", "payment");
    payment_ = *std::move(found);
  }
  row_ = store::row_of(payment_);
  return base::ok_status();
}

base::Status Change::load_with(std::string_view part) {
  const auto refuse = [&]() -> base::Error {
    if (part.starts_with("re_")) return not_found("refund_not_found", "refund");
    if (part.starts_with("dp_")) return not_found("dispute_not_found", "dispute");
    return not_found("charge_not_found", "charge");
  };
  const auto id = payment_of(part);
  if (!id) return refuse();
  const base::Status loaded = load(*id);
  if (!loaded.ok() && loaded.error().code == Code::kNotFound) return refuse();
  ASHLAR_TRY(loaded);
  const bool has = payment_.attempt(part) != nullptr || payment_.refund(part) != nullptr ||
                   payment_.dispute(part) != nullptr || payment_.capture_part(part) != nullptr;
  if (!has) return refuse();
  return base::ok_status();
}

base::Status Change::add(PaymentEvent event) {
  if (event.type == EventType::kCreated) {
    is_new_ = true;
  } else {
    event.at = now_;
  }
  if (payment_.events >= room_for(event.type)) return too_many_changes();
  ASHLAR_TRY(apply(payment_, event));
  told_.push_back({payment_.id, std::string(name_of(event.type)), to_json(event), payment_.events,
                   event.at, is_published(event.type), true});
  return base::ok_status();
}

void Change::put(const Customer& customer, std::string_view type, std::int64_t events) {
  std::string body = to_json(customer);
  customer_ = customer;
  objects_.push_back({customer.id, store::ObjectKind::kCustomer, "",
                      customer.deleted ? std::string() : customer.email, customer.deleted,
                      events + 1, body});
  told_.push_back({customer.id, std::string(type), std::move(body), events + 1, now_});
}
void Change::put(const Method& method, std::string_view type, std::int64_t events) {
  std::string body = to_json(method);
  method_ = method;
  objects_.push_back(
      {method.id, store::ObjectKind::kMethod, method.customer, "", false, events + 1, body});
  told_.push_back({method.id, std::string(type), std::move(body), events + 1, now_});
}
void Change::put(const Payout& payout, std::string_view type, std::int64_t events) {
  std::string body = to_json(payout);
  payout_ = payout;
  objects_.push_back({payout.id, store::ObjectKind::kPayout, "", "", false, events + 1, body});
  told_.push_back({payout.id, std::string(type), std::move(body), events + 1, now_});
}

base::Result<std::pair<Customer, std::int64_t>> Change::customer(std::string_view id) {
  return object_of<Customer>(tx(), id, store::ObjectKind::kCustomer, "customer_not_found",
                             "customer", customer_of);
}
base::Result<std::pair<Method, std::int64_t>> Change::method(std::string_view id) {
  return object_of<Method>(tx(), id, store::ObjectKind::kMethod, "method_not_found",
                           "means of payment", method_of);
}
base::Result<std::pair<Payout, std::int64_t>> Change::payout(std::string_view id) {
  return object_of<Payout>(tx(), id, store::ObjectKind::kPayout, "payout_not_found", "payout",
                           payout_of);
}

void Change::refer(std::string_view provider, std::string_view reference, std::string_view part,
                   std::string_view attempt) {
  if (reference.empty()) return;
  store::ReferenceRow row;
  row.provider = provider;
  row.reference = reference;
  row.subject = payment_.id.empty() ? std::string(part) : payment_.id;
  row.part = part;
  row.attempt = attempt;
  references_.push_back(std::move(row));
}

base::Status Change::write() {
  ASHLAR_TRY(write_money());
  return write_rows();
}

base::Status Change::write_money() {
  for (const ledger::NewAccount& account : postings_.accounts) ASHLAR_TRY(booking_.open(account));
  if (!postings_.transfers.empty()) ASHLAR_TRY(booking_.move(postings_.transfers));
  postings_ = {};
  return base::ok_status();
}

base::Status Change::write_rows() {
  if (is_new_) {
    ASHLAR_TRY(store::insert_payment(tx(), payment_));
  } else if (!payment_.id.empty()) {
    const store::PaymentRow row = store::row_of(payment_);
    if (row != row_) ASHLAR_TRY(store::update_payment(tx(), payment_.id, row));
  }
  for (const store::ObjectRow& object : objects_) ASHLAR_TRY(store::put_object(tx(), object));
  for (const Entry& entry : entries_) ASHLAR_TRY(store::insert_entry(tx(), entry));
  for (const std::string& id : disputes_) {
    const Dispute* dispute = payment_.dispute(id);
    if (dispute != nullptr) ASHLAR_TRY(store::put_dispute(tx(), payment_.id, *dispute));
  }
  for (const store::ReferenceRow& reference : references_) {
    ASHLAR_ASSIGN(const bool unique, store::insert_reference(tx(), reference));
    if (unique) continue;
    ASHLAR_ASSIGN(const auto other,
                  store::find_reference(tx(), reference.provider, reference.reference));
    if (other && other->part == reference.part) continue;
    // Invariant 5 of payment.h. What it was first said of keeps it; reconciliation shows the other.
    desk_.oddities.add();
    desk_.log.error("a provider gave one reference to two things",
                    {{"provider", reference.provider}, {"part", reference.part}});
  }
  for (const Told& told : told_) ASHLAR_TRY(tell(told));
  return base::ok_status();
}

base::Status Change::tell(const Told& told) {
  store::EventRow row;
  row.subject = told.subject;
  row.no = told.no;
  row.at = told.at;
  row.published = told.published;
  row.type = told.type;
  row.body = told.body;
  row.request_id = by_.request_id;
  row.key = by_.key.value_or("");
  ASHLAR_TRY(store::insert_event(tx(), row));
  if (!told.published) return base::ok_status();
  events::NewEvent event;
  event.type = told.type;
  event.aggregate_type = told.of_payment ? "payment" : told.type.substr(0, told.type.find('.'));
  event.aggregate_id = told.subject;
  event.data = summary(told);
  ASHLAR_TRY(desk_.outbox.append(tx(), event));
  return base::ok_status();
}

std::string Change::summary(const Told& told) const {
  std::string text;
  text.reserve(384);
  json::Writer json(text);
  json.begin_object().key("event").string(event_id(told.subject, told.no));
  json.key("id").string(told.subject);
  if (!told.of_payment) {
    json.key("object").raw(told.body).end_object();
    return text;
  }
  json.key("state").string(name_of(payment_.state));
  json.key("amount").integer(payment_.amount).key("currency").string(payment_.currency);
  json.key("captured").integer(payment_.captured()).key("refunded").integer(payment_.refunded());
  json.key("disputed").integer(payment_.disputed());
  json.key("customer").string(payment_.customer);
  json.key("merchant_reference").string(payment_.merchant_reference);
  json.key("metadata").begin_object();
  for (const auto& [key, value] : payment_.metadata) json.key(key).string(value);
  json.end_object();
  json.key("detail").raw(told.body).end_object();
  return text;
}

void Change::committed() {
  for (const Told& told : std::exchange(told_, {})) desk_.changes.happened(told.type);
  const bool moved = !payment_.id.empty() && (is_new_ || payment_.state != row_.state);
  if (moved) desk_.changes.entered(payment_.state);
  if (payment_.id.empty()) return;
  desk_.folds.put(by_.tenant, std::make_shared<const Payment>(std::move(payment_)));
}

}  // namespace ashlar::payments
