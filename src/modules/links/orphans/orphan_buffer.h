// OrphanBuffer: where visits that lead to no link wait for the next flush of clicks, so that a
// flood of them is a few rows and not one a visit.
//
// Promises
//  1. add() waits for nothing but a lock that is held for the adding of one visit.
//  2. Each is counted once, by (domain, kind), unless kMaxCounted of these wait already.
//  3. Of a flush the first kMaxKept are kept one by one, of one domain at most kMaxKeptOfDomain: a
//     domain that is scanned leaves room for the others.
// Any thread; take() from one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "modules/links/orphans/orphan_visit.h"

namespace ashlar::links::orphans {

struct OrphanCount {
  base::TenantId tenant;
  DomainId domain;
  Kind kind = Kind::kInvalidShortUrl;
  std::int64_t visits = 0;
  std::int64_t bots = 0;  // of the visits
};

struct KeptOrphan {
  base::TenantId tenant;
  DomainId domain;
  Kind kind = Kind::kInvalidShortUrl;
  base::Time at{};
  AgentClass agent = AgentClass::kOther;
  std::string referrer{};  // a host; "": none
  std::string path{};
};

class OrphanBuffer {
 public:
  static constexpr std::size_t kMaxCounted = 10'000;
  static constexpr std::size_t kMaxKept = 200;
  static constexpr std::size_t kMaxKeptOfDomain = 40;
  static constexpr std::size_t kMaxPathBytes = 128;  // what follows is cut off

  void add(const OrphanVisit& visit);

  struct Taken {
    std::vector<OrphanCount> counts{};  // rising by domain and kind
    std::vector<KeptOrphan> kept{};
    std::int64_t dropped = 0;  // visits that were not counted
    [[nodiscard]] bool empty() const { return counts.empty(); }
    [[nodiscard]] std::int64_t visits() const;
  };
  // What was added since the last one.
  Taken take();
  [[nodiscard]] bool empty() const;

 private:
  struct Place {
    base::TenantId tenant;
    std::int64_t visits = 0;
    std::int64_t bots = 0;
  };

  mutable std::mutex mutex_;  // guards what follows
  std::map<std::pair<DomainId, Kind>, Place> places_;
  std::map<DomainId, std::size_t> kept_of_;
  std::vector<KeptOrphan> kept_;
  std::int64_t dropped_ = 0;
};

}  // namespace ashlar::links::orphans
