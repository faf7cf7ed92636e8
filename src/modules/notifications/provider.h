// Provider: one account with one service that carries messages (an SMTP relay, an APNs key, a
// Twilio account), and ProviderKind: the table row that makes one from its settings.
//
//   settings (JSON, sealed in the database) ──ProviderKind::make──> Provider ──send──> SendResult
//
// Promises
//  1. send() returns at once; done is called exactly once, from any thread, by the message's
//     deadline, also where the provider is destroyed meanwhile (kRetry where surely nothing was
//     begun, else kAmbiguous).
//  2. What a Provider keeps (connections, tokens) is shared by all its sends and bounded.
//  3. Nothing is retried inside but what surely was not begun (a stale pooled connection): attempts
//     are the sender's to count.
//  4. Secrets appear in no SendResult.
//
// Any thread may call.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/channel.h"

namespace ashlar::base {
class Clock;
class Entropy;
}  // namespace ashlar::base
namespace ashlar::json {
class Value;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::outbound {
class OutboundClient;
class Http2Client;
struct Dependency;
}  // namespace ashlar::outbound
namespace ashlar::net {
class LoopGroup;
}

namespace ashlar::notifications {

class Provider {
 public:
  using Done = std::function<void(SendResult)>;
  virtual ~Provider() = default;
  virtual void send(Outgoing message, Done done) = 0;
};

// A client and what it knows all providers by: their breakers and paces are ours, so to it they are
// one dependency.
struct HttpDoor {
  outbound::OutboundClient& client;
  outbound::Dependency& dependency;
};

// What a provider may stand on; all outlive it.
struct ProviderServices {
  const base::Clock& clock;
  base::Entropy& entropy;
  obs::Registry& metrics;
  obs::Log& log;
  net::LoopGroup& loops;             // sockets of protocols that are our own (SMTP)
  HttpDoor http;                     // public addresses only: URLs that users give
  HttpDoor own_http;                 // private ones too, where the operator lets them be named
  outbound::Http2Client& http2;      // public addresses only
  outbound::Http2Client& own_http2;  // private ones too
  bool private_hosts = true;         // mail servers may have private addresses
};

// What a provider tells later, through its signed callback.
struct Report {
  enum class Kind : std::uint8_t {
    kSent,
    kDelivered,
    kOpened,
    kFailed,      // it will not arrive
    kHardBounce,  // failed, and the address is to be suppressed
    kComplaint,   // the reader calls it abuse: suppress
    kStop,        // the reader has said STOP: suppress
    kStart,       // … and takes it back
  };
  Kind kind = Kind::kSent;
  std::string provider_ref;  // of SendResult; or
  std::string message_id;    // Outgoing::id; one of them is set, but for kStop and kStart
  std::string address;       // kStop, kStart, bounces; may be empty
  std::string dedupe;        // one report that comes twice has the same; never empty
  std::string detail;
  std::optional<base::Time> at = {};
};
struct Callback {
  std::string_view url;  // public, whole, as the provider was told
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string_view body;
  base::Time now{};
};

struct ProviderKind {
  std::string_view type;  // "smtp", "apns", "fcm", "webpush", "twilio", "http", "slack"
  Channel channel;
  std::vector<std::string_view> secrets;  // members of the settings that are never shown again
  // Web push: each address names a service of its own, whose silence is not the others'.
  bool is_one_service = true;
  // kInvalid with the member's JSON pointer, else the settings in canonical form (defaults filled
  // in).
  std::function<base::Result<std::string>(const json::Value& given)> check;
  // `settings` as check() gave them. An error: they cannot be used (a key that is none).
  std::function<base::Result<std::unique_ptr<Provider>>(std::string_view settings,
                                                        const ProviderServices& services)>
      make;
  // Null: it has no callbacks. kForbidden callback_signature where the signature does not hold,
  // kInvalid callback_malformed.
  std::function<base::Result<std::vector<Report>>(std::string_view settings,
                                                  const Callback& callback)>
      read_callback;
};

// All kinds there are.
const std::vector<ProviderKind>& provider_kinds();
const ProviderKind* provider_kind(std::string_view type);

}  // namespace ashlar::notifications
