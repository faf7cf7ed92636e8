#include "app/payments_settings.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "app/config.h"
#include "app/setting_kinds.h"

namespace ashlar::app {
namespace {

using base::Status;

constexpr std::array<std::string_view, 2> kProviders{"sandbox", "stripe"};
constexpr std::int64_t kYear = std::int64_t{366} * 24 * 3600;

Status set_providers(Config& config, std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const std::string name(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    if (std::ranges::find(kProviders, name) == kProviders.end()) {
      return wrong_setting("'" + name + "' is neither sandbox nor stripe");
    }
    if (std::ranges::find(found, name) != found.end()) return wrong_setting(name + " is twice in");
    found.push_back(name);
  }
  if (found.empty()) return wrong_setting("is empty");
  config.payments.providers = std::move(found);
  return base::ok_status();
}

std::string get_providers(const Config& config) {
  std::string out;
  for (const std::string& name : config.payments.providers) out += (out.empty() ? "" : ",") + name;
  return out;
}

template <class Place>
Setting secret(std::string_view key, std::string_view doc, Place place) {
  Setting setting = text(key, doc, place);
  setting.secret = setting.get;
  setting.get = [plain = setting.get](const Config& config) {
    return plain(config).empty() ? std::string() : std::string("***");
  };
  return setting;
}

Status set_url(std::string& place, std::string_view url) {
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  if (!http) return wrong_setting("must be http://HOST or https://HOST");
  place = std::string(url);
  while (place.ends_with('/')) place.pop_back();
  return base::ok_status();
}

Status set_provider_url(Config& config, std::string_view url) {
  return set_url(config.payments.stripe_url, url);
}

Setting checkout_url(std::string_view key, std::string_view doc,
                     std::string PaymentsConfig::* place) {
  return {key, doc,
          [place](Config& config, std::string_view url) -> Status {
            if (!url.empty()) return set_url(config.payments.*place, url);
            (config.payments.*place).clear();
            return base::ok_status();
          },
          [place](const Config& config) { return config.payments.*place; }};
}

// NAME:HITS, as base/failpoint.h reads it; which names there are it knows alone.
Status set_failpoint(Config& config, std::string_view text) {
  if (!text.empty()) {
    const std::size_t colon = text.rfind(':');
    std::int64_t hits = 0;
    if (colon == 0 || colon == std::string_view::npos ||
        !parse_number(text.substr(colon + 1), 1, 1'000'000'000, hits).ok()) {
      return wrong_setting("must be NAME:HITS");
    }
  }
  config.payments.failpoint = std::string(text);
  return base::ok_status();
}

}  // namespace

std::vector<Setting> payments_settings() {
  return {
      listener("stripe.listen",
               "HOST:PORT for programs that use the npm package stripe; empty: off.",
               [](Config& c) -> auto& { return c.payments.profile_listen; }),
      number("stripe.max_connections", "Open connections there; more are closed at once.", 1,
             100'000, [](Config& c) -> auto& { return c.payments.profile_max_connections; }),
      {"payments.providers",
       "Who moves money, in the order in which they are tried: sandbox, stripe.", set_providers,
       get_providers},
      text("payments.routes",
           "CURRENCY/NETWORK=PROVIDER[:WEIGHT],…; …: whom a new payment is sent to; * is any.",
           [](Config& c) -> auto& { return c.payments.routes; }),
      number("payments.sandbox_seed",
             "0: the sandbox does what it is asked; else it errs as networks do, from this seed.",
             0, INT64_MAX, [](Config& c) -> auto& { return c.payments.sandbox_seed; }),
      secret("payments.stripe_key", "API key of the provider stripe.",
             [](Config& c) -> auto& { return c.payments.stripe_key; }),
      secret(
          "payments.stripe_webhook_secret",
          "What that provider signs its webhooks with; two, with a comma, while one is replaced.",
          [](Config& c) -> auto& { return c.payments.stripe_webhook_secret; }),
      {"payments.stripe_url", "Where that provider's API is.", set_provider_url,
       [](const Config& c) { return c.payments.stripe_url; }},
      flag("payments.allow_private", "Providers and checkout services may be in private networks.",
           [](Config& c) -> auto& { return c.payments.allow_private; }),
      number("payments.call_deadline_ms", "For one call of a provider; then its end is unknown.",
             100, 120'000, [](Config& c) -> auto& { return c.payments.call_deadline_ms; }),
      number("payments.lease_ms",
             "So long beyond that a request is left to the process that took it; then another asks "
             "what became of it.",
             100, 600'000, [](Config& c) -> auto& { return c.payments.lease_ms; }),
      number("payments.calls_at_once", "Calls of one provider under way; more are refused.", 1,
             100'000, [](Config& c) -> auto& { return c.payments.calls_at_once; }),
      number("payments.keep_keys_s", "How long an answer is kept under its Idempotency-Key.", 3600,
             kYear, [](Config& c) -> auto& { return c.payments.keep_keys_s; }),
      number("payments.keep_notices_s",
             "How long what providers told by themselves is remembered, and stands in the stories.",
             7 * 86400, kYear, [](Config& c) -> auto& { return c.payments.keep_notices_s; }),
      number("payments.settle_s", "When captured money is available: so long after the capture.", 0,
             kYear, [](Config& c) -> auto& { return c.payments.settle_s; }),
      number("payments.hold_s", "How long an authorisation can be captured.", 60, kYear,
             [](Config& c) -> auto& { return c.payments.hold_s; }),
      checkout_url("payments.checkout_stock_url",
                   "The stock service of checkouts (/reserve, /release); empty: no checkouts.",
                   &PaymentsConfig::checkout_stock_url),
      checkout_url("payments.checkout_order_url",
                   "Their order service (/confirm, /unconfirm); empty: no checkouts.",
                   &PaymentsConfig::checkout_order_url),
      checkout_url("payments.checkout_access_url",
                   "Their access service (/grant, /revoke); empty: no checkouts.",
                   &PaymentsConfig::checkout_access_url),
      {"testing.failpoint", "NAME:HITS: the process kills itself there. For tests; empty: nowhere.",
       set_failpoint, [](const Config& c) { return c.payments.failpoint; }},
  };
}

}  // namespace ashlar::app
