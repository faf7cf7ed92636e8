#include "modules/links/utm.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace ashlar::links {
namespace {

// The pairs of `query` but those called `name`.
std::string without(std::string_view query, std::string_view name) {
  std::string kept;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.substr(0, pair.find('=')) == name) continue;
    if (!kept.empty()) kept += '&';
    kept += pair;
  }
  return kept;
}

std::string with_parameter(std::string_view url, std::string_view name, std::string_view value) {
  const std::size_t fragment = std::min(url.find('#'), url.size());
  const std::size_t question = std::min(url.find('?'), fragment);
  std::string query;
  if (question < fragment) query = without(url.substr(question + 1, fragment - question - 1), name);
  if (!query.empty()) query += '&';
  query += name;
  query += '=';
  query += base::percent_encode(value);
  std::string out(url.substr(0, question));
  out += '?';
  out += query;
  out += url.substr(fragment);
  return out;
}

}  // namespace

std::string with_utm(std::string_view url, const Utm& utm) {
  std::string out(url);
  const std::array<std::pair<std::string_view, const std::optional<std::string>*>, 5> parameters{
      {{"utm_source", &utm.source},
       {"utm_medium", &utm.medium},
       {"utm_campaign", &utm.campaign},
       {"utm_term", &utm.term},
       {"utm_content", &utm.content}}};
  for (const auto& [name, value] : parameters) {
    if (*value && !(*value)->empty()) out = with_parameter(out, name, **value);
  }
  return out;
}

}  // namespace ashlar::links
