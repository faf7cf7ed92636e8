// query: the parameters of a request's query, taken apart.
//
// "a=1&b=x+y%2F" gives {"a","1"}, {"b","x y/"}: percent-encoding and '+' undone, in the order sent.
// What has no '=' has the empty value; empty pieces ("a=1&&b=2", a lone "?") are skipped.
//
// Errors: kInvalid bad_query with a field "?name" for each fault:
//   bad_percent_encoding, bad_utf8, duplicate_parameter, empty_name; too_many_parameters for all.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::http {

inline constexpr std::size_t kMaxQueryParameters = 32;

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

base::Result<QueryParameters> parse_query(std::string_view query);

}  // namespace ashlar::http
