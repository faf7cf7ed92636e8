// paging: the query of a list (?limit, ?cursor) and the answer with one of its pages.
//
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/http/response.h"
#include "platform/json/schema.h"

namespace ashlar::http {

struct Call;

inline constexpr int kDefaultPageLimit = 20;
inline constexpr int kMaxPageLimit = 100;

// What is wrong with a parameter of the query: kInvalid invalid_request, with the field "?name".
base::Error bad_query(const std::string& field, const char* reason, std::string detail);

// ?limit: 1 to kMaxPageLimit, kDefaultPageLimit without it. Error: bad_query out_of_range.
base::Result<int> page_limit(const Call& call);

// The same request with another cursor, as the value of a Link header: <…>; rel="next".
std::string next_page_link(const Call& call, std::string_view cursor);

template <class T>
Response page_response(const Call& call, const json::Schema<json::Page<T>>& schema,
                       const json::Page<T>& page) {
  Response response = json_response(200, schema, page);
  if (page.next_cursor) response.header("Link", next_page_link(call, *page.next_cursor));
  return response;
}

}  // namespace ashlar::http
