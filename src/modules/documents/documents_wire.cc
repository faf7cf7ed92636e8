// THE table of documents; documents_sockets.cc has the two rows of the WebSockets.
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "modules/documents/content_api.h"
#include "modules/documents/documents_api.h"
#include "modules/documents/documents_json.h"
#include "modules/documents/documents_module.h"
#include "modules/documents/history_api.h"
#include "modules/documents/versions_api.h"

namespace ashlar::documents {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Idempotency;
using http::Method;
using storage::Transaction;
using Answer = std::shared_ptr<http::LateAnswer>;

constexpr base::Millis kDeadline{10'000};
constexpr std::size_t kMaxUpdateBytes = 16u << 20;
constexpr std::size_t kMaxEditsBytes = 4u << 20;

const ErrorDoc kNotFound{404, "document_not_found",
                         "There is no such document, or it is another tenant's."};
const ErrorDoc kDenied{403, "access_denied", "A grant of the document shuts the caller out."};
const ErrorDoc kName{400, "document_name_invalid",
                     "A name has 1 to 255 bytes and no control characters."};
const ErrorDoc kReserved{400, "document_name_reserved", "ws and hocuspocus are reserved."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kEpoch{412, "epoch_mismatch", "The document was deleted and made again since."};
const ErrorDoc kReloading{503, "document_reloading", "A write failed; try it again."};
const ErrorDoc kOverloaded{503, "documents_overloaded", "Too many documents are being opened."};

// Why a change is not made, whichever way it came.
const std::array<ErrorDoc, 7> kUnwritten{
    {kReloading,
     kOverloaded,
     {422, "update_too_costly", "Integrating it would take too long."},
     {422, "document_too_large", "The document would be larger than it may be."},
     {429, "document_busy", "The disk is behind."},
     {429, "document_storage_full", "The document, with its past, is as large as it may be."},
     {429, "tenant_storage_full", "The tenant's documents are as large as they may be."}}};

const http::QueryParam kRoot{"root", "The name of the type at the top; content without it.",
                             "content"};
const http::QueryParam kEpochParam{"epoch", "The epoch that the caller knows; another is refused.",
                                   "17"};
const http::QueryParam kFormat{"format", "v1 (what providers speak) or v2.", "v1"};

http::Route row(Method method, std::string_view path, std::string_view summary,
                http::Handler handler, const json::Shape* response) {
  const bool reads = method == Method::kGet;
  return {
      .method = method,
      .path = path,
      .summary = summary,
      .module = {"documents"},
      .tenancy = http::Tenancy::kTenant,
      .scope = {reads ? "documents:read" : "documents:write"},
      .cost = reads ? 1 : 2,
      .idempotency = Idempotency::kNatural,
      .deadline = kDeadline,
      .handler = {std::move(handler)},
      .response = response,
      .errors = {kNotFound, kDenied},
  };
}

void add_document_routes(http::RouteTable& table, const std::shared_ptr<const DocumentsApi>& api) {
  table.push_back(
      row(Method::kPost, "/v1/documents", "Make a document; opening one for writing makes it too.",
          http::TransactionHandler([api](Call& c, Transaction& tx) { return api->create(c, tx); }),
          &document_schema()));
  table.back().idempotency = Idempotency::kOptional;
  table.back().request = &new_document_schema();
  table.back().success = 201;
  table.back().errors = {
      kName,
      kReserved,
      {409, "document_exists", "There is a document of this name."},
      {429, "too_many_documents", "The tenant has as many documents as it may have."}};
  table.push_back(row(Method::kGet, "/v1/documents", "List documents by name.",
                      http::WorkerHandler([api](Call& c) { return api->list(c); }),
                      &document_page_schema()));
  table.back().paged = true;
  table.back().query = {{"prefix", "Only those whose names begin so.", "minutes-"}};
  table.back().errors = {kBadCursor};
  table.push_back(row(Method::kGet, "/v1/documents/{name}", "Get what is known of a document.",
                      http::WorkerHandler([api](Call& c) { return api->get(c); }),
                      &document_schema()));
  table.push_back(row(Method::kDelete, "/v1/documents/{name}",
                      "Delete a document; who has it open is shown out.",
                      http::WorkerHandler([api](Call& c) { return api->remove(c); }), nullptr));
  table.back().query = {{"erase", "true: nothing of it is left when this has answered.", "true"}};
  table.back().success = 204;
}

void add_visitor_routes(http::RouteTable& table, const std::shared_ptr<const DocumentsApi>& api) {
  table.push_back(row(Method::kPost, "/v1/documents/{name}/tokens",
                      "Make a token that opens this document for a while; the document may not be "
                      "there yet.",
                      http::WorkerHandler([api](Call& c) { return api->make_token(c); }),
                      &token_schema()));
  table.back().request = &new_token_schema();
  table.back().body_optional = true;
  table.back().success = 201;
  table.back().errors = {
      kDenied, kName, kReserved, {400, "token_info_invalid", "info is no object, or too long."}};
  table.push_back(row(Method::kDelete, "/v1/documents/{name}/tokens/{id}",
                      "Revoke a token; who came with it is shown out within a second.",
                      http::WorkerHandler([api](Call& c) { return api->revoke_token(c); }),
                      nullptr));
  table.back().success = 204;
  table.back().errors = {kDenied, {404, "document_token_not_found", "This is no token's id."}};
  table.push_back(row(Method::kGet, "/v1/documents/{name}/grants",
                      "Who may do what at most, whatever a token says.",
                      http::WorkerHandler([api](Call& c) { return api->grants(c); }),
                      &grants_schema()));
  table.push_back(row(Method::kPut, "/v1/documents/{name}/grants/{subject}",
                      "Say what somebody may do at most; it holds within a second, also for who is "
                      "inside.",
                      http::WorkerHandler([api](Call& c) { return api->put_grant(c); }),
                      &grant_schema()));
  table.back().request = &put_grant_schema();
  table.back().errors = {kNotFound,
                         kDenied,
                         {409, "too_many_grants", "The document has 1,000 grants."},
                         {400, "subject_invalid", "A subject has 1 to 200 bytes."}};
  table.push_back(row(Method::kDelete, "/v1/documents/{name}/grants/{subject}", "Take it back.",
                      http::WorkerHandler([api](Call& c) { return api->remove_grant(c); }),
                      nullptr));
  table.back().success = 204;
  table.back().errors = {kNotFound, kDenied, {404, "grant_not_found", "There is no such grant."}};
  table.push_back(row(Method::kGet, "/v1/documents/{name}/sessions",
                      "Who has the document open, on all instances.",
                      http::LateHandler([api](Call& c, Answer a) { return api->sessions(c, a); }),
                      &sessions_schema()));
  table.back().errors = {kNotFound, kDenied, kReloading, kOverloaded};
  table.push_back(
      row(Method::kDelete, "/v1/documents/{name}/sessions/{id}",
          "Show somebody out, on whichever instance he is.",
          http::LateHandler([api](Call& c, Answer a) { return api->end_session(c, a); }), nullptr));
  table.back().success = 204;
  table.back().errors = {
      kNotFound,
      kDenied,
      kReloading,
      kOverloaded,
      {404, "document_session_not_found", "There is no such session, or no more."},
      {504, "document_instance_silent", "His instance has not answered; he may be out or not."}};
}

http::Route view(std::string_view path, std::string_view summary, http::LateHandler handler,
                 std::string_view type) {
  http::Route route = row(Method::kGet, path, summary, std::move(handler), nullptr);
  route.response_type = type;
  route.errors = {kNotFound, kDenied, kEpoch, kReloading, kOverloaded};
  route.query = {kRoot, kEpochParam};
  return route;
}

void add_content_routes(http::RouteTable& table, const std::shared_ptr<const ContentApi>& api) {
  table.push_back(view(
      "/v1/documents/{name}/text", "A text, without its formats.",
      [api](Call& c, Answer a) { return api->text(c, a); }, "text/plain; charset=utf-8"));
  table.push_back(view(
      "/v1/documents/{name}/json", "A root as JSON, as toJSON() gives it.",
      [api](Call& c, Answer a) { return api->json(c, a); }, "application/json"));
  table.back().query.push_back(
      {"type", "map, array, text, xml or xmltext: no type is on the wire. Without it: a guess.",
       "map"});
  table.push_back(view(
      "/v1/documents/{name}/delta", "A text with its formats, as a Quill delta.",
      [api](Call& c, Answer a) { return api->delta(c, a); }, "application/json"));
  table.push_back(view(
      "/v1/documents/{name}/markdown",
      "A root as Markdown: what TipTap, ProseMirror or Quill wrote.",
      [api](Call& c, Answer a) { return api->markdown(c, a); }, "text/markdown; charset=utf-8"));
  table.push_back(view(
      "/v1/documents/{name}/state",
      "All of the document, or what is missing somewhere, as one Yjs update.",
      [api](Call& c, Answer a) { return api->state(c, a); }, "application/octet-stream"));
  table.back().query = {{"since", "A state vector as base64url: only what is missing there.", "AA"},
                        kFormat,
                        kEpochParam};
  table.push_back(view(
      "/v1/documents/{name}/state-vector", "What the document has of each client.",
      [api](Call& c, Answer a) { return api->state_vector(c, a); }, "application/octet-stream"));
  table.back().query = {kEpochParam};

  std::vector<ErrorDoc> refusals{
      kDenied, kName, kReserved, kEpoch, {422, "update_malformed", "The body is no Yjs update."}};
  refusals.insert(refusals.end(), kUnwritten.begin(), kUnwritten.end());
  table.push_back(row(Method::kPost, "/v1/documents/{name}/update",
                      "Apply a Yjs update; it is durable when this has answered.",
                      http::LateHandler([api](Call& c, Answer a) { return api->update(c, a); }),
                      &written_schema()));
  table.back().raw_body = true;
  table.back().max_body_bytes = kMaxUpdateBytes;
  table.back().query = {kFormat, kEpochParam};
  table.back().errors = refusals;
  table.push_back(row(Method::kPost, "/v1/documents/{name}/edits",
                      "Change a document from a program that has no Yjs: all or none.",
                      http::LateHandler([api](Call& c, Answer a) { return api->edits(c, a); }),
                      &written_schema()));
  table.back().request = &edits_schema();
  table.back().max_body_bytes = kMaxEditsBytes;
  table.back().query = {kEpochParam};
  table.back().errors = {kDenied,
                         kName,
                         kReserved,
                         kEpoch,
                         {422, "edit_incomplete", "An edit lacks what its op needs."},
                         {400, "edit_out_of_range", "There is no such place in the root."},
                         {400, "edit_wrong_type", "The root is of another type."}};
  table.back().errors.insert(table.back().errors.end(), kUnwritten.begin(), kUnwritten.end());
}

void add_version_routes(http::RouteTable& table, const std::shared_ptr<const VersionsApi>& api) {
  table.push_back(row(Method::kGet, "/v1/documents/{name}/versions",
                      "The document's past, newest first: stretches of writing and named moments.",
                      http::WorkerHandler([api](Call& c) { return api->list(c); }),
                      &version_page_schema()));
  table.back().paged = true;
  table.back().errors = {kNotFound, kDenied, kBadCursor};
  table.push_back(row(Method::kPost, "/v1/documents/{name}/versions", "Name the present state.",
                      http::LateHandler([api](Call& c, Answer a) { return api->name(c, a); }),
                      &version_schema()));
  table.back().request = &new_version_schema();
  table.back().success = 201;
  table.back().errors = {kNotFound,
                         kDenied,
                         kReloading,
                         kOverloaded,
                         {409, "document_empty", "Nothing was written yet."},
                         {429, "document_storage_full", "The document has no room for it."},
                         {429, "tenant_storage_full", "The tenant's documents have none."}};
  table.push_back(row(Method::kGet, "/v1/documents/{name}/versions/{id}/state",
                      "The document as it was then, as one Yjs update.",
                      http::WorkerHandler([api](Call& c) { return api->state(c); }), nullptr));
  table.back().response_type = "application/octet-stream";
  table.back().cost = 5;
  table.back().errors = {kNotFound,
                         kDenied,
                         {404, "version_not_found", "The document has not come that far."},
                         {410, "version_not_kept", "The log does not reach back so far."}};
}

void add_history_routes(http::RouteTable& table, const std::shared_ptr<const HistoryApi>& api) {
  const std::vector<ErrorDoc> past{
      kNotFound,
      kDenied,
      {404, "version_not_found", "The document has not come that far."},
      {410, "version_not_kept", "The log does not reach back so far."},
      {400, "comparison_too_costly", "The two states differ in too much."}};
  table.push_back(row(Method::kPost, "/v1/documents/{name}/versions/{id}/restore",
                      "Make the document read as it did then, by edits that everybody sees.",
                      http::LateHandler([api](Call& c, Answer a) { return api->restore(c, a); }),
                      &restored_schema()));
  table.back().cost = 5;
  table.back().errors = past;
  table.back().errors.insert(table.back().errors.end(), kUnwritten.begin(), kUnwritten.end());
  table.push_back(row(Method::kGet, "/v1/documents/{name}/diff",
                      "What differs in a root between two versions, or a version and now.",
                      http::WorkerHandler([api](Call& c) { return api->diff(c); }),
                      &changes_schema()));
  table.back().query = {{"from", "The id of the older version.", "311"},
                        {"to", "The id of the newer one; now without it.", "312"},
                        kRoot};
  table.back().cost = 5;
  table.back().errors = past;
  table.push_back(row(Method::kGet, "/v1/documents/{name}/attribution",
                      "Who brought what stands in a root, and when.",
                      http::WorkerHandler([api](Call& c) { return api->attribution(c); }),
                      &attribution_schema()));
  table.back().query = {kRoot};
  table.back().cost = 5;
}

}  // namespace

http::RouteTable documents_routes(DocumentsModule& module, const http::CursorCodec& cursors) {
  const auto things = std::make_shared<const DocumentsApi>(module, cursors);
  const auto content = std::make_shared<const ContentApi>(module);
  const auto versions = std::make_shared<const VersionsApi>(module, cursors);
  http::RouteTable table;
  add_document_routes(table, things);
  add_visitor_routes(table, things);
  add_content_routes(table, content);
  add_version_routes(table, versions);
  add_history_routes(table, std::make_shared<const HistoryApi>(module));
  return table;
}

}  // namespace ashlar::documents
