// ProviderRouter: the providers of an installation, each behind its guard, and which of them gets a
// new authorisation or payout.
//
//   route() ──> [a, b, …] ──> a: stored, called ──kNotDone──> b: stored, called ──…
//                                      └── any other end: that is the end
//
// Order of route(): by the first rule that fits; without one, as they were added. Among those of a
// rule chance decides by weight, the same for the same key. Whose breaker is open goes last: it may
// have recovered by then. Who does not take the token is left out; where nobody takes it, the first
// is named, so that it says so.
//
// A rule's text (parse_routes), rules parted by ';':
//   usd/amex = stripe
//   eur      = stripe:3, sandbox:1      three of four first to stripe
//   */visa   = sandbox, stripe
//   *        = sandbox
// No provider of the list is left out of what fits it: without weights they are tried in order.
//
// Built before anything is served; then any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/payments/providers/guarded_provider.h"
#include "modules/payments/providers/providers.h"

namespace ashlar::payments {

struct RouteRule {
  struct Choice {
    std::string provider;
    std::uint32_t weight = 0;  // all 0: in order
  };
  std::string currency;  // empty: any
  std::string network;   // empty: any
  std::vector<Choice> choices;
};
inline constexpr std::size_t kMaxRouteRules = 256;
inline constexpr std::uint32_t kMaxRouteWeight = 1'000'000;

// kInvalid routes_malformed: the detail says which rule.
base::Result<std::vector<RouteRule>> parse_routes(std::string_view text);

class ProviderRouter final : public Providers {
 public:
  // Both outlive it, as do the providers that are added.
  ProviderRouter(const base::Clock& clock, obs::Registry& metrics);
  ~ProviderRouter() override;
  ProviderRouter(const ProviderRouter&) = delete;
  ProviderRouter& operator=(const ProviderRouter&) = delete;

  // REQUIRES: another name than those before.
  void add(Provider& provider, const GuardOptions& options);
  // kInvalid routes_unknown_provider.
  base::Status set_rules(std::vector<RouteRule> rules);

  [[nodiscard]] std::vector<std::string> route(const ProviderCall& call) const override;
  [[nodiscard]] Provider* find(std::string_view name) const override;

 private:
  [[nodiscard]] const RouteRule* rule_for(const ProviderCall& call, std::string_view network) const;
  [[nodiscard]] std::string network_of(const ProviderCall& call) const;

  const base::Clock& clock_;
  obs::Registry& metrics_;
  std::vector<std::unique_ptr<GuardedProvider>> providers_;
  std::vector<RouteRule> rules_;
};

}  // namespace ashlar::payments
