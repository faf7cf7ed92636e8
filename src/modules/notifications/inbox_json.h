// The JSON of inboxes, declared once for parsing, rendering and OpenAPI.
#pragma once

#include <optional>
#include <string>

#include "modules/notifications/inbox_store.h"
#include "platform/json/schema.h"

namespace ashlar::notifications {

struct InboxEntryJson {
  InboxEntryId id;
  NotificationId notification_id;
  std::optional<std::string> category;
  std::string title, body;
  std::optional<std::string> url;
  std::optional<json::AnyJson> data;
  base::Time created_at{};
  std::optional<base::Time> read_at, archived_at;
};
struct InboxCountsJson {
  std::int64_t unread = 0, current = 0, archived = 0;
};
struct ReadAllJson {
  std::optional<InboxEntryId> up_to;
};
struct ReadAllAnswerJson {
  std::int64_t read = 0;
};

struct NewInboxTokenJson {
  std::int64_t ttl_s = 3600;
};
struct InboxTokenJson {
  std::string token, user_id;
  base::Time expires_at{};
};

const json::Schema<InboxEntryJson>& inbox_entry_schema();
const json::Schema<json::Page<InboxEntryJson>>& inbox_page_schema();
const json::Schema<InboxCountsJson>& inbox_counts_schema();
const json::Schema<ReadAllJson>& read_all_schema();
const json::Schema<ReadAllAnswerJson>& read_all_answer_schema();
const json::Schema<NewInboxTokenJson>& new_inbox_token_schema();
const json::Schema<InboxTokenJson>& inbox_token_schema();

InboxEntryJson render(const InboxEntry& entry);

}  // namespace ashlar::notifications
