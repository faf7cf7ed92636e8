// Visits: the newest clicks that were kept one by one (click_detail.h), of all links of a tenant or
// of some, by pages with numbers.
//
// It looks at the newest kMaxVisits of the tenant and no further, of one link at all that were
// kept; totals count up to there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "modules/links/clicks_store.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Transaction;
}

namespace ashlar::links {

inline constexpr std::int64_t kMaxVisits = 10'000;

struct VisitsQuery {
  std::optional<LinkId> link{};
  std::function<bool(const Link&)> wanted{};  // of which links; empty: of all
  std::optional<base::Time> from{}, until{};  // in [from, until]
  bool bots = true;
  std::size_t offset = 0;
  std::size_t limit = 1'000;
};

struct FoundVisit {
  store::StoredClick click;
  std::size_t link = 0;  // of VisitsPage::links
};
struct VisitsPage {
  std::vector<FoundVisit> visits;  // newest first
  std::vector<Link> links;
  std::size_t total = 0;
};

base::Result<VisitsPage> read_visits(storage::Transaction& tx, const VisitsQuery& query);

}  // namespace ashlar::links
