#include "platform/http/openapi.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "base/sentence.h"
#include "base/text.h"
#include "platform/http/problem.h"
#include "platform/http/problem_schema.h"
#include "platform/http/request_limiter.h"
#include "platform/http/router.h"
#include "platform/json/json_schema.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::http {
namespace {

using json::Writer;

constexpr std::string_view kExampleRequestId = "01JDB8Z0Q4V6S3R2M1K0H9G8F7";

// Builds one document. Schemas and error answers are gathered while the paths are written, since
// routes share them, and come out as components at the end.
class Document {
 public:
  Document(std::span<const Route> routes, const ApiInfo& info) : routes_(routes), info_(info) {}

  std::string make();

 private:
  void write_info();
  void write_tags();
  void write_paths();
  void write_operation(const Route& route);
  void write_security(const Route& route);
  void write_parameters(const Route& route);
  void write_request_body(const Route& route);
  void write_success(const Route& route);
  void write_success_headers(const Route& route);
  void write_success_body(const Route& route);
  void write_errors(const Route& route);
  void write_components();
  void write_security_schemes();

  void use(const json::Shape& shape, bool in_request);
  std::string problem_response(int status, std::span<const ErrorDoc> errors) const;
  std::string component_for(int status, const std::string& response);

  struct UsedShape {
    const json::Shape* shape;
    bool in_request = false;
  };

