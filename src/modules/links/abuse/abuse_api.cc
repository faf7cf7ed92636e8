#include "modules/links/abuse/abuse_api.h"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <tuple>
#include <utility>

#include "modules/links/abuse/abuse_json.h"
#include "modules/links/abuse/denials_store.h"
#include "modules/links/abuse/link_targets.h"
#include "modules/links/link_call.h"
#include "modules/links/links_module.h"
#include "modules/links/target.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::links::abuse {
namespace {

using storage::Context;
using storage::PlatformUse;
using storage::Transaction;

constexpr http::CursorScope kReviewScope{"links.reviews", 0};

http::CursorScope denials_scope(const http::Call& call) {
  return {"links.denials", call.principal.tenant.value};
}

base::Error field_error(const char* field, const char* reason, const std::string& detail) {
  return {base::Code::kInvalid, reason, detail, {{field, reason, detail}}};
}

// As deny lists keep it: one spelling, whichever was given.
base::Result<std::string> denied_host(std::string_view given) {
  const bool all = given.starts_with("*.");
  const std::string_view name = all ? given.substr(2) : given;
  const std::optional<std::string> host = canonical_host(name);
  const base::Error malformed =
      field_error("/host", "denial_malformed",
                  "Give a host name or an address in its ASCII form, or *. and a name.");
  if (!host || host->find_first_of("/?#@") != std::string::npos) return malformed;
  // An address as targets have it: [64:ff9b::102:304] is 1.2.3.4 to a list.
  const std::string spelled = host_of("http://" + *host);
  if (spelled.empty() || (all && spelled != *host)) return malformed;
  return (all ? "*." : "") + spelled;
}

// As domains are spelled; what is no host is nobody's.
std::string spelled_host(std::string_view given) {
  return given.empty() ? std::string() : canonical_host(given).value_or("-");
}

// What is no number is no review's id: the same answer.
LinkId id_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return LinkId(whole ? number : 0);
}

}  // namespace

AbuseApi::AbuseApi(LinksModule& module, const http::CursorCodec& cursors)
    : module_(module),
      cursors_(cursors),
      hasher_(module.visitor_key),
      of_address_(kit::GcraRule::make(5, 1, std::chrono::seconds{60}).value()),
      of_all_(kit::GcraRule::make(100, 1, std::chrono::seconds{1}).value()) {}

Context AbuseApi::context_of(const http::Call& call) const {
  const bool tenants = call.route->tenancy.value == http::Tenancy::kTenant;
  return tenants ? call.tenant_context()
                 : Context::platform(PlatformUse::kTenantAdmin, call.deadline);
}

base::Result<http::Response> AbuseApi::list_denials(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::string>(denials_scope(call), *cursor));
    after = std::get<0>(position);
  }
  json::Page<DenialJson> body;
  ASHLAR_TRY(module_.db.read(context_of(call), [&](Transaction& tx) {
    body.data.clear();
    return store::list_denials(tx, after, limit + 1, [&](store::Denial denial) {
      body.data.push_back({std::move(denial.host), std::move(denial.note), denial.created_at});
    });
  }));
  if (body.data.size() > static_cast<std::size_t>(limit)) {
    body.data.pop_back();
    ASHLAR_ASSIGN(body.next_cursor, cursors_.encode(denials_scope(call), body.data.back().host));
  }
  return http::page_response(call, denial_page_schema(), body);
}

base::Result<http::Response> AbuseApi::add_denial(http::Call& call) const {
  ASHLAR_ASSIGN(const NewDenialJson wanted, new_denial_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const std::string host, denied_host(wanted.host));
  const store::Denial denial{host, wanted.note, module_.clock.now()};
  ASHLAR_TRY(module_.db.write(context_of(call), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const bool full, store::has_denials(tx, kMaxDenials));
    if (full) {
      return base::fail(base::Code::kConflict, "too_many_denials",
                        "A deny list has at most 10,000 entries; *.name takes many hosts at once.");
    }
    ASHLAR_ASSIGN(const bool added, store::add_denial(tx, denial));
    if (added) return base::ok_status();
    return base::fail(base::Code::kConflict, "denial_exists", "The host is on the list already.");
  }));
  return http::json_response(201, denial_schema(),
                             DenialJson{denial.host, denial.note, denial.created_at});
}

