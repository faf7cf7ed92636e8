// What is asked of payments, and what is answered.
//
// Texts are UTF-8 without NUL; at most: description, reason 1,000 bytes, descriptor 22, other
// single texts 255, 50 metadata pairs of a key of 40 and a value of 500 bytes. Amounts are 1 to
// kMaxMoney. A field error is kInvalid with the JSON pointer of the field as the native API names
// it ("/amount", "/metadata").
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/payments/customers.h"
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

struct NewPayment {
  Money amount = 0;
  std::string currency;
  Capture capture = Capture::kAutomatic;
  // `method`: of a stored method ("pm_…"), or a provider's own token.
  std::string customer, method, description, descriptor, merchant_reference, receipt_email;
  Pairs metadata;
  bool confirm = false;
  bool off_session = false;  // nobody is there to authenticate: needing it is a decline
};
struct Confirmation {
  std::optional<std::string> method, receipt_email;
  bool off_session = false;
};
struct NewCapture {
  std::optional<Money> amount;  // all that can be
  bool last = true;             // what is left is released
};
// Only what is set changes; an empty text unsets, an empty metadata value deletes its key.
struct PaymentChange {
  std::optional<Money> amount;
  std::optional<std::string> currency, customer, method, description, descriptor, receipt_email;
  std::optional<Pairs> metadata;
};
struct ChargeChange {
  std::optional<std::string> description, receipt_email;
  std::optional<Pairs> metadata;
};

struct NewRefund {
  std::string payment, charge;  // one of them
  std::optional<Money> amount;  // all that is left
  std::string reason;
  Pairs metadata;
};
struct DisputeChange {
  std::optional<Pairs> evidence;  // by the rule for metadata; values up to 20,000 bytes together
  std::optional<Pairs> metadata;
  bool submit = false;
};

struct CustomerChange {
  std::optional<std::string> name, email, phone, description, default_method;
  std::optional<Pairs> metadata;
};
struct NewMethod {
  std::string provider;  // empty: the default one
  std::string token, customer, network, last4;
  int exp_month = 0, exp_year = 0;
  Pairs metadata;
};
struct MethodChange {
  std::optional<int> exp_month, exp_year;
  std::optional<Pairs> metadata;
};
struct NewPayout {
  Money amount = 0;
  std::string currency;
  std::string provider;  // empty: the default one
  std::string destination, descriptor;
  Pairs metadata;
};

}  // namespace ashlar::payments
