#include "platform/http/docs_page.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/html.h"
#include "base/sentence.h"
#include "base/text.h"
#include "platform/http/docs_page_assets.h"
#include "platform/http/problem.h"
#include "platform/http/request_limiter.h"
#include "platform/http/router.h"
#include "platform/json/json_schema.h"
#include "platform/json/parse.h"
#include "platform/json/schema.h"
#include "platform/json/writer.h"

namespace ashlar::http {
namespace {

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();

// Text of the documents: escaped, and `words` between backticks set as code.
std::string prose(std::string_view text) {
  std::string out;
  bool code = false;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('`', begin), text.size());
    out += base::html_escaped(text.substr(begin, end - begin));
    if (end < text.size()) out += (code = !code) ? "<code>" : "</code>";
    begin = end + 1;
  }
  if (code) out += "</code>";
  return out;
}

// JSON as people like to read it: a member a line, empty containers and short arrays on one.
void append_pretty(std::string& out, const json::Value& value, std::size_t indent) {
  const std::string margin(indent + 2, ' ');
  if (const auto* members = value.if_object(); members != nullptr && !members->empty()) {
    out += "{\n";
    for (std::size_t i = 0; i < members->size(); ++i) {
      out += margin;
      json::append_quoted(out, (*members)[i].first);
      out += ": ";
      append_pretty(out, (*members)[i].second, indent + 2);
      out += i + 1 < members->size() ? ",\n" : "\n";
    }
    out += std::string(indent, ' ') + "}";
    return;
  }
  const auto* items = value.if_array();
  const bool long_items =
      items != nullptr && !items->empty() && items->front().if_object() != nullptr;
  if (!long_items) {
    out += json::to_text(value);
    return;
  }
  out += "[\n";
  for (std::size_t i = 0; i < items->size(); ++i) {
    out += margin;
    append_pretty(out, (*items)[i], indent + 2);
    out += i + 1 < items->size() ? ",\n" : "\n";
  }
  out += std::string(indent, ' ') + "]";
}

std::string pretty(const json::Shape& shape) {
  const base::Result<json::Value> value = json::parse(json::example_of(shape));
  CHECK(value.ok());
  std::string out;
  append_pretty(out, *value, 0);
  return out;
}

// In single quotes for a POSIX shell.
std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string type_of(const json::Field& field) {
  const auto name = [&]() -> std::string {
    switch (field.kind()) {
      case json::FieldKind::kString:
        return "string";
      case json::FieldKind::kInt32:
      case json::FieldKind::kInt64:
        return "whole number";
      case json::FieldKind::kReal:
        return "number";
      case json::FieldKind::kBoolean:
        return "true or false";
      case json::FieldKind::kTime:
        return "time (RFC 3339)";
      case json::FieldKind::kId:
        return "id (string of digits)";
      case json::FieldKind::kMap:
      case json::FieldKind::kObject:
        return "object";
      case json::FieldKind::kAny:
        return "any JSON";
    }
    return "";
  }();
  const bool may_be_null = field.nullable() && field.kind() != json::FieldKind::kAny;
  return (field.is_array() ? "array of " + name : name) + (may_be_null ? " or null" : "");
}

std::string text_of(const json::Literal& literal) {
  std::string out;
  json::Writer writer(out);
  literal.write(writer);
  return out;
}

std::string range(std::string_view noun, std::size_t min, std::size_t max) {
  const std::string unit = " " + std::string(noun);
  if (min > 0 && max != kUnlimited) return std::to_string(min) + "–" + std::to_string(max) + unit;
  if (min > 0) return "at least " + std::to_string(min) + unit;
  if (max != kUnlimited) return "at most " + std::to_string(max) + unit;
  return "";
}

