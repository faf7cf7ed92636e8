// PaymentsStore: the SQL of payments, of what happened to them, and of customers, methods, payouts.
//
// Functions run in the caller's transaction for its tenant, those of sweeps under
// PlatformUse::kPayments. Stateless. Errors: storage's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/payment.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::payments::store {

// --- Payments

// What of a payment has a column of its own.
struct PaymentRow {
  PaymentState state = PaymentState::kNeedsMethod;
  Money amount = 0, captured = 0, refunded = 0;
  std::string currency, customer, merchant_reference;
  std::optional<base::Time> expires_at;
  friend bool operator==(const PaymentRow&, const PaymentRow&) = default;
};
PaymentRow row_of(const Payment& payment);

base::Status insert_payment(storage::Transaction& tx, const Payment& payment);
base::Status update_payment(storage::Transaction& tx, std::string_view id, const PaymentRow& row);
base::Result<std::optional<std::string>> find_by_reference(storage::Transaction& tx,
                                                           std::string_view reference);

// Ids between two of the kind, bounds not among them: `after` < id < `before`.
struct IdRange {
  std::string after, before;
  bool newest_first = true;
  std::int64_t limit = 0;
};
struct PaymentChoice {
  std::string customer;
  std::int64_t state = -1;  // any
};
base::Result<std::vector<std::string>> list_payments(storage::Transaction& tx, const IdRange& range,
                                                     const PaymentChoice& choice);
struct Due {
  base::TenantId tenant;
  std::string id;
};
// Platform: authorisations that have run out, the longest first.
base::Result<std::vector<Due>> expired_authorizations(storage::Transaction& tx, base::Time now,
                                                      std::int64_t limit);

// --- Events

struct EventRow {
  std::string subject;
  std::int64_t no = 0;
  base::Time at{};
  bool published = false;
  std::string type, body, request_id, key;
};
base::Status insert_event(storage::Transaction& tx, const EventRow& event);
// Of one subject: after < no <= until, in order.
base::Result<std::vector<EventRow>> list_events(storage::Transaction& tx, std::string_view subject,
                                                std::int64_t after, std::int64_t until);
// The published ones of the tenant between two places of the feed, bounds not among them.
struct FeedPlace {
  std::int64_t at = 0;
  std::string subject;
  std::int64_t no = 0;
};
struct FeedRange {
  FeedPlace after, before;
  bool newest_first = true;
  std::int64_t limit = 0;
  std::string subject;  // only its; empty: all
  std::string type;     // only these, where has_own_list(); empty: all. Not with a subject
};
// A type so rare that its events are looked for apart from the others.
bool has_own_list(std::string_view type);
base::Result<std::vector<EventRow>> list_feed(storage::Transaction& tx, const FeedRange& range);

// --- Objects

enum class ObjectKind : std::uint8_t { kCustomer = 1, kMethod = 2, kPayout = 3 };
struct ObjectRow {
  std::string id;
  ObjectKind kind = ObjectKind::kCustomer;
  std::string parent, alias;
  bool deleted = false;
  std::int64_t events = 0;
  std::string body;
};
// By its id: made, or put in place of what it was.
base::Status put_object(storage::Transaction& tx, const ObjectRow& object);
base::Result<std::optional<ObjectRow>> find_object(storage::Transaction& tx, std::string_view id);
// Those that are not deleted.
struct ObjectChoice {
  ObjectKind kind = ObjectKind::kCustomer;
  std::string parent, alias;  // empty: any
};
base::Result<std::vector<ObjectRow>> list_objects(storage::Transaction& tx, const IdRange& range,
                                                  const ObjectChoice& choice);

std::span<const storage::Sql* const> payment_statements();

}  // namespace ashlar::payments::store
