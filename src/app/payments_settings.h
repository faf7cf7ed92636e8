// PaymentsConfig: the settings of payments: their providers, and the listener of the card-API
// profile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ashlar::app {

struct Setting;

struct PaymentsConfig {
  std::string profile_listen;  // HOST:PORT; "": not served
  std::size_t profile_max_connections = 2'000;

  std::vector<std::string> providers{"sandbox"};  // in the order in which they are tried
  std::uint64_t sandbox_seed = 0;                 // 0: benign; else hostile, from this seed
  std::string stripe_key;                         // "": that provider cannot be used
  std::string stripe_webhook_secret;
  std::string stripe_url = "https://api.stripe.com";
  std::string routes;  // provider_router.h; "": providers as they are listed
  bool allow_private = false;

  std::int64_t call_deadline_ms = 10'000;    // of one call of a provider
  std::int64_t lease_ms = 20'000;            // beyond that
  std::size_t calls_at_once = 256;           // of one provider
  std::int64_t keep_keys_s = 25 * 3600;      // answers under an Idempotency-Key
  std::int64_t keep_notices_s = 90 * 86400;  // what providers told by themselves
  std::int64_t settle_s = 2 * 24 * 3600;     // captured money is available after that
  std::int64_t hold_s = 7 * 24 * 3600;       // an authorisation lives so long

  std::string checkout_stock_url, checkout_order_url, checkout_access_url;  // "": no checkouts

  std::string failpoint;  // "NAME:HITS"; "": none
};

std::vector<Setting> payments_settings();

}  // namespace ashlar::app
