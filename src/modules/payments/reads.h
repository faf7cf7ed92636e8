// Reads: what can be looked at, in a transaction of the caller's for the tenant. Every list is
// newest first; times equal, the greater id first.
//
//   db.read(Context::tenant(tenant), [&](auto& tx) { return Reads(tx).payment(id); });
//
// Payments are folded from their events, never read from a copy.
// Errors beside storage's: kNotFound payment_not_found, charge_not_found, refund_not_found,
// dispute_not_found, customer_not_found, method_not_found, payout_not_found, entry_not_found,
// event_not_found; kInvalid position_unknown: starting_after or ending_before names nothing.
// As long as the transaction; its thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/customers.h"
#include "modules/payments/payment.h"
#include "modules/payments/payment_events.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::payments {

struct Window {
  std::optional<base::Time> from, until;  // created: from <= at < until
  std::string starting_after;             // an id of the list's kind: what is older than it
  std::string ending_before;              // what is newer; the ones next to it
  std::int64_t limit = 10;                // 1 to 1,000
};
template <class T>
struct Listed {
  std::vector<T> rows;
  bool has_more = false;
};

// A part of a payment, with it.
struct PartOf {
  Payment payment;
  std::string part;  // its id
};

struct PaymentFilter {
  std::string customer;
  std::optional<PaymentState> state;
};
struct PartFilter {
  std::string payment, charge;
};

enum class EntryKind : std::uint8_t {
  kCapture,
  kRefund,
  kRefundFailed,
  kDispute,
  kDisputeWon,
  kPayout,
  kPayoutFailed
};
// What changed the balance: net = amount - fee.
struct Entry {
  std::string id;  // "txn_…"
  EntryKind kind = EntryKind::kCapture;
  std::string source;  // "cap_…", "re_…", "dp_…", "po_…"
  std::string payment, currency, provider;
  Money amount = 0, fee = 0;  // amount: negative where money goes
  base::Time at{};
  base::Time available_on{};
  bool settled = false;  // has moved from pending to available
  [[nodiscard]] Money net() const { return amount - fee; }
};
struct EntryFilter {
  std::string source, currency, payment;
  std::optional<EntryKind> kind;
};

struct CurrencyBalance {
  std::string currency;
  Money pending = 0, available = 0;
};

// One event with what it happened to, as that was after it, and before it.
struct Told {
  std::string id;  // "evt_…"
  std::string subject;
  std::int64_t no = 0;
  std::string type;  // "payment.captured", "customer.created"
  base::Time at{};
  PaymentEvent event;           // of payments only
  std::string request_id, key;  // of the request that caused it; empty: none did
  std::optional<Payment> payment, payment_before;
  std::optional<Customer> customer, customer_before;
  std::optional<Method> method, method_before;
  std::optional<Payout> payout, payout_before;
};
struct EventFilter {
  std::vector<std::string> types;  // exact, or ending with ".*"; at most 50
  std::string subject;
};

// A provider call, as its row says (payment_attempts).
enum class CallState : std::uint8_t { kOpen = 0, kUnknown = 1, kWaiting = 2, kResolved = 3 };
struct CallRow {
  std::string key;      // "pay_…:capture:1"
  std::string subject;  // payment or payout
  std::string part;     // what it makes: "ch_…", "cap_…", "re_…", "dp_…", "po_…"
  ProviderOp op = ProviderOp::kAuthorize;
  CallState state = CallState::kOpen;
  std::string provider, reference;
  std::string request, outcome;  // JSON
  std::int64_t sends = 0, asks = 0;
  base::Time at{};
  std::optional<base::Time> sent_at, resolved_at;
};
struct NoticeRow {
  std::string provider, id, subject, outcome;
  NoticeKind kind = NoticeKind::kAuthorized;
  base::Time at{};
};

class Reads {
 public:
  explicit Reads(storage::Transaction& tx) : tx_(tx) {}

  base::Result<Payment> payment(std::string_view id);
  // Of a charge, capture, refund or dispute: the payment that has it.
  base::Result<Payment> payment_with(std::string_view part);
  base::Result<std::optional<Payment>> by_merchant_reference(std::string_view reference);
  base::Result<Listed<Payment>> payments(const Window& window, const PaymentFilter& filter = {});
  base::Result<Listed<PartOf>> charges(const Window& window, const PartFilter& filter = {});
  base::Result<Listed<PartOf>> refunds(const Window& window, const PartFilter& filter = {});
  base::Result<Listed<PartOf>> disputes(const Window& window, const PartFilter& filter = {});

  base::Result<Customer> customer(std::string_view id);  // deleted ones too
  base::Result<Method> method(std::string_view id);
  base::Result<Payout> payout(std::string_view id);
  base::Result<Listed<Customer>> customers(const Window& window, std::string_view email = {});
  base::Result<Listed<Method>> methods(const Window& window, std::string_view customer = {});
  base::Result<Listed<Payout>> payouts(const Window& window);

  base::Result<Entry> entry(std::string_view id);
  base::Result<Listed<Entry>> entries(const Window& window, const EntryFilter& filter = {});
  // Straight from the ledger's totals; by currency.
  base::Result<std::vector<CurrencyBalance>> balance();

  base::Result<Told> event(std::string_view id);
  base::Result<Listed<Told>> events(const Window& window, const EventFilter& filter = {});

  // The story of a payment or payout, oldest first.
  base::Result<std::vector<Told>> events_of(std::string_view subject);  // without objects
  base::Result<std::vector<CallRow>> calls_of(std::string_view subject);
  base::Result<std::vector<NoticeRow>> notices_of(std::string_view subject);

 private:
  storage::Transaction& tx_;
};

}  // namespace ashlar::payments