  std::span<const Route> routes_;
  const ApiInfo& info_;
  std::string out_;
  Writer writer_{out_};
  std::map<std::string, UsedShape> shapes_;                     // by name
  std::vector<std::pair<std::string, std::string>> responses_;  // name and text, as first met
  std::set<std::string> operation_ids_;
};

// "Not Found" as a name: "NotFound".
std::string component_name(int status) {
  std::string name;
  for (const char c : status_text(status)) {
    if (c != ' ' && c != '-') name += c;
  }
  return name;
}

std::string operation_description(const Route& route) {
  std::string text = summary_of(route).rest;
  if (!text.empty()) text += "\n\n";
  if (route.tenancy == Tenancy::kPlatform) text += "For the console's administrator. ";
  if (!route.scope.value.empty()) text += "Scope `" + std::string(route.scope.value) + "`. ";
  const int cost = charged_cost(route);
  const std::string units = std::to_string(cost) + (cost == 1 ? " unit" : " units") + " of quota";
  text += (cost == 0 ? "Costs no quota" : "Costs " + units) + "; answered within " +
          std::to_string(route.deadline.value.count()) + " ms.";
  return text;
}

void write_header(Writer& writer, std::string_view name, std::string_view doc) {
  writer.key(name).begin_object().key("description").string(doc);
  writer.key("schema").begin_object().key("type").string("string").end_object().end_object();
}

std::string Document::make() {
  writer_.begin_object().key("openapi").string("3.1.0");
  write_info();
  writer_.key("servers").begin_array().begin_object();
  writer_.key("url").string(info_.base_url.empty() ? "/" : info_.base_url);
  writer_.key("description").string("This server.").end_object().end_array();
  write_tags();
  write_paths();
  write_components();
  writer_.end_object();
  CHECK(writer_.done());
  return std::move(out_);
}

void Document::write_info() {
  writer_.key("info").begin_object();
  writer_.key("title").string(info_.title).key("version").string(info_.version);
  if (!info_.description.empty()) writer_.key("description").string(info_.description);
  writer_.key("license").begin_object().key("name").string("Apache-2.0");
  writer_.key("identifier").string("Apache-2.0").end_object().end_object();
}

void Document::write_tags() {
  writer_.key("tags").begin_array();
  for (const ModuleDoc& module : modules_of(routes_, info_)) {
    writer_.begin_object().key("name").string(module.module);
    writer_.key("description").string(module.doc).end_object();
  }
  writer_.end_array();
}

void Document::write_paths() {
  std::vector<std::string_view> paths;
  for (const Route& route : routes_) {
    const std::string_view path = route.path;
    if (route.documented && std::ranges::find(paths, path) == paths.end()) paths.push_back(path);
  }
  writer_.key("paths").begin_object();
  for (const std::string_view path : paths) {
    writer_.key(path).begin_object();
    for (const Route& route : routes_) {
      if (!route.documented || route.path.value != path) continue;
      writer_.key(base::ascii_lower(method_name(route.method)));
      write_operation(route);
    }
    writer_.end_object();
  }
  writer_.end_object();
}

void Document::write_operation(const Route& route) {
  const std::string id = operation_id(route);
  CHECK(operation_ids_.insert(id).second);
  writer_.begin_object();
  writer_.key("operationId").string(id);
  writer_.key("summary").string(summary_of(route).title);
  writer_.key("description").string(operation_description(route));
  writer_.key("tags").begin_array().string(route.module.value).end_array();
  write_security(route);
  write_parameters(route);
  write_request_body(route);
  writer_.key("responses").begin_object();
  write_success(route);
  write_errors(route);
  writer_.end_object();
  writer_.key("x-ashlar-cost").integer(charged_cost(route));
  writer_.key("x-ashlar-deadline-ms").integer(route.deadline.value.count());
  writer_.end_object();
}

// OpenAPI 3.1 lets schemes other than OAuth name what the caller must be allowed to do.
void Document::write_security(const Route& route) {
  writer_.key("security").begin_array();
  if (route.tenancy == Tenancy::kTenant) {
    writer_.begin_object().key("api_key").begin_array();
    if (!route.scope.value.empty()) writer_.string(route.scope.value);
    writer_.end_array().end_object();
  }
  if (route.tenancy != Tenancy::kPublic) {
    writer_.begin_object().key("console_session").begin_array().end_array().end_object();
  }
  writer_.end_array();
}

void Document::write_parameters(const Route& route) {
  static constexpr std::string_view kPlaces[] = {"path", "query", "header"};
  const std::vector<ParamDoc> params = parameters_of(route, routes_);
  if (params.empty()) return;
  writer_.key("parameters").begin_array();
  for (const ParamDoc& param : params) {
    writer_.begin_object();
    writer_.key("name").string(param.name);
    writer_.key("in").string(kPlaces[static_cast<std::size_t>(param.place)]);
    writer_.key("required").boolean(param.required);
    writer_.key("description").string(param.doc);
    writer_.key("schema").raw(param.schema_json);
    if (param.place == ParamPlace::kPath && !param.example.empty()) {
      writer_.key("example").string(param.example);
    }
    writer_.end_object();
  }
  writer_.end_array();
}

void Document::write_request_body(const Route& route) {
  if (route.request == nullptr) return;
  use(*route.request, true);
  writer_.key("requestBody").begin_object().key("required").boolean(!route.body_optional);
  writer_.key("content").begin_object().key("application/json").begin_object();
  writer_.key("schema").begin_object();
  writer_.key("$ref").string("#/components/schemas/" + route.request->name()).end_object();
  writer_.key("example").raw(json::example_of(*route.request));
  writer_.end_object();
  if (route.takes_lines) {
    writer_.key("application/x-ndjson").begin_object().key("schema").begin_object();
    writer_.key("type").string("string").end_object().end_object();
  }
  writer_.end_object().end_object();
}

void Document::write_success_headers(const Route& route) {
  writer_.key("headers").begin_object();
  write_header(writer_, "X-Request-Id", "Finds the request in the server's log.");
  if (route.etag) write_header(writer_, "ETag", "The version of the resource, for If-Match.");
  if (route.paged) {
    write_header(writer_, "Link", "The next page: `<…>; rel=\"next\"`; absent on the last one.");
  }
  if (route.success == 201 || (route.success >= 300 && route.success < 400)) {
    write_header(writer_, "Location", "Where it is.");
  }
  if (route.idempotency != Idempotency::kNatural) {
    write_header(writer_, "Idempotency-Replayed", "`true` where this is the first answer again.");
  }
  if (charged_cost(route) > 0 && route.success < 300) {
    write_header(writer_, "RateLimit-Policy", "The quotas that counted the request, if any did.");
    write_header(writer_, "RateLimit",
                 "What is left of them: `r` units, all again in `t` seconds.");
  }
  writer_.end_object();
}

void Document::write_success(const Route& route) {
  writer_.key(std::to_string(route.success)).begin_object();
  const bool described = route.response != nullptr && !route.response->doc().empty();
  writer_.key("description");
  writer_.string(described ? std::string_view(route.response->doc()) : status_text(route.success));
  write_success_headers(route);
  if (has_answer_body(route)) write_success_body(route);
  writer_.end_object();
}

void Document::write_success_body(const Route& route) {
  const bool stream = is_stream(route);
  const bool json = route.response_type == "application/json" && !stream;
  writer_.key("content").begin_object();
  writer_.key(stream ? "text/event-stream" : route.response_type).begin_object();
  writer_.key("schema").begin_object();
  if (route.response == nullptr) {
    writer_.key("type").string(json ? "object" : "string").end_object();
  } else {
    use(*route.response, false);
    // The data of each event is a JSON text of its own.
    if (stream) {
      writer_.key("type").string("string").key("contentMediaType").string("application/json");
      writer_.key("contentSchema").begin_object();
    }
    writer_.key("$ref").string("#/components/schemas/" + route.response->name()).end_object();
    if (stream) writer_.end_object();
    if (json) writer_.key("example").raw(json::example_of(*route.response));
  }
  writer_.end_object().end_object();
}

std::string Document::problem_response(int status, std::span<const ErrorDoc> errors) const {
  std::string description = std::string(status_text(status)) + "\n";
  for (const ErrorDoc& error : errors) {
    description += "\n- `" + std::string(error.reason) + "`: " + base::sentence(error.when);
  }
  std::string text;
  Writer writer(text);
  writer.begin_object().key("description").string(description);
  writer.key("headers").begin_object();
  write_header(writer, "X-Request-Id", "Finds the request in the server's log.");
  if (status == 429 || status == 503) write_header(writer, "Retry-After", "Seconds to wait.");
  if (status == 401) write_header(writer, "WWW-Authenticate", "How to authenticate.");
  writer.end_object();
  writer.key("content").begin_object().key("application/problem+json").begin_object();
  writer.key("schema").begin_object().key("$ref").string("#/components/schemas/Problem");
  writer.end_object().key("example");
  const Response example = problem(status, errors.front().reason,
                                   base::sentence(errors.front().when), kExampleRequestId);
  writer.raw(example.body);
  writer.end_object().end_object();
  writer.key("x-ashlar-reasons").begin_array();
  for (const ErrorDoc& each : errors) writer.string(each.reason);
  writer.end_array().end_object();
  return text;
}

std::string Document::component_for(int status, const std::string& response) {
  for (const auto& [name, text] : responses_) {
    if (text == response) return name;
  }
  const std::string stem = component_name(status);
  std::string name = stem;
  const auto taken = [&] {
    return std::ranges::any_of(responses_, [&](const auto& known) { return known.first == name; });
  };
  for (int number = 2; taken(); ++number) name = stem + std::to_string(number);
  responses_.emplace_back(name, response);
  return name;
}

void Document::write_errors(const Route& route) {
  const std::vector<ErrorDoc> errors = errors_of(route);
  for (auto first = errors.begin(); first != errors.end();) {
    const int status = first->status;
    const auto last =
        std::find_if(first, errors.end(), [&](const ErrorDoc& e) { return e.status != status; });
    const std::string name = component_for(status, problem_response(status, {first, last}));
    writer_.key(std::to_string(status)).begin_object();
    writer_.key("$ref").string("#/components/responses/" + name).end_object();
    first = last;
  }
}

void Document::use(const json::Shape& shape, bool in_request) {
  UsedShape& used = shapes_.try_emplace(shape.name(), UsedShape{&shape}).first->second;
  CHECK(used.shape == &shape);
  used.in_request = used.in_request || in_request;
  for (const json::Field& field : shape.fields()) {
    if (field.shape != nullptr) use(*field.shape, in_request);
  }
}

void Document::write_components() {
  use(problem_schema(), false);
  writer_.key("components").begin_object();
  write_security_schemes();
  writer_.key("schemas").begin_object();
  for (const auto& [name, used] : shapes_) {
    writer_.key(name);
    json::write_json_schema(writer_, *used.shape,
                            used.in_request ? json::Openness::kClosed : json::Openness::kOpen);
  }
  writer_.end_object();
  writer_.key("responses").begin_object();
  for (const auto& [name, text] : responses_) writer_.key(name).raw(text);
  writer_.end_object().end_object();
}

void Document::write_security_schemes() {
  writer_.key("securitySchemes").begin_object();
  writer_.key("api_key").begin_object().key("type").string("http").key("scheme").string("bearer");
  writer_.key("description")
      .string("An API key: `Authorization: Bearer KEY`. It acts for its tenant within its scopes.");
  writer_.end_object();
  writer_.key("console_session").begin_object().key("type").string("apiKey");
  writer_.key("in").string("cookie").key("name").string("ashlar_session");
  writer_.key("description")
      .string(
          "The console's session. Requests that change something also need "
          "`X-Requested-With: ashlar-console`.");
  writer_.end_object().end_object();
}

}  // namespace

std::string openapi_document(std::span<const Route> routes, const ApiInfo& info) {
  return Document(routes, info).make();
}

}  // namespace ashlar::http
