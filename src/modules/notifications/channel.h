// Channel: how a message reaches a person, and what is said of it on the way between the rules
// (which know nothing of protocols) and the providers (which know nothing of rules).
//
//   Outgoing ──> Provider::send ──> SendResult{verdict} ──> the sender decides: next attempt, other
//                                                            provider, drop the token, suppress …
//
// Values only; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ashlar::notifications {

enum class Channel : std::uint8_t { kEmail, kSms, kPush, kInbox, kChat, kHttp };
inline constexpr std::size_t kChannels = 6;
std::string_view name_of(Channel channel);  // "email", "sms", "push", "inbox", "chat", "http"
std::optional<Channel> channel_of(std::string_view name);

// What a template or a call's own content became for one channel and one reader. UTF-8 without NUL;
// what ends up in a header (subject, name) may still hold anything else: providers refuse or encode
// it.
struct Rendered {
  std::string subject;  // mail; title of push and inbox
  std::string text;     // plain text: mail's alternative, the SMS, body of push and inbox
  std::string html;     // mail; empty: text alone
  std::string url;      // where a push or an inbox entry leads; may be empty
  std::string data;     // a JSON object for the app, or empty
};

// Whom, in the channel's terms.
struct Target {
  std::string address;  // mail address; E.164 number; device token; push endpoint; URL
  std::string name;     // display name of a mail address; may be empty
  std::string extra;    // JSON object, or empty: web push's keys {"p256dh","auth"}
  std::string device;   // id of the device's row; empty: none
};

// One message for one address: the same at each attempt, whoever sends it.
struct Outgoing {
  std::string id;  // stable over attempts and providers, [A-Za-z0-9_-]{1,64}: Message-ID, apns-id …
  Target target;
  Rendered content;
  bool urgent = false;                        // push and mail priority
  std::optional<base::Time> expires_at = {};  // push: TTL, apns-expiration
  std::string collapse_key;                   // a later one replaces an earlier; may be empty
  std::string unsubscribe_url;                // one-click (RFC 8058); empty: transactional
  std::string category;
  std::string traceparent;
  base::Time created_at{};  // the notification's: a mail's Date, the same at each attempt
  base::Mono deadline{};    // done is called by then
  // At the receiver's domain no more than so many bytes of answer are kept.
  static constexpr std::size_t kMaxDetailBytes = 512;
};

// What the provider's answer means for us. "Certain" ones tell that nothing was handed over, so
// another provider may be asked at once; kAmbiguous ones do not.
enum class Verdict : std::uint8_t {
  kAccepted,    // handed over: sent, which is not delivered
  kRetry,       // certainly not done; later, or elsewhere now
  kThrottled,   // certainly not done; `scope` is asked too much: not before retry_after
  kAmbiguous,   // maybe done: again later, same provider, same id; never elsewhere
  kCredential,  // certainly not done, nor any other of this provider: its breaker opens
  kDropToken,   // certainly not done: the device is gone
  kQuarantine,  // certainly not done: the token looks wrong; many of them look like our fault
  kSuppress,    // certainly not done: this address does not want or does not exist
  kRefused,     // certainly not done, and this message never will be there; not the address' fault
  kOurBug,      // certainly not done: the request itself was wrong; a person must look
};
std::string_view name_of(Verdict verdict);  // "accepted", "retry", "throttled", …
inline bool is_certain_failure(Verdict v) {
  return v != Verdict::kAccepted && v != Verdict::kAmbiguous;
}

enum class ThrottleScope : std::uint8_t { kProvider, kDomain, kAddress };

struct SendResult {
  Verdict verdict = Verdict::kAmbiguous;
  int status = 0;            // HTTP's or SMTP's; 0: no answer
  std::string code;          // the provider's own: "Unregistered", "5.1.1", "21610"; may be empty
  std::string detail;        // for the person who looks; at most kMaxDetailBytes, no secrets
  std::string provider_ref;  // its id of the message, by which callbacks come; may be empty
  std::optional<base::Millis> retry_after = {};
  ThrottleScope scope = ThrottleScope::kProvider;
  // kDropToken: since when the service knows it to be gone, where it says so. A token that was
  // given to us after that stays.
  std::optional<base::Time> gone_since = {};
};

}  // namespace ashlar::notifications
