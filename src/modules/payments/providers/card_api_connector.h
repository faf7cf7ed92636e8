// CardApiConnector: a provider that speaks the Stripe API over HTTPS. docs/payment-providers.md
// says how to set it up and which of its webhooks to send here.
//
//   submit() ──POST, Idempotency-Key: the call's key──> what the answer means (card_api_calls.h)
//                └── repeated by OutboundClient with the same key, a few times, within the deadline
//   query()  ──GET, page after page──> the thing with our key in its metadata, or none
//                └── reading does not tell, and the key is young enough: the same POST once more
//
// The last is no blind repetition: within remembers() the same key gives the first answer there.
// What is not found is kNotDone only settles_after() after the call began.
//
// Nothing is kept here; keys, tenants and captures are marked in the other side's metadata. The
// API key and the webhook secrets are never logged. A thread of its own (OutboundClient's). Any
// thread may call; `done` runs on that thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/payments/providers/card_api_calls.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Registry;
}

namespace ashlar::payments {

struct CardApiOptions {
  std::string name = "stripe";
  std::string base_url = "https://api.stripe.com";  // without a slash at the end
  std::string api_key;
  std::vector<std::string> webhook_secrets;  // one, or two while one is being replaced
  std::optional<CardApiTerms> terms{};       // none: card_api_terms() of base_url
  bool allow_private = false;                // it may be on loopback or in a private network
  base::Millis call_time{20'000};            // of a call, repetitions included
  base::Millis attempt_time{10'000};         // of one try
  std::uint32_t calls_at_once = 256;
  base::Seconds settles{120};
  std::uint64_t seed = 1;  // of jitter
};

class CardApiConnector final : public Provider {
 public:
  static constexpr int kMaxPages = 20;
  // An hour less than the other side promises.
  static constexpr base::Seconds kRemembers{23 * 3600};

  // Both outlive it.
  CardApiConnector(CardApiOptions options, const base::Clock& clock, obs::Registry& metrics);
  ~CardApiConnector() override;  // stop()
  CardApiConnector(const CardApiConnector&) = delete;
  CardApiConnector& operator=(const CardApiConnector&) = delete;

  [[nodiscard]] std::string_view name() const override;
  void submit(ProviderCall call, Done done) override;
  void query(ProviderCall call, Done done) override;
  base::Result<std::vector<ProviderNotice>> read_webhook(std::string_view body,
                                                         const Headers& headers) override;
  [[nodiscard]] base::Seconds remembers() const override;
  [[nodiscard]] base::Seconds settles_after() const override;

  void stop();  // calls under way end: kUnknown where they may have begun. Idempotent.

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::payments
