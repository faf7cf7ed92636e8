// Provider: who moves the money of the outside world: a card acquirer, behind one port.
//
// A call has one of three kinds of end, and the third is not the second:
//   kApplied, kDeclined, kNeedsAction, kPending   the provider has said so
//   kNotDone   it certainly did nothing: no connection, refused before it was read
//   kUnknown   it may have been done: no answer, a broken answer, a 500
// An unknown end is resolved by query() with the same key, never by a blind repetition.
//
// Each call carries `key`: payment, operation and logical attempt (never the try): the same for
// ever, stored before the call is made. The provider does a key once; the same key again gives what
// has become of it. Another attempt with the same key is right only after kNotDone.
//
// Promises of every provider
//  1. submit() and query() return at once; `done` is called once: from a thread of the provider's,
//     or by submit() itself where the call is refused at once. It is quick and does not block.
//  2. By `deadline` done has been called (a thread's turn later). Who was not begun by then is
//     kNotDone; who was, kUnknown. A deadline of zero: the provider's own.
//  3. A reference is given to one thing, for ever.
//  4. What happens later, or without being asked, is told by notices: at least once, in any order.
//     What query() says of a key never lags behind a notice about it.
//
// What amount and reference mean
//   op             call: reference, amount             answer: reference, amount
//   kAuthorize     -, to be authorised                 the authorisation, authorised
//     with capture                                     and capture_reference, fee
//   kCapture       the authorisation, this part        the capture, captured; fee
//   kCancel        the authorisation, -                the authorisation, released
//   kRefund        the authorisation, to be refunded   the refund, refunded; kPending: told later
//   kPayout        -, to the bank                      the payout, sent; mostly kPending
//   kEvidence      the dispute, -                      the dispute, -; `details` is the evidence
//   kCloseDispute  the dispute, -                      the dispute, lost
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
inline constexpr std::size_t kProviderOps = 7;

struct ProviderCall {
  ProviderOp op = ProviderOp::kAuthorize;
  base::TenantId tenant;
  std::string key;          // "pay_…:capture:1"
  std::string reference;    // the provider's own id of what this is about, as above
  std::int64_t amount = 0;  // minor units
  std::string currency;     // "usd"
  std::string token;        // the payment method's, of kAuthorize; the bank account's, of kPayout
  std::string network;      // of the card, where it is known: "visa"; for routing
  bool capture = false;     // of kAuthorize: at once
  bool last = true;         // of kCapture: what is left of the authorisation is released
  bool off_session = false;
  std::string descriptor;                                    // on the card's statement
  std::vector<std::pair<std::string, std::string>> details;  // metadata, evidence
  // When the attempt was stored. query(): a key that the provider does not know, of an attempt so
  // young that it may still be on its way there (settles_after()), is kUnknown, not kNotDone.
  base::Time begun_at{};
  base::Mono deadline{};
};

enum class ProviderEnd : std::uint8_t {
  kApplied,
  kDeclined,     // and nothing has moved
  kNeedsAction,  // of the customer's; then a notice
  kPending,      // accepted; how it ends is told by a notice
  kNotDone,
  kUnknown
};
inline constexpr std::size_t kProviderEnds = 6;

struct ProviderAnswer {
  ProviderEnd end = ProviderEnd::kUnknown;
  std::string reference;          // its own id of what was made: unique for ever
  std::string capture_reference;  // of kAuthorize with capture: that of the capture
  std::int64_t amount = 0;        // that moved, minor units
  std::int64_t fee = 0;           // minor units, of kCapture, and of kAuthorize with capture
  std::string decline_code;       // "insufficient_funds"
  std::string message;            // for people
  std::string action_url;         // of kNeedsAction: where the customer goes
  std::string network;            // "visa"
  std::string last4;              // of the card, as its token stands for
  std::optional<base::Time> expires_at{};  // of an authorisation
};

// What a provider tells by itself.
enum class NoticeKind : std::uint8_t {
  kAuthorized,  // `reference`: the authorisation
  kCaptured,    // `about`: the authorisation, `reference`: the capture
  kDeclined,
  kCanceled,        // the authorisation was released, or ran out
  kRefunded,        // `about`: the authorisation, `reference`: the refund; so the next
  kRefundFailed,    // the money is back; also where the refund had been told as done
  kDisputeOpened,   // `about`: the authorisation, `reference`: the dispute; so the next three
  kDisputeUpdated,  // evidence was taken
  kDisputeWon,      // amount and fee have come back
  kDisputeLost,
  kPaidOut,  // `reference`: the payout
  kPayoutFailed
};
inline constexpr std::size_t kNoticeKinds = 12;

struct ProviderNotice {
  std::string id;  // unique with the provider: the same again changes nothing
  NoticeKind kind = NoticeKind::kAuthorized;
  base::TenantId tenant;  // not set: the provider does not know; references say whose it is
  std::string key;        // of the call that it is about; empty where it knows only references
  std::string reference;
  std::string about;  // the authorisation that `reference` belongs to
  std::int64_t amount = 0;
  std::int64_t fee = 0;
  std::string currency;
  std::string reason;                // of a decline, failure or dispute: "fraudulent"
  std::optional<base::Time> due_by;  // of evidence
  base::Time at{};
};

// What a token stands for, where the provider can say it without asking anybody.
struct CardFace {
  std::string network;  // "visa"
  std::string last4;
  int exp_month = 0;
  int exp_year = 0;
  std::string funding = "credit";  // "debit", "prepaid"
  std::string country = "US";
};

class Provider {
 public:
  using Done = std::function<void(ProviderAnswer)>;
  using Headers = std::vector<std::pair<std::string, std::string>>;

  virtual ~Provider() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  virtual void submit(ProviderCall call, Done done) = 0;
  // What became of `key`. Give what submit() was given: some providers know their own things by
  // reference alone.
  virtual void query(ProviderCall call, Done done) = 0;
  // A webhook of the provider's: its signature is checked, then what it says. kUnauthenticated
  // notice_signature, kInvalid notice_malformed. Empty: nothing that concerns us. Header names in
  // any case.
  virtual base::Result<std::vector<ProviderNotice>> read_webhook(std::string_view body,
                                                                 const Headers& headers) = 0;
  // How long after its first use a key is known (repeats with it are safe).
  [[nodiscard]] virtual base::Seconds remembers() const = 0;
  // How long a call whose answer was lost may still be on its way.
  [[nodiscard]] virtual base::Seconds settles_after() const { return base::Seconds{0}; }
  // nullopt: it is not known, or is no token of this provider's.
  [[nodiscard]] virtual std::optional<CardFace> face_of(std::string_view token) const {
    static_cast<void>(token);
    return std::nullopt;
  }
  // Whether a card's token may be one of this provider's.
  [[nodiscard]] virtual bool takes(std::string_view token) const { return !token.empty(); }
};

// "authorize", "close_dispute"; "applied", "not_done"; "dispute_opened": in rows, metrics, stories.
std::string_view to_text(ProviderOp op);
std::string_view to_text(ProviderEnd end);
std::string_view to_text(NoticeKind kind);
std::optional<ProviderOp> provider_op_of(std::string_view text);
std::optional<ProviderEnd> provider_end_of(std::string_view text);
std::optional<NoticeKind> notice_kind_of(std::string_view text);

// The header's value; empty where there is none. Names in any case.
std::string_view header_of(const Provider::Headers& headers, std::string_view lower_name);

}  // namespace ashlar::payments
