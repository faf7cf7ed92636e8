#include "modules/links/analytics/link_subjects.h"

#include "modules/links/analytics/analytics_store.h"
#include "modules/links/analytics/subject.h"
#include "modules/links/settings_json.h"

namespace ashlar::links::analytics {

LinkSubjects subjects_of(const store::LinkPlace& place) {
  LinkSubjects subjects{{Subject::tenant().key, Subject::domain(place.domain).key}};
  if (!place.settings) return subjects;
  const auto settings = settings_from_stored(*place.settings);
  if (!settings.ok()) {
    subjects.damaged = true;
    return subjects;
  }
  if (!settings->owner.empty()) subjects.keys.push_back(Subject::owner(settings->owner).key);
  for (const std::string& tag : settings->tags) subjects.keys.push_back(Subject::tag(tag).key);
  return subjects;
}

}  // namespace ashlar::links::analytics
