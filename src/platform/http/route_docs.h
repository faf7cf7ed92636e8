// What the documents of the API (openapi.h, docs_page.h) say of a route beyond its row: what the
// platform itself adds to every request of its kind. Both read it here, so they say the same.
//
// Pure functions over the route table; the same table gives the same text. Any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/route.h"

namespace ashlar::http {

// One group of routes, by Route::module.
struct ModuleDoc {
  std::string_view module;
  std::string title;
  std::string doc;  // one or two sentences
};

struct ApiInfo {
  std::string_view title = "Ashlar";
  std::string_view version;      // of the program
  std::string_view description;  // plain text
  std::string_view base_url;     // where the API answers: "https://go.example"; no slash at the end
  std::vector<ModuleDoc> modules{};  // in the order to show; others follow by name
};

enum class ParamPlace : std::uint8_t { kPath, kQuery, kHeader };

struct ParamDoc {
  std::string name;
  ParamPlace place = ParamPlace::kQuery;
  bool required = false;
  std::string doc;
  std::string schema_json;  // a JSON Schema
  std::string example;      // as it stands in the URL or header; empty: none
};

// Path, query, then headers. What a {name} in the path means is taken from the field of that name
// in an answer of the same module.
std::vector<ParamDoc> parameters_of(const Route& route, std::span<const Route> table);

// Every status and reason that a client must expect: the platform's and the row's own, by status. A
// reason that the row names itself is told in the row's words.
std::vector<ErrorDoc> errors_of(const Route& route);

// A row's summary as a short title and the rest: "Change a link; redirects follow." is "Change a
// link" and "Redirects follow.".
struct SummaryText {
  std::string_view title;
  std::string rest;
};
SummaryText summary_of(const Route& route);

// "links_create", "links_stats_get": unique in a table whose paths are (openapi_document checks).
std::string operation_id(const Route& route);

// The modules of the documented routes, in the order to show. Views into the rows of `table`.
std::vector<ModuleDoc> modules_of(std::span<const Route> table, const ApiInfo& info);

// What stands behind `success`: 204 and redirects have no body.
bool has_answer_body(const Route& route);
bool is_stream(const Route& route);

}  // namespace ashlar::http
