// The table of imports and exports.
#include "modules/links/imports/imports_wire.h"

#include <memory>
#include <utility>

#include "modules/links/imports/imports_api.h"
#include "modules/links/imports/imports_json.h"

namespace ashlar::links {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;

constexpr base::Millis kDeadline{10'000};
constexpr base::Millis kUploadDeadline{30'000};

const ErrorDoc kNotFound{404, "import_not_found",
                         "There is no such import, or it is another tenant's."};
const ErrorDoc kState{409, "import_state", "It is not in a state in which that can be done."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};

using Api = std::shared_ptr<const ImportsApi>;
using Read = base::Result<http::Response> (ImportsApi::*)(Call&) const;
using Write = base::Result<http::Response> (ImportsApi::*)(Call&, storage::Transaction&) const;

http::Route row(Method method, std::string_view path, std::string_view summary,
                std::string_view scope, int cost, http::Handler handler) {
  return {.method = method,
          .path = path,
          .summary = summary,
          .module = {"links"},
          .tenancy = http::Tenancy::kTenant,
          .scope = scope,
          .cost = cost,
          .idempotency = http::Idempotency::kNatural,
          .deadline = kDeadline,
          .handler = std::move(handler)};
}

http::Handler reads(const Api& api, Read function) {
  return http::WorkerHandler([api, function](Call& call) { return ((*api).*function)(call); });
}
http::Handler writes(const Api& api, Write function) {
  return http::TransactionHandler([api, function](Call& call, storage::Transaction& tx) {
    return ((*api).*function)(call, tx);
  });
}

void add_writing(http::RouteTable& table, const Api& api) {
  http::Route create = row(Method::kPost, "/v1/link-imports", "Begin an import; its file follows.",
                           "links:write", 2, writes(api, &ImportsApi::create));
  create.idempotency = http::Idempotency::kOptional;
  create.request = &create_import_schema();
  create.response = &import_schema();
  create.success = 201;
  create.errors = {{409, "too_many_imports", "Ten imports are open or running."},
                   {404, "domain_not_found", "You have no such domain."}};
  table.push_back(std::move(create));

  http::Route part =
      row(Method::kPut, "/v1/link-imports/{id}/parts/{number}",
          "A part of the file, at most 4 MiB; parts are read in the order of their numbers.",
          "links:write", 5, writes(api, &ImportsApi::put_part));
  part.deadline = kUploadDeadline;
  part.response = &import_schema();
  part.raw_body = true;
  part.max_body_bytes = Imports::kMaxPartBytes;
  part.errors = {kNotFound,
                 kState,
                 {400, "part_number", "Parts are numbered from 1 to 10000."},
                 {400, "part_empty", "A part has at least a byte."},
                 {400, "file_too_large", "A file has at most 4 GiB."}};
  table.push_back(std::move(part));

  http::Route start = row(Method::kPost, "/v1/link-imports/{id}/start",
                          "The file is whole: make its links, in the background.", "links:write", 5,
                          writes(api, &ImportsApi::start));
  start.response = &import_schema();
  start.success = 202;
  start.errors = {kNotFound, kState};
  table.push_back(std::move(start));

  http::Route cancel = row(Method::kPost, "/v1/link-imports/{id}/cancel",
                           "Make no more links of it; those that were made stay.", "links:write", 2,
                           writes(api, &ImportsApi::cancel));
  cancel.response = &import_schema();
  cancel.errors = {kNotFound, kState};
  table.push_back(std::move(cancel));
}

void add_reading(http::RouteTable& table, const Api& api) {
  http::Route list = row(Method::kGet, "/v1/link-imports", "List imports, newest first.",
                         "links:read", 1, reads(api, &ImportsApi::list));
  list.response = &import_page_schema();
  list.errors = {kBadCursor};
  list.paged = true;
  table.push_back(std::move(list));

  http::Route get = row(Method::kGet, "/v1/link-imports/{id}", "How far an import has come.",
                        "links:read", 1, reads(api, &ImportsApi::get));
  get.response = &import_schema();
  get.errors = {kNotFound};
  table.push_back(std::move(get));

  http::Route report = row(Method::kGet, "/v1/link-imports/{id}/report",
                           "The rows that became no links, and why: the first 10,000.",
                           "links:read", 2, reads(api, &ImportsApi::report));
  report.response = &refusal_page_schema();
  report.errors = {kNotFound, kBadCursor};
  report.paged = true;
  table.push_back(std::move(report));

  http::Route out = row(Method::kGet, "/v1/link-export",
                        "Links with their settings and counts, oldest first, as lines of JSON that "
                        "an import takes; Link: rel=\"next\" names the next page.",
                        "links:read", 10, reads(api, &ImportsApi::export_links));
  out.response_type = "application/x-ndjson";
  out.query = {
      {"limit", "Lines a page, 1 to 10000.", "1000"},
      {"cursor", "Where the page begins: of the Link of the one before.", "…"},
      {"password_hashes", "true: with the hashes of passwords; takes links:write.", "true"}};
  out.errors = {kBadCursor, {403, "missing_scope", "password_hashes takes links:write."}};
  table.push_back(std::move(out));
}

}  // namespace

void add_import_routes(http::RouteTable& table, LinksModule& module,
                       const http::CursorCodec& cursors) {
  const auto api = std::make_shared<const ImportsApi>(module, cursors);
  add_writing(table, api);
  add_reading(table, api);
}

}  // namespace ashlar::links
