// Reviews: what people and lists say of a link that is there, and what the operator decides.
//
//   visitor: report() ──kSuspectAfter of them──> suspected ─┐
//   list: listed()    ──────────────────────> flagged ──────┼──> the queue ──decide()──> flagged
//   owner: appeal() ─────────────────────────────────────────┘                    └────> cleared
//
// Promises
//  1. Reports alone never flag a link: they put it before the operator. One person counts once a
//     day. The newest kMaxReports of a link are kept, and counted all.
//  2. What decide() or listed() changes reaches the redirects of every process, as any change of a
//     link does, and is in the owner's own events.
//  3. What the operator clears is remembered by URL and entry of the list: neither this link nor
//     another one to the same URL is flagged for that entry again, until the list has let go of it.
//  4. A cleared link comes back to the queue after kReopenAfter further reports, or when something
//     else is found.
//
// Errors: kNotFound link_not_found, domain_not_found, review_not_found; kConflict link_not_flagged,
// appeal_pending, appealed_lately; and storage's. Any thread; each opens its own transactions.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "modules/links/abuse/flag_rules.h"
#include "modules/links/abuse/list_verdict.h"
#include "modules/links/abuse/reviews_store.h"
#include "modules/links/link.h"
#include "modules/links/link_ref.h"

namespace ashlar::cache {
class FarRegion;
}
namespace ashlar::obs {
class Counter;
class Registry;
}  // namespace ashlar::obs
namespace ashlar::storage {
class Database;
class Transaction;
}  // namespace ashlar::storage

namespace ashlar::links {
class Links;
}

namespace ashlar::links::abuse {

class Reviews {
 public:
  static constexpr std::int64_t kSuspectAfter = 3;
  static constexpr std::int64_t kReopenAfter = 5;
  static constexpr std::int64_t kMaxReports = 200;
  static constexpr base::Seconds kReportAge{90 * 86'400};  // older ones are removed
  static constexpr base::Seconds kAppealPause{86'400};
  static constexpr std::int64_t kExpiredAtOnce = 1'000;
  static constexpr std::int64_t kMaxCounted = 10'000;  // of the metric of what is open

  // All outlive it; `region` may be null.
  Reviews(storage::Database& db, const Links& links, cache::FarRegion* region,
          const base::Clock& clock, obs::Registry& metrics);

  // False: this reporter's is there.
  base::Result<bool> report(base::TenantId tenant, LinkId link, const Report& report);
  // Removes reports older than kReportAge, kExpiredAtOnce at most; how many.
  base::Result<std::int64_t> expire_reports();
  // Of a link one in kAppealPause.
  base::Result<Review> appeal(base::TenantId tenant, LinkRef ref, const std::string& text);
  // The owner's view; nullopt: the link was never anybody's concern.
  base::Result<std::pair<Link, std::optional<Review>>> of_link(base::TenantId tenant, LinkRef ref);

  base::Result<std::vector<QueuedReview>> list(ReviewStatus status, base::Time after,
                                               LinkId after_link, std::int64_t limit);
  base::Result<QueuedReview> find(LinkId link);
  base::Result<std::vector<Report>> reports(base::TenantId tenant, LinkId link);
  base::Result<QueuedReview> decide(LinkId link, bool flagged, const std::string& note);
  // By the operator, of a link that nobody has reported.
  base::Result<QueuedReview> open(LinkRef ref);

  // What a look at the link's targets, as they were, has found, and at those that it was flagged
  // for. `current`: whether they still are. Whether anything changed.
  base::Result<bool> checked(base::TenantId tenant, LinkId link, const ListVerdict& verdict,
                             const std::function<bool(const Link&)>& current);

 private:
  // Writes as the link's tenant; the far cache is told before and after.
  base::Status write(base::TenantId tenant, const std::string& key,
                     const std::function<base::Status(storage::Transaction&)>& body);
  base::Result<std::string> key_of(base::TenantId tenant, LinkId link);

  storage::Database& db_;
  const Links& links_;
  cache::FarRegion* const region_;
  const base::Clock& clock_;
  obs::Counter& reported_;
  obs::Counter& repeated_;
  obs::Counter& flagged_;
  obs::Counter& cleared_;
};

}  // namespace ashlar::links::abuse
