// ThreatLookup: whether URLs are on a list of unsafe pages, asked of a service that speaks Google
// Safe Browsing's version 5 or 4.
//
//   URL ─> expressions ─> SHA-256 ─(v4: in our lists?)─> 4 bytes ─> cache ─miss─> the service
//       whole hashes that come back and are equal: matches
//
// Version 5 asks for every prefix that the cache does not know (its "no storage, real time" way).
// Version 4 keeps the lists of prefixes here, updated by update() as often as the service allows,
// and asks only for prefixes on them; while one of kThreatTypes is missing every look-up is an
// error.
//
// Errors: kUnavailable threat_lists_missing (version 4, not all loaded yet), threat_list_wait (the
// service wants to be left alone), threat_list_answer, threat_list_refused (no 2xx), and
// OutboundClient's. What an error means is the caller's: no link is refused for it
// (link_guard.h).
//
// look_up() and still_listed() block for at most Options::timeout for each kMaxPrefixesAsked
// prefixes that are not remembered; any thread, and never inside a transaction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "modules/links/abuse/list_verdict.h"
#include "modules/links/abuse/prefix_list.h"
#include "modules/links/abuse/threat_cache.h"
#include "modules/links/abuse/threat_wire.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Counter;
class Log;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::outbound {
class OutboundClient;
struct Answer;
struct Dependency;
struct Request;
}  // namespace ashlar::outbound
namespace ashlar::runtime {
class Periodic;
}

namespace ashlar::links::abuse {

class ThreatLookup {
 public:
  static constexpr std::size_t kMaxListBytes = std::size_t{64} << 20U;
  static constexpr base::Seconds kUpdatePause{1'800};  // where the service names none

  struct Options {
    std::string url;  // without a slash at the end; "": there is no list
    std::string key;
    int version = 5;
    base::Millis timeout{1'500};
    std::uint64_t seed = 1;
  };

  // All outlive it.
  ThreatLookup(Options options, const base::Clock& clock, obs::Registry& metrics, obs::Log& log);
  ~ThreatLookup();  // stop()
  ThreatLookup(const ThreatLookup&) = delete;
  ThreatLookup& operator=(const ThreatLookup&) = delete;

  [[nodiscard]] bool is_on() const { return !options_.url.empty(); }

  // For each URL its matches. REQUIRES: is_on().
  [[nodiscard]] base::Result<std::vector<std::vector<ListMatch>>> look_up(
      std::span<const std::string> urls);

  // Those of `entries` that are on the list still, whatever URL they were found by. REQUIRES:
  // is_on().
  [[nodiscard]] base::Result<std::vector<ListMatch>> still_listed(
      std::span<const ListMatch> entries);

  // Version 4: brings the lists up to date where it is time. Not from two threads at once.
  base::Status update();
  void start();  // the thread that does, for version 4
  void stop();   // idempotent; ends calls under way

 private:
  struct Asked;
  [[nodiscard]] base::Status check_lists() const;
  // Has the cache know what is said of all that may be listed.
  base::Status learn(const std::vector<Asked>& asked, base::Mono now);
  [[nodiscard]] bool may_be_listed(std::string_view hash) const;
  [[nodiscard]] std::vector<std::string> states() const;
  base::Status ask(const std::vector<std::string>& prefixes);
  base::Status fetch(const std::vector<ListState>& wanted, base::Seconds& wait);
  base::Result<std::string> call(std::string target, std::string body, bool lists);

  const Options options_;
  const base::Clock& clock_;
  obs::Log& log_;
  base::Random random_;  // update()'s, as failures_ is
  int failures_ = 0;     // of updates, one after the other
  obs::Counter& clean_;
  obs::Counter& listed_;
  obs::Counter& failed_;
  ThreatCache cache_;
  std::unique_ptr<outbound::OutboundClient> client_;
  outbound::Dependency* hashes_ = nullptr;
  outbound::Dependency* lists_ = nullptr;

  mutable std::mutex mutex_;                             // guards what follows
  std::map<std::string, PrefixList, std::less<>> kept_;  // by threat
  base::Mono quiet_until_{};
  base::Mono next_update_{};

  std::unique_ptr<runtime::Periodic> thread_;
};

// Until the next update after so many that failed in a row (1 …). Of a service that refuses, as its
// documentation asks: 15 minutes, doubled each time, and up to as much again by `random` in [0, 1);
// a day at most. Of one that is not reached, or whose lists are damaged: 10 seconds, doubled, half
// an hour at most.
base::Seconds update_pause(int failures, bool refused, double random);

}  // namespace ashlar::links::abuse
