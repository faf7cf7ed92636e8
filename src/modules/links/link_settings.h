// LinkSettings: what a link has beyond its target, status and expiry. Values; pure.
//
// Most links have none of it: these stay as small and as fast as they are (redirects.h). One whose
// settings say something about its redirect is *special* (changes_redirect()).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/links/link_flag.h"
#include "modules/links/redirect_rules.h"

namespace ashlar::links {

inline constexpr std::int64_t kMaxClickLimit = 1'000'000'000;
inline constexpr std::size_t kMaxTags = 20;
inline constexpr std::size_t kMaxTagChars = 50;

struct LinkSettings {
  std::optional<base::Time> valid_from;    // before it the link is as if it were not there
  std::string expired_url;                 // where an expired link leads; "": 410
  std::optional<std::int64_t> max_clicks;  // so many visitors pass, exactly
  std::string password_hash;               // security/password.h; "": none
  bool forward_query = false;              // the visit's query is appended to the target
  std::vector<RedirectRule> rules;
  std::vector<Variant> variants;  // none, or two and more

  // Of no concern to the redirect; "": none.
  std::string title;
  std::string notes;
  std::string owner;
  std::vector<std::string> tags;  // sorted, each once
  bool archived = false;

  // Not the owner's to set: a SettingsChange leaves it as it is.
  LinkFlag flag;

  friend bool operator==(const LinkSettings&, const LinkSettings&) = default;

  [[nodiscard]] bool changes_redirect() const {
    return valid_from || !expired_url.empty() || max_clicks || !password_hash.empty() ||
           forward_query || !rules.empty() || !variants.empty() ||
           flag.state == FlagState::kFlagged;
  }
  [[nodiscard]] bool empty() const { return *this == LinkSettings(); }
  // Whether it takes a worker to say where a visit leads: what memory alone cannot decide.
  [[nodiscard]] bool needs_worker() const {
    return max_clicks || !password_hash.empty();
  }
  [[nodiscard]] bool asks_for_country() const;
  // Whether the visitor's address has a part in where it leads.
  [[nodiscard]] bool asks_for_address() const { return !variants.empty() || asks_for_country(); }
  // In memory, about.
  [[nodiscard]] std::size_t bytes() const;
};

// What is not set stays as it is; set and empty takes it away.
struct SettingsChange {
  std::optional<std::optional<base::Time>> valid_from{};
  std::optional<std::string> expired_url{};
  std::optional<std::optional<std::int64_t>> max_clicks{};
  std::optional<std::string> password_hash{};
  std::optional<bool> forward_query{};
  std::optional<std::vector<RedirectRule>> rules{};
  std::optional<std::vector<Variant>> variants{};
  std::optional<std::string> title{};
  std::optional<std::string> notes{};
  std::optional<std::string> owner{};
  std::optional<std::vector<std::string>> tags{};
  std::optional<bool> archived{};
};

LinkSettings changed(LinkSettings settings, const SettingsChange& change);

}  // namespace ashlar::links
