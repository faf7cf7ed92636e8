// ReviewsStore: every line of SQL about links that are somebody's concern: the operator's queue,
// visitors' reports, and how far the round has come that looks at all links again. No rules here.
//
// Functions run in the caller's transaction: for its tenant, or under PlatformUse::kTenantAdmin
// where they say so. Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/strong_id.h"
#include "base/time.h"
#include "modules/links/link.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::links::abuse {

enum class ReviewStatus : std::int64_t { kOpen = 0, kFlagged = 1, kCleared = 2, kLapsed = 3 };

struct Review {
  LinkId link;
  ReviewStatus status = ReviewStatus::kOpen;
  base::Time opened_at{};
  std::string opened_for{};
  std::int64_t reports = 0;
  std::int64_t reports_decided = 0;
  std::optional<base::Time> appealed_at{};
  std::string appeal{};
  std::optional<base::Time> decided_at{};
  std::string note{};     // of the last decision
  std::string entries{};  // JSON, "" none
};

// As the operator sees it.
struct QueuedReview {
  Review review;
  base::TenantId tenant;
  std::string code;
  std::string domain;  // its host; "": the installation's own
  std::string url;
  LinkSettings settings;
};

struct Report {
  std::int64_t reporter = 0;
  base::Time at{};
  std::string reason;
  std::string comment;
};

// A link, as a round looks at it.
struct RoundLink {
  LinkId id;
  base::TenantId tenant;
  std::string url;
  LinkSettings settings;
};

namespace store {

base::Result<std::optional<Review>> find_review(storage::Transaction& tx, LinkId link);
base::Status put_review(storage::Transaction& tx, const Review& review);

// kTenantAdmin. In the order in which they were opened, after (opened_at, link).
base::Status list_reviews(storage::Transaction& tx, ReviewStatus status, base::Time after,
                          LinkId after_link, std::int64_t limit,
                          const std::function<void(QueuedReview)>& sink);
base::Result<std::optional<QueuedReview>> find_queued(storage::Transaction& tx, LinkId link);
base::Result<std::int64_t> count_open(storage::Transaction& tx, std::int64_t limit);

// False: this reporter's is there.
base::Result<bool> add_report(storage::Transaction& tx, LinkId link, const Report& report);
// How many there are of the link, counted up to `most`.
base::Result<std::int64_t> count_reports(storage::Transaction& tx, LinkId link, std::int64_t most);
base::Status remove_oldest_report(storage::Transaction& tx, LinkId link);
// Of a link, in no order.
base::Status list_reports(storage::Transaction& tx, LinkId link, std::int64_t limit,
                          const std::function<void(Report)>& sink);

// kMaintenance.
struct Round {
  LinkId after;
  DomainId after_domain;
  base::Time began_at{};
};
base::Result<Round> find_round(storage::Transaction& tx);
base::Status put_round(storage::Transaction& tx, const Round& round);
base::Status links_after(storage::Transaction& tx, LinkId after, std::int64_t limit,
                         const std::function<void(RoundLink)>& sink);

// kMaintenance. Those from before `before`, at most `limit`; rows removed.
base::Result<std::int64_t> expire_reports(storage::Transaction& tx, base::Time before,
                                          std::int64_t limit);

base::Result<std::int64_t> erase_reviews(storage::Transaction& tx, std::int64_t limit);
base::Result<std::int64_t> erase_reports(storage::Transaction& tx, std::int64_t limit);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> reviews_statements();

}  // namespace store
}  // namespace ashlar::links::abuse
