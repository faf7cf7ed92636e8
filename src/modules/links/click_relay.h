// ClickRelay: between the instances on one database, so that who watches on one of them hears of
// the clicks of all.
//
//   streams here ──run(), each kBeat──> "w" ──storage's notice──> known there for kHeard
//   clicks here, of tenants watched there ──add()──> sums of links ──run(), each kPause──> "c"
//                                            ──storage's notice──> take() there
//
// Promises
//  1. Where nobody watches nothing is sent; where somebody does, each instance sends one notice of
//     clicks a second at most, and one of its streams each kBeat (sooner for a new tenant).
//  2. A click is told once or not at all: what is lost on the way, or has no room (a notice has
//  some
//     4 KB, the busiest links first), is missing from the events, not from any counter.
//  3. Bounded: kMaxLinks links wait to be sent, and as many that came wait to be taken.
//
// Threads: receiving is on storage's threads; all else from one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/time.h"
#include "modules/links/click_notice.h"

namespace ashlar::storage {
class Database;
}

namespace ashlar::links {

class ClickRelay {
 public:
  static constexpr std::string_view kChannel = "links_clicks";
  static constexpr base::Millis kPause{1'000};
  static constexpr base::Millis kBeat{5'000};
  static constexpr base::Seconds kHeard{16};  // three beats and a little
  static constexpr std::size_t kMaxLinks = 2'000;

  // Both outlive it; it subscribes to `db`. `self`: chance, another for each instance.
  ClickRelay(storage::Database& db, const base::Clock& clock, std::uint64_t self);
  ClickRelay(const ClickRelay&) = delete;
  ClickRelay& operator=(const ClickRelay&) = delete;

  // Whether another instance has streams of the tenant; or of anybody.
  bool watched_elsewhere(base::TenantId tenant);
  bool watched_elsewhere();
  void add(const LiveClicks& clicks);
  // What others told since the last one.
  std::vector<LiveClicks> take();
  // Sends what is due. `watched`: whose streams there are here.
  void run(std::span<const base::TenantId> watched);

 private:
  using Sums = std::map<std::pair<base::TenantId, LinkId>, LiveClicks>;
  static void add_to(Sums& sums, const LiveClicks& clicks);
  void receive(std::string_view text);
  void send(const std::string& text);

  storage::Database& db_;
  const base::Clock& clock_;
  const std::uint64_t self_;
  Sums outgoing_;
  base::Mono send_at_{};
  base::Mono beat_at_{};
  std::set<base::TenantId> told_;  // with the last beat

  std::mutex mutex_;  // guards what follows
  std::map<base::TenantId, base::Mono> heard_;
  Sums incoming_;
};

}  // namespace ashlar::links
