// The JSON of topics, segments, suppressions and categories: what the API takes and gives, declared
// once for parsing, rendering and OpenAPI.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "modules/notifications/category.h"
#include "modules/notifications/segment.h"
#include "modules/notifications/suppression.h"
#include "modules/notifications/topics_store.h"
#include "platform/json/schema.h"

namespace ashlar::zone {
class ZoneDirectory;
}

namespace ashlar::notifications {

inline constexpr std::size_t kMaxMembers = 1'000;   // in one call
inline constexpr std::int64_t kMaxTopics = 10'000;  // of a tenant
inline constexpr std::int64_t kMaxSegments = 1'000;

struct MembersJson {
  std::vector<std::string> user_ids;
};
struct MembersChangedJson {
  std::int64_t changed = 0;
};
struct MemberJson {
  std::string user_id;
};
struct TopicJson {
  std::string name;
  std::optional<std::int64_t> members;  // of one alone
  base::Time created_at{};
};

struct NewSegmentJson {
  json::Value::Object where;
  std::optional<std::string> description;
};
struct SegmentJson {
  std::string name;
  std::optional<std::string> description;
  json::AnyJson where;
  base::Time created_at{}, updated_at{};
};
struct SegmentPreviewJson {
  std::int64_t count = 0;
  std::vector<std::string> user_ids;
};

struct NewSuppressionJson {
  std::string channel, address;
  std::string category;
  std::string reason = Suppression::kManual;
  std::string detail;
};
struct SuppressionJson {
  std::string channel, address;
  std::optional<std::string> category;
  std::string reason, source, detail;
  base::Time created_at{};
};

struct NewCategoryJson {
  std::string title;
  std::optional<std::string> description;
  bool critical = false;
  json::Patch<std::optional<json::Value::Object>> channels;
  json::Patch<std::optional<std::vector<json::Value::Object>>> caps;
  json::Patch<std::optional<json::Value::Object>> send_window, digest;
};
struct CategoryJson {
  std::string name, title;
  std::optional<std::string> description;
  bool critical = false;
  json::AnyJson channels, caps;
  std::optional<json::AnyJson> send_window, digest;
  base::Time created_at{}, updated_at{};
};

const json::Schema<MembersJson>& members_schema();
const json::Schema<MembersChangedJson>& members_changed_schema();
const json::Schema<json::Page<MemberJson>>& member_page_schema();
const json::Schema<TopicJson>& topic_schema();
const json::Schema<json::Page<TopicJson>>& topic_page_schema();
const json::Schema<NewSegmentJson>& new_segment_schema();
const json::Schema<SegmentJson>& segment_schema();
const json::Schema<json::Page<SegmentJson>>& segment_page_schema();
const json::Schema<SegmentPreviewJson>& segment_preview_schema();
const json::Schema<NewSuppressionJson>& new_suppression_schema();
const json::Schema<SuppressionJson>& suppression_schema();
const json::Schema<json::Page<SuppressionJson>>& suppression_page_schema();
const json::Schema<NewCategoryJson>& new_category_schema();
const json::Schema<CategoryJson>& category_schema();
const json::Schema<json::Page<CategoryJson>>& category_page_schema();

TopicJson render(const Topic& topic, std::optional<std::int64_t> members);
SegmentJson render(const Segment& segment);
SuppressionJson render(const Suppression& suppression);
CategoryJson render(const Category& category);
// Checked; without its name. kInvalid category_invalid, zone_unknown.
base::Result<Category> category_of(const NewCategoryJson& given, zone::ZoneDirectory& zones);

}  // namespace ashlar::notifications