// "3–64 characters; matches ^[a-z]+$; default 302"
std::string rules_of(const json::Field& field) {
  const json::FieldRules& rules = field.rules;
  std::vector<std::string> parts;
  const auto add = [&](std::string part) {
    if (!part.empty()) parts.push_back(std::move(part));
  };
  add(range("characters", rules.min_length, rules.max_length));
  add(range("items", rules.min_items, rules.max_items));
  if (!rules.pattern.empty()) add("matches `" + std::string(rules.pattern) + "`");
  if (rules.format == "uri") add("an absolute URI");
  if (rules.min) add("at least " + std::to_string(*rules.min));
  if (rules.max) add("at most " + std::to_string(*rules.max));
  std::string choices;
  for (const json::Literal& choice : rules.one_of) {
    choices += (choices.empty() ? "`" : ", `") + text_of(choice) + "`";
  }
  if (!choices.empty()) add("one of " + choices);
  if (!field.default_json.empty()) add("left out: `" + field.default_json + "`");
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

class Page {
 public:
  Page(std::span<const Route> routes, const ApiInfo& info) : routes_(routes), info_(info) {}
  std::string make();

 private:
  void head();
  void contents(std::span<const ModuleDoc> modules);
  void lead();
  void route(const Route& route);
  void facts(const Route& route);
  void params(const Route& route);
  void fields(std::string_view title, const json::Shape& shape, bool request);
  void field_items(const json::Shape& shape, const std::string& prefix, bool request);
  void item(const std::string& key, const std::string& type, bool must, std::string_view doc,
            const std::string& rules);
  void code_block(std::string_view title, std::string_view text);
  void errors(const Route& route);
  [[nodiscard]] std::string curl(const Route& route) const;

  std::span<const Route> routes_;
  const ApiInfo& info_;
  std::string out_;
};

std::string Page::make() {
  const std::vector<ModuleDoc> modules = modules_of(routes_, info_);
  head();
  contents(modules);
  out_ += "<main id=\"main\">\n";
  lead();
  for (const ModuleDoc& module : modules) {
    out_ += "<section class=\"group\" id=\"" + base::html_escaped(module.module) + "\">\n<h2>" +
            base::html_escaped(module.title) + "</h2>\n";
    if (module.doc != module.title + ".") out_ += "<p>" + prose(module.doc) + "</p>\n";
    for (const Route& each : routes_) {
      if (each.documented && each.module.value == module.module) route(each);
    }
    out_ += "</section>\n";
  }
  out_ += "</main>\n</div>\n</body>\n</html>\n";
  return std::move(out_);
}

void Page::head() {
  const std::string title = base::html_escaped(info_.title);
  out_ += "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out_ += R"(<meta name="viewport" content="width=device-width, initial-scale=1">)";
  out_ += "\n<meta name=\"color-scheme\" content=\"light dark\">\n";
  // Nothing may come from elsewhere, whatever the text says.
  out_ +=
      R"(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; )"
      R"(style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'">)";
  out_ += "\n<link rel=\"icon\" href=\"" + std::string(kDocsIcon) + "\">\n";
  out_ += "<title>" + title + " API</title>\n<style>" + std::string(kDocsStyle) + "</style>\n";
  out_ += "<script>" + std::string(kDocsScript) + "</script>\n</head>\n<body>\n";
  out_ += "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n<div class=\"frame\">\n";
}

void Page::contents(std::span<const ModuleDoc> modules) {
  out_ += "<nav class=\"side\" aria-label=\"Contents\">\n<div class=\"name\">" +
          std::string(kDocsMark) + "<span>" + base::html_escaped(info_.title) +
          " API</span></div>\n";
  out_ += "<details open><summary>Contents</summary><div>\n";
  out_ +=
      "<input type=\"search\" placeholder=\"Find a call ( / )\" aria-label=\"Find a call\" "
      "hidden>\n";
  out_ += "<p class=\"none\" role=\"status\" hidden>No call has these words.</p>\n";
  for (const ModuleDoc& module : modules) {
    out_ += "<section><h2>" + base::html_escaped(module.title) + "</h2>\n<ul>\n";
    for (const Route& each : routes_) {
      if (!each.documented || each.module.value != module.module) continue;
      const std::string method(method_name(each.method));
      out_ += "<li><a href=\"#" + operation_id(each) + "\"><span class=\"verb verb-" +
              base::ascii_lower(method) + "\">" + method + "</span><span class=\"what\">" +
              base::html_escaped(summary_of(each).title) + "</span></a></li>\n";
    }
    out_ += "</ul></section>\n";
  }
  out_ += "</div></details>\n</nav>\n";
}

void Page::lead() {
  out_ += "<div class=\"lead\">\n<h1>" + base::html_escaped(info_.title) + " API</h1>\n";
  if (!info_.description.empty()) out_ += "<p>" + prose(info_.description) + "</p>\n";
  if (!info_.base_url.empty()) {
    out_ += "<p>Calls go to <code>" + base::html_escaped(info_.base_url) + "</code>. ";
  } else {
    out_ += "<p>";
  }
  out_ += prose(
      "Give an API key as `Authorization: Bearer KEY`. Bodies are JSON in UTF-8 with snake_case "
      "names; a field that is not listed is an error. Times are RFC 3339, ids are strings. A key "
      "acts "
      "for its tenant; the console's administrator names one in the header `Ashlar-Tenant`.");
  out_ += "</p>\n<p>";
  out_ += prose(
      "Errors are problem documents (RFC 9457, `application/problem+json`). Decide by `reason`: it "
      "never changes. Where fields or parameters are wrong, `errors` names each of them.");
  out_ += "</p>\n<p>Version " + base::html_escaped(info_.version) +
          ". For programs: <a href=\"/v1/openapi.json\">OpenAPI 3.1</a>.</p>\n</div>\n";
}

