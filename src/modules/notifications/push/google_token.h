// GoogleToken: the access token of a service account, got by an assertion signed with its key
// (RFC 7523, RS256), for all sends of a provider.
//
//   (none) ──with()──> asking ──answer──> held ──kEarly before its end──> held, asking beside it
//                        │                  └──refused()──> (none)
//                        └──error──> failed ──pause──> (none)
//
// Promises
//  1. At most one request for a token is under way; who comes meanwhile waits, kMaxWaiting at most.
//  2. After an error no request for a pause: 1 s, or 30 s where the account was refused. with() is
//     answered with that error at once.
//  3. `use` of with() is called once, by `deadline`: who cannot wait for kTimeout does not wait.
//
// Any thread. What is under way keeps it alive, so it is made by std::make_shared.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/notifications/channel.h"
#include "modules/notifications/push/jwt.h"
#include "modules/notifications/push/push_http.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::notifications {

struct ServiceAccount {
  std::string project_id;
  std::string client_email;
  std::string private_key;  // PEM
  std::string private_key_id;
  std::string token_uri;
};

class GoogleToken : public std::enable_shared_from_this<GoogleToken> {
 public:
  static constexpr base::Seconds kEarly{5 * 60};  // or a quarter of its life
  static constexpr base::Seconds kBetweenRefusals{10};
  static constexpr base::Millis kTimeout{10'000};
  static constexpr std::size_t kMaxWaiting = 4096;

  // bearer: "Bearer ya29…"; empty: none, and `why` says what follows (kRetry or kCredential).
  using Use = std::function<void(const std::string& bearer, const SendResult& why)>;

  GoogleToken(ServiceAccount account, RsaKey key, PushDoor door, const base::Clock& clock);

  void with(base::Mono deadline, Use use);
  // The service has refused this one. True: with() brings another; false: this one is too young for
  // that, or came in the place of a refused one just now: the account is at fault.
  bool refused(const std::string& bearer);

 private:
  void ask_for_token();
  void on_answer(const PushAnswer& answer);
  [[nodiscard]] std::string assertion() const;

  const ServiceAccount account_;
  const RsaKey key_;
  const PushDoor door_;
  const base::Clock& clock_;

  std::mutex mutex_;  // guards what follows
  std::string bearer_;
  base::Mono ends_{};
  base::Mono renew_at_{};
  base::Mono refusable_at_{};
  bool asking_ = false;
  std::vector<Use> waiting_;
  base::Mono paused_until_{};
  SendResult failure_;
};

// What an answer of the token endpoint says. An empty bearer: `why`.
struct TokenAnswer {
  std::string bearer;
  base::Seconds lives{};
  SendResult why;
};
TokenAnswer read_token_answer(const PushAnswer& answer, base::Time now);

}  // namespace ashlar::notifications
