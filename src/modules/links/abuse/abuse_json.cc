#include "modules/links/abuse/abuse_json.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "modules/links/abuse/flag_rules.h"
#include "modules/links/abuse/link_guard.h"
#include "modules/links/abuse/link_targets.h"
#include "modules/links/link_flag.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::size_t kMaxNote = 1'000;
constexpr std::size_t kMaxDenialNote = 200;
constexpr std::size_t kMaxHost = 255;

constexpr const char* kHostDoc =
    "A host name or address in its ASCII form; `*.example.com` is it and everything below it.";
constexpr const char* kDomainDoc = "The host of its domain; null: the installation's own.";
constexpr const char* kFlagDoc =
    "none; suspected: before the operator, and followed; flagged: visitors get a warning instead; "
    "cleared: the operator has found it harmless.";
constexpr const char* kReasonsDoc =
    "What was noticed: look_alike, mixed_scripts, name_inside, open_redirect, many_nested_urls, "
    "reports, operator, denied, list:MALWARE and the like.";
constexpr const char* kStatusDoc =
    "open: the operator is to decide; flagged, cleared: as decided; lapsed: the list let go of it.";

const json::Choices kStatuses{"open", "flagged", "cleared", "lapsed"};
const json::Choices kFlags{"none", "suspected", "flagged", "cleared"};

constexpr std::array<std::pair<std::string_view, ReviewStatus>, 4> kNames{
    {{"open", ReviewStatus::kOpen},
     {"flagged", ReviewStatus::kFlagged},
     {"cleared", ReviewStatus::kCleared},
     {"lapsed", ReviewStatus::kLapsed}}};

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

void add_once(std::vector<std::string>& found, const ListMatch& match) {
  std::string what = match.type == kDenied ? match.entry : std::string(kListPrefix) + match.type;
  if (std::ranges::find(found, what) == found.end()) found.push_back(std::move(what));
}

}  // namespace

std::string_view name_of(ReviewStatus status) {
  for (const auto& [name, value] : kNames) {
    if (value == status) return name;
  }
  return "open";
}

std::optional<ReviewStatus> review_status_of(std::string_view name) {
  for (const auto& [own, value] : kNames) {
    if (own == name) return value;
  }
  return std::nullopt;
}

LinkReviewJson json_of(const Link& link, const std::optional<Review>& review) {
  LinkReviewJson json;
  json.code = link.code;
  json.domain = unless_empty(link.domain_host);
  json.flag = links::name_of(link.settings.flag.state);
  json.reasons = link.settings.flag.reasons;
  if (!review) return json;
  json.status = std::string(name_of(review->status));
  json.reports = review->reports;
  json.appeal = unless_empty(review->appeal);
  json.appealed_at = review->appealed_at;
  json.decided_at = review->decided_at;
  json.note = unless_empty(review->note);
  return json;
}

ReviewJson json_of(const QueuedReview& queued, std::string short_url) {
  const Review& review = queued.review;
  ReviewJson json;
  json.id = std::to_string(review.link.value);
  json.tenant = std::to_string(queued.tenant.value);
  json.code = queued.code;
  json.domain = unless_empty(queued.domain);
  json.short_url = std::move(short_url);
  json.url = queued.url;
  json.status = name_of(review.status);
  json.flag = links::name_of(queued.settings.flag.state);
  json.reasons = queued.settings.flag.reasons;
  json.opened_for = review.opened_for;
  json.opened_at = review.opened_at;
  json.reports = review.reports;
  json.appeal = unless_empty(review.appeal);
  json.appealed_at = review.appealed_at;
  json.decided_at = review.decided_at;
  json.note = unless_empty(review.note);
  return json;
}