void Page::route(const Route& route) {
  const std::string id = operation_id(route);
  const std::string method(method_name(route.method));
  out_ += "<article class=\"route\" id=\"" + id + "\">\n<h3><a href=\"#" + id + "\">" +
          base::html_escaped(summary_of(route).title) + "</a></h3>\n";
  std::string path = base::html_escaped(route.path.value);
  for (std::size_t i = 0; (i = path.find('{', i)) != std::string::npos; i += 4)
    path.insert(i, "<b>");
  for (std::size_t i = 0; (i = path.find('}', i)) != std::string::npos; i += 5) {
    path.insert(i + 1, "</b>");
  }
  out_ += "<p class=\"line\"><span class=\"verb verb-" + base::ascii_lower(method) + "\">" +
          method + "</span><span class=\"path\">" + path + "</span></p>\n";
  const std::string rest = summary_of(route).rest;
  if (!rest.empty()) out_ += "<p class=\"more\">" + prose(rest) + "</p>\n";
  facts(route);
  out_ += "<div class=\"split\">\n<div>\n";
  params(route);
  if (route.request != nullptr) fields("Body", *route.request, true);
  if (route.response != nullptr) {
    fields(is_stream(route) ? "Data of each event" : "Answer " + std::to_string(route.success),
           *route.response, false);
  } else {
    out_ += "<h4>Answer " + std::to_string(route.success) + "</h4>\n<p class=\"soft\">";
    out_ += has_answer_body(route)
                ? "<code>" + base::html_escaped(route.response_type) + "</code>"
                : base::html_escaped(status_text(route.success)) + ", without a body.";
    out_ += "</p>\n";
  }
  out_ += "</div>\n<div>\n";
  code_block("Example", curl(route));
  if (route.response != nullptr) {
    code_block(is_stream(route) ? "One event's data" : "Answer", pretty(*route.response));
  }
  out_ += "</div>\n</div>\n";
  errors(route);
  out_ += "</article>\n";
}

