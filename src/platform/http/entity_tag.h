// entity_tag: what If-Match and If-None-Match say of the tag that a resource has now (RFC 9110,
// 8.8.3, 13.1). Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace ashlar::http {

enum class TagMatch : std::uint8_t {
  kMatch,     // one of the list, or "*" where there is a current tag
  kNone,      // a list that holds no such tag
  kMalformed  // not a list of entity tags
};

// If-Match compares strongly: a weak tag equals nothing, since "equivalent" is too little to
// overwrite by. If-None-Match compares weakly. `current` is a whole tag with its quotes, `"7"` or
// `W/"7"`; empty: the resource does not exist.
TagMatch match_strong(std::string_view list, std::string_view current);
TagMatch match_weak(std::string_view list, std::string_view current);

}  // namespace ashlar::http
