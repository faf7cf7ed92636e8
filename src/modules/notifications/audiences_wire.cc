// THE table of topics, segments, suppressions and categories.
#include <memory>
#include <string_view>
#include <utility>

#include "modules/notifications/audiences_api.h"
#include "modules/notifications/audiences_json.h"
#include "modules/notifications/recipient_parts.h"
#include "modules/notifications/route_row.h"

namespace ashlar::notifications {
namespace {

using http::Call;
using http::ErrorDoc;
using http::Method;
using storage::Transaction;
using Api = std::shared_ptr<const AudiencesApi>;
using Read = base::Result<http::Response> (AudiencesApi::*)(Call&) const;
using Write = base::Result<http::Response> (AudiencesApi::*)(Call&, Transaction&) const;

constexpr std::size_t kMaxMembersBytes = 256 * 1024;
constexpr std::string_view kTopic = "/v1/notification-topics/{topic}";
constexpr std::string_view kTopicMembers = "/v1/notification-topics/{topic}/members";
constexpr std::string_view kSegment = "/v1/notification-segments/{name}";
constexpr std::string_view kSuppressions = "/v1/notification-suppressions";
constexpr std::string_view kCategory = "/v1/notification-categories/{name}";

const ErrorDoc kNoTopic{404, "topic_not_found",
                        "There is no such topic, or it is another tenant's."};
const ErrorDoc kNoSegment{404, "segment_not_found",
                          "There is no such segment, or it is another tenant's."};
const ErrorDoc kNoCategory{404, "category_not_found",
                           "There is no such category, or it is another tenant's."};
const ErrorDoc kBadCursor{400, "invalid_cursor", "The cursor was not given out for this list."};
const ErrorDoc kMismatch{412, "etag_mismatch", "It is not the one that If-Match names."};
const ErrorDoc kName{422, "name_invalid",
                     "A name has 1 to 64 of letters, digits, _ . : and -, the first a letter or "
                     "digit."};

http::Handler reads(const Api& api, Read read) {
  return http::WorkerHandler([api, read](Call& call) { return ((*api).*read)(call); });
}
http::Handler writes(const Api& api, Write write) {
  return http::TransactionHandler(
      [api, write](Call& call, Transaction& tx) { return ((*api).*write)(call, tx); });
}

// A row that deletes by name.
void add_removal(http::RouteTable& table, std::string_view path, std::string_view summary,
                 http::Handler handler, const ErrorDoc& missing) {
  table.push_back(route_row(Method::kDelete, path, summary, std::move(handler), nullptr));
  table.back().success = 204;
  table.back().errors = {missing};
}

void add_list(http::RouteTable& table, std::string_view path, std::string_view summary,
              http::Handler handler, const json::Shape* response) {
  table.push_back(route_row(Method::kGet, path, summary, std::move(handler), response));
  table.back().paged = true;
  table.back().errors = {kBadCursor};
}

void add_topics(http::RouteTable& table, const Api& api) {
  add_list(table, "/v1/notification-topics", "List topics by name.",
           reads(api, &AudiencesApi::topics), &topic_page_schema());
  table.push_back(route_row(Method::kGet, kTopic, "Get one topic, with how many are in it.",
                            reads(api, &AudiencesApi::topic), &topic_schema()));
  table.back().errors = {kNoTopic};
  add_removal(table, kTopic, "Delete a topic; its members stay recipients.",
              writes(api, &AudiencesApi::remove_topic), kNoTopic);
  add_list(table, kTopicMembers, "Who is in a topic, by their ids.",
           reads(api, &AudiencesApi::members), &member_page_schema());
  table.back().errors.push_back(kNoTopic);
  table.push_back(route_row(Method::kPut, kTopicMembers,
                            "Put users into a topic, 1,000 in a call; the first make it.",
                            writes(api, &AudiencesApi::add_members), &members_changed_schema()));
  table.back().request = &members_schema();
  table.back().max_body_bytes = kMaxMembersBytes;
  table.back().errors = {kName,
                         {422, "user_id_invalid", "One of the ids is none."},
                         {409, "too_many_topics", "The tenant has 10,000 topics."}};
  table.push_back(route_row(Method::kDelete, kTopicMembers,
                            "Take users out of a topic, 1,000 in a call.",
                            writes(api, &AudiencesApi::remove_members), &members_changed_schema()));
  table.back().request = &members_schema();
  table.back().max_body_bytes = kMaxMembersBytes;
  table.back().errors = {kNoTopic};
}

void add_segments(http::RouteTable& table, const Api& api) {
  add_list(table, "/v1/notification-segments", "List segments by name.",
           reads(api, &AudiencesApi::segments), &segment_page_schema());
  table.push_back(route_row(Method::kGet, kSegment, "Get one segment.",
                            reads(api, &AudiencesApi::segment), &segment_schema()));
  table.back().etag = true;
  table.back().errors = {kNoSegment};
  table.push_back(route_row(Method::kPut, kSegment, "Make a segment, or change which it means.",
                            writes(api, &AudiencesApi::put_segment), &segment_schema()));
  table.back().request = &new_segment_schema();
  table.back().etag = true;
  table.back().errors = {kName,
                         kMismatch,
                         {422, "segment_invalid", "A condition is none."},
                         {409, "too_many_segments", "The tenant has 1,000 segments."}};
  add_removal(table, kSegment, "Delete a segment.", writes(api, &AudiencesApi::remove_segment),
              kNoSegment);
  table.push_back(route_row(Method::kGet, "/v1/notification-segments/{name}/preview",
                            "How many are in a segment now, and the first of them.",
                            reads(api, &AudiencesApi::preview), &segment_preview_schema()));
  table.back().cost = 10;
  table.back().deadline = base::Millis{30'000};
  table.back().errors = {kNoSegment};
}

void add_suppressions(http::RouteTable& table, const Api& api) {
  const http::QueryParam channel{"channel", "Of this channel.", "email"};
  const http::QueryParam address{"address", "Of this address.", "ann@example.com"};
  const std::vector<ErrorDoc> address_errors{
      {400, "email_invalid", "This is no mail address."},
      {400, "phone_invalid", "This is no phone number with its country."},
      {400, "address_invalid", "An address has 1 to 320 bytes."}};
  add_list(table, kSuppressions, "List suppressed addresses, or what is said of one.",
           reads(api, &AudiencesApi::suppressions), &suppression_page_schema());
  table.back().query = {channel, address};
  table.back().errors.insert(table.back().errors.end(), address_errors.begin(),
                             address_errors.end());
  table.push_back(route_row(Method::kPost, kSuppressions,
                            "Suppress an address; one that is already stays as it is.",
                            writes(api, &AudiencesApi::suppress), &suppression_schema()));
  table.back().request = &new_suppression_schema();
  table.back().errors = {{422, "email_invalid", "This is no mail address."},
                         {422, "phone_invalid", "This is no phone number with its country."},
                         {422, "address_invalid", "An address has 1 to 320 bytes."},
                         kName};
  add_removal(table, kSuppressions, "Let an address get messages again.",
              writes(api, &AudiencesApi::unsuppress),
              {404, "suppression_not_found", "The address is not suppressed so."});
  table.back().query = {
      channel, address, {"category", "Of this category; without it of all.", "offers"}};
  table.back().errors.insert(table.back().errors.end(), address_errors.begin(),
                             address_errors.end());
}

void add_categories(http::RouteTable& table, const Api& api) {
  add_list(table, "/v1/notification-categories", "List categories by name.",
           reads(api, &AudiencesApi::categories), &category_page_schema());
  table.push_back(route_row(Method::kGet, kCategory, "Get one category.",
                            reads(api, &AudiencesApi::category), &category_schema()));
  table.back().etag = true;
  table.back().errors = {kNoCategory};
  table.push_back(route_row(Method::kPut, kCategory, "Make a category, or change all of it.",
                            writes(api, &AudiencesApi::put_category), &category_schema()));
  table.back().request = &new_category_schema();
  table.back().etag = true;
  table.back().errors = {kName,
                         kMismatch,
                         {422, "category_invalid", "A cap, window or digest is none."},
                         {422, "zone_unknown", "There is no such time zone."},
                         {409, "too_many_categories", "The tenant has 200 categories."}};
  add_removal(table, kCategory, "Delete a category; its messages follow the defaults.",
              writes(api, &AudiencesApi::remove_category), kNoCategory);
}

}  // namespace

http::RouteTable audiences_routes(const RecipientParts& parts) {
  const auto api = std::make_shared<const AudiencesApi>(parts);
  http::RouteTable table;
  add_topics(table, api);
  add_segments(table, api);
  add_suppressions(table, api);
  add_categories(table, api);
  return table;
}

}  // namespace ashlar::notifications