// Where the link leads, and what lists hold of each; what they hold of none of them is of targets
// that it had earlier.
ReviewDetailJson detail_of(const QueuedReview& queued, std::string short_url,
                           const std::vector<Report>& reports) {
  ReviewDetailJson json{json_of(queued, std::move(short_url)), {}, {}, {}};
  const std::vector<ListMatch> entries = entries_from_stored(queued.review.entries);
  std::set<std::string> present;
  for (JudgedUrl& each : judged_urls(queued.url, queued.settings).urls) {
    TargetJson target{each.field, std::move(each.url), each.nested, {}};
    const std::string hash = url_hash(target.url);
    present.insert(hash);
    for (const ListMatch& match : entries) {
      if (match.url == hash) add_once(target.found, match);
    }
    json.targets.push_back(std::move(target));
  }
  for (const ListMatch& match : entries) {
    if (!present.contains(match.url)) add_once(json.earlier, match);
  }
  for (const Report& each : reports) json.reports.push_back({each.at, each.reason, each.comment});
  return json;
}

const json::Schema<NewDenialJson>& new_denial_schema() {
  static const auto kSchema =
      json::Schema<NewDenialJson>("NewLinkDenial", "A host that no link may lead to.")
          .required("host", &NewDenialJson::host,
                    {.doc = kHostDoc,
                     .min_length = 1,
                     .max_length = kMaxHost,
                     .example = "*.example.com"})
          .optional("note", &NewDenialJson::note, {.doc = "Why.", .max_length = kMaxDenialNote});
  return kSchema;
}

const json::Schema<DenialJson>& denial_schema() {
  static const auto kSchema =
      json::Schema<DenialJson>("LinkDenial", "A host that no link may lead to.")
          .required("host", &DenialJson::host, {.doc = kHostDoc, .example = "*.example.com"})
          .required("note", &DenialJson::note)
          .required("created_at", &DenialJson::created_at);
  return kSchema;
}

const json::Schema<json::Page<DenialJson>>& denial_page_schema() {
  static const auto kSchema = json::page_schema(denial_schema());
  return kSchema;
}

const json::Schema<ReportJson>& report_schema() {
  static const auto kSchema =
      json::Schema<ReportJson>("LinkReport", "What a visitor finds wrong with a link.")
          .required("reason", &ReportJson::reason,
                    {.one_of = {"phishing", "malware", "spam", "illegal", "other"}})
          .optional("comment", &ReportJson::comment, {.max_length = kMaxNote});
  return kSchema;
}

const json::Schema<ReportedJson>& reported_schema() {
  static const auto kSchema =
      json::Schema<ReportedJson>("LinkReported", "The report has come in.")
          .required("status", &ReportedJson::status, {.one_of = {"received"}});
  return kSchema;
}

const json::Schema<AppealJson>& appeal_schema() {
  static const auto kSchema =
      json::Schema<AppealJson>("LinkAppeal", "Why a link should not be flagged.")
          .required("text", &AppealJson::text,
                    {.doc = "For the operator to read.", .min_length = 1, .max_length = kMaxNote});
  return kSchema;
}

const json::Schema<LinkReviewJson>& link_review_schema() {
  static const auto kSchema =
      json::Schema<LinkReviewJson>("LinkReview", "What is said of a link, for its owner.")
          .required("code", &LinkReviewJson::code)
          .required("domain", &LinkReviewJson::domain, {.doc = kDomainDoc})
          .required("flag", &LinkReviewJson::flag, {.doc = kFlagDoc, .one_of = kFlags})
          .required("reasons", &LinkReviewJson::reasons, {.doc = kReasonsDoc})
          .required("status", &LinkReviewJson::status,
                    {.doc = "Null: nobody ever looked. open: the operator is to decide; flagged, "
                            "cleared: as decided; lapsed: the list let go of it.",
                     .one_of = kStatuses})
          .required("reports", &LinkReviewJson::reports, {.doc = "By visitors; each counts once."})
          .required("appeal", &LinkReviewJson::appeal)
          .required("appealed_at", &LinkReviewJson::appealed_at)
          .required("decided_at", &LinkReviewJson::decided_at)
          .required("note", &LinkReviewJson::note, {.doc = "The operator's, of the decision."});
  return kSchema;
}

