#include "platform/http/route_docs.h"

#include <algorithm>

#include "base/check.h"
#include "base/sentence.h"
#include "base/text.h"
#include "platform/http/request_limiter.h"
#include "platform/http/router.h"
#include "platform/json/json_schema.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::http {
namespace {

bool is_read(Method method) { return method == Method::kGet || method == Method::kHead; }
// A create has nothing to compare with.
bool takes_if_match(const Route& route) {
  return route.etag && !is_read(route.method) && route.success != 201;
}
bool is_inline(const Route& route) {
  return std::holds_alternative<InlineHandler>(route.handler.value);
}

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end > 0) segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool is_param(std::string_view segment) { return segment.starts_with('{'); }
std::string_view param_name(std::string_view segment) {
  return segment.substr(1, segment.size() - 2);
}

// The field of that name in `shape` or in what it is a list of.
const json::Field* find_field(const json::Shape* shape, std::string_view name, int depth = 0) {
  if (shape == nullptr || depth > 2) return nullptr;
  for (const json::Field& field : shape->fields()) {
    if (field.name == name) return &field;
  }
  for (const json::Field& field : shape->fields()) {
    const json::Field* inner = find_field(field.shape, name, depth + 1);
    if (inner != nullptr) return inner;
  }
  return nullptr;
}

const json::Field* field_for_param(const Route& route, std::span<const Route> table,
                                   std::string_view name) {
  for (const Route& other : table) {
    if (other.module.value != route.module.value) continue;
    const json::Field* field = find_field(other.response, name);
    if (field != nullptr && !field->is_array() && field->shape == nullptr) return field;
  }
  return nullptr;
}

// The text of an example as it stands in a URL: a JSON string without its quotes.
std::string plain_example(const json::Field& field) {
  std::string out;
  json::Writer writer(out);
  json::write_example(writer, field);
  return out.size() >= 2 && out.front() == '"' ? out.substr(1, out.size() - 2) : out;
}

ParamDoc path_param(const Route& route, std::span<const Route> table, std::string_view name) {
  ParamDoc param{std::string(name),     ParamPlace::kPath,      true,
                 "Names the resource.", R"({"type":"string"})", {}};
  const json::Field* field = field_for_param(route, table, name);
  if (field == nullptr) return param;
  if (!field->rules.doc.empty()) param.doc = field->rules.doc;
  param.example = plain_example(*field);
  return param;
}

std::string string_schema(std::string_view example) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("type").string("string");
  if (!example.empty()) writer.key("examples").begin_array().string(example).end_array();
  writer.end_object();
  return out;
}

void add_header_params(const Route& route, std::vector<ParamDoc>& params) {
  if (route.idempotency != Idempotency::kNatural) {
    params.push_back({"Idempotency-Key", ParamPlace::kHeader,
                      route.idempotency == Idempotency::kRequired,
                      "Makes a repeat safe: the first answer is given again, with "
                      "`Idempotency-Replayed: true`. 1 to 255 visible ASCII characters, bare or in "
                      "double quotes; good for 24 hours.",
                      R"({"type":"string","minLength":1,"maxLength":257})",
                      "5f0c6b1e-8f5d-4a57-9d55-0f6a2f4d6f61"});
  }
  if (takes_if_match(route)) {
    params.push_back({"If-Match", ParamPlace::kHeader, false,
                      "The ETag that was read: the change is made only if nobody else changed the "
                      "resource since, else 412.",
                      R"({"type":"string"})", "\"3\""});
  }
  if (route.tenancy == Tenancy::kTenant) {
    params.push_back({"Ashlar-Tenant",
                      ParamPlace::kHeader,
                      false,
                      "With the console's session only: the tenant to act for. An API key has its "
                      "own.",
                      R"({"type":"string"})",
                      {}});
  }
}

constexpr std::string_view kLimitSchema =
    R"({"type":"integer","minimum":1,"maximum":100,"default":20})";

using Errors = std::vector<ErrorDoc>;