base::Result<http::Response> AbuseApi::remove_denial(http::Call& call) const {
  const auto host = denied_host(call.param(0));
  bool removed = false;
  if (host.ok()) {
    ASHLAR_ASSIGN(removed, module_.db.write(context_of(call), [&](Transaction& tx) {
      return store::remove_denial(tx, *host);
    }));
  }
  if (removed) return http::no_content();
  return base::fail(base::Code::kNotFound, "denial_not_found", "The host is not on the list.");
}

base::Result<http::Response> AbuseApi::review_of_link(http::Call& call) const {
  ASHLAR_ASSIGN(const auto found,
                module_.reviews.of_link(call.principal.tenant, link_ref_of(call)));
  return http::json_response(200, link_review_schema(), json_of(found.first, found.second));
}

base::Result<http::Response> AbuseApi::appeal(http::Call& call) const {
  ASHLAR_ASSIGN(const AppealJson wanted, appeal_schema().parse_body(call.body));
  ASHLAR_TRY(module_.reviews.appeal(call.principal.tenant, link_ref_of(call), wanted.text));
  ASHLAR_ASSIGN(const auto found,
                module_.reviews.of_link(call.principal.tenant, link_ref_of(call)));
  return http::json_response(202, link_review_schema(), json_of(found.first, found.second));
}

base::Result<http::Response> AbuseApi::list_reviews(http::Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  const auto status = review_status_of(call.query_value("status").value_or("open"));
  if (!status) {
    return http::bad_query("?status", "not_allowed", "Give open, flagged, cleared or lapsed.");
  }
  base::Time after = base::from_micros(0);
  LinkId after_link;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  (cursors_.decode<std::int64_t, std::int64_t>(kReviewScope, *cursor)));
    after = base::from_micros(std::get<0>(position));
    after_link = LinkId(std::get<1>(position));
  }
  ASHLAR_ASSIGN(std::vector<QueuedReview> found,
                module_.reviews.list(*status, after, after_link, limit + 1));
  json::Page<ReviewJson> body;
  if (found.size() > static_cast<std::size_t>(limit)) {
    found.pop_back();
    const Review& last = found.back().review;
    ASHLAR_ASSIGN(body.next_cursor,
                  cursors_.encode(kReviewScope, base::to_micros(last.opened_at), last.link.value));
  }
  for (const QueuedReview& each : found) {
    body.data.push_back(
        json_of(each, module_.links.short_url({.host = each.domain, .code = each.code})));
  }
  return http::page_response(call, review_page_schema(), body);
}

base::Result<http::Response> AbuseApi::detail(LinkId link) const {
  ASHLAR_ASSIGN(const QueuedReview found, module_.reviews.find(link));
  ASHLAR_ASSIGN(const std::vector<Report> reports, module_.reviews.reports(found.tenant, link));
  return http::json_response(
      200, review_detail_schema(),
      detail_of(found, module_.links.short_url({.host = found.domain, .code = found.code}),
                reports));
}

base::Result<http::Response> AbuseApi::get_review(http::Call& call) const {
  return detail(id_of(call.param(0)));
}

base::Result<http::Response> AbuseApi::open_review(http::Call& call) const {
  ASHLAR_ASSIGN(const OpenReviewJson wanted, open_review_schema().parse_body(call.body));
  const std::string host = spelled_host(wanted.domain.value_or(""));
  ASHLAR_ASSIGN(const QueuedReview opened,
                module_.reviews.open({.host = host, .code = wanted.code}));
  return detail(opened.review.link);
}

base::Result<http::Response> AbuseApi::decide(http::Call& call) const {
  ASHLAR_ASSIGN(const DecideJson wanted, decide_schema().parse_body(call.body));
  const LinkId link = id_of(call.param(0));
  ASHLAR_TRY(module_.reviews.decide(link, wanted.decision == "flag", wanted.note));
  return detail(link);
}

}  // namespace ashlar::links::abuse
