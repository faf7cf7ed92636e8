#include "modules/links/imports/imports_api.h"

#include <charconv>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "modules/links/clicks_store.h"
#include "modules/links/imports/import_job.h"
#include "modules/links/imports/imports_json.h"
#include "modules/links/imports/imports_store.h"
#include "modules/links/imports/link_export.h"
#include "modules/links/links_module.h"
#include "modules/links/links_store.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/storage/database.h"

namespace ashlar::links {
namespace {

// A page of an export: links may be a hundred KiB each, so it is read a few at a time, and ends
// where it has become long.
constexpr std::size_t kExportBytes = std::size_t{4} << 20;
constexpr std::int64_t kExportSlice = 200;

using http::Call;
using http::Response;

std::optional<std::int64_t> number_of(std::string_view text, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < 1 || number > most) return std::nullopt;
  return number;
}

// What is no number names an import that is not there.
ImportId id_of(const Call& call) {
  return ImportId(number_of(call.param(0), std::int64_t{1} << 62).value_or(0));
}

Response answer(int status, const LinkImport& import) {
  return http::json_response(status, import_schema(), json_of(import));
}

}  // namespace

base::Result<Response> ImportsApi::create(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const CreateImportJson json, create_import_schema().parse_body(call.body));
  const ImportSource source = *source_named(json.source);
  const bool lines = source == ImportSource::kJsonl;
  const ImportFormat format = *format_named(json.format.value_or(lines ? "jsonl" : "csv"));
  if (lines && format != ImportFormat::kJsonl) {
    return base::Error{base::Code::kInvalid,
                       "invalid_request",
                       "A file of this source is jsonl.",
                       {{"/format", "not_allowed", "A file of the source jsonl is jsonl."}}};
  }
  ASHLAR_ASSIGN(const LinkImport import,
                module_.imports.create(tx, source, format, json.domain.value_or("")));
  Response response = answer(201, import);
  response.header("Location", "/v1/link-imports/" + std::to_string(import.id.value));
  return response;
}

base::Result<Response> ImportsApi::list(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  const http::CursorScope scope{"links.imports", call.principal.tenant.value};
  ImportId before{std::int64_t{1} << 62};
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(scope, *cursor));
    before = ImportId(std::get<0>(position));
  }
  json::Page<ImportJson> body;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
    body.data.clear();
    return store::list_imports(tx, before, limit + 1,
                               [&](const LinkImport& each) { body.data.push_back(json_of(each)); });
  }));
  if (body.data.size() > static_cast<std::size_t>(limit)) {
    body.data.pop_back();
    ASHLAR_ASSIGN(body.next_cursor, cursors_.encode(scope, body.data.back().id.value));
  }
  return http::page_response(call, import_page_schema(), body);
}

base::Result<Response> ImportsApi::get(Call& call) const {
  ASHLAR_ASSIGN(const LinkImport import,
                module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) {
                  return module_.imports.find(tx, id_of(call));
                }));
  return answer(200, import);
}

base::Result<Response> ImportsApi::put_part(Call& call, storage::Transaction& tx) const {
  const auto number = number_of(call.param(1), Imports::kMaxParts);
  if (!number) {
    return base::fail(base::Code::kInvalid, "part_number", "Parts are numbered from 1 to 10000.");
  }
  if (call.body.empty()) {
    return base::fail(base::Code::kInvalid, "part_empty", "A part has at least a byte.");
  }
  ASHLAR_ASSIGN(const LinkImport import,
                module_.imports.put_part(tx, id_of(call), *number, call.body));
  return answer(200, import);
}

base::Result<Response> ImportsApi::start(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const LinkImport import, module_.imports.start(tx, id_of(call)));
  ASHLAR_TRY(module_.import_jobs.enqueue(tx, import.id));
  return answer(202, import);
}

