#include "modules/notifications/audiences_api.h"

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "modules/notifications/audience_store.h"
#include "modules/notifications/audiences_json.h"
#include "modules/notifications/call_parts.h"
#include "modules/notifications/categories_store.h"
#include "modules/notifications/segments_store.h"
#include "modules/notifications/suppressions_store.h"
#include "platform/http/call.h"
#include "platform/http/cursor.h"
#include "platform/http/paging.h"
#include "platform/json/writer.h"
#include "platform/storage/database.h"

namespace ashlar::notifications {
namespace {

using base::Result;
using http::Call;
using http::Response;
using storage::Transaction;

constexpr std::int64_t kPreviewed = 20;

http::CursorScope scope(const Call& call, std::string_view list) {
  return {list, call.principal.tenant.value};
}

base::Error missing(const char* reason, std::string detail) {
  return base::fail(base::Code::kNotFound, reason, std::move(detail));
}
base::Error no_topic() { return missing("topic_not_found", "There is no such topic."); }
base::Error no_segment() { return missing("segment_not_found", "There is no such segment."); }
base::Error no_category() { return missing("category_not_found", "There is no such category."); }

base::Error too_many(const char* reason, std::string detail) {
  return base::fail(base::Code::kConflict, reason, std::move(detail));
}

// A list by name: a page of what read(tx, after, limit + 1) gives.
template <class Json, class Read, class Render, class Name>
Result<Response> page_by_name(const RecipientParts& parts, const Call& call, std::string_view list,
                              const json::Schema<json::Page<Json>>& schema, Read read,
                              Render rendered, Name name) {
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  std::string after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  parts.cursors.decode<std::string>(scope(call, list), *cursor));
    after = std::get<0>(position);
  }
  ASHLAR_ASSIGN(auto found, parts.db.read(call.tenant_context(), [&](Transaction& tx) {
    return read(tx, after, std::int64_t{limit} + 1);
  }));
  json::Page<Json> page;
  if (static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    ASHLAR_ASSIGN(page.next_cursor,
                  parts.cursors.encode(scope(call, list), std::string(name(found.back()))));
  }
  for (const auto& one : found) page.data.push_back(rendered(one));
  return http::page_response(call, schema, page);
}

Result<Topic> topic_in_path(Transaction& tx, const Call& call) {
  ASHLAR_ASSIGN(const std::optional<Topic> found, store::find_topic(tx, call.param(0)));
  if (!found) return no_topic();
  return *found;
}

Result<Segment> segment_in_path(Transaction& tx, const Call& call) {
  ASHLAR_ASSIGN(const std::optional<Segment> found, store::find_segment(tx, call.param(0)));
  if (!found) return no_segment();
  return *found;
}

Result<Channel> channel_in_query(const Call& call) {
  const auto name = call.query_value("channel");
  const std::optional<Channel> channel = name ? channel_of(*name) : std::nullopt;
  if (channel) return *channel;
  return http::bad_query("?channel", "not_allowed", "Give email, sms, push, inbox, chat or http.");
}

}  // namespace

Result<Response> AudiencesApi::topics(Call& call) const {
  return page_by_name(
      parts_, call, "notifications.topics", topic_page_schema(),
      [](Transaction& tx, const std::string& after, std::int64_t limit) {
        return store::list_topics(tx, after, limit);
      },
      [](const Topic& topic) { return render(topic, std::nullopt); },
      [](const Topic& topic) { return topic.name; });
}

Result<Response> AudiencesApi::topic(Call& call) const {
  TopicJson json;
  ASHLAR_TRY(parts_.db.read(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const Topic topic, topic_in_path(tx, call));
    ASHLAR_ASSIGN(const std::int64_t members, store::count_members(tx, topic.id));
    json = render(topic, members);
    return base::ok_status();
  }));
  return http::json_response(200, topic_schema(), json);
}

Result<Response> AudiencesApi::remove_topic(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const Topic topic, topic_in_path(tx, call));
  ASHLAR_TRY(store::delete_topic(tx, topic.id, parts_.clock.now()));
  return http::no_content();
}

Result<Response> AudiencesApi::members(Call& call) const {
  return page_by_name(
      parts_, call, "notifications.members:" + call.param(0), member_page_schema(),
      [&](Transaction& tx, const std::string& after,
          std::int64_t limit) -> Result<std::vector<std::string>> {
        ASHLAR_ASSIGN(const Topic topic, topic_in_path(tx, call));
        return store::list_members(tx, topic.id, after, limit);
      },
      [](const std::string& user) { return MemberJson{user}; },
      [](const std::string& user) { return user; });
}

