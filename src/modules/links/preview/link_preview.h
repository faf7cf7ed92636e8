// link_preview: where a link would lead a visitor who is described instead of being there, and why:
// "who would get what". The same decisions as a redirect's (redirects.h, special_redirects.h), and
// nothing is counted.
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "modules/links/link.h"
#include "modules/links/redirect_rules.h"

namespace ashlar::links {

enum class PreviewWhy : std::uint8_t {
  kLink,         // its own url
  kRule,         // `index` says which
  kVariant,      // `index` says which, where the draw is known
  kDisabled,     // 410
  kNotYetValid,  // 404
  kExpired,      // 410, or expired_url
  kUsedUp,       // 410, or expired_url
  kFlagged,      // 403: the page that warns (abuse/)
};
// "link", "rule", … "not_yet_valid", …
std::string_view name_of(PreviewWhy why);

struct PreviewRule {
  bool holds = false;
  std::vector<std::string_view> failing;  // conditions that do not, as the API calls them
};

struct LinkPreview {
  int status = 0;                    // of the answer to a GET
  std::optional<std::string> url{};  // Location; after the password where one is asked for
  PreviewWhy why = PreviewWhy::kLink;
  std::optional<std::size_t> index{};
  std::vector<PreviewRule> rules;  // each of the link's
};

// `draw_known`: visit.draw is the visitor's; else one of several variants is nobody's choice yet.
LinkPreview preview(const Link& link, const Visit& visit, bool draw_known);

}  // namespace ashlar::links
