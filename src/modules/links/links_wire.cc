// THE table of links (the redirect's row stands in redirects.h's own file).
#include <memory>
#include <utility>

#include "modules/links/abuse/abuse_api.h"
#include "modules/links/analytics/analytics_wire.h"
#include "modules/links/bulk/bulk_api.h"
#include "modules/links/domains_wire.h"
#include "modules/links/dub/dub_wire.h"
#include "modules/links/imports/imports_wire.h"
#include "modules/links/kutt/kutt_wire.h"
#include "modules/links/link_call.h"
#include "modules/links/links_api.h"
#include "modules/links/links_json.h"
#include "modules/links/links_module.h"
#include "modules/links/preview/preview_api.h"
#include "modules/links/qr_api.h"
#include "modules/links/qr_logo_api.h"
#include "modules/links/shlink/shlink_wire.h"

namespace ashlar::links {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using http::Tenancy;

constexpr base::Millis kDeadline{10'000};

const ErrorDoc kNotFound{404, "link_not_found",
                         "There is no such link, or it is another tenant's."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};

// What any writing refuses of targets and settings (target.h, settings_rules.h), each under its own
// reason, with what the row adds.
std::vector<ErrorDoc> with_link_errors(std::vector<ErrorDoc> own) {
  std::vector<ErrorDoc> all{
      {422, "target_scheme", "The URL is neither http nor https."},
      {422, "target_host", "The URL's host is no name or address that leads anywhere."},
      {422, "target_host_not_ascii", "The URL's host must be given in its ASCII form (xn--…)."},
      {422, "target_port", "The URL's port is not 1 to 65535."},
      {422, "target_credentials", "The URL holds a user name or password."},
      {422, "target_characters", "The URL holds spaces or control characters."},
      {422, "target_encoding", "A % in the URL is not followed by two hex digits."},
      {422, "target_malformed", "The URL cannot be read as one."},
      {422, "target_empty", "The URL is empty."},
      {422, "target_too_long", "The URL is longer than 2,048 bytes."},
      {422, "target_is_ashlar", "The URL leads back to this installation."},
      {422, "target_denied", "You, or the operator, allow no links to the URL's host."},
      {422, "target_unsafe", "A list of unsafe pages has the URL."},
      {422, "expires_in_past", "The expiry is not in the future."},
      {422, "valid_after_expiry", "The link would expire before it is valid."},
      {422, "rule_without_condition", "A rule has no condition: it would take every visit."},
      {422, "rule_without_time", "A rule ends before it begins."},
      {422, "one_variant", "There is one variant; give two or more, or none."},
      {422, "bad_tag", "A tag holds a comma or a control character, or has a space at an end."},
      {503, "password_checks_busy", "Too many passwords are being hashed just now."}};
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

using Api = std::shared_ptr<const LinksApi>;

void add_writing_routes(http::RouteTable& table, const Api& api) {
  table.push_back({
      .method = Method::kPost,
      .path = {"/v1/links"},
      .summary = {"Shorten a URL."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:write"},
      .cost = 2,
      .idempotency = Idempotency::kOptional,
      .deadline = kDeadline,
      // Late, since a password is hashed before the transaction begins.
      .handler = {http::LateHandler(
          [api](Call& call, const std::shared_ptr<http::LateAnswer>& late) {
            return api->create(call, late);
          })},
      .request = &create_link_schema(),
      .response = &link_schema(),
      .success = 201,
      .errors = with_link_errors(
          {{422, "domain_unknown", "The tenant has no such domain."},
           {422, "code_malformed", "The code is not 3 to 64 letters, digits, '-' or '_'."},
           {422, "find_with_password", "Whether a link has the same password cannot be told."},
           {422, "code_reserved", "The code is a word that the service needs itself."},
           {409, "code_taken", "The code names another link."},
           {429, "quota_exceeded", "More links in an hour than the key, address or tenant may."}}),
      .etag = true,
  });
  table.push_back({
      .method = Method::kPatch,
      .path = {"/v1/links/{code}"},
      .summary = {"Change a link; the next redirect follows the change."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:write"},
      .cost = 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->update(call); })},
      .request = &update_link_schema(),
      .response = &link_schema(),
      .query = {kDomainOfLink},
      .errors = with_link_errors(
          {kNotFound, {412, "etag_mismatch", "The link is not the one that If-Match names."}}),
      .etag = true,
  });
}

void add_reading_routes(http::RouteTable& table, const Api& api) {
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/links"},
      .summary = {"List links, newest first."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 1,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->list(call); })},
      .response = &link_page_schema(),
      .query = {{"q", "Only links whose code begins with this or whose URL contains it.", "spring"},
                {"enabled", "Only enabled links (true) or disabled ones (false).", "true"},
                {"archived", "Only archived links (true) or the others (false).", "false"},
                {"tag", "Only links that have this tag.", "spring"},
                {"owner", "Only links of this owner.", "ada"},
                {"domain", "Only links of the domain with this host.", "go.example"}},
      .errors = {kBadCursor, {404, "domain_not_found", "The tenant has no such domain."}},
      .paged = true,
  });
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/links/{code}"},
      .summary = {"Get one link."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 1,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->get(call); })},
      .response = &link_schema(),
      .query = {kDomainOfLink},
      .errors = {kNotFound},
      .etag = true,
  });
}

