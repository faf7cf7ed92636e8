// Payments: everything that can be done with a payment, by whichever face it is asked.
//
//   ask ──claim, check, attempt row: one commit──> provider, outside any transaction ──> outcome,
//   journals, events,
//    │                                                                                     answer:
//    one commit ──> done └─ the same key again: the stored answer, to the byte
//
// Promises
//  1. A key (tenant, mode, key) has one effect. Status, headers and body of the answer commit with
//  the effect; a repeat gets the same
//     bytes. Another request under the same key: idempotency_key_reused. While the first is at
//     work: idempotency_key_in_use.
//  2. Validation, authentication and overload store nothing under the key.
//  3. The provider is called outside any transaction, under a key that was stored before, and never
//  twice for one logical
//     attempt unless it said that it did nothing. What is unknown stays `processing` and is
//     resolved by asking (resolver.h).
//  4. A claim has a lease and an epoch; who has lost the lease commits nothing.
//  5. Domain limits hold for ever, keys or not (payment.h, 1 to 5); a merchant reference is used
//  once.
//  6. A text that looks like a card number is refused in every field, and is in no log, row or
//  answer.
//
// All functions return at once; `done` is called once, quickly to return, from a thread of the
// writer's or of a provider's. Errors beside the rules': those of storage and of the ledger
// (ledger_busy).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "modules/payments/payment.h"

namespace ashlar::payments {

// Which face renders the answer: stored with the claim, since another process may finish the work.
enum class FaceKind : std::uint8_t { kNative = 1, kProfile = 2 };

struct Asked {
  base::TenantId tenant;
  std::string mode;       // of the key: "live", "test"
  std::string principal;  // for the story of the payment
  std::string request_id;
  std::optional<std::string> key;  // Idempotency-Key, unquoted
  std::string fingerprint;  // SHA-256 of method, path, canonical parameters, account; 32 bytes
  FaceKind face = FaceKind::kNative;
  std::string face_state;  // what the face needs to render the answer later: what to expand
  base::Mono deadline{};   // after it the answer is "processing", and the work goes on
};

struct Answered {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool replayed = false;
};
using Done = std::function<void(base::Result<Answered>)>;

struct Customer {
  std::string id;  // "cus_…"
  std::string name, email, phone, description;
  Pairs metadata;
  std::string default_method;
  bool deleted = false;
  base::Time created_at{};
};
// A provider's token for a means of payment; never a card number.
struct Method {
  std::string id;  // "pm_…"
  std::string provider, token, customer, network, last4;
  int exp_month = 0, exp_year = 0;
  Pairs metadata;
  base::Time created_at{};
};

// What a face is given to render. One of those is set.
struct Rendered {
  const Payment* payment = nullptr;
  const Refund* refund = nullptr;    // with its payment
  const Dispute* dispute = nullptr;  // with its payment
  const Attempt* attempt = nullptr;  // a charge, with its payment
  const Customer* customer = nullptr;
  const Method* method = nullptr;
  bool deleted = false;
  // The last attempt was declined: an answer that is stored like any other. Points into the
  // payment.
  const Attempt* declined = nullptr;
};
class Face {
 public:
  virtual ~Face() = default;
  // Pure but for what `asked.face_state` makes it look up in `lookup` (objects to expand).
  [[nodiscard]] virtual Answered render(const Asked& asked, const Rendered& what) const = 0;
};

struct NewPayment {
  Money amount = 0;
  std::string currency;
  Capture capture = Capture::kAutomatic;
  std::string customer, method, description, descriptor, merchant_reference, receipt_email;
  Pairs metadata;
  bool confirm = false;
  bool off_session = false;
};
// Only what is set changes; an empty text unsets, an empty metadata value deletes.
struct PaymentChange {
  std::optional<Money> amount;
  std::optional<std::string> currency, customer, method, description, descriptor, receipt_email;
  std::optional<Pairs> metadata;
};
struct NewRefund {
  std::string payment, charge;  // one of them
  std::optional<Money> amount;  // all that is left
  std::string reason;
  Pairs metadata;
};
struct CustomerChange {
  std::optional<std::string> name, email, phone, description, default_method;
  std::optional<Pairs> metadata;
};

}  // namespace ashlar::payments