const json::Schema<ReviewJson>& review_schema() {
  static const auto kSchema =
      json::Schema<ReviewJson>("QueuedLinkReview", "A link that the operator is to judge.")
          .required("id", &ReviewJson::id, {.doc = "Of the review, for ever.", .example = "4711"})
          .required("tenant", &ReviewJson::tenant, {.doc = "The id of its tenant."})
          .required("code", &ReviewJson::code)
          .required("domain", &ReviewJson::domain, {.doc = kDomainDoc})
          .required("short_url", &ReviewJson::short_url)
          .required("url", &ReviewJson::url, {.doc = "Where it leads."})
          .required("status", &ReviewJson::status, {.doc = kStatusDoc, .one_of = kStatuses})
          .required("flag", &ReviewJson::flag, {.doc = kFlagDoc, .one_of = kFlags})
          .required("reasons", &ReviewJson::reasons, {.doc = kReasonsDoc})
          .required("opened_for", &ReviewJson::opened_for,
                    {.one_of = {"signs", "reports", "list", "denied", "operator", "appeal"}})
          .required("opened_at", &ReviewJson::opened_at)
          .required("reports", &ReviewJson::reports, {.doc = "By visitors; each counts once."})
          .required("appeal", &ReviewJson::appeal, {.doc = "What the owner says."})
          .required("appealed_at", &ReviewJson::appealed_at)
          .required("decided_at", &ReviewJson::decided_at)
          .required("note", &ReviewJson::note);
  return kSchema;
}

const json::Schema<ReviewDetailJson>& review_detail_schema() {
  static const auto kReport = json::Schema<SeenReportJson>("SeenLinkReport", "A visitor's report.")
                                  .required("at", &SeenReportJson::at)
                                  .required("reason", &SeenReportJson::reason)
                                  .required("comment", &SeenReportJson::comment);
  static const auto kTarget =
      json::Schema<TargetJson>("LinkReviewTarget", "Where a link may lead.")
          .required("field", &TargetJson::field, {.doc = "Of the link.", .example = "/rules/0/url"})
          .required("url", &TargetJson::url)
          .required("nested", &TargetJson::nested, {.doc = "It is in a parameter of that field."})
          .required("found", &TargetJson::found,
                    {.doc = "list:MALWARE and the like; denied: and the entry."});
  static const auto kSchema =
      json::Schema<ReviewDetailJson>("LinkReviewDetail", "A review with its reports.")
          .required("review", &ReviewDetailJson::review, review_schema())
          .required(
              "targets", &ReviewDetailJson::targets, kTarget,
              {.doc = "All that it may lead to: its own, its rules' and variants', and behind "
                      "them what those carry in their parameters."})
          .required("earlier", &ReviewDetailJson::earlier,
                    {.doc = "What is found of targets that it had when it was flagged."})
          .required("reports", &ReviewDetailJson::reports, kReport,
                    {.doc = "Newest first; the newest 200 are kept, for 90 days."});
  return kSchema;
}

const json::Schema<json::Page<ReviewJson>>& review_page_schema() {
  static const auto kSchema = json::page_schema(review_schema());
  return kSchema;
}

const json::Schema<OpenReviewJson>& open_review_schema() {
  static const auto kSchema =
      json::Schema<OpenReviewJson>("OpenLinkReview", "A link to be put into the queue.")
          .required("code", &OpenReviewJson::code, {.example = "spring-sale"})
          .optional("domain", &OpenReviewJson::domain, {.doc = kDomainDoc});
  return kSchema;
}

const json::Schema<DecideJson>& decide_schema() {
  static const auto kSchema =
      json::Schema<DecideJson>("LinkDecision", "What becomes of the link.")
          .required("decision", &DecideJson::decision,
                    {.doc = "flag: visitors get a warning; clear: it is followed as before.",
                     .one_of = {"flag", "clear"}})
          .optional("note", &DecideJson::note,
                    {.doc = "The owner reads it.", .max_length = kMaxNote});
  return kSchema;
}

}  // namespace ashlar::links::abuse