// What it leaves behind is cleared away by its job.
base::Result<Response> ImportsApi::cancel(Call& call, storage::Transaction& tx) const {
  ASHLAR_ASSIGN(const LinkImport import, module_.imports.cancel(tx, id_of(call)));
  ASHLAR_TRY(module_.import_jobs.enqueue(tx, import.id));
  return answer(200, import);
}

base::Result<Response> ImportsApi::report(Call& call) const {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  const ImportId id = id_of(call);
  const http::CursorScope scope{"links.refusals", call.principal.tenant.value};
  std::int64_t after = 0;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(scope, *cursor));
    after = std::get<0>(position);
  }
  json::Page<RefusalJson> body;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    body.data.clear();
    ASHLAR_TRY(module_.imports.find(tx, id));
    return store::list_refusals(tx, id, after, limit + 1, [&](ImportRefusal each) {
      body.data.push_back({each.row, std::move(each.code), std::move(each.url),
                           std::move(each.reason), std::move(each.detail)});
    });
  }));
  if (body.data.size() > static_cast<std::size_t>(limit)) {
    body.data.pop_back();
    ASHLAR_ASSIGN(body.next_cursor, cursors_.encode(scope, body.data.back().row));
  }
  return http::page_response(call, refusal_page_schema(), body);
}

base::Result<Response> ImportsApi::export_links(Call& call) const {
  constexpr std::int64_t kUsual = 1'000;
  constexpr std::int64_t kMost = 10'000;
  const http::CursorScope scope{"links.export", call.principal.tenant.value};
  LinkId after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position, cursors_.decode<std::int64_t>(scope, *cursor));
    after = LinkId(std::get<0>(position));
  }
  std::int64_t limit = kUsual;
  if (const auto text = call.query_value("limit")) {
    const auto number = number_of(*text, kMost);
    if (!number) return http::bad_query("?limit", "out_of_range", "Give 1 to 10000.");
    limit = *number;
  }
  const std::int64_t asked = limit;
  const bool hashes = call.query_value("password_hashes") == "true";
  if (hashes && !call.principal.has_scope("links:write")) {
    return base::fail(base::Code::kForbidden, "missing_scope",
                      "Hashes of passwords are given to keys with the scope links:write alone.");
  }
  Response response{200, "application/x-ndjson", {}, {}};
  bool more = true;
  while (more && limit > 0 && response.body.size() < kExportBytes) {
    const std::int64_t slice = std::min(limit, kExportSlice);
    ASHLAR_ASSIGN(const ExportSlice links, read_slice(call, after, slice));
    more = links.more;
    limit -= slice;
    for (const auto& [link, clicks] : links.links) {
      append_export_line(response.body, link, clicks, hashes);
      after = link.id;
    }
  }
  if (more) {
    ASHLAR_ASSIGN(const std::string next, cursors_.encode(scope, after.value));
    response.header("Link", "</v1/link-export?limit=" + std::to_string(asked) +
                                (hashes ? "&password_hashes=true" : "") + "&cursor=" + next +
                                ">; rel=\"next\"");
  }
  return response;
}

base::Result<ImportsApi::ExportSlice> ImportsApi::read_slice(Call& call, LinkId after,
                                                             std::int64_t size) const {
  ExportSlice slice;
  ASHLAR_TRY(module_.db.read(call.tenant_context(), [&](storage::Transaction& tx) -> base::Status {
    slice = {};
    std::vector<LinkId> ids;
    ASHLAR_TRY(store::export_links(tx, after, size + 1, [&](Link link) {
      ids.push_back(link.id);
      slice.links.emplace_back(std::move(link), 0);
    }));
    std::unordered_map<LinkId, std::int64_t> clicks;
    ASHLAR_TRY(
        store::totals_of(tx, ids, [&](LinkId id, std::int64_t total) { clicks[id] = total; }));
    for (auto& [link, total] : slice.links) total = clicks[link.id];
    return base::ok_status();
  }));
  slice.more = static_cast<std::int64_t>(slice.links.size()) > size;
  if (slice.more) slice.links.pop_back();
  return slice;
}

}  // namespace ashlar::links
