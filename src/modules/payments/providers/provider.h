// Provider: who moves the money of the outside world: a card acquirer, behind one port.
//
// A call has one of three ends, and the third is not the second:
//   applied, declined, needs_action   the provider has said so
//   not_done                          it certainly did nothing: no connection, refused before it
//   was read unknown                           it may have been done: no answer, a broken answer, a
//   500
// An unknown end is resolved by query() with the same key, never by a blind repetition.
//
// Each call carries `key`: payment, operation and logical attempt (never the try): the same for
// ever, stored before the call is made. The provider does a key once; the same key again gives the
// first answer.
//
// submit() and query() return at once; `done` is called once, from a thread of the provider's:
// quick, does not block.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::payments {

enum class ProviderOp : std::uint8_t {
  kAuthorize,
  kCapture,
  kCancel,
  kRefund,
  kPayout,
  kEvidence,
  kCloseDispute
};

struct ProviderCall {
  ProviderOp op = ProviderOp::kAuthorize;
  base::TenantId tenant;
  std::string key;          // "pay_…:capture:1"
  std::string reference;    // the provider's own id of what this is about (of its authorisation,
                            // charge, dispute); empty: new
  std::int64_t amount = 0;  // minor units
  std::string currency;     // "usd"
  std::string token;        // the payment method's, of kAuthorize
  bool capture = false;     // of kAuthorize: at once
  bool off_session = false;
  std::string descriptor;                                    // on the card's statement
  std::vector<std::pair<std::string, std::string>> details;  // metadata, evidence
  base::Mono deadline{};
};

enum class ProviderEnd : std::uint8_t {
  kApplied,
  kDeclined,
  kNeedsAction,
  kPending,
  kNotDone,
  kUnknown
};

struct ProviderAnswer {
  ProviderEnd end = ProviderEnd::kUnknown;
  std::string reference;     // its own id of what was made: unique for ever
  std::int64_t amount = 0;   // that moved, minor units
  std::int64_t fee = 0;      // minor units, of kCapture
  std::string decline_code;  // "insufficient_funds"
  std::string message;       // for people
  std::string action_url;    // of kNeedsAction: where the customer goes
  std::string network;       // "visa"
  std::string last4;         // of the card, as its token stands for
};

// What a provider tells by itself.
enum class NoticeKind : std::uint8_t {
  kAuthorized,
  kCaptured,
  kDeclined,
  kCanceled,
  kRefunded,
  kRefundFailed,
  kDisputeOpened,
  kDisputeUpdated,
  kDisputeWon,
  kDisputeLost,
  kPaidOut,
  kPayoutFailed
};
struct ProviderNotice {
  std::string id;  // unique with the provider: the same again changes nothing
  NoticeKind kind = NoticeKind::kAuthorized;
  base::TenantId tenant;
  std::string key;  // of the call that it is about; empty where it knows only its reference
  std::string reference;
  std::int64_t amount = 0;
  std::int64_t fee = 0;
  std::string currency, reason;
  std::optional<base::Time> due_by;  // of evidence
  base::Time at{};
};

class Provider {
 public:
  using Done = std::function<void(ProviderAnswer)>;

  virtual ~Provider() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  virtual void submit(ProviderCall call, Done done) = 0;
  // What became of `key`: kNotDone where the provider has never seen it.
  virtual void query(ProviderCall call, Done done) = 0;
  // A webhook of the provider's: its signature is checked, then what it says. kUnauthenticated
  // notice_signature, kInvalid notice_malformed. Empty: nothing that concerns us.
  virtual base::Result<std::vector<ProviderNotice>> read_webhook(
      std::string_view body, const std::vector<std::pair<std::string, std::string>>& headers) = 0;
  // How long after its first use a key is known (repeats with it are safe).
  [[nodiscard]] virtual base::Seconds remembers() const = 0;
};

}  // namespace ashlar::payments