void Page::facts(const Route& route) {
  const auto fact = [&](std::string_view name, const std::string& html) {
    out_ += "<div><dt>" + std::string(name) + "</dt><dd>" + html + "</dd></div>\n";
  };
  out_ += "<dl class=\"facts\">\n";
  switch (route.tenancy.value) {
    case Tenancy::kPublic:
      fact("Access", "everybody");
      break;
    case Tenancy::kPlatform:
      fact("Access", "the console's administrator");
      break;
    case Tenancy::kTenant:
      fact("Access", route.scope.value.empty()
                         ? "any API key"
                         : "scope <code>" + base::html_escaped(route.scope.value) + "</code>");
  }
  const int cost = charged_cost(route);
  fact("Quota", cost == 0 ? "free" : std::to_string(cost) + (cost == 1 ? " unit" : " units"));
  const auto ms = route.deadline.value.count();
  fact("Deadline", ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms");
  switch (route.idempotency.value) {
    case Idempotency::kNatural:
      fact("Repeat", "safe");
      break;
    case Idempotency::kOptional:
      fact("Repeat", "safe with <code>Idempotency-Key</code>");
      break;
    case Idempotency::kRequired:
      fact("Repeat", "needs <code>Idempotency-Key</code>");
      break;
  }
  if (route.request != nullptr) {
    fact("Body", "up to " + std::to_string(route.max_body_bytes / 1024) + " KiB");
  }
  out_ += "</dl>\n";
}

void Page::item(const std::string& key, const std::string& type, bool must, std::string_view doc,
                const std::string& rules) {
  out_ += "<li><div class=\"top\"><code class=\"key\">" + base::html_escaped(key) +
          "</code><span class=\"soft\">" + base::html_escaped(type) + "</span>";
  if (must) out_ += "<span class=\"must\">required</span>";
  out_ += "</div>";
  if (!doc.empty()) out_ += "<div>" + prose(doc) + "</div>";
  if (!rules.empty()) out_ += "<div class=\"soft rule\">" + prose(rules) + "</div>";
  out_ += "</li>\n";
}

void Page::params(const Route& route) {
  static constexpr std::string_view kTitles[] = {"Path", "Query", "Headers"};
  std::vector<ParamDoc> params = parameters_of(route, routes_);
  // Every call of a tenant takes it: said once, in lead().
  std::erase_if(params, [](const ParamDoc& param) { return param.name == "Ashlar-Tenant"; });
  for (const ParamPlace place : {ParamPlace::kPath, ParamPlace::kQuery, ParamPlace::kHeader}) {
    const auto here = [&](const ParamDoc& param) { return param.place == place; };
    if (std::ranges::none_of(params, here)) continue;
    out_ += "<h4>" + std::string(kTitles[static_cast<std::size_t>(place)]) +
            "</h4>\n<ul class=\"fields\">\n";
    for (const ParamDoc& param : params) {
      if (!here(param)) continue;
      const std::string example = param.example.empty() ? "" : "such as `" + param.example + "`";
      item(param.name, "", param.required, param.doc, example);
    }
    out_ += "</ul>\n";
  }
}

void Page::fields(std::string_view title, const json::Shape& shape, bool request) {
  out_ += "<h4>" + base::html_escaped(title) + "</h4>\n";
  if (!shape.doc().empty()) out_ += "<p class=\"soft\">" + prose(shape.doc()) + "</p>\n";
  out_ += "<ul class=\"fields\">\n";
  field_items(shape, "", request);
  out_ += "</ul>\n";
}

// Shapes inside are shown in place: `data[].code`.
void Page::field_items(const json::Shape& shape, const std::string& prefix, bool request) {
  for (const json::Field& field : shape.fields()) {
    const std::string key = prefix + std::string(field.name) + (field.is_array() ? "[]" : "");
    item(key, type_of(field), request && field.required, field.rules.doc, rules_of(field));
    if (field.shape != nullptr) field_items(*field.shape, key + ".", request);
  }
}

void Page::code_block(std::string_view title, std::string_view text) {
  out_ += "<h4>" + base::html_escaped(title) + "</h4>\n<div class=\"block\"><pre tabindex=\"0\">" +
          base::html_escaped(text) + "</pre></div>\n";
}

void Page::errors(const Route& route) {
  const std::vector<ErrorDoc> all = errors_of(route);
  const std::size_t own = route.errors.size();
  out_ +=
      "<details class=\"errors\"><summary>Errors (" + std::to_string(all.size()) + ")</summary>\n";
  if (own > 0)
    out_ += "<p class=\"soft\">This call's own are in bold; the rest any call may meet.</p>\n";
  out_ += "<ul>\n";
  for (const ErrorDoc& error : all) {
    const bool is_own = std::ranges::any_of(route.errors, [&](const ErrorDoc& mine) {
      return mine.status == error.status && mine.reason == error.reason;
    });
    const std::string reason = "<code>" + base::html_escaped(error.reason) + "</code>";
    out_ += "<li><span>" + std::to_string(error.status) + "</span><span>" +
            (is_own ? "<b>" + reason + "</b>" : reason) + "</span><span>" +
            prose(base::sentence(error.when)) + "</span></li>\n";
  }
  out_ += "</ul>\n</details>\n";
}

std::string Page::curl(const Route& route) const {
  const bool reads = route.method == Method::kGet || route.method == Method::kHead;
  std::string url = std::string(info_.base_url) + std::string(route.path.value);
  for (const ParamDoc& param : parameters_of(route, routes_)) {
    const std::size_t at = url.find("{" + param.name + "}");
    if (param.place != ParamPlace::kPath || at == std::string::npos) continue;
    url.replace(at, param.name.size() + 2, param.example.empty() ? param.name : param.example);
  }
  std::string text = "curl";
  if (is_stream(route)) text += " -N";
  if (route.success >= 300) text += " -i";
  if (!reads && !(route.method == Method::kPost && route.request != nullptr)) {
    text += " -X " + std::string(method_name(route.method));
  }
  text += " " + (url.find_first_of("?&#'\" ") == std::string::npos ? url : shell_quoted(url));
  if (route.tenancy == Tenancy::kTenant) text += " \\\n  -H \"Authorization: Bearer $ASHLAR_KEY\"";
  if (route.tenancy == Tenancy::kPlatform) {
    text += " \\\n  -b \"ashlar_session=$ASHLAR_SESSION\"";
    if (!reads) text += " \\\n  -H 'X-Requested-With: ashlar-console'";
  }
  if (route.idempotency == Idempotency::kRequired) {
    text += " \\\n  -H \"Idempotency-Key: $(uuidgen)\"";
  }
  if (route.request != nullptr) {
    text += " \\\n  -H 'Content-Type: application/json'";
    text += " \\\n  -d " + shell_quoted(pretty(*route.request));
  }
  return text;
}

}  // namespace

std::string docs_page(std::span<const Route> routes, const ApiInfo& info) {
  return Page(routes, info).make();
}

}  // namespace ashlar::http