Result<Response> AudiencesApi::add_members(Call& call, Transaction& tx) const {
  ASHLAR_TRY(check_name(call.param(0), "/topic"));
  ASHLAR_ASSIGN(const MembersJson given, members_schema().parse_body(call.body));
  for (std::size_t i = 0; i < given.user_ids.size(); ++i) {
    ASHLAR_TRY(check_user_id(given.user_ids[i], "/user_ids/" + std::to_string(i)));
  }
  const base::Time now = parts_.clock.now();
  ASHLAR_ASSIGN(std::optional<Topic> topic, store::find_topic(tx, call.param(0)));
  if (!topic) {
    ASHLAR_ASSIGN(const std::int64_t topics, store::count_topics(tx));
    if (topics >= kMaxTopics) return too_many("too_many_topics", "The tenant has 10,000 topics.");
    ASHLAR_ASSIGN(topic, store::find_or_make_topic(tx, call.param(0), now));
  }
  ASHLAR_ASSIGN(const std::int64_t added, store::add_members(tx, topic->id, given.user_ids, now));
  return http::json_response(200, members_changed_schema(), {added});
}

Result<Response> AudiencesApi::remove_members(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const MembersJson given, members_schema().parse_body(call.body));
  ASHLAR_ASSIGN(const Topic topic, topic_in_path(tx, call));
  ASHLAR_ASSIGN(const std::int64_t gone, store::remove_members(tx, topic.id, given.user_ids));
  return http::json_response(200, members_changed_schema(), {gone});
}

Result<Response> AudiencesApi::segments(Call& call) const {
  return page_by_name(
      parts_, call, "notifications.segments", segment_page_schema(),
      [](Transaction& tx, const std::string& after, std::int64_t limit) {
        return store::list_segments(tx, after, limit);
      },
      [](const Segment& segment) { return render(segment); },
      [](const Segment& segment) { return segment.name; });
}

Result<Response> AudiencesApi::segment(Call& call) const {
  ASHLAR_ASSIGN(const Segment segment, parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return segment_in_path(tx, call);
  }));
  return http::json_response(200, segment_schema(), render(segment))
      .header("ETag", etag_of(segment.version));
}

Result<Response> AudiencesApi::put_segment(Call& call, Transaction& tx) const {
  ASHLAR_TRY(check_name(call.param(0), "/name"));
  ASHLAR_ASSIGN(const NewSegmentJson given, new_segment_schema().parse_body(call.body));
  const json::Value where(given.where);
  ASHLAR_TRY(compile_where(where));
  ASHLAR_ASSIGN(std::optional<Segment> kept, store::find_segment(tx, call.param(0)));
  ASHLAR_TRY(check_if_match(call, kept ? kept->version : 0));
  if (!kept) {
    ASHLAR_ASSIGN(const std::int64_t segments, store::count_segments(tx));
    if (segments >= kMaxSegments) {
      return too_many("too_many_segments", "The tenant has 1,000 segments.");
    }
  }
  const base::Time now = parts_.clock.now();
  Segment segment;
  segment.name = call.param(0);
  segment.description = given.description.value_or("");
  segment.where = json::to_text(where);
  segment.created_at = kept ? kept->created_at : now;
  segment.updated_at = now;
  ASHLAR_ASSIGN(segment.version, store::put_segment(tx, segment, now));
  return http::json_response(200, segment_schema(), render(segment))
      .header("ETag", etag_of(segment.version));
}

Result<Response> AudiencesApi::remove_segment(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const bool was_there, store::delete_segment(tx, call.param(0)));
  if (!was_there) return no_segment();
  return http::no_content();
}

Result<Response> AudiencesApi::preview(Call& call) const {
  SegmentPreviewJson json;
  ASHLAR_TRY(parts_.db.read(call.tenant_context(), [&](Transaction& tx) -> base::Status {
    ASHLAR_ASSIGN(const Segment segment, segment_in_path(tx, call));
    ASHLAR_ASSIGN(const std::string where, compile_where(std::string_view(segment.where)));
    ASHLAR_ASSIGN(json.count, store::count_segment_members(tx, where));
    AudienceQuery query;
    query.limit = kPreviewed;
    ASHLAR_ASSIGN(const auto first, store::page_of_segment(tx, where, query));
    json.user_ids.clear();
    for (const AudienceRow& row : first) json.user_ids.push_back(row.recipient.user_id);
    return base::ok_status();
  }));
  return http::json_response(200, segment_preview_schema(), json);
}

