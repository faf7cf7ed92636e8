#include "modules/notifications/inbox_json.h"

#include "modules/notifications/inbox_token.h"

namespace ashlar::notifications {

const json::Schema<InboxEntryJson>& inbox_entry_schema() {
  static const auto kSchema =
      json::Schema<InboxEntryJson>("InboxEntry", "What an app shows its user.")
          .required("id", &InboxEntryJson::id, {.example = "5"})
          .required("notification_id", &InboxEntryJson::notification_id, {.example = "17"})
          .required("category", &InboxEntryJson::category)
          .required("title", &InboxEntryJson::title, {.example = "Your order has shipped"})
          .required("body", &InboxEntryJson::body)
          .required("url", &InboxEntryJson::url)
          .required("data", &InboxEntryJson::data, {.doc = "For the app."})
          .required("created_at", &InboxEntryJson::created_at)
          .required("read_at", &InboxEntryJson::read_at, {.doc = "null: not read."})
          .required("archived_at", &InboxEntryJson::archived_at, {.doc = "null: not put away."});
  return kSchema;
}

const json::Schema<json::Page<InboxEntryJson>>& inbox_page_schema() {
  static const auto kSchema = json::page_schema(inbox_entry_schema());
  return kSchema;
}

const json::Schema<InboxCountsJson>& inbox_counts_schema() {
  static const auto kSchema =
      json::Schema<InboxCountsJson>("InboxCounts", "How many entries an inbox has.")
          .required("unread", &InboxCountsJson::unread, {.doc = "For the badge."})
          .required("current", &InboxCountsJson::current, {.doc = "Read or not, not archived."})
          .required("archived", &InboxCountsJson::archived);
  return kSchema;
}

const json::Schema<ReadAllJson>& read_all_schema() {
  static const auto kSchema =
      json::Schema<ReadAllJson>("ReadInbox", "Which entries have been seen.")
          .optional("up_to", &ReadAllJson::up_to,
                    {.doc = "The newest entry that the user has seen, so that one which has just "
                            "come stays unread; null: all."});
  return kSchema;
}

const json::Schema<ReadAllAnswerJson>& read_all_answer_schema() {
  static const auto kSchema =
      json::Schema<ReadAllAnswerJson>("InboxRead", "What came of it.")
          .required("read", &ReadAllAnswerJson::read,
                    {.doc = "How many became read, 1,000 a call: call again while it is that."});
  return kSchema;
}

const json::Schema<NewInboxTokenJson>& new_inbox_token_schema() {
  static const auto kSchema =
      json::Schema<NewInboxTokenJson>("CreateInboxToken", "For how long a browser may come in.")
          .optional("ttl_s", &NewInboxTokenJson::ttl_s,
                    {.doc = "Make another before it is over.",
                     .min = 1,
                     .max = kLongestInboxToken.count(),
                     .example = 3600});
  return kSchema;
}

const json::Schema<InboxTokenJson>& inbox_token_schema() {
  static const auto kSchema =
      json::Schema<InboxTokenJson>("InboxToken", "What opens one user's inbox, and nothing else.")
          .required("token", &InboxTokenJson::token,
                    {.doc = "As Authorization: Bearer, or as ?token= of /v1/inbox.",
                     .example = "it_aW5ib3gtMQ.c2lnbmF0dXJl"})
          .required("user_id", &InboxTokenJson::user_id, {.example = "u_42"})
          .required("expires_at", &InboxTokenJson::expires_at);
  return kSchema;
}

InboxEntryJson render(const InboxEntry& e) {
  InboxEntryJson json;
  json.id = e.id;
  json.notification_id = e.notification;
  if (!e.category.empty()) json.category = e.category;
  json.title = e.title;
  json.body = e.body;
  if (!e.url.empty()) json.url = e.url;
  if (!e.data.empty()) json.data = json::AnyJson{e.data};
  json.created_at = e.created_at;
  json.read_at = e.read_at;
  json.archived_at = e.archived_at;
  return json;
}

}  // namespace ashlar::notifications
