#include "modules/links/same_link.h"

#include <string>

namespace ashlar::links {
namespace {

template <class T>
bool fits(const T& there, const T& wanted) {
  return wanted.empty() || there == wanted;
}

// All that a redirect depends on, and nothing else.
LinkSettings of_redirect(LinkSettings settings) {
  settings.title.clear();
  settings.notes.clear();
  settings.owner.clear();
  settings.tags.clear();
  settings.flag = {};  // one that is flagged is still the same: no second one gets around it
  return settings;
}

}  // namespace

bool serves_as(const Link& there, const Link& wanted) {
  const LinkSettings& has = there.settings;
  const LinkSettings& wants = wanted.settings;
  if (there.url != wanted.url || there.domain != wanted.domain || there.status != wanted.status ||
      there.enabled != wanted.enabled || there.expires_at != wanted.expires_at) {
    return false;
  }
  if (!has.password_hash.empty() || !wants.password_hash.empty()) return false;
  if (has.max_clicks && there.clicks_used >= *has.max_clicks) return false;
  return of_redirect(has) == of_redirect(wants) && fits(has.title, wants.title) &&
         fits(has.notes, wants.notes) && fits(has.owner, wants.owner) && fits(has.tags, wants.tags);
}

}  // namespace ashlar::links
