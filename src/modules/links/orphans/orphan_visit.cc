#include "modules/links/orphans/orphan_visit.h"

#include <algorithm>
#include <utility>

namespace ashlar::links::orphans {

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kBaseUrl:
      return "base_url";
    case Kind::kInvalidShortUrl:
      return "invalid_short_url";
    case Kind::kRegular404:
      return "regular_404";
  }
  std::unreachable();
}

std::optional<Kind> kind_named(std::string_view name) {
  const auto* const found = std::ranges::find(kKinds, name, kind_name);
  return found == kKinds.end() ? std::nullopt : std::optional(*found);
}

Kind kind_from_stored(std::int64_t number) {
  return number >= 0 && number < std::ssize(kKinds) ? static_cast<Kind>(number) : Kind::kRegular404;
}

}  // namespace ashlar::links::orphans
