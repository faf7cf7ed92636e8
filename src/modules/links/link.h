// Link: a short code that leads to a target, and what the redirect needs of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/strong_id.h"
#include "base/time.h"
#include "modules/links/link_settings.h"

namespace ashlar::links {

// Dense (1, 2, 3 …), never reused, never shown: it would tell how many links there are.
using LinkId = base::StrongId<struct LinkTag>;
// Of a domain (domain.h). Not set: the installation's own host.
using DomainId = base::StrongId<struct DomainTag>;

inline constexpr int kDefaultStatus = 302;
constexpr bool is_redirect_status(std::int64_t status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

struct Link {
  LinkId id;
  std::string code;
  std::string url;  // checked by check_target(): ASCII, safe in a Location header
  int status = kDefaultStatus;
  bool enabled = true;
  std::optional<base::Time> expires_at;
  base::Time created_at;
  base::Time updated_at;
  std::int64_t version = 1;  // one more with each change; the ETag
  LinkSettings settings{};
  std::int64_t clicks_used = 0;  // of settings.max_clicks
  DomainId domain;
  std::string domain_host;  // "": the installation's own
};

struct RedirectTarget {
  LinkId id;
  base::TenantId tenant;
  std::string url;
  int status = kDefaultStatus;
  bool enabled = true;
  std::optional<base::Time> expires_at;
  // Of a special link: one whose settings change its redirect. Null: a plain one.
  std::shared_ptr<const LinkSettings> special{};
};

}  // namespace ashlar::links
