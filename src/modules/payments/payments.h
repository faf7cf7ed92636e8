// Payments: everything that can be done with a payment, by whichever face it is asked.
//
//   ask ──claim, checks, attempt row: one commit──> provider, outside any transaction
//    │                                                 │ outcome, journals, events, answer:
//    └─ the same key again: the stored answer          └─ one commit ──> done
//
// Promises
//  1. A key (tenant, mode, key) has one effect. Status, headers and body of the answer commit with
//     the effect; a repeat gets the same bytes. Another request under the same key: kInvalid
//     idempotency_key_reused. While the first is at work: kConflict idempotency_key_in_use.
//  2. What is refused without effect (validation, authentication, overload, a state that does not
//     allow it, a provider that certainly did nothing) stores nothing under the key. A declined
//     card is an answer, and is stored.
//  3. The provider is called outside any transaction, under a key that was stored before, and never
//     again for one logical attempt unless it says that it has not seen that key and is still in
//     the time in which it would know. What is unknown stays `processing` and is resolved by asking
//     (resolver.h); the answer says so, and is then the answer of that key for good.
//  4. A claim has a lease and an epoch; who has lost the lease commits nothing.
//  5. Domain limits hold for ever, keys or not (payment.h, 1 to 5); a merchant reference is used
//     once, a provider's reference belongs to one part of one payment.
//  6. A text that looks like a card number is refused in every field (kInvalid
//     card_number_refused), and is in no log, row or answer.
//  7. Notices may come twice, late and in any order: what they say about money that we asked for is
//     asked of the provider; what they tell by themselves (disputes, failed refunds) counts once.
//
// All functions return at once; `done` is called once, quick to return, from a thread of the
// writer's or of a provider's. Errors beside storage's and the ledger's (kUnavailable ledger_busy):
//   kInvalid     amount_invalid, currency_invalid, text_too_long, metadata_invalid,
//                card_number_refused, amount_too_large (more than can be captured, refunded),
//                nothing_to_change
//   kNotFound    payment_not_found, charge_not_found, refund_not_found, dispute_not_found,
//                customer_not_found, method_not_found
//   kConflict    payment_state (its state does not allow it), payment_in_progress (something that
//                reaches the provider is under way, or its outcome is unknown), charge_disputed,
//                refund_state, dispute_state, merchant_reference_used, balance_insufficient,
//                idempotency_key_in_use
//   kUnavailable provider_unavailable (nothing was done), provider_unknown
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/asks.h"
#include "modules/payments/customers.h"
#include "modules/payments/payment.h"
#include "modules/payments/reads.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::events {
class Outbox;
}
namespace ashlar::ledger {
class BookWriter;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
}

namespace ashlar::payments {

class Face;
class Providers;
struct ProviderNotice;

struct PaymentsOptions {
  base::Seconds settle_after{2 * 24 * 3600};  // captured money is available from that day on
  base::Seconds authorization_life{7 * 24 * 3600};
  base::Seconds claim_life{25 * 3600};     // an answer is kept so long, at least
  base::Seconds notice_life{90 * 86400};   // what a provider told is remembered so long
  base::Millis lease{20'000};              // beyond a provider call's deadline
  base::Millis provider_deadline{10'000};  // of one call
};

class Payments {
 public:
  // All outlive it. `work` is what is under way with a provider when it ends: nothing may be.
  Payments(const PaymentsOptions& options, storage::Database& db, ledger::BookWriter& writer,
           events::Outbox& outbox, const Providers& providers, const base::Clock& clock,
           base::Entropy& entropy, obs::Registry& metrics, obs::Log& log);
  ~Payments();
  Payments(const Payments&) = delete;
  Payments& operator=(const Payments&) = delete;

  // Before anything is asked; outlives it. A claim of a face that is not there is answered without
  // a body.
  void set_face(FaceKind kind, const Face& face);

  void create(Asked asked, NewPayment wanted, Done done);
  void confirm(Asked asked, std::string payment, Confirmation how, Done done);
  void capture(Asked asked, std::string payment, NewCapture wanted, Done done);
  void cancel(Asked asked, std::string payment, std::string reason, Done done);
  void update(Asked asked, std::string payment, PaymentChange change, Done done);
  void update_charge(Asked asked, std::string charge, ChargeChange change, Done done);

  void refund(Asked asked, NewRefund wanted, Done done);
  void update_refund(Asked asked, std::string refund, Pairs metadata, Done done);
  // Only while the provider has not done it: kConflict refund_state.
  void cancel_refund(Asked asked, std::string refund, Done done);

  void update_dispute(Asked asked, std::string dispute, DisputeChange change, Done done);
  // Gives in: it is lost.
  void close_dispute(Asked asked, std::string dispute, Done done);

  void create_customer(Asked asked, CustomerChange what, Done done);
  void update_customer(Asked asked, std::string customer, CustomerChange change, Done done);
  void delete_customer(Asked asked, std::string customer, Done done);
  void create_method(Asked asked, NewMethod what, Done done);
  void update_method(Asked asked, std::string method, MethodChange change, Done done);
  void attach_method(Asked asked, std::string method, std::string customer, Done done);
  void detach_method(Asked asked, std::string method, Done done);

  void payout(Asked asked, NewPayout wanted, Done done);

  // What a provider told by itself, its signature checked. `done` when it is stored: only then may
  // the provider be answered 2xx.
  void notice(std::string provider, ProviderNotice notice, std::function<void(base::Status)> done);

  // House-keeping, each a bounded round; any one thread, at any pace (PaymentsModule's, tests').
  // They wait for the database and for the writer's thread, so not from done(); with a writer that
  // has none, they drain() it.
  base::Status resolve();  // asks about calls whose outcome is unknown or whose caller is gone
  base::Status settle();   // pending to available; expiry of authorisations; disputes' deadlines
  base::Status reap();     // claims and notices past their life
  // At the start, before anything is asked, where no other process has this database: what a dead
  // process left is taken up at once, leases or not.
  base::Status recover();

  // Calls to providers under way here.
  [[nodiscard]] std::int64_t in_flight() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::payments
