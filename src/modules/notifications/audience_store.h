// AudienceStore: many recipients at once, each with all that planning asks about in one row, for
// campaigns and for messages to a topic or a segment.
//
// Pages go by the user's id: `after` is the last id of the page before ("" for the first), so a
// chunk can be read again after a crash. A page shorter than `limit` is the last.
//
// Functions run in the caller's transaction, for its tenant. Stateless: free functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "modules/notifications/device.h"
#include "modules/notifications/recipient.h"
#include "modules/notifications/topics_store.h"

namespace ashlar::storage {
class Transaction;
struct Sql;
}  // namespace ashlar::storage

namespace ashlar::notifications {

struct AudienceRow {
  Recipient recipient;  // version 0: a user's id of whom nothing else is known
  // Why nothing of the category may go there ("hard_bounce"); empty: nothing says so.
  std::string email_suppression, phone_suppression;
  std::vector<Device> devices;  // active ones, where they were asked for
};

struct AudienceQuery {
  std::string category{};     // for suppressions
  bool with_devices = false;  // they cost a look more
  std::string after{};
  std::int64_t limit = 1'000;
};

namespace store {

base::Result<std::vector<AudienceRow>> page_of_topic(storage::Transaction& tx, TopicId topic,
                                                     const AudienceQuery& query);
// `where`: as compile_where() made it (segment.h).
base::Result<std::vector<AudienceRow>> page_of_segment(storage::Transaction& tx,
                                                       std::string_view where,
                                                       const AudienceQuery& query);
base::Result<std::vector<AudienceRow>> page_of_everybody(storage::Transaction& tx,
                                                         const AudienceQuery& query);
// These users, each once, in the order of their ids; `after` and `limit` are not looked at.
base::Result<std::vector<AudienceRow>> rows_of_users(storage::Transaction& tx,
                                                     std::span<const std::string> users,
                                                     const AudienceQuery& query);
// Users' ids alone, after `after`, ascending: who is to be told later.
base::Result<std::vector<std::string>> ids_of_segment(storage::Transaction& tx,
                                                      std::string_view where,
                                                      std::string_view after, std::int64_t limit);
base::Result<std::vector<std::string>> ids_of_everybody(storage::Transaction& tx,
                                                        std::string_view after, std::int64_t limit);
base::Result<std::int64_t> count_segment_members(storage::Transaction& tx, std::string_view where);
base::Result<std::int64_t> count_recipients(storage::Transaction& tx);

// For the test that no statement sees another tenant's rows.
std::span<const storage::Sql* const> audience_statements();

}  // namespace store
}  // namespace ashlar::notifications