void add_tag_route(http::RouteTable& table, const Api& api) {
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/link-tags"},
      .summary = {"List the tags of links, in their order."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->tags(call); })},
      .response = &link_tag_page_schema(),
      .errors = {kBadCursor},
      .paged = true,
  });
}

void add_click_routes(http::RouteTable& table, const Api& api) {
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/links/{code}/stats"},
      .summary = {"Clicks of a link by hour and day."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->stats(call); })},
      .response = &click_stats_schema(),
      .query = {kDomainOfLink},
      .errors = {kNotFound},
  });
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/links/{code}/clicks"},
      .summary = {"The newest clicks of a link, one by one, as far as they were kept."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->clicks(call); })},
      .response = &click_page_schema(),
      .query = {kDomainOfLink},
      .errors = {kNotFound, kBadCursor},
      .paged = true,
  });
  table.push_back({
      .method = Method::kGet,
      .path = {"/v1/clicks/stream"},
      .summary = {"Clicks as they happen: server-sent events named \"clicks\"."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:read"},
      .cost = 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::StreamHandler([api](Call& call, std::shared_ptr<http::EventStream> stream) {
        return api->stream(call, std::move(stream));
      })},
      .response_type = "text/event-stream",
      .query = {{"code", "Only this link.", "spring-sale"},
                {"domain", "The link's host; without `code` only links on this host.",
                 "go.example"},
                {"tag", "Only links with this tag.", "spring"},
                {"owner", "Only this owner's links.", "ada"}},
      .errors = {kNotFound,
                 {404, "domain_not_found", "The tenant has no such domain."},
                 {429, "too_many_streams", "Too many click streams are open."}},
  });
}

void add_reset_route(http::RouteTable& table, const Api& api) {
  table.push_back({
      .method = Method::kDelete,
      .path = {"/v1/links/{code}/clicks"},
      .summary = {"Forget all clicks of a link: its counts, its newest clicks, its analytics."},
      .module = {"links"},
      .tenancy = Tenancy::kTenant,
      .scope = {"links:write"},
      .cost = 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {http::WorkerHandler([api](Call& call) { return api->reset_clicks(call); })},
      .response = &reset_clicks_schema(),
      .query = {kDomainOfLink},
      .errors = {kNotFound},
  });
}

}  // namespace

http::RouteTable links_routes(LinksModule& module, const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const LinksApi>(module, cursors);
  http::RouteTable table;
  add_writing_routes(table, api);
  add_reading_routes(table, api);
  add_tag_route(table, api);
  add_click_routes(table, api);
  add_reset_route(table, api);
  add_domain_routes(table, module, cursors);
  add_import_routes(table, module, cursors);
  for (http::Route& route : qr_routes(module)) table.push_back(std::move(route));
  for (http::Route& route : qr_logo_routes(module)) table.push_back(std::move(route));
  for (http::Route& route : bulk_routes(module, cursors)) table.push_back(std::move(route));
  for (http::Route& route : preview_routes(module)) table.push_back(std::move(route));
  for (http::Route& route : shlink::shlink_routes(module)) table.push_back(std::move(route));
  for (http::Route& route : kutt::kutt_routes(module)) table.push_back(std::move(route));
  for (http::Route& route : dub::dub_routes(module)) table.push_back(std::move(route));
  for (http::Route& route : analytics::analytics_routes(module)) table.push_back(std::move(route));
  for (http::Route& route : abuse::abuse_routes(module, cursors)) table.push_back(std::move(route));
  return table;
}

}  // namespace ashlar::links
