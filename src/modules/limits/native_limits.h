// NativeLimits: everything of native rules that lives as long as the program, and the table of its
// routes. LimitsModule (limits_module.h) owns it beside the other wires.
//
//   REST ─> Limits ─> Decider ─> LimitState          usage ─tick, every second─> LiveFeed
//              │ rules_of()                            ^
//              └─> RuleBook <─ storage ─ other instances │ note(): REST, RLS, RESP
//
// Order: construct → start() → routes are served → close_streams(), last request answered → stop().
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "kit/siphash.h"
#include "modules/limits/limits.h"
#include "modules/limits/live_feed.h"
#include "modules/limits/recent_checks.h"
#include "modules/limits/rule_book.h"
#include "modules/limits/usage.h"
#include "platform/http/route.h"

namespace ashlar::http {
class CursorCodec;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::runtime {
class Periodic;
}

namespace ashlar::limits {

class NativeLimits {
 public:
  struct Options {
    std::string reservation_secret;  // ReservationCodec::kSecretBytes, the installation's
    UsageBook::Options usage;        // its seed is made here
  };

  // All by reference outlives it.
  NativeLimits(Options options, storage::Database& database, Decider& decider,
               const base::Clock& clk, base::Entropy& entropy, obs::Registry& metrics,
               obs::Log& log);
  ~NativeLimits();

  void start();
  void close_streams() { feed.close(); }
  void stop();
  // What start() does every second; for tests.
  void tick();

  storage::Database& db;
  const base::Clock& clock;
  UsageBook usage;
  RecentChecks recent;
  RuleBook book;
  Limits limits;
  LiveFeed feed;

 private:
  std::unique_ptr<runtime::Periodic> ticker_;
};

// Both outlive the table.
http::RouteTable limits_routes(NativeLimits& limits, const http::CursorCodec& cursors);

}  // namespace ashlar::limits
