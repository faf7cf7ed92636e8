#include "modules/links/abuse/reviews.h"

#include <algorithm>

#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/link_guard.h"
#include "modules/links/links.h"
#include "platform/cache/far_region.h"
#include "platform/observability/metrics.h"
#include "platform/storage/database.h"

namespace ashlar::links::abuse {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

constexpr const char* kAppeal = "appeal";

base::Error no_review() {
  return base::fail(base::Code::kNotFound, "review_not_found", "There is no such review.");
}

obs::Counter& counter(obs::Registry& metrics, const char* what) {
  return metrics.make_counter("ashlar_links_reports_total", "Reports of links by visitors.",
                              {{"result", what}});
}
obs::Counter& moved(obs::Registry& metrics, FlagState state) {
  return metrics.make_counter("ashlar_links_flags_total",
                              "Links flagged or cleared after they were made.",
                              {{"state", std::string(name_of(state))}});
}

Findings findings_of(const std::vector<ListMatch>& matches) {
  Findings findings;
  findings.looked_up = true;
  for (const ListMatch& match : matches) {
    if (match.type == kDenied) {
      findings.denied = true;
    } else {
      findings.threats.insert(match.type);
    }
  }
  return findings;
}

void reopen(Review& review, const char* why, base::Time now) {
  review.status = ReviewStatus::kOpen;
  review.opened_at = now;
  review.opened_for = why;
}

}  // namespace

Reviews::Reviews(storage::Database& db, const Links& links, cache::FarRegion* region,
                 const base::Clock& clock, obs::Registry& metrics)
    : db_(db),
      links_(links),
      region_(region),
      clock_(clock),
      reported_(counter(metrics, "counted")),
      repeated_(counter(metrics, "repeated")),
      flagged_(moved(metrics, FlagState::kFlagged)),
      cleared_(moved(metrics, FlagState::kCleared)) {}

base::Status Reviews::write(base::TenantId tenant, const std::string& key,
                            const std::function<base::Status(Transaction&)>& body) {
  std::optional<cache::FarChange> change;
  if (region_ != nullptr) change.emplace(*region_, std::vector{key});
  return db_.write(Context::tenant(tenant), [&](Transaction& tx) {
    if (change) change->announce(tx);
    return body(tx);
  });
}

base::Result<std::string> Reviews::key_of(base::TenantId tenant, LinkId link) {
  return db_.read(Context::tenant(tenant), [&](Transaction& tx) -> base::Result<std::string> {
    ASHLAR_ASSIGN(const Link found, links_.find(tx, link));
    return link_key({.host = found.domain_host, .code = found.code});
  });
}

base::Result<bool> Reviews::report(base::TenantId tenant, LinkId link, const Report& report) {
  ASHLAR_ASSIGN(const std::string key, key_of(tenant, link));
  bool counted = false;
  ASHLAR_TRY(write(tenant, key, [&](Transaction& tx) -> base::Status {
    counted = false;
    ASHLAR_ASSIGN(const Link found, links_.find(tx, link));
    ASHLAR_ASSIGN(const std::optional<Review> before, store::find_review(tx, link));
    Review review = before.value_or(Review{.link = link});
    ASHLAR_ASSIGN(counted, store::add_report(tx, link, report));
    if (!counted) return base::ok_status();
    ASHLAR_ASSIGN(const std::int64_t kept, store::count_reports(tx, link, kMaxReports + 1));
    if (kept > kMaxReports) ASHLAR_TRY(store::remove_oldest_report(tx, link));
    review.reports += 1;
    const std::int64_t fresh = review.reports - review.reports_decided;
    const bool back = review.status == ReviewStatus::kLapsed ||
                      (review.status == ReviewStatus::kCleared && fresh >= kReopenAfter);
    if (!before || back) reopen(review, "reports", clock_.now());
    ASHLAR_TRY(store::put_review(tx, review));
    if (review.status != ReviewStatus::kOpen || fresh < kSuspectAfter) return base::ok_status();
    ASHLAR_TRY(links_.set_flag(tx, link, flag_when_reported(found.settings.flag)));
    return base::ok_status();
  }));
  (counted ? reported_ : repeated_).add();
  return counted;
}

base::Result<std::int64_t> Reviews::expire_reports() {
  return db_.write(Context::platform(PlatformUse::kMaintenance), [&](Transaction& tx) {
    return store::expire_reports(tx, clock_.now() - kReportAge, kExpiredAtOnce);
  });
}

base::Result<Review> Reviews::appeal(base::TenantId tenant, LinkRef ref, const std::string& text) {
  return db_.write(Context::tenant(tenant), [&](Transaction& tx) -> base::Result<Review> {
    ASHLAR_ASSIGN(const Link link, links_.find(tx, ref));
    if (link.settings.flag.state != FlagState::kFlagged) {
      return base::fail(base::Code::kConflict, "link_not_flagged",
                        "Nothing is to be appealed against: the link is not flagged.");
    }
    ASHLAR_ASSIGN(const std::optional<Review> found, store::find_review(tx, link.id));
    Review review = found.value_or(Review{.link = link.id});
    if (found && review.status == ReviewStatus::kOpen && review.opened_for == kAppeal) {
      return base::fail(base::Code::kConflict, "appeal_pending",
                        "The operator has not decided on the last appeal yet.");
    }
    if (review.appealed_at && clock_.now() < *review.appealed_at + kAppealPause) {
      return base::fail(base::Code::kConflict, "appealed_lately",
                        "The operator has decided on an appeal of the last 24 hours; wait until a "
                        "day has passed since it.");
    }
    reopen(review, kAppeal, clock_.now());
    review.appealed_at = clock_.now();
    review.appeal = text;
    ASHLAR_TRY(store::put_review(tx, review));
    return review;
  });
}

