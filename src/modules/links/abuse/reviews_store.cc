#include "modules/links/abuse/reviews_store.h"

#include <array>
#include <utility>

#include "modules/links/settings_json.h"
#include "platform/storage/database.h"

namespace ashlar::links::abuse::store {
namespace {

using storage::Audience;
using storage::Param;
using storage::Row;
using storage::Sql;

#define REVIEW_COLUMNS                                                            \
  "r.link_id, r.status, r.opened_at, r.opened_for, r.reports, r.reports_decided," \
  " r.appealed_at, coalesce(r.appeal, ''), r.decided_at, coalesce(r.note, ''),"   \
  " coalesce(r.entries, '')"
constexpr int kReviewColumns = 11;

constexpr Sql kFind{Audience::kTenant,
                    "SELECT " REVIEW_COLUMNS
                    " FROM links_reviews AS r WHERE r.link_id = ?1 AND r.tenant_id = :tenant"};

constexpr Sql kPut{
    Audience::kTenant,
    "INSERT INTO links_reviews (link_id, tenant_id, status, opened_at, opened_for, reports,"
    " reports_decided, appealed_at, appeal, decided_at, note, entries)"
    " VALUES (?1, :tenant, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
    " ON CONFLICT (link_id) DO UPDATE SET status = excluded.status,"
    " opened_at = excluded.opened_at, opened_for = excluded.opened_for,"
    " reports = excluded.reports, reports_decided = excluded.reports_decided,"
    " appealed_at = excluded.appealed_at, appeal = excluded.appeal,"
    " decided_at = excluded.decided_at, note = excluded.note, entries = excluded.entries"
    " WHERE links_reviews.tenant_id = excluded.tenant_id"};

#define QUEUED                                                   \
  "SELECT " REVIEW_COLUMNS                                       \
  ", r.tenant_id, l.code, l.url, s.data, coalesce(d.host, '')"   \
  " FROM links_reviews AS r JOIN links AS l ON l.id = r.link_id" \
  " LEFT JOIN links_settings AS s ON s.link_id = r.link_id"      \
  " LEFT JOIN links_domains AS d ON d.id = l.domain_id"
constexpr Sql kList{Audience::kPlatform, QUEUED
                    " WHERE r.status = ?1 AND (r.opened_at, r.link_id) > (?2, ?3)"
                    " ORDER BY r.opened_at, r.link_id LIMIT ?4"};
constexpr Sql kFindQueued{Audience::kPlatform, QUEUED " WHERE r.link_id = ?1"};

constexpr Sql kCountOpen{Audience::kPlatform,
                         "SELECT count(*) FROM (SELECT 1 FROM links_reviews WHERE status = 0"
                         " LIMIT ?1) AS open_ones"};

constexpr Sql kAddReport{
    Audience::kTenant,
    "INSERT INTO links_reports (tenant_id, link_id, reporter, at, reason, comment)"
    " VALUES (:tenant, ?1, ?2, ?3, ?4, ?5) ON CONFLICT (tenant_id, link_id, reporter) DO NOTHING"};
constexpr Sql kCountReports{Audience::kTenant,
                            "SELECT 1 FROM links_reports WHERE tenant_id = :tenant AND link_id = ?1"
                            " LIMIT ?2"};
// Several of one moment go together.
constexpr Sql kRemoveOldest{
    Audience::kTenant,
    "DELETE FROM links_reports WHERE tenant_id = :tenant AND link_id = ?1 AND at ="
    " (SELECT min(r.at) FROM links_reports AS r WHERE r.tenant_id = :tenant AND r.link_id = ?1)"};
constexpr Sql kExpireReports{
    Audience::kPlatform,
    "DELETE FROM links_reports WHERE (tenant_id, link_id, reporter) IN"
    " (SELECT tenant_id, link_id, reporter FROM links_reports WHERE at < ?1 LIMIT ?2)"};
constexpr Sql kListReports{Audience::kTenant,
                           "SELECT reporter, at, reason, comment FROM links_reports"
                           " WHERE tenant_id = :tenant AND link_id = ?1 LIMIT ?2"};

constexpr Sql kFindRound{Audience::kPlatform,
                         "SELECT after_id, after_domain_id, began_at FROM links_recheck"
                         " WHERE one = 1"};
constexpr Sql kPutRound{Audience::kPlatform,
                        "UPDATE links_recheck SET after_id = ?1, began_at = ?2,"
                        " after_domain_id = ?3 WHERE one = 1"};
constexpr Sql kLinksAfter{Audience::kPlatform,
                          "SELECT l.id, l.tenant_id, l.url, s.data FROM links AS l"
                          " LEFT JOIN links_settings AS s ON s.link_id = l.id"
                          " WHERE l.id > ?1 ORDER BY l.id LIMIT ?2"};

constexpr Sql kEraseReviews{
    Audience::kTenant,
    "DELETE FROM links_reviews WHERE tenant_id = :tenant AND link_id IN"
    " (SELECT link_id FROM links_reviews WHERE tenant_id = :tenant LIMIT ?1)"};
constexpr Sql kEraseReports{
    Audience::kTenant,
    "DELETE FROM links_reports WHERE tenant_id = :tenant AND (link_id, reporter) IN"
    " (SELECT link_id, reporter FROM links_reports WHERE tenant_id = :tenant LIMIT ?1)"};

constexpr std::array<const Sql*, 15> kStatements{
    &kCountReports, &kRemoveOldest, &kExpireReports, &kFind,         &kPut,
    &kList,         &kFindQueued,   &kCountOpen,     &kAddReport,    &kListReports,
    &kFindRound,    &kPutRound,     &kLinksAfter,    &kEraseReviews, &kEraseReports};

std::optional<base::Time> maybe_time(const Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return base::from_micros(row.integer(column));
}

Param nullable(const std::optional<base::Time>& time) {
  return time ? Param(base::to_micros(*time)) : Param(nullptr);
}
Param nullable(const std::string& text) {
  return text.empty() ? Param(nullptr) : Param(std::string_view(text));
}

Review read_review(const Row& row) {
  Review review;
  review.link = LinkId(row.integer(0));
  review.status = static_cast<ReviewStatus>(row.integer(1));
  review.opened_at = base::from_micros(row.integer(2));
  review.opened_for = row.text(3);
  review.reports = row.integer(4);
  review.reports_decided = row.integer(5);
  review.appealed_at = maybe_time(row, 6);
  review.appeal = row.text(7);
  review.decided_at = maybe_time(row, 8);
  review.note = row.text(9);
  review.entries = row.text(10);
  return review;
}

base::Result<LinkSettings> read_settings(const Row& row, int column) {
  if (row.is_null(column)) return LinkSettings();
  return settings_from_stored(row.text(column));
}

base::Result<QueuedReview> read_queued(const Row& row) {
  ASHLAR_ASSIGN(LinkSettings settings, read_settings(row, kReviewColumns + 3));
  return QueuedReview{.review = read_review(row),
                      .tenant = base::TenantId(row.integer(kReviewColumns)),
                      .code = std::string(row.text(kReviewColumns + 1)),
                      .domain = std::string(row.text(kReviewColumns + 4)),
                      .url = std::string(row.text(kReviewColumns + 2)),
                      .settings = std::move(settings)};
}

}  // namespace

base::Result<std::optional<Review>> find_review(storage::Transaction& tx, LinkId link) {
  std::optional<Review> found;
  ASHLAR_TRY(tx.query(kFind, {link.value}, [&](const Row& row) { found = read_review(row); }));
  return found;
}

base::Status put_review(storage::Transaction& tx, const Review& review) {
  ASHLAR_TRY(tx.execute(
      kPut, {review.link.value, static_cast<std::int64_t>(review.status),
             base::to_micros(review.opened_at), review.opened_for, review.reports,
             review.reports_decided, nullable(review.appealed_at), nullable(review.appeal),
             nullable(review.decided_at), nullable(review.note), nullable(review.entries)}));
  return base::ok_status();
}

base::Status list_reviews(storage::Transaction& tx, ReviewStatus status, base::Time after,
                          LinkId after_link, std::int64_t limit,
                          const std::function<void(QueuedReview)>& sink) {
  base::Status read = base::ok_status();
  ASHLAR_TRY(tx.query(
      kList, {static_cast<std::int64_t>(status), base::to_micros(after), after_link.value, limit},
      [&](const Row& row) {
        base::Result<QueuedReview> queued = read_queued(row);
        if (queued.ok()) {
          sink(std::move(queued).value());
        } else {
          read = queued.error();
        }
      }));
  return read;
}

base::Result<std::optional<QueuedReview>> find_queued(storage::Transaction& tx, LinkId link) {
  std::optional<QueuedReview> found;
  base::Status read = base::ok_status();
  ASHLAR_TRY(tx.query(kFindQueued, {link.value}, [&](const Row& row) {
    base::Result<QueuedReview> queued = read_queued(row);
    if (queued.ok()) {
      found = std::move(queued).value();
    } else {
      read = queued.error();
    }
  }));
  ASHLAR_TRY(read);
  return found;
}

base::Result<std::int64_t> count_open(storage::Transaction& tx, std::int64_t limit) {
  std::int64_t open = 0;
  ASHLAR_TRY(tx.query(kCountOpen, {limit}, [&](const Row& row) { open = row.integer(0); }));
  return open;
}

base::Result<bool> add_report(storage::Transaction& tx, LinkId link, const Report& report) {
  ASHLAR_ASSIGN(const std::int64_t rows,
                tx.execute(kAddReport, {link.value, report.reporter, base::to_micros(report.at),
                                        report.reason, report.comment}));
  return rows == 1;
}

base::Result<std::int64_t> count_reports(storage::Transaction& tx, LinkId link, std::int64_t most) {
  return tx.query(kCountReports, {link.value, most}, [](const Row&) {});
}

base::Status remove_oldest_report(storage::Transaction& tx, LinkId link) {
  ASHLAR_TRY(tx.execute(kRemoveOldest, {link.value}));
  return base::ok_status();
}

base::Result<std::int64_t> expire_reports(storage::Transaction& tx, base::Time before,
                                          std::int64_t limit) {
  return tx.execute(kExpireReports, {base::to_micros(before), limit});
}

base::Status list_reports(storage::Transaction& tx, LinkId link, std::int64_t limit,
                          const std::function<void(Report)>& sink) {
  ASHLAR_TRY(tx.query(kListReports, {link.value, limit}, [&](const Row& row) {
    sink({row.integer(0), base::from_micros(row.integer(1)), std::string(row.text(2)),
          std::string(row.text(3))});
  }));
  return base::ok_status();
}

base::Result<Round> find_round(storage::Transaction& tx) {
  Round round;
  ASHLAR_TRY(tx.query(kFindRound, {}, [&](const Row& row) {
    round = {LinkId(row.integer(0)), DomainId(row.integer(1)), base::from_micros(row.integer(2))};
  }));
  return round;
}

base::Status put_round(storage::Transaction& tx, const Round& round) {
  ASHLAR_TRY(tx.execute(
      kPutRound, {round.after.value, base::to_micros(round.began_at), round.after_domain.value}));
  return base::ok_status();
}

base::Status links_after(storage::Transaction& tx, LinkId after, std::int64_t limit,
                         const std::function<void(RoundLink)>& sink) {
  base::Status read = base::ok_status();
  ASHLAR_TRY(tx.query(kLinksAfter, {after.value, limit}, [&](const Row& row) {
    base::Result<LinkSettings> settings = read_settings(row, 3);
    if (!settings.ok()) {
      read = settings.error();
      return;
    }
    sink({LinkId(row.integer(0)), base::TenantId(row.integer(1)), std::string(row.text(2)),
          std::move(settings).value()});
  }));
  return read;
}

base::Result<std::int64_t> erase_reviews(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseReviews, {limit});
}
base::Result<std::int64_t> erase_reports(storage::Transaction& tx, std::int64_t limit) {
  return tx.execute(kEraseReports, {limit});
}

std::span<const Sql* const> reviews_statements() { return kStatements; }

}  // namespace ashlar::links::abuse::store