void add_access_errors(const Route& route, Errors& out) {
  if (route.tenancy == Tenancy::kPublic) return;
  out.push_back({401, "missing_credentials", "There is neither an API key nor a session."});
  out.push_back({401, "bad_authorization", "Authorization is not `Bearer KEY`."});
  out.push_back({401, "invalid_api_key", "There is no such key, or it was revoked."});
  out.push_back({401, "expired_api_key", "The key has expired."});
  out.push_back({401, "session_ended", "The console's session has ended."});
  if (!is_read(route.method)) {
    out.push_back({403, "csrf_check_failed",
                   "A session's request that changes something lacks X-Requested-With: "
                   "ashlar-console, or came from another origin."});
  }
  if (route.tenancy == Tenancy::kPlatform) {
    out.push_back({403, "admin_required", "Only the console's administrator may do this."});
    return;
  }
  if (!route.scope.value.empty()) {
    out.push_back({403, "missing_scope", "The key lacks the scope."});
  }
  out.push_back({400, "tenant_required", "A session must name the tenant in Ashlar-Tenant."});
  out.push_back({404, "tenant_not_found", "There is no tenant of the name in Ashlar-Tenant."});
}

void add_query_errors(const Route& route, Errors& out) {
  if (segments_of(route.path).size() > 1 && route.path.value.find('{') != std::string_view::npos) {
    out.push_back({400, "bad_path", "The path is not percent-encoded UTF-8."});
  }
  out.push_back({400, "bad_query", "The query is not percent-encoded UTF-8, or names one twice."});
  out.push_back({400, "invalid_request", "A parameter is unknown or wrong; `errors` names each."});
}

void add_body_errors(const Route& route, Errors& out) {
  if (route.request == nullptr) {
    out.push_back({400, "unexpected_body", "This request takes no body."});
    return;
  }
  out.push_back({400, "invalid_json", "The body is not JSON."});
  out.push_back({400, "invalid_utf8", "The body is not UTF-8."});
  out.push_back({400, "duplicate_key", "An object has the same key twice."});
  out.push_back({400, "nul_character", "A text holds U+0000."});
  out.push_back({400, "number_out_of_range", "A number is beyond 64 bits."});
  out.push_back({400, "too_deep", "More than 32 arrays and objects inside each other."});
  out.push_back({400, "too_many_values", "More than 10,000 values."});
  out.push_back({413, "body_too_large", "The body is larger than this route takes."});
  out.push_back({415, "unsupported_media_type", "The body is not declared as application/json."});
  out.push_back({422, "invalid_request", "Fields are wrong; `errors` names each with its reason."});
}

void add_handshake_errors(const Route& route, Errors& out) {
  if (!std::holds_alternative<WebSocketHandler>(route.handler.value)) return;
  out.push_back({400, "bad_web_socket_key", "Sec-WebSocket-Key is not 16 bytes in base64."});
  out.push_back({426, "upgrade_required", "The request does not ask to upgrade to WebSocket."});
  out.push_back({426, "unsupported_web_socket_version", "Sec-WebSocket-Version is not 13."});
}

void add_repeat_errors(const Route& route, Errors& out) {
  if (route.idempotency != Idempotency::kNatural) {
    if (route.idempotency == Idempotency::kRequired) {
      out.push_back({400, "idempotency_key_required", "Send an Idempotency-Key."});
    }
    out.push_back({400, "bad_idempotency_key", "Idempotency-Key is not one."});
    out.push_back({422, "idempotency_key_reused", "The key was used for another request."});
  }
  if (takes_if_match(route)) {
    out.push_back({400, "bad_if_match", "If-Match is not a list of entity tags."});
    out.push_back({412, "etag_mismatch", "The resource was changed since; read it again."});
  }
}

bool documented_before(const Errors& errors, const ErrorDoc& error) {
  return std::ranges::any_of(errors, [&](const ErrorDoc& other) {
    return other.status == error.status && other.reason == error.reason;
  });
}

std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

std::string_view verb_of(const Route& route, bool on_item) {
  switch (route.method.value) {
    case Method::kPost:
      return route.success == 201 ? "create" : "";
    case Method::kPatch:
      return "update";
    case Method::kPut:
      return "replace";
    case Method::kDelete:
      return "delete";
    default:
      return route.paged && !on_item ? "list" : "get";
  }
}

}  // namespace

bool is_stream(const Route& route) {
  return std::holds_alternative<StreamHandler>(route.handler.value);
}

bool has_answer_body(const Route& route) {
  return route.success >= 200 && route.success != 204 && route.success < 300;
}

SummaryText summary_of(const Route& route) {
  const std::string_view text = route.summary;
  std::size_t stop = text.size();
  for (const std::string_view mark : {". ", "; ", ": "}) stop = std::min(stop, text.find(mark));
  if (stop < text.size()) return {text.substr(0, stop), base::sentence(text.substr(stop + 2))};
  return {text.substr(0, text.size() - (text.ends_with('.') ? 1 : 0)), {}};
}