base::Result<std::pair<Link, std::optional<Review>>> Reviews::of_link(base::TenantId tenant,
                                                                      LinkRef ref) {
  using Found = std::pair<Link, std::optional<Review>>;
  return db_.read(Context::tenant(tenant), [&](Transaction& tx) -> base::Result<Found> {
    ASHLAR_ASSIGN(Link link, links_.find(tx, ref));
    ASHLAR_ASSIGN(std::optional<Review> review, store::find_review(tx, link.id));
    return Found(std::move(link), std::move(review));
  });
}

base::Result<std::vector<QueuedReview>> Reviews::list(ReviewStatus status, base::Time after,
                                                      LinkId after_link, std::int64_t limit) {
  std::vector<QueuedReview> found;
  ASHLAR_TRY(db_.read(Context::platform(PlatformUse::kTenantAdmin), [&](Transaction& tx) {
    found.clear();
    return store::list_reviews(tx, status, after, after_link, limit,
                               [&](QueuedReview review) { found.push_back(std::move(review)); });
  }));
  return found;
}

base::Result<QueuedReview> Reviews::find(LinkId link) {
  ASHLAR_ASSIGN(std::optional<QueuedReview> found,
                db_.read(Context::platform(PlatformUse::kTenantAdmin),
                         [&](Transaction& tx) { return store::find_queued(tx, link); }));
  if (!found) return no_review();
  return std::move(*found);
}

base::Result<std::vector<Report>> Reviews::reports(base::TenantId tenant, LinkId link) {
  std::vector<Report> found;
  ASHLAR_TRY(db_.read(Context::tenant(tenant), [&](Transaction& tx) {
    found.clear();
    return store::list_reports(tx, link, kMaxReports,
                               [&](Report report) { found.push_back(std::move(report)); });
  }));
  std::ranges::sort(found, std::ranges::greater(), &Report::at);
  return found;
}

// What is cleared is written first: should this end between the two, the link is still flagged, and
// the operator sees it.
base::Result<QueuedReview> Reviews::decide(LinkId link, bool flagged, const std::string& note) {
  ASHLAR_ASSIGN(const QueuedReview queued, find(link));
  const std::vector<ListMatch> entries = entries_from_stored(queued.review.entries);
  if (!flagged && !entries.empty()) {
    ASHLAR_TRY(db_.write(
        Context::platform(PlatformUse::kTenantAdmin), [&](Transaction& tx) -> base::Status {
          for (const ListMatch& each : entries) {
            ASHLAR_TRY(store::add_clearance(tx, each.url, each.entry, clock_.now()));
          }
          return base::ok_status();
        }));
  }
  const std::string key = link_key({.host = queued.domain, .code = queued.code});
  ASHLAR_TRY(write(queued.tenant, key, [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const Link found, links_.find(tx, link));
    ASHLAR_ASSIGN(std::optional<Review> review, store::find_review(tx, link));
    if (!review) return no_review();
    review->status = flagged ? ReviewStatus::kFlagged : ReviewStatus::kCleared;
    review->decided_at = clock_.now();
    review->note = note;
    review->reports_decided = review->reports;
    if (!flagged) review->entries.clear();
    ASHLAR_TRY(store::put_review(tx, *review));
    ASHLAR_TRY(links_.set_flag(tx, link, flag_decided(found.settings.flag, flagged)));
    return base::ok_status();
  }));
  (flagged ? flagged_ : cleared_).add();
  return find(link);
}

base::Result<QueuedReview> Reviews::open(LinkRef ref) {
  ASHLAR_ASSIGN(const std::optional<RedirectTarget> target,
                db_.read(Context::platform(PlatformUse::kRedirect),
                         [&](Transaction& tx) { return links_.find_for_redirect(tx, ref); }));
  if (!target) {
    return base::fail(base::Code::kNotFound, "link_not_found", "There is no such link.");
  }
  ASHLAR_TRY(db_.write(Context::tenant(target->tenant), [&](Transaction& tx) {
    return open_review(tx, target->id, kByOperator, {}, clock_.now());
  }));
  return find(target->id);
}

base::Result<bool> Reviews::checked(base::TenantId tenant, LinkId link, const ListVerdict& verdict,
                                    const std::function<bool(const Link&)>& current) {
  ASHLAR_ASSIGN(const std::string key, key_of(tenant, link));
  std::optional<FlagState> became;
  ASHLAR_TRY(write(tenant, key, [&](Transaction& tx) -> base::Status {
    became.reset();
    ASHLAR_ASSIGN(const Link found, links_.find(tx, link));
    if (!current(found)) return base::ok_status();
    ASHLAR_ASSIGN(const std::vector<ListMatch> matches, store::uncleared(tx, verdict.matches));
    const Findings findings = findings_of(matches);
    const LinkFlag flag = flag_when_checked(found.settings.flag, findings);
    if (flag != found.settings.flag) {
      ASHLAR_TRY(links_.set_flag(tx, link, flag));
      if (flag.state != found.settings.flag.state) became = flag.state;
    }
    // Also where the flag is as it was: a decision is to hold for what is on the lists by now.
    if (findings.is_listed()) {
      return hold_review(tx, link, findings.denied ? "denied" : "list", matches, clock_.now());
    }
    if (flag.state != FlagState::kNone || !became) return base::ok_status();
    ASHLAR_ASSIGN(std::optional<Review> review, store::find_review(tx, link));
    if (!review || review->status != ReviewStatus::kOpen) return base::ok_status();
    review->status = ReviewStatus::kLapsed;
    review->entries.clear();
    return store::put_review(tx, *review);
  }));
  if (became == FlagState::kFlagged) flagged_.add();
  return became.has_value();
}

}  // namespace ashlar::links::abuse