Result<Response> AudiencesApi::suppressions(Call& call) const {
  constexpr std::string_view kList = "notifications.suppressions";
  ASHLAR_ASSIGN(const int limit, http::page_limit(call));
  store::SuppressionPosition after;
  if (const auto cursor = call.query_value("cursor")) {
    ASHLAR_ASSIGN(const auto position,
                  (parts_.cursors.decode<std::int64_t, std::string, std::string>(scope(call, kList),
                                                                                 *cursor)));
    after = {std::get<0>(position), std::get<1>(position), std::get<2>(position)};
  }
  // With an address: all that is said of it, by the categories that it is said for.
  std::optional<store::SuppressionPosition> only;
  if (const auto address = call.query_value("address")) {
    ASHLAR_ASSIGN(const Channel channel, channel_in_query(call));
    ASHLAR_ASSIGN(std::string normal, normalized_address(channel, *address, "?address"));
    only = {static_cast<std::int64_t>(channel), std::move(normal), ""};
  }
  ASHLAR_ASSIGN(auto found, parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return only ? store::suppressions_of(tx, static_cast<Channel>(only->channel), only->address)
                : store::list_suppressions(tx, after, limit + 1);
  }));
  json::Page<SuppressionJson> page;
  if (!only && static_cast<std::int64_t>(found.size()) > limit) {
    found.pop_back();
    const Suppression& last = found.back();
    ASHLAR_ASSIGN(page.next_cursor,
                  parts_.cursors.encode(scope(call, kList), static_cast<std::int64_t>(last.channel),
                                        last.address, last.category));
  }
  for (const Suppression& one : found) page.data.push_back(render(one));
  return http::page_response(call, suppression_page_schema(), page);
}

Result<Response> AudiencesApi::suppress(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const NewSuppressionJson given, new_suppression_schema().parse_body(call.body));
  Suppression wanted;
  wanted.channel = *channel_of(given.channel);
  ASHLAR_ASSIGN(wanted.address, normalized_address(wanted.channel, given.address, "/address"));
  if (!given.category.empty()) ASHLAR_TRY(check_name(given.category, "/category"));
  wanted.category = given.category;
  wanted.reason = given.reason;
  wanted.source = "api";
  wanted.detail = given.detail;
  wanted.created_at = parts_.clock.now();
  ASHLAR_ASSIGN(const bool is_new, store::suppress(tx, wanted));
  if (is_new) return http::json_response(200, suppression_schema(), render(wanted));
  ASHLAR_ASSIGN(const auto kept, store::suppressions_of(tx, wanted.channel, wanted.address));
  for (const Suppression& one : kept) {
    if (one.category == wanted.category) wanted = one;
  }
  return http::json_response(200, suppression_schema(), render(wanted));
}

Result<Response> AudiencesApi::unsuppress(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const Channel channel, channel_in_query(call));
  ASHLAR_ASSIGN(const std::string address,
                normalized_address(channel, call.query_value("address").value_or(""), "?address"));
  ASHLAR_ASSIGN(
      const bool was_there,
      store::remove_suppression(tx, channel, address, call.query_value("category").value_or("")));
  if (!was_there) return missing("suppression_not_found", "The address is not suppressed so.");
  return http::no_content();
}

Result<Response> AudiencesApi::categories(Call& call) const {
  return page_by_name(
      parts_, call, "notifications.categories", category_page_schema(),
      [](Transaction& tx, const std::string& after, std::int64_t limit) {
        return store::list_categories(tx, after, limit);
      },
      [](const Category& category) { return render(category); },
      [](const Category& category) { return category.name; });
}

Result<Response> AudiencesApi::category(Call& call) const {
  ASHLAR_ASSIGN(const auto found, parts_.db.read(call.tenant_context(), [&](Transaction& tx) {
    return store::find_category(tx, call.param(0));
  }));
  if (!found) return no_category();
  return http::json_response(200, category_schema(), render(*found))
      .header("ETag", etag_of(found->version));
}

Result<Response> AudiencesApi::put_category(Call& call, Transaction& tx) const {
  ASHLAR_TRY(check_name(call.param(0), "/name"));
  ASHLAR_ASSIGN(const NewCategoryJson given, new_category_schema().parse_body(call.body));
  ASHLAR_ASSIGN(Category category, category_of(given, parts_.zones));
  ASHLAR_ASSIGN(const std::optional<Category> kept, store::find_category(tx, call.param(0)));
  ASHLAR_TRY(check_if_match(call, kept ? kept->version : 0));
  if (!kept) {
    ASHLAR_ASSIGN(const std::int64_t categories, store::count_categories(tx));
    if (categories >= kMaxCategories) {
      return too_many("too_many_categories", "The tenant has 200 categories.");
    }
  }
  const base::Time now = parts_.clock.now();
  category.name = call.param(0);
  category.created_at = kept ? kept->created_at : now;
  category.updated_at = now;
  ASHLAR_ASSIGN(category.version, store::put_category(tx, category, now));
  return http::json_response(200, category_schema(), render(category))
      .header("ETag", etag_of(category.version));
}

Result<Response> AudiencesApi::remove_category(Call& call, Transaction& tx) const {
  ASHLAR_ASSIGN(const bool was_there, store::delete_category(tx, call.param(0)));
  if (!was_there) return no_category();
  return http::no_content();
}

}  // namespace ashlar::notifications
