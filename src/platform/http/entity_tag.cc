#include "platform/http/entity_tag.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace ashlar::http {
namespace {

struct EntityTag {
  bool weak = false;
  std::string_view opaque;  // with its quotes
};

// Takes one tag off the front of `rest`: [ "W/" ] DQUOTE *etagc DQUOTE
std::optional<EntityTag> take_tag(std::string_view& rest) {
  EntityTag tag;
  tag.weak = rest.starts_with("W/");
  if (tag.weak) rest.remove_prefix(2);
  if (!rest.starts_with('"')) return std::nullopt;
  const std::size_t close = rest.find('"', 1);
  if (close == std::string_view::npos) return std::nullopt;
  tag.opaque = rest.substr(0, close + 1);
  const bool clean = std::all_of(tag.opaque.begin(), tag.opaque.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
  });
  rest.remove_prefix(close + 1);
  return clean ? std::optional<EntityTag>(tag) : std::nullopt;
}

TagMatch match(std::string_view list, std::string_view current, bool strong) {
  list = base::trim_spaces(list);
  if (list == "*") return current.empty() ? TagMatch::kNone : TagMatch::kMatch;
  EntityTag now;
  if (!current.empty()) now = take_tag(current).value_or(EntityTag{});
  bool found = false;
  bool any = false;
  while (!list.empty()) {
    if (list.front() == ',') {  // empty elements are to be read over
      list = base::trim_spaces(list.substr(1));
      continue;
    }
    const std::optional<EntityTag> tag = take_tag(list);
    list = base::trim_spaces(list);
    if (!tag || (!list.empty() && list.front() != ',')) return TagMatch::kMalformed;
    any = true;
    if (tag->opaque == now.opaque && !(strong && (tag->weak || now.weak))) found = true;
  }
  if (!any) return TagMatch::kMalformed;
  return found ? TagMatch::kMatch : TagMatch::kNone;
}

}  // namespace

TagMatch match_strong(std::string_view list, std::string_view current) {
  return match(list, current, true);
}

TagMatch match_weak(std::string_view list, std::string_view current) {
  return match(list, current, false);
}

}  // namespace ashlar::http
