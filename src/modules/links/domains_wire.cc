#include "modules/links/domains_wire.h"

#include <memory>
#include <utility>
#include <vector>

#include "modules/links/domains_api.h"
#include "modules/links/domains_json.h"
#include "modules/links/operator_domains_api.h"

namespace ashlar::links {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;
using storage::Transaction;

const ErrorDoc kNotFound{404, "domain_not_found",
                         "There is no such domain, or it is another tenant's."};
const ErrorDoc kChanged{412, "etag_mismatch", "The domain is not the one that If-Match names."};

// What check_target() refuses of either URL (target.h), with the row's own.
std::vector<ErrorDoc> with_url_errors(std::vector<ErrorDoc> own) {
  std::vector<ErrorDoc> all{
      {422, "target_scheme", "A URL is neither http nor https."},
      {422, "target_host", "A URL's host is no name or address that leads anywhere."},
      {422, "target_host_not_ascii", "A URL's host must be given in its ASCII form (xn--…)."},
      {422, "target_port", "A URL's port is not 1 to 65535."},
      {422, "target_credentials", "A URL holds a user name or password."},
      {422, "target_characters", "A URL holds spaces or control characters."},
      {422, "target_encoding", "A % in a URL is not followed by two hex digits."},
      {422, "target_malformed", "A URL cannot be read as one."},
      {422, "target_too_long", "A URL is longer than 2,048 bytes."},
      {422, "target_is_ashlar", "A URL leads back to this installation."}};
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

http::Route row(Method method, std::string_view path, std::string_view summary,
                http::Handler handler) {
  const bool reads = method == Method::kGet;
  return {
      .method = method,
      .path = path,
      .summary = summary,
      .module = {"links"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {reads ? "links:read" : "links:write"},
      .cost = reads ? 1 : 2,
      .idempotency = http::Idempotency::kNatural,
      .deadline = base::Millis{10'000},
      .handler = {std::move(handler)},
      .errors = {kNotFound},
  };
}

}  // namespace

void add_domain_routes(http::RouteTable& table, LinksModule& module,
                       const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const DomainsApi>(module, cursors);
  http::Route create =
      row(Method::kPost, "/v1/link-domains", "Follow links on a host of your own.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->create(c, tx); }));
  create.idempotency = http::Idempotency::kOptional;
  create.request = &create_domain_schema();
  create.response = &domain_schema();
  create.success = 201;
  create.etag = true;
  create.errors = with_url_errors(
      {{422, "domain_malformed", "The host is no host name, too long, or has a scheme or port."},
       {422, "domain_not_ascii", "The host must be given in its ASCII form (xn--…)."},
       {422, "domain_reserved", "The host is the installation's own, or below it."},
       {409, "domain_taken", "You have this domain already."},
       {409, "too_many_domains", "The tenant has 1,000 domains."}});
  table.push_back(std::move(create));

  http::Route list = row(Method::kGet, "/v1/link-domains", "List domains by host.",
                         http::WorkerHandler([api](Call& call) { return api->list(call); }));
  list.response = &domain_page_schema();
  list.errors = {{400, "invalid_cursor", "The cursor was not given out for this list."}};
  list.paged = true;
  table.push_back(std::move(list));

  http::Route get = row(Method::kGet, "/v1/link-domains/{host}", "Get one domain.",
                        http::WorkerHandler([api](Call& call) { return api->get(call); }));
  get.response = &domain_schema();
  get.etag = true;
  table.push_back(std::move(get));

  http::Route update =
      row(Method::kPatch, "/v1/link-domains/{host}",
          "Change where a domain's bare host and its unknown codes lead.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->update(c, tx); }));
  update.request = &update_domain_schema();
  update.response = &domain_schema();
  update.etag = true;
  update.errors = with_url_errors({kNotFound, kChanged});
  table.push_back(std::move(update));

  http::Route verify =
      row(Method::kPost, "/v1/link-domains/{host}/verify",
          "Look for the domain's TXT record now; `state` and `check_error` say what came of it.",
          http::WorkerHandler([api](Call& call) { return api->verify(call); }));
  verify.cost = 10;
  verify.response = &domain_schema();
  verify.etag = true;
  verify.errors = {kNotFound, {503, "dns_busy", "Other names are being looked up just now."}};
  table.push_back(std::move(verify));

  http::Route remove =
      row(Method::kDelete, "/v1/link-domains/{host}", "Remove a domain that has no links.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->remove(c, tx); }));
  remove.success = 204;
  remove.response_type = "";
  remove.errors = {kNotFound, kChanged, {409, "domain_in_use", "The domain has links."}};
  table.push_back(std::move(remove));
  for (http::Route& route : operator_domain_routes(module, cursors)) {
    table.push_back(std::move(route));
  }
}

}  // namespace ashlar::links
