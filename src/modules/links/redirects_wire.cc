// THE table of redirects: what visitors ask for, on each host.
#include <string>
#include <utility>

#include "modules/links/redirects.h"
#include "platform/http/call.h"
#include "platform/http/inline_request.h"
#include "platform/http/router.h"

namespace ashlar::links {
namespace {

using http::InlineOutcome;
using http::Response;

// Where "/" leads.
Response lead_from_root(const Domain* domain, const std::string& own) {
  const bool has_one = domain != nullptr && !domain->root_url.empty();
  return {302,
          {},
          {{"Location", has_one ? domain->root_url : own}, {"Cache-Control", "private, max-age=0"}},
          {}};
}

}  // namespace

http::Route Redirects::route() {
  http::InlineHandler handler{
      .fast = [this](http::InlineRequest& request) { return answer_inline(request); },
      .fallback = [this](http::Call& call) { return answer_from_storage(call); }};
  return {.method = http::Method::kGet,
          .path = std::string_view("/{code}"),
          .summary = std::string_view("Follow a short link"),
          .module = std::string_view("links"),
          .tenancy = http::Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 1,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{2000},
          .handler = http::Handler(std::move(handler)),
          .success = 302,
          .response_type = "",
          .errors = {{403, "password_required", "The link is for those who know its password."},
                     {403, "link_flagged", "The link was found to be unsafe."},
                     {404, "link_not_found", "There is no link with this code."},
                     {410, "link_expired", "The link was valid until its expiry."},
                     {410, "link_used_up", "As many visitors as it is for have followed it."},
                     {410, "link_disabled", "The owner has disabled the link."}},
          .lane = http::Lane::kLookup};
}

http::Route Redirects::root_route(std::string own) {
  http::InlineHandler handler{
      .fast =
          [this, own](http::InlineRequest& request) {
            const DomainTable::Found site = site_of(request.head());
            if (site.in_doubt) return InlineOutcome::kNeedsWorker;
            count_orphan(site.domain.get(), orphans::Kind::kBaseUrl, request.head(), request.now());
            request.answer(lead_from_root(site.domain.get(), own));
            return InlineOutcome::kAnswered;
          },
      .fallback = [this, own](http::Call& call) -> base::Result<Response> {
        ASHLAR_ASSIGN(const DomainTable::Known site, site_of(call));
        count_orphan(site.get(), orphans::Kind::kBaseUrl, *call.head, clock_.now());
        return lead_from_root(site.get(), own);
      }};
  return {.method = http::Method::kGet,
          .path = std::string_view("/"),
          .summary = std::string_view("Where a domain's bare host leads"),
          .module = std::string_view("links"),
          .tenancy = http::Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 0,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{2000},
          .handler = http::Handler(std::move(handler)),
          .success = 302,
          .response_type = "",
          .lane = http::Lane::kLookup,
          .documented = false};
}

// Those who talk to the API on a domain are no visitors.
http::Route Redirects::stray_route() {
  http::InlineHandler handler{
      .fast =
          [this](http::InlineRequest& request) {
            const bool is_api = request.head().path.starts_with("/v1/");
            const DomainTable::Found site = is_api ? DomainTable::Found{} : site_of(request.head());
            if (site.in_doubt) return InlineOutcome::kNeedsWorker;
            if (site.domain == nullptr) {
              request.decline();
            } else {
              request.answer(refuse_on(site.domain.get(), Refusal::kUnknown, request.head(),
                                       request.request_id()));
            }
            return InlineOutcome::kAnswered;
          },
      .fallback = [this](http::Call& call) -> base::Result<Response> {
        ASHLAR_ASSIGN(const DomainTable::Known site, site_of(call));
        if (site == nullptr) {
          return base::fail(base::Code::kNotFound, "not_found",
                            "There is nothing at this address.");
        }
        return refuse_on(site.get(), Refusal::kUnknown, *call.head, call.request_id);
      }};
  return {.method = http::Method::kGet,
          .path = http::kStrayPath,
          .summary = std::string_view("What is at no address"),
          .module = std::string_view("links"),
          .tenancy = http::Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 0,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{2000},
          .handler = http::Handler(std::move(handler)),
          .success = 302,
          .response_type = "",
          .raw_query = true,
          .lane = http::Lane::kLookup,
          .documented = false};
}

http::Route Redirects::unlock_route() {
  return {.method = http::Method::kPost,
          .path = std::string_view("/{code}/unlock"),
          .summary = std::string_view("Follow a short link by its password"),
          .module = std::string_view("links"),
          .tenancy = http::Tenancy::kPublic,
          .scope = std::string_view(""),
          .cost = 1,
          .idempotency = http::Idempotency::kNatural,
          .deadline = base::Millis{5000},
          .handler = {http::WorkerHandler([this](http::Call& call) { return unlock(call); })},
          .success = 303,
          .response_type = "",
          .errors = {{403, "wrong_password", "That is not the password."},
                     {403, "link_flagged", "The link was found to be unsafe."},
                     {404, "link_not_found", "There is no link with this code."},
                     {410, "link_expired", "The link was valid until its expiry."},
                     {410, "link_used_up", "As many visitors as it is for have followed it."},
                     {410, "link_disabled", "The owner has disabled the link."},
                     {429, "too_many_attempts", "Too many wrong passwords came."},
                     {503, "password_checks_busy", "Others are being let in just now."}},
          .max_body_bytes = std::size_t{4} * 1024,
          .raw_body = true,
          .raw_query = true,
          .lane = http::Lane::kLookup};
}

}  // namespace ashlar::links