std::vector<ParamDoc> parameters_of(const Route& route, std::span<const Route> table) {
  std::vector<ParamDoc> params;
  for (const std::string_view segment : segments_of(route.path)) {
    if (is_param(segment)) params.push_back(path_param(route, table, param_name(segment)));
  }
  for (const QueryParam& known : route.query) {
    params.push_back({std::string(known.name), ParamPlace::kQuery, false, std::string(known.doc),
                      string_schema(known.example), std::string(known.example)});
  }
  if (route.paged) {
    params.push_back({"limit",
                      ParamPlace::kQuery,
                      false,
                      "How many items a page has at most: 1 to 100, 20 unless given.",
                      std::string(kLimitSchema),
                      {}});
    params.push_back({"cursor",
                      ParamPlace::kQuery,
                      false,
                      "`next_cursor` of the page before; opaque.",
                      R"({"type":"string"})",
                      {}});
  }
  add_header_params(route, params);
  return params;
}

std::vector<ErrorDoc> errors_of(const Route& route) {
  Errors own = route.errors;
  Errors platform;
  add_access_errors(route, platform);
  if (!is_inline(route)) {
    add_query_errors(route, platform);
    if (!is_read(route.method)) add_body_errors(route, platform);
  }
  if (route.paged)
    platform.push_back({400, "invalid_cursor", "The cursor was not given out for this list."});
  add_repeat_errors(route, platform);
  add_handshake_errors(route, platform);
  if (charged_cost(route) > 0) {
    platform.push_back({429, "quota_exceeded",
                        "A quota is used up, and `violated-policies` names it; try again after "
                        "Retry-After seconds."});
    platform.push_back({503, "quota_unavailable",
                        "A quota could not be asked that is not to be passed uncounted."});
  }
  platform.push_back({400, "bad_timeout", "Ashlar-Timeout-Ms is no number of milliseconds."});
  platform.push_back({504, "deadline_exceeded", "Ashlar-Timeout-Ms was over; nothing was done."});
  platform.push_back({503, "overloaded", "Too much to do; try again after Retry-After seconds."});
  platform.push_back({503, "storage_unavailable", "Storage does not answer; try again."});
  platform.push_back({504, "storage_deadline", "No answer in time; a change may have happened."});
  platform.push_back({500, "internal", "A fault of ours; `request_id` finds it in the log."});
  for (const ErrorDoc& error : platform) {
    if (!documented_before(own, error)) own.push_back(error);
  }
  std::ranges::sort(own, {},
                    [](const ErrorDoc& error) { return std::pair(error.status, error.reason); });
  return own;
}

std::string operation_id(const Route& route) {
  if (!route.operation_id.empty()) return std::string(route.operation_id);
  std::string id;
  std::vector<std::string_view> segments = segments_of(route.path);
  if (!segments.empty() && segments.front() == "v1") segments.erase(segments.begin());
  const bool on_item = !segments.empty() && is_param(segments.back());
  const auto add = [&](std::string_view word) {
    if (word.empty()) return;
    if (!id.empty()) id += '_';
    for (const char c : word) {
      const char low = base::ascii_lower(c);
      const bool plain = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
      id += plain ? low : '_';
    }
  };
  for (const std::string_view segment : segments) {
    if (!is_param(segment)) add(segment);
  }
  if (id.empty()) {
    add(route.module.value);
    for (const std::string_view segment : segments) add("by_" + std::string(param_name(segment)));
  }
  add(verb_of(route, on_item));
  return id;
}

std::vector<ModuleDoc> modules_of(std::span<const Route> table, const ApiInfo& info) {
  const auto used = [&](std::string_view module) {
    return std::ranges::any_of(table, [&](const Route& route) {
      return route.documented && route.module.value == module;
    });
  };
  std::vector<ModuleDoc> modules;
  for (const ModuleDoc& known : info.modules) {
    if (used(known.module)) modules.push_back(known);
  }
  std::vector<std::string_view> others;
  for (const Route& route : table) {
    if (!route.documented) continue;
    const std::string_view module = route.module;
    const bool known = std::ranges::find(modules, module, &ModuleDoc::module) != modules.end();
    if (!known && std::ranges::find(others, module) == others.end()) others.push_back(module);
  }
  std::ranges::sort(others);
  for (const std::string_view module : others) {
    const std::string title = capitalised(module);
    modules.push_back({module, title, title + "."});
  }
  return modules;
}

}  // namespace ashlar::http
