// The JSON of denials, reports, appeals and reviews, declared once for parsing, rendering and
// OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/reviews_store.h"
#include "platform/json/schema.h"

namespace ashlar::links::abuse {

struct DenialJson {
  std::string host;
  std::string note;
  base::Time created_at{};
};
struct NewDenialJson {
  std::string host;
  std::string note;
};

struct ReportJson {
  std::string reason;
  std::string comment;
};
struct ReportedJson {
  std::string status;
};

struct AppealJson {
  std::string text;
};

// The owner's view of what is said of a link.
struct LinkReviewJson {
  std::string code;
  std::optional<std::string> domain;
  std::string flag;
  std::vector<std::string> reasons;
  std::optional<std::string> status;
  std::int64_t reports = 0;
  std::optional<std::string> appeal;
  std::optional<base::Time> appealed_at;
  std::optional<base::Time> decided_at;
  std::optional<std::string> note;
};

struct SeenReportJson {
  base::Time at{};
  std::string reason;
  std::string comment;
};

// One of all that a link may lead to.
struct TargetJson {
  std::string field;
  std::string url;
  bool nested = false;
  std::vector<std::string> found;
};

// The operator's.
struct ReviewJson {
  std::string id;
  std::string tenant;
  std::string code;
  std::optional<std::string> domain;
  std::string short_url;
  std::string url;
  std::string status;
  std::string flag;
  std::vector<std::string> reasons;
  std::string opened_for;
  base::Time opened_at{};
  std::int64_t reports = 0;
  std::optional<std::string> appeal;
  std::optional<base::Time> appealed_at;
  std::optional<base::Time> decided_at;
  std::optional<std::string> note;
};
struct ReviewDetailJson {
  ReviewJson review;
  std::vector<TargetJson> targets;
  std::vector<std::string> earlier;
  std::vector<SeenReportJson> reports;
};
struct OpenReviewJson {
  std::string code;
  std::optional<std::string> domain;
};
struct DecideJson {
  std::string decision;
  std::string note;
};

std::string_view name_of(ReviewStatus status);
std::optional<ReviewStatus> review_status_of(std::string_view name);
LinkReviewJson json_of(const Link& link, const std::optional<Review>& review);
ReviewJson json_of(const QueuedReview& queued, std::string short_url);
ReviewDetailJson detail_of(const QueuedReview& queued, std::string short_url,
                           const std::vector<Report>& reports);

const json::Schema<NewDenialJson>& new_denial_schema();
const json::Schema<DenialJson>& denial_schema();
const json::Schema<json::Page<DenialJson>>& denial_page_schema();
const json::Schema<ReportJson>& report_schema();
const json::Schema<ReportedJson>& reported_schema();
const json::Schema<AppealJson>& appeal_schema();
const json::Schema<LinkReviewJson>& link_review_schema();
const json::Schema<ReviewJson>& review_schema();
const json::Schema<ReviewDetailJson>& review_detail_schema();
const json::Schema<json::Page<ReviewJson>>& review_page_schema();
const json::Schema<OpenReviewJson>& open_review_schema();
const json::Schema<DecideJson>& decide_schema();

}  // namespace ashlar::links::abuse
